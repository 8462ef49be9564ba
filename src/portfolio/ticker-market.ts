/** What the market says of a ticker, and what is odd in it: closes, dividends and splits, defects. */
import type { PoolClient } from "pg";
import { priceBounds } from "../../assets/price-bounds.ts";
import type { Whose } from "./range.ts";

export interface Price {
  readonly price_date: string;
  readonly close: string;
}

export interface CorporateAction {
  readonly action_date: string;
  /** Capital gains of funds are dividends here. */
  readonly action_type: "split" | "dividend";
  readonly numerator: string | null;
  readonly denominator: string | null;
  readonly cash_per_share: string | null;
  /** What the person was paid by the market's word; null for a split, and for a dividend while nothing was held. */
  readonly income: string | null;
  /** It was held where dividends are booked: what was paid is among the transactions. */
  readonly is_booked: boolean;
  /** false: a split that changes nobody's shares. */
  readonly is_accepted: boolean;
  /** false: Yahoo's prices before the split are not adjusted for it, and are scaled here. */
  readonly is_history_adjusted: boolean;
  /** What was decided on the split is worth a look. */
  readonly is_doubtful: boolean;
  /** Why it was decided so; null for a dividend. */
  readonly reason: string | null;
}

/** Something found wrong with the ticker's market data. */
export interface Defect {
  readonly defect_date: string;
  readonly defect: string;
  /** Figures do as if the value were not there. */
  readonly is_kept_out: boolean;
  readonly detail: string;
}

/** A close that stands far from the one before it, or came long after it. */
export interface Oddity {
  readonly price_date: string;
  readonly change: number;
  readonly gap_days: number;
  readonly is_spike: boolean;
  readonly is_gap: boolean;
}

export async function readPrices(client: PoolClient, ticker: string, start: string): Promise<Price[]> {
  const { rows } = await client.query<Price>(
    `select
       price_date,
       close
     from stg_raw_prices
     where ticker = $1
       and price_date >= $2
     order by price_date`,
    [ticker, start],
  );
  return rows;
}

export async function readActions(
  client: PoolClient,
  { userId, account }: Whose,
  ticker: string,
): Promise<CorporateAction[]> {
  const { rows } = await client.query<CorporateAction>(
    `with received as materialized ( -- once, not once more for each dividend
       select
         ex_date,
         sum(amount) as amount
       from int_dividend_income
       where user_id = $1
         and ticker = $2
         and ($3::bigint is null or account_id = $3)
       group by ex_date
     )
     select
       action_date,
       'split' as action_type,
       numerator,
       denominator,
       null as cash_per_share,
       null as income,
       false as is_booked,
       is_accepted,
       is_history_adjusted,
       is_doubtful,
       reason
     from stg_splits
     where ticker = $2
     union all
     select
       dividends.ex_date,
       'dividend',
       null,
       null,
       dividends.cash_per_share,
       received.amount,
       exists (
         select
         from int_holding_periods
         where user_id = $1
           and ticker = $2
           and ($3::bigint is null or account_id = $3)
           and books_income
           and quantity > 0
           and valid_from < dividends.ex_date
           and valid_to >= dividends.ex_date
       ),
       true,
       true,
       false,
       null
     from stg_dividends dividends
     left join received on received.ex_date = dividends.ex_date
     where dividends.ticker = $2
     order by action_date`,
    [userId, ticker, account],
  );
  return rows;
}

/** Since the first trade, by the bounds of the checks no_spike and no_gap. */
export async function readOddities(client: PoolClient, ticker: string, since: string): Promise<Oddity[]> {
  const { rows } = await client.query<Oddity>(
    `with bars as (
       select
         price_date,
         (close / lag(close) over in_order - 1)::double precision as change,
         price_date - lag(price_date) over in_order as gap_days
       from stg_raw_prices
       where ticker = $1
       window in_order as (order by price_date)
     ),
     judged as (
       select
         *,
         abs(change) > $3 as is_spike,
         case
           when gap_days > $4 then not exists ( -- the exchange's others rest as long: no bar is missing
             select
             from raw_assets as own
             join raw_assets as others on others.exchange = own.exchange and others.ticker <> own.ticker
             where own.ticker = $1
               and own.source <> 'yahoo'
             having bool_or(exists (select from raw_prices where ticker = others.ticker and price_date = bars.price_date))
               and not bool_or(exists (
                 select
                 from raw_prices
                 where ticker = others.ticker
                   and price_date > bars.price_date - bars.gap_days
                   and price_date < bars.price_date
               ))
           )
           else false
         end as is_gap
       from bars
       where price_date >= $2
     )
     select *
     from judged
     where is_spike or is_gap
     order by price_date desc
     limit 10`,
    [ticker, since, priceBounds.spike, priceBounds.gapDays],
  );
  return rows;
}

/** The newest first; no page lists more. */
export async function readDefects(client: PoolClient, ticker: string): Promise<Defect[]> {
  const { rows } = await client.query<Defect>(
    `select defect_date, defect, is_kept_out, detail
     from market_defects
     where ticker = $1
     order by defect_date desc, defect
     limit 40`,
    [ticker],
  );
  return rows;
}

/** Is the last bar of the ticker much older than the newest of anything? */
export async function readStaleness(client: PoolClient, ticker: string): Promise<boolean> {
  const { rows } = await client.query<{ is_stale: boolean | null }>(
    `select max(price_date) filter (where ticker = $1) < max(price_date) - $2::integer as is_stale
     from raw_prices`,
    [ticker, priceBounds.staleDays],
  );
  return rows[0]?.is_stale ?? false;
}
