/** What keeps a row out of the ledger though each of its fields is right. */

export class ExternalIdTakenError extends Error {
  readonly code = "external_id_taken";
  readonly field = "external_id";

  constructor() {
    super(
      "this account has a transaction with that external_id already; it was recorded before, or needs another one",
    );
  }
}

export class SplitTakenError extends Error {
  readonly code = "split_taken";
  readonly field = "date";

  constructor() {
    super("this account has a SPLIT of that ticker on that day already; edit that one, or delete it first");
  }
}

/** `what`: is wrong with the lots that a SELL names. */
export class LotsError extends Error {
  readonly code = "invalid_lots";
  readonly field = "lots";

  constructor(sale: { readonly ticker: string; readonly date: string }, what: string) {
    super(`the SELL of ${sale.ticker} on ${sale.date} names its lots, and ${what}`);
  }
}

/** Of a transfer or a conversion, which are two rows. */
export class PartOfTransferError extends Error {
  readonly code = "part_of_transfer";

  constructor(transactionId: number) {
    super(
      `transaction ${transactionId} is one side of a transfer: its note, tags and external_id can be edited; for anything else ` +
        "delete it, which deletes both sides, and record the transfer anew",
    );
  }
}
