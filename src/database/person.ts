import type { Pool, PoolClient } from "pg";
import { transaction } from "./transaction.ts";

/** Runs `work` in a transaction that acts for one person: row-level security shows and takes only their rows. */
export function personTransaction<T>(
  pool: Pool,
  userId: number,
  work: (client: PoolClient) => Promise<T>,
): Promise<T> {
  if (!Number.isSafeInteger(userId)) throw new TypeError(`expected a user id, got: ${userId}`);
  // A literal, because set_config() does not reach the workers of a distributed database.
  return transaction(pool, work, { begin: `begin; set local app.user_id = '${userId}'` });
}

/**
 * The pool for what takes a pool and is to act for one person: each statement given to it runs in a transaction of theirs.
 * Connections taken from it act for nobody.
 */
export function personPool(pool: Pool, userId: number): Pool {
  const query = (...statement: Parameters<PoolClient["query"]>) =>
    personTransaction(pool, userId, (client) => client.query(...statement) as unknown as Promise<unknown>);
  const connect = () => pool.connect();
  return Object.create(pool, { query: { value: query }, connect: { value: connect } }) as Pool;
}
