/** What the template of the returns is given, but for the order of the tickers. */
import Big from "big.js";
import { bridge, isConverted, type RangeFigures } from "../../portfolio/index.ts";
import { type BarKind, barRows } from "../charts/bar-rows.ts";
import { timeChart } from "../charts/time-chart.ts";
import type { Format } from "../format.ts";
import { t } from "../messages/index.ts";
import { shownTicker } from "../own-names.ts";
import { sayReason } from "../reasons.ts";
import { benchmarkView } from "./benchmark.ts";
import { daysInRange, overDays, periodOf, regimeBands } from "./days.ts";
import { heatmap } from "./heatmap.ts";
import { regimeLabel, stepLabel } from "./labels.ts";
import { dated, type Tile } from "./tiles.ts";

/** What charts of ratios are drawn from: no amount is in it. */
export interface Charted extends Pick<RangeFigures, "benchmark" | "regimePeriods"> {
  readonly span: Pick<RangeFigures["span"], "is_whole" | "end">;
  readonly days: Pick<RangeFigures["days"], "dates" | "cumulativeReturn" | "drawdown">;
}

export function performanceView(figures: RangeFigures, format: Format) {
  const { span, performance } = figures;
  const inRange = daysInRange(figures);
  const shownTiles = [...tiles(figures, format), ...effectTiles(figures, format)];
  return {
    asOf: span.end,
    firstDay: inRange[0],
    period: periodOf(figures, format),
    returnsChart: returnsChart(figures, format),
    benchmark: benchmarkView(figures, performance.twr, format),
    drawdownChart: drawdownChart(figures, format),
    drawdowns: figures.drawdowns.map((drawdown) => ({
      ...drawdown,
      /** The days of the fall: after the peak, to the recovery or the end. */
      from: inRange.find((day) => day > drawdown.peak_date),
      to: drawdown.recovery_date ?? span.end,
    })),
    tiles: shownTiles,
    hasCode: format.amountsIn !== null,
    tilesLayout: shownTiles.length === 6 ? "sixths" : "quarters",
    bridge: bridgeView(figures, format),
    heatmap: heatmap(figures.months, inRange, format),
    regimes: figures.regimes.map((regime) => ({ ...regime, label: regimeLabel(regime.regime) })),
  };
}

/** A waterfall, and the same steps as a table. */
function bridgeView(figures: RangeFigures, format: Format) {
  const whole = bridge(figures, format.minorDigits);
  const kindOf = ({ isSum, isFlow, amount }: (typeof whole.steps)[number]): BarKind =>
    isSum ? "total" : isFlow ? "flow" : Number(amount) < 0 ? "loss" : "gain";
  const steps = whole.steps.map((step) => ({ ...step, label: stepLabel(step.label) }));
  const rows = steps.map((step) => ({
    label: step.label,
    text: step.isSum ? format.money(step.amount) : format.signedMoney(step.amount),
    kind: kindOf(step),
    from: Number(step.from),
    to: Number(step.to),
  }));
  return { ...whole, steps, chart: barRows(rows, true) };
}

function tiles({ span, performance }: RangeFigures, format: Format): Tile[] {
  // What there was at the start counts as put in.
  const gain = new Big(performance.market_value)
    .minus(span.opening_value)
    .minus(performance.net_contributions)
    .plus(performance.income_paid_out);
  const { xirr, money_weighted_return } = performance;
  const isYearly = xirr !== null || money_weighted_return === null;
  return [
    {
      figure: "twr",
      label: t("Time-weighted"),
      value: performance.twr,
      isSigned: true,
    },
    { figure: "change", label: t("In money"), amount: gain.toFixed() },
    {
      figure: "annualized_return",
      label: t("Time-weighted, per year"),
      value: performance.annualized_return,
      reason: performance.annualized_return_reason,
      isSigned: true,
    },
    isYearly
      ? {
          figure: "xirr",
          label: t("Money-weighted (XIRR), per year"),
          value: xirr,
          reason: performance.xirr_reason,
          isSigned: true,
        }
      : {
          figure: "money_weighted_return",
          label: t("Money-weighted, not per year"),
          value: money_weighted_return,
          note: t("per year: {reason}", { reason: sayReason(performance.xirr_reason ?? "") }),
          isSigned: true,
        },
    {
      figure: "best_day",
      label: t("Best day"),
      value: performance.best_day,
      reason: performance.best_day_reason,
      note: dated(performance.best_day_date, format),
      isSigned: true,
    },
    {
      figure: "worst_day",
      label: t("Worst day"),
      value: performance.worst_day,
      reason: performance.worst_day_reason,
      note: dated(performance.worst_day_date, format),
      isSigned: true,
    },
  ];
}

/** What prices and exchange rates did apart; none where all is in one currency. */
function effectTiles({ span, performance }: RangeFigures, format: Format): Tile[] {
  if (!isConverted(span)) return [];
  const { price_return, price_effect, currency_return, currency_effect } = performance;
  return [
    {
      figure: "price_return",
      label: t("Prices and dividends"),
      value: price_return,
      note: t("{amount} by prices", { amount: format.signedMoney(price_effect) }),
      isSigned: true,
    },
    {
      figure: "currency_return",
      label: t("Exchange rates"),
      value: currency_return,
      note: format.signedMoney(currency_effect),
      isSigned: true,
    },
  ];
}

export function returnsChart(figures: Charted, format: Format) {
  const { days, benchmark } = figures;
  const compared = benchmark && benchmark.returns.length > 0 ? benchmark : null;
  return timeChart(
    {
      id: "returns",
      title: t("Time-weighted return"),
      unit: "percent",
      height: 220,
      ...overDays(figures),
      series: [
        {
          name: "portfolio",
          label: t("Portfolio"),
          values: days.cumulativeReturn,
          shape: "line",
        },
        ...(compared
          ? [
              {
                name: "benchmark",
                label: t("{ticker}, dividends reinvested", { ticker: shownTicker(compared.ticker) }),
                values: compared.returns,
                shape: "line" as const,
              },
            ]
          : []),
      ],
      shade: "none",
      bands: regimeBands(figures),
    },
    format,
  );
}

export function drawdownChart(figures: Charted, format: Format) {
  return timeChart(
    {
      id: "drawdown",
      title: t("Below the previous peak"),
      unit: "percent",
      height: 190,
      ...overDays(figures),
      series: [
        {
          name: "drawdown",
          label: t("Below the highest point of the range so far"),
          values: figures.days.drawdown,
          shape: "line",
        },
      ],
      shade: "zero",
    },
    format,
  );
}
