/** Everything the page of a ticker shows of it, for one person. */
import type { PoolClient } from "pg";
import { type dim_assets, gold_ticker_kpis } from "../../assets/gold.ts";
import type { Registry, RowOf } from "../engine/index.ts";
import { readCurrentModels } from "./published-models.ts";
import { beforeAllDays, rangeIntervals, type Whose } from "./range.ts";
import { overRange } from "./range-models.ts";
import { readRateStates } from "./rate-states.ts";
import { accountSlices } from "./slices.ts";
import { readLots, readSales, readTradeMarks, readTrades } from "./ticker-lists.ts";
import { readActions, readDefects, readOddities, readPrices, readStaleness } from "./ticker-market.ts";

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

export interface HeldDay {
  readonly price_date: string;
  readonly quantity: string;
  readonly market_value: string;
  readonly cost_basis: string;
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
  const { rows } = await client.query<RowOf<typeof gold_ticker_kpis>>(
    "select * from gold_ticker_kpis where user_id = $1 and ticker = $2",
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
