/** Risk: what portfolios lose on bad days, how concentrated they are, and what each holding adds; computed when read. */
import { sqlAsset } from "../src/engine/index.ts";
import {
  amount,
  count,
  day,
  nullable,
  number,
  person,
  portfolio,
  ratio,
  reason,
  text,
  ticker,
} from "./columns.ts";
import { gold_monthly_returns, int_position_values } from "./gold.ts";
import { int_portfolio_daily, int_ticker_days } from "./intermediate.ts";
import { fct_macro_regimes } from "./macro.ts";
import { int_risk_returns } from "./performance.ts";
import { int_holding_periods } from "./positions.ts";

const periodsPerYear = number("Risk returns in a year: 252 trading days, or 365.");
const withoutRiskFree = count("Risk returns on days whose risk-free rate is not known.");

const tails = {
  value_at_risk_95: nullable(ratio("Lost by the 5 % of returns that are worst, at least; below 0: gained.")),
  expected_shortfall_95: nullable(ratio("Lost by them on average.")),
  value_at_risk_99: nullable(ratio("Lost by the 1 % of returns that are worst, at least; below 0: gained.")),
  expected_shortfall_99: nullable(ratio("Lost by them on average.")),
};

export const int_return_distribution = sqlAsset({
  name: "int_return_distribution",
  layer: "intermediate",
  description:
    "What the formulas give of each portfolio's returns, whether or not there are enough to go by.",
  columns: {
    user_id: person,
    portfolio_id: portfolio,
    periods_per_year: periodsPerYear,
    returns: count("Risk returns."),
    returns_without_risk_free: withoutRiskFree,
    gains: ratio("Sum of what returns are above the risk-free rate."),
    shortfalls: ratio("Sum of what others are below it."),
    ...tails,
    tail_returns_95: count("Returns that expected_shortfall_95 is of."),
    tail_returns_99: count("Returns that expected_shortfall_99 is of."),
  },
  key: ["user_id", "portfolio_id"],
  partitionBy: "user_id",
  materialized: "view",
  deps: [int_risk_returns],
  tags: ["portfolio"],
});

export const gold_return_distribution = sqlAsset({
  name: "gold_return_distribution",
  layer: "gold",
  description: "How each person's returns are distributed: what is lost on bad days, and gained for it.",
  columns: {
    user_id: person,
    returns: count("Returns that the figures go by."),
    value_at_risk_95: tails.value_at_risk_95,
    value_at_risk_95_reason: reason("value at risk"),
    expected_shortfall_95: tails.expected_shortfall_95,
    expected_shortfall_95_reason: reason("expected shortfall"),
    value_at_risk_99: tails.value_at_risk_99,
    value_at_risk_99_reason: reason("value at risk"),
    expected_shortfall_99: tails.expected_shortfall_99,
    expected_shortfall_99_reason: reason("expected shortfall"),
    omega: nullable(
      ratio("What returns are above the risk-free rate, for each unit that others are below it."),
    ),
    omega_reason: reason("omega"),
  },
  key: ["user_id"],
  partitionBy: "user_id",
  materialized: "view",
  deps: [int_portfolio_daily, int_return_distribution],
  tags: ["portfolio"],
});

export const gold_worst_periods = sqlAsset({
  name: "gold_worst_periods",
  layer: "gold",
  description: "The ten days and the ten months on which each person's portfolio lost most.",
  columns: {
    user_id: person,
    period: text("day or month."),
    period_rank: count("1: the worst of its kind."),
    first_date: day("The day, or the first one of the month."),
    return: ratio("Time-weighted: below 0."),
  },
  key: ["user_id", "period", "period_rank"],
  partitionBy: "user_id",
  materialized: "view",
  deps: [int_portfolio_daily, gold_monthly_returns],
  tags: ["portfolio"],
});

export const gold_concentration = sqlAsset({
  name: "gold_concentration",
  layer: "gold",
  description: "How much of what each person holds is in how few holdings.",
  columns: {
    user_id: person,
    holdings: count("Tickers that are held and worth something."),
    largest_ticker: nullable(ticker),
    largest_weight: nullable(ratio("Weight of the largest holding.")),
    largest_five_weight: nullable(ratio("Weight of the five largest together.")),
    hhi: nullable(ratio("Herfindahl-Hirschman index: sum of the squares of all weights, up to 1.")),
    effective_holdings: nullable(ratio("1 / hhi: as many equal holdings would be as concentrated.")),
    concentration_reason: reason("concentration"),
  },
  key: ["user_id"],
  partitionBy: "user_id",
  materialized: "view",
  deps: [int_position_values],
  tags: ["portfolio"],
});

export const int_holding_gains = sqlAsset({
  name: "int_holding_gains",
  layer: "intermediate",
  description: "What each holding earned on each day, and its part of the portfolio's return.",
  columns: {
    user_id: person,
    ticker,
    price_date: day("Calendar day."),
    risk_date: nullable(day("Last day of the risk return that it compounds into; null after the last one.")),
    periods_per_year: periodsPerYear,
    portfolio_return: nullable(ratio("The portfolio's return up to risk_date.")),
    gain: amount("What the value grew by beside flows, and income."),
    daily_return: nullable(ratio("The holding's own; null while nothing is invested in it.")),
    index_gain: ratio("What of the portfolio's index it moved on the day; 0 while nothing is invested."),
    contribution: nullable(
      ratio("Its part of portfolio_return; null after the last risk_date, and once everything was lost."),
    ),
  },
  key: ["user_id", "ticker", "price_date"],
  partitionBy: "user_id",
  timeColumn: "price_date",
  materialized: "view",
  deps: [int_ticker_days, int_risk_returns, int_portfolio_daily],
  tags: ["portfolio"],
});

export const int_holding_risk_returns = sqlAsset({
  name: "int_holding_risk_returns",
  layer: "intermediate",
  description: "Each holding's return over the days of each portfolio return that counts for risk.",
  columns: {
    user_id: person,
    ticker,
    price_date: day("Last of the days."),
    periods_per_year: periodsPerYear,
    risk_return: nullable(ratio("The holding's; null while nothing is invested in it.")),
  },
  key: ["user_id", "ticker", "price_date"],
  partitionBy: "user_id",
  timeColumn: "price_date",
  materialized: "view",
  deps: [int_holding_gains],
  tags: ["portfolio"],
});

const contribution = {
  user_id: person,
  ticker: text("Ticker; empty: what is of no ticker, such as cash, taxes and fees of no trade."),
  gain: amount("Part of the portfolio's gain."),
  return_contribution: ratio("Part of its time-weighted return."),
  returns: count("Risk returns on which something was held."),
};

export const int_contributions = sqlAsset({
  name: "int_contributions",
  layer: "intermediate",
  description: "What the formulas give of each holding's part in gain, return and swings.",
  columns: {
    ...contribution,
    ticker,
    volatility: nullable(ratio("Standard deviation of the holding's own returns, annualised.")),
    contributions: ratio("Sum of its parts of the portfolio's risk returns."),
    contribution_products: ratio("Sum of these times the returns."),
  },
  key: ["user_id", "ticker"],
  partitionBy: "user_id",
  materialized: "view",
  deps: [int_holding_gains, int_holding_risk_returns],
  tags: ["portfolio"],
});

export const gold_contributions = sqlAsset({
  name: "gold_contributions",
  layer: "gold",
  description: "What each holding added to gain, return and volatility of each person's portfolio.",
  columns: {
    ...contribution,
    volatility: nullable(ratio("Standard deviation of the holding's own returns, annualised.")),
    volatility_reason: reason("volatility"),
    volatility_contribution: nullable(ratio("Share of the portfolio's volatility; all add up to 1.")),
    volatility_contribution_reason: reason("contribution to volatility"),
  },
  key: ["user_id", "ticker"],
  partitionBy: "user_id",
  materialized: "view",
  deps: [int_contributions, int_risk_returns, int_portfolio_daily],
  tags: ["portfolio"],
});

export const int_compared_holdings = sqlAsset({
  name: "int_compared_holdings",
  layer: "intermediate",
  description: "Tickers whose returns are compared with one another: those that a person ever held.",
  columns: { user_id: person, ticker },
  key: ["user_id", "ticker"],
  partitionBy: "user_id",
  materialized: "view",
  deps: [int_holding_periods],
  tags: ["portfolio"],
});

export const gold_correlations = sqlAsset({
  name: "gold_correlations",
  layer: "gold",
  description: "How the returns of each two holdings of a person went together.",
  columns: {
    user_id: person,
    ticker,
    other_ticker: ticker,
    returns: count("Returns on which both were held."),
    correlation: nullable(ratio("From -1 to 1.")),
    correlation_reason: reason("correlation"),
  },
  key: ["user_id", "ticker", "other_ticker"],
  partitionBy: "user_id",
  materialized: "view",
  deps: [int_holding_risk_returns, int_compared_holdings],
  tags: ["portfolio"],
});

export const gold_rolling_risk = sqlAsset({
  name: "gold_rolling_risk",
  layer: "gold",
  description: "Volatility, Sharpe ratio and drawdown of the last 63 returns, day by day.",
  columns: {
    user_id: person,
    price_date: day("Last day of the 63 returns."),
    volatility: ratio("Standard deviation of the 63 returns, annualised."),
    sharpe: nullable(ratio("Their return above the risk-free rate for each unit of volatility, annualised.")),
    sharpe_reason: reason("Sharpe ratio"),
    drawdown: ratio("Distance of the index from its highest point in these days: 0 or below."),
  },
  key: ["user_id", "price_date"],
  partitionBy: "user_id",
  timeColumn: "price_date",
  materialized: "view",
  deps: [int_risk_returns, int_portfolio_daily],
  tags: ["portfolio"],
});

export const gold_ticker_regimes = sqlAsset({
  name: "gold_ticker_regimes",
  layer: "gold",
  description: "How each holding did in each macro regime: its days, put end to end.",
  columns: {
    user_id: person,
    ticker,
    regime: text("The regime, as it could be told on each day; unknown where there are no macro data."),
    days: count("Calendar days on which it was held in the regime."),
    returns: count("Returns of trading days in the regime, which volatility is of."),
    return: nullable(ratio("Time-weighted return over these days, put end to end.")),
    return_reason: reason("return"),
    volatility: nullable(ratio("Standard deviation of the returns of trading days, at a yearly rate.")),
    volatility_reason: reason("volatility"),
    max_drawdown: nullable(ratio("Deepest fall from a peak within these days; 0 or below.")),
    max_drawdown_reason: reason("drawdown"),
  },
  key: ["user_id", "ticker", "regime"],
  partitionBy: "user_id",
  materialized: "view",
  deps: [int_holding_gains, int_holding_risk_returns, fct_macro_regimes],
  tags: ["macro", "portfolio"],
});
