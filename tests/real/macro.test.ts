/** The regimes on FRED's own series, from 1954 on: the figures of docs/regimes.md. */
import { readFileSync } from "node:fs";
import type { Pool, PoolClient } from "pg";
import { beforeAll, expect, test } from "vitest";
import { insertObservations, type Observed } from "../macro/economy.ts";
import { createTestDatabase } from "../support/database.ts";
import { deployModels } from "../support/models.ts";

const { pool } = await createTestDatabase();

function readSeries(file: string): Map<string, string> {
  const text = readFileSync(new URL(`../../../shared/data/fred/${file}.csv`, import.meta.url), "utf8");
  const lines = text.trim().split(/\r?\n/).slice(1);
  return new Map(lines.map((line) => line.split(",") as [string, string]));
}

/** The file from 1980 on; before it the older vintage, whose base year is another, scaled to where the two meet. */
function industrialProduction(): Map<string, string> {
  const newer = readSeries("INDPRO");
  const older = readSeries("long/INDPRO");
  const scale = Number(newer.get("1980-01-01")) / Number(older.get("1980-01-01"));
  const scaled = [...older].map(([date, value]) => [date, (Number(value) * scale).toFixed(4)] as const);
  return new Map([...scaled, ...newer]);
}

beforeAll(async () => {
  await deployModels(pool);
  const series: Record<string, Map<string, string>> = {
    UNRATE: new Map([...readSeries("UNRATE"), ...readSeries("long/UNRATE")]),
    INDPRO: industrialProduction(),
    CPIAUCSL: new Map([...readSeries("long/CPIAUCSL"), ...readSeries("CPIAUCSL")]),
    USREC: new Map([...readSeries("long/USREC"), ...readSeries("USREC")]),
    T10Y2Y: new Map([...readSeries("T10Y2Y"), ...readSeries("long/T10Y2Y")]),
    T10YIE: new Map([...readSeries("T10YIE"), ...readSeries("long/T10YIE")]),
    DFF: readSeries("DFF"),
    GS10: readSeries("GS10"),
  };
  const observations = Object.entries(series).flatMap(([name, values]) =>
    [...values].map(
      ([date, value]): Observed => ({ series: name, date, value: value === "" ? null : value }),
    ),
  );
  await insertObservations(pool, observations);
  await pool.query("analyze bronze.raw_fred; create table told as select * from gold_macro_context");
});

test("the contractions called from 1954 on", async () => {
  const { rows } = await pool.query<{ since: string; until: string }>(
    `select regime_start as since, max(date) as until
     from told where regime = 'contraction' group by regime_start order by regime_start`,
  );
  expect(rows.map(({ since, until }) => `${since} ${until}`)).toEqual([
    "1957-10-18 1958-06-17",
    "1959-11-10 1960-01-09",
    "1960-09-10 1961-02-17",
    "1961-03-20 1961-04-18",
    "1970-03-10 1971-02-09",
    "1974-07-18 1974-09-09",
    "1974-10-10 1975-07-17",
    "1980-05-18 1980-09-17",
    "1981-12-18 1983-02-17",
    "1990-12-18 1991-05-17",
    "2001-04-10 2002-02-17",
    "2008-04-18 2009-08-17",
    "2020-05-10 2020-06-17",
  ]);
});

interface Score {
  /** Months that both the NBER and we call a recession, that we do, that the NBER does. */
  readonly hits: number;
  readonly told: number;
  readonly recessions: number;
}

/** NBER's months against what was told on their last day, or on the last day of the month `later`. */
async function score(
  from: string,
  until: string,
  later: number,
  client: Pool | PoolClient = pool,
): Promise<Score> {
  const { rows } = await client.query<Score>(
    `select
       count(*) filter (where regime = 'contraction' and value = 1) as hits,
       count(*) filter (where regime = 'contraction') as told,
       count(*) filter (where value = 1) as recessions
     from stg_fred_macro
     join told on told.date = (observation_date + make_interval(months => $3 + 1))::date - 1
     where series_id = 'USREC' and observation_date between $1 and $2`,
    [from, until, later],
  );
  return rows[0]!;
}

const precision = ({ hits, told }: Score): number => hits / told;
const recall = ({ hits, recessions }: Score): number => hits / recessions;

test("contraction against NBER's months, as told in the same month", async () => {
  expect(await score("1976-01-01", "2025-11-01", 0)).toEqual({ hits: 42, told: 50, recessions: 58 });
  const since1982 = await score("1982-01-01", "2025-11-01", 0);
  expect(since1982).toEqual({ hits: 38, told: 45, recessions: 47 });
  expect(precision(since1982)).toBeGreaterThan(0.8);
  expect(recall(since1982)).toBeGreaterThan(0.7);
});

test("contraction against NBER's months, the month allowed that data take to come out", async () => {
  expect(await score("1976-01-01", "2025-11-01", 1)).toEqual({ hits: 47, told: 50, recessions: 58 });
  const since1982 = await score("1982-01-01", "2025-11-01", 1);
  expect(since1982).toEqual({ hits: 41, told: 44, recessions: 47 });
  expect(precision(since1982)).toBeGreaterThan(0.9);
  expect(recall(since1982)).toBeGreaterThan(0.75);
});

test("the years that no threshold was chosen on", async () => {
  expect(await score("1955-06-01", "1975-12-01", 0)).toEqual({ hits: 29, told: 38, recessions: 45 });
  expect(await score("1955-06-01", "1975-12-01", 1)).toEqual({ hits: 33, told: 38, recessions: 45 });
});

test("industrial production as it stood in August 2025, before it was revised throughout", async () => {
  const client = await pool.connect();
  try {
    await client.query("begin");
    await client.query("delete from bronze.raw_fred where series_id = 'INDPRO'");
    const older = [...readSeries("long/INDPRO")].map(([date, value]) => ({ series: "INDPRO", date, value }));
    await insertObservations(client, older);
    await client.query("create temporary table told as select * from gold_macro_context");
    expect(await score("1982-01-01", "2025-07-01", 0, client)).toEqual({
      hits: 36,
      told: 44,
      recessions: 47,
    });
    expect(await score("1982-01-01", "2025-07-01", 1, client)).toEqual({
      hits: 39,
      told: 43,
      recessions: 47,
    });
  } finally {
    await client.query("rollback");
    client.release();
  }
});

test("how the days are shared out", async () => {
  const { rows } = await pool.query<{ regime: string; percent: string }>(
    `select regime, round(100.0 * count(*) / sum(count(*)) over (), 1) as percent
     from told where date between '1976-01-01' and '2025-12-31' group by regime order by count(*) desc`,
  );
  expect(rows.map(({ regime, percent }) => `${regime} ${percent}`)).toEqual([
    "expansion 64.5",
    "recovery 15.3",
    "slowdown 11.8",
    "contraction 8.4",
  ]);
});

test("no regime lasted less than 30 days", async () => {
  const { rows } = await pool.query<{ days: number }>(
    `select max(days_in_regime) as days
     from told group by regime_start having max(date) < (select max(date) from told) order by days limit 1`,
  );
  expect(rows[0]!.days).toBeGreaterThanOrEqual(30);
});

test.each(["1980-05-18", "1990-12-18", "2008-04-18", "2020-06-18"])(
  "what was told on %s is the same without anything published later",
  async (day) => {
    const client = await pool.connect();
    try {
      await client.query("begin");
      await client.query(
        `delete from bronze.raw_fred
         using stg_fred_macro as staged
         where raw_fred.series_id = staged.series_id
           and raw_fred.observation_date = staged.observation_date
           and staged.available_date > $1
           and staged.series_id <> 'USREC'`,
        [day],
      );
      const { rows } = await client.query(
        `select count(*) as days
         from gold_macro_context as then_told
         join told on told.date = then_told.date and told *= then_told`,
      );
      const { rows: expected } = await client.query("select count(*) as days from told where date <= $1", [
        day,
      ]);
      expect(rows).toEqual(expected);
    } finally {
      await client.query("rollback");
      client.release();
    }
  },
);

test("October 2025, which nobody surveyed, leaves September's unemployment standing", async () => {
  const { rows } = await pool.query(
    `select date, unemployment, inflation_yoy is null as is_inflation_unknown
     from told where date in ('2025-11-30', '2025-12-09', '2025-12-10') order by date`,
  );
  expect(rows).toEqual([
    { date: "2025-11-30", unemployment: "4.4", is_inflation_unknown: false },
    { date: "2025-12-09", unemployment: "4.4", is_inflation_unknown: false },
    { date: "2025-12-10", unemployment: "4.5", is_inflation_unknown: false },
  ]);
});
