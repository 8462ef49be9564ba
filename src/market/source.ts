/** What the rest of the program knows of market data: two small interfaces, whoever stands behind them. */

export type AssetClass = "stock" | "etf" | "fund" | "index" | "crypto" | "currency" | "future" | "other";

export interface TickerMatch {
  readonly ticker: string;
  readonly name: string;
  readonly assetClass: AssetClass;
  readonly exchange: string | null;
}

/** What a ticker is, as the chart's metadata tell it. */
export interface TickerDescription extends TickerMatch {
  /** ISO code, or Yahoo's `GBp` for pence; null when the reply leaves it out. */
  readonly currency: string | null;
  /** IANA name: the zone in which a bar's timestamp is a trading date. */
  readonly exchangeTimezone: string;
  /** null when the reply leaves it out. */
  readonly firstTradeDate: string | null;
}

export interface Profile {
  readonly sector: string | null;
  readonly industry: string | null;
}

/** Prices are decimal strings; `close` is split-adjusted as of the fetch. */
export interface Bar {
  /** Trading date in the exchange's time zone. */
  readonly date: string;
  readonly open: string | null;
  readonly high: string | null;
  readonly low: string | null;
  readonly close: string;
  readonly adjClose: string | null;
  readonly volume: string | null;
  /** false: the session was still open when it was fetched. */
  readonly isFinal: boolean;
}

export interface Split {
  readonly date: string;
  readonly numerator: string;
  readonly denominator: string;
}

export interface Dividend {
  readonly date: string;
  /** Split-adjusted as of the fetch. */
  readonly cashPerShare: string;
}

export interface PriceHistory {
  /** null: the reply says nothing but that the window is empty. */
  readonly description: TickerDescription | null;
  /** Ascending, one a date, none without a close. Empty when there is nothing in the window. */
  readonly bars: readonly Bar[];
  /** Dates that were sent without a close: nothing is known of them, so what is stored stays. */
  readonly datesWithoutClose: readonly string[];
  /** Those of them that were traded on: a close is known to be missing. */
  readonly tradedWithoutClose: readonly { readonly date: string; readonly volume: string }[];
  readonly splits: readonly Split[];
  readonly dividends: readonly Dividend[];
  /** What funds pay out of gains of their own; cash like a dividend. */
  readonly capitalGains: readonly Dividend[];
  /** What was odd about the reply, to be logged: rows dropped, schema drift. */
  readonly warnings: readonly string[];
}

/**
 * Every method may throw UnknownTickerError, MalformedTickerError, MarketDataUnavailableError (with
 * retryAfterSeconds), or the reason of `signal` when it aborts.
 */
export interface PriceSource {
  search(query: string, signal?: AbortSignal): Promise<TickerMatch[]>;
  /** Validates a ticker: one small request. Somebody is waiting, so trouble is reported within seconds. */
  describe(ticker: string, signal?: AbortSignal): Promise<TickerDescription>;
  /**
   * Daily bars from `from` (null: everything there is) to now, with splits and dividends in that window. Waits out a rate limit.
   * `days`: no other bars are needed than those of these days, or the last before each; more may come.
   */
  history(
    ticker: string,
    from: string | null,
    signal?: AbortSignal,
    days?: readonly string[],
  ): Promise<PriceHistory>;
  /** Sector and industry; null where there is no profile. Its failure must harm nothing: it closes no gate of the others. */
  profile(ticker: string, signal?: AbortSignal): Promise<Profile | null>;
}

export interface Observation {
  readonly date: string;
  /** null: missing at the source. */
  readonly value: string | null;
  /** First day it was public; null when the source cannot say. */
  readonly realtimeStart: string | null;
}

export interface MacroSource {
  /** The whole series, ascending. Throws UnknownSeriesError or MarketDataUnavailableError. */
  series(seriesId: string, signal?: AbortSignal): Promise<Observation[]>;
}
