/** How each account of a person has done. */
import type { Pool, PoolClient } from "pg";
import { personTransaction } from "../database/person.ts";

export interface AccountName {
  readonly account_id: number;
  readonly name: string;
  readonly tracks_cash: boolean;
}

/** The default one first, then by name. */
export async function readAccountNames(client: PoolClient, userId: number): Promise<AccountName[]> {
  const { rows } = await client.query<AccountName>({
    name: "read_account_names",
    text: `select account_id, name, tracks_cash
           from public.accounts
           where user_id = $1
           order by is_default desc, lower(name)`,
    values: [userId],
  });
  return rows;
}

/** In the person's base currency. */
export interface AccountFigures {
  readonly account_id: number;
  readonly as_of: string;
  readonly market_value: string;
  readonly cash: string;
  readonly net_contributions: string;
  readonly total_gain: string;
  readonly income: string;
  readonly twr: number;
}

/** [] before the models are built; an account without a transaction has none. */
export function readAccountFigures(pool: Pool, userId: number): Promise<AccountFigures[]> {
  return personTransaction(pool, userId, async (client) => {
    const { rows } = await client.query<AccountFigures>(
      `select account_id, as_of, market_value, cash, net_contributions, total_gain, income, twr
       from gold_account_performance
       where user_id = $1`,
      [userId],
    );
    return rows;
  });
}
