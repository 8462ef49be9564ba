/** How far the exchange rates of what a person traded are there. */
import type { PoolClient } from "pg";

export interface RateState {
  readonly ticker: string;
  /** The one whose rates are missing, or begin too late. */
  readonly currency: string;
  /** null: none is known yet. */
  readonly first_rate_date: string | null;
  readonly first_trade_date: string;
  /** What is traded in it counts in no figure until a rate is known. */
  readonly is_left_out: boolean;
}

/** Of each ticker and currency that a rate is missing for on the day of a trade. None where all is in one currency. */
export async function readRateStates(client: PoolClient, userId: number): Promise<RateState[]> {
  const { rows } = await client.query<RateState>({
    name: "read_rate_states",
    text: `with trades as (
             select
               upper(btrim(t.ticker)) as ticker,
               t.transaction_date,
               t.fx_rate,
               u.base_currency,
               coalesce(a.currency, t.currency, 'USD') as asset_currency,
               coalesce(t.currency, a.currency, 'USD') as trade_currency
             from bronze.transactions t
             join public.users u on u.user_id = t.user_id
             left join bronze.raw_assets a on a.ticker = upper(btrim(t.ticker))
             where t.user_id = $1
           ),
           needed as (
             select
               ticker,
               used.currency,
               min(transaction_date) as first_trade_date,
               bool_or(fx_rate is null or trade_currency <> asset_currency) as needs_rate
             from trades
             cross join lateral unnest(array[base_currency, asset_currency, trade_currency]) as used (currency)
             where base_currency <> asset_currency or base_currency <> trade_currency
             group by ticker, used.currency
           )
           select
             needed.ticker,
             needed.currency,
             first_rate.rate_date as first_rate_date,
             needed.first_trade_date,
             first_rate.rate_date is null and needed.needs_rate as is_left_out
           from needed
           left join lateral (
             select min(rate_date) as rate_date
             from bronze.raw_fx_rates
             where raw_fx_rates.currency = needed.currency
           ) first_rate on true
           where first_rate.rate_date is null or first_rate.rate_date > needed.first_trade_date
           order by needed.ticker, needed.currency`,
    values: [userId],
  });
  return rows;
}
