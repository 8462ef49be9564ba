import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { Pool, PoolClient } from "pg";
import { EngineError } from "./errors.ts";
import { quoteIdentifier } from "./identifiers.ts";
import type { Log } from "./log.ts";

const longestPauseMilliseconds = 10_000;
/** Connecting, and sending a heartbeat, which may wait for a connection of a busy pool. */
const patienceMilliseconds = 30_000;

/** How often the session is asked for a sign of life, and how long one may take. */
export interface Heartbeat {
  readonly everyMilliseconds: number;
  readonly withinMilliseconds: number;
}

const defaultHeartbeat: Heartbeat = { everyMilliseconds: 10_000, withinMilliseconds: 5_000 };

/** The connection looks alive, but nothing comes of it: a proxy failed over, or a firewall forgot it. */
export class ListenerSilentError extends EngineError {
  readonly code = "listener_silent";

  constructor(expected: string, milliseconds: number) {
    super(`expected ${expected} within ${milliseconds / 1000} s, got nothing: the session is taken for dead`);
  }
}

export interface ListenerOptions {
  readonly pool: Pool;
  readonly channels: readonly string[];
  readonly log: Log;
  readonly onNotification: (channel: string, payload: string) => void;
  readonly onConnect: () => void;
  readonly heartbeat?: Heartbeat;
}

/**
 * One connection that LISTENs and is made again, after a growing pause, when it breaks. A connection that listens says
 * nothing for hours while all is well, and nothing either once it is gone behind a socket that lives: so it is sent a
 * notification of its own, through another connection, and thrown away when that does not arrive. Notifications sent
 * while nobody listened are lost, so `onConnect` is called each time: whoever waits for one looks for itself then.
 */
export class Listener {
  readonly #options: ListenerOptions;
  readonly #heartbeat: Heartbeat;
  readonly #stopping = new AbortController();
  #client: PoolClient | null = null;
  #error: unknown = null;
  #loop: Promise<void> = Promise.resolve();

  constructor(options: ListenerOptions) {
    this.#options = options;
    this.#heartbeat = options.heartbeat ?? defaultHeartbeat;
  }

  get listening(): boolean {
    return this.#client !== null;
  }

  /** Why it does not listen; null while it does. */
  get error(): unknown {
    return this.#error;
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
        if (signal.aborted) return onFirst();
        this.#error = error;
        this.#options.log.error({ error }, "not listening to the database; trying again");
        onFirst();
        const pause = Math.min(longestPauseMilliseconds, 100 * 2 ** failures++);
        await delay(pause, undefined, { signal }).catch(() => {});
      }
    }
  }

  /** Ends when asked to stop; throws when the connection breaks or falls silent. */
  async #listen(onListening: () => void): Promise<void> {
    const { channels, onNotification, onConnect } = this.#options;
    const client = await this.#connect();
    const ended = Promise.withResolvers<void>();
    ended.promise.catch(() => {}); // it may break before anybody waits for that: while LISTEN is under way
    const pulse = { channel: `listener_${randomUUID()}`, arrived: (): void => {} };
    const stop = (): void => ended.resolve();
    const beating = new AbortController();
    client.on("error", ended.reject);
    client.on("notification", ({ channel, payload }) => {
      if (channel === pulse.channel) pulse.arrived();
      else onNotification(channel, payload ?? "");
    });
    this.#stopping.signal.addEventListener("abort", stop, { once: true });
    try {
      const listen = [...channels, pulse.channel].map((channel) => `listen ${quoteIdentifier(channel)}`);
      await this.#within(patienceMilliseconds, "an answer to LISTEN", client.query(listen.join("; ")));
      this.#client = client;
      this.#error = null;
      onListening();
      onConnect();
      if (this.#stopping.signal.aborted) return;
      await Promise.race([ended.promise, this.#beat(pulse, beating.signal)]);
    } finally {
      this.#client = null;
      beating.abort();
      this.#stopping.signal.removeEventListener("abort", stop);
      client.removeAllListeners("notification");
      client.off("error", ended.reject);
      client.on("error", () => {}); // what dies of being thrown away is nobody's concern
      throwAway(client);
    }
  }

  /** Throws once a heartbeat did not arrive. */
  async #beat(pulse: { readonly channel: string; arrived: () => void }, signal: AbortSignal): Promise<void> {
    const { everyMilliseconds, withinMilliseconds } = this.#heartbeat;
    for (;;) {
      await delay(everyMilliseconds, undefined, { signal, ref: false }).catch(() => {});
      if (signal.aborted) return;
      const arrival = Promise.withResolvers<void>();
      pulse.arrived = arrival.resolve;
      // What this connection is in for, a broken one or a database that is gone, the session hears of by itself.
      const sent = this.#options.pool
        .query({
          text: "select pg_notify($1, '')",
          values: [pulse.channel],
          query_timeout: withinMilliseconds,
        } as { text: string; values: string[] })
        .then(
          () => true,
          () => false,
        );
      if (await this.#within(patienceMilliseconds, "a heartbeat to be sent", sent))
        await this.#within(withinMilliseconds, "its own heartbeat to arrive", arrival.promise);
    }
  }

  async #connect(): Promise<PoolClient> {
    const connecting = this.#options.pool.connect();
    try {
      return await this.#within(patienceMilliseconds, "a connection", connecting);
    } catch (error) {
      void connecting.then(throwAway, () => {}); // it may come late
      throw error;
    }
  }

  /** The promise's value; throws ListenerSilentError after the time, and when asked to stop. */
  async #within<T>(milliseconds: number, expected: string, promise: Promise<T>): Promise<T> {
    const over = new AbortController();
    const signal = AbortSignal.any([over.signal, this.#stopping.signal]);
    const late = delay(milliseconds, undefined, { signal, ref: false }).then(() => {
      throw new ListenerSilentError(expected, milliseconds);
    });
    try {
      return await Promise.race([promise, late]);
    } finally {
      late.catch(() => {});
      over.abort();
    }
  }
}

/** Behind a dead connection nobody answers a polite goodbye, which `release` says and waits for. */
function throwAway(client: PoolClient): void {
  client.release(true);
  (client as PoolClient & { connection?: { stream?: { destroy(): void } } }).connection?.stream?.destroy();
}
