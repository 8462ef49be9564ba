/** Everything the page of a ticker shows of it, for one person. */
import type { PoolClient } from "pg";
import { type dim_assets, gold_ticker_kpis } from "../../assets/gold.ts";
import { priceBounds } from "../../assets/price-bounds.ts";
import type { Registry, RowOf } from "../engine/index.ts";
import { readCurrentModels } from "./published-models.ts";
import { beforeAllDays, rangeIntervals, type Whose } from "./range.ts";
import { overRange } from "./range-models.ts";
import { readRateStates } from "./rate-states.ts";
import { accountSlices } from "./slices.ts";
import { readLots, readSales, readTradeMarks, readTrades } from "./ticker-lists.ts";

const { Max, ...bounded } = rangeIntervals;

/** Ranges of the price chart. `Held`: from a little before the first trade on. */
const intervals = { ...bounded, Held: null, Max } as const;

export type TickerRangeName = keyof typeof intervals;
export const tickerRangeNames = Object.keys(intervals) as [TickerRangeName, ...TickerRangeName[]];

export type Description = Pick<
  RowOf<typeof dim_assets>,
  | "name"
  | "asset_class"
  | "sector"
  | "industry"
  | "exchange"
  | "currency"
  | "is_active"
  | "last_error"
  | "first_price_date"
  | "last_price_date"
  | "is_last_close_final"
>;

export interface Price {
  readonly price_date: string;
  readonly close: string;
}

export interface HeldDay {
  readonly price_date: string;
  readonly quantity: string;
  readonly market_value: string;
  readonly cost_basis: string;
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

/** Which part of each list is asked for, counted from 1. */
export interface TickerPages {
  readonly trades: number;
  readonly lots: number;
  readonly sales: number;
}

/** An account that the ticker is, or was, in. */
export interface TickerAccount {
  readonly account_id: number;
  readonly name: string;
  readonly tracks_cash: boolean;
  readonly books_income: boolean;
}

/** null: the person never traded the ticker, or not in that account. */
export async function readTicker(
  client: PoolClient,
  registry: Registry,
  whose: Whose,
  ticker: string,
  range: TickerRangeName,
  pages: TickerPages,
) {
  const { userId } = whose;
  const ledger = await readLedgerDays(client, whose, ticker);
  if (ledger === null) return null;
  const start = await readStart(client, ledger.first_date, range);
  const method = await readMethod(client, userId);
  const hasLots = method !== "average";
  return {
    ticker,
    ledger,
    account: whose.account,
    accounts: await readAccounts(client, userId, ticker),
    method,
    description: await readDescription(client, ticker),
    kpis: await readKpis(client, registry, whose, ticker),
    prices: await readPrices(client, ticker, start),
    days: await readHeldDays(client, whose, ticker, start),
    marks: await readTradeMarks(client, whose, ticker, start),
    trades: await readTrades(client, whose, ticker, pages.trades),
    lots: hasLots ? await readLots(client, whose, ticker, pages.lots) : null,
    sales: hasLots ? null : await readSales(client, whose, ticker, pages.sales),
    actions: await readActions(client, whose, ticker),
    oddities: await readOddities(client, ticker, ledger.first_date),
    isStale: await readStaleness(client, ticker),
    rates: (await readRateStates(client, userId)).filter((state) => state.ticker === ticker),
    currencies: await readCurrencies(client, userId),
    defects: await readDefects(client, ticker),
  };
}

export type TickerFacts = NonNullable<Awaited<ReturnType<typeof readTicker>>>;

/** The days of the first and the last trade. */
interface LedgerDays {
  readonly first_date: string;
  readonly last_date: string;
}

async function readLedgerDays(
  client: PoolClient,
  { userId, account }: Whose,
  ticker: string,
): Promise<LedgerDays | null> {
  const { rows } = await client.query<LedgerDays>(
    `select min(transaction_date) as first_date, max(transaction_date) as last_date
     from transactions
     where user_id = $1
       and ticker = $2
       and ($3::bigint is null or account_id = $3)
     having count(*) > 0`,
    [userId, ticker, account],
  );
  return rows[0] ?? null;
}

export type CostMethod = "average" | "fifo" | "lifo" | "hifo";

async function readMethod(client: PoolClient, userId: number): Promise<CostMethod> {
  const { rows } = await client.query<{ method: CostMethod }>(
    "select cost_basis_method as method from users where user_id = $1",
    [userId],
  );
  return rows[0]?.method ?? "average";
}

/** The default one first, then by name. */
async function readAccounts(client: PoolClient, userId: number, ticker: string): Promise<TickerAccount[]> {
  const { rows } = await client.query<TickerAccount>(
    `select
       account_id,
       name,
       tracks_cash,
       income = 'ledger' as books_income
     from public.accounts
     where user_id = $1
       and account_id in (select account_id from transactions where user_id = $1 and ticker = $2)
     order by is_default desc, lower(name)`,
    [userId, ticker],
  );
  return rows;
}

/** The person's base currency, as figures are in it, and those of all that they ever held. */
async function readCurrencies(
  client: PoolClient,
  userId: number,
): Promise<{ readonly base: string; readonly all: readonly string[] }> {
  const { rows } = await client.query<{ base: string; all: string[] }>(
    `select
       coalesce(min(base_currency), (select base_currency from users where user_id = $1)) as base,
       coalesce(array_agg(distinct currency), '{}') as all
     from int_holding_periods
     where user_id = $1`,
    [userId],
  );
  return rows[0]!;
}

const unknownTicker: Description = {
  name: "",
  asset_class: "",
  sector: null,
  industry: null,
  exchange: null,
  currency: "USD",
  is_active: true,
  last_error: null,
  first_price_date: null,
  last_price_date: null,
  is_last_close_final: null,
};

async function readDescription(client: PoolClient, ticker: string): Promise<Description> {
  const { rows } = await client.query<Description>(
    `select
       name, asset_class, sector, industry, exchange, currency, is_active, last_error,
       first_price_date, last_price_date, is_last_close_final
     from dim_assets
     where ticker = $1`,
    [ticker],
  );
  return rows[0] ?? unknownTicker;
}

async function readStart(client: PoolClient, firstTrade: string, range: TickerRangeName): Promise<string> {
  const { rows } = await client.query<{ start: string }>(
    `select
       case $1
         when 'Max' then date '1900-01-01'
         when 'Held' then $2::date - 30 -- what the price did before it was bought
         when 'YTD' then date_trunc('year', last_day::timestamp)::date - 1
         else (last_day - $3::interval)::date
       end as start
     from int_last_day`,
    [range, firstTrade, intervals[range]],
  );
  return rows[0]?.start ?? firstTrade;
}

async function readKpis(
  client: PoolClient,
  registry: Registry,
  { userId, account }: Whose,
  ticker: string,
): Promise<RowOf<typeof gold_ticker_kpis> | null> {
  if (account !== null) return readAccountKpis(client, registry, userId, account, ticker);
  // Not restricted to the ticker: its weight is a share of all of them.
  const { rows } = await client.query<RowOf<typeof gold_ticker_kpis>>(
    "with kpis as materialized (select * from gold_ticker_kpis where user_id = $1) select * from kpis where ticker = $2",
    [userId, ticker],
  );
  return rows[0] ?? null;
}

/** Of the account's slice over the whole time. */
async function readAccountKpis(
  client: PoolClient,
  registry: Registry,
  userId: number,
  account: number,
  ticker: string,
): Promise<RowOf<typeof gold_ticker_kpis> | null> {
  const published = await readCurrentModels(client, registry);
  const { rows: days } = await client.query<{ last_day: string }>("select last_day from int_last_day");
  const statement = overRange(
    published,
    [gold_ticker_kpis],
    "select * from gold_ticker_kpis where ticker = $5",
    accountSlices,
  );
  const values = [userId, beforeAllDays, days[0]?.last_day ?? beforeAllDays, account, ticker];
  const { rows } = await client.query<RowOf<typeof gold_ticker_kpis>>({ ...statement, values });
  return rows[0] ?? null;
}

async function readPrices(client: PoolClient, ticker: string, start: string): Promise<Price[]> {
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

async function readHeldDays(
  client: PoolClient,
  { userId, account }: Whose,
  ticker: string,
  start: string,
): Promise<HeldDay[]> {
  const { rows } = await client.query<HeldDay>(
    `select
       price_date,
       sum(quantity) as quantity,
       sum(market_value) as market_value,
       sum(cost_basis) as cost_basis
     from int_daily_holdings
     where user_id = $1
       and ticker = $2
       and price_date >= $3
       and ($4::bigint is null or account_id = $4)
     group by price_date
     order by price_date`,
    [userId, ticker, start, account],
  );
  return rows;
}

async function readActions(
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
async function readOddities(client: PoolClient, ticker: string, since: string): Promise<Oddity[]> {
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
async function readDefects(client: PoolClient, ticker: string): Promise<Defect[]> {
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
async function readStaleness(client: PoolClient, ticker: string): Promise<boolean> {
  const { rows } = await client.query<{ is_stale: boolean | null }>(
    `select max(price_date) filter (where ticker = $1) < max(price_date) - $2::integer as is_stale
     from raw_prices`,
    [ticker, priceBounds.staleDays],
  );
  return rows[0]?.is_stale ?? false;
}
