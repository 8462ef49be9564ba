/** What the templates of risk are given of a range: ui/partials/risk-*.hbs. */
import type { RiskFigures, WhatIf } from "../../portfolio/index.ts";
import { type BarRow, barRows } from "../charts/bar-rows.ts";
import { type TimeChartInput, timeChart, type Unit } from "../charts/time-chart.ts";
import type { WhatIfFigure } from "../explain/what-if-answer.ts";
import type { Format } from "../format.ts";
import { t } from "../messages/index.ts";
import { shownTicker } from "../own-names.ts";
import { sayReason, sayReasonOrNull } from "../reasons.ts";
import { regimeLabel } from "./labels.ts";
import { dated, type Tile } from "./tiles.ts";

/** The least that each tint of a correlation stands for. */
const correlationSteps = [0, 0.25, 0.5, 0.75];

/** A position as it was not: so many times as much of it. */
export interface AskedWhatIf {
  readonly ticker: string;
  readonly multiple: string;
  readonly figures: WhatIf;
}

/** `whatIf`: null: nothing was asked. */
export function riskView(figures: RiskFigures, whatIf: AskedWhatIf | null, format: Format) {
  const { distribution, worst, concentration, contributions, tickerRegimes } = figures;
  return {
    tiles: riskTiles(figures.performance, format),
    benchmark: figures.benchmark && {
      ...figures.benchmark,
      tiles: benchmarkTiles(figures.benchmark),
    },
    lossTiles: [
      ...lossTiles(distribution),
      ...(concentration ? concentrationTiles(concentration, format) : []),
    ],
    worstDays: worst.filter(({ period }) => period === "day"),
    worstMonths: worst
      .filter(({ period }) => period === "month")
      .map((month) => ({ ...month, name: format.month(month.first_date) })),
    rolling: rollingView(figures, format, "close"),
    returns: distribution.returns,
    matrix: matrix(figures, format),
    contributions: contributions
      // What of no ticker is nothing but rounding is nobody's.
      .filter(
        ({ ticker, gain, return_contribution }) =>
          ticker !== "" || Math.abs(Number(gain)) > 0.005 || Math.abs(return_contribution) > 0.00005,
      )
      .map((part) => ({ ...part, isHolding: part.ticker !== "" })),
    contributionCharts: contributionCharts(figures, format),
    tickerRegimes: [...Map.groupBy(tickerRegimes, ({ ticker }) => ticker)].map(([ticker, regimes]) => ({
      ticker,
      regimes: regimes.map((regime) => ({ ...regime, label: regimeLabel(regime.regime) })),
    })),
    tickers: contributions.flatMap(({ ticker }) =>
      ticker === "" ? [] : [{ ticker, isSelected: ticker === whatIf?.ticker }],
    ),
    whatIf: whatIf && {
      ...whatIf,
      isSold: Number(whatIf.multiple) === 0,
      rows: whatIfRows(figures, whatIf.figures),
    },
  };
}

/** More bars are not compared any more: those that count least are one. */
const barsShown = 12;

/** What each holding gave to the return, and to the volatility, from zero; the largest first. Of volatility null: nobody knows. */
function contributionCharts({ contributions }: RiskFigures, format: Format) {
  const chart = (
    name: string,
    values: readonly (readonly [ticker: string, value: number])[],
    isGain: boolean,
  ) => {
    const sorted = values.toSorted(([, left], [, right]) => Math.abs(right) - Math.abs(left));
    const shown = sorted.length > barsShown ? sorted.slice(0, barsShown - 1) : sorted;
    const rest = sorted.slice(shown.length);
    const row = (label: string, value: number): BarRow => ({
      label,
      text: isGain ? format.signedPercent(value) : format.percent(value),
      kind: isGain ? (value < 0 ? "loss" : "gain") : "share",
      from: 0,
      to: value,
    });
    const rows = shown
      .toSorted(([, left], [, right]) => right - left)
      .map(([ticker, value]) => row(nameOf(ticker), value));
    if (rest.length > 0)
      rows.push(
        row(
          t("{count, plural, one {# other} other {# others}}", { count: rest.length }),
          rest.reduce((sum, [, value]) => sum + value, 0),
        ),
      );
    return rows.length === 0 ? null : { label: name, chart: barRows(rows, false) };
  };
  const nameOf = (ticker: string): string =>
    ticker === "" ? t("Cash, taxes and the rest") : shownTicker(ticker);
  return {
    toReturn: chart(
      t("To the return"),
      contributions
        .filter(({ ticker, return_contribution }) => ticker !== "" || Math.abs(return_contribution) > 0.00005)
        .map(({ ticker, return_contribution }) => [ticker, return_contribution]),
      true,
    ),
    toVolatility: chart(
      t("To the volatility"),
      contributions.flatMap(({ ticker, volatility_contribution }) =>
        volatility_contribution === null || (ticker === "" && Math.abs(volatility_contribution) < 0.00005)
          ? []
          : [[ticker, volatility_contribution] as const],
      ),
      false,
    ),
  };
}

function benchmarkTiles(row: NonNullable<RiskFigures["benchmark"]>) {
  return [
    { figure: "beta", label: t("Beta"), value: row.beta, reason: row.beta_reason },
    {
      figure: "alpha",
      label: t("Alpha, per year"),
      value: row.alpha,
      reason: row.alpha_reason,
      isSigned: true,
    },
    {
      figure: "benchmark_correlation",
      label: t("Correlation"),
      value: row.correlation,
      reason: row.correlation_reason,
    },
    {
      figure: "tracking_error",
      label: t("Tracking error, per year"),
      value: row.tracking_error,
      reason: row.tracking_error_reason,
      isPercent: true,
    },
    {
      figure: "information_ratio",
      label: t("Information ratio"),
      value: row.information_ratio,
      reason: row.information_ratio_reason,
    },
    {
      figure: "up_capture",
      label: t("Up capture"),
      value: row.up_capture,
      reason: row.up_capture_reason,
      isPercent: true,
    },
    {
      figure: "down_capture",
      label: t("Down capture"),
      value: row.down_capture,
      reason: row.down_capture_reason,
      isPercent: true,
    },
  ];
}

export function lossTiles(row: RiskFigures["distribution"]) {
  return [
    {
      figure: "value_at_risk_95",
      label: t("Value at risk of a day, 95 %"),
      value: row.value_at_risk_95,
      reason: row.value_at_risk_95_reason,
      isPercent: true,
    },
    {
      figure: "expected_shortfall_95",
      label: t("Expected shortfall, 95 %"),
      value: row.expected_shortfall_95,
      reason: row.expected_shortfall_95_reason,
      isPercent: true,
    },
    {
      figure: "value_at_risk_99",
      label: t("Value at risk of a day, 99 %"),
      value: row.value_at_risk_99,
      reason: row.value_at_risk_99_reason,
      isPercent: true,
    },
    {
      figure: "expected_shortfall_99",
      label: t("Expected shortfall, 99 %"),
      value: row.expected_shortfall_99,
      reason: row.expected_shortfall_99_reason,
      isPercent: true,
    },
    { figure: "omega", label: t("Omega ratio"), value: row.omega, reason: row.omega_reason },
  ];
}

function concentrationTiles(row: NonNullable<RiskFigures["concentration"]>, format: Format) {
  const { hhi, effective_holdings, largest_five_weight, largest_ticker, largest_weight } = row;
  const reason = row.concentration_reason;
  return [
    {
      figure: "hhi",
      label: t("Concentration (HHI)"),
      value: hhi,
      reason,
      note:
        effective_holdings === null
          ? null
          : t("as {count} equal holdings would be", { count: format.compactNumber(effective_holdings) }),
    },
    {
      figure: "largest_five_weight",
      label: t("Five largest"),
      value: largest_five_weight,
      reason,
      isPercent: true,
      note: largest_weight === null ? null : `${largest_ticker}: ${format.percent(largest_weight)}`,
    },
  ];
}

/**
 * null: there are too few returns for any. `zoom`: days can be selected. The first point is that of the 63rd return, from whose close
 * a range is then measured.
 */
export function rollingView(
  { rolling }: Pick<RiskFigures, "rolling">,
  format: Format,
  zoom?: TimeChartInput["zoom"],
) {
  if (rolling.length === 0) return null;
  const dates = rolling.map(({ price_date }) => price_date);
  const chart = (
    name: string,
    title: string,
    unit: Unit,
    values: readonly (number | null)[],
    shade: "zero" | "none",
  ) =>
    timeChart(
      {
        id: `rolling-${name}`,
        title,
        unit,
        height: 160,
        dates,
        series: [{ name, label: t("Last 63 returns"), values, shape: "line" }],
        shade,
        ...(zoom && { zoom }),
      },
      format,
    );
  const sharpe = rolling.map((row) => row.sharpe);
  return {
    last: rolling.at(-1)!,
    volatility: chart(
      "volatility",
      t("Rolling volatility, per year"),
      "percent",
      rolling.map((row) => row.volatility),
      "none",
    ),
    sharpe: sharpe.some((value) => value !== null)
      ? chart("sharpe", t("Rolling Sharpe ratio"), "quantity", sharpe, "none")
      : null,
    sharpeReason: sayReasonOrNull(rolling.at(-1)!.sharpe_reason),
    drawdown: chart(
      "drawdown",
      t("Below the highest point of the last 63 returns"),
      "percent",
      rolling.map((row) => row.drawdown),
      "zero",
    ),
  };
}

/** Each pair stands twice, as a matrix has it; null: fewer than two are held at the end. */
function matrix({ correlated, correlations }: RiskFigures, format: Format) {
  if (correlated.length < 2) return null;
  const pairs = new Map(correlations.map((row) => [`${row.ticker} ${row.other_ticker}`, row]));
  const cell = (left: string, right: string) => {
    const row = pairs.get(`${left} ${right}`) ?? pairs.get(`${right} ${left}`);
    const value = row?.correlation ?? null;
    if (value === null)
      return {
        other: right,
        text: null,
        isLinked: false,
        reason: sayReason(row?.correlation_reason ?? "never held on one day"),
        tint: null,
      };
    const strength = correlationSteps.filter((step) => Math.abs(value) > step).length;
    return {
      other: right,
      text: format.number(value),
      /** With itself there is nothing to explain. */
      isLinked: left !== right,
      reason: null,
      tint: strength === 0 ? "flat" : `${value > 0 ? "alike" : "opposite"}-${strength}`,
    };
  };
  return {
    tickers: correlated,
    rows: correlated.map((ticker) => ({ ticker, cells: correlated.map((other) => cell(ticker, other)) })),
  };
}

function whatIfRows(was: RiskFigures, then: WhatIf) {
  const figures = { was, then };
  const row = (
    figure: WhatIfFigure,
    label: string,
    pick: (figures: RiskFigures | WhatIf) => readonly [value: number | null, reason: string | null],
    kind: { readonly isSigned?: boolean; readonly isPercent?: boolean } = {},
  ) => {
    const [[wasValue, wasReason], [thenValue, thenReason]] = [pick(figures.was), pick(figures.then)];
    return { figure, label, ...kind, wasValue, wasReason, thenValue, thenReason };
  };
  return [
    row("twr", t("Time-weighted return"), ({ performance }) => [performance.twr, null], { isSigned: true }),
    row(
      "volatility",
      t("Volatility, per year"),
      ({ performance: { volatility, volatility_reason } }) => [volatility, volatility_reason],
      {
        isPercent: true,
      },
    ),
    row("sharpe", t("Sharpe ratio"), ({ performance: { sharpe, sharpe_reason } }) => [sharpe, sharpe_reason]),
    row("max_drawdown", t("Deepest drawdown"), ({ performance }) => [performance.max_drawdown, null], {
      isSigned: true,
    }),
    row(
      "value_at_risk_95",
      t("Value at risk of a day, 95 %"),
      ({ distribution }) => [distribution.value_at_risk_95, distribution.value_at_risk_95_reason],
      { isPercent: true },
    ),
    row("beta", t("Beta"), ({ benchmark }) => [
      benchmark?.beta ?? null,
      benchmark ? benchmark.beta_reason : "no benchmark is chosen",
    ]),
  ];
}

export function riskTiles(performance: RiskFigures["performance"], format: Format): Tile[] {
  return [
    {
      figure: "volatility",
      label: t("Volatility, per year"),
      value: performance.volatility,
      reason: performance.volatility_reason,
      isPercent: true,
    },
    {
      figure: "sharpe",
      label: t("Sharpe ratio"),
      value: performance.sharpe,
      reason: performance.sharpe_reason,
    },
    {
      figure: "sortino",
      label: t("Sortino ratio"),
      value: performance.sortino,
      reason: performance.sortino_reason,
    },
    {
      figure: "max_drawdown",
      label: t("Deepest drawdown"),
      value: performance.max_drawdown,
      note: dated(performance.max_drawdown_trough_date, format),
      isSigned: true,
    },
  ];
}
