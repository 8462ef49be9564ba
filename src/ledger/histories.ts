/** The seed's order: a new ticker's whole history stands in bronze before a trade of it is written. */

import type { Pool } from "pg";
import { requestKeyOf } from "../engine/index.ts";
import { isOwnAsset } from "../market/ticker.ts";
import { type Plain, plain } from "../plain.ts";
import { type RequestedRun, usualPatience, waitForBackfill } from "./backfill.ts";
import type { LedgerContext } from "./context.ts";
import { HistoryUnavailableError } from "./errors.ts";

/** Of the tickers whose histories are not there yet. */
export interface HistoryProgress {
  readonly fetched: number;
  readonly total: number;
  /** One of those that are being fetched. */
  readonly ticker: string;
}

export interface HistoryOptions {
  /** Told before the first history and whenever there is one more. */
  readonly onProgress?: (progress: HistoryProgress) => void;
  /** How long somebody is kept waiting. Default 25 s. */
  readonly patienceMilliseconds?: number;
}

/** Tickers without a single price. */
async function readMissing(pool: Pool, tickers: readonly string[]): Promise<string[]> {
  const { rows } = await pool.query<{ ticker: string }>(
    `select ticker
     from unnest($1::text[]) as wanted (ticker)
     where not exists (select from bronze.raw_prices where raw_prices.ticker = wanted.ticker and close > 0)
     order by ticker`,
    [tickers],
  );
  return rows.map(({ ticker }) => ticker);
}

/** One run for all of them. Of one ticker it has the sensor's key: whoever else waits for it waits for the same run. */
export async function requestHistories(pool: Pool, tickers: readonly string[]): Promise<RequestedRun> {
  const key = requestKeyOf(`backfill:${tickers.join(" ")}`);
  const { rows } = await pool.query<Omit<RequestedRun, "key">>(
    'select run_id as "runId", since_log as "sinceLog" from public.request_histories($1, $2)',
    [tickers, key],
  );
  return { ...rows[0]!, key };
}

/**
 * Returns when each of the tickers has its prices in bronze: at once for those that have, and for assets of one's own. Throws HistoryUnavailableError
 * (market_data_unavailable).
 */
export async function requireHistories(
  { pool }: Pick<LedgerContext, "pool">,
  tickers: readonly string[],
  { onProgress = () => {}, patienceMilliseconds = usualPatience }: HistoryOptions = {},
): Promise<void> {
  await waitForBackfill(
    pool,
    {
      readMissing: (wanted) => readMissing(pool, wanted),
      request: (missing) => requestHistories(pool, missing),
      tell: (missing, wanted) =>
        onProgress({
          fetched: wanted.length - missing.length,
          total: wanted.length,
          ticker: missing[0] ?? wanted[0]!,
        }),
      refuse: (missing, problem) =>
        new HistoryUnavailableError(
          plain(
            "The price history of {tickers} could not be fetched: {problem}; nothing was recorded, try again in 30 seconds.",
            { tickers: named(missing), problem },
          ),
          missing,
        ),
      patienceMilliseconds,
    },
    tickers.filter((ticker) => !isOwnAsset(ticker)),
  );
}

const named = (tickers: readonly string[]): string | Plain =>
  tickers.length > 3
    ? plain("{tickers} and {more} more", {
        tickers: tickers.slice(0, 3).join(", "),
        more: String(tickers.length - 3),
      })
    : tickers.join(", ");
