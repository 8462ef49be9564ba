/** What the page's template is given of a range. */
import Big from "big.js";
import { timeChart } from "../charts/time-chart.ts";
import type { Format } from "../format.ts";
import { allocations } from "./allocation.ts";
import { bridge } from "./bridge.ts";
import { heatmap } from "./heatmap.ts";
import type { Span } from "./range.ts";
import { type Day, type RangeFigures, regimeLabel } from "./read.ts";

/** Everything but the order of the tickers. */
export function figuresView(figures: RangeFigures, format: Format) {
  const { span, days, performance } = figures;
  const last = days.at(-1)!;
  // What comes before is the close that the range is measured from.
  const inRange = span.is_whole ? days : days.slice(1);
  return {
    asOf: span.end,
    firstDay: inRange[0]?.price_date,
    summary: {
      marketValue: last.market_value,
      gain: gainUntil(last, span).toFixed(),
      twr: last.cumulative_return,
    },
    period: `${format.date(days[0]!.price_date)} to ${format.date(span.end)}`,
    valueChart: valueChart(figures, format),
    returnsChart: returnsChart(figures, format),
    benchmark: benchmarkView(figures, format),
    drawdownChart: drawdownChart(figures, format),
    drawdowns: figures.drawdowns.map((drawdown) => ({
      ...drawdown,
      /** The days of the fall: after the peak, to the recovery or the end. */
      from: inRange.find(({ price_date }) => price_date > drawdown.peak_date)?.price_date,
      to: drawdown.recovery_date ?? span.end,
    })),
    tiles: tiles(performance, format),
    bridge: bridge(figures),
    heatmap: heatmap(figures.months, inRange, format),
    regimes: figures.regimes.map((regime) => ({ ...regime, label: regimeLabel(regime.regime) })),
    allocations: allocations(figures.tickers),
  };
}

/** What the holdings earned from the start of the range to the close of a day. */
function gainUntil({ unrealized_pnl, realized_pnl, income_paid_out }: Day, span: Span): Big {
  const opening = new Big(span.opening_value).minus(span.opening_cost);
  return new Big(unrealized_pnl).minus(opening).plus(realized_pnl).plus(income_paid_out);
}

function tiles(performance: RangeFigures["performance"], format: Format) {
  const dated = (day: string | null): string | null => day && `on ${format.date(day)}`;
  const { xirr, money_weighted_return } = performance;
  const isYearly = xirr !== null || money_weighted_return === null;
  return [
    {
      figure: "annualized_return",
      label: "Time-weighted, per year",
      value: performance.annualized_return,
      reason: performance.annualized_return_reason,
      isSigned: true,
    },
    isYearly
      ? {
          figure: "xirr",
          label: "Money-weighted (XIRR), per year",
          value: xirr,
          reason: performance.xirr_reason,
          isSigned: true,
        }
      : {
          figure: "money_weighted_return",
          label: "Money-weighted, not per year",
          value: money_weighted_return,
          note: `per year: ${performance.xirr_reason}`,
          isSigned: true,
        },
    {
      figure: "volatility",
      label: "Volatility, per year",
      value: performance.volatility,
      reason: performance.volatility_reason,
      isPercent: true,
    },
    { figure: "sharpe", label: "Sharpe ratio", value: performance.sharpe, reason: performance.sharpe_reason },
    {
      figure: "sortino",
      label: "Sortino ratio",
      value: performance.sortino,
      reason: performance.sortino_reason,
    },
    {
      figure: "max_drawdown",
      label: "Deepest drawdown",
      value: performance.max_drawdown,
      note: dated(performance.max_drawdown_trough_date),
      isSigned: true,
    },
    {
      figure: "best_day",
      label: "Best day",
      value: performance.best_day,
      reason: performance.best_day_reason,
      note: dated(performance.best_day_date),
      isSigned: true,
    },
    {
      figure: "worst_day",
      label: "Worst day",
      value: performance.worst_day,
      reason: performance.worst_day_reason,
      note: dated(performance.worst_day_date),
      isSigned: true,
    },
  ];
}

/** Of every chart of the page: its days, and that selecting some of them goes there. */
const overDays = ({ span, days }: RangeFigures) => ({
  dates: days.map(({ price_date }) => price_date),
  zoom: span.is_whole ? ("day" as const) : ("close" as const),
});

/** The gap between the lines is the gain of the range, less the income that was paid out. */
function valueChart(figures: RangeFigures, format: Format) {
  const { span, days, bands } = figures;
  const opening = Number(span.opening_value);
  return timeChart(
    {
      id: "value",
      title: "Value",
      unit: "money",
      height: 280,
      ...overDays(figures),
      series: [
        {
          name: "value",
          label: "Market value",
          values: days.map(({ market_value }) => Number(market_value)),
          shape: "line",
        },
        {
          name: "contributions",
          label: opening === 0 ? "Net contributions" : "Value at the start and net contributions",
          values: days.map(({ net_contributions }) => opening + Number(net_contributions)),
          shape: "step",
        },
      ],
      told: [{ label: "Gain", values: days.map((day) => Number(gainUntil(day, span))) }],
      shade: "between",
      bands,
    },
    format,
  );
}

function returnsChart(figures: RangeFigures, format: Format) {
  const { days, benchmark } = figures;
  const compared = benchmark && benchmark.returns.length > 0 ? benchmark : null;
  return timeChart(
    {
      id: "returns",
      title: "Time-weighted return",
      unit: "percent",
      height: 220,
      ...overDays(figures),
      series: [
        {
          name: "portfolio",
          label: "Portfolio",
          values: days.map(({ cumulative_return }) => cumulative_return),
          shape: "line",
        },
        ...(compared
          ? [
              {
                name: "benchmark",
                label: `${compared.ticker}, dividends reinvested`,
                values: compared.returns,
                shape: "line" as const,
              },
            ]
          : []),
      ],
      shade: "none",
    },
    format,
  );
}

/** `problem`: why there is no line, or not the whole of it. */
function benchmarkView({ span, days, benchmark }: RangeFigures, format: Format) {
  if (!benchmark) return null;
  const { ticker, name, returns, startsLate } = benchmark;
  const reached = returns.at(-1) ?? null;
  return {
    ticker,
    name,
    return: reached,
    difference: reached === null || startsLate ? null : days.at(-1)!.cumulative_return - reached,
    problem: benchmarkProblem(),
  };

  function benchmarkProblem(): string | null {
    if (returns.length === 0 && name === null)
      return `No prices of ${ticker} are known here. Prices are fetched for tickers that somebody has traded.`;
    if (returns.length === 0)
      return `No adjusted prices of ${ticker} are known from ${format.date(span.start)} to ${format.date(span.end)}.`;
    if (startsLate)
      return `The prices of ${ticker} begin on ${format.date(startsLate)}: it is measured from there, and not compared.`;
    return null;
  }
}

function drawdownChart(figures: RangeFigures, format: Format) {
  return timeChart(
    {
      id: "drawdown",
      title: "Drawdown",
      unit: "percent",
      height: 190,
      ...overDays(figures),
      series: [
        {
          name: "drawdown",
          label: "Below the highest point of the range so far",
          values: figures.days.map(({ drawdown }) => drawdown),
          shape: "line",
        },
      ],
      shade: "zero",
    },
    format,
  );
}
