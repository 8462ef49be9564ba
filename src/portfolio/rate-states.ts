/** How far the exchange rates of what a person traded are there. */
import type { PoolClient } from "pg";

export interface RateState {
  /** null: cash. */
  readonly ticker: string | null;
  /** The one whose rates are missing, or begin too late. */
  readonly currency: string;
  /** null: none is known yet. */
  readonly first_rate_date: string | null;
  readonly first_trade_date: string;
  /** What is traded or kept in it counts in no figure until a rate is known. */
  readonly is_left_out: boolean;
}

/** Of each ticker and currency that a rate is missing for on the day of a trade. None where all is in one currency. */
export async function readRateStates(client: PoolClient, userId: number): Promise<RateState[]> {
  const { rows } = await client.query<RateState>({
    name: "read_rate_states",
    text: `with paid as ( -- all trades in a few rows, before anything is looked up for them
             select
               ticker,
               currency,
               min(transaction_date) as first_trade_date,
               bool_or(fx_rate is null) as has_no_rate
             from bronze.transactions
             where user_id = $1
             group by ticker, currency
           ),
           trades as (
             select
               upper(btrim(paid.ticker)) as ticker,
               paid.first_trade_date,
               paid.has_no_rate,
               u.base_currency,
               coalesce(a.currency, paid.currency) as asset_currency,
               coalesce(paid.currency, a.currency) as trade_currency
             from paid
             join public.users u on u.user_id = $1
             left join bronze.raw_assets a on a.ticker = upper(btrim(paid.ticker))
             where paid.ticker is null or a.ticker is not null
           ),
           needed as (
             select
               ticker,
               used.currency,
               min(first_trade_date) as first_trade_date,
               bool_or(has_no_rate or trade_currency <> asset_currency) as needs_rate
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
