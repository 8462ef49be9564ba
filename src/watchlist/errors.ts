/** How something about a watchlist is refused. */
import { type Plain, plain } from "../plain.ts";

export class NotWatchedError extends Error {
  readonly code = "not_found";
  readonly plain: Plain;

  constructor(ticker: string) {
    super(`${ticker} is not on your watchlist; it may have been removed already`);
    this.plain = plain("{ticker} is not on your watchlist; it may have been removed already.", { ticker });
  }
}
