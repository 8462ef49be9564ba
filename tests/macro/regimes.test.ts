import { beforeEach, describe, expect, test } from "vitest";
import { createTestDatabase } from "../support/database.ts";
import { deployModels } from "../support/models.ts";
import {
  cycle,
  insertObservations,
  monthly,
  cycleMonths as months,
  production,
  rates,
  unemployment,
} from "./economy.ts";

const { pool } = await createTestDatabase();
await deployModels(pool);
beforeEach(() => pool.query("truncate bronze.raw_fred, bronze.raw_prices"));

async function spells(column = "regime"): Promise<[string, string, number][]> {
  const { rows } = await pool.query<{ value: string; since: string; days: number }>(
    `select value, min(date) as since, count(*) as days
     from (
       select date, value, count(*) filter (where is_new) over (order by date) as spell
       from (
         select date, ${column} as value, ${column} is distinct from lag(${column}) over (order by date) as is_new
         from gold_macro_context
       ) as days
     ) as numbered
     group by value, spell
     order by since`,
  );
  return rows.map(({ value, since, days }) => [value, since, days]);
}

async function contextOn<T>(date: string, columns: string): Promise<T> {
  const { rows } = await pool.query(`select ${columns} from fct_macro_regimes where date = $1`, [date]);
  return rows[0];
}

describe("the cycle of an economy", () => {
  test("each regime begins on the day its condition is published, and not before", async () => {
    await insertObservations(pool, cycle());
    expect(await spells()).toEqual([
      ["expansion", "2001-04-10", 222],
      // The curve is inverted since August; October's production, down on six months before, is out on this day.
      ["slowdown", "2001-11-18", 30],
      // November's unemployment, out on the 10th, is what it takes; a slowdown lasts 30 days first.
      ["contraction", "2001-12-18", 182],
      // May 2002: unemployment no higher than in April, production up; production is out on the 18th of June.
      ["recovery", "2002-06-18", 265],
      // February 2003: unemployment averages 5.2, no more than at its lowest of the twelve months before.
      ["expansion", "2003-03-10", 193],
    ]);
  });

  test("start and age of a regime stand on each of its days", async () => {
    await insertObservations(pool, cycle());
    const { rows } = await pool.query(
      `select date, regime, regime_start, days_in_regime
       from gold_macro_context where date between '2001-12-17' and '2001-12-19' order by date`,
    );
    expect(rows).toEqual([
      { date: "2001-12-17", regime: "slowdown", regime_start: "2001-11-18", days_in_regime: 30 },
      { date: "2001-12-18", regime: "contraction", regime_start: "2001-12-18", days_in_regime: 1 },
      { date: "2001-12-19", regime: "contraction", regime_start: "2001-12-18", days_in_regime: 2 },
    ]);
  });

  test("the phase is late once the curve is flat, recession in a contraction, early while there is slack", async () => {
    await insertObservations(pool, cycle());
    expect(await spells("cycle_phase")).toEqual([
      ["mid", "2001-04-10", 114],
      ["late", "2001-08-02", 123],
      ["mid", "2001-12-03", 15],
      ["recession", "2001-12-18", 182],
      // May 2003, out in June: unemployment averages 4.9, less than a point above the 4.0 of the boom.
      ["early", "2002-06-18", 357],
      ["mid", "2003-06-10", 101],
    ]);
  });

  test("the Federal Reserve tightens or eases when its rate moves over a quarter of a point in three months", async () => {
    const moves = { "2001-09-03": "2.25", "2002-02-04": "2.50", "2002-02-05": "2.51", "2002-09-02": "1.75" };
    await insertObservations(pool, [
      ...monthly("UNRATE", unemployment),
      ...monthly("INDPRO", production),
      ...rates(months).filter(({ series, date }) => series !== "DFF" || date < "2001-09-01"),
      ...Object.entries(moves).map(([date, value]) => ({ series: "DFF", date, value })),
    ]);
    expect(await spells("fed_stance")).toEqual([
      ["on hold", "2001-04-10", 302],
      ["tightening", "2002-02-06", 88],
      ["on hold", "2002-05-05", 121],
      ["easing", "2002-09-03", 91],
      ["on hold", "2002-12-03", 290],
    ]);
  });
});

describe("data that are not all there", () => {
  test("without macro data there are no regimes", async () => {
    await pool.query(
      "insert into bronze.raw_prices (ticker, price_date, close) values ('SPY', '2024-01-02', 1)",
    );
    expect((await pool.query("select * from fct_macro_regimes")).rows).toEqual([]);
    expect((await pool.query("select * from gold_macro_context")).rows).toEqual([]);
  });

  test.each(["UNRATE", "INDPRO", "DFF"])("without %s there are no regimes either", async (missing) => {
    await insertObservations(
      pool,
      cycle().filter(({ series }) => series !== missing),
    );
    expect((await pool.query("select * from fct_macro_regimes")).rows).toEqual([]);
  });

  test("a month that was not surveyed is left out of the means, and counts as no month of its own", async () => {
    const notSurveyed = unemployment.replace("4.2 4.4 4.6", "4.2 - 4.6");
    await insertObservations(pool, [
      ...monthly("UNRATE", notSurveyed),
      ...monthly("INDPRO", production),
      ...rates(months),
    ]);
    const columns =
      "unemployment_month, unemployment, round(sahm_gap, 4) as sahm_gap, unemployment_change_1m, unemployment_change_3m";
    // October was not surveyed: September stands until November is out.
    expect(await contextOn("2001-12-09", columns)).toEqual({
      unemployment_month: "2001-09-01",
      unemployment: "4.2",
      sahm_gap: "0.0667",
      unemployment_change_1m: "0.2",
      unemployment_change_3m: "0.2",
    });
    // (4.2 + 4.6) / 2 - 4.0, and 4.6 - 4.2 of the month surveyed before.
    expect(await contextOn("2001-12-10", columns)).toEqual({
      unemployment_month: "2001-11-01",
      unemployment: "4.6",
      sahm_gap: "0.4000",
      unemployment_change_1m: "0.4",
      unemployment_change_3m: "0.6",
    });
    // Three months before January 2002 nobody asked: September is compared.
    expect(await contextOn("2002-02-10", columns)).toMatchObject({ unemployment_change_3m: "1.0" });
  });

  test("growth over twelve months is not told where the month of a year ago was not observed", async () => {
    const prices = Array.from({ length: months }, (_, month) => (month === 21 ? "-" : String(100 + month)));
    await insertObservations(pool, [...cycle(), ...monthly("CPIAUCSL", prices.join(" "))]);
    expect(await contextOn("2002-11-17", "inflation_yoy")).toEqual({ inflation_yoy: 0.1 });
    expect(await contextOn("2002-11-18", "inflation_yoy")).toEqual({ inflation_yoy: null });
    expect(await contextOn("2002-12-18", "inflation_yoy")).toEqual({
      inflation_yoy: expect.closeTo(12 / 122, 12),
    });
  });

  test("before the spread of two-year notes exists, the curve is the ten-year yield minus the federal funds rate", async () => {
    await insertObservations(
      pool,
      cycle().filter(({ series, date }) => series !== "T10Y2Y" || date >= "2002-01-01"),
    );
    const columns = "curve_10y2y, yield_curve";
    expect(await contextOn("2001-12-31", columns)).toEqual({ curve_10y2y: null, yield_curve: "2" });
    expect(await contextOn("2002-01-02", columns)).toEqual({ curve_10y2y: "1.5", yield_curve: "1.5" });
  });

  test("a rate that comes out after a newer one is never the newest", async () => {
    await insertObservations(pool, [
      ...cycle().filter(({ series, date }) => series !== "DFF" || date !== "2001-06-01"),
      { series: "DFF", date: "2001-06-01", value: "9", published: "2001-07-10" },
    ]);
    const { rows } = await pool.query("select distinct fed_funds from fct_macro_regimes");
    expect(rows).toEqual([{ fed_funds: "2" }]);
  });

  test("what was known last stands on the portfolio's later days", async () => {
    await insertObservations(pool, cycle());
    const before = await contextOn<object>("2003-09-18", "regime, regime_start, unemployment");
    await pool.query(
      "insert into bronze.raw_prices (ticker, price_date, close) values ('SPY', '2003-12-31', 1)",
    );
    expect(await contextOn("2003-12-31", "regime, regime_start, unemployment")).toEqual(before);
    expect(await contextOn("2004-01-01", "regime")).toBeUndefined();
  });
});

test("NBER's recessions are shown for comparison and change nothing else", async () => {
  await insertObservations(pool, cycle());
  const regimes = "select * from fct_macro_regimes order by date";
  const without = (await pool.query(regimes)).rows;
  await insertObservations(pool, [
    { series: "USREC", date: "2001-10-01", value: "0" },
    { series: "USREC", date: "2001-11-01", value: "1" },
  ]);
  expect((await pool.query(regimes)).rows).toEqual(without);
  const { rows } = await pool.query(
    `select is_nber_recession, min(date), max(date)
     from gold_macro_context group by is_nber_recession order by min(date) filter (where is_nber_recession is not null)`,
  );
  expect(rows).toEqual([
    { is_nber_recession: false, min: "2001-10-01", max: "2001-10-31" },
    { is_nber_recession: true, min: "2001-11-01", max: "2001-11-30" },
    { is_nber_recession: null, min: "2001-04-10", max: "2003-09-18" },
  ]);
});
