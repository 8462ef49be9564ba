/** Importing a file, as the page does: a preview that records nothing, and then the chosen rows of it, all or none. */

import { z } from "zod";
import {
  type ImportFile,
  type ImportReview,
  importFields,
  importTransactions,
  isAllSeen,
  isNamedCurrency,
  listImports,
  type ReviewedRow,
  recordGroups,
  restoreImport,
  reviewImport,
  rowKinds,
  type Selection,
  spell,
  undoImport,
} from "../../ledger/index.ts";
import { englishOf } from "../../plain.ts";
import { characters, decimal, instant, wholeNumberOr } from "../../values.ts";
import { type ErrorCode, InvalidInputError, NotFoundError } from "../errors.ts";
import { ImportRefusedError, whyNothingWasImported } from "../import-refusal.ts";
import { type Route, route } from "../route.ts";

const perGroup = <T extends z.ZodType>(schema: T) =>
  z.object(
    Object.fromEntries(recordGroups.map((group) => [group, schema])) as {
      [Group in (typeof recordGroups)[number]]: T;
    },
  );

const fileInput = z.object({
  csv: z.string().describe("The text of the file, at most 5,000 lines and 2,500,000 characters"),
  file_name: characters(1, 200).optional().describe("Told in the list of imports"),
  account: z
    .union([z.int().positive(), characters(1, 60)])
    .optional()
    .describe("Id or name of the account that they are of; absent: the default one"),
  columns: z
    .partialRecord(z.enum(importFields), z.string().nullable())
    .optional()
    .describe("Which column is what, by name; null: none. Absent: as it is recognised"),
  date_order: z.enum(["day", "month"]).optional().describe("Which comes first in 03/04/2024"),
  decimal_mark: z.enum(["point", "comma"]).optional(),
  price_currency: z
    .string()
    .regex(/^(?:[A-Z]{3}|quoted)$/)
    .optional()
    .describe("What prices without a currency are in; quoted: what each instrument is"),
  words: z
    .record(z.string(), z.enum(rowKinds))
    .optional()
    .describe("What a word of the file means where it is not understood"),
  tickers: z
    .record(z.string(), z.string().max(20))
    .optional()
    .describe("Tickers of what the file calls otherwise, by its symbol or number"),
  corrections: z
    .union([z.literal("all"), z.array(z.int().positive()).max(5000)])
    .optional()
    .describe("Lines to be recorded as the market says that they were"),
  recording: perGroup(z.boolean())
    .partial()
    .optional()
    .describe("Which rows that are no trades are recorded; absent: as the account is kept"),
});

const selectionInput = fileInput.extend({
  fingerprint: z.string().max(100).describe("Of the preview that the rows were chosen in"),
  lines: z.array(z.int().positive()).max(5000).describe("Of the trades that are recorded"),
  unrecorded: perGroup(z.int().min(0))
    .optional()
    .describe("As the preview had it: an import that finds more refuses, so that none is left out unseen"),
});

type Recording = NonNullable<ImportFile["recording"]>;

const said = (recording: NonNullable<z.output<typeof fileInput>["recording"]>): Recording =>
  Object.fromEntries(Object.entries(recording).filter(([, isRecorded]) => isRecorded !== undefined));

/** Throws InvalidInputError. */
function fileOf(body: z.output<typeof fileInput>): ImportFile {
  const { csv, file_name, account, columns, date_order, decimal_mark, price_currency, words, tickers } = body;
  if (price_currency !== undefined && !isNamedCurrency(price_currency))
    throw new InvalidInputError("price_currency", "expected the ISO code of a currency, or quoted");
  const notation = {
    ...(date_order && { dateOrder: date_order }),
    ...(decimal_mark && { decimalMark: decimal_mark }),
    ...(price_currency && { currency: price_currency }),
  };
  const upper = (text: string): string => text.trim().toUpperCase();
  return {
    csv,
    ...(file_name !== undefined && { fileName: file_name }),
    ...(account !== undefined && { account }),
    ...(columns && { columns }),
    ...(Object.keys(notation).length > 0 && { notation }),
    ...(words && {
      words: Object.fromEntries(Object.entries(words).map(([word, kind]) => [spell(word), kind])),
    }),
    ...(tickers && {
      tickers: Object.fromEntries(
        Object.entries(tickers).map(([symbol, ticker]) => [upper(symbol), upper(ticker)]),
      ),
    }),
    ...(body.corrections && { corrections: body.corrections }),
    ...(body.recording && { recording: said(body.recording) }),
  };
}

const remark = z.object({ code: z.string(), message: z.string() });
const remarks = z.array(remark).readonly();
const told = ({ code, message }: z.output<typeof remark>) => ({ code, message });

const rowAnswer = z.object({
  line: z.int(),
  kind: z.enum(rowKinds).nullable().describe("null: its word is not understood"),
  status: z.enum(["OK", "WARNING", "ERROR", "KEPT"]).describe("KEPT: no trade"),
  is_selected: z.boolean().describe("false: an import leaves it out unless it is named"),
  transaction: z
    .record(z.string(), z.unknown())
    .nullable()
    .describe("As it would be recorded; null: it cannot be, or is part of another row"),
  currency: z.string().nullable().describe("ISO code of what price and fee are in; null: not known yet"),
  values: z.record(z.string(), z.string()).describe("As the file has them"),
  group: z.enum(recordGroups).nullable().describe("Of what is no trade: with which others it is recorded"),
  problem: remark.nullable().describe("Why it cannot be recorded, of what is no trade"),
  part_of: z.int().nullable().describe("Line of the dividend that it was withheld of"),
  errors: remarks,
  warnings: remarks,
  notes: z.array(z.string()).readonly(),
  correction: z.string().nullable().describe("What would fit the market: price 7000 -> 70"),
});

const preview = z.object({
  format: z.string().nullable(),
  problem: remark.nullable().describe("Why there are no rows; null: there are"),
  fingerprint: z.string(),
  account: z.int(),
  headers: z.array(z.string()).readonly(),
  columns: z.record(z.string(), z.string().nullable()),
  date_order: z.string().nullable(),
  decimal_mark: z.string().nullable(),
  price_currency: z.string().nullable(),
  is_currency_asked: z.boolean().describe("Something needs `price_currency`"),
  unknown_words: z.array(z.string()).readonly(),
  symbols: z
    .array(
      z.object({
        symbol: z.string(),
        ticker: z.string(),
        rows: z.int(),
        is_open: z.boolean(),
        proposals: z.array(z.string()).readonly(),
      }),
    )
    .readonly()
    .describe("Instruments to be named in `tickers`"),
  lookup: z
    .object({ checked: z.int(), total: z.int() })
    .describe("Of tickers that are new here: with fewer checked another preview goes on"),
  recording: perGroup(z.boolean()),
  unrecorded: perGroup(z.int()),
  cash_after: z.array(z.object({ currency: z.string(), balance: decimal })).readonly(),
  rows: z.array(rowAnswer).readonly(),
});

const rowOf = (row: ReviewedRow): z.input<typeof rowAnswer> => ({
  line: row.line,
  kind: row.kind,
  status: row.status,
  is_selected: row.isSelected,
  transaction: row.input && { ...row.input },
  currency: row.currency,
  values: { ...row.values } as Record<string, string>,
  group: row.group ?? null,
  problem: row.problem ? told(row.problem) : null,
  part_of: row.partOf ?? null,
  errors: row.errors.map(told),
  warnings: row.warnings.map(told),
  notes: row.notes.map(({ message }) => message),
  correction: row.correction?.message ?? null,
});

const previewOf = (review: ImportReview): z.input<typeof preview> => ({
  format: review.format,
  problem: review.problem && told(review.problem),
  fingerprint: review.fingerprint,
  account: review.account.account_id,
  headers: review.headers,
  columns: { ...review.columns },
  date_order: review.notation.dateOrder,
  decimal_mark: review.notation.decimalMark,
  price_currency: review.notation.currency,
  is_currency_asked: review.isCurrencyAsked,
  unknown_words: review.unknownWords,
  symbols: review.symbols.map(({ symbol, ticker, rows, isOpen, proposals }) => ({
    symbol,
    ticker,
    rows,
    is_open: isOpen,
    proposals,
  })),
  lookup: { checked: review.lookup.checked, total: review.lookup.total },
  recording: review.recording,
  unrecorded: review.unrecorded,
  cash_after: review.cashAfter,
  rows: review.rows.map(rowOf),
});

const errors: readonly ErrorCode[] = ["market_data_unavailable", "too_many_lookups", "invalid_account"];

const importParameters = z.object({ id: z.string().max(100) });

/** Throws NotFoundError for what can be no import's id. */
function idOf(id: string): string {
  const { data } = z.uuid().safeParse(id);
  if (data === undefined) throw new NotFoundError("import", id);
  return data;
}

export const importRoutes: readonly Route[] = [
  route({
    method: "post",
    path: "/api/imports/preview",
    summary: "What importing a broker's file would record, row by row; nothing is",
    access: "person",
    body: fileInput,
    status: 200,
    answer: preview,
    errors,
    handle: async ({ context, person, body }) =>
      previewOf(await reviewImport(context, person.userId, fileOf(body), null)),
  }),
  route({
    method: "post",
    path: "/api/imports",
    summary: "Import the chosen rows of a preview, all or none",
    access: "person",
    body: selectionInput,
    status: 201,
    answer: z.object({
      imported: z.int().describe("Trades"),
      others: z.int().describe("Rows of other kinds"),
      kept: z.int().describe("Rows of other kinds that are kept with the import, and not recorded"),
      import_id: z.uuid().describe("By which it can be undone"),
    }),
    errors: [...errors, "import_refused", "missing_fx_rate", "quota_exceeded"],
    handle: async ({ context, person, body }) => {
      const { fingerprint, lines, unrecorded } = body;
      const selection: Selection = {
        fingerprint,
        lines: new Set(lines),
        ...(unrecorded && { unrecorded }),
      };
      const done = await importTransactions(context, person.userId, fileOf(body), selection);
      const { imported, others, kept, importId, review } = done;
      if (importId === null || imported + others + kept === 0)
        throw new ImportRefusedError(
          review.problem?.message ?? englishOf(whyNothingWasImported(review, isAllSeen(review, selection))),
        );
      return { imported, others, kept, import_id: importId };
    },
  }),
  route({
    method: "get",
    path: "/api/imports",
    summary: "The imports that were made, latest first",
    access: "person",
    query: z.object({ limit: wholeNumberOr(100, 1, 1000) }),
    status: 200,
    answer: z.object({
      imports: z.array(
        z.object({
          import_id: z.uuid(),
          imported_at: instant,
          format: z.string().nullable(),
          file_name: z.string().nullable(),
          recorded: z.int().describe("Transactions that it recorded"),
          present: z.int().describe("Those of them that are in the ledger"),
          kept: z.int().describe("Rows that it kept without recording them"),
          undone_at: instant.nullable(),
        }),
      ),
    }),
    handle: async ({ context, person, query: { limit } }) => ({
      imports: await listImports(context, person.userId, limit),
    }),
  }),
  route({
    method: "delete",
    path: "/api/imports/:id",
    summary: "Undo an import: what it recorded is deleted, all of it or none",
    access: "person",
    parameters: importParameters,
    status: 200,
    answer: z.object({ deleted: z.int().describe("Transactions") }),
    errors: ["not_found", "oversell", "quota_exceeded"],
    handle: async ({ context, person, parameters: { id } }) => ({
      deleted: (await undoImport(context, person.userId, idOf(id))).length,
    }),
  }),
  route({
    method: "post",
    path: "/api/imports/:id/restore",
    summary: "Bring back what undoing an import deleted",
    access: "person",
    parameters: importParameters,
    status: 200,
    answer: z.object({ restored: z.int().describe("Transactions") }),
    errors: ["not_found", "oversell", "quota_exceeded", "recorded_again", "external_id_taken", "split_taken"],
    handle: async ({ context, person, parameters: { id } }) => ({
      restored: (await restoreImport(context, person.userId, idOf(id))).length,
    }),
  }),
];
