import { describe, expect, test } from "vitest";
import { compareWith } from "../../src/portfolio/benchmark.ts";

const bars = [
  { price_date: "2024-01-01", adj_close: 100 },
  { price_date: "2024-01-03", adj_close: 110 },
];
const days = ["2024-01-01", "2024-01-02", "2024-01-03"];
const compare = (start: string, prices: Partial<Parameters<typeof compareWith>[0]>) =>
  compareWith(
    { ticker: "WRLD", name: null, convertedFrom: "USD", bars, rates: null, ...prices },
    { start },
    days,
  );

describe("a benchmark", () => {
  test("in the person's own currency is its prices alone", () => {
    const { returns, startsLate } = compare("2024-01-01", {});
    expect(returns).toEqual([0, 0, 110 / 100 - 1]);
    expect(startsLate).toBeNull();
  });

  test("in another is converted at each day's rate, also on a day without a price", () => {
    const rates = new Map([
      ["2024-01-01", 2],
      ["2024-01-02", 3],
      ["2024-01-03", 4],
    ]);
    const { returns } = compare("2024-01-01", { rates });
    expect(returns).toEqual([0, 300 / 200 - 1, 440 / 200 - 1]);
  });

  test("is measured from the first day that has a price and a rate, and says so", () => {
    const late = compare("2024-01-01", {
      rates: new Map([
        ["2024-01-02", 3],
        ["2024-01-03", 3],
      ]),
    });
    expect(late.returns).toEqual([null, 0, 330 / 300 - 1]);
    expect(late.startsLate).toBe("2024-01-02");
  });

  test("has no returns without any price, or any rate", () => {
    expect(compare("2024-01-01", { bars: [] }).returns).toEqual([]);
    expect(compare("2024-01-01", { rates: new Map() }).returns).toEqual([]);
  });
});
