import { expect, test } from "vitest";
import { fredSeries } from "../../assets/ingest/fred.ts";
import { createTestDatabase } from "../support/database.ts";
import { deployModels } from "../support/models.ts";
import { insertObservations } from "./economy.ts";

const { pool } = await createTestDatabase();
await deployModels(pool);

async function availableDate(
  series: string,
  date: string,
  published: string | null = null,
): Promise<string | undefined> {
  await pool.query("truncate bronze.raw_fred");
  await insertObservations(pool, [{ series, date, value: "1", published }]);
  const { rows } = await pool.query<{ available_date: string }>("select available_date from stg_fred_macro");
  return rows[0]?.available_date;
}

test.each([
  ["UNRATE", "2024-01-01", "2024-02-10"],
  ["INDPRO", "2024-01-01", "2024-02-18"],
  ["CPIAUCSL", "2024-12-01", "2025-01-18"],
  ["GS10", "2024-01-01", "2024-02-04"],
  ["USREC", "2024-01-01", "2025-11-02"],
])("without FRED's word, %s of the month from %s on counts from %s", async (series, date, expected) => {
  expect(await availableDate(series, date)).toBe(expected);
});

test.each([
  ["a Thursday", "2024-05-02", "2024-05-03"],
  ["a Friday", "2024-05-03", "2024-05-06"],
  ["a Saturday", "2024-05-04", "2024-05-06"],
  ["a Sunday", "2024-05-05", "2024-05-06"],
])("a daily rate of %s counts from the next weekday", async (_day, date, expected) => {
  for (const series of ["DFF", "DTB3", "T10Y2Y", "T10YIE"])
    expect(await availableDate(series, date)).toBe(expected);
});

test("FRED's first publication counts: on time, early, or seven weeks late in a shutdown", async () => {
  expect(await availableDate("UNRATE", "2024-01-01", "2024-02-02")).toBe("2024-02-02");
  expect(await availableDate("UNRATE", "2025-09-01", "2025-11-20")).toBe("2025-11-20");
});

test("the day FRED's archive of a series began is not when its old values came out", async () => {
  expect(await availableDate("T10Y2Y", "1980-01-02", "2016-08-01")).toBe("1980-01-03");
  expect(await availableDate("INDPRO", "1950-01-01", "1997-01-01")).toBe("1950-02-18");
});

test("staging knows how late each series comes that is ingested", async () => {
  for (const series of fredSeries) {
    expect(await availableDate(series, "2024-01-01"), series).toMatch(/^202[45]-/);
  }
});

test("missing observations and series that nothing reads are left out", async () => {
  await pool.query("truncate bronze.raw_fred");
  await insertObservations(pool, [
    { series: "UNRATE", date: "2025-10-01", value: null },
    { series: "GDPC1", date: "2025-10-01", value: "1" },
  ]);
  const { rows } = await pool.query("select * from stg_fred_macro");
  expect(rows).toEqual([]);
});
