import type { Pool, PoolClient } from "pg";
import { currentRequest } from "../request-scope.ts";
import { timesLonger, withLongerAnswers } from "./answer-limit.ts";
import { transaction } from "./transaction.ts";

/** So many times as long as others may take; where those are not limited (0), neither are these. */
const forLong = `select set_config('statement_timeout', ${timesLonger} * extract(epoch from current_setting('statement_timeout')::interval) || 's', true)`;

export interface PersonTransactionOptions {
  /** Its statements touch all that the person has, and may take longer than the web's others. */
  readonly isLong?: boolean;
  /** snapshot: read only, and all of it as of one moment. */
  readonly mode?: "snapshot";
  /**
   * Its prepared statements are planned once for whatever values, not for each of the first five looks that a connection
   * serves: half of what the figures of a year cost there.
   */
  readonly isPlannedOnce?: boolean;
}

/**
 * Runs `work` in a transaction that acts for one person: row-level security shows and takes only their rows. Read only, where the
 * request is: somebody looks at what is another's.
 */
export function personTransaction<T>(
  pool: Pool,
  userId: number,
  work: (client: PoolClient) => Promise<T>,
  { isLong = false, mode, isPlannedOnce = false }: PersonTransactionOptions = {},
): Promise<T> {
  if (!Number.isSafeInteger(userId)) throw new TypeError(`expected a user id, got: ${userId}`);
  // A literal, because set_config() does not reach the workers of a distributed database.
  const isReadOnly = currentRequest()?.isReadOnly === true;
  const characteristics =
    mode === "snapshot" ? " isolation level repeatable read, read only" : isReadOnly ? " read only" : "";
  const plans = isPlannedOnce ? "; set local plan_cache_mode = force_generic_plan" : "";
  const begin = `begin${characteristics}; set local app.user_id = '${userId}'${plans}`;
  if (!isLong) return transaction(pool, work, { begin });
  return transaction(pool, (client) => withLongerAnswers(client, () => work(client)), {
    begin: `${begin}; ${forLong}`,
  });
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
