/** One class for each way in which the ledger refuses; `code` is what programs tell them apart by. */

export type TransactionField = "ticker" | "type" | "quantity" | "price" | "fee" | "date";

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

  constructor(date: string, today: string) {
    super(
      `expected date to be today (${today} in UTC) or earlier, got: ${date}; enter a trade when it has happened`,
    );
  }
}

export interface OversellDetails {
  readonly ticker: string;
  /** Of the SELL that is not covered. */
  readonly date: string;
  /** Just before it, in shares of that day. */
  readonly held: string;
  readonly sold: string;
}

export class OversellError extends Error {
  readonly code = "oversell";
  readonly field = "quantity";
  readonly ticker: string;
  readonly date: string;
  readonly held: string;
  readonly sold: string;

  /** `cause`: what was asked for. A SELL may be covered on its own day and leave too little for a later one. */
  constructor({ ticker, date, held, sold }: OversellDetails, cause: "sell" | "earlier sell" | "delete") {
    const uncovered = {
      sell: `you hold ${held} ${ticker} on ${date}, and cannot sell ${sold}`,
      "earlier sell": `you sell ${sold} ${ticker} on ${date}, and would then hold only ${held}`,
      delete: `you sell ${sold} ${ticker} on ${date}, and without this transaction would then hold only ${held}`,
    };
    super(`${uncovered[cause]}; expected every SELL to be covered by earlier BUYs`);
    this.ticker = ticker;
    this.date = date;
    this.held = held;
    this.sold = sold;
  }
}

export class NotFoundError extends Error {
  readonly code = "not_found";

  constructor(transactionId: number) {
    super(`you have no transaction ${transactionId}; it may have been deleted already`);
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

export interface ImportProblem {
  /** Of the file, counted from 1; null: of the file as a whole. */
  readonly line: number | null;
  readonly code: string;
  readonly message: string;
}

export class ImportError extends Error {
  readonly code = "invalid_import";
  readonly problems: readonly ImportProblem[];

  constructor(problems: readonly ImportProblem[]) {
    const lines = problems.map(({ line, message }) => (line === null ? message : `line ${line}: ${message}`));
    super(`nothing was imported, because of ${problems.length} problems\n${lines.join("\n")}`);
    this.problems = problems;
  }
}
