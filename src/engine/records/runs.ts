import type { Pool } from "pg";
import type { Scope } from "../planning/index.ts";
import { EngineError } from "../postgres/index.ts";

export type RunStatus = "queued" | "running" | "succeeded" | "failed" | "cancelled";
export const triggerKinds = ["manual", "schedule", "sensor", "watcher", "deploy"] as const;
export type TriggerKind = (typeof triggerKinds)[number];
/** What a run does; each has one way to be executed (execution/execute). */
export type Operation = "materialize" | "refresh" | "rollback" | "verify";
export type StepStatus = "pending" | "running" | "succeeded" | "failed" | "skipped" | "cancelled";
export type StepAction = "ingest" | "refresh" | "rebuild" | "view" | "check" | "verify";
export type LogLevel = "debug" | "info" | "warn" | "error";

export interface RunRecord {
  readonly runId: number;
  readonly operation: Operation;
  readonly triggerKind: TriggerKind;
  readonly triggerName: string;
  readonly selection: string;
  readonly exclude: string | null;
  readonly partitions: readonly string[] | null;
  readonly since: string | null;
  readonly fullRefresh: boolean;
  readonly requestKey: string | null;
  readonly status: RunStatus;
  readonly attempt: number;
  /** The run whose process died and whose place this one takes. */
  readonly retryOf: number | null;
  /** The run that a person asked to have done again. */
  readonly rerunOf: number | null;
  /** Of a rollback: the code version that it takes back. */
  readonly withdrawn: string | null;
  /** Of a verification: what it compares; null: everything. */
  readonly sample: Sample | null;
  readonly cancelRequestedAt: Date | null;
  readonly createdAt: Date;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
  readonly error: string | null;
}

/** Which partition values a verification looks at: the same for the same seed, while the values are the same. */
export interface Sample {
  /** How many of each partition column. */
  readonly values: number;
  readonly seed: string;
}

export interface StepProgress {
  readonly done: number;
  readonly total: number;
  readonly label: string;
}

export interface StepRecord {
  readonly asset: string;
  readonly action: StepAction;
  readonly status: StepStatus;
  readonly reason: string;
  /** null: not reported. */
  readonly scope: Scope | null;
  readonly attempt: number;
  readonly rowsInserted: number | null;
  readonly rowsUpdated: number | null;
  readonly rowsDeleted: number | null;
  readonly progress: StepProgress | null;
  readonly startedAt: Date | null;
  /** Of a rebuild: when its rows stood there; it ends when all are published. */
  readonly filledAt: Date | null;
  readonly finishedAt: Date | null;
  readonly error: string | null;
}

export interface LogRecord {
  readonly logId: number;
  readonly asset: string | null;
  readonly level: LogLevel;
  readonly message: string;
  readonly loggedAt: Date;
}

export interface CheckRecord {
  readonly asset: string;
  readonly check: string;
  readonly severity: "warn" | "error";
  readonly failingRows: number;
  readonly sample: readonly unknown[];
}

export interface RunDetail extends RunRecord {
  readonly steps: readonly StepRecord[];
  readonly logs: readonly LogRecord[];
  readonly checks: readonly CheckRecord[];
}

export class UnknownRunError extends EngineError {
  readonly code = "unknown_run";
  readonly runId: number;

  constructor(runId: number) {
    super(`expected the id of a run, got: ${runId}`);
    this.runId = runId;
  }
}

/** Asks for the run to be stopped; whoever executes it does. false: it had ended, or was asked to already. */
export async function cancelRun(pool: Pool, runId: number): Promise<boolean> {
  const { rows } = await pool.query<{ was_open: boolean | null }>(
    "select orchestrator.cancel_run($1) as was_open",
    [runId],
  );
  const wasOpen = rows[0]!.was_open;
  if (wasOpen === null) throw new UnknownRunError(runId);
  return wasOpen;
}

const runColumns = `
  run_id as "runId",
  operation,
  trigger_kind as "triggerKind",
  trigger_name as "triggerName",
  selection,
  options ->> 'exclude' as exclude,
  options -> 'partitions' as partitions,
  options ->> 'since' as since,
  coalesce((options ->> 'full_refresh')::boolean, false) as "fullRefresh",
  request_key as "requestKey",
  status,
  attempt,
  retry_of as "retryOf",
  (options ->> 'rerun_of')::bigint as "rerunOf",
  options ->> 'withdrawn' as withdrawn,
  options -> 'sample' as sample,
  cancel_requested_at as "cancelRequestedAt",
  created_at as "createdAt",
  started_at as "startedAt",
  finished_at as "finishedAt",
  error`;

/** Which runs; what is absent does not matter. */
export interface RunFilter {
  readonly status?: RunStatus | undefined;
  readonly triggerKind?: TriggerKind | undefined;
  /** Runs with a step of this asset. */
  readonly asset?: string | undefined;
  /** Asked for on this day (UTC, `YYYY-MM-DD`) or later. */
  readonly from?: string | undefined;
  /** Asked for on this day (UTC, `YYYY-MM-DD`) or earlier. */
  readonly to?: string | undefined;
}

/** The newest first; `before`: only runs with smaller ids. */
export async function listRuns(
  pool: Pool,
  options: RunFilter & { readonly limit: number; readonly before?: number | undefined },
): Promise<RunRecord[]> {
  const { limit, before, status, triggerKind, asset, from, to } = options;
  const { rows } = await pool.query<RunRecord>(
    `select ${runColumns}
     from orchestrator.runs
     where ($2::bigint is null or run_id < $2)
       and ($3::text is null or status = $3)
       and ($4::text is null or trigger_kind = $4)
       and ($5::text is null or exists (
         select
         from orchestrator.steps
         where steps.run_id = runs.run_id
           and steps.asset = $5
       ))
       and ($6::date is null or created_at >= $6::date::timestamp at time zone 'UTC')
       and ($7::date is null or created_at < ($7::date + 1)::timestamp at time zone 'UTC')
     order by run_id desc
     limit $1`,
    [limit, before, status, triggerKind, asset, from, to],
  );
  return rows;
}

/** What a run came to, step by step counted. */
export interface RunSummary {
  readonly runId: number;
  readonly steps: number;
  /** Steps that are over, however they came out. */
  readonly ended: number;
  readonly failed: number;
  /** Inserted, updated and deleted, of all steps. */
  readonly rowsWritten: number;
}

/** By run; a run that planned no step yet is not in it. */
export async function summarizeRuns(pool: Pool, runIds: readonly number[]): Promise<Map<number, RunSummary>> {
  const { rows } = await pool.query<RunSummary>(
    `select
       run_id as "runId",
       count(*) as steps,
       count(*) filter (where status not in ('pending', 'running')) as ended,
       count(*) filter (where status = 'failed') as failed,
       coalesce(sum(coalesce(rows_inserted, 0) + coalesce(rows_updated, 0) + coalesce(rows_deleted, 0)), 0)::bigint
         as "rowsWritten"
     from orchestrator.steps
     where run_id = any($1)
     group by run_id`,
    [runIds],
  );
  return new Map(rows.map((row) => [row.runId, row]));
}

/** Which logs of a run: the newest `limit` of those with ids between the two. Default: all. */
export interface LogRange {
  readonly after?: number | undefined;
  readonly before?: number | undefined;
  readonly limit?: number | undefined;
}

/** Which steps of a run: the first `limit` of those that come after that of an asset. Default: all. */
export interface StepRange {
  readonly after?: string | undefined;
  readonly limit?: number | undefined;
}

/** Throws UnknownRunError. */
export async function readRunRecord(pool: Pool, runId: number): Promise<RunRecord> {
  const { rows } = await pool.query<RunRecord>(
    `select ${runColumns} from orchestrator.runs where run_id = $1`,
    [runId],
  );
  if (!rows[0]) throw new UnknownRunError(runId);
  return rows[0];
}

/** A run with its steps in the order in which they began, its logs and its checks. Throws UnknownRunError. */
export async function readRun(
  pool: Pool,
  runId: number,
  range: LogRange = {},
  stepRange: StepRange = {},
): Promise<RunDetail> {
  const run = await readRunRecord(pool, runId);
  const steps = await pool.query<StepRecord>(
    `select
       asset, action, status, reason, scope, attempt,
       rows_inserted as "rowsInserted",
       rows_updated as "rowsUpdated",
       rows_deleted as "rowsDeleted",
       progress,
       started_at as "startedAt",
       filled_at as "filledAt",
       finished_at as "finishedAt",
       error
     from orchestrator.steps
     where run_id = $1
       and (
         $2::text is null
         or (coalesce(started_at, 'infinity'), asset) > (
           select coalesce(started_at, 'infinity'), asset
           from orchestrator.steps
           where run_id = $1
             and asset = $2
         )
       )
     order by started_at nulls last, asset
     limit $3`,
    [runId, stepRange.after, stepRange.limit],
  );
  const logs = await readLogs(pool, runId, range);
  const checks = await pool.query<CheckRecord>(
    `select
       asset,
       check_name as "check",
       severity,
       failing_rows as "failingRows",
       coalesce(sample, '[]') as sample
     from orchestrator.check_results
     where run_id = $1
     order by asset, check_name`,
    [runId],
  );
  return { ...run, steps: steps.rows, logs, checks: checks.rows };
}

/** The logs of a run in order. */
export async function readLogs(
  pool: Pool,
  runId: number,
  { after, before, limit }: LogRange = {},
): Promise<LogRecord[]> {
  const { rows } = await pool.query<LogRecord>(
    `select log_id as "logId", asset, level, message, logged_at as "loggedAt"
     from orchestrator.step_logs
     where run_id = $1
       and ($2::bigint is null or log_id > $2)
       and ($3::bigint is null or log_id < $3)
     order by log_id desc
     limit $4`,
    [runId, after, before, limit],
  );
  return rows.reverse();
}

/** Throws UnknownRunError. */
export async function readRunStatus(pool: Pool, runId: number): Promise<RunStatus> {
  const { rows } = await pool.query<{ status: RunStatus }>(
    "select status from orchestrator.runs where run_id = $1",
    [runId],
  );
  if (!rows[0]) throw new UnknownRunError(runId);
  return rows[0].status;
}

/** How many of a list of partition values all of these steps of a run have done; 0: that is not known of all. */
export async function readCommonProgress(
  pool: Pool,
  runId: number,
  assets: readonly string[],
): Promise<number> {
  const { rows } = await pool.query<{ done: number | null }>(
    `select min((progress ->> 'done')::integer) filter (where action = 'refresh') as done
     from orchestrator.steps
     where run_id = $1
       and asset = any($2)
     having count(progress) filter (where action = 'refresh') = $3`,
    [runId, assets, assets.length],
  );
  return rows[0]?.done ?? 0;
}
