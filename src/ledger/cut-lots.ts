/** Purchases that a SELL names, and that sales before it have taken by the person's method. */
import type { PoolClient } from "pg";
import { personTransaction } from "../database/person.ts";
import type { LedgerContext } from "./context.ts";
import { areModelsBuilt, type Holding } from "./rows.ts";

export interface CutLot {
  readonly saleId: number;
  readonly ticker: string;
  /** Of the sale. */
  readonly date: string;
  readonly method: string;
  /** The purchase. */
  readonly lotId: number;
  readonly boughtOn: string;
  /** How much of it the sale names, and how much of that it takes, in shares of its day. */
  readonly named: string;
  readonly taken: string;
}

/**
 * Of a holding, or of all: 20 at most. Of the moving average, which takes no single purchases, there are none, nor before the models are
 * built.
 */
export async function readCutLots(
  client: PoolClient,
  userId: number,
  holding: Holding | null,
): Promise<CutLot[]> {
  if (!(await areModelsBuilt(client, "int_lots"))) return [];
  const { rows } = await client.query<CutLot>(
    `with named as (
       select t.*, choice.key::bigint as lot_id, choice.value::numeric as named
       from "default".int_transactions as t
       cross join jsonb_each_text(t.lots) as choice
       where t.user_id = $1
         and ($2::bigint is null or t.account_id = $2 and t.ticker = $3)
         and t.cost_basis_method <> 'average'
     ),
     taken as (
       select sale_id, transaction_id as lot_id, min(bought_date) as bought_date, sum(quantity) as quantity
       from "default".int_lots
       where user_id = $1
         and ($2::bigint is null or account_id = $2 and ticker = $3)
       group by sale_id, transaction_id
     )
     select
       n.transaction_id as "saleId",
       n.ticker,
       n.transaction_date as date,
       n.cost_basis_method as method,
       n.lot_id as "lotId",
       trim_scale(n.named) as named,
       p.transaction_date as "boughtOn",
       trim_scale(round(coalesce(t.quantity, 0) * n.quantity / n.adjusted_quantity, 12)) as taken
     from named as n
     join bronze.transactions as p on p.user_id = $1 and p.transaction_id = n.lot_id
     left join taken as t on t.sale_id = n.transaction_id and t.lot_id = n.lot_id
     where coalesce(t.quantity, 0) * n.quantity / n.adjusted_quantity < n.named * 0.999999999
     order by n.transaction_date, n.transaction_id
     limit 20`,
    [userId, holding?.accountId ?? null, holding?.ticker ?? null],
  );
  return rows;
}

/** Another method leaves others of what sales had named: nothing is refused for it, and nothing passes unsaid. */
export function listCutLots({ pool }: Pick<LedgerContext, "pool">, userId: number): Promise<CutLot[]> {
  return personTransaction(pool, userId, async (client) => {
    const { rowCount } = await client.query(
      "select from bronze.transactions where user_id = $1 and lots is not null limit 1",
      [userId],
    );
    return rowCount === 0 ? [] : readCutLots(client, userId, null);
  });
}
