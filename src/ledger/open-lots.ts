/** The purchases that a sale could take from. */
import type { PoolClient } from "pg";
import { personTransaction } from "../database/person.ts";
import { readAccounts, requireNamed } from "./accounts.ts";
import type { LedgerContext } from "./context.ts";
import { unitsByDay } from "./position.ts";
import { areModelsBuilt, readSplits } from "./rows.ts";
import type { TransactionType } from "./transaction-types.ts";

export type CostBasisMethod = "average" | "fifo" | "lifo" | "hifo";

export interface OpenLot {
  /** Of the purchase: what a SELL names it by. */
  readonly transaction_id: number;
  readonly type: TransactionType;
  /** When it came in. */
  readonly date: string;
  /** When it was bought: another day than `date` for shares that were transferred in. */
  readonly buy_date: string;
  /** In shares of the sale's day. */
  readonly quantity: string;
  /** Of the quantity, purchase fees included, in the person's base currency. */
  readonly cost: string;
  /** If it were sold on the day: long from the day after a year. */
  readonly term: "short" | "long";
}

export interface OpenLots {
  /** average: the person's figures know no single purchases, and those that a sale names count once they do. */
  readonly method: CostBasisMethod;
  readonly base_currency: string;
  /** In the order in which they were bought. */
  readonly lots: readonly OpenLot[];
}

export interface LotsSubject {
  readonly ticker: string;
  /** Of the sale. */
  readonly date: string;
  /** Id or name; absent: the default one. */
  readonly account?: number | string | undefined;
  /** A sale that is to be another: as if it had not been made. */
  readonly instead?: number | undefined;
}

/**
 * By the walk of int_lots, up to where the sale stands in the ledger, with what later sales name left out: that is theirs. Of a person on the
 * moving average earlier sales take the oldest first.
 */
const openLots = `
with
  transactions as (
    select
      *,
      (transaction_date, day_order, transaction_id)
        < ($4::date, ledger_order('SELL'), coalesce($5::bigint, 9223372036854775807)) as is_before,
      case
        when transaction_type in ('BUY', 'BONUS') then gross_amount + fee
        when transaction_type = 'SELL' then gross_amount - fee
        else gross_amount
      end as amount
    from "default".int_transactions
    where user_id = $1
      and account_id = $2
      and ticker = $3
      and transaction_type in ('BUY', 'SELL', 'BONUS', 'TRANSFER_IN', 'TRANSFER_OUT', 'RETURN_OF_CAPITAL', 'SPLIT')
      and transaction_id is distinct from $5
  ),
  ledger as (
    select
      min(cost_basis_method) as method,
      array_agg(transaction_id order by transaction_date, day_order, transaction_id) as ids,
      array_agg(transaction_type order by transaction_date, day_order, transaction_id) as types,
      array_agg(transaction_date order by transaction_date, day_order, transaction_id) as dates,
      array_agg(acquired_on order by transaction_date, day_order, transaction_id) as acquired,
      array_agg(coalesce(units, own_split) order by transaction_date, day_order, transaction_id) as units,
      array_agg(quantity order by transaction_date, day_order, transaction_id) as quantities,
      array_agg(amount order by transaction_date, day_order, transaction_id) as amounts,
      array_agg(lots order by transaction_date, day_order, transaction_id) as chosen
    from transactions
    where is_before
  ),
  reserved as (
    select named.key::bigint as lot_id, sum(named.value::numeric * t.units / t.quantity) as units
    from transactions as t
    cross join jsonb_each_text(t.lots) as named
    where not t.is_before
    group by named.key
  ),
  open_lots as (
    select
      part.lot_id,
      part.lot_date,
      part.taken_units - coalesce(reserved.units, 0) as units,
      part.taken_cost * (part.taken_units - coalesce(reserved.units, 0)) / part.taken_units as cost
    from ledger as l
    cross join match_lots(
      l.method, l.ids, l.types, l.dates, l.acquired, l.units, l.quantities, l.amounts, l.amounts, l.chosen
    ) as part
    left join reserved on reserved.lot_id = part.lot_id
    where part.taker_id is null
  )
select
  o.lot_id as transaction_id,
  t.transaction_type as type,
  t.transaction_date as date,
  o.lot_date as buy_date,
  trim_scale(trunc(o.units / $6::numeric, 12)) as quantity,
  trim_scale(round(o.cost, 12)) as cost,
  case when $4::date > o.lot_date + interval '1 year' then 'long' else 'short' end as term
from open_lots as o
join transactions as t on t.transaction_id = o.lot_id
where o.units > 0
order by o.lot_date, o.lot_id`;

/** With the currency that cost is in. */
export async function readCostBasisMethod(client: PoolClient, userId: number) {
  const { rows } = await client.query<Pick<OpenLots, "method" | "base_currency">>(
    "select cost_basis_method as method, base_currency from public.users where user_id = $1",
    [userId],
  );
  return rows[0]!;
}

/**
 * What is left of each purchase just before a sale on a day. No lots: nothing is held then, or the models are not built yet. Throws
 * InvalidTransactionError for an account that the person does not have.
 */
export function readOpenLots(
  context: Pick<LedgerContext, "pool">,
  userId: number,
  { ticker, date, account, instead }: LotsSubject,
): Promise<OpenLots> {
  return personTransaction(context.pool, userId, async (client) => {
    const { account_id } = requireNamed(await readAccounts(client, userId), account, null);
    const { method, base_currency } = await readCostBasisMethod(client, userId);
    if (!(await areModelsBuilt(client, "int_lots"))) return { method, base_currency, lots: [] };
    const units = unitsByDay(await readSplits(client, ticker))(date).toFixed();
    const { rows } = await client.query<OpenLot>(openLots, [
      userId,
      account_id,
      ticker,
      date,
      instead ?? null,
      units,
    ]);
    return { method, base_currency, lots: rows };
  });
}
