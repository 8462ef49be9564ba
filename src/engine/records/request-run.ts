import { createHash } from "node:crypto";
import type { ClientBase, Pool } from "pg";
import type { Operation, Sample, TriggerKind } from "./runs.ts";

export interface RunRequestInput {
  /** Default materialize. */
  readonly operation?: Operation | undefined;
  readonly triggerKind: TriggerKind;
  /** The schedule, the sensor, the watcher, or who asks. */
  readonly triggerName: string;
  /** As `select` takes it; a space is union. */
  readonly selection: string;
  readonly exclude?: string | undefined;
  /** Absent: all. */
  readonly partitions?: readonly string[] | undefined;
  /** `YYYY-MM-DD`; absent: from the beginning. */
  readonly since?: string | undefined;
  readonly fullRefresh?: boolean | undefined;
  /** While a run with this key is queued or running, asking again gives that run. */
  readonly requestKey?: string | undefined;
  /** The run that somebody wants done again, or what failed of it. */
  readonly rerunOf?: number | undefined;
  /** Of a rollback: the code version to take back. When another one is published by then, nothing is done. */
  readonly withdrawn?: string | undefined;
  /** Of a verification: what it compares. Absent: everything. */
  readonly sample?: Sample | undefined;
}

/** The columns that `requestValues` are for. */
export const runRequestColumns = "operation, trigger_kind, trigger_name, selection, options, request_key";

/** Queues a run for whichever orchestrator takes it first. Returns its id: an open run's with the same key, if there is one. */
export async function requestRun(pool: Pool | ClientBase, request: RunRequestInput): Promise<number> {
  const { rows } = await pool.query<{ run_id: number }>(
    "select orchestrator.request_run($1, $2, $3, $4, $5, $6) as run_id",
    requestValues(request),
  );
  return rows[0]!.run_id;
}

/** An index takes 2,704 bytes: of a longer key its hash. The same for the same key, which is all that is asked of one. */
const longestKey = 500;

/** The key as it is recorded. */
export function requestKeyOf(key: string): string {
  if (key.length <= longestKey) return key;
  return `${key.slice(0, longestKey - 65)} ${createHash("sha256").update(key).digest("hex")}`;
}

/** The run with this key that is queued or running; null: none. */
export async function openRun(pool: Pool | ClientBase, requestKey: string): Promise<number | null> {
  const { rows } = await pool.query<{ run_id: number }>(
    `select run_id
     from orchestrator.runs
     where request_key = $1
       and status in ('queued', 'running')`,
    [requestKeyOf(requestKey)],
  );
  return rows[0]?.run_id ?? null;
}

/** In the order of `runRequestColumns`. */
export function requestValues(request: RunRequestInput): unknown[] {
  const { operation = "materialize", triggerKind, triggerName, selection, requestKey } = request;
  const { exclude, partitions, since, fullRefresh, rerunOf, withdrawn, sample } = request;
  const asked = { exclude, partitions, since, full_refresh: fullRefresh, rerun_of: rerunOf };
  const options = { ...asked, withdrawn, sample };
  return [
    operation,
    triggerKind,
    triggerName,
    selection,
    JSON.stringify(options),
    requestKey ? requestKeyOf(requestKey) : null,
  ];
}
