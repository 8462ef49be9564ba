import type { Pool, PoolClient } from "pg";
import { personTransaction } from "../database/person.ts";

export interface LedgerCounts {
  readonly transactions: number;
  /** Tickers of which something was sold: those whose figures depend on the cost basis method. */
  readonly sold: readonly string[];
}

export function countTransactions(pool: Pool, userId: number): Promise<LedgerCounts> {
  return personTransaction(pool, userId, async (client) => {
    const { rows } = await client.query<LedgerCounts>(
      `select
         count(*) as transactions,
         coalesce(array_agg(distinct ticker) filter (where transaction_type = 'SELL'), '{}') as sold
       from bronze.transactions
       where user_id = $1`,
      [userId],
    );
    return rows[0]!;
  });
}

/** Within a transaction of the person's. */
export async function hasTransactions(client: PoolClient, userId: number): Promise<boolean> {
  const { rows } = await client.query<{ has_transactions: boolean }>(
    "select exists (select from bronze.transactions where user_id = $1) as has_transactions",
    [userId],
  );
  return rows[0]!.has_transactions;
}
