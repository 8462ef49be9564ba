import { expect, test } from "vitest";
import { createTestDatabase } from "../support/database.ts";

interface Solved {
  readonly rate: number | null;
  readonly period_return: number | null;
  readonly days: number | null;
  readonly reason: string | null;
}

const { pool } = await createTestDatabase();

/** Flows as `2024-01-02 -1000`. */
async function xirr(...flows: string[]): Promise<Solved> {
  const { rows } = await pool.query<Solved>("select * from xirr($1, $2)", [
    flows.map((flow) => flow.split(" ")[0]),
    flows.map((flow) => flow.split(" ")[1]),
  ]);
  return rows[0]!;
}

test.each([
  ["a year at 10 %", ["2023-01-01 -1000", "2024-01-01 1100"], 0.1],
  ["a year at 0 %", ["2023-01-01 -1000", "2024-01-01 1000"], 0],
  ["two years at 12 %", ["2010-01-01 -2000", "2012-01-01 2508.8"], 0.12],
  ["a year at -90 %", ["2023-01-01 -1000", "2024-01-01 100"], -0.9],
  ["a year that multiplies by a million", ["2023-01-01 -1", "2024-01-01 1000000"], 999_999],
  ["flows in any order", ["2024-01-01 1100", "2023-01-01 -1000"], 0.1],
  ["several flows of a day", ["2023-01-01 -600", "2023-01-01 -400", "2024-01-01 1100"], 0.1],
  [
    "what a rounding left first, then borrowed money",
    ["2023-01-01 -0.0000000000001", "2023-01-02 1000", "2024-01-02 -1100"],
    0.1,
  ],
  ["money back before the end", ["2023-01-01 -1000", "2024-01-01 100", "2024-12-31 1100"], 0.1],
] as const)("%s", async (_, flows, rate) => {
  const solved = await xirr(...flows);
  expect(solved.reason).toBeNull();
  expect(solved.rate! / (1 + rate)).toBeCloseTo(rate / (1 + rate), 12);
});

test("56 years of monthly payments neither over- nor underflow", async () => {
  const payments = Array.from({ length: 56 * 12 }, (_, month) => {
    const date = `${1970 + Math.floor(month / 12)}-${String((month % 12) + 1).padStart(2, "0")}-01`;
    return `${date} -100`;
  });
  const { rate } = await xirr(...payments, "2026-01-01 10000000");
  const days = (from: string) => (Date.parse("2026-01-01") - Date.parse(from)) / 86_400_000;
  const worth = payments
    .map((flow) => 100 * (1 + rate!) ** (days(flow.slice(0, 10)) / 365))
    .reduce((sum, value) => sum + value, 0);
  expect(worth / 10_000_000).toBeCloseTo(1, 10);
});

test("a period below a year has a return of its own", async () => {
  const { rate, period_return, days } = await xirr("2024-01-01 -1000", "2024-01-31 1010");
  expect(days).toBe(30);
  expect(period_return).toBeCloseTo(0.01, 12);
  expect(rate).toBeCloseTo(1.01 ** (365 / 30) - 1, 12);
});

test("what came and is there on the same day, or a rounding left, makes the time no longer", async () => {
  const flows = ["2024-01-01 -1000", "2024-01-31 640"] as const;
  const { period_return } = await xirr(...flows);
  expect(await xirr(...flows, "2024-03-31 0.0000000000001")).toEqual(await xirr(...flows));
  expect(await xirr(...flows, "2024-03-31 -0.0000000000001")).toEqual(await xirr(...flows));
  expect(await xirr("2023-12-01 -0.0000000000001", ...flows)).toEqual(await xirr(...flows));
  expect(await xirr(...flows, "2024-03-31 -50", "2024-03-31 50")).toEqual(await xirr(...flows));
  expect((await xirr(...flows, "2024-03-31 0.000001")).period_return).toBeLessThan(period_return!);
});

test("a day that doubles is no number when annualised by a rate, but does not fail", async () => {
  const { period_return } = await xirr("2024-01-01 -1", "2024-01-02 100");
  expect(period_return).toBeCloseTo(99, 9);
});

test.each([
  ["nothing moved", [], "money only went in, or only came out"],
  ["only in", ["2023-01-01 -1", "2024-01-01 -1"], "money only went in, or only came out"],
  ["in, and nothing left", ["2023-01-01 -1", "2024-01-01 0"], "money only went in, or only came out"],
  [
    "two rates: 10 % and 100 %",
    ["2023-01-01 -1000", "2024-01-01 3100", "2024-12-31 -2200"],
    "more than one rate explains the flows",
  ],
  [
    "none at all",
    ["2023-01-01 1000", "2024-01-01 -2500", "2024-12-31 1600"],
    "no single rate explains the flows",
  ],
  [
    "three rates: 0 %, 100 % and 200 %",
    ["2021-01-01 -1000", "2022-01-01 6000", "2023-01-01 -11000", "2024-01-01 6000"],
    "more than one rate explains the flows",
  ],
  [
    "one that no money has: 5 % in three days, twice in ten years, and nothing between",
    ["2014-01-01 -100", "2014-01-04 105", "2024-01-01 -100", "2024-01-04 105"],
    "the rate that explains the flows is out of all bounds",
  ],
  [
    "none that money has: the next are e^-100 and e^60",
    ["2022-12-02 -0.3", "2022-12-09 2", "2023-08-10 426", "2023-08-17 -25"],
    "no single rate explains the flows",
  ],
])("no rate: %s", async (_, flows, why) => {
  expect(await xirr(...flows)).toMatchObject({ rate: null, period_return: null, reason: why });
});
