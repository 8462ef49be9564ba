import type { Pool } from "pg";
import type { AssetCheckError } from "./checks.ts";
import { appendLog, endLine } from "./run-log.ts";
import type { RunStatus } from "./runs.ts";
import { transaction } from "./transaction.ts";

/**
 * Ends a run: its open steps, the assets it made right, the tick it came from. What it changed and did not carry on
 * itself is anybody's from here on.
 */
export async function finishRun(
  pool: Pool,
  runId: number,
  status: RunStatus,
  error: string | null,
): Promise<void> {
  await transaction(pool, async (client) => {
    await client.query(
      `update orchestrator.steps
       set status = $2, error = $3, finished_at = clock_timestamp()
       where run_id = $1
         and status in ('pending', 'running')`,
      [runId, status === "cancelled" ? "cancelled" : "skipped", error],
    );
    await client.query(
      `with locked as materialized (
         select asset
         from orchestrator.assets
         join orchestrator.steps using (asset)
         where run_id = $1
           and status = 'succeeded'
         order by asset -- everybody in the same order
         for update of assets
       )
       update orchestrator.assets
       set last_run_id = $1, last_materialized_at = clock_timestamp()
       from locked
       where assets.asset = locked.asset`,
      [runId],
    );
    await client.query(
      `update orchestrator.ticks
       set status = $2, finished_at = clock_timestamp(), detail = coalesce($3, detail)
       where run_id = $1`,
      [runId, status === "succeeded" ? "succeeded" : "failed", error],
    );
    // What the run changed and did not carry on itself is anybody's from here on.
    const { rows } = await client.query<{ milliseconds: number | null }>(
      `with ended as (
         update orchestrator.runs
         set status = $2, error = $3, finished_at = clock_timestamp()
         where run_id = $1
           and status = 'running'
         returning extract(epoch from finished_at - started_at)::float8 * 1000 as milliseconds
       )
       select
         (select milliseconds from ended) as milliseconds,
         pg_notify('orchestrator_runs', $1::text),
         (select pg_notify('orchestrator_changes', min(asset)) from orchestrator.changes where run_id = $1::bigint)`,
      [runId, status, error],
    );
    await appendLog(client, runId, null, endLine(status, rows[0]!.milliseconds, error));
  });
}

/** Of a publication that was refused nothing else is kept. */
export async function recordFailedCheck(
  pool: Pool,
  runId: number,
  { result }: AssetCheckError,
): Promise<void> {
  await pool.query(
    `insert into orchestrator.check_results (run_id, asset, check_name, severity, failing_rows, sample)
     values ($1, $2, $3, $4, $5, $6)
     on conflict (run_id, asset, check_name) do update
     set failing_rows = excluded.failing_rows, sample = excluded.sample, checked_at = excluded.checked_at`,
    [runId, result.asset, result.check, result.severity, result.failingRows, JSON.stringify(result.sample)],
  );
}
