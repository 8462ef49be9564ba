import type { ClientBase, Pool } from "pg";
import type { Scope } from "../planning/index.ts";
import {
  appendLogs,
  type Line,
  type Outcome,
  type StepAction,
  type StepProgress,
  type StepStatus,
  stepLine,
} from "../records/index.ts";
import { scopeRecord } from "../refresh/index.ts";

/** A step that a run set out to do. */
export interface PlannedStep {
  readonly asset: string;
  readonly action: StepAction;
  readonly reason: string;
  readonly scope: Scope | null;
  readonly codeVersion: string;
}

export interface StepUpdate {
  readonly attempt?: number;
  readonly error?: string;
  readonly rowsInserted?: number;
  readonly rowsUpdated?: number;
  readonly rowsDeleted?: number;
}

/** Progress is written no more often than this. */
const progressMilliseconds = 250;

/** The rows of one run's steps, kept as the run goes, on connections that are not those of the work. */
export class StepRecorder {
  readonly #pool: Pool;
  readonly #runId: number;
  readonly #statuses = new Map<string, StepStatus>();
  readonly #progressedAt = new Map<string, number>();

  constructor(pool: Pool, runId: number) {
    this.#pool = pool;
    this.#runId = runId;
  }

  /** line: with which the run's log begins. begun: steps that are begun with it. */
  async plan(
    steps: readonly PlannedStep[],
    { level, message }: Line,
    begun: ReadonlySet<string> = new Set(),
  ): Promise<void> {
    const planned = steps.map((step) => ({
      ...step,
      scope: step.scope && scopeRecord(step.scope),
      status: begun.has(step.asset) ? ("running" as const) : ("pending" as const),
    }));
    for (const { asset, status } of planned) this.#statuses.set(asset, status);
    await this.#pool.query(
      `with planned as (
         insert into orchestrator.steps
           (run_id, asset, action, status, reason, scope, code_version, started_at)
         select
           $1, asset, action, status, reason, scope, "codeVersion",
           case when status = 'running' then clock_timestamp() end
         from jsonb_to_recordset($2) as planned (
           asset text, action text, status text, reason text, scope jsonb, "codeVersion" text
         )
       ),
       logged as (
         insert into orchestrator.step_logs (run_id, level, message)
         values ($1, $3, $4)
       )
       select pg_notify('orchestrator_runs', $1::text)`,
      [this.#runId, JSON.stringify(planned), level, message],
    );
  }

  status(asset: string): StepStatus | undefined {
    return this.#statuses.get(asset);
  }

  withStatus(...statuses: StepStatus[]): string[] {
    return [...this.#statuses].filter(([, status]) => statuses.includes(status)).map(([asset]) => asset);
  }

  /**
   * What it comes to is also a line of the run's log. client: of the transaction with which it counts. A step of a run that
   * has ended stays as it is.
   */
  async set(
    asset: string,
    status: StepStatus,
    update: StepUpdate = {},
    client: Pool | ClientBase = this.#pool,
  ): Promise<void> {
    await this.setAll([{ asset, status, ...update }], client);
  }

  /** As `set`, for many at once. */
  async setAll(
    updates: readonly (StepUpdate & { readonly asset: string; readonly status: StepStatus })[],
    client: Pool | ClientBase = this.#pool,
  ): Promise<void> {
    if (updates.length === 0) return;
    for (const { asset, status } of updates) this.#statuses.set(asset, status);
    const { rows } = await client.query<Outcome & { asset: string }>(
      `with told as materialized (
         select pg_notify('orchestrator_runs', $1::bigint::text)
       )
       update orchestrator.steps
       set
         status = given.status,
         attempt = coalesce(given.attempt, steps.attempt),
         error = given.error,
         rows_inserted = coalesce(given."rowsInserted", rows_inserted),
         rows_updated = coalesce(given."rowsUpdated", rows_updated),
         rows_deleted = coalesce(given."rowsDeleted", rows_deleted),
         started_at = case when given.status = 'running' then coalesce(started_at, clock_timestamp()) else started_at end,
         finished_at = case when given.status in ('pending', 'running') then null else clock_timestamp() end
       from jsonb_to_recordset($2) as given (
         asset text, status text, attempt integer, error text,
         "rowsInserted" bigint, "rowsUpdated" bigint, "rowsDeleted" bigint
       )
       cross join told
       where run_id = $1
         and steps.asset = given.asset
         and exists (select from orchestrator.runs where runs.run_id = $1 and runs.status = 'running')
       returning
         steps.asset,
         action,
         steps.status,
         rows_inserted as "rowsInserted",
         rows_updated as "rowsUpdated",
         rows_deleted as "rowsDeleted",
         extract(epoch from coalesce(filled_at, finished_at) - started_at)::float8 * 1000 as milliseconds,
         steps.error`,
      [this.#runId, JSON.stringify(updates)],
    );
    const order = new Map(updates.map(({ asset }, index) => [asset, index]));
    const ended = rows
      .filter(({ status }) => status !== "pending" && status !== "running")
      .sort((a, b) => order.get(a.asset)! - order.get(b.asset)!)
      .map((outcome) => ({ asset: outcome.asset, ...stepLine(outcome) }));
    await appendLogs(client, this.#runId, ended);
    // Outside of a transaction the lines come after what was told.
    if (ended.length > 0 && client === this.#pool) await this.#notify();
  }

  /** A rebuild's rows are there, and wait to be published with the others. */
  async filled(asset: string, rowsInserted: number): Promise<void> {
    await this.#pool.query(
      `update orchestrator.steps
       set rows_inserted = $3, filled_at = clock_timestamp()
       where run_id = $1
         and asset = $2`,
      [this.#runId, asset, rowsInserted],
    );
    await this.#notify();
  }

  /** Goes by the rows: a refresh records steps of its own, and a transaction that failed took back what it had set. */
  async reload(client: Pool | ClientBase = this.#pool): Promise<void> {
    const { rows } = await client.query<{ asset: string; status: StepStatus }>(
      `select asset, status
       from orchestrator.steps
       where run_id = $1`,
      [this.#runId],
    );
    for (const { asset, status } of rows) if (this.#statuses.has(asset)) this.#statuses.set(asset, status);
  }

  async progress(asset: string, done: number, total: number, label: string): Promise<void> {
    const now = performance.now();
    if (done < total && now - (this.#progressedAt.get(asset) ?? 0) < progressMilliseconds) return;
    this.#progressedAt.set(asset, now);
    await this.#pool.query(
      `update orchestrator.steps
       set progress = $3
       where run_id = $1
         and asset = $2`,
      [this.#runId, asset, JSON.stringify({ done, total, label })],
    );
    await this.#notify();
  }

  /** How far the steps are together, with whatever else the transaction of `client` does. */
  async progressTogether(
    assets: readonly string[],
    progress: StepProgress,
    client: Pool | ClientBase,
  ): Promise<void> {
    await client.query(
      `update orchestrator.steps
       set progress = $3
       where run_id = $1
         and asset = any($2)`,
      [this.#runId, assets, JSON.stringify(progress)],
    );
    await this.#notify(client);
  }

  async #notify(client: Pool | ClientBase = this.#pool): Promise<void> {
    await client.query("select pg_notify('orchestrator_runs', $1::text)", [String(this.#runId)]);
  }
}
