import type { Pool, PoolClient } from "pg";

/**
 * Runs `work` in one transaction of a connection of its own. `begin` may hold more statements: they go in one round
 * trip. A connection whose rollback fails is thrown away, not given back.
 */
export async function transaction<T>(
  pool: Pool,
  work: (client: PoolClient) => Promise<T>,
  begin = "begin",
): Promise<T> {
  const client = await pool.connect();
  let unusable = false;
  // Between two queries nobody else would hear of a connection that died; the next query reports it.
  const ignore = (): void => {};
  client.on("error", ignore);
  try {
    await client.query(begin);
    const result = await work(client);
    await client.query("commit");
    return result;
  } catch (error) {
    await client.query("rollback").catch(() => {
      unusable = true;
    });
    throw error;
  } finally {
    client.off("error", ignore);
    client.release(unusable);
  }
}

/** SQLSTATE of an error raised by PostgreSQL, or of what caused it; null of any other. */
export function sqlState(error: unknown): string | null {
  if (!(error instanceof Error)) return null;
  const code = "code" in error ? error.code : null;
  return typeof code === "string" && /^[0-9A-Z]{5}$/.test(code) ? code : sqlState(error.cause);
}

/** Deadlock, serialization failure, or the server ended the session: trying again is all it needs. */
export function isTransient(error: unknown): boolean {
  return ["40P01", "40001", "57P01"].includes(sqlState(error) ?? "");
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The server process behind a connection, for pg_cancel_backend; pg's types leave it out. */
export function backendOf(client: PoolClient): number {
  return (client as PoolClient & { readonly processID: number }).processID;
}
