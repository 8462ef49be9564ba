import {
  MarketDataUnavailableError,
  TooManyLookupsError,
  UnknownTickerError,
  UnsupportedCurrencyError,
} from "../../market/errors.ts";
import { isOwnAsset } from "../../market/ticker.ts";
import type { LedgerContext } from "../context.ts";
import { TooManyNewTickersError } from "../errors.ts";
import { type KnownTicker, readKnownTickers, requireTicker } from "../tickers.ts";
import { TickerNotCheckedError } from "./errors.ts";

/** What the price source is asked at once and at most in one review: somebody is waiting for it. */
const lookupsAtOnce = 6;
export const maxLookups = 60;
/** After this no other ticker is asked about: a slow price source makes several looks of one, not one that never ends. */
export const patienceMilliseconds = 25_000;

export type TickerError =
  | UnknownTickerError
  | UnsupportedCurrencyError
  | MarketDataUnavailableError
  | TooManyLookupsError
  | TooManyNewTickersError
  | TickerNotCheckedError;

/** Of the tickers that nobody has used yet, how many the price source has answered for. */
export interface LookupProgress {
  readonly checked: number;
  readonly total: number;
}

export interface Lookup extends LookupProgress {
  readonly tickers: ReadonlyMap<string, KnownTicker | TickerError>;
}

/** What prices are in of which nothing says it. */
export const assumedCurrency = "USD";

export interface LookupOptions {
  /** Default 25 s. */
  readonly patience?: number;
}

/** Whatever is asked next has the same answer. */
export const endsAsking = (
  error: unknown,
): error is MarketDataUnavailableError | TooManyLookupsError | TooManyNewTickersError =>
  error instanceof MarketDataUnavailableError ||
  error instanceof TooManyLookupsError ||
  error instanceof TooManyNewTickersError;

async function lookUp(
  context: LedgerContext,
  userId: number,
  ticker: string,
): Promise<KnownTicker | TickerError> {
  try {
    return await requireTicker(context, userId, ticker);
  } catch (error) {
    if (error instanceof UnknownTickerError || error instanceof UnsupportedCurrencyError || endsAsking(error))
      return error;
    throw error;
  }
}

/**
 * Looks up every ticker once: all that are known here, and as many new ones as one review may ask for, until its patience
 * ends. What it learns is kept, so that the next review goes on with the others. The first one that the price source
 * cannot be asked about, or no more by this person, ends the asking. `onProgress` is told before the first answer and after each.
 */
export async function lookUpTickers(
  context: LedgerContext,
  userId: number,
  tickers: readonly string[],
  onProgress: (progress: LookupProgress) => void = () => {},
  { patience = patienceMilliseconds }: LookupOptions = {},
): Promise<Lookup> {
  const known = await readKnownTickers(context, userId, tickers);
  const others = tickers.filter((ticker) => !known.has(ticker));
  // Nobody is asked about one's own, or about what would be somebody else's.
  const [own, unseen] = [others.filter(isOwnAsset), new Set(others.filter((ticker) => !isOwnAsset(ticker)))];
  const found = new Map<string, KnownTicker | TickerError>([
    ...known,
    ...[...unseen].map((ticker) => [ticker, new TickerNotCheckedError(ticker)] as const),
  ]);
  const progress = { checked: 0, total: unseen.size };
  onProgress({ ...progress });
  const queue = [...own, ...[...unseen].slice(0, maxLookups)];
  const deadline = performance.now() + patience;
  const work = async (): Promise<void> => {
    for (let ticker = queue.shift(); ticker !== undefined; ticker = queue.shift()) {
      const result = await lookUp(context, userId, ticker);
      found.set(ticker, result);
      const isUnavailable = endsAsking(result);
      if (isUnavailable || performance.now() >= deadline) queue.length = 0;
      if (isUnavailable || !unseen.has(ticker)) continue;
      progress.checked++;
      onProgress({ ...progress });
    }
  };
  await Promise.all(Array.from({ length: lookupsAtOnce }, work));
  return { tickers: found, ...progress };
}
