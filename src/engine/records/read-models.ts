/** What an application shows of the record beside runs: the history of an asset, and how far things are just now. */
import type { ClientBase, Pool } from "pg";
import type { CheckResult } from "./check-results.ts";
import type { RunRecord, StepProgress, StepRecord } from "./runs.ts";

export interface PastCheckResult extends CheckResult {
  readonly runId: number;
  readonly checkedAt: Date;
}

/** The last results of each check of an asset, `most` of each, the oldest first. */
export async function readPastChecks(pool: Pool, asset: string, most: number): Promise<PastCheckResult[]> {
  const { rows } = await pool.query<PastCheckResult>(
    `select
       asset,
       check_name as "check",
       severity,
       failing_rows as "failingRows",
       coalesce(sample, '[]') as sample,
       run_id as "runId",
       checked_at as "checkedAt"
     from (
       select *, row_number() over (partition by check_name order by run_id desc) as age
       from orchestrator.check_results
       where asset = $1
     ) as result
     where age <= $2
     order by run_id, check_name`,
    [asset, most],
  );
  return rows;
}

export type MaterializationRecord = StepRecord &
  Pick<RunRecord, "runId" | "triggerKind" | "triggerName"> & { readonly codeVersion: string | null };

/** The newest steps that made an asset's rows, or failed to, the newest first. */
export async function readMaterializations(
  pool: Pool,
  asset: string,
  limit: number,
): Promise<MaterializationRecord[]> {
  const { rows } = await pool.query<MaterializationRecord>(
    `select
       run_id as "runId",
       runs.trigger_kind as "triggerKind",
       runs.trigger_name as "triggerName",
       steps.asset,
       steps.action,
       steps.status,
       steps.reason,
       steps.scope,
       steps.attempt,
       steps.rows_inserted as "rowsInserted",
       steps.rows_updated as "rowsUpdated",
       steps.rows_deleted as "rowsDeleted",
       steps.code_version as "codeVersion",
       steps.progress,
       steps.started_at as "startedAt",
       steps.filled_at as "filledAt",
       steps.finished_at as "finishedAt",
       steps.error
     from orchestrator.steps
     join orchestrator.runs using (run_id)
     where asset = $1
       and action not in ('check', 'verify')
     order by run_id desc
     limit $2`,
    [asset, limit],
  );
  return rows;
}

/** Partition values that a queued or running run was asked to ingest -> how far it is; null: it has not begun. */
export async function readIngestions(
  client: ClientBase | Pool,
  partitions: readonly string[],
): Promise<Map<string, StepProgress | null>> {
  const { rows } = await client.query<{ partition: string; progress: StepProgress | null }>(
    "select partition_value as partition, progress from orchestrator.ingestions($1)",
    [partitions],
  );
  return new Map(rows.map(({ partition, progress }) => [partition, progress]));
}

/** Id of the newest run that succeeded; 0: none has. */
export async function readLastSuccess(client: ClientBase | Pool): Promise<number> {
  const { rows } = await client.query<{ runId: number }>('select orchestrator.last_success() as "runId"');
  return rows[0]!.runId;
}

/** How far the newest run is that somebody asked for by hand; null: none, or it has planned no steps yet. */
export async function readRunProgress(
  pool: Pool,
  triggerName: string,
): Promise<{ readonly done: number; readonly total: number; readonly label: string } | null> {
  const { rows } = await pool.query<{ done: number; total: number; label: string }>(
    `with run as (
       select max(run_id) as run_id
       from orchestrator.runs
       where trigger_kind = 'manual'
         and trigger_name = $1
     )
     select
       count(*) filter (where status not in ('pending', 'running')) as done,
       count(*) as total,
       -- What a step says of itself stands behind its name.
       coalesce(
         string_agg(concat_ws(' ', asset, progress ->> 'label'), ', ' order by asset) filter (where status = 'running'),
         ''
       ) as label
     from orchestrator.steps
     join run using (run_id)
     having count(*) > 0`,
    [triggerName],
  );
  return rows[0] ?? null;
}
