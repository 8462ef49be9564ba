/** One class for each way in which the ledger refuses; `code` is what programs tell them apart by. */
import { defineMessage, type Plain, plain, SpokenError } from "../plain.ts";
import { fieldWords } from "./field-words.ts";
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

/** What came, as programs are told of it. */
export function shown(value: unknown): string {
  if (value === undefined) return "nothing";
  const text = typeof value === "number" ? String(value) : (JSON.stringify(value) ?? String(value));
  return text.length > 60 ? `${text.slice(0, 60)}...` : text;
}

export class InvalidTransactionError extends Error {
  readonly code: `invalid_${TransactionField}`;
  readonly field: TransactionField;
  readonly plain: Plain;

  /** `words`: to a person; by default by what was typed into the field. */
  constructor(field: TransactionField, expected: string, value: unknown, words = fieldWords(field, value)) {
    super(`expected ${field} to be ${expected}, got: ${shown(value)}`);
    this.code = `invalid_${field}`;
    this.field = field;
    this.plain = words;
  }
}

export class FutureDateError extends Error {
  readonly code = "future_date";
  readonly field = "date";
  readonly plain: Plain;

  /** `today`: where the day begins first. */
  constructor(date: string, today: string) {
    super(
      `expected date to be today where you are (${today} at the latest) or earlier, got: ${date}; ` +
        "enter a trade when it has happened",
    );
    this.plain = plain("{date:day} is still to come. Correct the date, or enter it when it has happened.", {
      date,
    });
  }
}

/** A new ticker's prices, or a new currency's rates, could not be had in time, and a trade is written only together with them. */
export class HistoryUnavailableError extends SpokenError {
  readonly code = "market_data_unavailable";
  /** Tickers or currencies. */
  readonly missing: readonly string[];
  readonly retryAfterSeconds = 30;

  constructor(words: Plain, missing: readonly string[]) {
    super(words);
    this.missing = missing;
  }
}

/** Figures of a day on which nobody knows what the currency was worth. */
export class MissingRateError extends Error {
  readonly code = "missing_fx_rate";
  readonly field: "fx_rate" | "base_currency";
  readonly plain: Plain;

  /** `way`: out of it; `wayInWords`: as a person is told of it. */
  constructor(
    field: "fx_rate" | "base_currency",
    currency: string,
    firstDay: string,
    { way, wayInWords }: { readonly way: string; readonly wayInWords: Plain },
  ) {
    super(`no exchange rate of ${currency} from before ${firstDay} is known; ${way}`);
    this.field = field;
    this.plain = plain("No exchange rate of {currency} from before {firstDay:day} is known. {way}", {
      currency,
      firstDay,
      way: wayInWords,
    });
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

/** What was asked for that a sale is not covered by. A SELL may be covered on its own day and leave too little for a later one. */
type OversellCause = "sell" | "earlier sell" | "delete" | "edit" | "import";

export class OversellError extends Error {
  readonly code = "oversell";
  readonly field = "quantity";
  readonly ticker: string;
  readonly date: string;
  readonly held: string;
  readonly sold: string;
  readonly isTransfer: boolean;
  readonly plain: Plain;

  constructor(details: OversellDetails, cause: OversellCause) {
    const { ticker, date, held, sold, type, account } = details;
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
    this.isTransfer = type === "TRANSFER_OUT";
    this.plain = oversellWords(details, cause);
  }
}

function oversellWords(
  { ticker, date, held, sold, type, account }: OversellDetails,
  cause: OversellCause,
): Plain {
  const values = {
    ticker,
    date,
    held,
    quantity: sold,
    stock: Number(held) === 0 ? "none" : "some",
    move: type === "TRANSFER_OUT" ? "transfer" : "sale",
    place: account === undefined ? "anywhere" : "account",
    account: account ?? "",
  };
  switch (cause) {
    case "sell":
      return plain(
        defineMessage(
          "You held {stock, select, none {no {ticker}} other {{held:number} {ticker}}}{place, select, account { in {account}} other {}} on {date:day}, so you can’t {move, select, transfer {transfer} other {sell}} {quantity:number}. " +
            "Correct the quantity or the date, or record the missing purchase first.",
        ),
        values,
      );
    case "earlier sell":
      return plain(
        defineMessage(
          "You {move, select, transfer {transferred} other {sold}} {quantity:number} {ticker}{place, select, account { in {account}} other {}} on {date:day}. " +
            "With this one before it you would have held {stock, select, none {none} other {only {held:number}}} by then: correct that {move, select, transfer {transfer} other {sale}} first.",
        ),
        values,
      );
    case "delete":
      return plain(
        defineMessage(
          "You {move, select, transfer {transferred} other {sold}} {quantity:number} {ticker}{place, select, account { in {account}} other {}} on {date:day}. " +
            "Without this transaction you would have held {stock, select, none {none} other {only {held:number}}} by then: correct that {move, select, transfer {transfer} other {sale}} first.",
        ),
        values,
      );
    case "import":
      return plain(
        defineMessage(
          "You {move, select, transfer {transferred} other {sold}} {quantity:number} {ticker}{place, select, account { in {account}} other {}} on {date:day}. " +
            "Without what this import recorded you would have held {stock, select, none {none} other {only {held:number}}} by then: correct that {move, select, transfer {transfer} other {sale}} first.",
        ),
        values,
      );
    case "edit":
      return plain(
        defineMessage(
          "You {move, select, transfer {transferred} other {sold}} {quantity:number} {ticker}{place, select, account { in {account}} other {}} on {date:day}. " +
            "With this change you would have held {stock, select, none {none} other {only {held:number}}} by then: correct that {move, select, transfer {transfer} other {sale}} first.",
        ),
        values,
      );
  }
}

/** The account was deleted while its own request was under way. */
export class PersonGoneError extends Error {
  readonly code = "unauthenticated";
  readonly plain: Plain;

  constructor() {
    super("expected a person whose account stands; it has just been deleted");
    this.plain = plain("This account has just been deleted.");
  }
}

export class NotFoundError extends SpokenError {
  readonly code = "not_found";

  constructor(transactionId: number) {
    super(
      plain("You have no transaction {id}; it may have been deleted already.", { id: String(transactionId) }),
    );
  }
}

export class SplitNotFoundError extends SpokenError {
  readonly code = "not_found";

  constructor(ticker: string, date: string) {
    super(plain("No split of {ticker} on {date:day} is known.", { ticker, date }));
  }
}

export class IdempotencyConflictError extends Error {
  readonly code = "idempotency_conflict";
  readonly field = "Idempotency-Key";
  readonly plain: Plain;

  constructor(idempotencyKey: string) {
    super(`expected a new Idempotency-Key for another transaction, got: ${shown(idempotencyKey)} once more`);
    this.plain = plain(
      "This form was sent once already, with other figures. Open it anew, and enter it there.",
    );
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

export class DeletionNotFoundError extends SpokenError {
  readonly code = "not_found";

  constructor(transactionId: number) {
    super(
      plain("You have no deleted transaction {id}; it may have been restored already.", {
        id: String(transactionId),
      }),
    );
  }
}

/** Each is fetched every day from then on, by all of the installation. */
export class TooManyNewTickersError extends Error {
  readonly code = "too_many_new_tickers";
  readonly field = "ticker";
  readonly retryAfterSeconds: number;
  readonly plain: Plain;

  constructor(limit: number, now: Date) {
    super(
      `expected at most ${limit} tickers a day that nobody here has traded before; others can be traded now, and more of these ` +
        "from midnight UTC on, or ask whoever runs this installation to allow more (QUOTA_NEW_TICKERS_A_DAY)",
    );
    this.plain = plain(
      "On one day you can bring {limit:number} tickers that nobody here has traded before, and these are more. Go on tomorrow (after midnight UTC), or ask whoever runs this installation to allow more.",
      { limit: String(limit) },
    );
    const day = 86_400_000;
    this.retryAfterSeconds = Math.ceil((day - (now.getTime() % day)) / 1000);
  }
}
