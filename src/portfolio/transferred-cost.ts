/** What shares that have just left an account had cost, said by the models themselves. */
import type { PoolClient } from "pg";

interface Left {
  readonly transaction_id: number;
  readonly account_id: number;
  readonly ticker: string | null;
}

interface CostPart {
  readonly quantity: string;
  readonly acquiredOn: string | null;
  readonly cost: string;
  readonly localCost: string;
}

/**
 * Of a TRANSFER_OUT, within the transaction that wrote it: one part for each purchase that the person's method takes, else one of the average
 * cost, with the first purchase since nothing was held. Quantities in today's shares. null: the models are not built yet, or the
 * rates of its currency are not there.
 */
export async function readTransferredCost(
  client: PoolClient,
  userId: number,
  { transaction_id, account_id, ticker }: Left,
): Promise<readonly CostPart[] | null> {
  const built = await client.query<{ isBuilt: boolean }>(
    `select to_regclass('"default".int_positions') is not null as "isBuilt"`,
  );
  if (!built.rows[0]!.isBuilt) return null;
  const values = [userId, account_id, ticker, transaction_id];
  const lots = await client.query<CostPart>(
    `select
       trim_scale(quantity) as quantity,
       bought_date as "acquiredOn",
       trim_scale(cost) as cost,
       trim_scale(local_cost) as "localCost"
     from "default".int_lots
     where user_id = $1
       and account_id = $2
       and ticker = $3
       and sale_id = $4
     order by bought_date, transaction_id`,
    values,
  );
  if (lots.rows.length > 0) return lots.rows;
  const average = await client.query<CostPart>(
    `with positions as (
       select
         *,
         lag(local_cost_basis, 1, 0::numeric) over in_order - local_cost_basis as local_cost,
         count(*) filter (where quantity = 0 and transaction_id <> $4) over in_order as exits
       from "default".int_positions
       where user_id = $1
         and account_id = $2
         and ticker = $3
       window in_order as (order by transaction_date, day_order, transaction_id)
     )
     select
       '1' as quantity,
       trim_scale(out.sold_cost) as cost,
       trim_scale(out.local_cost) as "localCost",
       (
         select min(coalesce(t.acquired_on, t.transaction_date))
         from positions as p
         join bronze.transactions as t on t.transaction_id = p.transaction_id
         where p.exits = out.exits
           and p.transaction_type in ('BUY', 'BONUS', 'TRANSFER_IN')
           and p.transaction_date <= out.transaction_date
       ) as "acquiredOn"
     from positions as out
     where out.transaction_id = $4`,
    values,
  );
  return average.rows.length > 0 ? average.rows : null;
}
