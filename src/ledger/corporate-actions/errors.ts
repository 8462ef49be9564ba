/** What stands in the way of a corporate action though each of its terms is right. */
import { type Plain, plain, SpokenError } from "../../plain.ts";
import type { Terms } from "./terms.ts";

export class NothingHeldError extends Error {
  readonly code = "nothing_held";
  readonly field = "ticker";
  readonly plain: Plain;

  constructor({ ticker, date, kind }: Terms) {
    const when =
      kind === "rename" || kind === "merger" || kind === "cash_in_lieu" ? `on ${date}` : `as ${date} began`;
    super(
      kind === "cash_in_lieu"
        ? `you hold no fraction of a share of ${ticker} ${when}, so there is nothing to write`
        : `you hold no ${ticker} ${when}, or too few for one new share, so there is nothing to write; record its purchases first`,
    );
    this.plain = plain(
      kind === "cash_in_lieu"
        ? "You held no fraction of a share of {ticker} on {date:day}, so there is nothing to write. Check the ticker and the day."
        : "You held no {ticker} on {date:day}, or too few for one new share, so there is nothing to write. Record its purchases first.",
      { ticker, date },
    );
  }
}

export class AlreadyWrittenError extends Error {
  readonly code = "already_written";
  readonly field = "date";
  readonly plain: Plain;

  constructor({ ticker, date }: Terms, writtenBy: string) {
    super(
      `this was written for ${ticker} on ${date} already, by ${writtenBy}; undo that first, or apply it again`,
    );
    this.plain = plain(
      "This was written for {ticker} on {date:day} already, by {writtenBy}. Undo that first, or apply it again.",
      { ticker, date, writtenBy },
    );
  }
}

export class CorporateActionNotFoundError extends SpokenError {
  readonly code = "not_found";

  constructor(actionId: string) {
    super(
      plain("You have no corporate action {id} that stands; it may have been undone already.", {
        id: actionId,
      }),
    );
  }
}
