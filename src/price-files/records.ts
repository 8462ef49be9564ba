/** The text of a price file as lines of cells. Pure. */
import { parse } from "csv-parse/sync";

/** More rows than an exchange of a thousand tickers writes in two months; a year of one with sixty has 15,000. */
export const maxRows = 60_000;
export const maxCharacters = 7_000_000;
const maxColumns = 60;
const longestCell = 400;

export interface Line {
  /** Of the file, from 1. */
  readonly line: number;
  readonly cells: readonly string[];
}

export type ReadLines =
  | { readonly lines: readonly Line[]; readonly problem: null }
  | { readonly lines: null; readonly problem: string };

const delimiters = [",", ";", "\t", "|"];

/** The one that the first line has most often: it is the header. */
function delimiterOf(text: string): string {
  const first =
    text
      .slice(0, 4000)
      .split(/\r\n|\r|\n/)
      .find((line) => line.trim() !== "") ?? "";
  const counted = delimiters.map((delimiter) => ({ delimiter, count: first.split(delimiter).length }));
  return counted.sort((a, b) => b.count - a.count)[0]!.delimiter;
}

/** What people give that is no table of text, and what they can do; null: it may be one. */
function otherThanText(text: string): string | null {
  const start = text.slice(0, 2000);
  if (start.startsWith("%PDF")) return "this is a PDF: ask whoever made it for the figures as CSV";
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is looked for
  if (/[\u0001-\u0008\u000e-\u001f]/.test(start))
    return "this is no text but a spreadsheet or an archive: unpack it, or save it as CSV";
  if (/^\s*<(!doctype|html|\?xml|table)\b/i.test(start))
    return "this is a web page and no table of text: save what it shows as CSV, or download its file";
  if (/^\s*[{[]/.test(start)) return "this is JSON: expected comma-separated text";
  return null;
}

/** `problem`: no lines, for people. */
export function readLines(text: string): ReadLines {
  if (text.length > maxCharacters)
    return {
      lines: null,
      problem: `expected at most ${maxCharacters} characters, got ${text.length}: split the file`,
    };
  const other = otherThanText(text);
  if (other !== null) return { lines: null, problem: other };
  try {
    const records = parse(text, {
      bom: true,
      delimiter: delimiterOf(text),
      info: true,
      relax_column_count: true,
      relax_quotes: true,
      skip_empty_lines: true,
      to: maxRows + 2,
    }) as unknown as { record: string[]; info: { lines: number } }[];
    if (records.length > maxRows + 1)
      return { lines: null, problem: `expected at most ${maxRows} rows, got more: split the file` };
    const isWide = records.some(({ record }) => record.length > maxColumns);
    if (isWide) return { lines: null, problem: `expected at most ${maxColumns} columns, got more` };
    const lines = records.flatMap(({ record, info }) =>
      record.some((cell) => cell.trim() !== "")
        ? [{ line: info.lines, cells: record.map((cell) => cell.slice(0, longestCell).trim()) }]
        : [],
    );
    return { lines, problem: null };
  } catch (error) {
    return {
      lines: null,
      problem: `expected comma-separated text: ${error instanceof Error ? error.message : error}`,
    };
  }
}
