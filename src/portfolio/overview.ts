/** What somebody wants to know first: what there is, and what the last day, a range and the whole time did to it. */
import Big from "big.js";
import type { Pool, PoolClient } from "pg";
import { gold_p_timeseries, gold_ticker_kpis } from "../../assets/gold.ts";
import { dayBefore } from "../values.ts";
import { type Benchmark, compareWith } from "./benchmark.ts";
import {
  type Days,
  type FiguresRequest,
  openings,
  type PublishedRequest,
  type RegimePeriod,
  reader,
  readRegimePeriods,
  readTickers,
  slicesOf,
  type TickerFigures,
  valuesOf,
} from "./figures.ts";
import { requirePublished } from "./published-models.ts";
import { beforeAllDays, type Span } from "./range.ts";
import { overRange } from "./range-models.ts";

/** What days did: `change` and `twr` of docs/metrics.md over them. */
export interface Change {
  /** In the base currency. */
  readonly gain: string;
  readonly twr: number;
}

/** What one day did to a ticker: `change` and `total_return` over it. null: there was no such day of it. */
export interface DayOfTicker {
  readonly day_gain: string | null;
  readonly day_return: number | null;
}

/** What there is beside the holdings at the close of the last day, and in which accounts all of it lies; in the base currency. */
export interface Standing {
  /** Below 0: owed. */
  readonly cash: readonly { readonly currency: string; readonly value: string }[];
  /** Empty where the figures are of one account, or there is only one. */
  readonly accounts: readonly { readonly name: string; readonly value: string }[];
}

/** What a chart of the value needs of the days. */
export type ValueDays = Pick<Days, "dates" | "marketValue" | "netContributions" | "incomePaidOut">;

export interface OverviewFigures {
  readonly span: Span;
  readonly days: ValueDays;
  readonly regimePeriods: readonly RegimePeriod[];
  readonly marketValue: string;
  /** The newest day of the range that has a price of what is held: what comes after it is a weekend, or waits for prices. */
  readonly day: string;
  readonly changes: {
    readonly day: Change;
    readonly range: Change;
    /** Since the first transaction; null: that is the range. */
    readonly whole: Change | null;
  };
  readonly benchmark: Benchmark | null;
  readonly tickers: readonly (TickerFigures & DayOfTicker)[];
  readonly standing: Standing;
}

/**
 * Side by side on three connections. `span` must not be outside of what there is. To be called within `acrossPublications`: it refuses
 * figures that are of two versions of the models.
 */
export async function readOverview(pool: Pool, request: FiguresRequest): Promise<OverviewFigures> {
  const { span } = request;
  const day = [span.prices_as_of, span.first].toSorted().at(-1)!;
  const ofDay = { start: dayBefore(day), end: day };
  const read = reader(pool, request);
  const [{ days, regimePeriods, last }, { tickers, benchmark, standing }, of] = await Promise.all([
    read(readValues),
    read(async (client, wanted) => ({
      ...(await readTickers(client, wanted)),
      standing: await readStanding(client, wanted),
    })),
    read(async (client, wanted) => ({
      day: await readChange(client, within(wanted, ofDay)),
      tickers: await readDayOfTickers(client, within(wanted, ofDay)),
      whole: span.is_whole
        ? null
        : await readChange(client, within(wanted, { start: beforeAllDays, end: span.end })),
    })),
  ]);
  await requirePublished(pool, span.published_version);
  const unknown = { day_gain: null, day_return: null };
  return {
    span,
    days,
    regimePeriods,
    marketValue: last.market_value,
    day,
    changes: {
      day: of.day,
      // What there was at the start counts as put in.
      range: { gain: new Big(last.total_gain).minus(span.opening_value).toFixed(), twr: last.twr },
      whole: of.whole,
    },
    benchmark: benchmark && compareWith(benchmark, span, days.dates),
    tickers: tickers.map((ticker) => ({ ...ticker, ...(of.tickers.get(ticker.ticker) ?? unknown) })),
    standing,
  };
}

/** The same request of other days, which are within those of its span. */
const within = (request: PublishedRequest, days: Pick<Span, "start" | "end">): PublishedRequest => ({
  ...request,
  span: { ...request.span, ...days },
});

interface LastDay {
  readonly market_value: string;
  readonly total_gain: string;
  readonly twr: number;
}

/** The days as a chart wants them, and the last one exactly. */
async function readValues(client: PoolClient, request: PublishedRequest) {
  const { published, span } = request;
  const { rows } = await client.query<LastDay & { days: ValueDays }>({
    ...overRange(
      published,
      [gold_p_timeseries],
      `select
         json_build_object(
           'dates', json_agg(t.price_date),
           'marketValue', json_agg(t.market_value),
           'netContributions', json_agg(t.net_contributions),
           'incomePaidOut', json_agg(t.income_paid_out)
         ) as days,
         (array_agg(t.market_value))[count(*)] as market_value,
         (array_agg(t.total_gain))[count(*)] as total_gain,
         (array_agg(t.cumulative_return))[count(*)] as twr
       from (
         select price_date, market_value, net_contributions, income_paid_out, total_gain, cumulative_return
         from gold_p_timeseries
         order by price_date
       ) t`,
      slicesOf(request),
    ),
    values: valuesOf(request),
  });
  const { days, ...last } = rows[0]!;
  return {
    days: span.is_whole ? days : afterOpening(span, days),
    last,
    regimePeriods: await readRegimePeriods(client, span),
  };
}

const afterOpening = ({ start, opening_value }: Span, days: ValueDays): ValueDays => ({
  dates: [start, ...days.dates],
  marketValue: [Number(opening_value), ...days.marketValue],
  netContributions: [0, ...days.netContributions],
  incomePaidOut: [0, ...days.incomePaidOut],
});

/** What the days of the request's span did. */
async function readChange(client: PoolClient, request: PublishedRequest): Promise<Change> {
  const { rows } = await client.query<Change>({
    ...overRange(
      request.published,
      [gold_p_timeseries],
      `select
         last.total_gain - opening.prev_market_value as gain,
         last.cumulative_return as twr
       from (select * from gold_p_timeseries order by price_date desc limit 1) as last
       cross join (select prev_market_value from gold_p_timeseries order by price_date limit 1) as opening`,
      slicesOf(request),
    ),
    values: valuesOf(request),
  });
  return rows[0]!;
}

async function readDayOfTickers(
  client: PoolClient,
  request: PublishedRequest,
): Promise<ReadonlyMap<string, DayOfTicker>> {
  const { rows } = await client.query<DayOfTicker & { ticker: string }>({
    ...overRange(
      request.published,
      [gold_ticker_kpis],
      `, ${openings}
       select
         kpis.ticker,
         kpis.total_gain - coalesce(opening.pnl, 0) as day_gain,
         kpis.total_return as day_return
       from gold_ticker_kpis kpis
       left join opening on opening.ticker = kpis.ticker`,
      slicesOf(request),
    ),
    values: valuesOf(request),
  });
  return new Map(rows.map(({ ticker, ...day }) => [ticker, day]));
}

async function readStanding(
  client: PoolClient,
  { userId, span, account }: FiguresRequest,
): Promise<Standing> {
  const { rows } = await client.query<Standing>({
    name: "read_standing",
    // As text: a JSON number is a double.
    text: `select
             (
               select coalesce(json_agg(c order by c.currency), '[]')
               from (
                 select currency, sum(market_value)::text as value
                 from int_cash_daily
                 where user_id = $1 and cash_date = $2 and ($3::bigint is null or account_id = $3)
                 group by currency
               ) c
             ) as cash,
             (
               select coalesce(json_agg(a order by a.name), '[]')
               from (
                 select account.name, d.market_value::text as value
                 from int_portfolios p
                 join int_portfolio_daily d on d.user_id = p.user_id and d.portfolio_id = p.portfolio_id
                 join public.accounts account on account.account_id = p.account_id
                 where p.user_id = $1 and p.portfolio_id > 0 and d.price_date = $2 and $3::bigint is null
               ) a
             ) as accounts`,
    values: [userId, span.end, account ?? null],
  });
  return rows[0]!;
}
