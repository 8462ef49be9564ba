import type { Pool, PoolClient } from "pg";

/** Called with a server process before and after it works: whom to cancel. Throws when that was asked for already. */
export type OnBackend = (processId: number, busy: boolean) => void;

export interface TransactionOptions {
  /** May hold more statements: they go in one round trip. Default `begin`. */
  readonly begin?: string;
  readonly onBackend?: OnBackend | undefined;
  /** rollback: what is made is only made to be looked at. Default commit. */
  readonly end?: "commit" | "rollback";
}

/** Runs `work` in one transaction of a connection of its own. A connection whose rollback fails is thrown away. */
export async function transaction<T>(
  pool: Pool,
  work: (client: PoolClient) => Promise<T>,
  { begin = "begin", end = "commit", onBackend }: TransactionOptions = {},
): Promise<T> {
  const client = await pool.connect();
  let unusable = false;
  // Between two queries nobody else would hear of a connection that died; the next query reports it.
  const ignore = (): void => {};
  client.on("error", ignore);
  try {
    onBackend?.(backendOf(client), true);
    await client.query(begin);
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

/** The server process behind a connection, for pg_cancel_backend; pg's types leave it out. */
export function backendOf(client: PoolClient): number {
  return (client as PoolClient & { readonly processID: number }).processID;
}
