/** The formulas of the whole portfolio's figures, each with the person's own numbers put in. */
import Big from "big.js";
import type { IndexDay, Measured, PortfolioDay, PortfolioFacts } from "../../portfolio/index.ts";
import type { Format } from "../format.ts";
import { t } from "../messages/index.ts";
import type { FigureName } from "./figures.ts";
import { contributionsOf, gainOf, incomeOf, paidOutOf, unrealizedOf, worthOf } from "./money-working.ts";
import {
  computed,
  equation,
  exchangeReturn,
  impossible,
  perYear,
  precise,
  summed,
  type Working,
  yearlyDeviation,
} from "./working.ts";

type Work = (facts: PortfolioFacts, format: Format) => Working;

/** As models say it. */
const noReturn = "there is no return";

/** Of the index, and of returns: also of days that were not as they are told. */
export const measuredWorkings = {
  twr: ({ last }, format) => {
    const value = format.signedPercent(last.cumulative_return);
    return computed(value, equation(`${precise(format, last.twr_index)} ÷ 1 − 1`, value));
  },
  volatility: ({ performance, ingredients }, format) => {
    const { volatility, volatility_reason, periods_per_year, returns } = performance;
    if (volatility === null || ingredients.volatility === null) return impossible(volatility_reason);
    const yearly = ingredients.volatility;
    return yearlyDeviation({ yearly, returns, periods_per_year }, format.percent(volatility), format);
  },
  sharpe: ({ performance, ingredients }, format) =>
    excessRatio(
      { value: performance.sharpe, reason: performance.sharpe_reason },
      { symbol: "stddev(r − rf)", deviation: ingredients.excess_deviation },
      { ...performance, annual_excess: ingredients.annual_excess },
      format,
    ),
  sortino: ({ performance, ingredients }, format) =>
    excessRatio(
      { value: performance.sortino, reason: performance.sortino_reason },
      { symbol: "sqrt(mean(min(0, r − rf)²))", deviation: ingredients.downside_deviation },
      { ...performance, annual_excess: ingredients.annual_excess },
      format,
    ),
  max_drawdown: ({ trough, last }, format) => drawdownOf(trough ?? last, format),
} as const satisfies Partial<Record<FigureName, (facts: Measured, format: Format) => Working>>;

/** Figures that only a ticker has, and the economy's, are not among them. */
export const portfolioWorkings: Partial<Record<FigureName, Work>> = {
  ...measuredWorkings,
  market_value: worthOf,
  cost_basis: ({ last }, format) => summed(t("sum of the costs below"), format.money(last.cost_basis)),
  unrealized_pnl: unrealizedOf,
  total_gain: gainOf,
  change: gainOf,
  net_contributions: contributionsOf,
  realized_pnl: ({ last }, format) =>
    summed(t("sum of the gains of the sales below"), format.signedMoney(last.realized_pnl)),
  price_effect: ({ performance: { price_effect } }, format) =>
    summed(t("sum of the price effects below"), format.signedMoney(price_effect)),
  currency_effect: ({ performance: { currency_effect } }, format) =>
    summed(t("sum of the currency effects below"), format.signedMoney(currency_effect)),
  price_return: ({ performance: { price_return } }, format) => computed(format.signedPercent(price_return)),
  currency_return: ({ performance: { twr, price_return, currency_return } }, format) =>
    exchangeReturn(twr, price_return, currency_return, format),
  income: incomeOf,
  income_paid_out: paidOutOf,
  other_fees: ({ gain }, format) => summed(t("sum of the fees below"), format.money(gain.other_fees)),
  taxes: ({ performance }, format) => summed(t("sum of the taxes below"), format.money(performance.taxes)),
  fees: ({ last }, format) => summed(t("sum of the fees below"), format.money(last.fees_paid)),
  annualized_return: ({ performance }, format) => {
    const { annualized_return, annualized_return_reason, twr, days } = performance;
    if (annualized_return === null) return impossible(annualized_return_reason);
    const value = format.signedPercent(annualized_return);
    return computed(value, equation(perYear(format, twr, days), value));
  },
  xirr: ({ performance: { xirr, xirr_reason }, movements }, format) => {
    if (xirr === null) return impossible(xirr_reason);
    const sum = t(
      "sum of amount ÷ (1 + {rate})^(days ÷ 365) over the {count, plural, one {# movement} other {# movements}} below",
      { rate: precise(format, xirr), count: movements.length },
    );
    return computed(format.signedPercent(xirr), equation(sum, format.money("0")));
  },
  money_weighted_return: ({ performance, ingredients: { flow_rate, flow_days } }, format) => {
    const { money_weighted_return, money_weighted_return_reason } = performance;
    if (money_weighted_return === null || flow_rate === null || flow_days === null)
      return impossible(money_weighted_return_reason);
    const value = format.signedPercent(money_weighted_return);
    const numbers = `(1 + ${precise(format, flow_rate)})^(${format.count(flow_days)} ÷ 365) − 1`;
    return computed(value, equation(numbers, value));
  },
  daily_return: ({ last }, format) => returnOf(last, format),
  best_day: ({ best }, format) => (best ? returnOf(best, format) : impossible(noReturn)),
  worst_day: ({ worst }, format) => (worst ? returnOf(worst, format) : impossible(noReturn)),
  current_drawdown: ({ last }, format) => drawdownOf(last, format),
  calmar: ({ performance: { calmar, calmar_reason, annualized_return, max_drawdown } }, format) => {
    if (calmar === null || annualized_return === null) return impossible(calmar_reason);
    const value = format.number(calmar);
    const numbers = `${precise(format, annualized_return)} ÷ ${precise(format, Math.abs(max_drawdown))}`;
    return computed(value, equation(numbers, value));
  },
};

function returnOf(day: PortfolioDay, format: Format): Working {
  if (day.daily_return === null) return impossible(t("nothing was invested on that day"));
  const flow = new Big(day.net_flow);
  const moneyIn = flow.gt(0) ? flow : new Big(0);
  const moneyOut = (flow.lt(0) ? flow.times(-1) : new Big(0)).plus(day.paid_out);
  const [paidIn, paidOut] = [moneyIn, moneyOut].map((amount) => format.money(amount.toFixed()));
  const value = format.signedPercent(day.daily_return);
  return computed(
    value,
    t("on {date}: in = {paidIn}, out = {paidOut}", {
      date: format.date(day.price_date),
      paidIn: paidIn!,
      paidOut: paidOut!,
    }),
    equation(
      `(${format.money(day.market_value)} + ${paidOut}) ÷ (${format.money(day.prev_market_value)} + ${paidIn}) − 1`,
      value,
    ),
  );
}

function drawdownOf(day: IndexDay, format: Format): Working {
  const value = format.signedPercent(day.drawdown);
  const [index, peak] = [precise(format, day.twr_index), precise(format, day.running_peak)];
  return computed(
    value,
    t("on {date}: twr_index = {index}, running_peak = {peak}", {
      date: format.date(day.price_date),
      index,
      peak,
    }),
    equation(`${index} ÷ ${peak} − 1`, value),
  );
}

interface Excess {
  readonly returns: number;
  readonly periods_per_year: number;
  /** Mean of the returns above the risk-free rate, times the root of how many a year has. */
  readonly annual_excess: number | null;
}

/** Sharpe and Sortino: the same mean over two kinds of deviation. */
export function excessRatio(
  ratio: { value: number | null; reason: string | null },
  risk: { symbol: string; deviation: number | null },
  { returns, periods_per_year, annual_excess }: Excess,
  format: Format,
): Working {
  if (ratio.value === null || risk.deviation === null || annual_excess === null)
    return impossible(ratio.reason);
  // Means of a day are some hundred-thousandths: six decimals would leave too little to check the quotient by.
  const mean = precise(format, annual_excess / Math.sqrt(periods_per_year), 9);
  const deviation = precise(format, risk.deviation, 9);
  const value = format.number(ratio.value);
  return computed(
    value,
    t("{count, plural, one {# return} other {# returns}}: mean(r − rf) = {mean}, {symbol} = {deviation}", {
      count: returns,
      mean,
      symbol: risk.symbol,
      deviation,
    }),
    equation(`${mean} ÷ ${deviation} × sqrt(${periods_per_year})`, value),
  );
}
