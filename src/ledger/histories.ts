/**
 * The seed's order: a new ticker's whole history stands in bronze before a trade of it is written. The ledger may not write
 * prices itself (nor may the web's role): it asks the orchestrator for a run, and waits.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Pool } from "pg";
import { requestKeyOf } from "../engine/index.ts";
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
  /** How long somebody is kept waiting. Default 25 s: proxies cut a request after 30. */
  readonly patienceMilliseconds?: number;
}

const patience = 25_000;
const attempts = 2;
const pause = { first: 20, longest: 250 };

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

interface RunLook {
  readonly status: "queued" | "running" | "succeeded" | "failed" | "cancelled";
  /** What the run says of the first ticker that failed since we asked; null: of none. */
  readonly failure: string | null;
  readonly ended: string | null;
}

interface RequestedRun {
  readonly runId: number;
  readonly key: string;
  /** What its log says up to here is of an earlier attempt. */
  readonly sinceLog: number;
}

async function lookAt(pool: Pool, { runId, key, sinceLog }: RequestedRun): Promise<RunLook> {
  const { rows } = await pool.query<RunLook>(
    "select status, failure, ended from public.histories_run($1, $2, $3)",
    [runId, key, sinceLog],
  );
  return rows[0] ?? { status: "cancelled", failure: null, ended: null };
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

async function cancel(pool: Pool, { runId, key }: RequestedRun): Promise<void> {
  await pool.query("select public.cancel_histories($1, $2)", [runId, key]);
}

/**
 * Returns when each of the tickers has its prices in bronze: at once for those that have. Throws HistoryUnavailableError
 * (market_data_unavailable) when the source does not give them, nobody takes up the fetch, or it takes too long; a fetch that
 * is under way then goes on, so that the next attempt finds it done.
 */
export async function requireHistories(
  { pool }: Pick<LedgerContext, "pool">,
  tickers: readonly string[],
  { onProgress = () => {}, patienceMilliseconds = patience }: HistoryOptions = {},
): Promise<void> {
  const wanted = await readMissing(pool, [...new Set(tickers)]);
  if (wanted.length === 0) return;
  const deadline = performance.now() + patienceMilliseconds;
  const tell = (missing: readonly string[]) =>
    onProgress({
      fetched: wanted.length - missing.length,
      total: wanted.length,
      ticker: missing[0] ?? wanted[0]!,
    });
  tell(wanted);
  let missing: readonly string[] = wanted;
  let attempt = 1;
  let requested = await requestHistories(pool, wanted);
  for (let milliseconds = pause.first; ; milliseconds = Math.min(milliseconds * 2, pause.longest)) {
    await sleep(Math.min(milliseconds, Math.max(0, deadline - performance.now())));
    const run = await lookAt(pool, requested);
    const left = await readMissing(pool, missing);
    if (left.length < missing.length) tell(left);
    missing = left;
    const isOver = run.status !== "queued" && run.status !== "running";
    // Till the run is over: what it wrote, it then carries on to the figures itself.
    if (missing.length === 0 && (isOver || performance.now() >= deadline)) return;
    if (run.failure !== null || run.status === "failed") {
      // It would be tried again a minute later, and whoever asks meanwhile would wait for that.
      if (!isOver) await cancel(pool, requested);
      throw new HistoryUnavailableError(missing, run.failure ?? run.ended ?? "the fetch failed");
    }
    if (performance.now() >= deadline) {
      if (run.status === "queued") await cancel(pool, requested);
      throw new HistoryUnavailableError(
        missing,
        run.status === "queued"
          ? "nobody takes up the fetch: no orchestrator is at work, or it is busy"
          : "its history is still on its way",
      );
    }
    if (isOver) {
      if (run.status === "succeeded" || attempt === attempts)
        throw new HistoryUnavailableError(missing, run.ended ?? "the fetch brought no prices");
      // Somebody cancelled it, maybe another who was tired of waiting for it.
      attempt++;
      requested = await requestHistories(pool, missing);
    }
  }
}
