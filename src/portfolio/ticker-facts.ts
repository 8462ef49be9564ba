/** A person's own numbers of one ticker, as far as the formulas of its figures ask for them. */
import type { PoolClient } from "pg";
import { gold_ticker_kpis, int_ticker_flows } from "../../assets/gold.ts";
import type { RowOf } from "../engine/index.ts";
import type { Movement } from "./portfolio-facts.ts";
import type { PublishedModels } from "./published-models.ts";
import type { Span } from "./range.ts";
import { modelsOverRange } from "./range-models.ts";

type Kpis = RowOf<typeof gold_ticker_kpis> & {
  /** Of the whole portfolio. */
  readonly portfolio_value: string;
  /** Unrealised at the start: what was gained before the range. */
  readonly opening_pnl: string;
};

interface Trades {
  /** Quantities, in today's shares. */
  readonly bought: string;
  readonly sold: string;
  readonly last_period: LastPeriod;
}

export type TickerFigureFacts = Kpis & Trades;

/** The newest day with trades: what they made of the cost. */
interface LastPeriod {
  readonly valid_from: string;
  readonly prev_cost_basis: string;
  readonly buy_amount: string;
  readonly removed_cost: string;
}

/** null: the person never held the ticker, or nothing has been computed yet. */
export async function readTickerFacts(
  client: PoolClient,
  published: PublishedModels,
  userId: number,
  ticker: string,
  { start, end }: Span,
): Promise<TickerFigureFacts | null> {
  const { rows } = await client.query<Kpis>(
    `${modelsOverRange(published, gold_ticker_kpis)},
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
     where kpis.ticker = $4`,
    [userId, start, end, ticker],
  );
  const [kpis] = rows;
  return kpis ? { ...kpis, ...(await readTrades(client, userId, ticker, end)) } : null;
}

async function readTrades(client: PoolClient, userId: number, ticker: string, end: string): Promise<Trades> {
  const { rows: quantities } = await client.query<Pick<Trades, "bought" | "sold">>(
    `select
       trim_scale(coalesce(sum(adjusted_quantity) filter (where transaction_type = 'BUY'), 0)) as bought,
       trim_scale(coalesce(sum(adjusted_quantity) filter (where transaction_type = 'SELL'), 0)) as sold
     from stg_transactions
     where user_id = $1
       and ticker = $2
       and transaction_date <= $3`,
    [userId, ticker, end],
  );
  const { rows: periods } = await client.query<LastPeriod>(
    `select
       valid_from,
       prev_cost_basis,
       buy_amount,
       sell_amount - realized_pnl as removed_cost
     from int_holding_periods
     where user_id = $1
       and ticker = $2
       and valid_from <= $3
     order by valid_from desc
     limit 1`,
    [userId, ticker, end],
  );
  return { ...quantities[0]!, last_period: periods[0]! };
}

/** The ticker's movements of money, its value on the last day as the last of them. */
export async function readTickerMovements(
  client: PoolClient,
  published: PublishedModels,
  userId: number,
  { ticker, as_of, current_value }: TickerFigureFacts,
  { start, end }: Span,
): Promise<Movement[]> {
  const { rows } = await client.query<Movement>(
    `${modelsOverRange(published, int_ticker_flows)},
     movements as (
       select
         flow_date,
         amount,
         case when is_dividend then 'dividends' else 'trades' end as kind
       from int_ticker_flows
       where user_id = $1
         and ticker = $4
       union all
       select $5::date, $6::numeric, 'end'
     )
     select
       flow_date,
       amount,
       flow_date - min(flow_date) over () as days,
       case when kind = 'trades' and flow_date = $2::date then 'start' else kind end as kind
     from movements
     where amount <> 0
     order by flow_date, kind = 'end'`,
    [userId, start, end, ticker, as_of, current_value],
  );
  return rows;
}

/** Every ticker that the person ever traded. */
export async function readTickerNames(client: PoolClient, userId: number): Promise<string[]> {
  const { rows } = await client.query<{ ticker: string }>(
    "select ticker from gold_ticker_kpis where user_id = $1 order by ticker",
    [userId],
  );
  return rows.map(({ ticker }) => ticker);
}
