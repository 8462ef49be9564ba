/** How far the prices of what a person traded are there. */
import type { PoolClient } from "pg";
import { priceBounds } from "../../assets/price-bounds.ts";

export interface PriceState {
  readonly ticker: string;
  /** null: nobody has described it yet. */
  readonly name: string | null;
  readonly first_trade_date: string;
  readonly last_error: string | null;
  readonly is_active: boolean | null;
  /** null: no price is known yet. */
  readonly first_bar_date: string | null;
  readonly last_bar_date: string | null;
  readonly is_final: boolean | null;
  readonly is_stale: boolean | null;
  /** What is wrong with its prices and dividends since the first trade, or shortly before. */
  readonly defects: number;
  /** The symbol has come to mean something else: nothing of that is taken. */
  readonly is_other: boolean;
}

/** One for each ticker that the person ever traded, by name. */
export async function readPriceStates(client: PoolClient, userId: number): Promise<PriceState[]> {
  const { rows } = await client.query<PriceState>({
    name: "read_price_states",
    text: `with traded as (
             select
               upper(btrim(ticker)) as ticker,
               min(transaction_date) as first_trade_date
             from bronze.transactions
             where user_id = $1 and ticker is not null
             group by upper(btrim(ticker))
           )
           select
             traded.ticker,
             traded.first_trade_date,
             raw_assets.name,
             raw_assets.last_error,
             raw_assets.is_active,
             first_bar.price_date as first_bar_date,
             last_bar.price_date as last_bar_date,
             last_bar.is_final,
             last_bar.price_date < (select max(price_date) from bronze.raw_prices where ticker not like '~%') - $2::integer as is_stale,
             (
               select count(*)
               from bronze.market_defects
               where market_defects.ticker = traded.ticker
                 and defect_date >= traded.first_trade_date - 10
             ) as defects,
             exists (
               select
               from bronze.market_defects
               where market_defects.ticker = traded.ticker
                 and defect in ('other_currency', 'other_company')
             ) as is_other
           from traded
           left join bronze.raw_assets on raw_assets.ticker = traded.ticker
           left join lateral (
             select price_date
             from bronze.raw_prices
             where ticker = traded.ticker
             order by price_date
             limit 1
           ) first_bar on true
           left join lateral (
             select price_date, is_final
             from bronze.raw_prices
             where ticker = traded.ticker
             order by price_date desc
             limit 1
           ) last_bar on true
           order by traded.ticker`,
    values: [userId, priceBounds.staleDays],
  });
  return rows;
}
