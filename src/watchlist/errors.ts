/** How something about a watchlist is refused. */

export class NotWatchedError extends Error {
  readonly code = "not_found";

  constructor(ticker: string) {
    super(`${ticker} is not on your watchlist; it may have been removed already`);
  }
}
