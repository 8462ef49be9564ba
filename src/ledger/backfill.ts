/**
 * What has to stand in bronze before a trade is written. The ledger may not write market data itself (nor may the web's role): it
 * asks the orchestrator for a run, and waits.
 */

import { setTimeout as sleep } from "node:timers/promises";
import type { Pool } from "pg";
import { type Plain, plain } from "../plain.ts";

export interface Backfill {
  /** Those of the wanted that are not there yet, in order. */
  readonly readMissing: (wanted: readonly string[]) => Promise<string[]>;
  /** One run for all of them. */
  readonly request: (missing: readonly string[]) => Promise<RequestedRun>;
  /** Told before the first is there and whenever there is one more. */
  readonly tell: (missing: readonly string[], wanted: readonly string[]) => void;
  /** What is thrown. */
  readonly refuse: (missing: readonly string[], problem: string | Plain) => Error;
  /** How long somebody is kept waiting. */
  readonly patienceMilliseconds: number;
}

/** Proxies cut a request after 30 s. */
export const usualPatience = 25_000;
const attempts = 2;
const pause = { first: 20, longest: 250 };

interface RunLook {
  readonly status: "queued" | "running" | "succeeded" | "failed" | "cancelled";
  /** What the run says of the first that failed since we asked; null: of none. */
  readonly failure: string | null;
  readonly ended: string | null;
}

export interface RequestedRun {
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

async function cancel(pool: Pool, { runId, key }: RequestedRun): Promise<void> {
  await pool.query("select public.cancel_histories($1, $2)", [runId, key]);
}

/**
 * Returns when each of the wanted is there: at once for those that are. Throws what `refuse` makes when the source does not give
 * them, nobody takes up the fetch, or it takes too long; a fetch that is under way then goes on, so that the next attempt finds it done.
 */
export async function waitForBackfill(
  pool: Pool,
  { readMissing, request, tell, refuse, patienceMilliseconds }: Backfill,
  all: readonly string[],
): Promise<void> {
  const wanted = await readMissing([...new Set(all)]);
  if (wanted.length === 0) return;
  const deadline = performance.now() + patienceMilliseconds;
  tell(wanted, wanted);
  let missing: readonly string[] = wanted;
  let attempt = 1;
  let requested = await request(wanted);
  for (let milliseconds = pause.first; ; milliseconds = Math.min(milliseconds * 2, pause.longest)) {
    await sleep(Math.min(milliseconds, Math.max(0, deadline - performance.now())));
    const run = await lookAt(pool, requested);
    const left = await readMissing(missing);
    if (left.length < missing.length) tell(left, wanted);
    missing = left;
    const isOver = run.status !== "queued" && run.status !== "running";
    // Till the run is over: what it wrote, it then carries on to the figures itself.
    if (missing.length === 0 && (isOver || performance.now() >= deadline)) return;
    if (run.failure !== null || run.status === "failed") {
      // It would be tried again a minute later, and whoever asks meanwhile would wait for that.
      if (!isOver) await cancel(pool, requested);
      throw refuse(missing, run.failure ?? run.ended ?? plain("the fetch failed"));
    }
    if (performance.now() >= deadline) {
      if (run.status === "queued") await cancel(pool, requested);
      throw refuse(
        missing,
        run.status === "queued"
          ? plain("nobody takes up the fetch: no orchestrator is at work, or it is busy")
          : plain("it is still on its way"),
      );
    }
    if (isOver) {
      if (run.status === "succeeded" || attempt === attempts)
        throw refuse(missing, run.ended ?? plain("the fetch brought nothing"));
      // Somebody cancelled it, maybe another who was tired of waiting for it.
      attempt++;
      requested = await request(missing);
    }
  }
}
