/** How much is held of one ticker, exactly. Pure. */
import { Big } from "big.js";
import type { TransactionType } from "./input.ts";

export interface Trade {
  /** null: not recorded yet. */
  readonly transactionId: number | null;
  readonly type: TransactionType;
  /** In shares of its day. */
  readonly quantity: string;
  readonly date: string;
}

export interface Split {
  readonly date: string;
  readonly numerator: string;
  readonly denominator: string;
}

// Quotients are only shown, and never above what is there.
const Shown = Big();
Shown.DP = 12;
Shown.RM = Shown.roundDown;

/**
 * Shares of different days become comparable in a unit so small that no split divides: a share of day d is as many
 * of them as the numerators of the splits after d times the denominators of the others. So 1:3 leaves no remainder
 * that would make 5 + 5 - 10 shares less than nothing. They change at splits alone, and are multiplied out once.
 */
function unitsByDay(splits: readonly Split[]): (date: string) => Big {
  const inOrder = splits.toSorted((a, b) => compare(a.date, b.date));
  const units = [null, ...inOrder].map((_, passed) =>
    inOrder.reduce(
      (product, { numerator, denominator }, index) => product.times(index < passed ? denominator : numerator),
      new Shown(1),
    ),
  );
  return (date) => {
    const next = inOrder.findIndex((split) => split.date > date);
    return units[next === -1 ? inOrder.length : next]!;
  };
}

/** Of dates and types, which no language orders in a way of its own. */
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const place = ({ transactionId }: Trade): number => transactionId ?? Number.MAX_SAFE_INTEGER;

/** By day; what is bought on a day can be sold on it. Trades not recorded yet come last, in the order given. */
function inLedgerOrder(trades: readonly Trade[]): Trade[] {
  return trades.toSorted((a, b) => compare(a.date, b.date) || compare(a.type, b.type) || place(a) - place(b));
}

export interface Oversell {
  readonly trade: Trade;
  /** Just before the trade, in shares of its day. */
  readonly held: string;
}

/** The SELLs of more than is held, each passed over as if it had not been made; []: every one is covered. */
export function findOversells(trades: readonly Trade[], splits: readonly Split[]): Oversell[] {
  const oversells: Oversell[] = [];
  const unitsOn = unitsByDay(splits);
  let held = new Shown(0);
  for (const trade of inLedgerOrder(trades)) {
    const units = unitsOn(trade.date);
    const quantity = units.times(trade.quantity);
    if (trade.type === "BUY") held = held.plus(quantity);
    else if (quantity.gt(held)) oversells.push({ trade, held: held.div(units).toFixed() });
    else held = held.minus(quantity);
  }
  return oversells;
}

/** The first SELL of more than is held; null: every one is covered. */
export function findOversell(trades: readonly Trade[], splits: readonly Split[]): Oversell | null {
  return findOversells(trades, splits)[0] ?? null;
}

/** The most that can be sold on a day without leaving a later SELL uncovered, in shares of that day. */
export function availableOn(date: string, trades: readonly Trade[], splits: readonly Split[]): string {
  const unitsOn = unitsByDay(splits);
  let held = new Shown(0);
  let least: Big | null = null;
  for (const trade of inLedgerOrder(trades)) {
    if (trade.date > date && (least === null || held.lt(least))) least = held;
    const quantity = unitsOn(trade.date).times(trade.quantity);
    held = trade.type === "BUY" ? held.plus(quantity) : held.minus(quantity);
  }
  if (least === null || held.lt(least)) least = held;
  return least.lt(0) ? "0" : least.div(unitsOn(date)).toFixed();
}
