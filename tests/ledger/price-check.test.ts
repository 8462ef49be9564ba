import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  correctionOf,
  describeSuspicion,
  type PriceEvidence,
  type QuotedDay,
  suspectPrice,
  swapDayAndMonth,
} from "../../src/ledger/price-check.ts";
import { messageOf } from "../../src/plain.ts";
import { formatFor } from "../../src/web/format.ts";
import { speaking } from "../../src/web/messages/index.ts";
import { spoken, writeWords } from "../../src/web/words.ts";

const day: QuotedDay = { date: "2024-03-04", low: "98", high: "102", close: "100" };
const evidence: PriceEvidence = { day, swappedDay: null, laterSplits: [] };
const kind = (price: string, more: Partial<PriceEvidence> = {}) =>
  suspectPrice(price, { ...evidence, ...more })?.kind ?? null;

test.each([
  ["100", null],
  ["124", null],
  ["75", null],
  ["73.5", null],
  ["73.499999999999", "far"],
  ["73.50000000000000000001", null],
  ["127.5", null],
  ["127.500000000001", "far"],
  ["127.50000000000000000001", "far"],
  ["130", "far"],
  ["60", "far"],
  ["10000", "hundredfold"],
  ["1.01", "hundredth"],
])("a price of %s where 98 to 102 was traded: %s", (price, expected) => {
  expect(kind(price)).toBe(expected);
});

test("a price scaled for a later split, of another day, or in another currency is told as such", () => {
  const laterSplits = [{ date: "2024-06-10", numerator: "10", denominator: "1" }];
  expect(suspectPrice("10.1", { ...evidence, laterSplits })).toEqual({
    kind: "split_adjusted",
    price: "101",
    numerator: "10",
    denominator: "1",
  });
  const swappedDay = { date: "2024-04-03", low: "150", high: "160", close: "155" };
  expect(suspectPrice("155", { ...evidence, swappedDay })).toEqual({
    kind: "swapped_date",
    date: "2024-04-03",
  });
  expect(suspectPrice("2000", { ...evidence, rates: new Map([["KES", "0.05"]]) })).toEqual({
    kind: "currency",
    currency: "KES",
  });
});

test.each([
  ["25", "4"],
  ["2.5", "40"],
  ["10", "10"],
])("of several later splits, a price of %s was scaled by some of them: %s", (price, ratio) => {
  const laterSplits = [
    { date: "2026-01-05", numerator: "10", denominator: "1" },
    { date: "2024-06-10", numerator: "4", denominator: "1" },
  ];
  expect(suspectPrice(price, { ...evidence, laterSplits })).toMatchObject({
    kind: "split_adjusted",
    numerator: ratio,
  });
});

test("what would fit is exact, also of three shares that became one", () => {
  const laterSplits = [{ date: "2024-06-10", numerator: "1", denominator: "3" }];
  const suspicion = suspectPrice("300", { ...evidence, laterSplits })!;
  expect(correctionOf({ price: "300", quantity: "10" }, suspicion)).toEqual({ price: "100", quantity: "30" });
  expect(correctionOf({ price: "9900", quantity: "10" }, suspectPrice("9900", evidence)!)).toEqual({
    price: "99",
  });
  expect(correctionOf({ price: "60", quantity: "10" }, suspectPrice("60", evidence)!)).toBeNull();
});

test("nothing is said where nothing is known", () => {
  expect(kind("5", { day: null })).toBeNull();
  expect(kind("5", { day: { ...day, low: "0" } })).toBeNull();
});

test("both figures are in the sentence, and what would fit", () => {
  const trade = { ticker: "VOD.L", price: "7000", date: "2024-03-04" };
  const suspicion = suspectPrice("10000", evidence)!;
  expect(messageOf(describeSuspicion({ ...trade, price: "10000" }, day, suspicion))).toBe(
    "VOD.L traded at 98 to 102 on 2024-03-04, the price here is 10000: a hundred times as much, as if it were in cents or pence; 100 would fit",
  );
});

test("a person reads them as they write numbers and days", () => {
  const suspicion = suspectPrice("10000", evidence)!;
  const words = describeSuspicion(
    { ticker: "VOD.L", price: "10000", date: "2024-03-04" },
    day,
    suspicion,
    "GBP",
  );
  const said = speaking(
    () => ({ language: "de", locale: "de-DE" }),
    () => writeWords(spoken(words), formatFor(["de-DE"])),
  );
  expect(said).toContain("VOD.L");
  expect(said).toContain("98 bis 102 GBP");
  expect(said).toContain("4. März 2024");
  expect(said).toContain("10.000");
});

describe("whatever the price", () => {
  test("within a quarter of the range nothing is said, beyond something is", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100_000_000 }), (cents) => {
        const price = cents / 100;
        const isNear = price >= 98 * 0.75 && price <= 102 * 1.25;
        expect(kind(String(price)) === null).toBe(isNear);
      }),
    );
  });
});

test("day and month are exchanged where that is another day", () => {
  expect(swapDayAndMonth("2024-03-04")).toBe("2024-04-03");
  expect(swapDayAndMonth("2024-03-13")).toBeNull();
  expect(swapDayAndMonth("2024-03-03")).toBeNull();
});
