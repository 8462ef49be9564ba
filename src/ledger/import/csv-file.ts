/** A file as rows of text, whatever it is delimited by. Pure. */
import { parse } from "csv-parse/sync";
import { EmptyCsvError, InvalidCsvError, TooManyLinesError } from "../errors.ts";

export const maxCsvRecords = 5000;

const delimiters = [",", ";", "\t", "|"] as const;

export type Delimiter = (typeof delimiters)[number];

export interface CsvRecord {
  /** Of the file, counted from 1. */
  readonly line: number;
  readonly values: readonly string[];
}

export interface CsvFile {
  readonly delimiter: Delimiter;
  /** Not empty and each once, so that a column can be told by its name. */
  readonly headers: readonly string[];
  readonly records: readonly CsvRecord[];
}

/** The one that stands most often in the first line, quoted text left aside. */
function detectDelimiter(csv: string): Delimiter {
  const header = /\S.*/.exec(csv)?.[0].replaceAll(/"[^"]*"/g, "") ?? "";
  const count = (delimiter: Delimiter) => header.split(delimiter).length;
  return delimiters.reduce((best, next) => (count(next) > count(best) ? next : best));
}

function nameColumns(headers: readonly string[]): string[] {
  const names = new Set<string>();
  for (const [index, header] of headers.entries()) {
    const name = header || `Column ${index + 1}`;
    let unique = name;
    for (let copy = 2; names.has(unique); copy++) unique = `${name} (${copy})`;
    names.add(unique);
  }
  return [...names];
}

interface ParsedLine {
  readonly info: { readonly lines: number };
  readonly record: readonly string[];
}

function parseLines(csv: string, delimiter: Delimiter): ParsedLine[] {
  try {
    return parse(csv, {
      bom: true,
      delimiter,
      info: true,
      relax_column_count: true, // a line with a value too many is that line's problem, not the file's
      skip_empty_lines: true,
      trim: delimiter !== "\t",
    }) as unknown as ParsedLine[];
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw new InvalidCsvError(error.message);
  }
}

/** Throws InvalidCsvError, EmptyCsvError or TooManyLinesError. */
export function readCsvFile(csv: string): CsvFile {
  const delimiter = detectDelimiter(csv);
  const [header, ...lines] = parseLines(csv, delimiter);
  if (!header || lines.length === 0) throw new EmptyCsvError();
  if (lines.length > maxCsvRecords) throw new TooManyLinesError(maxCsvRecords, lines.length);
  const trimmed = (values: readonly string[]) => values.map((value) => value.trim());
  return {
    delimiter,
    headers: nameColumns(trimmed(header.record)),
    records: lines.map(({ info, record }) => ({ line: info.lines, values: trimmed(record) })),
  };
}
