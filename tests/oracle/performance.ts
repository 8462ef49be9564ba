/** The independent oracle, part two: a person's days, returns, risk and money-weighted figures. */
import Big from "big.js";
import { daysBetween, nextDay, type PositionDay } from "./ledger.ts";

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
  readonly dailyReturn: number | null;
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
      dailyReturn,
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

/** Money-weighted: the rate at which the flows' present value is zero, actual/365, by bisection. Null without a sign change. */
export function xirr(flows: readonly { date: string; amount: number }[]): number | null {
  const first = flows[0];
  if (!first) return null;
  const value = (rate: number) =>
    flows.reduce(
      (total, flow) => total + flow.amount / (1 + rate) ** (daysBetween(first.date, flow.date) / 365),
      0,
    );
  let low = -0.999999;
  let high = 1e6;
  if (Math.sign(value(low)) === Math.sign(value(high))) return null;
  for (let step = 0; step < 400; step += 1) {
    const middle = (low + high) / 2;
    if (Math.sign(value(middle)) === Math.sign(value(low))) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

export interface Performance {
  readonly marketValue: Big;
  readonly netContributions: Big;
  readonly realized: Big;
  readonly unrealized: Big;
  readonly income: Big;
  readonly fees: Big;
  readonly totalGain: Big;
  readonly twr: number;
  readonly xirr: number | null;
  readonly volatility: number | null;
  readonly sharpe: number | null;
  readonly sortino: number | null;
  readonly maxDrawdown: number;
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
  const flows = days
    .map((day) => ({ date: day.date, amount: Number(day.income.minus(day.netFlow)) }))
    .filter((flow) => flow.amount !== 0);
  return {
    marketValue: last.marketValue,
    netContributions: last.netContributions,
    realized,
    unrealized,
    income,
    fees: total((day) => day.fees),
    totalGain: unrealized.plus(realized).plus(income),
    twr: last.index - 1,
    xirr: xirr([...flows, { date: last.date, amount: Number(last.marketValue) }]),
    volatility: enough ? sampleDeviation(values) * Math.sqrt(perYear) : null,
    sharpe: enough && deviation > 0 ? (mean(excess) / deviation) * Math.sqrt(perYear) : null,
    sortino: enough && downside > 0 ? (mean(excess) / downside) * Math.sqrt(perYear) : null,
    maxDrawdown: Math.min(...days.map((day) => day.drawdown)),
  };
}
