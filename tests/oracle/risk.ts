/**
 * The independent oracle, part five: figures of risk beside a benchmark, of bad days and of each holding. Written from the definitions
 * alone, as the other parts are.
 */
import Big from "big.js";
import type { BookedDividend } from "./cash.ts";
import type { Comparison, Row, TickerDay } from "./compare.ts";
import type { Rates } from "./currencies.ts";
import { mean, type PortfolioDay, periodReturns, sampleDeviation } from "./performance.ts";
import { nextDay, type Security } from "./world.ts";

/** The days that compound into one return, and it. */
export interface Period {
  readonly days: readonly PortfolioDay[];
  readonly date: string;
  readonly value: number;
}

/** What comes after the last return is of none, nor is a trading day on which the whole had nothing invested. */
export function periodsOf(days: readonly PortfolioDay[]): Period[] {
  const values = new Map(periodReturns(days).returns.map(({ date, value }) => [date, value]));
  const isByTradingDay = days.some((day) => day.holdsExchangeTraded);
  const periods: Period[] = [];
  let from = 0;
  days.forEach(({ date, isTradingDay }, index) => {
    if (isByTradingDay && !isTradingDay) return;
    const value = values.get(date);
    if (value !== undefined) periods.push({ days: days.slice(from, index + 1), date, value });
    from = index + 1;
  });
  return periods;
}

const covariance = (left: readonly number[], right: readonly number[]): number => {
  const [a, b] = [mean(left), mean(right)];
  return left.reduce((sum, value, at) => sum + (value - a) * (right[at]! - b), 0) / (left.length - 1);
};

const dayBefore = (date: string): string =>
  new Date(Date.parse(`${date}T00:00:00Z`) - 86_400_000).toISOString().slice(0, 10);

/** The value of one of a security in the base currency on a day; null before its first bar or rate. */
function levelOf(security: Security, base: string, rates: Rates) {
  const closes = new Map(security.bars.map(({ date, close }) => [date, Number(close)]));
  const carried = new Map<string, number>();
  const [first, last] = [security.bars[0]?.date, "2030-01-01"];
  let close: number | undefined;
  for (let date = first ?? last; date < last && carried.size < 2000; date = nextDay(date)) {
    close = closes.get(date) ?? close;
    carried.set(date, close!);
  }
  return (date: string): number | null => {
    const value = carried.get(date);
    const currency = security.currency ?? "USD";
    const rate = currency === base ? new Big(1) : rates.known(currency, base, date);
    return value === undefined || rate === null ? null : value * Number(rate);
  };
}

/** The returns of the benchmark over the days of each period on which something was invested; null where one is not known. */
function besideOf(periods: readonly Period[], level: (date: string) => number | null): (number | null)[] {
  return periods.map(({ days }) => {
    let growth = 1;
    for (const { date, dailyReturn } of days) {
      if (dailyReturn === null) continue;
      const [now, before] = [level(date), level(dayBefore(date))];
      if (now === null || before === null) return null;
      growth *= now / before;
    }
    return growth - 1;
  });
}

export interface Market {
  readonly base: string;
  readonly rates: Rates;
  /** Of a year, as a ratio: the same on every day. */
  readonly annualRate: number;
}

export function compareBenchmark(
  comparison: Comparison,
  where: string,
  days: readonly PortfolioDay[],
  { base, rates, annualRate, security }: Market & { readonly security: Security },
  row: Row,
): void {
  const periods = periodsOf(days);
  const all = besideOf(periods, levelOf(security, base, rates));
  const known = periods.flatMap(({ value }, at) => {
    const other = all[at]!;
    return other === null ? [] : [{ value, other }];
  });
  const [r, b] = [known.map(({ value }) => value), known.map(({ other }) => other)];
  const { perYear } = periodReturns(days);
  const riskFree = (1 + annualRate) ** (1 / perYear) - 1;
  const active = r.map((value, at) => value - b[at]!);
  const isEnough = r.length >= 20;
  const [deviation, other, apart] = isEnough ? [r, b, active].map(sampleDeviation) : [0, 0, 0];
  const beta = isEnough && other! > 1e-12 ? covariance(r, b) / other! ** 2 : null;
  const side = (isOn: (value: number) => boolean): number | null => {
    const on = known.filter(({ other }) => isOn(other));
    if (!isEnough || on.length < 10) return null;
    return mean(on.map(({ value }) => value)) / mean(on.map((pair) => pair.other));
  };
  comparison.all(where, row, {
    returns: r.length,
    beta,
    alpha:
      beta === null || base !== "USD" ? null : (mean(r) - riskFree - beta * (mean(b) - riskFree)) * perYear,
    correlation: beta === null || deviation! <= 1e-12 ? null : covariance(r, b) / deviation! / other!,
    tracking_error: isEnough ? apart! * Math.sqrt(perYear) : null,
    information_ratio: isEnough && apart! > 1e-12 ? (mean(active) / apart!) * Math.sqrt(perYear) : null,
    up_capture: side((value) => value > 1e-12),
    down_capture: side((value) => value < -1e-12),
  });
}

/** Between the two values beside its place, in proportion: of the lowest at 0, the highest at 1. */
function quantile(sorted: readonly number[], hundredths: number): number {
  const place = (hundredths * (sorted.length - 1)) / 100;
  const below = Math.floor(place);
  return sorted[below]! + (place - below) * ((sorted[below + 1] ?? 0) - sorted[below]!);
}

const tailMean = (sorted: readonly number[], hundredths: number): number =>
  mean(sorted.slice(0, Math.floor((hundredths * (sorted.length - 1)) / 100) + 1));

export function compareDistribution(
  comparison: Comparison,
  where: string,
  days: readonly PortfolioDay[],
  { base, annualRate }: Market,
  row: Row,
): void {
  const { returns, perYear } = periodReturns(days);
  const values = returns.map(({ value }) => value);
  const sorted = [...values].sort((a, b) => a - b);
  const riskFree = (1 + annualRate) ** (1 / perYear) - 1;
  const above = values.reduce((sum, value) => sum + Math.max(0, value - riskFree), 0);
  const below = values.reduce((sum, value) => sum + Math.max(0, riskFree - value), 0);
  const from = (least: number, figure: () => number) => (values.length < least ? null : figure());
  comparison.all(where, row, {
    returns: values.length,
    value_at_risk_95: from(100, () => -quantile(sorted, 5)),
    expected_shortfall_95: from(100, () => -tailMean(sorted, 5)),
    value_at_risk_99: from(250, () => -quantile(sorted, 1)),
    expected_shortfall_99: from(250, () => -tailMean(sorted, 1)),
    omega: base !== "USD" || values.length < 20 || below <= 1e-12 ? null : above / below,
  });
}

/** What a ticker earned on a day, in the base currency. */
function gainOf({ ticker, date, rows }: TickerDay, booked: readonly BookedDividend[]): number {
  const sum = (pick: (row: TickerDay["rows"][number]) => Big) =>
    rows.reduce((total, row) => total.plus(pick(row)), new Big(0));
  const received = booked
    .filter((one) => one.ticker === ticker && one.date === date)
    .reduce((total, { localNet }) => total.plus(localNet.times(rows[0]!.rate)), new Big(0));
  const grown = sum((row) => row.value.minus(row.previousValue).minus(row.netFlow).plus(row.income));
  return Number(grown.plus(received));
}

interface HeldPeriod {
  readonly date: string;
  readonly portfolio: number;
  readonly own: number | null;
  readonly part: number;
}

/** Of one ticker: its own return over the days of each period in which it was held, and its part of the portfolio's. */
function heldPeriods(
  periods: readonly Period[],
  ofTicker: ReadonlyMap<string, TickerDay>,
  partOf: (day: PortfolioDay) => number,
  indexBefore: (day: PortfolioDay) => number,
): HeldPeriod[] {
  return periods.flatMap(({ days, date, value }) => {
    const held = days.filter((day) => ofTicker.has(day.date));
    if (held.length === 0) return [];
    const own = held.map((day) => ofTicker.get(day.date)!.dailyReturn);
    const isInvested = own.some((one) => one !== null);
    return {
      date,
      portfolio: value,
      own: isInvested ? own.reduce<number>((growth, one) => growth * (1 + (one ?? 0)), 1) - 1 : null,
      part: held.reduce((total, day) => total + partOf(day), 0) / indexBefore(days[0]!),
    };
  });
}

/** Contributions, and the correlations of each two. Nothing is compared once everything was lost: an index of 0 has no parts. */
export function compareHoldings(
  comparison: Comparison,
  where: string,
  {
    days,
    tickerDays,
    booked,
  }: {
    readonly days: readonly PortfolioDay[];
    readonly tickerDays: readonly TickerDay[];
    readonly booked: readonly BookedDividend[];
  },
  actual: { readonly contributions: readonly Row[]; readonly correlations: readonly Row[] },
): void {
  if (days.some(({ index }) => index <= 1e-9) || tickerDays.some(({ isDoubtful }) => isDoubtful)) return;
  const periods = periodsOf(days);
  const values = periods.map(({ value }) => value);
  const { perYear } = periodReturns(days);
  const squares = values.reduce((sum, value) => sum + (value - mean(values)) ** 2, 0);
  const isVaried = values.length >= 20 && squares > 1e-24 * values.length;
  const byTicker = Map.groupBy(tickerDays, ({ ticker }) => ticker);
  const previous = new Map(days.slice(1).map(({ date }, at) => [date, days[at]!]));
  const indexBefore = (day: PortfolioDay): number => previous.get(day.date)?.index ?? 1;
  const held = new Map<string, HeldPeriod[]>();
  for (const [ticker, ofTicker] of byTicker) {
    const onDay = new Map(ofTicker.map((day) => [day.date, day]));
    const partOf = (day: PortfolioDay): number => {
      const one = onDay.get(day.date);
      if (!one || day.dailyReturn === null) return 0;
      const before = previous.get(day.date);
      const inflow = day.netFlow.gt(0) ? day.netFlow : new Big(0);
      const invested = inflow.plus(before?.marketValue ?? 0);
      return (gainOf(one, booked) / Number(invested)) * indexBefore(day);
    };
    const own = heldPeriods(periods, onDay, partOf, indexBefore);
    held.set(ticker, own);
    const returns = own.flatMap((period) => (period.own === null ? [] : [period.own]));
    const row = actual.contributions.find((one) => one.ticker === ticker);
    comparison.all(`${where}, ${ticker}`, row ?? {}, {
      gain: ofTicker.reduce((total, day) => total + gainOf(day, booked), 0),
      return_contribution: days.reduce((total, day) => total + partOf(day), 0),
      returns: returns.length,
      volatility: returns.length < 20 ? null : sampleDeviation(returns) * Math.sqrt(perYear),
      volatility_contribution: isVaried
        ? own.reduce((sum, { part, portfolio }) => sum + part * (portfolio - mean(values)), 0) / squares
        : null,
    });
  }
  for (const row of actual.correlations) {
    const other = new Map(held.get(String(row.other_ticker))!.map((period) => [period.date, period.own]));
    const both = held.get(String(row.ticker))!.flatMap(({ date, own }) => {
      const second = other.get(date);
      return own === null || second === null || second === undefined ? [] : [[own, second] as const];
    });
    const [a, b] = [both.map(([one]) => one), both.map(([, one]) => one)];
    const least = both.length < 20 ? 0 : Math.min(sampleDeviation(a), sampleDeviation(b));
    comparison.all(`${where}, ${row.ticker} with ${row.other_ticker}`, row, {
      returns: both.length,
      correlation: least <= 1e-12 ? null : covariance(a, b) / sampleDeviation(a) / sampleDeviation(b),
    });
  }
}
