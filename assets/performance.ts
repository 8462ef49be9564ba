/** Performance: risk and return of a whole portfolio, computed when read. */
import { sqlAsset } from "../src/engine/index.ts";
import {
  account,
  amount,
  count,
  day,
  flag,
  nullable,
  number,
  person,
  portfolio,
  ratio,
  reason,
  text,
} from "./columns.ts";
import { stg_fred_macro } from "./fred.ts";
import { int_portfolio_daily, int_portfolio_index, int_portfolios } from "./intermediate.ts";
import { int_calendar } from "./market.ts";

export const int_risk_free = sqlAsset({
  name: "int_risk_free",
  layer: "intermediate",
  description: "The risk-free rate (FRED DTB3) as known on each calendar day.",
  columns: {
    calendar_date: day("The day."),
    annual_percent: amount("Three-month Treasury bill rate, percent a year, last published by the day."),
    rate_per_trading_day: ratio("(1 + annual)^(1/252) - 1."),
    rate_per_calendar_day: ratio("(1 + annual)^(1/365) - 1."),
  },
  key: ["calendar_date"],
  timeColumn: "calendar_date",
  materialized: "incremental",
  deps: [
    {
      asset: stg_fred_macro,
      time: "carry",
      reason:
        "a rate stands from the day on which it is known, which is never before the one that it is about",
    },
    int_calendar,
  ],
  tags: ["macro"],
});

/** What every figure of a portfolio stands beside: whose, of which days, and the money of the last of them. */
const standing = {
  user_id: person,
  as_of: day("Last day known to the system."),
  first_date: day("Day of the first trade."),
  days: number("Calendar days since the day before the first trade."),
  currency: text("ISO code of the person's base currency, which all amounts are in."),
  market_value: amount("What all positions, and cash where it is tracked, are worth."),
  cash: amount("What of it is cash."),
  cost_basis: amount("What they cost, purchase fees included."),
  net_contributions: amount(
    "Put in less taken out: by trades, fees included, or where cash is tracked by deposits and withdrawals.",
  ),
  total_gain: amount("market_value - net_contributions + income_paid_out."),
  realized_pnl: amount("Realized by sales to date."),
  unrealized_pnl: amount("market_value - cash - cost_basis."),
  income: amount("Dividends and interest to date, before tax."),
  income_paid_out: amount("What of it left the portfolio, net: all of it, unless cash is tracked."),
  fees: amount("Fees to date."),
  taxes: amount("Taxes to date, withheld ones among them."),
  price_effect: amount("What moves of prices added, at the exchange rates before."),
  currency_effect: amount(
    "What moves of exchange rates added: with price_effect and income, less fees, the gain.",
  ),
  twr: ratio("Time-weighted return since the first trade."),
  price_return: ratio("The same without what exchange rates did."),
  currency_return: ratio("What they made of it: (1 + twr) / (1 + price_return) - 1."),
};

export const int_risk_returns = sqlAsset({
  name: "int_risk_returns",
  layer: "intermediate",
  description: "A person's days, each with its return as risk figures count it.",
  columns: {
    user_id: person,
    portfolio_id: portfolio,
    price_date: int_portfolio_index.columns.price_date,
    daily_return: int_portfolio_index.columns.daily_return,
    twr_index: int_portfolio_index.columns.twr_index,
    running_peak: int_portfolio_index.columns.running_peak,
    drawdown: int_portfolio_index.columns.drawdown,
    max_drawdown: ratio("Lowest drawdown of all the person's days: the same on each."),
    best_day: nullable(ratio("Their highest daily return.")),
    worst_day: nullable(ratio("Their lowest daily return.")),
    periods_per_year: number("252, or 365 for a person who only ever held what trades around the clock."),
    risk_period: count("The same for all days that compound into one risk return."),
    risk_return: nullable(ratio("Return since the last day that counts for risk; null on other days.")),
    risk_free_return: nullable(ratio("Risk-free return of one such period; null on other days, or unknown.")),
  },
  key: ["user_id", "portfolio_id", "price_date"],
  partitionBy: "user_id",
  timeColumn: "price_date",
  materialized: "view",
  deps: [int_portfolio_index, int_risk_free],
  tags: ["portfolio"],
});

const drawdown = {
  max_drawdown: ratio("Deepest fall of the index below its running peak: 0 or below."),
  max_drawdown_peak_date: nullable(day("Day from which it fell; null when it never did.")),
  max_drawdown_trough_date: nullable(day("First day at the bottom; null when it never fell.")),
  max_drawdown_recovery_date: nullable(day("First day back at the peak.")),
  current_drawdown: ratio("Distance of the index from its running peak on the last day."),
};

const extremes = {
  best_day: nullable(ratio("Highest daily return.")),
  best_day_date: nullable(day("Its day.")),
  worst_day: nullable(ratio("Lowest daily return.")),
  worst_day_date: nullable(day("Its day.")),
};

const warnings = {
  is_provisional: flag("The last day has a close of a session that was still open."),
  is_estimated: flag("The last day values a position at a transaction's price."),
};

export const int_performance_figures = sqlAsset({
  name: "int_performance_figures",
  layer: "intermediate",
  description: "What the formulas give for each portfolio, whether or not there is enough to go by.",
  columns: {
    ...standing,
    portfolio_id: portfolio,
    flow_days: nullable(
      number("Calendar days from the first movement of money to the last, the value at the end included."),
    ),
    flow_rate: nullable(ratio("Rate a year at which all movements of money are worth nothing.")),
    flow_return: nullable(ratio("The same over flow_days.")),
    flow_reason: reason("such rate"),
    periods_per_year: number("Risk returns in a year."),
    returns: count("Risk returns."),
    returns_without_risk_free: count("Risk returns on days whose risk-free rate is not known."),
    volatility: nullable(ratio("Standard deviation of the risk returns, annualised.")),
    annual_excess: nullable(ratio("Mean of the risk returns above the risk-free rate, x sqrt(periods).")),
    excess_deviation: nullable(ratio("Their standard deviation.")),
    downside_deviation: nullable(ratio("Root mean square of those below 0, over all days.")),
    ...drawdown,
    ...extremes,
    ...warnings,
  },
  key: ["user_id", "portfolio_id"],
  partitionBy: "user_id",
  materialized: "view",
  deps: [int_risk_returns, int_portfolio_daily],
  tags: ["portfolio"],
});

/** What is said of a portfolio, in gold and below. */
const figures = {
  ...standing,
  annualized_return: nullable(ratio("twr a year: (1 + twr)^(365.25 / days) - 1.")),
  annualized_return_reason: reason("annualised return"),
  xirr: nullable(ratio("Money-weighted return a year, actual/365.")),
  xirr_reason: reason("XIRR"),
  money_weighted_return: nullable(ratio("Money-weighted return over the whole time.")),
  money_weighted_return_reason: reason("money-weighted return"),
  returns: count("Returns that the risk figures go by."),
  periods_per_year: number("Such returns in a year: 252 trading days, or 365."),
  volatility: nullable(ratio("Standard deviation of the returns, annualised.")),
  volatility_reason: reason("volatility"),
  sharpe: nullable(ratio("Return above the risk-free rate for each unit of volatility, annualised.")),
  sharpe_reason: reason("Sharpe ratio"),
  sortino: nullable(
    ratio("Return above the risk-free rate for each unit of downside deviation, annualised."),
  ),
  sortino_reason: reason("Sortino ratio"),
  ...drawdown,
  max_drawdown_recovery_date_reason: reason("recovery date"),
  calmar: nullable(ratio("annualized_return / abs(max_drawdown).")),
  calmar_reason: reason("Calmar ratio"),
  ...extremes,
  best_day_reason: reason("best day"),
  worst_day_reason: reason("worst day"),
  ...warnings,
};

export const int_performance = sqlAsset({
  name: "int_performance",
  layer: "intermediate",
  description: "How each portfolio has done, and the reason for every figure that there is not.",
  columns: { ...figures, portfolio_id: portfolio },
  key: ["user_id", "portfolio_id"],
  partitionBy: "user_id",
  materialized: "view",
  deps: [int_performance_figures],
  tags: ["portfolio"],
});

export const gold__performance = sqlAsset({
  name: "gold__performance",
  layer: "gold",
  description:
    "How all accounts of each person together have done, and the reason for every figure that there is not.",
  columns: {
    ...figures,
  },
  key: ["user_id"],
  partitionBy: "user_id",
  materialized: "view",
  deps: [int_performance],
  tags: ["portfolio"],
});

export const gold_account_performance = sqlAsset({
  name: "gold_account_performance",
  layer: "gold",
  description: "How each account has done by itself.",
  columns: { ...figures, account_id: account },
  key: ["user_id", "account_id"],
  partitionBy: "user_id",
  materialized: "view",
  deps: [int_portfolios, int_performance],
  tags: ["portfolio"],
});
