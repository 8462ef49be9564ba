import { Big } from "big.js";
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  availableOn,
  findOversell,
  findOversells,
  type Split,
  type Trade,
} from "../../src/ledger/position.ts";

/** `2024-01-02 BUY 10` a line. */
function tradesOf(text: string): Trade[] {
  return text
    .trim()
    .split("\n")
    .map((line, index) => {
      const [date, type, quantity] = line.trim().split(" ") as [string, "BUY" | "SELL", string];
      return { transactionId: index + 1, date, type, quantity };
    });
}

const split = (date: string, numerator: string, denominator: string): Split => ({
  date,
  numerator,
  denominator,
});

test.each([
  ["what was bought can be sold", "2024-01-02 BUY 10\n2024-01-03 SELL 10", null],
  [
    "also on the same day, in whatever order they were entered",
    "2024-01-02 SELL 10\n2024-01-02 BUY 10",
    null,
  ],
  ["but not before", "2024-01-02 SELL 10\n2024-01-03 BUY 10", "2024-01-02 holds 0"],
  ["nor more", "2024-01-02 BUY 10\n2024-01-03 SELL 10.000000000001", "2024-01-03 holds 10"],
  [
    "an earlier SELL can uncover a later one",
    "2024-01-02 BUY 10\n2024-03-01 SELL 6\n2024-02-01 SELL 5",
    "2024-03-01 holds 5",
  ],
  [
    "after a full exit one starts anew",
    "2024-01-02 BUY 1\n2024-01-03 SELL 1\n2024-01-04 SELL 1",
    "2024-01-04 holds 0",
  ],
])("%s", (_rule, text, expected) => {
  const oversell = findOversell(tradesOf(text), []);
  expect(oversell && `${oversell.trade.date} holds ${oversell.held}`).toBe(expected);
});

test("a split multiplies what was bought before its day, not on it", () => {
  const splits = [split("2024-02-01", "4", "1")];
  expect(findOversell(tradesOf("2024-01-02 BUY 10\n2024-02-01 SELL 40"), splits)).toBeNull();
  expect(findOversell(tradesOf("2024-01-02 BUY 10\n2024-01-31 SELL 11"), splits)?.held).toBe("10");
  expect(findOversell(tradesOf("2024-02-01 BUY 10\n2024-02-02 SELL 11"), splits)?.held).toBe("10");
});

test("a split with a remainder loses nothing: 5 + 5 - 10 is 0 after 1:3 too", () => {
  const splits = [split("2024-02-01", "1", "3")];
  expect(findOversell(tradesOf("2024-01-02 BUY 5\n2024-01-02 BUY 5\n2024-01-03 SELL 10"), splits)).toBeNull();
  const oversell = findOversell(tradesOf("2024-01-02 BUY 10\n2024-03-01 SELL 3.333333333334"), splits);
  expect(oversell?.held).toBe("3.333333333333");
});

test("what can be sold on a day leaves later SELLs covered", () => {
  const trades = tradesOf("2024-01-02 BUY 10\n2024-02-10 SELL 6\n2024-03-01 BUY 20");
  expect(availableOn("2024-01-01", trades, [])).toBe("0");
  expect(availableOn("2024-01-15", trades, [])).toBe("4");
  expect(availableOn("2024-02-10", trades, [])).toBe("4");
  expect(availableOn("2024-03-01", trades, [])).toBe("24");
  expect(availableOn("2024-01-15", trades, [split("2024-02-01", "2", "1")])).toBe("7");
});

const day = fc.integer({ min: 1, max: 9 }).map((n) => `2024-01-0${n}`);
const trade = fc.record({
  date: day,
  type: fc.constantFrom("BUY" as const, "SELL" as const),
  quantity: fc.integer({ min: 1, max: 50 }).map((n) => new Big(n).div(10).toFixed()),
});
const splitOf = fc.record({
  date: day,
  numerator: fc.constantFrom("1", "2", "3"),
  denominator: fc.constantFrom("1", "2", "3"),
});

test("whatever the ledger: exactly what is available can be sold, and not a bit more", () => {
  fc.assert(
    fc.property(
      fc.array(trade, { maxLength: 12 }),
      fc.array(splitOf, { maxLength: 2 }),
      day,
      (drawn, splits, date) => {
        const trades: Trade[] = [];
        for (const [transactionId, one] of drawn.entries()) {
          trades.push({ ...one, transactionId });
          if (findOversell(trades, splits)) trades.pop(); // the ledger would have refused it
        }
        const available = availableOn(date, trades, splits);
        const selling = (quantity: string): Trade[] => [
          ...trades,
          { transactionId: 99, date, type: "SELL", quantity },
        ];
        if (available !== "0") expect(findOversell(selling(available), splits)).toBeNull();
        expect(findOversell(selling(new Big(available).plus("1e-11").toFixed()), splits)).not.toBeNull();
      },
    ),
  );
});

test("each SELL that is not covered is found, passed over as if it had not been made", () => {
  const trades = tradesOf(
    "2024-01-02 BUY 10\n2024-01-03 SELL 11\n2024-01-04 SELL 12\n2024-01-05 SELL 10\n2024-01-06 SELL 1",
  );
  expect(findOversells(trades, []).map(({ trade, held }) => [trade.transactionId, held])).toEqual([
    [2, "10"],
    [3, "10"],
    [5, "0"],
  ]);
});

/** As readDailyTrades adds them up. */
function addedUp(trades: readonly Trade[]): Trade[] {
  const days = Map.groupBy(trades, ({ date, type }) => `${date} ${type}`);
  return [...days.values()].map((ofDay) => ({
    ...ofDay[0]!,
    transactionId: null,
    quantity: ofDay.reduce((sum, { quantity }) => sum.plus(quantity), new Big(0)).toFixed(),
  }));
}

test("whatever the ledger: a day's trades added up are covered, and leave as much to sell, as one by one", () => {
  fc.assert(
    fc.property(
      fc.array(trade, { maxLength: 20 }),
      fc.array(splitOf, { maxLength: 3 }),
      day,
      (drawn, splits, date) => {
        const trades = drawn.map((one, transactionId): Trade => ({ ...one, transactionId }));
        const days = addedUp(trades);
        expect(findOversell(days, splits) === null).toBe(findOversell(trades, splits) === null);
        if (findOversell(trades, splits) === null)
          expect(availableOn(date, days, splits)).toBe(availableOn(date, trades, splits));
      },
    ),
    { numRuns: 500 },
  );
});
