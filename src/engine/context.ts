import type { Pool } from "pg";
import type { Registry } from "./registry.ts";

export interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface EngineOptions {
  /** Connects as the owner of the schemas, whom row-level security does not bind. */
  readonly pool: Pool;
  /** A pool whose connections mark what they change as this run's (`orchestrator.run_id`). The engine ends it. */
  poolForRun(runId: number): Pool;
  readonly registry: Registry;
  /** Given to the functions of sources as they are. */
  readonly resources: unknown;
  readonly clock: () => Date;
  readonly log: Log;
  /** May read what is published. */
  readonly webRole: string;
  /** Tables with this column are read by `webRole` through a policy: `using` is a SQL condition on a row. */
  readonly rowSecurity: { readonly column: string; readonly using: string };
}

/** What the parts of the engine share. The registry is the newest one that was loaded. */
export interface Context extends Omit<EngineOptions, "registry"> {
  registry: Registry;
}
