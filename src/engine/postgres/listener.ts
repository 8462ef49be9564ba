import { setTimeout as delay } from "node:timers/promises";
import type { Pool, PoolClient } from "pg";
import type { Log } from "./log.ts";

export type Channel = "orchestrator_changes" | "orchestrator_runs" | "orchestrator_published";

const longestPauseMilliseconds = 10_000;

/**
 * One connection that LISTENs and is made again, after a growing pause, when it breaks. Notifications sent in between
 * are lost, so `onConnect` is called each time: whoever waits for a notification looks for itself then.
 */
export class Listener {
  readonly #pool: Pool;
  readonly #channels: readonly Channel[];
  readonly #log: Log;
  readonly #onNotification: (channel: Channel, payload: string) => void;
  readonly #onConnect: () => void;
  readonly #stopping = new AbortController();
  #client: PoolClient | null = null;
  #loop: Promise<void> = Promise.resolve();

  constructor(options: {
    pool: Pool;
    channels: readonly Channel[];
    log: Log;
    onNotification: (channel: Channel, payload: string) => void;
    onConnect: () => void;
  }) {
    this.#pool = options.pool;
    this.#channels = options.channels;
    this.#log = options.log;
    this.#onNotification = options.onNotification;
    this.#onConnect = options.onConnect;
  }

  get listening(): boolean {
    return this.#client !== null;
  }

  /** Returns once the first connection listens, or has failed to. */
  async start(): Promise<void> {
    const first = Promise.withResolvers<void>();
    this.#loop = this.#keepListening(first.resolve);
    await first.promise;
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#loop;
  }

  async #keepListening(onFirst: () => void): Promise<void> {
    const { signal } = this.#stopping;
    for (let failures = 0; !signal.aborted; ) {
      try {
        await this.#listen(() => {
          failures = 0;
          onFirst();
        });
      } catch (error) {
        this.#log.warn({ error }, "not listening to the database; trying again");
        onFirst();
        const pause = Math.min(longestPauseMilliseconds, 100 * 2 ** failures++);
        await delay(pause, undefined, { signal }).catch(() => {});
      }
    }
  }

  /** Ends when asked to stop; throws when the connection breaks. */
  async #listen(onListening: () => void): Promise<void> {
    const client = await this.#pool.connect();
    const broken = Promise.withResolvers<void>();
    client.on("error", broken.reject);
    client.on("notification", ({ channel, payload }) =>
      this.#onNotification(channel as Channel, payload ?? ""),
    );
    const stop = (): void => broken.resolve();
    this.#stopping.signal.addEventListener("abort", stop, { once: true });
    try {
      for (const channel of this.#channels) await client.query(`listen ${channel}`);
      this.#client = client;
      onListening();
      this.#onConnect();
      if (!this.#stopping.signal.aborted) await broken.promise;
    } finally {
      this.#client = null;
      this.#stopping.signal.removeEventListener("abort", stop);
      client.removeAllListeners("notification");
      client.off("error", broken.reject);
      client.release(true);
    }
  }
}
