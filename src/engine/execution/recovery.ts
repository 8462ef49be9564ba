import type { Context } from "../context.ts";
import { runLockClass, transaction } from "../postgres/index.ts";
import { dropBuild } from "../publication/index.ts";
import { appendLog, endLine } from "../records/index.ts";

const mostAttempts = 3;
const gone = "the process that ran it is gone";

/**
 * Ends runs whose lock is free although they are running: their process is gone. Every step may be done again
 * (ingestion overlaps, a refresh writes differences, a rebuild starts from nothing), so that the run is queued anew, up
 * to three attempts. Returns the runs that ended.
 */
export async function recoverRuns(context: Context): Promise<number[]> {
  const { rows } = await context.pool.query<{ run_id: number }>(
    `select run_id
     from orchestrator.runs
     where status = 'running'
     order by run_id`,
  );
  const recovered: number[] = [];
  for (const { run_id } of rows) if (await recoverRun(context, run_id)) recovered.push(run_id);
  return recovered;
}

async function recoverRun({ pool, log, registry }: Context, runId: number): Promise<boolean> {
  const ended = await transaction(pool, async (client) => {
    const { rows } = await client.query<{ free: boolean }>(
      "select pg_try_advisory_xact_lock($1, $2) as free",
      [runLockClass, runId],
    );
    if (!rows[0]!.free) return false;
    const run = await client.query(
      `update orchestrator.runs
       set status = 'failed', error = $2, finished_at = clock_timestamp()
       where run_id = $1
         and status = 'running'`,
      [runId, gone],
    );
    if (run.rowCount === 0) return false; // it ended between our two looks
    await client.query(
      `update orchestrator.steps
       set
         status = case status when 'running' then 'failed' else 'skipped' end,
         error = $2,
         finished_at = clock_timestamp()
       where run_id = $1
         and status in ('pending', 'running')`,
      [runId, gone],
    );
    await appendLog(client, runId, null, endLine("failed", null, gone));
    await client.query(
      `insert into orchestrator.runs
         (operation, trigger_kind, trigger_name, selection, options, request_key, attempt, retry_of)
       select operation, trigger_kind, trigger_name, selection, options, request_key, attempt + 1, run_id
       from orchestrator.runs
       where run_id = $1
         and attempt < ${mostAttempts}
         and cancel_requested_at is null
       on conflict (request_key) where status in ('queued', 'running') do nothing`,
      [runId],
    );
    // A tick goes on with the attempt that takes its place.
    await client.query(
      `update orchestrator.ticks
       set run_id = coalesce((select run_id from orchestrator.runs where retry_of = $1), run_id)
       where run_id = $1`,
      [runId],
    );
    await client.query("select pg_notify('orchestrator_runs', $1), pg_notify('orchestrator_changes', '')", [
      String(runId),
    ]);
    return true;
  });
  if (ended) {
    log.warn({ runId }, `run ${runId}: ${gone}`);
    await dropBuild(pool, registry.graph.schemas, runId);
  }
  return ended;
}
