import type { Context } from "./context.ts";
import { executeRun } from "./execute.ts";
import { takeRun } from "./held-run.ts";
import { messageOf } from "./transaction.ts";
import { Worker } from "./worker.ts";

/** Runs executed at the same time by one process. */
const concurrency = 3;

/** Takes up queued runs, oldest first, as long as there are any and hands free. */
export class Queue {
  readonly #context: Context;
  readonly #worker: Worker;
  readonly #stopping = new AbortController();
  readonly #executing = new Set<Promise<void>>();

  constructor(context: Context) {
    this.#context = context;
    this.#worker = new Worker(
      () => this.#takeRuns(),
      (error) => context.log.error({ error }, `queued runs could not be taken up: ${messageOf(error)}`),
    );
  }

  wake(): void {
    this.#worker.wake();
  }

  /** Cancels what runs, and waits for it. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#worker.stop();
    await Promise.all(this.#executing);
  }

  async #takeRuns(): Promise<void> {
    while (this.#executing.size < concurrency && !this.#stopping.signal.aborted) {
      const held = await takeRun(this.#context.pool);
      if (!held) return;
      const execution = executeRun(this.#context, held, this.#stopping.signal)
        .then(
          ({ runId, status, error }) =>
            this.#context.log.info({ runId, status, error }, `run ${runId} ${status}`),
          (error: unknown) => this.#context.log.error({ error, runId: held.runId }, messageOf(error)),
        )
        .then(() => {
          this.#executing.delete(execution);
          this.#worker.wake();
        });
      this.#executing.add(execution);
    }
  }
}
