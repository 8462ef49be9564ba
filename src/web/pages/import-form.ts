/** What comes with the import's form: a file's text, what was chosen for it, and which rows. */
import express, { type RequestHandler } from "express";
import { z } from "zod";
import {
  type ColumnMapping,
  type ImportFile,
  importFields,
  isNamedCurrency,
  maxCharacters,
  maxCsvRecords,
  type RecordGroup,
  type RowKind,
  recordGroups,
  rowKinds,
  type Selection,
  spell,
} from "../../ledger/index.ts";
import { InvalidInputError } from "../errors.ts";
import { largestBody } from "../large-body.ts";
import { parseInput } from "../route.ts";
import { positiveId } from "../schemas.ts";
import { pageNumber, type ShownPages, turn, unshownLines } from "./import-rows.ts";

/**
 * A form with a whole file in it, and a checkbox for each of its rows. Before the guards, which take less. Taken apart by
 * URLSearchParams: of a file of quotation marks that takes 18 ms, in which nobody else is answered, and querystring's 120.
 */
export const importBody: readonly RequestHandler[] = [
  express.raw({ type: "application/x-www-form-urlencoded", limit: largestBody }),
  (request, _response, next) => {
    if (Buffer.isBuffer(request.body)) request.body = fieldsOf(request.body.toString());
    next();
  },
];

const mostFields = 2 * maxCsvRecords + 1000;

/** What comes more often than once is a list. Throws InvalidInputError where it is no form of ours. */
function fieldsOf(form: string): Record<string, string | string[]> {
  if (form.split("&", mostFields + 1).length > mostFields)
    throw new InvalidInputError("body", `expected at most ${mostFields} fields`);
  const fields = new Map<string, string[]>();
  for (const [name, value] of new URLSearchParams(form)) {
    const values = fields.get(name);
    if (values) values.push(value);
    else fields.set(name, [value]);
  }
  return Object.fromEntries(
    [...fields].map(([name, values]) => [name, values.length > 1 ? values : values[0]!]),
  );
}

/** A file as it is, to be decoded. */
export const importBytes: RequestHandler = express.raw({
  type: "application/octet-stream",
  limit: maxCharacters * 2,
});

const lines = z.union([positiveId.transform((line) => [line]), z.array(positiveId)]).catch([]);

const count = z
  .string()
  .regex(/^\d{1,5}$/, { abort: true })
  .transform(Number);

const importForm = z.object({
  step: z.enum(["review", "leave_out", "import"]).catch("review"),
  csv: z.string().default(""),
  /** As the browser said it when it was read. */
  file_name: z.string().max(200).default("").catch(""),
  date_order: z.enum(["day", "month"]).optional().catch(undefined),
  decimal_mark: z.enum(["point", "comma"]).optional().catch(undefined),
  price_currency: z.string().refine(isNamedCurrency).optional().catch(undefined),
  /** Of the text that columns and notation were chosen for. */
  header: z.string().optional(),
  /** Of the review that the rows were chosen in. */
  fingerprint: z.string().optional(),
  line: lines,
  /** Lines to be recorded as the market says. */
  correct: lines,
  /** Of rows that the page did not show: those that were ticked, and those that were corrected. */
  unshown: unshownLines,
  unshown_correct: unshownLines,
  /** Pages of the rows to look at and of those in order. */
  needing_page: pageNumber,
  good_page: pageNumber,
  turn,
  correct_all: z.literal("1").optional().catch(undefined),
  /** Which of one's accounts, and the one whose choices the page showed. */
  account: positiveId.optional().catch(undefined),
  reviewed_account: positiveId.optional().catch(undefined),
  ...perGroup("record", z.enum(["0", "1"]).optional().catch(undefined)),
  ...perGroup("unrecorded", count.optional().catch(undefined)),
});

/** "record_cash": of each kind of rows that are no trades. */
function perGroup<Name extends string, Schema extends z.ZodType>(name: Name, schema: Schema) {
  const field = (group: RecordGroup) => `${name}_${group}` as const;
  return Object.fromEntries(recordGroups.map((group) => [field(group), schema])) as {
    [Field in ReturnType<typeof field>]: Schema;
  };
}

export type ImportForm = z.output<typeof importForm>;

export const parseForm = (body: unknown): ImportForm => parseInput(importForm, body ?? {});

/** Of the first line that is none of blanks; what was chosen for another file's columns says nothing of this one's. */
export const headerOf = (csv: string): string => /\S.{0,2000}/.exec(csv)?.[0].trim() ?? "";

/** Fields whose names are told by the file: "column_fee", "word:kauf", "ticker:BTC". */
const anyFields = z.record(z.string(), z.unknown()).catch({});
const namedFields = z.record(z.string(), z.string().max(400)).catch({});

function fieldsNamed(body: Readonly<Record<string, string>>, prefix: string): [string, string][] {
  return Object.entries(body)
    .filter(([name, value]) => name.startsWith(prefix) && value !== "")
    .slice(0, 500)
    .map(([name, value]) => [name.slice(prefix.length), value]);
}

const isKind = (text: string): text is RowKind => (rowKinds as readonly string[]).includes(text);

/** What was chosen for one account says nothing of another. */
function recordingOf(form: ImportForm): Pick<ImportFile, "account" | "recording"> {
  const account = form.account === undefined ? {} : { account: form.account };
  if (form.account !== form.reviewed_account) return account;
  const recording = recordGroups.flatMap((group) => {
    const said = form[`record_${group}`];
    return said === undefined ? [] : [[group, said === "1"] as const];
  });
  return { ...account, ...(recording.length > 0 && { recording: Object.fromEntries(recording) }) };
}

/** `body`: of the form as it came, beside the file's text. */
export function fileOf(form: ImportForm, body: unknown): ImportFile {
  const { csv, file_name, header, date_order, decimal_mark, price_currency, correct_all, account } = form;
  const correct = [...form.correct, ...form.unshown_correct];
  const named = { csv, ...(file_name !== "" && { fileName: file_name }) };
  if (header !== undefined && header !== headerOf(csv))
    return { ...named, ...(account !== undefined && { account }) };
  const entries = Object.entries(parseInput(anyFields, body));
  const texts = parseInput(
    namedFields,

    Object.fromEntries(entries.filter(([name]) => /^(column_|word:|ticker:)/.test(name))),
  );
  const columns = importFields.flatMap((field) => {
    const column = texts[`column_${field}`];
    return column === undefined ? [] : [[field, column || null] as const];
  });
  const words = fieldsNamed(texts, "word:").filter((word): word is [string, RowKind] => isKind(word[1]));
  const tickers = fieldsNamed(texts, "ticker:").map(([symbol, ticker]) => [
    symbol,
    ticker.trim().toUpperCase().slice(0, 20),
  ]);
  return {
    ...named,
    ...(columns.length > 0 && { columns: Object.fromEntries(columns) as Partial<ColumnMapping> }),
    ...((date_order || decimal_mark || price_currency) && {
      notation: {
        ...(date_order && { dateOrder: date_order }),
        ...(decimal_mark && { decimalMark: decimal_mark }),
        ...(price_currency && { currency: price_currency }),
      },
    }),
    ...(words.length > 0 && { words: Object.fromEntries(words.map(([word, kind]) => [spell(word), kind])) }),
    ...((correct_all || correct.length > 0) && { corrections: correct_all ? ("all" as const) : correct }),
    ...(tickers.length > 0 && { tickers: Object.fromEntries(tickers) }),
    ...recordingOf(form),
  };
}

/** Which rows of the review are shown. */
export const shownOf = ({ needing_page, good_page, turn: to }: ImportForm): ShownPages => ({
  needing: to?.list === "needing" ? to.page : needing_page,
  good: to?.list === "good" ? to.page : good_page,
  isGoodOpen: to?.list === "good",
});

export function selectionOf(form: ImportForm): Selection | null {
  const { fingerprint, line, unshown } = form;
  if (fingerprint === undefined) return null;
  const seen = recordGroups.map((group) => [group, form[`unrecorded_${group}`]] as const);
  const unrecorded = seen.every(([, count]) => count === undefined)
    ? undefined
    : Object.fromEntries(seen.map(([group, count]) => [group, count ?? 0]));
  return { fingerprint, lines: new Set([...line, ...unshown]), ...(unrecorded && { unrecorded }) };
}
