import { Big } from "big.js";
import fc from "fast-check";
import { expect, test } from "vitest";
import { barChart } from "../../src/web/charts/bar-chart.ts";
import {
  columnsOf,
  knownOf,
  monthsBetween,
  receivedChart,
  totalOf,
  yearTable,
} from "../../src/web/figures/income.ts";
import { salesView } from "../../src/web/figures/tax.ts";
import { formatFor } from "../../src/web/format.ts";

const format = formatFor(["en-US"]);
const amount = fc
  .bigInt({ min: -(10n ** 12n), max: 10n ** 12n })
  .map((units) => `${new Big(String(units)).div(10000)}`);
const sum = (values: readonly (string | null)[]): string =>
  values.reduce((all, value) => all.plus(value ?? 0), new Big(0)).toFixed();

test("months from one to another, over the end of a year", () => {
  expect(monthsBetween("2023-11-01", "2024-02-29")).toEqual([
    "2023-11-01",
    "2023-12-01",
    "2024-01-01",
    "2024-02-01",
  ]);
  expect(monthsBetween("2024-12-01", "2024-12-31")).toEqual(["2024-12-01"]);
  expect(monthsBetween("2024-12-01", "2024-11-30")).toEqual([]);
});

test("what was withheld is known of what was booked alone, and of nothing where all is the market's word", () => {
  const market = { gross: "10", tax: null, fee: null, net: null, market_gross: "10", market_payments: 1 };
  expect(knownOf(market)).toEqual({ gross: "10", tax: null, fee: null, net: null, known: null });
  const booked = { gross: "10", tax: "2", fee: "1", net: "7", market_gross: "0", market_payments: 0 };
  expect(knownOf(booked)).toEqual({ gross: "10", tax: "2", fee: "1", net: "7", known: null });
  const both = totalOf([market, booked]);
  expect(knownOf(both)).toEqual({ gross: "20", tax: "2", fee: "1", net: "7", known: "10" });
  // Booked and paid back again: what is known of it is 0, which is not nothing.
  const back = { gross: "0", tax: "0", fee: "0", net: "0", market_gross: "0", market_payments: 0 };
  expect(knownOf(totalOf([market, back]))).toEqual({ gross: "10", tax: "0", fee: "0", net: "0", known: "0" });
  expect(columnsOf([market])).toEqual({ hasNet: false, hasFee: false, hasUnknownTax: true });
  expect(columnsOf([back])).toEqual({ hasNet: true, hasFee: false, hasUnknownTax: false });
});

test("tickers and months of a year add up to the whole, exactly, whichever way", () => {
  const row = fc.record({
    ticker: fc.constantFrom("AAA", "BBB", null),
    month: fc.integer({ min: 1, max: 12 }).map((month) => `2024-${String(month).padStart(2, "0")}-01`),
    gross: amount,
  });
  fc.assert(
    fc.property(fc.array(row, { minLength: 1 }), (parts) => {
      const rows = parts.map((part) => ({
        ...{ ...part, tax: "0", fee: "0", net: part.gross },
        ...{ market_gross: "0", market_payments: 0, is_rated: true },
      }));
      const table = yearTable(2024, rows, format)!;
      const whole = sum(rows.map(({ gross }) => gross));
      expect(table.whole.total).toBe(whole);
      expect(sum(table.whole.cells)).toBe(whole);
      expect(sum(table.rows.map(({ total }) => total))).toBe(whole);
      for (const { cells, total } of table.rows) expect(sum(cells)).toBe(total);
      table.whole.cells.forEach((cell, month) => {
        expect(new Big(cell ?? 0).eq(sum(table.rows.map(({ cells }) => cells[month]!)))).toBe(true);
      });
    }),
  );
});

test("short, long and what is of no purchase add up to the gain of all sales, exactly", () => {
  const lot = fc.record({
    ticker: fc.constantFrom("AAA", "BBB"),
    term: fc.constantFrom("short", "long", null),
    cost: amount,
    proceeds: amount,
  });
  fc.assert(
    fc.property(fc.array(lot), (parts) => {
      const lots = parts.map((part) => ({
        ...part,
        ...{
          account_id: 1,
          buy_date: null,
          sell_date: "2024-01-02",
          quantity: "1",
          days_held: null,
          name: null,
          base_currency: "USD",
        },
        ...{ currency: "USD", local_cost: part.cost, local_proceeds: part.proceeds, local_gain: "0" },
        ...{ is_rated: true, is_cost_given: true },
        gain: new Big(part.proceeds).minus(part.cost).toFixed(),
      }));
      const { whole, short, long, untermed, hasTerms } = salesView(lots, "USD", String);
      if (hasTerms) expect(sum([short.gain, long.gain, untermed.gain])).toBe(new Big(whole.gain).toFixed());
      expect(new Big(whole.proceeds).minus(whole.cost).eq(whole.gain)).toBe(true);
    }),
  );
});

test("bars stay in the chart, parts are stacked away from 0, and what is below it stands below", () => {
  const part = fc.record({ dividend: amount, interest: amount });
  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 60 }), (parts) => {
      const chart = barChart(
        {
          id: "x",
          title: "x",
          legend: [],
          bars: parts.map(({ dividend, interest }, index) => ({
            label: String(index),
            axisLabel: null,
            parts: [
              { name: "dividend", amount: dividend },
              { name: "interest", amount: interest },
            ],
            total: sum([dividend, interest]),
          })),
        },
        format,
      );
      const zero = chart.yTicks.find((tick) => tick.zero)?.y;
      chart.bars.forEach(({ x, width, pieces }, index) => {
        expect(Number.parseFloat(x)).toBeGreaterThanOrEqual(0);
        expect(Number.parseFloat(x) + Number.parseFloat(width)).toBeLessThanOrEqual(100);
        for (const { name, y, height } of pieces) {
          expect(y).toBeGreaterThanOrEqual(0);
          expect(y + height).toBeLessThanOrEqual(chart.height);
          const isBelow = Number(parts[index]![name as "dividend"]) < 0;
          if (zero !== undefined && height > 1)
            expect(isBelow ? y >= zero - 1 : y + height <= zero + 1).toBe(true);
        }
      });
    }),
  );
});

test("a year of many months shows the last ones, each January by its year, and says that it is cut", () => {
  const rows = monthsBetween("2018-01-01", "2024-12-01").map((month) => ({
    ...{ month, year: null, ticker: null, account_id: null },
    ...{ dividends: "1", interest: "0", gross: "1", tax: null, fee: null, net: null },
    ...{ market_gross: "1", market_payments: 1, is_rated: true },
  }));
  const chart = receivedChart("month", rows, format)!;
  expect([chart.isCut, chart.bars.length, chart.legend]).toEqual([48, 48, []]);
  expect(chart.xTicks.map(({ label }) => label)).toEqual(["2021", "2022", "2023", "2024"]);
  expect(receivedChart("ticker", rows, format)).toBeNull();
  expect(receivedChart("month", rows.slice(-3), format)?.xTicks.map(({ label }) => label)).toEqual([
    "Oct",
    "Nov",
    "Dec",
  ]);
});
