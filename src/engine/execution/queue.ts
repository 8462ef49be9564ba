import { WakeLoop } from "../concurrency/index.ts";
import type { Context } from "../context.ts";
import { messageOf } from "../postgres/index.ts";
import { takeRun } from "../records/index.ts";
import { executeRun } from "./execute.ts";

/** Runs executed at the same time by one process. */
const concurrency = 3;

/** Takes up queued runs, oldest first, as long as there are any and hands free. */
export class Queue {
  readonly #context: Context;
  readonly #worker: WakeLoop;
  readonly #stopping = new AbortController();
  readonly #executing = new Set<Promise<void>>();

  constructor(context: Context) {
    this.#context = context;
    this.#worker = new WakeLoop(
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
      const lease = await takeRun(this.#context.pool);
      if (!lease) return;
      const execution = executeRun(this.#context, lease, this.#stopping.signal)
        .then(
          ({ runId, status, error }) =>
            this.#context.log.info({ runId, status, error }, `run ${runId} ${status}`),
          (error: unknown) => this.#context.log.error({ error, runId: lease.runId }, messageOf(error)),
        )
        .then(() => {
          this.#executing.delete(execution);
          this.#worker.wake();
        });
      this.#executing.add(execution);
    }
  }
}
