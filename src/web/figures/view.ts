/** What the page's template is given of a range. */
import Big from "big.js";
import { isOwnAsset } from "../../market/ticker.ts";
import { allocations, bridge, isConverted, type RangeFigures } from "../../portfolio/index.ts";
import { timeChart } from "../charts/time-chart.ts";
import type { Format } from "../format.ts";
import { shownTicker } from "../own-names.ts";
import { heatmap } from "./heatmap.ts";
import { regimeLabel } from "./labels.ts";

/** Everything but the order of the tickers. */
export function figuresView(figures: RangeFigures, format: Format) {
  const { span, days, performance } = figures;
  // What comes before is the close that the range is measured from.
  const inRange = span.is_whole ? days.dates : days.dates.slice(1);
  return {
    asOf: span.end,
    pricesAsOf: span.prices_as_of,
    firstDay: inRange[0],
    summary: {
      marketValue: performance.market_value,
      // What there was at the start counts as put in.
      gain: new Big(performance.market_value)
        .minus(span.opening_value)
        .minus(performance.net_contributions)
        .plus(performance.income_paid_out)
        .toFixed(),
      twr: performance.twr,
    },
    period: `${format.date(days.dates[0]!)} to ${format.date(span.end)}`,
    valueChart: valueChart(figures, format),
    returnsChart: returnsChart(figures, format),
    benchmark: benchmarkView(figures, format),
    drawdownChart: drawdownChart(figures, format),
    drawdowns: figures.drawdowns.map((drawdown) => ({
      ...drawdown,
      /** The days of the fall: after the peak, to the recovery or the end. */
      from: inRange.find((day) => day > drawdown.peak_date),
      to: drawdown.recovery_date ?? span.end,
    })),
    tiles: [...tiles(performance, format), ...effectTiles(figures, format)],
    bridge: bridge(figures, format.minorDigits),
    heatmap: heatmap(figures.months, inRange, format),
    regimes: figures.regimes.map((regime) => ({ ...regime, label: regimeLabel(regime.regime) })),
    allocations: allocations(figures.tickers, figures.standing, span.currency),
  };
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

/** What prices and exchange rates did apart; none where all is in one currency. */
function effectTiles({ span, performance }: RangeFigures, format: Format) {
  if (!isConverted(span)) return [];
  const { price_return, price_effect, currency_return, currency_effect } = performance;
  return [
    {
      figure: "price_return",
      label: "Prices and dividends",
      value: price_return,
      note: `${format.signedMoney(price_effect)} by prices`,
      isSigned: true,
    },
    {
      figure: "currency_return",
      label: "Exchange rates",
      value: currency_return,
      note: format.signedMoney(currency_effect),
      isSigned: true,
    },
  ];
}

/** Of every chart of the page: its days, and that selecting some of them goes there. */
const overDays = ({ span, days }: RangeFigures) => ({
  dates: days.dates,
  zoom: span.is_whole ? ("day" as const) : ("close" as const),
});

/** The gap between the lines is the gain of the range, less the income that was paid out. */
function valueChart(figures: RangeFigures, format: Format) {
  const { span, days, regimePeriods } = figures;
  const opening = Number(span.opening_value);
  const contributed = days.netContributions.map((amount) => opening + amount);
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
          values: days.marketValue,
          shape: "line",
        },
        {
          name: "contributions",
          label: opening === 0 ? "Net contributions" : "Value at the start and net contributions",
          values: contributed,
          shape: "step",
        },
      ],
      told: [
        {
          label: "Gain",
          values: contributed.map(
            (amount, day) => days.marketValue[day]! + days.incomePaidOut[day]! - amount,
          ),
        },
      ],
      shade: "between",
      bands: regimePeriods.map(({ regime, from, to }) => ({
        name: regime,
        label: regimeLabel(regime),
        from,
        to,
      })),
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
          values: days.cumulativeReturn,
          shape: "line",
        },
        ...(compared
          ? [
              {
                name: "benchmark",
                label: `${shownTicker(compared.ticker)}, dividends reinvested`,
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
function benchmarkView({ span, performance, benchmark }: RangeFigures, format: Format) {
  if (!benchmark) return null;
  const { ticker, name, returns, startsLate, convertedFrom } = benchmark;
  const reached = returns.at(-1) ?? null;
  const difference = reached === null || startsLate ? null : performance.twr - reached;
  return {
    ticker,
    name: isOwnAsset(ticker) ? null : name, // its name is what it goes by
    convertedFrom,
    return: reached,
    own: performance.twr,
    difference,
    points: difference === null ? null : format.compactNumber(Math.abs(difference) * 100),
    isAhead: difference !== null && difference >= 0,
    problem: benchmarkProblem(),
  };

  function benchmarkProblem(): string | null {
    const shown = shownTicker(ticker);
    if (returns.length === 0 && name === null)
      return `No prices of ${shown} are known here. Choose one that is proposed, or one that you have traded.`;
    if (returns.length === 0 && convertedFrom !== null)
      return `No adjusted prices of ${shown}, or no exchange rates of ${convertedFrom}, are known from ${format.date(span.start)} to ${format.date(span.end)}.`;
    if (returns.length === 0)
      return `No adjusted prices of ${shown} are known from ${format.date(span.start)} to ${format.date(span.end)}.`;
    if (startsLate)
      return `${convertedFrom === null ? "The prices" : "Prices and exchange rates"} of ${shown} begin on ${format.date(startsLate)}: it is measured from there, and not compared.`;
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
          values: figures.days.drawdown,
          shape: "line",
        },
      ],
      shade: "zero",
    },
    format,
  );
}
