/** A person's own numbers of one ticker, as far as the formulas of its figures ask for them. */
import type { PoolClient } from "pg";
import { gold_ticker_kpis, int_ticker_flows } from "../../assets/gold.ts";
import type { RowOf } from "../engine/index.ts";
import { readGainParts } from "./money-evidence.ts";
import type { Movement } from "./portfolio-facts.ts";
import type { PublishedModels } from "./published-models.ts";
import type { Span, Whose } from "./range.ts";
import { modelsOverRange } from "./range-models.ts";

type Kpis = RowOf<typeof gold_ticker_kpis> & {
  /** Of the whole portfolio. */
  readonly portfolio_value: string;
  /** Unrealised at the start: what was gained before the range. */
  readonly opening_pnl: string;
};

/** What changed the quantity, by type of transaction; in today's shares, and of own splits what they added. */
export interface Quantities {
  readonly bought: string;
  readonly sold: string;
  /** null: nothing but purchases and sales changed it. */
  readonly others: {
    readonly bonus: string;
    readonly transferred_in: string;
    readonly transferred_out: string;
    readonly split: string;
  } | null;
}

export type TickerFigureFacts = Kpis & {
  readonly quantities: Quantities;
  readonly last_period: LastPeriod;
  /** Of the income, what an account books itself: less tax and fee. */
  readonly booked_net: string;
};

/** The newest day with trades: what they made of the cost. */
interface LastPeriod {
  readonly valid_from: string;
  readonly prev_cost_basis: string;
  readonly buy_amount: string;
  /** Brought by transfers, less what they took. */
  readonly transferred_cost: string;
  readonly removed_cost: string;
}

/** null: the person never held the ticker, or not in that account, or nothing has been computed yet. */
export async function readTickerFacts(
  client: PoolClient,
  published: PublishedModels,
  whose: Whose,
  ticker: string,
  { start, end }: Span,
): Promise<TickerFigureFacts | null> {
  const { userId, account } = whose;
  const { rows } = await client.query<Kpis>(
    `${modelsOverRange(published, account, gold_ticker_kpis)},
     kpis as (
       select
         *,
         sum(current_value) over () as portfolio_value
       from gold_ticker_kpis
       where user_id = $1
     )
     select
       kpis.*,
       coalesce(opening.buy_amount - opening.cost_basis, 0) as opening_pnl
     from kpis
     left join int_ticker_periods opening on opening.ticker = kpis.ticker and opening.valid_from = $2::date
     where kpis.ticker = $5`,
    [userId, start, end, account, ticker],
  );
  const [kpis] = rows;
  if (!kpis) return null;
  const { booked_net } = await readGainParts(client, { ...whose, ticker, start, end });
  return {
    ...kpis,
    quantities: await readQuantities(client, whose, ticker, end),
    last_period: await readLastPeriod(client, whose, ticker, end),
    booked_net,
  };
}

async function readQuantities(
  client: PoolClient,
  { userId, account }: Whose,
  ticker: string,
  end: string,
): Promise<Quantities> {
  const values = [userId, ticker, end, account];
  const { rows } = await client.query<Omit<Quantities, "others"> & { has_others: boolean }>(
    `select
       trim_scale(coalesce(sum(adjusted_quantity) filter (where transaction_type = 'BUY'), 0)) as bought,
       trim_scale(coalesce(sum(adjusted_quantity) filter (where transaction_type = 'SELL'), 0)) as sold,
       coalesce(
         bool_or(transaction_type in ('BONUS', 'TRANSFER_IN', 'TRANSFER_OUT', 'SPLIT')),
         false
       ) as has_others
     from stg_transactions
     where user_id = $1
       and ticker = $2
       and transaction_date <= $3
       and ($4::bigint is null or account_id = $4)`,
    values,
  );
  const { bought, sold, has_others } = rows[0]!;
  if (!has_others) return { bought, sold, others: null };
  const { rows: changes } = await client.query<NonNullable<Quantities["others"]>>(
    `with changes as (
       select
         transaction_type,
         transaction_date,
         quantity - lag(quantity, 1, 0::numeric) over (
           partition by account_id
           order by transaction_date, day_order, transaction_id
         ) as change
       from int_positions
       where user_id = $1
         and ticker = $2
         and ($4::bigint is null or account_id = $4)
     )
     select
       trim_scale(coalesce(sum(change) filter (where transaction_type = 'BONUS'), 0)) as bonus,
       trim_scale(coalesce(sum(change) filter (where transaction_type = 'TRANSFER_IN'), 0)) as transferred_in,
       trim_scale(coalesce(-sum(change) filter (where transaction_type = 'TRANSFER_OUT'), 0)) as transferred_out,
       trim_scale(coalesce(sum(change) filter (where transaction_type = 'SPLIT'), 0)) as split
     from changes
     where transaction_date <= $3`,
    values,
  );
  return { bought, sold, others: changes[0]! };
}

/** Over all accounts: what those without a trade on the day have cost stands in the cost before. */
async function readLastPeriod(
  client: PoolClient,
  { userId, account }: Whose,
  ticker: string,
  end: string,
): Promise<LastPeriod> {
  const { rows } = await client.query<LastPeriod>(
    `with periods as (
       select
         *,
         max(valid_from) over () as last_day
       from int_holding_periods
       where user_id = $1
         and ticker = $2
         and valid_from <= $3
         and ($4::bigint is null or account_id = $4)
     )
     select
       last_day as valid_from,
       sum(case when valid_from = last_day then prev_cost_basis else cost_basis end) as prev_cost_basis,
       sum(buy_amount) filter (where valid_from = last_day) as buy_amount,
       sum(transferred_cost) filter (where valid_from = last_day) as transferred_cost,
       sum(sell_amount - realized_pnl) filter (where valid_from = last_day) as removed_cost
     from periods
     where valid_to > last_day
     group by last_day`,
    [userId, ticker, end, account],
  );
  return rows[0]!;
}

/** The ticker's movements of money, its value on the last day as the last of them. */
export async function readTickerMovements(
  client: PoolClient,
  published: PublishedModels,
  { userId, account }: Whose,
  { ticker, as_of, current_value }: TickerFigureFacts,
  { start, end }: Span,
): Promise<Movement[]> {
  const { rows } = await client.query<Movement>(
    `${modelsOverRange(published, account, int_ticker_flows)},
     movements as (
       select
         flow_date,
         amount,
         case when is_dividend then 'dividends' else 'trades' end as kind
       from int_ticker_flows
       where user_id = $1
         and ticker = $5
       union all
       select $6::date, $7::numeric, 'end'
     )
     select
       flow_date,
       amount,
       flow_date - min(flow_date) over () as days,
       case when kind = 'trades' and flow_date = $2::date then 'start' else kind end as kind
     from movements
     where amount <> 0
     order by flow_date, kind = 'end'`,
    [userId, start, end, account, ticker, as_of, current_value],
  );
  return rows;
}

/** Every ticker that the person ever held, or held in that account. */
export async function readTickerNames(client: PoolClient, { userId, account }: Whose): Promise<string[]> {
  const { rows } = await client.query<{ ticker: string }>(
    `select ticker
     from int_holding_periods
     where user_id = $1
       and ($2::bigint is null or account_id = $2)
     group by ticker
     order by ticker`,
    [userId, account],
  );
  return rows.map(({ ticker }) => ticker);
}
