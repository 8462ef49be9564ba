/** The rows of a file as transactions, each with what is wrong with it. Pure but for the clock. */
import {
  EmptyCsvError,
  ForeignCurrencyError,
  FutureDateError,
  InvalidCsvError,
  InvalidTransactionError,
  MissingColumnsError,
  TooManyLinesError,
  ValueCountError,
} from "../errors.ts";
import { parseTransactionInput, type TransactionInput } from "../input.ts";
import { type ColumnMapping, type ImportField, importFields, mapColumns, requiredFields } from "./columns.ts";
import { type CsvFile, type CsvRecord, type Delimiter, readCsvFile } from "./csv-file.ts";
import {
  guessDateOrder,
  guessDecimalMark,
  type Notation,
  readDate,
  readDecimal,
  readType,
} from "./notation.ts";

/** A file and how it is to be read; what is not said is guessed. */
export interface ImportFile {
  readonly csv: string;
  readonly columns?: Partial<ColumnMapping>;
  readonly notation?: Partial<Notation>;
}

/** What is wrong, or worth knowing: an error's code and message. */
export interface Remark {
  readonly code: string;
  readonly message: string;
}

export const remarkOf = ({ code, message }: Remark): Remark => ({ code, message });

export interface ImportRow {
  readonly line: number;
  /** As the file has them. */
  readonly values: Readonly<Partial<Record<ImportField, string>>>;
  /** null: it cannot be read; `errors` say why. */
  readonly input: TransactionInput | null;
  readonly errors: readonly Remark[];
}

export interface ReadFile {
  /** Why there are no rows; null: there are. */
  readonly problem: Remark | null;
  readonly delimiter: Delimiter | null;
  readonly headers: readonly string[];
  readonly columns: ColumnMapping;
  readonly notation: Notation;
  /** false: a date such as 03/04/2024 could be either, and no other of the file decides it. */
  readonly isDateOrderCertain: boolean;
  readonly rows: readonly ImportRow[];
}

type Values = ImportRow["values"];

const withoutSign = (text: string): string => text.replace(/^-/, "");

/** In the ledger's words. Some files write what is sold, and every fee, as less than nothing. */
function translate(values: Values, { dateOrder, decimalMark }: Notation): Record<string, string> {
  const type = readType(values.type ?? "");
  const decimal = (text = "") => readDecimal(text, decimalMark);
  const quantity = decimal(values.quantity);
  return {
    ticker: values.ticker ?? "",
    type,
    quantity: type === "SELL" ? withoutSign(quantity) : quantity,
    price: decimal(values.price),
    fee: withoutSign(decimal(values.fee)),
    date: readDate(values.date ?? "", dateOrder),
  };
}

function readRow(
  { line, values: texts }: CsvRecord,
  { headers }: CsvFile,
  { columns, notation }: { columns: ColumnMapping; notation: Notation },
  clock: () => Date,
): ImportRow {
  const values: Values = Object.fromEntries(
    importFields.flatMap((field) => {
      const column = columns[field];
      return column === null ? [] : [[field, texts[headers.indexOf(column)] ?? ""]];
    }),
  );
  const refused = (error: Remark): ImportRow => ({ line, values, input: null, errors: [remarkOf(error)] });
  if (texts.length !== headers.length) return refused(new ValueCountError(headers.length, texts.length));
  if (values.currency && values.currency.toUpperCase() !== "USD")
    return refused(new ForeignCurrencyError(values.currency));
  try {
    return { line, values, input: parseTransactionInput(translate(values, notation), clock), errors: [] };
  } catch (error) {
    if (error instanceof InvalidTransactionError || error instanceof FutureDateError) return refused(error);
    throw error;
  }
}

const unread: ReadFile = {
  problem: null,
  delimiter: null,
  headers: [],
  columns: mapColumns([]),
  notation: { dateOrder: "month", decimalMark: "point" },
  isDateOrderCertain: true,
  rows: [],
};

/** Reads all of it, and never throws for what is wrong with it. `clock` says what day it is. */
export function readImportFile(file: ImportFile, clock: () => Date): ReadFile {
  try {
    return readRows(readCsvFile(file.csv), file, clock);
  } catch (error) {
    if (
      error instanceof InvalidCsvError ||
      error instanceof EmptyCsvError ||
      error instanceof TooManyLinesError
    )
      return { ...unread, problem: remarkOf(error) };
    throw error;
  }
}

function readRows(file: CsvFile, given: ImportFile, clock: () => Date): ReadFile {
  const { delimiter, headers, records } = file;
  const columns = mapColumns(headers, given.columns);
  const valuesOf = (...fields: ImportField[]): string[] =>
    fields.flatMap((field) => {
      const index = headers.indexOf(columns[field] ?? "");
      return index < 0 ? [] : records.map(({ values }) => values[index] ?? "");
    });
  const { dateOrder, isCertain } = guessDateOrder(valuesOf("date"));
  const decimalMark = guessDecimalMark(valuesOf("quantity", "price", "fee"), delimiter);
  const notation: Notation = { dateOrder, decimalMark, ...given.notation };
  const missing = requiredFields.filter((field) => columns[field] === null);
  return {
    problem: missing.length > 0 ? remarkOf(new MissingColumnsError(missing, headers)) : null,
    delimiter,
    headers,
    columns,
    notation,
    isDateOrderCertain: isCertain || given.notation?.dateOrder !== undefined,
    rows:
      missing.length > 0 ? [] : records.map((record) => readRow(record, file, { columns, notation }, clock)),
  };
}
