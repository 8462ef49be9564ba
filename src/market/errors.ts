/** What can go wrong between us and a source of market data; `code` is what programs tell the mistakes apart by. */
import { defineMessage, type Plain, plain, quoted, SpokenError } from "../plain.ts";

/** A ticker that there is, near to one that there is not. */
export interface Suggestion {
  readonly ticker: string;
  readonly name: string;
}

export class MalformedTickerError extends Error {
  readonly code = "invalid_ticker";
  readonly field = "ticker";
  readonly ticker: string;
  readonly plain: Plain;

  constructor(ticker: string) {
    super(
      `expected a ticker of 1 to 20 letters, digits and . - = ^ & (AAPL, BRK-B, BTC-USD, ^GSPC), got: ${JSON.stringify(ticker.slice(0, 40))}`,
    );
    this.plain = plain(
      "“{typed}” is no ticker: those have up to 20 letters and digits, such as AAPL, BRK-B or BTC-USD.",
      { typed: quoted(ticker) },
    );
    this.ticker = ticker;
  }
}

interface SymbolChanged {
  readonly to: string;
  readonly on: string;
}

export class UnknownTickerError extends Error {
  readonly code = "unknown_ticker";
  readonly field = "ticker";
  readonly ticker: string;
  readonly change: SymbolChanged | null;
  readonly plain: Plain;

  /** `change`: what is known of its new symbol. `suggestion`: what may have been meant. */
  constructor(ticker: string, change: SymbolChanged | null = null, suggestion: Suggestion | null = null) {
    const way = change
      ? `it has been ${change.to} since ${change.on}: enter it as that`
      : "search by name: it may be spelt otherwise, or renamed, and then an operator can enter its new symbol; " +
        "of what is delisted Yahoo gives no prices";
    super(`expected a ticker that Yahoo Finance knows, got: ${ticker}; ${way}`);
    this.ticker = ticker;
    this.change = change;
    this.plain = unknownTickerWords(ticker, change, suggestion);
  }
}

function unknownTickerWords(
  ticker: string,
  change: SymbolChanged | null,
  suggestion: Suggestion | null,
): Plain {
  if (change) return plain("{ticker} has been {to} since {on:day}: enter it as that.", { ticker, ...change });
  if (suggestion)
    return plain("No ticker {ticker}. Did you mean {meant} ({name})?", {
      ticker,
      meant: suggestion.ticker,
      name: suggestion.name,
    });
  return plain(
    "No ticker {ticker}. Search for it by the name of the company: it may be spelt otherwise, or have another name by now.",
    { ticker },
  );
}

export class UnsupportedCurrencyError extends Error {
  readonly code = "unsupported_currency";
  readonly field = "ticker";
  readonly ticker: string;
  readonly currency: string | null;
  readonly plain: Plain;

  constructor(ticker: string, currency: string | null) {
    super(
      `expected a ticker quoted in a currency that is known here, got: ${ticker}, quoted in ${currency ?? "an unknown currency"}; ` +
        "look for its listing on another exchange",
    );
    this.plain =
      currency === null
        ? plain(
            "{ticker} is quoted in a currency that nobody names, which is not known here. Look for its listing on another exchange.",
            { ticker },
          )
        : plain(
            "{ticker} is quoted in {currency}, which is not known here. Look for its listing on another exchange.",
            { ticker, currency },
          );
    this.ticker = ticker;
    this.currency = currency;
  }
}

export class NoPricesError extends Error {
  readonly code = "no_prices";
  readonly ticker: string;
  readonly plain: Plain;

  constructor(ticker: string) {
    super(
      `expected daily prices of ${ticker}, got none: Yahoo Finance knows the ticker and has no bars of it yet`,
    );
    this.plain = plain(
      "There are no daily prices of {ticker} yet. Check the ticker, or enter it as an asset of your own, with your prices.",
      { ticker },
    );
    this.ticker = ticker;
  }
}

export class UnknownSeriesError extends Error {
  readonly code = "unknown_series";
  readonly seriesId: string;

  constructor(seriesId: string) {
    super(`FRED knows no series ${seriesId}`);
    this.seriesId = seriesId;
  }
}

/** One person asks for more of the source than a person's share. */
export class TooManyLookupsError extends SpokenError {
  readonly code = "too_many_lookups";
  readonly retryAfterSeconds: number;

  constructor(
    source: string,
    share: { readonly burst: number; readonly perSecond: number },
    retryAfterSeconds: number,
  ) {
    super(
      plain(
        defineMessage(
          "You have asked {source} for more than one person may ({burst} searches and look-ups at once, {perSecond} a second " +
            "after that), which all people here share; try again in {seconds} s.",
        ),
        {
          source,
          burst: String(share.burst),
          perSecond: String(share.perSecond),
          seconds: String(retryAfterSeconds),
        },
      ),
    );
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

const reasons = {
  rate_limited: "answers that there were too many requests",
  timeout: "does not answer in time",
  unreachable: "cannot be reached",
  server_error: "answers with an error of its own",
  html: "answers with a page instead of data",
  truncated: "cut its answer short",
  schema: "answers in a form that is not understood",
  refused: "refuses the request",
  busy: "is being asked by many people here just now",
} as const;

const saidReasons: Readonly<Record<UnavailableReason, (values: SaidReason) => Plain>> = {
  rate_limited: (values) =>
    plain(
      "{source} answers that there were too many requests{detail}; try again in {seconds} seconds.",
      values,
    ),
  timeout: (values) =>
    plain("{source} does not answer in time{detail}; try again in {seconds} seconds.", values),
  unreachable: (values) =>
    plain("{source} cannot be reached{detail}; try again in {seconds} seconds.", values),
  server_error: (values) =>
    plain("{source} answers with an error of its own{detail}; try again in {seconds} seconds.", values),
  html: (values) =>
    plain("{source} answers with a page instead of data{detail}; try again in {seconds} seconds.", values),
  truncated: (values) =>
    plain("{source} cut its answer short{detail}; try again in {seconds} seconds.", values),
  schema: (values) =>
    plain(
      "{source} answers in a form that is not understood{detail}; try again in {seconds} seconds.",
      values,
    ),
  refused: (values) => plain("{source} refuses the request{detail}; try again in {seconds} seconds.", values),
  busy: (values) =>
    plain(
      "{source} is being asked by many people here just now{detail}; try again in {seconds} seconds.",
      values,
    ),
};

interface SaidReason {
  readonly [name: string]: string;
  readonly source: string;
  /** In parentheses, after a space; "": none. */
  readonly detail: string;
  readonly seconds: string;
}

export type UnavailableReason = keyof typeof reasons;

/** Worth another attempt: the next answer may well be another. */
const transient: ReadonlySet<UnavailableReason> = new Set([
  "rate_limited",
  "timeout",
  "unreachable",
  "server_error",
  "html",
  "truncated",
]);

/** The source is there in principle, but nothing could be learnt from it now. Nothing is known to be wrong with the request. */
export class MarketDataUnavailableError extends Error {
  readonly code = "market_data_unavailable";
  readonly source: string;
  readonly reason: UnavailableReason;
  readonly retryAfterSeconds: number;
  readonly isTransient: boolean;
  /** The message without the advice to try again: for where that happens by itself. */
  readonly problem: string;
  readonly plain: Plain;

  /** `source` is a name for people. `detail` never holds a URL: FRED's carries the key. */
  constructor(
    source: string,
    reason: UnavailableReason,
    options: { retryAfterSeconds?: number | null; detail?: string } = {},
  ) {
    const retryAfterSeconds = options.retryAfterSeconds ?? 30;
    const detail = options.detail ? ` (${options.detail.slice(0, 200)})` : "";
    const problem = `${source} ${reasons[reason]}${detail}`;
    super(`${problem}; try again in ${retryAfterSeconds} seconds`);
    this.problem = problem;
    this.plain = saidReasons[reason]({ source, detail, seconds: String(retryAfterSeconds) });
    this.source = source;
    this.reason = reason;
    this.retryAfterSeconds = retryAfterSeconds;
    this.isTransient = transient.has(reason);
  }
}
