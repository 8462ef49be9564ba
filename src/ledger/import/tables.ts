/** The text of a file as tables, whatever stands before, between and after them. Pure. */
import { parse } from "csv-parse/sync";
import { fromText } from "../../csv.ts";
import { readMoment } from "./dates.ts";
import {
  EmptyCsvError,
  FileTooLargeError,
  FileTooWideError,
  InvalidCsvError,
  NotTextError,
  type OtherFile,
  TooManyLinesError,
} from "./errors.ts";
import { readFigure } from "./figures.ts";
import { readJsonTables } from "./json.ts";
import type { Table, TableLine } from "./table.ts";

/** Lines of a file, its trades among them. */
export const maxCsvRecords = 5000;
export const maxCharacters = 2_500_000;
const maxColumns = 250;
/** What is longer is a description: it is cut, and ends in a sign that makes it no figure and no date. */
const longestCell = 1000;

const delimiters = [",", ";", "\t", "|"] as const;

export type Delimiter = (typeof delimiters)[number];

export interface Tables {
  /** null: the file is no table but a list of records. */
  readonly delimiter: Delimiter | null;
  readonly tables: readonly Table[];
  /** What stands before the first table: a title, an account, a period. */
  readonly preamble: readonly string[];
}

/** Outside of quotes, one pass. */
function countOutsideQuotes(line: string, delimiter: string): number {
  let count = 0;
  let isQuoted = false;
  for (const character of line) {
    if (character === '"') isQuoted = !isQuoted;
    else if (character === delimiter && !isQuoted) count++;
  }
  return count;
}

/** The one that stands equally often in most lines: a title has none, a decimal comma is not in every line. */
function detectDelimiter(text: string): Delimiter {
  const lines = text
    .slice(0, 60_000)
    .split(/\r\n|\r|\n/, 80)
    .map((line) => line.slice(0, 4000));
  const weigh = (delimiter: Delimiter): number => {
    const lengths = new Map<number, number>();
    for (const line of lines) {
      const count = countOutsideQuotes(line, delimiter);
      if (count > 0) lengths.set(count, (lengths.get(count) ?? 0) + 1);
    }
    return Math.max(0, ...[...lengths].map(([count, times]) => count * times));
  };
  const weights = new Map(delimiters.map((delimiter) => [delimiter, weigh(delimiter)]));
  return delimiters.reduce((best, next) => (weights.get(next)! > weights.get(best)! ? next : best));
}

/**
 * Before anything makes objects of them: a title, blank lines and lines within quotes are few, and a text within quotes has no
 * thousand delimiters. What is let through is counted exactly later.
 */
function limitRoughly(text: string, delimiter: Delimiter): void {
  let lines = 0;
  let values = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === delimiter && ++values > 4 * maxColumns) throw new FileTooWideError(maxColumns, values);
    if (character !== "\n" && character !== "\r") continue;
    values = 0;
    if (text[at - 1] !== "\n" && text[at - 1] !== "\r" && ++lines > 4 * maxCsvRecords)
      throw new TooManyLinesError(maxCsvRecords, lines);
  }
}

interface ParsedLine {
  readonly info: { readonly lines: number };
  readonly record: readonly string[];
}

function parseLines(text: string, delimiter: Delimiter): ParsedLine[] {
  try {
    return parse(text, {
      bom: true,
      delimiter,
      info: true,
      max_record_size: 200_000,
      relax_column_count: true, // a line with a value too many is that line's problem, not the file's
      relax_quotes: true, // an inch is no quotation
      skip_empty_lines: true,
      trim: delimiter !== "\t",
    }) as unknown as ParsedLine[];
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw new InvalidCsvError(error.message.slice(0, 200));
  }
}

/** `="AAPL"` and `'=AAPL`, which keep a spreadsheet from reading it as something else, and blanks of all kinds around it. */
function clean(cell: string): string {
  const bare = cell.length > longestCell ? `${cell.slice(0, longestCell)}…` : cell;
  // A character cut in two is none that the database takes.
  const text = bare
    .toWellFormed()
    .replaceAll(/[\u200b-\u200f\ufeff\u00a0]/g, " ")
    .trim();
  return /^="[^"]*"$/.test(text) ? text.slice(2, -1).trim() : fromText(text);
}

/** By what such a file begins with, whatever it was decoded as. */
const otherFiles: readonly (readonly [string, OtherFile])[] = [
  ["pk\u0003\u0004", "an Excel workbook or another archive"],
  ["%pdf-", "a PDF"],
  ["<!doctype", "a page"],
  ["<html", "a page"],
  ["<table", "a page"],
  ["<?xml", "a document"],
];

/** A line as spreadsheets write it for themselves: "sep=;". */
const ownDelimiter = /^\ufeff?sep=(.)\r?\n/i;

/** Lines of a statement whose first value is the section and whose second says what the line is. */
function isSectioned(lines: readonly TableLine[]): boolean {
  const headers = lines.filter(({ cells }) => cells[1] === "Header");
  return headers.length > 1 && lines.some(({ cells }) => cells[1] === "Data");
}

function readSections(lines: readonly TableLine[]): Table[] {
  const tables: (Table & { lines: TableLine[] })[] = [];
  for (const { line, cells } of lines) {
    const [title = "", role, ...values] = cells;
    const current = tables.at(-1);
    if (role === "Header") tables.push({ title, headers: values, lines: [] });
    else if (role === "Data" && current?.title === title) current.lines.push({ line, cells: values });
  }
  return tables;
}

const isValue = (cell: string): boolean =>
  cell.length <= 64 && (readMoment(cell) !== null || readFigure(cell, "point") !== null);

/** A file without names of columns: its first line is a trade. */
function isNameless({ cells }: TableLine): boolean {
  return cells.filter((cell) => readMoment(cell)).length === 1 && cells.filter(isValue).length >= 3;
}

function splitAtHeaders(
  lines: readonly TableLine[],
  isHeader: (cells: readonly string[]) => boolean,
): { tables: Table[]; preamble: string[] } {
  const starts = lines.flatMap(({ cells }, index) => (isHeader(cells) ? [index] : []));
  if (starts.length === 0) {
    const first = lines.findIndex(({ cells }) => cells.filter((cell) => cell !== "").length > 1);
    if (first < 0) throw new EmptyCsvError();
    if (isNameless(lines[first]!)) {
      const headers = lines[first]!.cells.map(() => "");
      return { tables: [{ title: null, headers, lines: lines.slice(first) }], preamble: [] };
    }
    starts.push(first);
  }
  const tables = starts.map((start, index) => ({
    title: null,
    headers: lines[start]!.cells,
    lines: lines.slice(start + 1, starts[index + 1]),
  }));
  return { tables, preamble: lines.slice(0, starts[0]).map(({ cells }) => cells.join(" ").trim()) };
}

/**
 * `isHeader`: whether these are names of columns. Throws NotTextError, InvalidCsvError, EmptyCsvError, FileTooLargeError,
 * FileTooWideError or TooManyLinesError.
 */
export function readTables(text: string, isHeader: (cells: readonly string[]) => boolean): Tables {
  if (text.length > maxCharacters) throw new FileTooLargeError(maxCharacters, text.length);
  // The database has no character 0.
  return readTablesOf(text.replaceAll("\0", ""), isHeader);
}

function readTablesOf(text: string, isHeader: (cells: readonly string[]) => boolean): Tables {
  const beginning = text.slice(0, 100).trimStart().toLowerCase();
  const other = otherFiles.find(([sign]) => beginning.startsWith(sign));
  if (other) throw new NotTextError(other[1]);
  if (/^\ufeff?\s{0,100}[[{]/.test(text)) {
    const tables = readJsonTables(text);
    limitLines(tables);
    return { delimiter: null, tables, preamble: [] };
  }
  const own = ownDelimiter.exec(text)?.[1] as Delimiter | undefined;
  const content = own === undefined ? text : text.replace(ownDelimiter, "\n");
  const delimiter = own && delimiters.includes(own) ? own : detectDelimiter(content);
  limitRoughly(content, delimiter);
  const lines = parseLines(content, delimiter).map(({ info, record }) => {
    if (record.length > maxColumns) throw new FileTooWideError(maxColumns, record.length);
    return { line: info.lines, cells: record.map(clean) };
  });
  if (lines.length === 0) throw new EmptyCsvError();
  const { tables, preamble } = isSectioned(lines)
    ? { tables: readSections(lines), preamble: [] }
    : splitAtHeaders(lines, isHeader);
  if (tables.every((table) => table.lines.length === 0)) throw new EmptyCsvError();
  limitLines(tables);
  return { delimiter, tables, preamble };
}

function limitLines(tables: readonly Table[]): void {
  const count = tables.reduce((sum, { lines }) => sum + lines.length, 0);
  if (count > maxCsvRecords) throw new TooManyLinesError(maxCsvRecords, count);
}
