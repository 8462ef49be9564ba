/** One class for each way in which the ledger refuses; `code` is what programs tell them apart by. */
import type { TransactionType } from "./transaction-types.ts";

export type TransactionField =
  | "account"
  | "ticker"
  | "type"
  | "quantity"
  | "price"
  | "fee"
  | "date"
  | "currency"
  | "fx_rate"
  | "amount"
  | "tax"
  | "numerator"
  | "denominator"
  | "acquired_on"
  | "lots"
  | "note"
  | "tags"
  | "external_id"
  | "market_value"
  | "transfer_id"
  | "group_id";

function shown(value: unknown): string {
  if (value === undefined) return "nothing";
  const text = typeof value === "number" ? String(value) : (JSON.stringify(value) ?? String(value));
  return text.length > 60 ? `${text.slice(0, 60)}...` : text;
}

export class InvalidTransactionError extends Error {
  readonly code: `invalid_${TransactionField}`;
  readonly field: TransactionField;

  constructor(field: TransactionField, expected: string, value: unknown) {
    super(`expected ${field} to be ${expected}, got: ${shown(value)}`);
    this.code = `invalid_${field}`;
    this.field = field;
  }
}

export class FutureDateError extends Error {
  readonly code = "future_date";
  readonly field = "date";

  /** `today`: where the day begins first. */
  constructor(date: string, today: string) {
    super(
      `expected date to be today where you are (${today} at the latest) or earlier, got: ${date}; ` +
        "enter a trade when it has happened",
    );
  }
}

/** A new ticker's prices, or a new currency's rates, could not be had in time, and a trade is written only together with them. */
export class HistoryUnavailableError extends Error {
  readonly code = "market_data_unavailable";
  /** Tickers or currencies. */
  readonly missing: readonly string[];
  readonly retryAfterSeconds = 30;

  constructor(what: string, problem: string, missing: readonly string[]) {
    super(`${what} could not be fetched: ${problem}; nothing was recorded, try again in 30 seconds`);
    this.missing = missing;
  }
}

/** Figures of a day on which nobody knows what the currency was worth. */
export class MissingRateError extends Error {
  readonly code = "missing_fx_rate";
  readonly field: "fx_rate" | "base_currency";

  /** `way`: out of it. */
  constructor(field: "fx_rate" | "base_currency", currency: string, firstDay: string, way: string) {
    super(`no exchange rate of ${currency} from before ${firstDay} is known; ${way}`);
    this.field = field;
  }
}

export interface OversellDetails {
  readonly ticker: string;
  /** Of the SELL, or TRANSFER_OUT, that is not covered. */
  readonly date: string;
  /** Just before it, in shares of that day. */
  readonly held: string;
  readonly sold: string;
  readonly type?: TransactionType;
  /** Its name, where the person has more than one. */
  readonly account?: string | undefined;
}

export class OversellError extends Error {
  readonly code = "oversell";
  readonly field = "quantity";
  readonly ticker: string;
  readonly date: string;
  readonly held: string;
  readonly sold: string;

  /** `cause`: what was asked for. A SELL may be covered on its own day and leave too little for a later one. */
  constructor(
    { ticker, date, held, sold, type, account }: OversellDetails,
    cause: "sell" | "earlier sell" | "delete" | "edit" | "import",
  ) {
    const verb = type === "TRANSFER_OUT" ? "transfer" : "sell";
    const place = account === undefined ? "" : ` in ${account}`;
    const shares = `${held} ${ticker}${place}`;
    const uncovered = {
      sell: `you hold ${shares} on ${date}, and cannot ${verb} ${sold}`,
      "earlier sell": `you ${verb} ${sold} ${ticker}${place} on ${date}, and would then hold only ${held}`,
      delete: `you ${verb} ${sold} ${ticker}${place} on ${date}, and without this transaction would then hold only ${held}`,
      import: `you ${verb} ${sold} ${ticker}${place} on ${date}, and without what this import recorded would then hold only ${held}`,
      edit: `you ${verb} ${sold} ${ticker}${place} on ${date}, and with this change would then hold only ${held}`,
    };
    super(`${uncovered[cause]}; expected every SELL to be covered by earlier BUYs`);
    this.ticker = ticker;
    this.date = date;
    this.held = held;
    this.sold = sold;
  }
}

/** The account was deleted while its own request was under way. */
export class PersonGoneError extends Error {
  readonly code = "unauthenticated";

  constructor() {
    super("expected a person whose account stands; it has just been deleted");
  }
}

export class NotFoundError extends Error {
  readonly code = "not_found";

  constructor(transactionId: number) {
    super(`you have no transaction ${transactionId}; it may have been deleted already`);
  }
}

export class SplitNotFoundError extends Error {
  readonly code = "not_found";

  constructor(ticker: string, date: string) {
    super(`no split of ${ticker} on ${date} is known`);
  }
}

export class IdempotencyConflictError extends Error {
  readonly code = "idempotency_conflict";
  readonly field = "Idempotency-Key";

  constructor(idempotencyKey: string) {
    super(`expected a new Idempotency-Key for another transaction, got: ${shown(idempotencyKey)} once more`);
  }
}

export class InvalidIdempotencyKeyError extends Error {
  readonly code = "invalid_idempotency_key";
  readonly field = "Idempotency-Key";

  constructor(idempotencyKey: string) {
    super(`expected an Idempotency-Key of 1 to 255 characters, got: ${idempotencyKey.length}`);
  }
}

export class InvalidCursorError extends Error {
  readonly code = "invalid_before";
  readonly field = "before";

  constructor(cursor: string) {
    super(`expected before to be the next of an earlier answer, got: ${shown(cursor)}`);
  }
}

export class InvalidCsvError extends Error {
  readonly code = "invalid_csv";

  constructor(problem: string) {
    super(`expected lines of values between the same delimiter, got: ${problem}`);
  }
}

/** A row says in another column that there was no such trade, or that it was taken back. */
export class ContradictedTradeError extends Error {
  readonly code = "contradicted_trade";

  constructor(text: string, column: string) {
    super(
      `expected a trade that stands, got: ${shown(text)} in the column ${column.slice(0, 60)}; leave the row out, or correct the file`,
    );
  }
}

/** A workbook, a document or a page instead of a table of text. */
export class NotTextError extends Error {
  readonly code = "not_text";

  constructor(kind: string) {
    super(
      `expected a table as text, got ${kind}; open it and save it as CSV, or copy its table and paste it here`,
    );
  }
}

export class EmptyCsvError extends Error {
  readonly code = "empty_csv";

  constructor() {
    super("expected a line of column names and a trade on each line below, got no such lines");
  }
}

export class TooManyLinesError extends Error {
  readonly code = "too_many_lines";

  constructor(limit: number, lines: number) {
    super(`expected at most ${limit} trades in one file, got: ${lines}; import it in parts`);
  }
}

export class FileTooLargeError extends Error {
  readonly code = "file_too_large";

  constructor(limit: number, characters: number) {
    super(`expected a file of at most ${limit} characters, got: ${characters}; export a shorter period`);
  }
}

/** It was being read, and would not end. */
export class FileTooCostlyError extends Error {
  readonly code = "file_too_costly";

  constructor() {
    super(
      "it takes more time or memory to read than one file may; split it, by year say, and import the parts",
    );
  }
}

export class FileTooWideError extends Error {
  readonly code = "file_too_wide";

  constructor(limit: number, columns: number) {
    super(`expected at most ${limit} values on a line, got: ${columns}; this is no list of trades`);
  }
}

export class MissingColumnsError extends Error {
  readonly code = "missing_columns";

  constructor(missing: readonly string[], headers: readonly string[]) {
    const names = shown(headers.join(", ").slice(0, 400)).slice(1, -1);
    super(`expected a column for each of ${missing.join(", ")} among: ${names}; say which column it is`);
  }
}

export class ValueCountError extends Error {
  readonly code = "invalid_line";

  constructor(expected: number, count: number) {
    super(`expected ${expected} values as in the first line, got: ${count}`);
  }
}

export class SplitFigureError extends Error {
  readonly code = "split_figure";

  constructor() {
    super(
      "expected a comma within a figure to stand in quotes, got: a line with more values than others, of which two may be one figure, such as 1,500",
    );
  }
}

export class ForeignCurrencyError extends Error {
  readonly code = "unsupported_currency";

  constructor(currency: string, source: string) {
    super(`expected a price in a currency that is known here, got: ${shown(currency)} (${source})`);
  }
}

export class AmbiguousCurrencyError extends Error {
  readonly code = "ambiguous_currency";

  constructor(currencies: readonly string[]) {
    super(`expected one currency of the price, got: ${currencies.join(" and ")}; say which column has it`);
  }
}

export class UnknownUnitError extends Error {
  readonly code = "unknown_unit";

  constructor(column: string, unit: string) {
    super(
      `expected figures as they are, got: ${shown(unit)} in the name of the column ${column.slice(0, 60)}; write them out in the file, and name the column so`,
    );
  }
}

export class AmbiguousDateError extends Error {
  readonly code = "ambiguous_date";
  readonly field = "date";

  constructor(text: string, day: string, month: string) {
    super(`${text} is ${day} or ${month}, and no other date of the file tells which; say it above`);
  }
}

export class AmbiguousFigureError extends Error {
  readonly code = "ambiguous_figure";

  constructor(field: string, text: string) {
    super(
      `${field} ${text} is a whole number or a decimal, and no other figure of the file tells which; say it above`,
    );
  }
}

export class UnknownKindError extends Error {
  readonly code = "invalid_type";
  readonly field = "type";

  constructor(word: string) {
    super(
      word === ""
        ? "expected a word or a sign that tells a purchase from a sale, got neither"
        : `expected a word for a purchase, a sale or another entry, got: ${shown(word)}; say above what it is`,
    );
  }
}

/** Something that the ledger would hold as if it were shares. */
export class UnsupportedAssetError extends Error {
  readonly code = "unsupported_asset";
  readonly field = "ticker";

  constructor(asset: "option" | "CFD" | "future", symbol: string) {
    super(
      `${shown(symbol)} is ${asset === "option" ? "an option" : `a ${asset}`}: it is never bought as shares here`,
    );
  }
}

export class UnknownInstrumentError extends Error {
  readonly code = "unknown_ticker";
  readonly field = "ticker";

  constructor(identifier: string) {
    super(`expected an instrument that Yahoo Finance knows, got: ${shown(identifier)}; say its ticker above`);
  }
}

export class DuplicateError extends Error {
  readonly code = "potential_duplicate";

  /** `importedOn`: the day on which this very row was imported; null: the ledger has a trade like it. */
  constructor(importedOn: string | null) {
    super(
      importedOn === null
        ? "potential duplicate: same date, ticker, type, quantity and price as a trade in the ledger"
        : `potential duplicate: this row was imported on ${importedOn}, and its trade is in the ledger`,
    );
  }
}

export class TickerNotCheckedError extends Error {
  readonly code = "ticker_not_checked";

  constructor(ticker: string) {
    super(`${ticker} is new here and has not been looked up yet; check again to go on`);
  }
}

export class DeletionNotFoundError extends Error {
  readonly code = "not_found";

  constructor(transactionId: number) {
    super(`you have no deleted transaction ${transactionId}; it may have been restored already`);
  }
}

/** Each is fetched every day from then on, by all of the installation. */
export class TooManyNewTickersError extends Error {
  readonly code = "too_many_new_tickers";
  readonly field = "ticker";
  readonly retryAfterSeconds: number;

  constructor(limit: number, now: Date) {
    super(
      `expected at most ${limit} tickers a day that nobody here has traded before; others can be traded now, and more of these ` +
        "from midnight UTC on, or ask whoever runs this installation to allow more (QUOTA_NEW_TICKERS_A_DAY)",
    );
    const day = 86_400_000;
    this.retryAfterSeconds = Math.ceil((day - (now.getTime() % day)) / 1000);
  }
}
