/** Macro regimes: what phase the economy was seen to be in on each day, and how portfolios did in each. */
import { sqlAsset } from "../src/engine/index.ts";
import { amount, count, day, flag, nullable, number, person, ratio, reason, text } from "./columns.ts";
import { int_macro_signals, stg_fred_macro } from "./fred.ts";
import { int_calendar } from "./market.ts";
import { int_risk_returns } from "./performance.ts";

const regimes = ["contraction", "recovery", "slowdown", "expansion"] as const;
const {
  unemployment_month,
  unemployment,
  sahm_gap,
  unemployment_slack,
  unemployment_change_1m,
  unemployment_change_3m,
  production_month,
  production_change_1m,
  production_growth_6m,
  industrial_production_yoy,
  inflation_yoy,
  fed_funds,
  yield_10y,
  curve_10y2y,
  yield_curve,
  breakeven_inflation_10y,
} = int_macro_signals.columns;

const regime = {
  date: day("Calendar day."),
  regime: text(
    "contraction, recovery (from its end until the Sahm gap has closed), slowdown (two of three warnings, until none is left) or expansion.",
  ),
  regime_start: day("First day of the regime that is in force."),
  days_in_regime: number("Days the regime has been in force, its first one included."),
  fed_stance: text(
    "tightening or easing when the federal funds rate moved more than 0.25 points in three months, else on hold.",
  ),
  cycle_phase: text(
    "recession (in a contraction), early (unemployment at least a point above its five-year low), late (the curve has been flatter than 0.5 and not been above 1 since) or mid.",
  ),
} as const;

const regimeChecks = [
  { kind: "accepted_values", column: "regime", values: regimes },
  { kind: "accepted_values", column: "fed_stance", values: ["tightening", "easing", "on hold"] },
  { kind: "accepted_values", column: "cycle_phase", values: ["recession", "early", "mid", "late"] },
] as const;

export const fct_macro_regimes = sqlAsset({
  name: "fct_macro_regimes",
  layer: "intermediate",
  description: "The macro regime that could be told on each day, and the signals behind it: no hindsight.",
  materialized: "table",
  deps: [int_macro_signals, int_calendar],
  columns: {
    ...regime,
    unemployment_month,
    unemployment,
    sahm_gap,
    unemployment_slack,
    unemployment_change_1m,
    unemployment_change_3m,
    production_month,
    production_change_1m,
    production_growth_6m,
    industrial_production_yoy,
    inflation_yoy,
    fed_funds,
    fed_funds_change_3m: nullable(
      amount(
        "Federal funds rate minus the one known three months earlier, percentage points; null in the first three months.",
      ),
    ),
    yield_10y,
    curve_10y2y,
    yield_curve,
    breakeven_inflation_10y,
  },
  key: ["date"],
  timeColumn: "date",
  checks: [...regimeChecks],
  tags: ["macro"],
});

export const gold_macro_context = sqlAsset({
  name: "gold_macro_context",
  layer: "gold",
  description: "Regime and macro indicators of each day, ready for a chart.",
  materialized: "view",
  deps: [fct_macro_regimes, stg_fred_macro],
  columns: {
    ...regime,
    fed_funds,
    yield_10y,
    curve_10y2y,
    breakeven_inflation_10y,
    inflation_yoy,
    unemployment,
    sahm_gap,
    production_growth_6m,
    industrial_production_yoy,
    is_nber_recession: nullable(
      flag(
        "Hindsight, for comparison: the NBER dated the month as one of recession; null where FRED has no word of it yet.",
      ),
    ),
  },
  key: ["date"],
  timeColumn: "date",
  checks: [...regimeChecks],
  tags: ["macro"],
});

export const gold_regime_performance = sqlAsset({
  name: "gold_regime_performance",
  layer: "gold",
  description: "How each person's portfolio did in each macro regime: its days, put end to end.",
  materialized: "view",
  deps: [int_risk_returns, fct_macro_regimes],
  columns: {
    user_id: person,
    regime: text("The regime, as it could be told on each day; unknown where there are no macro data."),
    days: count("Calendar days of the portfolio in the regime."),
    returns: count("Returns of trading days in the regime, which volatility is of."),
    return: nullable(ratio("Time-weighted return over the regime's days, put end to end.")),
    return_reason: reason("return"),
    annualized_return: nullable(ratio("The return at a yearly rate, by calendar days.")),
    annualized_return_reason: reason("annualized return"),
    volatility: nullable(ratio("Standard deviation of the returns of trading days, at a yearly rate.")),
    volatility_reason: reason("volatility"),
    max_drawdown: nullable(
      ratio("Deepest fall from a peak within the regime's days put end to end; 0 or below."),
    ),
    max_drawdown_reason: reason("drawdown"),
  },
  key: ["user_id", "regime"],
  partitionBy: "user_id",
  // No checks: a view over all of a person's days is computed once more for each, with every trade (8 ms).
  tags: ["macro", "portfolio"],
});
