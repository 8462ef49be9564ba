import type { Pool, PoolClient } from "pg";
import { transaction } from "./transaction.ts";

/** Four times as long as others may take; where those are not limited (0), neither are these. */
const forLong =
  "select set_config('statement_timeout', 4 * extract(epoch from current_setting('statement_timeout')::interval) || 's', true)";

/**
 * Runs `work` in a transaction that acts for one person: row-level security shows and takes only their rows. `isLong`: its
 * statements touch all that the person has, and may take longer than the web's others.
 */
export function personTransaction<T>(
  pool: Pool,
  userId: number,
  work: (client: PoolClient) => Promise<T>,
  { isLong = false } = {},
): Promise<T> {
  if (!Number.isSafeInteger(userId)) throw new TypeError(`expected a user id, got: ${userId}`);
  // A literal, because set_config() does not reach the workers of a distributed database.
  const begin = `begin; set local app.user_id = '${userId}'`;
  return transaction(pool, work, { begin: isLong ? `${begin}; ${forLong}` : begin });
}
