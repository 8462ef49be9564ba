/** A file as entries: its tables, how each is read, and what its own figures and days say of its notation. Pure. */

import { createHash } from "node:crypto";
import { plain } from "../../plain.ts";
import { hasValues, looksLikeHeader } from "./columns.ts";
import { negativeColumns } from "./costs.ts";
import { isMoney } from "./currencies.ts";
import { type DateEvidence, type DateOrder, proveDateOrder, readMoment } from "./dates.ts";
import { readEntry } from "./entries.ts";
import type { Entry, Notation, Reading } from "./entry.ts";
import {
  AmbiguousCurrencyError,
  EmptyCsvError,
  FileTooLargeError,
  FileTooWideError,
  InvalidCsvError,
  MissingColumnsError,
  NotTextError,
  SplitFigureError,
  TooManyLinesError,
  ValueCountError,
} from "./errors.ts";
import { type DecimalMark, isBlank, proveDecimalMark } from "./figures.ts";
import { recogniseFormat, spellHeaders, type TextLine } from "./format.ts";
import { formats } from "./formats/index.ts";
import { findHiddenCosts, unreadFigures } from "./hidden-costs.ts";
import { isTrade, type RowKind } from "./kinds.ts";
import { type ColumnMapping, type Layout, layOut, mappingOf, meaningIn, requiredFields } from "./layout.ts";
import { readTexts } from "./lines.ts";
import type { Recording } from "./recording.ts";
import { type Remark, remarkOf } from "./remarks.ts";
import { spell } from "./spelling.ts";
import { readSurroundings, type Surroundings } from "./surroundings.ts";
import type { Table, TableLine } from "./table.ts";
import { type Delimiter, readTables, type Tables } from "./tables.ts";

/** A file and how it is to be read; what is not said is recognised, or guessed from what stands in it. */
export interface ImportFile {
  readonly csv: string;
  /** Told in the list of imports. */
  readonly fileName?: string;
  readonly columns?: Partial<ColumnMapping>;
  readonly notation?: {
    readonly dateOrder?: DateOrder;
    readonly decimalMark?: DecimalMark;
    /** Of what names none: an ISO code, or "quoted". */
    readonly currency?: string;
  };
  /** What a word of the file means, by the word as it is spelled with `spell`. */
  readonly words?: Readonly<Record<string, RowKind>>;
  /** Tickers of what the file calls otherwise, by symbol or number. */
  readonly tickers?: Readonly<Record<string, string>>;
  /** Lines to be recorded as the market says that they were. */
  readonly corrections?: readonly number[] | "all";
  /** Id or name of the account that it is of; absent: the default one. Our own export names each row's. */
  readonly account?: number | string;
  /** Which of its rows that are no trades are recorded; what is not said is as the account is kept. */
  readonly recording?: Partial<Recording>;
}

/** Lines that are no entries, or a table that has none. */
export interface Aside {
  readonly line: number;
  readonly text: string;
  /** "merged": part of another line, or its repetition. "table": of several lines, by its name. */
  readonly kind: "line" | "merged" | "table";
  /** Of the table. */
  readonly lines?: number;
}

export interface ReadFile {
  /** Why there are no entries; null: there are. */
  readonly problem: Remark | null;
  readonly delimiter: Delimiter | null;
  /** As people call it; null: nobody has declared it. */
  readonly format: string | null;
  /** Of files that are read alike: a choice for one holds for the next. */
  readonly signature: string;
  readonly headers: readonly string[];
  readonly columns: ColumnMapping;
  /** Names of columns that are counted as costs since the amounts show it, */
  readonly hiddenCosts: readonly string[];
  /** and of those that have figures and are not used. */
  readonly unreadFigures: readonly string[];
  readonly notation: Notation;
  /** What says in which order its dates are; null: nothing has to, or nothing does. */
  readonly dateEvidence: DateEvidence | null;
  /** false: a date such as 03/04/2024 could be either, and no other of the file decides it. */
  readonly isDateOrderCertain: boolean;
  /** false: a figure such as 1.500 could be either, and no other of the file decides it. */
  readonly isDecimalMarkCertain: boolean;
  readonly hasTimes: boolean;
  readonly isUtc: boolean;
  /** No column and no figure names a currency. */
  readonly isCurrencyAssumed: boolean;
  readonly entries: readonly Entry[];
  readonly asides: readonly Aside[];
  /** Words that nobody knows, as the file has them. */
  readonly unknownWords: readonly string[];
}

const isHeader = (cells: readonly string[]): boolean =>
  !hasValues(cells) &&
  (looksLikeHeader(cells) ||
    (cells.length > 2 && recogniseFormat(formats, { headers: cells, title: null }) !== null));

const totals =
  /^(grand |sub ?)?totals?\b|^transactions total|^(summe|gesamt|totale|totaal|total general|end of file)\b|^\*+end of file/i;

/** A title, a total, a word from the broker's lawyers: no day, and hardly a value. */
function isAside({ cells }: TableLine, { columns }: Layout): boolean {
  if ((columns.date ?? []).some((index) => readMoment(cells[index] ?? "") !== null)) return false;
  const filled = cells.filter((cell) => cell !== "");
  return (
    filled.length <= 1 ||
    (filled.length <= 3 && filled.every((cell) => !/\d/.test(cell))) ||
    filled.some((cell) => totals.test(cell.slice(0, 60)))
  );
}

/** What an entry cannot do without. Without a column for the side a sign has to tell it. */
function missingOf(layout: Layout, table: Table) {
  const { columns, format, chosen } = layout;
  const has = (...names: (keyof Layout["columns"])[]) =>
    names.some((name) => (columns[name]?.length ?? 0) > 0);
  if (format && chosen.size === 0) return [];
  const isTaken = (field: "type" | "ticker" | "quantity" | "price"): boolean =>
    format?.take !== undefined && !chosen.has(field);
  const hasSigns = (["quantity", "amount", "gross"] as const).some((field) =>
    (columns[field] ?? []).some((index) =>
      table.lines.some(({ cells }) => /^\(|^["$€£]?\s?[-−–]\s?[$€£]?[\d.,]/.test(cells[index] ?? "")),
    ),
  );
  const found: Readonly<Record<string, boolean>> = {
    date: has("date"),
    type: has("type") || hasSigns || isTaken("type") || format?.kind !== undefined,
    ticker: has("ticker", "identifier") || isTaken("ticker"),
    quantity: has("quantity") || isTaken("quantity"),
    price: has("price", "gross", "amount") || isTaken("price"),
  };
  return requiredFields.filter((field) => !found[field]);
}

interface Part {
  readonly table: Table;
  readonly layout: Layout;
  readonly delimiter: Delimiter | null;
  readonly lines: readonly TextLine[];
  readonly asides: readonly Aside[];
}

const asideOfLine = ({ line, cells }: TableLine, kind: "line" | "merged" = "line"): Aside => ({
  line,
  text: cells
    .filter((cell) => cell !== "")
    .join(" ")
    .slice(0, 200),
  kind,
});

function readPart(table: Table, layout: Layout, delimiter: Delimiter | null): Part {
  const asides = table.lines.filter((line) => isAside(line, layout));
  const left = new Set(asides);
  const others = table.lines.filter((line) => !left.has(line));
  const lines = readTexts({ ...table, lines: others }, layout, delimiter);
  // Costs that stand on a line of their own, the fills of an order that stands there too: none goes unsaid.
  const read = new Set(lines.map(({ line }) => line));
  const merged = others.filter(({ line }) => !read.has(line));
  return {
    table,
    layout,
    delimiter,
    lines,
    asides: [
      ...asides.map((line) => asideOfLine(line)),
      ...merged.map((line) => asideOfLine(line, "merged")),
    ],
  };
}

const figureTexts = ({ texts }: TextLine): string[] =>
  [texts.quantity, texts.price, texts.gross, texts.amount, ...(texts.fee ?? []), ...(texts.tax ?? [])].filter(
    (text): text is string => text !== undefined && !isBlank(text),
  );

function notationOf(parts: readonly Part[], given: ImportFile["notation"], today: string) {
  const lines = parts.flatMap((part) => part.lines);
  const dates = lines.flatMap(({ texts }) => texts.date ?? []);
  const proven = proveDateOrder(dates, today);
  const declared = parts.find(({ layout }) => layout.format?.dateOrder)?.layout.format;
  const because: DateEvidence | null =
    proven?.because ?? (declared ? { kind: "format", text: declared.name } : null);
  const dateOrder = given?.dateOrder ?? proven?.order ?? declared?.dateOrder ?? null;
  const figures = lines.flatMap(figureTexts);
  const decimalMark =
    given?.decimalMark ??
    proveDecimalMark(figures) ??
    parts.find(({ layout }) => layout.format?.decimalMark)?.layout.format?.decimalMark ??
    null;
  const isOpen = dates.some((text) => typeof (readMoment(text)?.date ?? "") !== "string");
  return {
    notation: { dateOrder, decimalMark, currency: given?.currency ?? null },
    dateEvidence: isOpen && given?.dateOrder === undefined ? because : null,
    isDateOrderCertain: dateOrder !== null || !isOpen,
  };
}

interface ReadPart {
  readonly part: Part;
  readonly entries: readonly Entry[];
  /** Names of columns that are costs by what the amounts lack. */
  readonly hiddenCosts: readonly string[];
}

function readEntries(part: Part, notation: Notation, surroundings: Surroundings): ReadPart {
  const entries = entriesOf(part, notation, surroundings);
  const hidden = part.layout.format?.isOwn ? [] : findHiddenCosts(part.lines, entries, part.layout, notation);
  if (hidden.length === 0) return { part, entries, hiddenCosts: [] };
  const columns = { ...part.layout.columns, fee: [...(part.layout.columns.fee ?? []), ...hidden] };
  const whole = readPart(part.table, { ...part.layout, columns }, part.delimiter);
  return {
    part: whole,
    entries: entriesOf(whole, notation, surroundings),
    hiddenCosts: hidden.map((index) => part.layout.names[index]!),
  };
}

function entriesOf(part: Part, notation: Notation, surroundings: Surroundings): Entry[] {
  const reading = { layout: part.layout, notation, negative: negativeColumns(part.lines), surroundings };
  return refuseUnnamedCurrencies(part.lines.map((line) => readLine(line, reading, part)));
}

/** A price without a currency is in dollars only where no other line of its column is in something else. */
function refuseUnnamedCurrencies(entries: readonly Entry[]): Entry[] {
  const foreign = entries.find(
    ({ currency, texts }) => texts.currency && currency !== null && currency !== "USD" && isMoney(currency),
  );
  if (!foreign) return [...entries];
  const error = remarkOf(
    new AmbiguousCurrencyError([
      plain("none here"),
      plain("{currency} in other lines", { currency: foreign.currency! }),
    ]),
  );
  return entries.map((entry) =>
    entry.currency === null && !entry.isAsQuoted && entry.errors.length === 0 && isTrade(entry.kind)
      ? { ...entry, errors: [error] }
      : entry,
  );
}

function readLine(line: TextLine, reading: Reading, part: Part): Entry {
  const entry = readEntry(line, reading);
  const problem =
    line.count !== undefined
      ? remarkOf(new ValueCountError(part.table.headers.length, line.count))
      : line.isSplit
        ? remarkOf(new SplitFigureError())
        : null;
  if (problem === null) return entry;
  return entry.booked ? { ...entry, booked: { ...entry.booked, problem } } : { ...entry, errors: [problem] };
}

/** A file of which nothing is known but why. */
export const unreadFile = (problem: Remark): ReadFile => ({ ...unread, problem: remarkOf(problem) });

const unread: ReadFile = {
  problem: null,
  delimiter: null,
  format: null,
  signature: "",
  headers: [],
  columns: mappingOf({ names: [], columns: {} }),
  hiddenCosts: [],
  unreadFigures: [],
  notation: { dateOrder: null, decimalMark: null, currency: null },
  dateEvidence: null,
  isDateOrderCertain: true,
  isDecimalMarkCertain: true,
  hasTimes: false,
  isUtc: false,
  isCurrencyAssumed: false,
  entries: [],
  asides: [],
  unknownWords: [],
};

const refusals = [
  NotTextError,
  InvalidCsvError,
  EmptyCsvError,
  TooManyLinesError,
  FileTooLargeError,
  FileTooWideError,
];

/** Reads all of it, and never throws for what is wrong with it. `clock` says what day it is. */
export function readImportFile(file: ImportFile, clock: () => Date): ReadFile {
  try {
    const read = readTables(file.csv, isHeader);
    return { ...readAll(read, file, clock().toISOString().slice(0, 10)), delimiter: read.delimiter };
  } catch (error) {
    if (error instanceof Error && refusals.some((refusal) => error instanceof refusal))
      return unreadFile(error as Error & Remark);
    throw error;
  }
}

function signatureOf({ layout, table }: Pick<Part, "layout" | "table">): string {
  const names = spellHeaders(table.headers).join(" ");
  return (
    layout.format?.name ?? `columns ${createHash("sha256").update(names).digest("base64url").slice(0, 16)}`
  );
}

const textOf = ({ cells }: TableLine): string => cells.slice(0, 20).join(" ").slice(0, 300);

function readAll(file: Tables, given: ImportFile, today: string): ReadFile {
  const laid = file.tables.map((table) => {
    const layout = layOut(table, given);
    return { table, layout, missing: missingOf(layout, table) };
  });
  // Named formats first, then what can be read at all, then the longest: that is the table the person is asked about.
  const worth = ({ layout, missing, table }: (typeof laid)[number]): number =>
    (missing.length === 0 ? 2e6 : 0) + (layout.format ? 1e6 : 0) + table.lines.length;
  const main = laid.toSorted((a, b) => worth(b) - worth(a))[0]!;
  const about = {
    format: main.layout.format?.name ?? null,
    signature: signatureOf(main),
    headers: main.layout.names,
    columns: mappingOf(main.layout),
  };
  if (main.missing.length > 0) {
    const problem = remarkOf(new MissingColumnsError(main.missing, main.layout.names));
    return { ...unread, ...about, problem };
  }
  const readable = laid.filter(({ missing }) => missing.length === 0);
  const parts = readable.map(({ table, layout }) => readPart(table, layout, file.delimiter));
  const { notation, ...evidence } = notationOf(parts, given.notation, today);
  const surroundings = readSurroundings(file.preamble, [
    ...laid.flatMap(({ missing, table }) => (missing.length > 0 ? table.lines.slice(0, 50).map(textOf) : [])),
    ...parts.flatMap(({ asides }) => asides.map(({ text }) => text)),
  ]);
  const read = parts.map((part) => readEntries(part, notation, surroundings));
  const entries = read.flatMap((part) => part.entries).toSorted((a, b) => a.line - b.line);
  const whole = read.find(({ part }) => part.table === main.table)!;
  const others = laid.filter(({ missing }) => missing.length > 0).flatMap(({ table }) => asideOf(table));
  return {
    ...unread,
    ...about,
    columns: mappingOf(whole.part.layout),
    hiddenCosts: whole.hiddenCosts,
    unreadFigures: unreadFigures(whole.part.lines, whole.entries, whole.part.layout),
    notation,
    ...evidence,
    isDecimalMarkCertain: !entries.some(({ errors }) =>
      errors.some(({ code }) => code === "ambiguous_figure"),
    ),
    hasTimes: entries.some(({ time }) => time !== null),
    isUtc: entries.some(({ offset }) => offset === 0),
    isCurrencyAssumed:
      entries.length > 0 && entries.every(({ currency, isAsQuoted }) => currency === null && !isAsQuoted),
    entries,
    asides: [...parts.flatMap(({ asides }) => asides), ...others],
    unknownWords: unknownWords(entries, main.layout),
  };
}

function asideOf({ title, headers, lines }: Table): Aside[] {
  const name =
    title ??
    headers
      .filter((header) => header !== "")
      .slice(0, 6)
      .join(", ");
  return lines.length === 0
    ? []
    : [{ line: lines[0]!.line, text: name.slice(0, 160), kind: "table", lines: lines.length }];
}

/** Each once, as the file has it first. */
function unknownWords(entries: readonly Entry[], layout: Layout): string[] {
  const words = new Map<string, string>();
  for (const { kind, word } of entries)
    if (kind === null && word !== "" && !words.has(spell(word)) && meaningIn(layout, word) === null)
      words.set(spell(word), word.slice(0, 60));
  return [...words.values()].slice(0, 40);
}
