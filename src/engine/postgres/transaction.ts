import type { Pool, PoolClient } from "pg";
import { sqlState } from "./errors.ts";
import { lockRunWork } from "./locks.ts";

/** Called with a server process before and after it works: whom to cancel. Throws when that was asked for already. */
export interface OnBackend {
  (processId: number, busy: boolean): void;
  /** The run that it works for. Set: what works holds the run's lock, by which it is found once the run is dead. */
  readonly runId?: number;
}

export interface TransactionOptions {
  /** May hold more statements: they go in one round trip. Default `begin`; null: the work begins it by itself. */
  readonly begin?: string | null;
  readonly onBackend?: OnBackend | undefined;
  /** rollback: what is made is only made to be looked at. Default commit. */
  readonly end?: "commit" | "rollback";
  /** The run that it works for. Default: that of onBackend. */
  readonly runId?: number | undefined;
}

/** Runs `work` in one transaction of a connection of its own. A connection whose rollback fails is thrown away. */
export async function transaction<T>(
  pool: Pool,
  work: (client: PoolClient) => Promise<T>,
  { begin = "begin", end = "commit", onBackend, runId = onBackend?.runId }: TransactionOptions = {},
): Promise<T> {
  const client = await pool.connect();
  let unusable = false;
  // Between two queries nobody else would hear of a connection that died; the next query reports it.
  const ignore = (): void => {};
  client.on("error", ignore);
  try {
    onBackend?.(backendOf(client), true);
    // First of all: whatever it waits for next, it is to be found.
    if (begin !== null) await client.query(runId === undefined ? begin : marked(begin, runId));
    const result = await work(client);
    await client.query(end);
    return result;
  } catch (error) {
    await client.query("rollback").catch(() => {
      unusable = true;
    });
    throw error;
  } finally {
    onBackend?.(backendOf(client), false);
    client.off("error", ignore);
    client.release(unusable);
  }
}

const marked = (begin: string, runId: number): string =>
  begin.replace(/^begin[^;]*/, (text) => `${text}; ${lockRunWork(runId)}`);

/** The server process behind a connection, for pg_cancel_backend; pg's types leave it out. */
export function backendOf(client: PoolClient): number {
  return (client as PoolClient & { readonly processID: number }).processID;
}

const deadlockAttempts = 5;

/**
 * Does a transaction again that was a deadlock's victim: nothing of it stands, and whom it stood in the way of has gone on.
 * The ends of two runs lock the same rows of assets, each after others of its own.
 */
export async function againAfterDeadlock<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (sqlState(error) !== "40P01" || attempt === deadlockAttempts) throw error;
    }
  }
}
