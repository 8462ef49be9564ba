import type { ClientBase, Notification } from "pg";
import type { Context } from "../context.ts";
import {
  againAfterDeadlock,
  EngineError,
  messageOf,
  type OnBackend,
  transaction,
} from "../postgres/index.ts";
import { rollback } from "../publication/index.ts";
import {
  finishRun,
  isRunning,
  type Operation,
  type RunDetail,
  type RunLease,
  type RunRecord,
  readRun,
  readRunRecord,
} from "../records/index.ts";
import type { Execution } from "./execution.ts";
import { Materialization } from "./materialize.ts";
import { verifySample } from "./verify-sample.ts";

const cancelAgainMilliseconds = 250;

/** Somebody asked for the run to be stopped. */
export class RunCancelledError extends EngineError {
  readonly code = "run_cancelled";

  constructor(runId: number) {
    super(`run ${runId} was cancelled`);
  }
}

/** A connection broke that vouches for the run, or whose lock keeps others out: others go on, and it must leave nothing behind. */
export class RunLockLostError extends EngineError {
  readonly code = "run_lock_lost";

  constructor(runId: number, cause?: unknown) {
    const why = cause === undefined ? "" : `: ${messageOf(cause)}`;
    super(`run ${runId} lost a connection that holds its lock${why}`, { cause });
  }
}

/** How each operation is executed. A refresh is recorded when it is done, by the transaction that did it. */
const operations: Readonly<Record<Exclude<Operation, "refresh">, (execution: Execution) => Promise<void>>> = {
  materialize: (execution) => new Materialization(execution).work(),
  rollback,
  verify: verifySample,
};

/** Executes a run to its end, whatever that is: a failure is in what is returned, not thrown. */
export async function executeRun(context: Context, lease: RunLease, stop?: AbortSignal): Promise<RunDetail> {
  const executor = new Executor(context, lease);
  const onStop = (): void => executor.cancel();
  stop?.addEventListener("abort", onStop, { once: true });
  if (stop?.aborted) executor.cancel();
  try {
    return await executor.execute();
  } finally {
    stop?.removeEventListener("abort", onStop); // one signal may be that of every run of a process
  }
}

class Executor {
  readonly #context: Context;
  readonly #lease: RunLease;
  readonly #runId: number;
  readonly #controller = new AbortController();
  /** Server processes at work for this run. */
  readonly #backends = new Set<number>();

  constructor(context: Context, lease: RunLease) {
    this.#context = { ...context };
    this.#lease = lease;
    this.#runId = lease.runId;
  }

  cancel(): void {
    this.#abort(new RunCancelledError(this.#runId));
  }

  async execute(): Promise<RunDetail> {
    const { session } = this.#lease;
    try {
      await this.#work();
    } catch (error) {
      await session.release();
      throw error;
    }
    const released = session.release(); // while what it came to is read
    try {
      return await readRun(this.#context.pool, this.#runId);
    } finally {
      await released;
    }
  }

  async #work(): Promise<void> {
    const { client, broken } = this.#lease.session;
    const onBroken = (): void => this.#loseLock(broken.reason);
    const onNotification = ({ payload }: Notification): void => {
      if (payload === String(this.#runId)) void this.#cancelIfAsked().catch(onBroken);
    };
    broken.addEventListener("abort", onBroken, { once: true });
    client.on("notification", onNotification);
    try {
      try {
        await client.query("listen orchestrator_runs");
        await this.#operate(await readRunRecord(this.#context.pool, this.#runId));
      } catch (error) {
        await this.#endFailed(this.#controller.signal.reason ?? error);
      }
    } finally {
      client.off("notification", onNotification);
    }
  }

  async #operate(run: RunRecord): Promise<void> {
    if (run.cancelRequestedAt !== null) this.cancel();
    // A refresh that stands here was recorded by an older version, as a run of its own that died: its changes wait.
    const operation = run.operation === "refresh" ? "materialize" : run.operation;
    await operations[operation]({
      context: this.#context,
      run,
      signal: this.#controller.signal,
      onBackend: this.#onBackendOf(this.#runId),
      lockLost: (cause) => this.#loseLock(cause),
      confirm: async (client) => {
        if (!(await isRunning(client, this.#runId))) throw new RunLockLostError(this.#runId);
      },
      end: async (client, status, error) => {
        if (!(await finishRun(client, this.#runId, status, error))) throw new RunLockLostError(this.#runId);
      },
    });
  }

  /** One that has ended already, by its own last transaction or by others who took it for dead, stays as it is. */
  async #endFailed(failure: unknown): Promise<void> {
    const status = failure instanceof RunCancelledError ? "cancelled" : "failed";
    const end = (client: ClientBase) => finishRun(client, this.#runId, status, messageOf(failure));
    await againAfterDeadlock(() => transaction(this.#context.pool, end));
  }

  async #cancelIfAsked(): Promise<void> {
    const { rows } = await this.#context.pool.query<{ asked: boolean }>(
      `select cancel_requested_at is not null as asked
       from orchestrator.runs
       where run_id = $1`,
      [this.#runId],
    );
    if (rows[0]?.asked) this.cancel();
  }

  #loseLock(cause: unknown): void {
    this.#abort(new RunLockLostError(this.#runId, cause));
  }

  #abort(reason: Error): void {
    if (this.#controller.signal.aborted) return;
    this.#controller.abort(reason);
    this.#cancelBackends();
  }

  /** Again until none works any more: one that was about to begin a statement had none to cancel. */
  #cancelBackends(): void {
    for (const processId of this.#backends) this.#cancelBackend(processId);
    if (this.#backends.size > 0) setTimeout(() => this.#cancelBackends(), cancelAgainMilliseconds);
  }

  #cancelBackend(processId: number): void {
    void this.#context.pool.query("select pg_cancel_backend($1)", [processId]).catch((error: unknown) => {
      this.#context.log.warn({ error, processId }, "a statement could not be cancelled");
    });
  }

  #onBackendOf(runId: number): OnBackend {
    const onBackend = (processId: number, busy: boolean): void => {
      if (!busy) this.#backends.delete(processId);
      else {
        this.#controller.signal.throwIfAborted();
        this.#backends.add(processId);
      }
    };
    return Object.assign(onBackend, { runId });
  }
}
