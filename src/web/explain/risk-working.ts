/** The formulas of figures of risk, each with the person's own numbers put in. */
import type { RiskFacts } from "../../portfolio/index.ts";
import type { Format } from "../format.ts";
import { t } from "../messages/index.ts";
import { shownTicker } from "../own-names.ts";
import type { FigureName } from "./figures.ts";
import { computed, equation, impossible, precise, type Working } from "./working.ts";

type Work = (facts: RiskFacts, format: Format) => Working;
type Beside = NonNullable<RiskFacts["benchmark"]> & NonNullable<RiskFacts["beside"]>;

export const riskWorkings: Partial<Record<FigureName, Work>> = {
  beta: besideBenchmark("beta", ({ covariance, benchmark_deviation }, value, format) => {
    const [both, own] = [exact(covariance!, format), exact(benchmark_deviation! ** 2, format)];
    return computed(
      value,
      t("covariance = {both}, variance of the benchmark = {own}", { both, own }),
      equation(`${both} ÷ ${own}`, value),
    );
  }),
  alpha: besideBenchmark(
    "alpha",
    ({ excess, benchmark_excess, beta, periods_per_year }, value, format) => {
      const [own, theirs] = [exact(excess!, format), exact(benchmark_excess!, format)];
      const moved = precise(format, beta!);
      return computed(
        value,
        `mean(r − rf) = ${own}, mean(b − rf) = ${theirs}, beta = ${moved}`,
        equation(`(${own} − ${moved} × ${theirs}) × ${periods_per_year}`, value),
      );
    },
    (value, format) => format.signedPercent(value),
  ),
  benchmark_correlation: besideBenchmark(
    "correlation",
    ({ covariance, deviation, benchmark_deviation }, value, format) =>
      computed(
        value,
        equation(
          `${exact(covariance!, format)} ÷ (${exact(deviation!, format)} × ${exact(benchmark_deviation!, format)})`,
          value,
        ),
      ),
  ),
  tracking_error: besideBenchmark(
    "tracking_error",
    ({ active_deviation, periods_per_year }, value, format) =>
      computed(value, equation(`${exact(active_deviation!, format)} × sqrt(${periods_per_year})`, value)),
    (value, format) => format.percent(value),
  ),
  information_ratio: besideBenchmark(
    "information_ratio",
    ({ active_return, active_deviation, periods_per_year }, value, format) =>
      computed(
        value,
        equation(
          `${exact(active_return, format)} ÷ ${exact(active_deviation!, format)} × sqrt(${periods_per_year})`,
          value,
        ),
      ),
  ),
  up_capture: besideBenchmark(
    "up_capture",
    ({ up_returns, up_return, up_benchmark }, value, format) =>
      captured(true, up_returns, up_return!, up_benchmark!, value, format),
    (value, format) => format.percent(value),
  ),
  down_capture: besideBenchmark(
    "down_capture",
    ({ down_returns, down_return, down_benchmark }, value, format) =>
      captured(false, down_returns, down_return!, down_benchmark!, value, format),
    (value, format) => format.percent(value),
  ),
  value_at_risk_95: ofTail("value_at_risk_95", 0.05),
  value_at_risk_99: ofTail("value_at_risk_99", 0.01),
  expected_shortfall_95: ofTail("expected_shortfall_95", 0.05),
  expected_shortfall_99: ofTail("expected_shortfall_99", 0.01),
  omega: ({ distribution, tails }, format) => {
    if (!distribution || !tails || distribution.omega === null)
      return impossible(distribution?.omega_reason ?? null);
    const value = format.number(distribution.omega);
    const [gains, shortfalls] = [precise(format, tails.gains), precise(format, tails.shortfalls)];
    return computed(
      value,
      t("{count, plural, one {# return} other {# returns}}: above rf = {gains}, below rf = {shortfalls}", {
        count: tails.returns,
        gains,
        shortfalls,
      }),
      equation(`${gains} ÷ ${shortfalls}`, value),
    );
  },
  hhi: ({ concentration }, format) => {
    if (!concentration || concentration.hhi === null)
      return impossible(concentration?.concentration_reason ?? "nothing is held");
    const value = format.number(concentration.hhi);
    return computed(
      value,
      t("{count, plural, one {the square of # weight} other {the squares of # weights}}, added up", {
        count: concentration.holdings,
      }),
      t("as concentrated as {count} equal holdings", {
        count: precise(format, concentration.effective_holdings!, 1),
      }),
    );
  },
  largest_five_weight: ({ concentration }, format) =>
    !concentration || concentration.largest_five_weight === null
      ? impossible(concentration?.concentration_reason ?? "nothing is held")
      : computed(format.percent(concentration.largest_five_weight)),
  return_contribution: ({ contribution }, format) =>
    contribution
      ? computed(
          format.signedPercent(contribution.return_contribution),
          t("of a gain of {gain}", { gain: format.signedMoney(contribution.gain) }),
        )
      : impossible(t("nothing of it was held")),
  volatility_contribution: ({ contribution }, format) =>
    !contribution || contribution.volatility_contribution === null
      ? impossible(contribution?.volatility_contribution_reason ?? t("nothing of it was held"))
      : computed(format.percent(contribution.volatility_contribution)),
};

/** Of returns of a day, which are some hundred-thousandths. */
const exact = (value: number, format: Format): string => precise(format, value, 9);

function besideBenchmark(
  figure:
    | "beta"
    | "alpha"
    | "correlation"
    | "tracking_error"
    | "information_ratio"
    | "up_capture"
    | "down_capture",
  work: (facts: Beside, value: string, format: Format) => Working,
  write: (value: number, format: Format) => string = (value, format) => format.number(value),
): Work {
  return ({ benchmark, beside }, format) => {
    if (!benchmark) return impossible("no benchmark is chosen");
    const value = benchmark[figure];
    if (value === null || !beside) return impossible(benchmark[`${figure}_reason`]);
    const { steps, ...working } = work({ ...benchmark, ...beside }, write(value, format), format);
    const days = t(
      "{count, plural, one {# return} other {# returns}} beside {benchmark}, {first} to {last}",
      {
        count: beside.returns,
        benchmark: shownTicker(benchmark.benchmark),
        first: format.date(beside.first_date),
        last: format.date(beside.last_date),
      },
    );
    return { ...working, steps: [days, ...steps] };
  };
}

function captured(
  isRise: boolean,
  days: number,
  own: number,
  theirs: number,
  value: string,
  format: Format,
): Working {
  return computed(
    value,
    t(
      isRise
        ? "on {count} of them the benchmark rose: mean(r) = {own}, mean(b) = {theirs}"
        : "on {count} of them the benchmark fell: mean(r) = {own}, mean(b) = {theirs}",
      { count: format.count(days), own: exact(own, format), theirs: exact(theirs, format) },
    ),
    equation(`${exact(own, format)} ÷ ${exact(theirs, format)}`, value),
  );
}

function ofTail(
  figure: "value_at_risk_95" | "value_at_risk_99" | "expected_shortfall_95" | "expected_shortfall_99",
  share: number,
): Work {
  return ({ distribution, tails }, format) => {
    const value = distribution?.[figure] ?? null;
    if (value === null || !tails) return impossible(distribution?.[`${figure}_reason`] ?? null);
    const written = format.percent(value);
    const returns = format.count(tails.returns);
    const inTail = format.count(figure.endsWith("95") ? tails.tail_returns_95 : tails.tail_returns_99);
    const formula = figure.startsWith("value")
      ? t("− (return {share} × ({returns} − 1) places above the lowest of {returns})", {
          share: format.number(share),
          returns,
        })
      : t("− mean of the {count} lowest of {returns} returns", { count: inTail, returns });
    return computed(written, equation(formula, written));
  };
}
