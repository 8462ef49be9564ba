/** Everything the page shows of a person's range. */
import Big from "big.js";
import type { Pool, PoolClient } from "pg";
import {
  gold_drawdowns,
  gold_monthly_returns,
  gold_p_timeseries,
  gold_ticker_kpis,
} from "../../../assets/gold.ts";
import { gold_regime_performance } from "../../../assets/macro.ts";
import { gold__performance } from "../../../assets/performance.ts";
import { personTransaction } from "../../database/person.ts";
import type { Registry, RowOf } from "../../engine/index.ts";
import type { Band } from "../charts/time-chart.ts";
import { type Benchmark, readBenchmark, readBenchmarkChoices } from "./benchmark.ts";
import type { Span } from "./range.ts";
import { overRange } from "./range-models.ts";

export type Day = Pick<
  RowOf<typeof gold_p_timeseries>,
  | "price_date"
  | "market_value"
  | "net_contributions"
  | "unrealized_pnl"
  | "realized_pnl"
  | "income_paid_out"
  | "fees_paid"
  | "cumulative_return"
  | "drawdown"
>;

export type Performance = RowOf<typeof gold__performance>;
export type Drawdown = RowOf<typeof gold_drawdowns>;
export type Month = RowOf<typeof gold_monthly_returns>;
export type RegimeFigures = RowOf<typeof gold_regime_performance>;

/** Figures of a ticker over the range; those of its standing (quantity, cost) are of its last day. */
export interface TickerFigures extends RowOf<typeof gold_ticker_kpis> {
  readonly name: string | null;
  readonly asset_class: string | null;
  readonly sector: string | null;
  /** Unrealised at the start: what was gained before the range. */
  readonly opening_pnl: string;
  /** Closes at equal distances over the range; null before the first bar. */
  readonly closes: readonly (number | null)[];
}

export interface RangeFigures {
  readonly span: Span;
  /** Ascending, at least one. First the close that the range is measured from, unless it begins with the first trade. */
  readonly days: readonly Day[];
  readonly bands: readonly Band[];
  readonly benchmark: Benchmark | null;
  readonly benchmarkChoices: readonly { readonly ticker: string; readonly name: string }[];
  readonly performance: Performance;
  readonly drawdowns: readonly Drawdown[];
  readonly months: readonly Month[];
  readonly regimes: readonly RegimeFigures[];
  readonly tickers: readonly TickerFigures[];
}

export interface FiguresRequest {
  readonly registry: Registry;
  readonly userId: number;
  readonly span: Span;
  readonly benchmark: string | null;
}

/**
 * Side by side on three connections: the day's series, the figures over it, the tickers. `span` must not be outside of
 * what there is.
 */
export async function readFigures(pool: Pool, request: FiguresRequest): Promise<RangeFigures> {
  const { userId, span } = request;
  const [series, portfolio, tickers] = await Promise.all([
    personTransaction(pool, userId, (client) => readSeries(client, request)),
    personTransaction(pool, userId, (client) => readPortfolioFigures(client, request)),
    personTransaction(pool, userId, (client) => readTickers(client, request)),
  ]);
  return { span, ...series, ...portfolio, tickers };
}

const valuesOf = ({ userId, span: { start, end } }: FiguresRequest): unknown[] => [userId, start, end];

async function readSeries(client: PoolClient, request: FiguresRequest) {
  const { registry, userId, span, benchmark } = request;
  const { rows } = await client.query<Day>({
    ...overRange(
      registry,
      [gold_p_timeseries],
      `select
         price_date, market_value, net_contributions, unrealized_pnl, realized_pnl, income_paid_out, fees_paid,
         cumulative_return, drawdown
       from gold_p_timeseries
       order by price_date`,
    ),
    values: valuesOf(request),
  });
  const days = span.is_whole ? rows : [openingDay(span), ...rows];
  const dates = days.map(({ price_date }) => price_date);
  return {
    days,
    bands: await readRegimeBands(client, span),
    benchmark: benchmark === null ? null : await readBenchmark(client, benchmark, span, dates),
    benchmarkChoices: await readBenchmarkChoices(client, userId),
  };
}

function openingDay({ start, opening_value, opening_cost }: Span): Day {
  return {
    price_date: start,
    market_value: opening_value,
    net_contributions: "0",
    unrealized_pnl: new Big(opening_value).minus(opening_cost).toFixed(),
    realized_pnl: "0",
    income_paid_out: "0",
    fees_paid: "0",
    cumulative_return: 0,
    drawdown: 0,
  };
}

/** One statement: all of them are read off the same days, which are then computed once. */
async function readPortfolioFigures(client: PoolClient, request: FiguresRequest) {
  const { rows } = await client.query<{
    performance: Performance;
    drawdowns: Drawdown[];
    months: Month[];
    regimes: RegimeFigures[];
  }>({
    // Money leaves as JSON numbers here, which are doubles to JavaScript: exact sums are read with the days.
    ...overRange(
      request.registry,
      [gold__performance, gold_drawdowns, gold_monthly_returns, gold_regime_performance],
      `select
         (select to_jsonb(p) from gold__performance p) as performance,
         (
           select coalesce(jsonb_agg(d order by d.drawdown_rank), '[]')
           from gold_drawdowns d
           where d.drawdown_rank <= 5
         ) as drawdowns,
         (select coalesce(jsonb_agg(m order by m.month), '[]') from gold_monthly_returns m) as months,
         (select coalesce(jsonb_agg(r order by r.days desc), '[]') from gold_regime_performance r) as regimes`,
    ),
    values: valuesOf(request),
  });
  return rows[0]!;
}

async function readTickers(client: PoolClient, request: FiguresRequest): Promise<TickerFigures[]> {
  const { rows } = await client.query<TickerFigures>({
    ...overRange(
      request.registry,
      [gold_ticker_kpis],
      `select
         kpis.*,
         raw_assets.name,
         raw_assets.asset_class,
         raw_assets.sector,
         coalesce(opening.buy_amount - opening.cost_basis, 0) as opening_pnl,
         closes.closes
       from gold_ticker_kpis kpis
       left join bronze.raw_assets on raw_assets.ticker = kpis.ticker
       left join int_holding_periods opening on opening.ticker = kpis.ticker and opening.valid_from = $2::date
       cross join lateral (
         select array_agg(i.close::double precision order by point) as closes
         from generate_series(0, 40) as point
         left join int_prices_daily i
           on i.ticker = kpis.ticker
           and i.price_date = $2::date + round(point * ($3::date - $2::date) / 40.0)::integer
       ) closes
       order by kpis.current_value desc, kpis.ticker`,
    ),
    values: valuesOf(request),
  });
  return rows;
}

async function readRegimeBands(client: PoolClient, { start, end }: Span): Promise<Band[]> {
  const { rows } = await client.query<{ regime: string; from: string; to: string }>({
    name: "read_regime_bands",
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
  return rows.map(({ regime, from, to }) => ({ name: regime, label: regimeLabel(regime), from, to }));
}

export const regimeLabel = (regime: string): string => regime.charAt(0).toUpperCase() + regime.slice(1);
