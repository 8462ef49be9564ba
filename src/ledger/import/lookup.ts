import {
  MarketDataUnavailableError,
  UnknownTickerError,
  UnsupportedCurrencyError,
} from "../../market/errors.ts";
import type { LedgerContext } from "../context.ts";
import { TickerNotCheckedError } from "../errors.ts";
import { type KnownTicker, requireTicker } from "../tickers.ts";

/** What the price source is asked at once and at most in one review: somebody is waiting for it. */
const lookupsAtOnce = 6;
export const maxLookups = 60;

export type TickerError =
  | UnknownTickerError
  | UnsupportedCurrencyError
  | MarketDataUnavailableError
  | TickerNotCheckedError;

export interface Lookup {
  readonly tickers: ReadonlyMap<string, KnownTicker | TickerError>;
  /** Of the tickers that nobody has used yet, how many the price source has answered for. */
  readonly checked: number;
  readonly total: number;
}

async function lookUp(context: LedgerContext, ticker: string): Promise<KnownTicker | TickerError> {
  try {
    return await requireTicker(context, ticker);
  } catch (error) {
    if (
      error instanceof UnknownTickerError ||
      error instanceof UnsupportedCurrencyError ||
      error instanceof MarketDataUnavailableError
    )
      return error;
    throw error;
  }
}

async function readKnown({ pool }: LedgerContext, tickers: readonly string[]): Promise<Set<string>> {
  const { rows } = await pool.query<{ ticker: string }>(
    "select ticker from bronze.raw_assets where ticker = any ($1)",
    [tickers],
  );
  return new Set(rows.map(({ ticker }) => ticker));
}

/**
 * Looks up every ticker once: all that are known here, and as many new ones as one review may ask for. What it
 * learns is kept, so that the next review goes on with the others. The first one that the price source cannot be
 * asked about ends the asking.
 */
export async function lookUpTickers(context: LedgerContext, tickers: readonly string[]): Promise<Lookup> {
  const known = await readKnown(context, tickers);
  const unseen = tickers.filter((ticker) => !known.has(ticker));
  const asked = unseen.slice(0, maxLookups);
  const found = new Map<string, KnownTicker | TickerError>(
    unseen.map((ticker) => [ticker, new TickerNotCheckedError(ticker)]),
  );
  const queue = [...known, ...asked];
  const work = async (): Promise<void> => {
    for (let ticker = queue.shift(); ticker !== undefined; ticker = queue.shift()) {
      const result = await lookUp(context, ticker);
      found.set(ticker, result);
      if (result instanceof MarketDataUnavailableError) queue.length = 0;
    }
  };
  await Promise.all(Array.from({ length: lookupsAtOnce }, work));
  const isAnswered = (ticker: string) => {
    const result = found.get(ticker);
    return !(result instanceof TickerNotCheckedError || result instanceof MarketDataUnavailableError);
  };
  return { tickers: found, checked: unseen.filter(isAnswered).length, total: unseen.length };
}
