/** The independent oracle, part two: a person's days, returns, risk and money-weighted figures. */
import Big from "big.js";
import type { PositionDay } from "./ledger.ts";
import { daysBetween, nextDay } from "./world.ts";

const zero = new Big(0);

export interface PortfolioDay {
  readonly date: string;
  readonly marketValue: Big;
  readonly costBasis: Big;
  readonly netFlow: Big;
  readonly netContributions: Big;
  readonly income: Big;
  readonly realized: Big;
  readonly fees: Big;
  readonly priceEffect: Big;
  readonly currencyEffect: Big;
  readonly isEstimated: boolean;
  readonly dailyReturn: number | null;
  /** dailyReturn without what exchange rates did. */
  readonly priceReturn: number | null;
  readonly index: number;
  readonly runningPeak: number;
  readonly drawdown: number;
  readonly isTradingDay: boolean;
  readonly holdsExchangeTraded: boolean;
}

/** Inflows at the start of the day, outflows and income at its end; null while nothing was invested. */
export function dayReturn(value: Big, previousValue: Big, netFlow: Big, income: Big): number | null {
  const inflow = netFlow.gt(0) ? netFlow : zero;
  const outflow = (netFlow.lt(0) ? netFlow.times(-1) : zero).plus(income);
  const base = previousValue.plus(inflow);
  return base.eq(0) ? null : Number(value.plus(outflow).div(base)) - 1;
}

/** Every calendar day from the first flow to `lastDay`. */
export function portfolioDays(
  positions: readonly PositionDay[],
  isAlways: (ticker: string) => boolean,
  lastDay: string,
): PortfolioDay[] {
  const byDate = Map.groupBy(positions, (row) => row.date);
  const first = [...byDate.keys()].sort()[0];
  const days: PortfolioDay[] = [];
  let contributions = zero;
  let previousValue = zero;
  let index = 1;
  let peak = 1;
  for (let date = first ?? nextDay(lastDay); date <= lastDay; date = nextDay(date)) {
    const rows = byDate.get(date) ?? [];
    const sum = (pick: (row: PositionDay) => Big) => rows.reduce((total, row) => total.plus(pick(row)), zero);
    const marketValue = sum((row) => row.value);
    const netFlow = sum((row) => row.netFlow);
    const income = sum((row) => row.income);
    const dailyReturn = dayReturn(marketValue, previousValue, netFlow, income);
    const currencyEffect = sum((row) => row.currencyEffect);
    contributions = contributions.plus(netFlow);
    index *= 1 + (dailyReturn ?? 0);
    peak = Math.max(peak, index);
    days.push({
      date,
      marketValue,
      costBasis: sum((row) => row.costBasis),
      netFlow,
      netContributions: contributions,
      income,
      realized: sum((row) => row.realized),
      fees: sum((row) => row.fees),
      priceEffect: sum((row) => row.priceEffect),
      currencyEffect,
      isEstimated: rows.some((row) => row.isEstimated),
      dailyReturn,
      priceReturn: dayReturn(marketValue.minus(currencyEffect), previousValue, netFlow, income),
      index,
      runningPeak: peak,
      drawdown: index / peak - 1,
      isTradingDay: rows.some((row) => row.session),
      holdsExchangeTraded: rows.some((row) => !isAlways(row.ticker)),
    });
    previousValue = marketValue;
  }
  return days;
}

/** Returns of trading days, the days between them compounded into the next; all days for a 24/7-only portfolio. */
export function periodReturns(days: readonly PortfolioDay[]): {
  returns: { date: string; value: number }[];
  perYear: number;
} {
  const exchangeTraded = days.some((day) => day.holdsExchangeTraded);
  const returns: { date: string; value: number }[] = [];
  let growth = 1;
  let measured = false;
  for (const day of days) {
    if (day.dailyReturn !== null) {
      growth *= 1 + day.dailyReturn;
      measured = true;
    }
    if (measured && (!exchangeTraded || day.isTradingDay)) {
      returns.push({ date: day.date, value: growth - 1 });
      growth = 1;
      measured = false;
    }
  }
  return { returns, perYear: exchangeTraded ? 252 : 365 };
}

export function mean(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0) / values.length;
}

export function sampleDeviation(values: readonly number[]): number {
  const average = mean(values);
  return Math.sqrt(values.reduce((total, value) => total + (value - average) ** 2, 0) / (values.length - 1));
}

/** Money moved on a day: put in below 0, taken out above. */
interface Flow {
  readonly date: string;
  readonly amount: number;
}

/** Growth beyond e^512 over the whole time is no rate. */
const widestLogGrowth = 512;
const steps = 2000;
const logGrowths = Array.from(
  { length: 2 * steps + 1 },
  (_, index) => widestLogGrowth * (index / steps - 1) ** 3,
);

/**
 * Money-weighted return over the time from the first flow to the last: the only growth at which the flows are worth
 * nothing at the start. Null where there is none, or more than one. By looking for changes of sign on a grid, densest
 * around no growth, and bisection.
 */
export function moneyWeightedReturn(flows: readonly Flow[]): number | null {
  const moved = flows.filter(({ amount }) => amount !== 0);
  const [first, last] = [moved[0], moved.at(-1)];
  if (!first || !last || first.date === last.date) return null;
  const span = daysBetween(first.date, last.date);
  const timed = moved.map(({ date, amount }) => ({ amount, time: daysBetween(first.date, date) / span }));
  const valueAt = (logGrowth: number) =>
    timed.reduce((total, { amount, time }) => total + amount * Math.exp(-time * logGrowth), 0);
  const signs = logGrowths.map((logGrowth) => Math.sign(valueAt(logGrowth)));
  const crossings = signs.flatMap((sign, index) => (index > 0 && sign !== signs[index - 1] ? [index] : []));
  if (crossings.length !== 1) return null;
  let [low = 0, high = 0] = logGrowths.slice(crossings[0]! - 1, crossings[0]! + 1);
  const signAtLow = Math.sign(valueAt(low));
  for (let step = 0; step < 100; step += 1) {
    const middle = (low + high) / 2;
    if (Math.sign(valueAt(middle)) === signAtLow) low = middle;
    else high = middle;
  }
  return Math.expm1((low + high) / 2);
}

export interface Performance {
  readonly marketValue: Big;
  readonly netContributions: Big;
  readonly realized: Big;
  readonly unrealized: Big;
  readonly income: Big;
  readonly fees: Big;
  readonly totalGain: Big;
  readonly priceEffect: Big;
  readonly currencyEffect: Big;
  readonly twr: number;
  readonly priceReturn: number;
  readonly moneyWeightedReturn: number | null;
  readonly volatility: number | null;
  readonly sharpe: number | null;
  readonly sortino: number | null;
  readonly maxDrawdown: number;
}

/** The part of a growth that is not the other's; 0 when that lost everything. */
export function currencyReturn(growth: number, priceGrowth: number): number {
  return priceGrowth === 0 ? 0 : growth / priceGrowth - 1;
}

/** The figures of one person over all their days; `riskFree` is the annual rate known on a date, as a ratio. */
export function performance(
  days: readonly PortfolioDay[],
  riskFree: (date: string) => number,
): Performance | null {
  const last = days.at(-1);
  if (!last) return null;
  const total = (pick: (day: PortfolioDay) => Big) => days.reduce((sum, day) => sum.plus(pick(day)), zero);
  const realized = total((day) => day.realized);
  const income = total((day) => day.income);
  const unrealized = last.marketValue.minus(last.costBasis);
  const { returns, perYear } = periodReturns(days);
  const values = returns.map((entry) => entry.value);
  const excess = returns.map((entry) => entry.value - ((1 + riskFree(entry.date)) ** (1 / perYear) - 1));
  const enough = values.length >= 20;
  const deviation = enough ? sampleDeviation(excess) : 0;
  const downside = enough ? Math.sqrt(mean(excess.map((value) => Math.min(0, value) ** 2))) : 0;
  const flows = days.map(({ date, income, netFlow }) => ({
    date,
    amount: Number(income.minus(netFlow).plus(date === last.date ? last.marketValue : 0)),
  }));
  const priceGrowth = days.reduce((growth, day) => growth * (1 + (day.priceReturn ?? 0)), 1);
  return {
    marketValue: last.marketValue,
    netContributions: last.netContributions,
    realized,
    unrealized,
    income,
    fees: total((day) => day.fees),
    totalGain: unrealized.plus(realized).plus(income),
    priceEffect: total((day) => day.priceEffect),
    currencyEffect: total((day) => day.currencyEffect),
    twr: last.index - 1,
    priceReturn: priceGrowth - 1,
    moneyWeightedReturn: moneyWeightedReturn(flows),
    volatility: enough ? sampleDeviation(values) * Math.sqrt(perYear) : null,
    sharpe: enough && deviation > 0 ? (mean(excess) / deviation) * Math.sqrt(perYear) : null,
    sortino: enough && downside > 0 ? (mean(excess) / downside) * Math.sqrt(perYear) : null,
    maxDrawdown: Math.min(...days.map((day) => day.drawdown)),
  };
}
