/** The models' figures against the oracle's. */
import type Big from "big.js";
import type { BookedDividend, CashDay } from "./cash.ts";
import type { PositionDay, Realized } from "./ledger.ts";
import { currencyReturn, dayReturn, type PortfolioDay, type performance } from "./performance.ts";

/** Relative for large figures, absolute for small ones: both sides round, in different places. */
const tolerance = 1e-9;

export type Row = Readonly<Record<string, unknown>>;

/** Gathers what differs, so that a failure says all that is wrong with a person's figures. */
export class Comparison {
  largest = { figure: "none", difference: 0 };
  readonly failures: string[] = [];

  compare(figure: string, actual: unknown, expected: unknown): void {
    if (expected === null || actual === null) {
      this.is(figure, actual, expected);
      return;
    }
    const [a, e] = [Number(actual), Number(expected)];
    const difference = Math.abs(a - e) / Math.max(1, Math.abs(e));
    if (difference > this.largest.difference) this.largest = { figure, difference };
    if (!(difference <= tolerance)) this.failures.push(`${figure}: SQL ${a}, oracle ${e}`);
  }

  /** A quotient by nearly nothing has few digits that both sides know: then it is compared upside down. */
  quotient(figure: string, actual: unknown, expected: number | null): void {
    const isLarge = expected !== null && actual !== null && Math.abs(expected) > 1000;
    if (isLarge) this.compare(figure, 1 / Number(actual), 1 / expected);
    else this.compare(figure, actual, expected);
  }

  all(where: string, actual: Row, expected: Readonly<Record<string, unknown>>): void {
    for (const [figure, value] of Object.entries(expected))
      this.compare(`${figure}, ${where}`, actual[figure], value);
  }

  /** Whether there are the same rows, in the same order. */
  keys(where: string, actual: readonly string[], expected: readonly string[]): boolean {
    const [here, there] = [new Set(expected), new Set(actual)];
    const missing = expected.filter((key) => !there.has(key));
    const surplus = actual.filter((key) => !here.has(key));
    const isSame = missing.length + surplus.length === 0 && actual.join() === expected.join();
    if (!isSame)
      this.failures.push(`${where}: missing ${missing.slice(0, 3)}; surplus ${surplus.slice(0, 3)}`);
    return isSame;
  }

  is(figure: string, actual: unknown, expected: unknown): void {
    if (actual !== expected) this.failures.push(`${figure}: SQL ${actual}, oracle ${expected}`);
  }
}

const add = (values: readonly Big[], zero: Big): Big => values.reduce((sum, value) => sum.plus(value), zero);

/** One ticker in one account. */
export function comparePositions(
  comparison: Comparison,
  where: string,
  days: readonly PositionDay[],
  actual: readonly Row[],
): void {
  const isSame = comparison.keys(
    `positions of ${where}`,
    actual.map((row) => `${row.place} ${row.ticker} ${row.price_date}`),
    days.map((day) => `${day.account} ${day.ticker} ${day.date}`),
  );
  if (!isSame) return;
  days.forEach((day, position) => {
    const row = actual[position]!;
    const on = `${where}, account ${day.account}, ${day.ticker} on ${day.date}`;
    comparison.all(on, row, {
      quantity: day.quantity,
      market_value: day.value,
      prev_market_value: day.previousValue,
      cost_basis: day.costBasis,
      net_flow: day.netFlow,
      income: day.income,
      income_paid_out: day.paidOut,
      realized_pnl: day.realized,
      fees: day.fees,
      rate: day.rate,
      price_effect: day.priceEffect,
      currency_effect: day.currencyEffect,
      local_market_value: day.local.value,
      local_prev_market_value: day.local.previousValue,
      local_cost_basis: day.local.costBasis,
      local_net_flow: day.local.netFlow,
      local_income: day.local.income,
    });
    comparison.is(`is_estimated, ${on}`, !(row.is_priced && row.is_rated), day.isEstimated);
  });
}

export function compareCash(
  comparison: Comparison,
  where: string,
  days: readonly CashDay[],
  actual: readonly Row[],
): void {
  const isSame = comparison.keys(
    `cash of ${where}`,
    actual.map((row) => `${row.place} ${row.currency} ${row.cash_date}`),
    days.map((day) => `${day.account} ${day.currency} ${day.date}`),
  );
  if (!isSame) return;
  days.forEach((day, position) => {
    const row = actual[position]!;
    const on = `${where}, account ${day.account}, ${day.currency} on ${day.date}`;
    comparison.all(on, row, {
      balance: day.balance,
      market_value: day.value,
      net_flow: day.netFlow,
      income: day.income,
      income_paid_out: day.paidOut,
      fees: day.fees,
      taxes: day.taxes,
      currency_effect: day.currencyEffect,
    });
    comparison.is(`is_rated, ${on}`, row.is_rated, !day.isEstimated);
  });
}

/** A ticker over all accounts, on one day. */
export interface TickerDay {
  readonly ticker: string;
  readonly date: string;
  readonly rows: readonly PositionDay[];
  readonly dailyReturn: number | null;
  readonly localReturn: number | null;
  /** Before the first known rate accounts may hold it at different ones, and what is paid or moved then has none that is right. */
  readonly isDoubtful: boolean;
}

export function tickerDays(
  positions: readonly PositionDay[],
  booked: readonly BookedDividend[],
  zero: Big,
): TickerDay[] {
  const groups = [...Map.groupBy(positions, (day) => `${day.ticker} ${day.date}`).entries()];
  return groups
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, rows]) => {
      const { ticker, date } = rows[0]!;
      const sum = (pick: (day: PositionDay) => Big) => add(rows.map(pick), zero);
      const received = booked.filter((one) => one.ticker === ticker && one.date === date);
      const net = add(
        received.map(({ localNet }) => localNet),
        zero,
      );
      const income = sum((day) => day.income).plus(net.times(rows[0]!.rate));
      const localIncome = sum((day) => day.local.income).plus(net);
      const moves = !localIncome.eq(0) || rows.some(({ transferredGain }) => !transferredGain.eq(0));
      const [value, before, flow] = [
        sum((day) => day.value),
        sum((day) => day.previousValue),
        sum((day) => day.netFlow),
      ];
      const [localValue, localBefore, localFlow] = [
        sum((day) => day.local.value),
        sum((day) => day.local.previousValue),
        sum((day) => day.local.netFlow),
      ];
      return {
        ticker,
        date,
        rows,
        isDoubtful: moves && rows.some(({ rate }) => !rate.eq(rows[0]!.rate)),
        dailyReturn: dayReturn(value, before, flow, income),
        localReturn: dayReturn(localValue, localBefore, localFlow, localIncome),
      };
    });
}

/** As what it makes of the growth of prices: a quotient of two growths of nearly nothing has few digits. */
function compareCurrencyReturn(
  comparison: Comparison,
  where: string,
  actual: unknown,
  [growth, priceGrowth]: readonly [number, number],
): void {
  const expected = currencyReturn(growth, priceGrowth);
  const scale = Math.min(1, Math.abs(priceGrowth));
  comparison.compare(`currency_return, ${where}`, (1 + Number(actual)) * scale, (1 + expected) * scale);
}

export function compareTickerDays(
  comparison: Comparison,
  where: string,
  days: readonly TickerDay[],
  actual: readonly Row[],
): void {
  const isSame = comparison.keys(
    `tickers of ${where}`,
    actual.map((row) => `${row.ticker} ${row.price_date}`),
    days.map((day) => `${day.ticker} ${day.date}`),
  );
  if (!isSame) return;
  let [growth, isDoubtful] = [1, false];
  days.forEach((day, position) => {
    if (day.ticker !== days[position - 1]?.ticker) [growth, isDoubtful] = [1, false];
    growth *= 1 + (day.dailyReturn ?? 0);
    const on = `${where}, ${day.ticker} on ${day.date}`;
    comparison.compare(`local_return, ${on}`, actual[position]!.local_return, day.localReturn);
    isDoubtful ||= day.isDoubtful;
    if (isDoubtful) return;
    comparison.compare(`daily_return, ${on}`, actual[position]!.daily_return, day.dailyReturn);
    comparison.compare(`cumulative_return, ${on}`, actual[position]!.cumulative_return, growth - 1);
  });
}

export function compareTickers(
  comparison: Comparison,
  where: string,
  { days, booked, zero }: { days: readonly TickerDay[]; booked: readonly BookedDividend[]; zero: Big },
  actual: readonly Row[],
): void {
  const byTicker = Map.groupBy(days, (day) => day.ticker);
  const isSame = comparison.keys(
    `figures of tickers of ${where}`,
    actual.map((row) => row.ticker as string),
    [...byTicker.keys()],
  );
  if (!isSame) return;
  for (const row of actual) {
    const ofTicker = byTicker.get(row.ticker as string)!;
    const all = ofTicker.flatMap(({ rows }) => rows);
    const lastDay = row.as_of as string;
    const atEnd = all.filter(({ date }) => date === lastDay);
    const last = (pick: (day: PositionDay) => Big) => add(atEnd.map(pick), zero);
    const total = (pick: (day: PositionDay) => Big) => add(all.map(pick), zero);
    const growth = (pick: (day: TickerDay) => number | null) =>
      ofTicker.reduce((product, day) => product * (1 + (pick(day) ?? 0)), 1);
    const [grown, locally] = [growth((day) => day.dailyReturn), growth((day) => day.localReturn)];
    const received = booked.filter(({ ticker }) => ticker === row.ticker);
    const income = total((day) => day.income).plus(
      add(
        received.map(({ net }) => net),
        zero,
      ),
    );
    const [value, cost, realized] = [
      last((day) => day.value),
      last((day) => day.costBasis),
      total((day) => day.realized),
    ];
    comparison.all(`${where}, ${row.ticker}`, row, {
      quantity: last((day) => day.quantity),
      cost_basis: cost,
      local_cost_basis: last((day) => day.local.costBasis),
      current_value: value,
      local_value: last((day) => day.local.value),
      realized_pnl: realized,
      income,
      total_gain: value.minus(cost).plus(realized).plus(income),
      fees: total((day) => day.fees),
      local_return: locally - 1,
    });
    if (ofTicker.some((day) => day.isDoubtful)) continue;
    comparison.compare(`total_return, ${where}, ${row.ticker}`, row.total_return, grown - 1);
    compareCurrencyReturn(comparison, `${where}, ${row.ticker}`, row.currency_return, [grown, locally]);
  }
}

export function compareDays(
  comparison: Comparison,
  where: string,
  days: readonly PortfolioDay[],
  actual: readonly Row[],
): void {
  const isSame = comparison.keys(
    `days of ${where}`,
    actual.map((row) => row.price_date as string),
    days.map((day) => day.date),
  );
  if (!isSame) return;
  days.forEach((day, position) => {
    const row = actual[position]!;
    const on = `${where} on ${day.date}`;
    comparison.all(on, row, {
      market_value: day.marketValue,
      cash: day.cash,
      cost_basis: day.costBasis,
      net_flow: day.netFlow,
      income: day.income,
      fees: day.fees,
      taxes: day.taxes,
      price_effect: day.priceEffect,
      currency_effect: day.currencyEffect,
      daily_return: day.dailyReturn,
      twr_index: day.index,
      running_peak: day.runningPeak,
      drawdown: day.drawdown,
    });
    comparison.is(`is_trading_day, ${on}`, row.is_trading_day, day.isTradingDay);
    comparison.is(`is_estimated, ${on}`, row.is_estimated, day.isEstimated);
  });
}

/** Returns whether there is a money-weighted return. */
export function compareFigures(
  comparison: Comparison,
  where: string,
  expected: ReturnType<typeof performance>,
  row: Row | undefined,
): boolean {
  if (!expected || !row) {
    comparison.is(`figures of ${where}`, row, expected ?? undefined);
    return false;
  }
  // The risk-free rate is that of US dollars.
  const isInDollars = row.currency === "USD";
  comparison.all(where, row, {
    market_value: expected.marketValue,
    cash: expected.cash,
    cost_basis: expected.costBasis,
    net_contributions: expected.netContributions,
    total_gain: expected.totalGain,
    realized_pnl: expected.realized,
    unrealized_pnl: expected.unrealized,
    income: expected.income,
    income_paid_out: expected.paidOut,
    fees: expected.fees,
    taxes: expected.taxes,
    price_effect: expected.priceEffect,
    currency_effect: expected.currencyEffect,
    twr: expected.twr,
    price_return: expected.priceReturn,
    max_drawdown: expected.maxDrawdown,
    volatility: expected.volatility,
    money_weighted_return: expected.moneyWeightedReturn,
    xirr: null, // of less than a year
  });
  comparison.quotient(`sharpe, ${where}`, row.sharpe, isInDollars ? expected.sharpe : null);
  comparison.quotient(`sortino, ${where}`, row.sortino, isInDollars ? expected.sortino : null);
  const growths = [1 + expected.twr, 1 + expected.priceReturn] as const;
  compareCurrencyReturn(comparison, where, row.currency_return, growths);
  return expected.moneyWeightedReturn !== null;
}

/** By sale and purchase: what a sale names of one, and what the method then takes of the same, is one part. */
export function compareRealized(
  comparison: Comparison,
  where: string,
  realized: readonly Realized[],
  actual: readonly Row[],
  zero: Big,
): void {
  const keyOf = (one: Pick<Realized, "account" | "ticker" | "soldBy" | "lot">) =>
    `${one.account} ${one.ticker} ${one.soldBy} ${one.lot}`;
  const parts = Map.groupBy(realized, keyOf);
  const rows = new Map(
    actual.map((row) => [`${row.place} ${row.ticker} ${row.sale_id} ${row.transaction_id}`, row]),
  );
  const isSame = comparison.keys(`lots of ${where}`, [...rows.keys()].sort(), [...parts.keys()].sort());
  if (!isSame) return;
  for (const [key, of] of parts) {
    const row = rows.get(key)!;
    const [cost, proceeds] = [
      add(
        of.map((part) => part.cost),
        zero,
      ),
      add(
        of.map((part) => part.proceeds),
        zero,
      ),
    ];
    comparison.all(`${where}, ${key}`, row, {
      quantity: add(
        of.map((part) => part.quantity),
        zero,
      ),
      cost,
      proceeds,
      gain: proceeds.minus(cost),
    });
    comparison.is(`buy_date, ${where}, ${key}`, row.buy_date, of[0]!.boughtOn);
    comparison.is(`sell_date, ${where}, ${key}`, row.sell_date, of[0]!.soldOn);
  }
}
