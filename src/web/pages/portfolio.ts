/** Portfolio Analytics: value, change in money, change in percent, and what is behind them. */
import Big from "big.js";
import { Router } from "express";
import type { Pool, PoolClient } from "pg";
import { z } from "zod";
import type { gold_p_timeseries, gold_ticker_kpis } from "../../../assets/gold.ts";
import type { gold__performance } from "../../../assets/performance.ts";
import { personTransaction } from "../../database/person.ts";
import type { RowOf } from "../../engine/index.ts";
import { type Band, timeChart } from "../charts/time-chart.ts";
import { requirePerson, type WebContext } from "../context.ts";
import type { Format } from "../format.ts";
import { readDataNotes } from "./data-notes.ts";
import { environmentOf, type SendPage } from "./page.ts";

/** What the range picker offers, as PostgreSQL intervals; `YTD` and `Max` are none. */
const intervals = {
  "1M": "1 month",
  "3M": "3 months",
  "6M": "6 months",
  YTD: null,
  "1Y": "1 year",
  "3Y": "3 years",
  "5Y": "5 years",
  Max: null,
} as const;

type Range = keyof typeof intervals;

const rangeNames = Object.keys(intervals) as Range[];
const rangeSchema = z.object({ range: z.enum(rangeNames).catch("Max") });

export type Day = Pick<
  RowOf<typeof gold_p_timeseries>,
  "price_date" | "market_value" | "net_contributions" | "total_gain" | "twr_index" | "drawdown"
>;

type Performance = RowOf<typeof gold__performance>;

type TickerFigures = RowOf<typeof gold_ticker_kpis> & { readonly name: string | null };

export function portfolioPages(context: WebContext, sendPage: SendPage): Router {
  const router = Router();
  router.get("/portfolio", async (request, response) => {
    const person = requirePerson(request);
    const { range } = rangeSchema.parse(request.query);
    const { format } = environmentOf(context, request);
    const portfolio = await readPortfolio(context.pool, person.userId, range, format);
    sendPage(request, response, {
      view: "portfolio",
      title: "Portfolio",
      scripts: ["chart.js"],
      data: portfolioData(portfolio, range, format),
    });
  });
  return router;
}

type Portfolio = Awaited<ReturnType<typeof readPortfolio>>;

/** null figures: nothing has been computed for this person yet. */
async function readPortfolio(pool: Pool, userId: number, range: Range, format: Format) {
  // Side by side: the performance alone takes as long as the rest (10 years of 16 tickers: 30 ms each).
  const [series, performance, tickers] = await Promise.all([
    personTransaction(pool, userId, (client) => readSeries(client, userId, range, format)),
    personTransaction(pool, userId, (client) => readPerformance(client, userId)),
    personTransaction(pool, userId, (client) => readTickers(client, userId)),
  ]);
  return { ...series, performance, tickers };
}

async function readSeries(client: PoolClient, userId: number, range: Range, format: Format) {
  const data = await readDataNotes(client, userId, format);
  const span = await readSpan(client, userId, range);
  if (!span) return { ...data, hasTrades: await readHasTrades(client, userId), series: null };
  const days = await readDays(client, userId, span.start);
  return {
    ...data,
    hasTrades: true,
    series: { span, days, bands: await readRegimes(client, span.start, span.as_of) },
  };
}

async function readHasTrades(client: PoolClient, userId: number): Promise<boolean> {
  const { rows } = await client.query<{ has_trades: boolean }>(
    "select exists (select from bronze.transactions where user_id = $1) as has_trades",
    [userId],
  );
  return rows[0]?.has_trades === true;
}

async function readDays(client: PoolClient, userId: number, start: string): Promise<Day[]> {
  const { rows } = await client.query<Day>({
    name: "read_days",
    text: `select price_date, market_value, net_contributions, total_gain, twr_index, drawdown
           from gold_p_timeseries
           where user_id = $1 and price_date >= $2
           order by price_date`,
    values: [userId, start],
  });
  return rows;
}

async function readPerformance(client: PoolClient, userId: number): Promise<Performance | null> {
  const { rows } = await client.query<Performance>({
    name: "read_performance",
    text: "select * from gold__performance where user_id = $1",
    values: [userId],
  });
  return rows[0] ?? null;
}

interface Span {
  readonly first: string;
  readonly as_of: string;
  /** The day whose close the range is measured from. */
  readonly start: string;
  /** The range begins with the first trade: there is no close before it to measure from. */
  readonly is_whole: boolean;
}

async function readSpan(client: PoolClient, userId: number, range: Range): Promise<Span | null> {
  const { rows } = await client.query<Span>({
    name: "read_span",
    text: `with span as (
             select
               min(price_date) as first,
               max(price_date) as as_of
             from gold_p_timeseries
             where user_id = $1
             having count(*) > 0
           ),
           starts as (
             select
               *,
               case $2
                 when 'Max' then first
                 when 'YTD' then date_trunc('year', as_of)::date - 1
                 else (as_of - $3::interval)::date
               end as start
             from span
           )
           select
             first,
             as_of,
             greatest(start, first) as start,
             start < first or $2 = 'Max' as is_whole
           from starts`,
    values: [userId, range, intervals[range]],
  });
  return rows[0] ?? null;
}

async function readTickers(client: PoolClient, userId: number): Promise<TickerFigures[]> {
  const { rows } = await client.query<TickerFigures>({
    name: "read_tickers",
    text: `select kpis.*, dim_assets.name
           from gold_ticker_kpis kpis
           left join dim_assets on dim_assets.ticker = kpis.ticker
           where kpis.user_id = $1
           order by kpis.current_value desc, kpis.ticker`,
    values: [userId],
  });
  return rows;
}

async function readRegimes(client: PoolClient, from: string, to: string): Promise<Band[]> {
  const { rows } = await client.query<{ regime: string; from: string; to: string }>({
    name: "read_regimes",
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
    values: [from, to],
  });
  return rows.map(({ regime, from, to }) => ({ name: regime, label: capitalize(regime), from, to }));
}

const capitalize = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);

/**
 * What the range's days amount to. `isWhole`: from the first trade on, so all of it counts; else it is measured
 * from the close of the first day. Money is exact, ratios are not rounded.
 */
export function summarize(days: readonly Day[], isWhole: boolean) {
  const first = days[0];
  const last = days.at(-1);
  if (!first || !last) throw new TypeError("expected at least one day");
  const deepest = days.reduce((left, right) => (right.drawdown < left.drawdown ? right : left), first);
  return {
    marketValue: last.market_value,
    gain: new Big(last.total_gain).minus(isWhole ? 0 : first.total_gain).toFixed(),
    twr: last.twr_index / (isWhole ? 1 : first.twr_index) - 1,
    deepest: { drawdown: deepest.drawdown, date: deepest.price_date },
  };
}

function portfolioData(portfolio: Portfolio, range: Range, format: Format) {
  const { notes, fetching, hasTrades, series, performance, tickers } = portfolio;
  if (!series) return { notes, fetching: hasTrades, isEmpty: !hasTrades, hasRows: false };
  const { span, days, bands } = series;
  const summary = summarize(days, span.is_whole);
  return {
    notes,
    fetching,
    isEmpty: false,
    hasRows: true,
    asOf: span.as_of,
    firstDate: span.first,
    ranges: rangeNames.map((name) => ({ name, isCurrent: name === range })),
    summary: { ...summary, period: `since ${format.date(span.start)}` },
    valueChart: valueChart(days, bands, format),
    drawdownChart: drawdownChart(days, format),
    tiles: performance ? tiles(performance, summary, format) : [],
    performance,
    tickers: tickers.map((ticker) => ({ ...ticker, isClosed: Number(ticker.quantity) === 0 })),
  };
}

function tiles(performance: Performance, { deepest }: ReturnType<typeof summarize>, format: Format) {
  const whole = "since the first trade";
  return [
    {
      label: "Time-weighted, per year",
      value: performance.annualized_return,
      reason: performance.annualized_return_reason,
      note: whole,
      isPercent: true,
    },
    moneyWeighted(performance, whole),
    {
      label: "Deepest drawdown",
      value: deepest.drawdown,
      reason: null,
      note: deepest.drawdown < 0 ? `on ${format.date(deepest.date)}, in this range` : "in this range",
      isPercent: true,
    },
    {
      label: "Volatility, per year",
      value: performance.volatility,
      reason: performance.volatility_reason,
      note: whole,
      isPlainPercent: true,
    },
    { label: "Sharpe ratio", value: performance.sharpe, reason: performance.sharpe_reason, note: whole },
    { label: "Sortino ratio", value: performance.sortino, reason: performance.sortino_reason, note: whole },
  ];
}

/** A rate a year, or where there is none (yet) that of the whole time, which says why. */
function moneyWeighted(performance: Performance, whole: string) {
  const { xirr, xirr_reason, money_weighted_return, money_weighted_return_reason } = performance;
  const label = "Money-weighted (XIRR), per year";
  if (xirr !== null) return { label, value: xirr, reason: null, note: whole, isPercent: true };
  if (money_weighted_return === null)
    return {
      label,
      value: null,
      reason: xirr_reason ?? money_weighted_return_reason,
      note: whole,
      isPercent: true,
    };
  return {
    label: "Money-weighted, not per year",
    value: money_weighted_return,
    reason: null,
    note: `${whole}; per year: ${xirr_reason}`,
    isPercent: true,
  };
}

function valueChart(days: readonly Day[], bands: readonly Band[], format: Format) {
  return timeChart(
    {
      id: "value",
      title: "Value",
      unit: "money",
      height: 280,
      dates: days.map(({ price_date }) => price_date),
      series: [
        {
          name: "value",
          label: "Market value",
          values: days.map(({ market_value }) => Number(market_value)),
          shape: "line",
        },
        {
          name: "contributions",
          label: "Net contributions",
          values: days.map(({ net_contributions }) => Number(net_contributions)),
          shape: "step",
        },
      ],
      shade: "between",
      bands,
    },
    format,
  );
}

function drawdownChart(days: readonly Day[], format: Format) {
  return timeChart(
    {
      id: "drawdown",
      title: "Drawdown",
      unit: "percent",
      height: 190,
      dates: days.map(({ price_date }) => price_date),
      series: [
        {
          name: "drawdown",
          label: "Below the highest point so far",
          values: days.map(({ drawdown }) => drawdown),
          shape: "line",
        },
      ],
      shade: "zero",
    },
    format,
  );
}
