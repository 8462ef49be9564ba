/** What keeps a row out of the ledger though each of its fields is right. */
import { UnknownTickerError } from "../market/errors.ts";
import { type Plain, plain, SpokenError } from "../plain.ts";

/** `~7.2` of somebody else, or of an asset that is no more. */
export class UnknownOwnAssetError extends UnknownTickerError {
  override readonly plain = plain(
    "This is no asset of your own: it may have been deleted. The page Own assets lists those that you have.",
  );

  constructor(ticker: string) {
    super(ticker);
    this.message = `${ticker} is no asset of your own; it may have been deleted: the page Own assets lists those that you have`;
  }
}

export class ExternalIdTakenError extends Error {
  readonly code = "external_id_taken";
  readonly field = "external_id";
  readonly plain: Plain;

  constructor() {
    super(
      "this account has a transaction with that external_id already; it was recorded before, or needs another one",
    );
    this.plain = plain(
      "This account has a transaction with the same id of the broker already: it was recorded before.",
    );
  }
}

export class SplitTakenError extends SpokenError {
  readonly code = "split_taken";
  readonly field = "date";

  constructor() {
    super(
      plain(
        "This account has a SPLIT of that ticker on that day already; edit that one, or delete it first.",
      ),
    );
  }
}

/** What is wrong with the lots that a SELL names. */
export class LotsError extends SpokenError {
  readonly code = "invalid_lots";
  readonly field = "lots";
}

/** Of a transfer or a conversion, which are two rows. */
export class PartOfTransferError extends Error {
  readonly code = "part_of_transfer";
  readonly plain: Plain;

  constructor(transactionId: number) {
    super(
      `transaction ${transactionId} is one side of a transfer: its note, tags and external_id can be edited; for anything else ` +
        "delete it, which deletes both sides, and record the transfer anew",
    );
    this.plain = plain(
      "This is one side of a transfer: its note and tags can be changed. To change more, delete it, with its other side, and enter it anew.",
    );
  }
}
