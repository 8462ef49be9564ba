import type { ClientBase } from "pg";
import type { Context } from "../context.ts";
import type { OnBackend } from "../postgres/index.ts";
import type { RunRecord, RunStatus } from "../records/index.ts";
/** What an operation is given of the run that it is executed for. */
export interface Execution {
  readonly context: Context;
  readonly run: RunRecord;
  readonly signal: AbortSignal;
  readonly onBackend: OnBackend;
  /** A connection broke whose lock the run needs to the end: it is ended, and what works for it. */
  lockLost(cause: unknown): void;
  /** Before any other effect is committed. Throws RunLockLostError when the run has been taken for dead. */
  confirm(client: ClientBase): Promise<void>;
  /**
   * Ends the run within the transaction of its last effect, so that both are committed or neither. Throws
   * RunLockLostError when the run has been taken for dead meanwhile.
   */
  end(client: ClientBase, status: RunStatus, error: string | null): Promise<void>;
}
