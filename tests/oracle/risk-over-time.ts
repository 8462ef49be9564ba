/**
 * The independent oracle, part six: figures of risk as time went on, the worst of times, how much is in how few holdings, and what each
 * holding did in each regime. Written from the definitions alone, as the other parts are.
 */
import Big from "big.js";
import type { Comparison, Row, TickerDay } from "./compare.ts";
import { mean, type PortfolioDay, periodReturns, sampleDeviation } from "./performance.ts";
import { type Market, type Period, periodsOf } from "./risk.ts";

/** Returns in a window of rolling figures. */
const windowLength = 63;
const worstLength = 10;
/** Growths that cancel out leave this much: it is no loss. */
const nothing = 1e-12;

/** The deepest level below the highest one so far, of growths put end to end from 1 on. */
function deepestFall(growths: readonly number[]): number {
  let [level, peak, deepest] = [1, 1, 0];
  for (const growth of growths) {
    level *= growth;
    peak = Math.max(peak, level);
    deepest = Math.min(deepest, level / peak - 1);
  }
  return deepest;
}

/** How far returns put end to end end below their highest point, where they begin included. */
function fallAtEnd(values: readonly number[]): number {
  let [level, peak] = [1, 1];
  for (const value of values) {
    level *= 1 + value;
    peak = Math.max(peak, level);
  }
  return level / peak - 1;
}

/** Returns how many there are. Of who lost everything an index of 0 has no drawdown that returns could tell: none is compared. */
export function compareRolling(
  comparison: Comparison,
  where: string,
  days: readonly PortfolioDay[],
  { base, annualRate }: Market,
  actual: readonly Row[],
): number {
  const { returns, perYear } = periodReturns(days);
  const riskFree = (1 + annualRate) ** (1 / perYear) - 1;
  const last = returns.slice(windowLength - 1);
  const isSame = comparison.keys(
    `rolling figures of ${where}`,
    actual.map((row) => String(row.price_date)),
    last.map(({ date }) => date),
  );
  if (!isSame) return 0;
  const isLost = days.some(({ index }) => index <= 1e-9);
  last.forEach(({ date }, place) => {
    const values = returns.slice(place, place + windowLength).map(({ value }) => value);
    const deviation = sampleDeviation(values);
    const on = `${where}, rolling on ${date}`;
    const isKnown = base === "USD" && deviation > nothing;
    const sharpe = isKnown ? ((mean(values) - riskFree) / deviation) * Math.sqrt(perYear) : null;
    comparison.all(on, actual[place]!, {
      volatility: deviation * Math.sqrt(perYear),
      ...(!isLost && { drawdown: fallAtEnd(values) }),
    });
    comparison.quotient(`sharpe, ${on}`, actual[place]!.sharpe, sharpe);
  });
  return last.length;
}

/** Returns of days or months by the date that each begins on. */
type Losses = ReadonlyMap<string, number>;

/** Of those that differ in no digit that both sides know either may come first: each is looked up, and the values must descend alike. */
function compareWorstOf(comparison: Comparison, where: string, all: Losses, actual: readonly Row[]): number {
  const rows = actual.filter((row) => Number(row.return) < -nothing);
  const worst = [...all.values()]
    .filter((value) => value < -nothing)
    .sort((a, b) => a - b)
    .slice(0, worstLength);
  comparison.is(`count, ${where}`, rows.length, worst.length);
  comparison.is(`dates, ${where}`, new Set(rows.map((row) => row.first_date)).size, rows.length);
  rows.forEach((row, place) => {
    const on = `${where}, ${place + 1}`;
    comparison.is(`period_rank, ${on}`, Number(row.period_rank), place + 1);
    comparison.compare(`return, ${on}`, row.return, worst[place]);
    comparison.compare(
      `return of ${row.first_date}, ${on}`,
      row.return,
      all.get(String(row.first_date)) ?? null,
    );
  });
  return rows.length;
}

/** `actual`: in the order of their ranks. Returns how many there are. */
export function compareWorst(
  comparison: Comparison,
  where: string,
  days: readonly PortfolioDay[],
  actual: readonly Row[],
): number {
  const ofDays = new Map(
    days.flatMap(({ date, dailyReturn }) => (dailyReturn === null ? [] : [[date, dailyReturn] as const])),
  );
  const ofMonths = new Map<string, number>();
  for (const [date, value] of ofDays) {
    const month = `${date.slice(0, 7)}-01`;
    ofMonths.set(month, (1 + (ofMonths.get(month) ?? 0)) * (1 + value) - 1);
  }
  const of = (period: string) => actual.filter((row) => row.period === period);
  return (
    compareWorstOf(comparison, `worst days of ${where}`, ofDays, of("day")) +
    compareWorstOf(comparison, `worst months of ${where}`, ofMonths, of("month"))
  );
}

/** Of what is held on `lastDay`; `actual`: undefined where nothing was ever held. */
export function compareConcentration(
  comparison: Comparison,
  where: string,
  tickerDays: readonly TickerDay[],
  lastDay: string,
  actual: Row | undefined,
): void {
  if (tickerDays.length === 0) {
    comparison.is(`concentration of ${where}`, actual, undefined);
    return;
  }
  const held = tickerDays
    .filter(({ date }) => date === lastDay)
    .map(({ ticker, rows }) => ({
      ticker,
      value: rows.reduce((sum, row) => sum.plus(row.value), new Big(0)),
    }))
    .filter(({ value }) => value.gt(0));
  const whole = held.reduce((sum, { value }) => sum.plus(value), new Big(0));
  const weights = held.map(({ value }) => Number(value.div(whole))).sort((a, b) => b - a);
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const hhi = sum(weights.map((weight) => weight ** 2));
  const orNone = (value: number): number | null => (held.length === 0 ? null : value);
  const row = actual ?? {};
  comparison.all(`concentration of ${where}`, row, {
    holdings: held.length,
    hhi: orNone(hhi),
    effective_holdings: orNone(1 / hhi),
    largest_weight: orNone(weights[0]!),
    largest_five_weight: orNone(sum(weights.slice(0, 5))),
  });
  const largest = held.find(({ ticker }) => ticker === row.largest_ticker);
  if (held.length > 0)
    comparison.compare(`weight of the largest of ${where}`, Number(largest?.value.div(whole)), weights[0]);
  comparison.is(
    `concentration_reason of ${where}`,
    row.concentration_reason,
    held.length === 0 ? "the portfolio is empty" : null,
  );
}

/** A ticker's own returns over the days of each of the portfolio's in which it was held, where anything was invested. */
function ownReturns(periods: readonly Period[], ofTicker: ReadonlyMap<string, TickerDay>) {
  return periods.flatMap(({ days, date }) => {
    const own = days.flatMap((day) => ofTicker.get(day.date)?.dailyReturn ?? []);
    return own.length === 0 ? [] : [{ date, value: own.reduce((growth, one) => growth * (1 + one), 1) - 1 }];
  });
}

/** `regimeOf`: the regime of a day, as it is known. Returns how many rows were compared; none where rates are in doubt. */
export function compareTickerRegimes(
  comparison: Comparison,
  where: string,
  { days, tickerDays }: { readonly days: readonly PortfolioDay[]; readonly tickerDays: readonly TickerDay[] },
  regimeOf: (date: string) => string,
  actual: readonly Row[],
): number {
  if (days.some(({ index }) => index <= 1e-9) || tickerDays.some(({ isDoubtful }) => isDoubtful)) return 0;
  const periods = periodsOf(days);
  const { perYear } = periodReturns(days);
  const expected = new Map<string, Readonly<Record<string, number | null>>>();
  for (const [ticker, all] of Map.groupBy(tickerDays, (day) => day.ticker)) {
    const returns = ownReturns(periods, new Map(all.map((day) => [day.date, day])));
    for (const [regime, inIt] of Map.groupBy(all, ({ date }) => regimeOf(date))) {
      const values = returns.filter(({ date }) => regimeOf(date) === regime).map(({ value }) => value);
      const growths = inIt.flatMap(({ dailyReturn }) => (dailyReturn === null ? [] : [1 + dailyReturn]));
      const isHeld = growths.length > 0;
      expected.set(`${ticker} ${regime}`, {
        days: inIt.length,
        returns: values.length,
        return: isHeld ? growths.reduce((product, growth) => product * growth, 1) - 1 : null,
        volatility: isHeld && values.length >= 20 ? sampleDeviation(values) * Math.sqrt(perYear) : null,
        max_drawdown: isHeld ? deepestFall(growths) : null,
      });
    }
  }
  // Days before a trading day compound into it: its regime may be one that the holding had no day of its own in.
  const rows = actual.filter((row) => Number(row.days) > 0);
  const keyOf = (row: Row) => `${row.ticker} ${row.regime}`;
  const isSame = comparison.keys(
    `regimes of holdings of ${where}`,
    rows.map(keyOf).sort(),
    [...expected.keys()].sort(),
  );
  if (!isSame) return 0;
  for (const row of rows) comparison.all(`${where}, ${keyOf(row)}`, row, expected.get(keyOf(row))!);
  for (const row of actual.filter((one) => !rows.includes(one)))
    comparison.all(`${where}, ${keyOf(row)}`, row, { return: null, volatility: null, max_drawdown: null });
  return rows.length;
}
