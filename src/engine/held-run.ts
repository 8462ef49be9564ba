import type { Pool, PoolClient } from "pg";
import { runLockClass, unlockAll } from "./locks.ts";
import { type RunRequestInput, requestValues } from "./runs.ts";

/** A running run, with the session that holds its lock: while that lives, nobody takes the run for dead. */
export interface HeldRun {
  readonly runId: number;
  readonly client: PoolClient;
}

/** A run that begins here and now: recorded as running, its lock taken before anybody can see it. */
export async function beginRun(pool: Pool, request: RunRequestInput): Promise<HeldRun> {
  const held = await hold(
    pool,
    `insert into orchestrator.runs (trigger_kind, trigger_name, selection, options, request_key, status, started_at)
     values ($1, $2, $3, $4, $5, 'running', clock_timestamp())
     returning run_id`,
    requestValues(request),
  );
  return held!;
}

/** The oldest queued run, taken up. null: there is none, or others are taking it. */
export async function takeRun(pool: Pool): Promise<HeldRun | null> {
  await pool.query(
    `update orchestrator.runs
     set status = 'cancelled', finished_at = clock_timestamp()
     where status = 'queued'
       and cancel_requested_at is not null`,
  );
  return await hold(
    pool,
    `with queued as materialized (
       select run_id
       from orchestrator.runs
       where status = 'queued'
       order by run_id
       limit 1
       for update skip locked
     )
     update orchestrator.runs
     set status = 'running', started_at = clock_timestamp()
     from queued
     where runs.run_id = queued.run_id
     returning runs.run_id`,
    [],
  );
}

async function hold(pool: Pool, statement: string, values: unknown[]): Promise<HeldRun | null> {
  const client = await pool.connect();
  try {
    await client.query("begin");
    const { rows } = await client.query<{ run_id: number }>(statement, values);
    const runId = rows[0]?.run_id;
    if (runId !== undefined) await client.query("select pg_advisory_lock($1, $2)", [runLockClass, runId]);
    await client.query("commit");
    if (runId !== undefined) return { runId, client };
    client.release();
    return null;
  } catch (error) {
    client.release(true);
    throw error;
  }
}

/** Gives the session back, without its lock. */
export async function letGo({ client }: HeldRun): Promise<void> {
  try {
    await client.query(`unlisten *; ${unlockAll}`);
    client.release();
  } catch {
    client.release(true);
  }
}
