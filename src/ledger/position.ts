/** How much is held of one ticker, exactly. Pure. */
import { Big } from "big.js";
import { incoming, type TransactionType } from "./transaction-types.ts";

export interface Trade {
  /** null: not recorded yet. */
  readonly transactionId: number | null;
  /** One that brings shares or takes them. */
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
export function unitsByDay(splits: readonly Split[]): (date: string) => Big {
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

/** The market's splits, but on the days of a person's own word, which counts instead. */
export function overruled(market: readonly Split[], own: readonly Split[]): Split[] {
  const days = new Set(own.map(({ date }) => date));
  return [...market.filter(({ date }) => !days.has(date)), ...own];
}

/** Of dates, which no language orders in a way of its own. */
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** As ledger_order() of the database has it: what comes in on a day can go out on it. */
const isOut = ({ type }: Trade): number => (incoming.has(type) ? 0 : 1);

const place = ({ transactionId }: Trade): number => transactionId ?? Number.MAX_SAFE_INTEGER;

/** By day. Trades not recorded yet come last, in the order given. */
function inLedgerOrder(trades: readonly Trade[]): Trade[] {
  return trades.toSorted((a, b) => compare(a.date, b.date) || isOut(a) - isOut(b) || place(a) - place(b));
}

export interface Oversell {
  readonly trade: Trade;
  /** Just before the trade, in shares of its day. */
  readonly held: string;
}

/** What takes more than is held, each passed over as if it had not been made; []: every one is covered. */
export function findOversells(trades: readonly Trade[], splits: readonly Split[]): Oversell[] {
  const oversells: Oversell[] = [];
  const unitsOn = unitsByDay(splits);
  let held = new Shown(0);
  for (const trade of inLedgerOrder(trades)) {
    const units = unitsOn(trade.date);
    const quantity = units.times(trade.quantity);
    if (incoming.has(trade.type)) held = held.plus(quantity);
    else if (quantity.gt(held)) oversells.push({ trade, held: held.div(units).toFixed() });
    else held = held.minus(quantity);
  }
  return oversells;
}

/** The first that takes more than is held; null: every one is covered. */
export function findOversell(trades: readonly Trade[], splits: readonly Split[]): Oversell | null {
  return findOversells(trades, splits)[0] ?? null;
}

/** The most that can be sold on a day without leaving a later sale or transfer uncovered, in shares of that day. */
export function availableOn(date: string, trades: readonly Trade[], splits: readonly Split[]): string {
  const unitsOn = unitsByDay(splits);
  let held = new Shown(0);
  let least: Big | null = null;
  for (const trade of inLedgerOrder(trades)) {
    if (trade.date > date && (least === null || held.lt(least))) least = held;
    const quantity = unitsOn(trade.date).times(trade.quantity);
    held = incoming.has(trade.type) ? held.plus(quantity) : held.minus(quantity);
  }
  if (least === null || held.lt(least)) least = held;
  return least.lt(0) ? "0" : least.div(unitsOn(date)).toFixed();
}
