import type { ClientBase } from "pg";
import type { Context } from "../context.ts";
import { EngineError, messageOf, runLockClass, runWorkLockClass, transaction } from "../postgres/index.ts";
import { dropOrphans } from "../publication/index.ts";
import { appendLog, endLine } from "../records/index.ts";

/** How long a server process is given to end. */
const endMilliseconds = 5_000;
const mostAttempts = 3;
const gone = "the process that ran it is gone";

/** Server processes that worked for a dead run could not be ended: beside them it must not be done again. */
class WorkNotEndedError extends EngineError {
  readonly code = "work_not_ended";

  constructor(runId: number, processIds: readonly number[]) {
    super(
      `run ${runId}: expected the server processes that worked for it to end within ${endMilliseconds / 1000} s, ` +
        `got still there: ${processIds.join(", ")}; it is looked at again`,
    );
  }
}

/**
 * Ends runs whose lock is free although they are running: their process is gone. Every step may be done again
 * (ingestion overlaps, a refresh writes differences, a rebuild starts from nothing), so that the run is queued anew, up
 * to three attempts. A server process that still works for one is ended first: it would go on beside the new attempt, and hold
 * what that needs. Then what runs that are over were building is dropped, also of one that ended by itself when its
 * connections were cut, and could not do so. Returns the runs that ended.
 */
export async function recoverRuns(context: Context): Promise<number[]> {
  const { rows } = await context.pool.query<{ run_id: number }>(
    `select run_id
     from orchestrator.runs
     where status = 'running'
     order by run_id`,
  );
  const recovered: number[] = [];
  for (const { run_id } of rows) {
    try {
      if (await recoverRun(context, run_id)) recovered.push(run_id);
    } catch (error) {
      context.log.error({ error, runId: run_id }, `recovery: ${messageOf(error)}`);
    }
  }
  await dropOrphans(context);
  return recovered;
}

async function endWork(client: ClientBase, runId: number): Promise<void> {
  const { rows } = await client.query<{ process_id: number; ended: boolean }>(
    `select pid as process_id, pg_terminate_backend(pid, $3) as ended
     from (
       select distinct pid
       from pg_locks
       where locktype = 'advisory'
         and database = (select oid from pg_database where datname = current_database())
         and classid = $1
         and objid = $2
         and objsubid = 2
         and pid <> pg_backend_pid()
     ) as worker`,
    [runWorkLockClass, runId, endMilliseconds],
  );
  const standing = rows.filter(({ ended }) => !ended).map(({ process_id }) => process_id);
  if (standing.length > 0) throw new WorkNotEndedError(runId, standing);
}

async function recoverRun(context: Context, runId: number): Promise<boolean> {
  const { pool, log } = context;
  const ended = await transaction(pool, async (client) => {
    const { rows } = await client.query<{ free: boolean }>(
      "select pg_try_advisory_xact_lock($1, $2) as free",
      [runLockClass, runId],
    );
    if (!rows[0]!.free) return false;
    await endWork(client, runId);
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
    // A tick goes on with the attempt that takes its place; where none does, it has ended as its run has.
    await client.query(
      `with again as materialized (
         select run_id
         from orchestrator.runs
         where retry_of = $1
       ),
       ended as (
         update orchestrator.ticks
         set status = 'failed', finished_at = clock_timestamp(), detail = $2
         where run_id = $1
           and not exists (select from again)
       )
       update orchestrator.ticks
       set run_id = again.run_id
       from again
       where ticks.run_id = $1`,
      [runId, gone],
    );
    await client.query("select pg_notify('orchestrator_runs', $1), pg_notify('orchestrator_changes', '')", [
      String(runId),
    ]);
    return true;
  });
  if (ended) log.warn({ runId }, `run ${runId}: ${gone}`);
  return ended;
}
