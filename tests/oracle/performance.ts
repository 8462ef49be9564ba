/** The independent oracle, part three: a person's days, returns, risk and money-weighted figures. */
import Big from "big.js";
import type { CashDay } from "./cash.ts";
import type { PositionDay } from "./ledger.ts";
import { daysBetween, nextDay } from "./world.ts";

const zero = new Big(0);

export interface PortfolioDay {
  readonly date: string;
  readonly marketValue: Big;
  readonly cash: Big;
  readonly costBasis: Big;
  readonly netFlow: Big;
  readonly netContributions: Big;
  readonly income: Big;
  readonly paidOut: Big;
  readonly realized: Big;
  readonly fees: Big;
  /** Of no purchase and no sale. */
  readonly otherFees: Big;
  readonly taxes: Big;
  readonly transferredGain: Big;
  readonly priceEffect: Big;
  readonly currencyEffect: Big;
  /** The part of it that is on cash. */
  readonly onCash: Big;
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

/**
 * Inflows at the start of the day, outflows and income that is paid out at its end; null while nothing was invested: what is left of
 * holdings and the `debt` for them in the twelfth digit is nothing, and so is what sums that cancel out leave.
 */
export function dayReturn(
  value: Big,
  previousValue: Big,
  netFlow: Big,
  income: Big,
  debt: Big = zero,
): number | null {
  const inflow = netFlow.gt(0) ? netFlow : zero;
  const outflow = (netFlow.lt(0) ? netFlow.times(-1) : zero).plus(income);
  const base = previousValue.plus(inflow);
  const isNothing = base.abs().lte("1e-15") || base.abs().lte(debt.abs().times("1e-12"));
  return isNothing ? null : Number(value.plus(outflow).div(base)) - 1;
}

/** The sums of one day over tickers, accounts and currencies. */
function sumsOf(rows: readonly PositionDay[], cash: readonly CashDay[]) {
  type Shared = "value" | "netFlow" | "income" | "paidOut" | "fees" | "currencyEffect";
  const both = (pick: Shared) => [...rows, ...cash].reduce((sum, row) => sum.plus(row[pick]), zero);
  const ofHoldings = (pick: "costBasis" | "realized" | "priceEffect" | "transferredGain") =>
    rows.reduce((sum, row) => sum.plus(row[pick]), zero);
  const ofCash = (pick: "value" | "fees" | "taxes" | "currencyEffect") =>
    cash.reduce((sum, row) => sum.plus(row[pick]), zero);
  return {
    marketValue: both("value"),
    cash: ofCash("value"),
    costBasis: ofHoldings("costBasis"),
    netFlow: both("netFlow"),
    income: both("income"),
    paidOut: both("paidOut"),
    realized: ofHoldings("realized"),
    fees: both("fees"),
    otherFees: ofCash("fees"),
    taxes: ofCash("taxes"),
    transferredGain: ofHoldings("transferredGain"),
    priceEffect: ofHoldings("priceEffect"),
    currencyEffect: both("currencyEffect"),
    onCash: ofCash("currencyEffect"),
    isEstimated: [...rows, ...cash].some((row) => row.isEstimated),
  };
}

/** Every calendar day from the first transaction to `lastDay`. */
export function portfolioDays(
  positions: readonly PositionDay[],
  cash: readonly CashDay[],
  isAlways: (ticker: string) => boolean,
  lastDay: string,
): PortfolioDay[] {
  const byDate = Map.groupBy(positions, (row) => row.date);
  const cashByDate = Map.groupBy(cash, (row) => row.date);
  const first = [...byDate.keys(), ...cashByDate.keys()].sort()[0];
  const days: PortfolioDay[] = [];
  let contributions = zero;
  let previousValue = zero;
  let index = 1;
  let peak = 1;
  for (let date = first ?? nextDay(lastDay); date <= lastDay; date = nextDay(date)) {
    const rows = byDate.get(date) ?? [];
    const sums = sumsOf(rows, cashByDate.get(date) ?? []);
    const { marketValue, netFlow, paidOut } = sums;
    const dailyReturn = dayReturn(marketValue, previousValue, netFlow, paidOut, sums.cash);
    contributions = contributions.plus(netFlow);
    index *= 1 + (dailyReturn ?? 0);
    peak = Math.max(peak, index);
    days.push({
      ...sums,
      date,
      netContributions: contributions,
      dailyReturn,
      priceReturn: dayReturn(
        marketValue.minus(sums.currencyEffect),
        previousValue,
        netFlow,
        paidOut,
        sums.cash,
      ),
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

/** Growth to more than a trillion times over the whole time, or a loss of all but less than a trillionth, is no rate of money. */
const widestLogGrowth = Math.log(1e12);
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
  // What trades of a day that cancel out leave in the last digits moved nothing.
  const largest = Math.max(...flows.map(({ amount }) => Math.abs(amount)));
  const moved = flows.filter(({ amount }) => Math.abs(amount) > largest * 1e-14);
  const [first, last] = [moved[0], moved.at(-1)];
  if (!first || !last || first.date === last.date) return null;
  const span = daysBetween(first.date, last.date);
  const timed = moved.map(({ date, amount }) => ({ amount, time: daysBetween(first.date, date) / span }));
  const valueAt = (logGrowth: number) =>
    timed.reduce((total, { amount, time }) => total + amount * Math.exp(-time * logGrowth), 0);
  const signs = logGrowths.map((logGrowth) => Math.sign(valueAt(logGrowth)));
  // A root that lies on the grid is one with what is on both sides of it.
  const places = signs.flatMap((sign, index) => (sign === 0 ? [] : [index]));
  const crossings = places.filter((place, at) => at > 0 && signs[place] !== signs[places[at - 1]!]);
  if (crossings.length !== 1) return null;
  const before = places[places.indexOf(crossings[0]!) - 1]!;
  let [low, high] = [logGrowths[before]!, logGrowths[crossings[0]!]!];
  const signAtLow = signs[before];
  for (let step = 0; step < 100; step += 1) {
    const middle = (low + high) / 2;
    const sign = Math.sign(valueAt(middle));
    if (sign === 0) return Math.expm1(middle);
    if (sign === signAtLow) low = middle;
    else high = middle;
  }
  return Math.expm1((low + high) / 2);
}

export interface Performance {
  readonly marketValue: Big;
  readonly cash: Big;
  readonly costBasis: Big;
  readonly netContributions: Big;
  readonly realized: Big;
  readonly unrealized: Big;
  readonly income: Big;
  readonly paidOut: Big;
  readonly fees: Big;
  readonly taxes: Big;
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
  const unrealized = last.marketValue.minus(last.cash).minus(last.costBasis);
  const { returns, perYear } = periodReturns(days);
  const values = returns.map((entry) => entry.value);
  const excess = returns.map((entry) => entry.value - ((1 + riskFree(entry.date)) ** (1 / perYear) - 1));
  const enough = values.length >= 20;
  const deviation = enough ? sampleDeviation(excess) : 0;
  const downside = enough ? Math.sqrt(mean(excess.map((value) => Math.min(0, value) ** 2))) : 0;
  const flows = days.map(({ date, paidOut, netFlow }) => ({
    date,
    amount: Number(paidOut.minus(netFlow).plus(date === last.date ? last.marketValue : 0)),
  }));
  const priceGrowth = days.reduce((growth, day) => growth * (1 + (day.priceReturn ?? 0)), 1);
  return {
    marketValue: last.marketValue,
    cash: last.cash,
    costBasis: last.costBasis,
    netContributions: last.netContributions,
    realized,
    unrealized,
    income,
    paidOut: total((day) => day.paidOut),
    fees: total((day) => day.fees),
    taxes: total((day) => day.taxes),
    totalGain: unrealized
      .plus(realized)
      .plus(income)
      .minus(total((day) => day.otherFees))
      .minus(total((day) => day.taxes))
      .plus(total((day) => day.onCash))
      .minus(total((day) => day.transferredGain)),
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
