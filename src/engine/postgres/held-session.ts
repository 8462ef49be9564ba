import type { Pool, PoolClient } from "pg";
import { lockRunWorkForSession } from "./locks.ts";
import { backendOf, type OnBackend } from "./transaction.ts";

/** It only gives up what it holds. */
const releaseMilliseconds = 5_000;

/**
 * A connection kept apart for as long as what it holds counts: an advisory lock, a LISTEN. PostgreSQL gives both up when
 * the connection breaks, so whoever relies on them must hear of that.
 */
export class HeldSession {
  readonly client: PoolClient;
  readonly #broken = new AbortController();
  readonly #onError = (error: Error): void => this.#broken.abort(error);

  private constructor(client: PoolClient) {
    this.client = client;
    client.on("error", this.#onError);
  }

  static async open(pool: Pool): Promise<HeldSession> {
    return new HeldSession(await pool.connect());
  }

  /** Runs `work` while the lock is held; `statement` waits for it, and `onBackend` hears of that. */
  static async withLock<T>(
    pool: Pool,
    statement: string,
    work: (session: HeldSession) => Promise<T>,
    onBackend?: OnBackend,
  ): Promise<T> {
    const session = await HeldSession.open(pool);
    const processId = backendOf(session.client);
    try {
      onBackend?.(processId, true);
      const runId = onBackend?.runId;
      if (runId !== undefined) await session.client.query(lockRunWorkForSession(runId));
      await session.client.query(statement).finally(() => onBackend?.(processId, false));
      return await work(session);
    } finally {
      await session.release();
    }
  }

  /** Aborted, with the error for a reason, once the connection is gone. */
  get broken(): AbortSignal {
    return this.#broken.signal;
  }

  /**
   * Gives the connection back without locks and notifications, or throws it away: also where no answer comes, since whoever
   * waits for one behind a connection that is gone without a word waits for ever, and its locks stay. Never throws.
   */
  async release(): Promise<void> {
    const unlock = {
      text: "unlisten *; select pg_advisory_unlock_all()",
      query_timeout: releaseMilliseconds,
    };
    try {
      this.broken.throwIfAborted();
      await this.client.query(unlock);
      this.#giveBack(false);
    } catch {
      this.#giveBack(true);
    }
  }

  /** Gives the connection back as it is: it holds nothing. */
  releaseUnused(): void {
    this.#giveBack(this.broken.aborted);
  }

  /** Throws the connection away, with whatever it was in the middle of. */
  destroy(): void {
    this.#giveBack(true);
  }

  #giveBack(destroy: boolean): void {
    this.client.off("error", this.#onError);
    this.client.release(destroy);
  }
}
