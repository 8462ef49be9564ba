/** The figures that pages explain, and the columns that they are read from. */
import { gold_benchmark_performance } from "../../../assets/benchmark.ts";
import { gold_p_timeseries, gold_ticker_kpis } from "../../../assets/gold.ts";
import { gold_income_yields } from "../../../assets/income.ts";
import { fct_macro_regimes, gold_regime_performance } from "../../../assets/macro.ts";
import { gold__performance } from "../../../assets/performance.ts";
import {
  gold_concentration,
  gold_contributions,
  gold_correlations,
  gold_return_distribution,
  gold_rolling_risk,
} from "../../../assets/risk.ts";
import type { Origin } from "../../portfolio/index.ts";
import { defineMessage } from "../messages/index.ts";

export interface Figure {
  /** A message. */
  readonly title: string;
  /** Of the whole portfolio; null: only a ticker has it. */
  readonly portfolio: Origin | null;
  /** Of one ticker; null: only the portfolio has it. */
  readonly ticker: Origin | null;
}

const column = <C extends object>(asset: { name: string; columns: C }, name: keyof C & string): Origin => ({
  asset: asset.name,
  column: name,
});
const performance = (name: keyof typeof gold__performance.columns) => column(gold__performance, name);
const day = (name: keyof typeof gold_p_timeseries.columns) => column(gold_p_timeseries, name);
const ofRegime = (name: keyof typeof gold_regime_performance.columns) =>
  column(gold_regime_performance, name);
const beside = (name: keyof typeof gold_benchmark_performance.columns) =>
  column(gold_benchmark_performance, name);
const distribution = (name: keyof typeof gold_return_distribution.columns) =>
  column(gold_return_distribution, name);
const concentration = (name: keyof typeof gold_concentration.columns) => column(gold_concentration, name);
const contribution = (name: keyof typeof gold_contributions.columns) => column(gold_contributions, name);
const rolling = (name: keyof typeof gold_rolling_risk.columns) => column(gold_rolling_risk, name);
const outlook = (name: keyof typeof gold_income_yields.columns) => column(gold_income_yields, name);
const kpi = (name: keyof typeof gold_ticker_kpis.columns) => column(gold_ticker_kpis, name);

/** By the name of its section in docs/metrics.md, which is also its place under /explain. */
export const figures = {
  market_value: {
    title: defineMessage("Market value"),
    portfolio: performance("market_value"),
    ticker: kpi("current_value"),
  },
  change: {
    title: defineMessage("Change in money"),
    portfolio: day("total_gain"),
    ticker: kpi("total_gain"),
  },
  twr: { title: defineMessage("Time-weighted return"), portfolio: performance("twr"), ticker: null },
  annualized_return: {
    title: defineMessage("Time-weighted return, per year"),
    portfolio: performance("annualized_return"),
    ticker: null,
  },
  xirr: {
    title: defineMessage("Money-weighted return (XIRR), per year"),
    portfolio: performance("xirr"),
    ticker: kpi("xirr"),
  },
  money_weighted_return: {
    title: defineMessage("Money-weighted return, not per year"),
    portfolio: performance("money_weighted_return"),
    ticker: null,
  },
  daily_return: { title: defineMessage("Return of a day"), portfolio: day("daily_return"), ticker: null },
  best_day: { title: defineMessage("Best day"), portfolio: performance("best_day"), ticker: null },
  worst_day: { title: defineMessage("Worst day"), portfolio: performance("worst_day"), ticker: null },
  volatility: {
    title: defineMessage("Volatility, per year"),
    portfolio: performance("volatility"),
    ticker: null,
  },
  sharpe: { title: defineMessage("Sharpe ratio"), portfolio: performance("sharpe"), ticker: null },
  sortino: { title: defineMessage("Sortino ratio"), portfolio: performance("sortino"), ticker: null },
  max_drawdown: {
    title: defineMessage("Deepest drawdown"),
    portfolio: performance("max_drawdown"),
    ticker: null,
  },
  current_drawdown: {
    title: defineMessage("Current drawdown"),
    portfolio: performance("current_drawdown"),
    ticker: null,
  },
  calmar: { title: defineMessage("Calmar ratio"), portfolio: performance("calmar"), ticker: null },
  net_contributions: {
    title: defineMessage("Net deposits"),
    portfolio: performance("net_contributions"),
    ticker: null,
  },
  total_gain: {
    title: defineMessage("Total gain"),
    portfolio: performance("total_gain"),
    ticker: kpi("total_gain"),
  },
  unrealized_pnl: {
    title: defineMessage("Unrealised gain"),
    portfolio: performance("unrealized_pnl"),
    ticker: kpi("unrealized_pnl"),
  },
  realized_pnl: {
    title: defineMessage("Realised gain"),
    portfolio: performance("realized_pnl"),
    ticker: kpi("realized_pnl"),
  },
  price_effect: {
    title: defineMessage("Price effect"),
    portfolio: performance("price_effect"),
    ticker: null,
  },
  currency_effect: {
    title: defineMessage("Currency effect"),
    portfolio: performance("currency_effect"),
    ticker: null,
  },
  price_return: {
    title: defineMessage("Return of prices and dividends"),
    portfolio: performance("price_return"),
    ticker: kpi("local_return"),
  },
  currency_return: {
    title: defineMessage("Return of exchange rates"),
    portfolio: performance("currency_return"),
    ticker: kpi("currency_return"),
  },
  income: { title: defineMessage("Income"), portfolio: performance("income"), ticker: kpi("income") },
  expected_income: {
    title: defineMessage("Income expected in twelve months"),
    portfolio: outlook("expected"),
    ticker: outlook("expected"),
  },
  income_yield: {
    title: defineMessage("Yield"),
    portfolio: outlook("income_yield"),
    ticker: outlook("income_yield"),
  },
  yield_on_cost: {
    title: defineMessage("Yield on cost"),
    portfolio: outlook("yield_on_cost"),
    ticker: outlook("yield_on_cost"),
  },
  income_paid_out: {
    title: defineMessage("Income paid out"),
    portfolio: day("income_paid_out"),
    ticker: null,
  },
  fees: { title: defineMessage("Fees"), portfolio: performance("fees"), ticker: kpi("fees") },
  other_fees: { title: defineMessage("Other fees"), portfolio: performance("fees"), ticker: null },
  taxes: { title: defineMessage("Taxes"), portfolio: performance("taxes"), ticker: null },
  cost_basis: {
    title: defineMessage("Cost basis"),
    portfolio: performance("cost_basis"),
    ticker: kpi("cost_basis"),
  },
  average_cost: { title: defineMessage("Average cost"), portfolio: null, ticker: kpi("average_cost") },
  quantity: { title: defineMessage("Quantity"), portfolio: null, ticker: kpi("quantity") },
  current_price: { title: defineMessage("Price"), portfolio: null, ticker: kpi("current_price") },
  weight: { title: defineMessage("Weight"), portfolio: null, ticker: kpi("weight") },
  total_return: { title: defineMessage("Return"), portfolio: null, ticker: kpi("total_return") },
  holding_days: { title: defineMessage("Days held"), portfolio: null, ticker: kpi("holding_days") },
  regime: {
    title: defineMessage("Macro regime"),
    portfolio: column(fct_macro_regimes, "regime"),
    ticker: null,
  },
  regime_days: { title: defineMessage("Days by regime"), portfolio: ofRegime("days"), ticker: null },
  regime_return: { title: defineMessage("Return by regime"), portfolio: ofRegime("return"), ticker: null },
  regime_annualized_return: {
    title: defineMessage("Return by regime, per year"),
    portfolio: ofRegime("annualized_return"),
    ticker: null,
  },
  regime_volatility: {
    title: defineMessage("Volatility by regime, per year"),
    portfolio: ofRegime("volatility"),
    ticker: null,
  },
  regime_drawdown: {
    title: defineMessage("Drawdown by regime"),
    portfolio: ofRegime("max_drawdown"),
    ticker: null,
  },
  beta: { title: defineMessage("Beta"), portfolio: beside("beta"), ticker: null },
  alpha: { title: defineMessage("Alpha, per year"), portfolio: beside("alpha"), ticker: null },
  benchmark_correlation: {
    title: defineMessage("Correlation with the benchmark"),
    portfolio: beside("correlation"),
    ticker: null,
  },
  tracking_error: {
    title: defineMessage("Tracking error, per year"),
    portfolio: beside("tracking_error"),
    ticker: null,
  },
  information_ratio: {
    title: defineMessage("Information ratio"),
    portfolio: beside("information_ratio"),
    ticker: null,
  },
  up_capture: { title: defineMessage("Up capture"), portfolio: beside("up_capture"), ticker: null },
  down_capture: { title: defineMessage("Down capture"), portfolio: beside("down_capture"), ticker: null },
  value_at_risk_95: {
    title: defineMessage("Value at risk, 95 %"),
    portfolio: distribution("value_at_risk_95"),
    ticker: null,
  },
  expected_shortfall_95: {
    title: defineMessage("Expected shortfall, 95 %"),
    portfolio: distribution("expected_shortfall_95"),
    ticker: null,
  },
  value_at_risk_99: {
    title: defineMessage("Value at risk, 99 %"),
    portfolio: distribution("value_at_risk_99"),
    ticker: null,
  },
  expected_shortfall_99: {
    title: defineMessage("Expected shortfall, 99 %"),
    portfolio: distribution("expected_shortfall_99"),
    ticker: null,
  },
  omega: { title: defineMessage("Omega ratio"), portfolio: distribution("omega"), ticker: null },
  hhi: { title: defineMessage("Concentration (HHI)"), portfolio: concentration("hhi"), ticker: null },
  largest_five_weight: {
    title: defineMessage("Weight of the five largest"),
    portfolio: concentration("largest_five_weight"),
    ticker: null,
  },
  return_contribution: {
    title: defineMessage("Contribution to return"),
    portfolio: null,
    ticker: contribution("return_contribution"),
  },
  volatility_contribution: {
    title: defineMessage("Contribution to volatility"),
    portfolio: null,
    ticker: contribution("volatility_contribution"),
  },
  correlation: {
    title: defineMessage("Correlation"),
    portfolio: null,
    ticker: column(gold_correlations, "correlation"),
  },
  rolling_volatility: {
    title: defineMessage("Rolling volatility, per year"),
    portfolio: rolling("volatility"),
    ticker: null,
  },
  rolling_sharpe: {
    title: defineMessage("Rolling Sharpe ratio"),
    portfolio: rolling("sharpe"),
    ticker: null,
  },
  rolling_drawdown: {
    title: defineMessage("Rolling drawdown"),
    portfolio: rolling("drawdown"),
    ticker: null,
  },
  // Read from wherever the figure that is asked about is.
  what_if: { title: defineMessage("What if"), portfolio: performance("twr"), ticker: null },
} as const satisfies Readonly<Record<string, Figure>>;

export type FigureName = keyof typeof figures;

export const isFigureName = (name: string): name is FigureName => Object.hasOwn(figures, name);
