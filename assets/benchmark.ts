/** Benchmarks: how portfolios did beside something else that could have been held; computed when read. */
import { sqlAsset } from "../src/engine/index.ts";
import { count, day, nullable, number, person, portfolio, ratio, reason, text } from "./columns.ts";
import { int_portfolio_daily } from "./intermediate.ts";
import { int_fx_daily } from "./market.ts";
import { int_risk_returns } from "./performance.ts";
import { int_holding_periods, int_person_currencies } from "./positions.ts";
import { stg_assets, stg_raw_prices } from "./staging.ts";

const benchmark = text("Ticker that the portfolio is measured against.");
const periodsPerYear = number("Risk returns in a year: 252 trading days, or 365.");
const withoutRiskFree = count("Risk returns on days whose risk-free rate is not known.");

export const int_benchmarks = sqlAsset({
  name: "int_benchmarks",
  layer: "intermediate",
  description: "Tickers that a person's portfolio is measured against: those that they ever held.",
  columns: { user_id: person, ticker: benchmark },
  key: ["user_id", "ticker"],
  partitionBy: "user_id",
  materialized: "view",
  deps: [int_holding_periods],
  tags: ["portfolio"],
});

export const int_benchmark_returns = sqlAsset({
  name: "int_benchmark_returns",
  layer: "intermediate",
  description: "Each return of a portfolio that counts for risk, and what a benchmark did on the same days.",
  columns: {
    user_id: person,
    portfolio_id: portfolio,
    benchmark,
    price_date: day("Last of its days."),
    periods_per_year: periodsPerYear,
    risk_return: ratio("The portfolio's."),
    risk_free_return: nullable(ratio("Risk-free return of one such period; null where it is not known.")),
    benchmark_return: nullable(ratio("The benchmark's; null where it is not known.")),
  },
  key: ["user_id", "portfolio_id", "benchmark", "price_date"],
  partitionBy: "user_id",
  timeColumn: "price_date",
  materialized: "view",
  deps: [
    int_risk_returns,
    int_portfolio_daily,
    int_benchmarks,
    { asset: stg_raw_prices, via: int_benchmarks },
    { asset: stg_assets, via: int_benchmarks },
    { asset: int_fx_daily, via: int_person_currencies },
  ],
  tags: ["portfolio"],
});

const beside = {
  beta: nullable(ratio("covariance / variance of the benchmark's returns.")),
  alpha: nullable(ratio("Mean excess return less beta times the benchmark's, a year (x periods_per_year).")),
  correlation: nullable(ratio("Of the returns with the benchmark's, from -1 to 1.")),
  tracking_error: nullable(
    ratio("Standard deviation of what the returns are above the benchmark's, annualised."),
  ),
  information_ratio: nullable(
    ratio("Mean of that above the benchmark for each unit of tracking error, annualised."),
  ),
  up_capture: nullable(ratio("Mean return on days on which the benchmark rose, over the benchmark's.")),
  down_capture: nullable(ratio("Mean return on days on which the benchmark fell, over the benchmark's.")),
};

export const int_benchmark_figures = sqlAsset({
  name: "int_benchmark_figures",
  layer: "intermediate",
  description:
    "What the formulas give for each portfolio and benchmark, whether or not there is enough to go by.",
  columns: {
    user_id: person,
    portfolio_id: portfolio,
    benchmark,
    first_date: day("First day of which both returns are known."),
    last_date: day("Last such day."),
    periods_per_year: periodsPerYear,
    returns: count("Returns of which both are known."),
    returns_without_risk_free: withoutRiskFree,
    return: ratio("The portfolio's over them."),
    benchmark_return: ratio("The benchmark's over them."),
    deviation: nullable(ratio("Standard deviation of the portfolio's.")),
    benchmark_deviation: nullable(ratio("Standard deviation of the benchmark's.")),
    covariance: nullable(ratio("Of both.")),
    excess: nullable(ratio("Mean of the portfolio's above the risk-free rate.")),
    benchmark_excess: nullable(ratio("Mean of the benchmark's above the risk-free rate.")),
    active_return: ratio("Mean of what the portfolio's are above the benchmark's."),
    active_deviation: nullable(ratio("Standard deviation of that.")),
    ...beside,
    up_returns: count("On which the benchmark rose."),
    down_returns: count("On which it fell."),
    up_return: nullable(ratio("Mean of the portfolio's where the benchmark rose.")),
    up_benchmark: nullable(ratio("Mean of the benchmark's there.")),
    down_return: nullable(ratio("Mean of the portfolio's where the benchmark fell.")),
    down_benchmark: nullable(ratio("Mean of the benchmark's there.")),
  },
  key: ["user_id", "portfolio_id", "benchmark"],
  partitionBy: "user_id",
  materialized: "view",
  deps: [int_benchmark_returns],
  tags: ["portfolio"],
});

export const gold_benchmark_performance = sqlAsset({
  name: "gold_benchmark_performance",
  layer: "gold",
  description:
    "How each person's portfolio did beside a benchmark, and the reason for every figure that there is not.",
  columns: {
    user_id: person,
    benchmark,
    first_date: nullable(day("First day of which both returns are known; null without any.")),
    last_date: nullable(day("Last such day.")),
    returns: count("Returns of which both are known."),
    return: nullable(ratio("The portfolio's over them.")),
    benchmark_return: nullable(ratio("The benchmark's over them.")),
    beta: beside.beta,
    beta_reason: reason("beta"),
    alpha: beside.alpha,
    alpha_reason: reason("alpha"),
    correlation: beside.correlation,
    correlation_reason: reason("correlation"),
    tracking_error: beside.tracking_error,
    tracking_error_reason: reason("tracking error"),
    information_ratio: beside.information_ratio,
    information_ratio_reason: reason("information ratio"),
    up_capture: beside.up_capture,
    up_capture_reason: reason("up capture"),
    down_capture: beside.down_capture,
    down_capture_reason: reason("down capture"),
  },
  key: ["user_id", "benchmark"],
  partitionBy: "user_id",
  materialized: "view",
  deps: [int_portfolio_daily, int_benchmarks, int_benchmark_figures],
  // No checks, as of all views here: each would compute a person's days once more with every trade.
  tags: ["portfolio"],
});
