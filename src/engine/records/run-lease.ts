import type { Pool } from "pg";
import { HeldSession, runLockClass } from "../postgres/index.ts";
import { type RunRequestInput, requestValues, runRequestColumns } from "./request-run.ts";

/** A running run, with the session that holds its lock: while that lives, nobody takes the run for dead. */
export interface RunLease {
  readonly runId: number;
  readonly session: HeldSession;
}

/** A run that begins here and now: recorded as running, its lock taken before anybody can see it. */
export async function beginRun(pool: Pool, request: RunRequestInput): Promise<RunLease> {
  const lease = await takeLease(
    pool,
    {
      take: `insert into orchestrator.runs (${runRequestColumns}, status, started_at)
     values ($1, $2, $3, $4, $5, $6, 'running', clock_timestamp())`,
    },
    requestValues(request),
  );
  return lease!;
}

/** The oldest queued run, or the one asked for, taken up. null: there is none, or others are taking it. */
export async function takeRun(pool: Pool, runId: number | null = null): Promise<RunLease | null> {
  // Whoever would execute it ends its tick too.
  await pool.query(
    `with cancelled as (
       update orchestrator.runs
       set status = 'cancelled', finished_at = clock_timestamp()
       where status = 'queued'
         and cancel_requested_at is not null
       returning run_id
     )
     update orchestrator.ticks
     set status = 'failed', finished_at = clock_timestamp(), detail = 'cancelled before it began'
     from cancelled
     where ticks.run_id = cancelled.run_id`,
  );
  return await takeLease(
    pool,
    {
      queued: `queued as materialized (
        select run_id
        from orchestrator.runs
        where status = 'queued'
          and ($1::bigint is null or run_id = $1)
        order by run_id
        limit 1
        for update skip locked
      ),`,
      take: `update orchestrator.runs
       set status = 'running', started_at = clock_timestamp()
       from queued
       where runs.run_id = queued.run_id`,
    },
    [runId],
  );
}

/** In one statement, which is one transaction: the lock is taken when the run is, and before anybody can see that it is. */
async function takeLease(
  pool: Pool,
  { queued = "", take }: { readonly queued?: string; readonly take: string },
  values: unknown[],
): Promise<RunLease | null> {
  const session = await HeldSession.open(pool);
  try {
    const { rows } = await session.client.query<{ run_id: number }>(
      `with ${queued} taken as (
         ${take}
         returning runs.run_id
       )
       select run_id, pg_advisory_lock(${runLockClass}, run_id::integer)
       from taken`,
      values,
    );
    const runId = rows[0]?.run_id;
    if (runId !== undefined) return { runId, session };
  } catch (error) {
    session.destroy();
    throw error;
  }
  session.releaseUnused(); // asked at every wake-up: a round trip less
  return null;
}
