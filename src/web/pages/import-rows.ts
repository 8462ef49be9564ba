/**
 * The rows of a review as its page carries them: a few of each kind at a time, and of those that it does not show which are ticked,
 * so that a file of thousands is a page that a phone can hold, with scripts or without.
 */
import { z } from "zod";
import { maxCsvRecords, type ReviewedRow } from "../../ledger/index.ts";

/** Of each list. */
export const rowsPerPage = 50;

export interface RowPage {
  readonly rows: readonly ReviewedRow[];
  readonly total: number;
  /** Counted from 1, as people are told. */
  readonly first: number;
  readonly last: number;
  readonly page: number;
  /** null: there is none. */
  readonly previous: number | null;
  readonly next: number | null;
  readonly isCut: boolean;
}

/** `page` from 1; one beyond the last is the last. */
export function pageOf(rows: readonly ReviewedRow[], page: number): RowPage {
  const pages = Math.max(1, Math.ceil(rows.length / rowsPerPage));
  const shown = Math.min(Math.max(1, page), pages);
  const start = (shown - 1) * rowsPerPage;
  const of = rows.slice(start, start + rowsPerPage);
  return {
    rows: of,
    total: rows.length,
    first: start + 1,
    last: start + of.length,
    page: shown,
    previous: shown > 1 ? shown - 1 : null,
    next: shown < pages ? shown + 1 : null,
    isCut: pages > 1,
  };
}

/** "2-40,42": lines of a file, in any order. */
export function writeLines(lines: readonly number[]): string {
  const ranges: [number, number][] = [];
  for (const line of lines.toSorted((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last && line === last[1] + 1) last[1] = line;
    else ranges.push([line, line]);
  }
  return ranges.map(([from, to]) => (from === to ? String(from) : `${from}-${to}`)).join(",");
}

const range = /^(\d{1,9})(?:-(\d{1,9}))?$/;

/** null: it is none that was written so, or of more lines than a file has. */
function readLines(text: string): number[] | null {
  const lines: number[] = [];
  for (const part of text === "" ? [] : text.split(",")) {
    const match = range.exec(part);
    const [from, to] = [Number(match?.[1] ?? 0), Number(match?.[2] ?? match?.[1] ?? 0)];
    if (from < 1 || to < from || lines.length + (to - from) >= maxCsvRecords) return null;
    for (let line = from; line <= to; line++) lines.push(line);
  }
  return lines;
}

/** A field of the form with lines of rows that its page did not show. */
export const unshownLines = z
  .string()
  .max(12 * maxCsvRecords)
  .default("")
  .transform((text, { addIssue }) => {
    const lines = readLines(text);
    if (lines) return lines;
    addIssue({ code: "custom", message: "expected lines as the page sent them, such as 2-40,42" });
    return z.NEVER;
  });

export interface ShownPages {
  readonly needing: number;
  readonly good: number;
  /** Somebody turned a page of theirs. */
  readonly isGoodOpen: boolean;
}

export const firstPages: ShownPages = { needing: 1, good: 1, isGoodOpen: false };

/** Which page of which list: of the form's fields, and of the button that was pressed, "good 3". */
export const pageNumber = z
  .string()
  .regex(/^\d{1,4}$/, { abort: true })
  .transform(Number)
  .catch(1);

export const turn = z
  .string()
  .regex(/^(?:needing|good) \d{1,4}$/, { abort: true })
  .transform((text) => {
    const [list, page] = text.split(" ");
    return { list: list as "needing" | "good", page: Number(page) };
  })
  .optional()
  .catch(undefined);
