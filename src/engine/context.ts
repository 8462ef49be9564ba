/** What an application gives to the engine, and what the engine's rooms share. */
import type { Pool } from "pg";
import type { Registry } from "./definition/index.ts";
import type { Log } from "./postgres/index.ts";
import type { AlertSender } from "./records/alerts.ts";

/** Rows of whoever asks, and no others, in every table that has the column. */
export interface RowSecurity {
  readonly column: string;
  /** SQL for the value of the column that the session may see: `(select current_setting('app.tenant_id')::bigint)`. */
  readonly value: string;
  /**
   * SQL that is true in sessions of the reader that may see the record of changes, runs, steps and logs, which names partition
   * values of everybody. Absent: all may.
   */
  readonly record?: string;
  /** Of tables without that column. Absent: every row is shown. */
  readonly privateValues?: PrivateValues;
}

/** Rows of tables that are everybody's, but for those of somebody alone, which the value of one column tells. */
export interface PrivateValues {
  readonly column: string;
  /** LIKE this are values of rows that are somebody's. */
  readonly pattern: string;
  /** SQL for the pattern of those that the session may see. */
  readonly own: string;
}

export interface EngineOptions {
  /** Connects as the owner of the schemas, whom row-level security does not bind. */
  readonly pool: Pool;
  /**
   * A pool whose connections mark what they change as this run's (`orchestrator.run_id`), and hold its lock
   * (`lockRunWorkForSession`), by which they are found once the run is dead. The engine ends it.
   */
  poolForRun(runId: number): Pool;
  readonly registry: Registry;
  /** Given to the functions of sources as they are. */
  readonly resources: unknown;
  readonly clock: () => Date;
  readonly log: Log;
  /** The role that may read what is published, and ask for runs. */
  readonly readerRole: string;
  /** null: the reader sees every row. */
  readonly rowSecurity: RowSecurity | null;
  /** By whom alerts are sent (a webhook, email). Default: nobody; they stand in the log and in `orchestrator.alerts`. */
  readonly alertSenders?: readonly AlertSender[] | undefined;
  /** For how many days runs, logs and ticks are kept. Default 30. */
  readonly retentionDays?: number | undefined;
}

/** What the rooms of the engine share. The registry is the newest one that was loaded. */
export interface Context extends Omit<EngineOptions, "registry"> {
  registry: Registry;
}
