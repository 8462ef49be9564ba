/** No hindsight: whatever comes out later, however late, and whatever it says, an earlier day's row stays as it is. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { createTestDatabase } from "../support/database.ts";
import { deployModels } from "../support/models.ts";
import { insertObservations, monthAfter, type Observed } from "./economy.ts";

const { pool } = await createTestDatabase();
await deployModels(pool);
// The portfolio's days go on after the last publication.
await pool.query("insert into bronze.raw_prices (ticker, price_date, close) values ('SPY', '2005-06-30', 1)");

const months = 60;
const regimesSeen = new Set<string>();

/** A stretch of a boom or of a slump: how unemployment (tenths of a point) and production (tenths of a percent) move each month. */
const stretch = fc.oneof(
  fc.record({
    months: fc.integer({ min: 4, max: 14 }),
    unemployment: fc.integer({ min: -2, max: 1 }),
    production: fc.integer({ min: 0, max: 8 }),
  }),
  fc.record({
    months: fc.integer({ min: 4, max: 10 }),
    unemployment: fc.integer({ min: 1, max: 4 }),
    production: fc.integer({ min: -15, max: 0 }),
  }),
);
/** Days from the end of the month to its publication, or null: FRED does not say. Some come out of order. */
const publishedAfterDays = fc.option(fc.integer({ min: 0, max: 100 }), { nil: null, freq: 3 });

const economy = fc
  .record({
    stretches: fc.array(stretch, { minLength: 6, maxLength: 16 }),
    noise: fc.array(fc.integer({ min: -2, max: 2 }), { minLength: months, maxLength: months }),
    curve: fc.array(fc.integer({ min: -10, max: 25 }), { minLength: months, maxLength: months }),
    fedFunds: fc.array(fc.integer({ min: 0, max: 60 }), { minLength: months, maxLength: months }),
    missing: fc.array(fc.integer({ min: 0, max: months - 1 }), { maxLength: 4 }),
    delays: fc.array(publishedAfterDays, { minLength: 2 * months, maxLength: 2 * months }),
  })
  .map(({ stretches, noise, curve, fedFunds, missing, delays }) => {
    const observations: Observed[] = [];
    const steps = stretches.flatMap((given) => Array.from({ length: given.months }, () => given));
    let unemployment = 50;
    let production = 1000;
    for (let month = 0; month < months; month++) {
      const step = steps[month % steps.length]!;
      unemployment = Math.max(20, unemployment + step.unemployment);
      production = Math.max(100, Math.round(production * (1 + step.production / 1000)));
      const date = monthAfter(month);
      const published = (delay: number | null) =>
        delay === null ? null : daysAfter(monthAfter(month + 1), delay);
      observations.push(
        {
          series: "UNRATE",
          date,
          value: missing.includes(month) ? null : ((unemployment + noise[month]!) / 10).toFixed(1),
          published: published(delays[month]!),
        },
        {
          series: "INDPRO",
          date,
          value: (production / 10 + noise[months - 1 - month]!).toFixed(1),
          published: published(delays[months + month]!),
        },
        { series: "DFF", date, value: (fedFunds[month]! / 10).toFixed(1) },
        { series: "GS10", date, value: "4.0" },
        { series: "T10Y2Y", date, value: (curve[month]! / 10).toFixed(1) },
      );
    }
    return observations;
  });

function daysAfter(date: string, days: number): string {
  return new Date(Date.parse(date) + days * 86_400_000).toISOString().slice(0, 10);
}

async function rowsUntil(day: string): Promise<unknown[]> {
  const { rows } = await pool.query("select * from fct_macro_regimes where date <= $1 order by date", [day]);
  return rows;
}

const anyDay = fc.integer({ min: 500, max: 1900 }).map((days) => daysAfter(monthAfter(0), days));

test("a value published later never changes an earlier day, whether it is there, not there, or another", async () => {
  await fc.assert(
    fc.asyncProperty(economy, economy, anyDay, async (observations, others, day) => {
      await pool.query("truncate bronze.raw_fred");
      await insertObservations(pool, observations);
      const told = await rowsUntil(day);

      await pool.query(
        `delete from bronze.raw_fred
         using stg_fred_macro as staged
         where raw_fred.series_id = staged.series_id
           and raw_fred.observation_date = staged.observation_date
           and staged.available_date > $1`,
        [day],
      );
      expect(await rowsUntil(day)).toEqual(told);

      const { rows: kept } = await pool.query<{ key: string }>(
        "select series_id || observation_date as key from bronze.raw_fred",
      );
      const known = new Set(kept.map(({ key }) => key));
      const later = others
        .filter(({ series, date }) => !known.has(series + date))
        .map((other) => ({ ...other, published: laterThan(day, other) }));
      await insertObservations(pool, later);
      expect(await rowsUntil(day)).toEqual(told);
    }),
    { numRuns: 30 },
  );
});

/** Published in the ten days after `day`, or when its period is over, whichever is later. */
function laterThan(day: string, { date }: Observed): string {
  return [daysAfter(day, 1 + ((Date.parse(date) / 86_400_000) % 10)), daysAfter(date, 32)].sort()[1]!;
}

test("a regime lasts at least 30 days", async () => {
  await fc.assert(
    fc.asyncProperty(economy, async (observations) => {
      await pool.query("truncate bronze.raw_fred");
      await insertObservations(pool, observations);
      const { rows } = await pool.query<{
        regime: string;
        regime_start: string;
        days: number;
        age: number;
        last: string;
      }>(
        `select regime, regime_start, count(*) as days, max(days_in_regime) as age, max(date) as last
         from fct_macro_regimes group by regime, regime_start order by regime_start`,
      );
      for (const [index, { regime, days, age, last }] of rows.entries()) {
        regimesSeen.add(regime);
        expect(age).toBe(days);
        if (last !== rows.at(-1)!.last) {
          expect(days).toBeGreaterThanOrEqual(30);
          expect(rows[index + 1]!.regime).not.toBe(regime);
        }
      }
    }),
    { numRuns: 30 },
  );
  expect([...regimesSeen].sort()).toEqual(["contraction", "expansion", "recovery", "slowdown"]);
});
