import type { ClientBase } from "pg";
import { endLine } from "./run-log.ts";
import type { RunStatus } from "./runs.ts";

/**
 * Ends a run in the caller's transaction: its open steps, the assets it made right, the tick it came from. What it
 * changed and did not carry on itself is anybody's from then on. false: it is not running any more, as others have taken
 * it for dead; then nothing of what it did may be committed either.
 */
export async function finishRun(
  client: ClientBase,
  runId: number,
  status: RunStatus,
  error: string | null,
): Promise<boolean> {
  const { rows } = await client.query<{ milliseconds: number | null }>(
    `update orchestrator.runs
     set status = $2, error = $3, finished_at = clock_timestamp()
     where run_id = $1
       and status = 'running'
     returning extract(epoch from finished_at - started_at)::float8 * 1000 as milliseconds`,
    [runId, status, error],
  );
  if (!rows[0]) return false;
  const line = endLine(status, rows[0].milliseconds, error);
  // None of the parts writes what another one reads.
  await client.query(
    `with ended_steps as (
       update orchestrator.steps
       set status = $2, error = $4, finished_at = clock_timestamp()
       where run_id = $1
         and status in ('pending', 'running')
     ),
     locked as materialized (
       select asset
       from orchestrator.assets
       join orchestrator.steps using (asset)
       where run_id = $1
         and status = 'succeeded'
         and action <> 'verify' -- it makes nothing
       order by asset -- everybody in the same order
       for update of assets
     ),
     made_right as (
       update orchestrator.assets
       set last_run_id = $1, last_materialized_at = clock_timestamp()
       from locked
       where assets.asset = locked.asset
     ),
     ended_ticks as (
       update orchestrator.ticks
       set status = $3, finished_at = clock_timestamp(), detail = coalesce($4, detail)
       where run_id = $1
     ),
     logged as (
       insert into orchestrator.step_logs (run_id, level, message)
       values ($1, $5, $6)
     )
     select
       pg_notify('orchestrator_runs', $1::text),
       (select pg_notify('orchestrator_changes', min(asset)) from orchestrator.changes where run_id = $1::bigint)`,
    [
      runId,
      status === "cancelled" ? "cancelled" : "skipped",
      status === "succeeded" ? "succeeded" : "failed",
      error,
      line.level,
      line.message,
    ],
  );
  return true;
}

/** false: it has ended, as others have taken it for dead, and nothing of what it did may be committed any more. */
export async function isRunning(client: ClientBase, runId: number): Promise<boolean> {
  const { rows } = await client.query<{ running: boolean }>(
    `select status = 'running' as running
     from orchestrator.runs
     where run_id = $1`,
    [runId],
  );
  return rows[0]?.running ?? false;
}
