/** What stands in the way of a corporate action though each of its terms is right. */
import type { Terms } from "./terms.ts";

export class NothingHeldError extends Error {
  readonly code = "nothing_held";
  readonly field = "ticker";

  constructor({ ticker, date, kind }: Terms) {
    const when =
      kind === "rename" || kind === "merger" || kind === "cash_in_lieu" ? `on ${date}` : `as ${date} began`;
    super(
      kind === "cash_in_lieu"
        ? `you hold no fraction of a share of ${ticker} ${when}, so there is nothing to write`
        : `you hold no ${ticker} ${when}, or too few for one new share, so there is nothing to write; record its purchases first`,
    );
  }
}

export class AlreadyWrittenError extends Error {
  readonly code = "already_written";
  readonly field = "date";

  constructor({ ticker, date }: Terms, writtenBy: string) {
    super(
      `this was written for ${ticker} on ${date} already, by ${writtenBy}; undo that first, or apply it again`,
    );
  }
}

export class CorporateActionNotFoundError extends Error {
  readonly code = "not_found";

  constructor(actionId: string) {
    super(`you have no corporate action ${actionId} that stands; it may have been undone already`);
  }
}
