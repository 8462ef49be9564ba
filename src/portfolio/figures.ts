/** Every figure of a person over a range of days. */
import Big from "big.js";
import type { Pool, PoolClient } from "pg";
import {
  gold_drawdowns,
  gold_monthly_returns,
  gold_p_timeseries,
  gold_ticker_kpis,
} from "../../assets/gold.ts";
import { gold_regime_performance } from "../../assets/macro.ts";
import { gold__performance } from "../../assets/performance.ts";
import { personTransaction } from "../database/person.ts";
import type { Registry, RowOf } from "../engine/index.ts";
import { type Benchmark, compareWith, readBenchmarkPrices } from "./benchmark.ts";
import { closeSlices } from "./close-estimate.ts";
import { readGainParts } from "./money-evidence.ts";
import { type PublishedModels, readPublishedModels, requirePublished } from "./published-models.ts";
import { isConverted, type Span } from "./range.ts";
import { overRange } from "./range-models.ts";
import { accountSlices, slices } from "./slices.ts";

/** A person's days in columns, as charts want them. Doubles: exact sums of money are in the performance. */
export interface Days {
  /** Ascending, at least one. First the close that the range is measured from, unless it begins with the first trade. */
  readonly dates: readonly string[];
  readonly marketValue: readonly number[];
  readonly netContributions: readonly number[];
  readonly incomePaidOut: readonly number[];
  readonly cumulativeReturn: readonly number[];
  readonly drawdown: readonly number[];
}

export type Performance = RowOf<typeof gold__performance>;
export type Drawdown = RowOf<typeof gold_drawdowns>;
export type Month = RowOf<typeof gold_monthly_returns>;
export type RegimeFigures = RowOf<typeof gold_regime_performance>;

/** What tables of tickers show. By name: what nobody names (the rate of each ticker's flows, above all) is not computed. */
const tickerColumns = [
  "ticker",
  "currency",
  "quantity",
  "local_price",
  "current_price",
  "current_value",
  "weight",
  "weight_reason",
  "average_cost",
  "average_cost_reason",
  "unrealized_pnl",
  "realized_pnl",
  "income",
  "total_gain",
  "total_return",
  "is_priced",
] as const;

/** Figures of a ticker over the range; those of its standing (quantity, cost) are of its last day. */
export interface TickerFigures extends Pick<RowOf<typeof gold_ticker_kpis>, (typeof tickerColumns)[number]> {
  readonly name: string | null;
  readonly asset_class: string | null;
  readonly sector: string | null;
  /** Unrealised at the start: what was gained before the range. */
  readonly opening_pnl: string;
}

export interface TickerCourse extends TickerFigures {
  /** Closes at equal distances over the range; null before the first bar. */
  readonly closes: readonly (number | null)[];
}

/** Days of a macro regime that follow one another. */
export interface RegimePeriod {
  readonly regime: string;
  readonly from: string;
  readonly to: string;
}

/** What a range returned, and of what. */
export interface RangeFigures {
  readonly span: Span;
  readonly days: Days;
  readonly regimePeriods: readonly RegimePeriod[];
  readonly benchmark: Benchmark | null;
  readonly performance: Performance;
  /** What shares had gained before a transfer brought them, less that of those that one took: in the gains, but not of the range. */
  readonly transferredGain: string;
  /** Of the days on which more was taken out than put in, what was: net_contributions are what the others brought, less this. */
  readonly withdrawals: string;
  readonly drawdowns: readonly Drawdown[];
  readonly months: readonly Month[];
  readonly regimes: readonly RegimeFigures[];
  readonly tickers: readonly TickerCourse[];
}

export interface FiguresRequest {
  readonly registry: Registry;
  readonly userId: number;
  readonly span: Span;
  readonly benchmark: string | null;
  /** Of that one alone; `span` is its, too. Absent: all together. */
  readonly account?: number | undefined;
  /** Returns, and what follows from them, as closes alone tell them: close-estimate.ts. Of all accounts together. */
  readonly fromCloses?: boolean;
}

/**
 * Side by side on three connections, each about a third of the work: the days and what is read off their index, the
 * figures of risk, the tickers. `span` must not be outside of what there is. To be called within `acrossPublications`: it
 * refuses figures that are of two versions of the models.
 */
export async function readFigures(pool: Pool, request: FiguresRequest): Promise<RangeFigures> {
  const { span } = request;
  const read = reader(pool, request);
  const [index, portfolio, { tickers, benchmark }] = await Promise.all([
    read(readDays),
    read(readPortfolioFigures),
    read(async (client, wanted) => {
      const { tickers, benchmark } = await readTickers(client, wanted);
      return { tickers: await withCloses(client, tickers, span), benchmark };
    }),
  ]);
  await requirePublished(pool, span.published_version);
  return {
    span,
    ...index,
    ...portfolio,
    tickers,
    benchmark: benchmark && compareWith(benchmark, span, index.days.dates),
  };
}

export interface PublishedRequest extends FiguresRequest {
  readonly published: PublishedModels;
}

/** Reads on a connection of its own what one version of the models says. */
export const reader =
  (pool: Pool, request: FiguresRequest) =>
  <T>(work: (client: PoolClient, request: PublishedRequest) => Promise<T>): Promise<T> =>
    personTransaction(
      pool,
      request.userId,
      async (client) => {
        const { registry, span } = request;
        const published = await readPublishedModels(client, registry, span.published_version);
        return work(client, { ...request, published });
      },
      { isPlannedOnce: true },
    );

export const valuesOf = ({ userId, span: { start, end }, account }: FiguresRequest): unknown[] => [
  userId,
  start,
  end,
  ...(account === undefined ? [] : [account]),
];

export const slicesOf = ({ account }: FiguresRequest) => (account === undefined ? slices : accountSlices);

const returnSlicesOf = (request: FiguresRequest) => (request.fromCloses ? closeSlices : slicesOf(request));

/** One statement: all of it is read off the same index, which is then computed once. */
async function readDays(client: PoolClient, request: PublishedRequest) {
  const { published, span } = request;
  const { rows } = await client.query<{
    days: Days & { readonly withdrawals: string };
    drawdowns: Drawdown[];
    months: Month[];
  }>({
    // As JSON: 3,650 days are parsed in 1 ms, as rows of text in 8.
    ...overRange(
      published,
      [gold_p_timeseries, gold_drawdowns, gold_monthly_returns],
      `select
         (
           select json_build_object(
             'dates', json_agg(t.price_date),
             'marketValue', json_agg(t.market_value),
             'netContributions', json_agg(t.net_contributions),
             'incomePaidOut', json_agg(t.income_paid_out),
             'cumulativeReturn', json_agg(t.cumulative_return),
             'drawdown', json_agg(t.drawdown),
             'withdrawals', coalesce(-sum(t.net_flow) filter (where t.net_flow < 0), 0)::text
           )
           from (
             select
               price_date, market_value, net_flow, net_contributions, income_paid_out, cumulative_return, drawdown
             from gold_p_timeseries
             order by price_date
           ) t
         ) as days,
         (
           select coalesce(json_agg(d order by d.drawdown_rank), '[]')
           from gold_drawdowns d
           where d.drawdown_rank <= 5
         ) as drawdowns,
         (select coalesce(json_agg(m order by m.month), '[]') from gold_monthly_returns m) as months`,
      returnSlicesOf(request),
    ),
    values: valuesOf(request),
  });
  const {
    days: { withdrawals, ...days },
    ...read
  } = rows[0]!;
  return { days: span.is_whole ? days : afterOpening(span, days), withdrawals, ...read };
}

function afterOpening({ start, opening_value }: Span, days: Days): Days {
  return {
    dates: [start, ...days.dates],
    marketValue: [Number(opening_value), ...days.marketValue],
    netContributions: [0, ...days.netContributions],
    incomePaidOut: [0, ...days.incomePaidOut],
    cumulativeReturn: [0, ...days.cumulativeReturn],
    drawdown: [0, ...days.drawdown],
  };
}

/** Of the whole portfolio, and of each regime: both are read off the same returns. */
async function readPortfolioFigures(client: PoolClient, request: PublishedRequest) {
  const { published, span } = request;
  const { rows } = await client.query<Performance & { regimes: RegimeFigures[] }>({
    ...overRange(
      published,
      [gold__performance, gold_regime_performance],
      `select
         performance.*,
         (select coalesce(json_agg(r order by r.days desc), '[]') from gold_regime_performance r) as regimes
       from gold__performance performance`,
      returnSlicesOf(request),
    ),
    values: valuesOf(request),
  });
  const { regimes, ...performance } = rows[0]!;
  return {
    performance,
    regimes,
    transferredGain: await readTransferredGain(client, request, performance),
    regimePeriods: await readRegimePeriods(client, span),
  };
}

/** Looked for where something is left of the gain beside trades and income alone: hardly anybody's. */
async function readTransferredGain(
  client: PoolClient,
  { userId, span, account }: PublishedRequest,
  performance: Performance,
): Promise<string> {
  const { unrealized_pnl, realized_pnl, income, net_contributions, income_paid_out } = performance;
  const gains = [unrealized_pnl, realized_pnl, income, net_contributions, span.opening_cost];
  const left = gains.reduce(
    (rest, part) => rest.minus(part),
    new Big(performance.market_value).plus(income_paid_out),
  );
  if (left.round(4).eq(0) || isConverted(span)) return "0";
  const extent = { ...span, userId, account: account ?? null, ticker: null };
  const { transferred } = await readGainParts(client, extent);
  return new Big(transferred).times(-1).toFixed();
}

/** A further CTE of a statement over a range: what each ticker had gained, unrealised, before the range. */
export const openings = `opening as materialized (
  select ticker, buy_amount - cost_basis as pnl
  from int_ticker_periods
  where valid_from = $2::date
)`;

/** And the prices of what is compared with them. */
export async function readTickers(client: PoolClient, request: PublishedRequest) {
  const { span, benchmark } = request;
  const { rows } = await client.query<TickerFigures>({
    ...overRange(
      request.published,
      [gold_ticker_kpis],
      `, ${openings}
       select
         ${tickerColumns.map((column) => `kpis.${column}`).join(", ")},
         raw_assets.name,
         raw_assets.asset_class,
         raw_assets.sector,
         coalesce(opening.pnl, 0) as opening_pnl
       from gold_ticker_kpis kpis
       left join bronze.raw_assets on raw_assets.ticker = kpis.ticker
       left join opening on opening.ticker = kpis.ticker
       order by kpis.current_value desc, kpis.ticker`,
      slicesOf(request),
    ),
    values: valuesOf(request),
  });
  return {
    tickers: rows,
    benchmark: benchmark === null ? null : await readBenchmarkPrices(client, benchmark, span),
  };
}

async function withCloses(
  client: PoolClient,
  tickers: readonly TickerFigures[],
  { start, end }: Span,
): Promise<TickerCourse[]> {
  const { rows } = await client.query<{ closes: TickerCourse["closes"] }>({
    name: "read_closes",
    text: `select
             (
               select array_agg(i.close::double precision order by point.number)
               from (
                 select number, $2::date + round(number * ($3::date - $2::date) / 40.0)::integer as day
                 from generate_series(0, 40) as number
                 offset 0 -- an expression beside row-level security is no condition of an index: 13 ms for 20 tickers
               ) as point
               left join int_prices_daily i on i.ticker = wanted.ticker and i.price_date = point.day
             ) as closes
           from unnest($1::text[]) with ordinality as wanted (ticker, place)
           order by wanted.place`,
    values: [tickers.map(({ ticker }) => ticker), start, end],
  });
  return tickers.map((ticker, place) => ({ ...ticker, closes: rows[place]!.closes }));
}

export async function readRegimePeriods(client: PoolClient, { start, end }: Span): Promise<RegimePeriod[]> {
  const { rows } = await client.query<RegimePeriod>({
    name: "read_regime_periods",
    text: `select
             regime,
             min(date) as "from",
             max(date) as "to"
           from fct_macro_regimes
           where date between $1 and $2
           group by
             regime,
             regime_start
           order by min(date)`,
    values: [start, end],
  });
  return rows;
}
