/** Pence and pounds: what a ticker is quoted in is kept as the source says it, and a change of the name alone is no move of a price. */
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { ingestPrices } from "../../assets/ingest/prices.ts";
import type { MarketResources } from "../../assets/resources.ts";
import { createTestDatabase } from "../support/database.ts";
import { createReplayServer, type ReplayServer } from "../support/replay-server.ts";
import { contextOf, resourcesOf } from "./context.ts";

const { pool } = await createTestDatabase();
let server: ReplayServer;
let resources: MarketResources;

beforeEach(async () => {
  await pool.query(
    `truncate bronze.raw_prices, bronze.raw_assets, bronze.raw_corporate_actions, bronze.market_defects,
       bronze.history_reads`,
  );
  server = await createReplayServer();
  resources = resourcesOf(server);
  onTestFinished(server.close);
  list("GBp", 1);
});

const ticker = "TRUST.L";

/** The world's ETF in London, its figures times `scale` and from a day on times `then`. */
function list(currency: string, scale: number, from = "9999-12-31", then = scale): void {
  const { bars, ...rest } = server.ticker("WORLD");
  const times = (value: number | null, date: string) => value && value * (date < from ? scale : then);
  server.addTicker({
    ...rest,
    ticker,
    currency,
    splits: [],
    dividends: [{ date: "2024-03-15", amount: 2 * scale }],
    bars: bars.map(({ date, open, high, low, close, volume }) => ({
      date,
      open: times(open, date),
      high: times(high, date),
      low: times(low, date),
      close: times(close, date),
      volume,
    })),
  });
}

async function ingest() {
  const context = contextOf(pool, resources, { partitions: [ticker] });
  const { failed } = await ingestPrices(context);
  return { failed: [...failed.values()], logs: context.logs };
}

async function unit() {
  const { rows } = await pool.query(
    `select quote_unit, currency, trim_scale(unit_factor) as unit_factor, last_error from raw_assets`,
  );
  return rows[0];
}

const pence = { quote_unit: "GBp", currency: "GBP", unit_factor: "0.01", last_error: null };
const pounds = { quote_unit: "GBP", currency: "GBP", unit_factor: "1", last_error: null };

/** Every close in pounds. */
async function closes(): Promise<number[]> {
  const { rows } = await pool.query<{ close: number }>(
    `select (close * unit_factor)::double precision as close
     from raw_prices
     join raw_assets using (ticker)
     order by price_date`,
  );
  return rows.map(({ close }) => close);
}

async function defects() {
  const { rows } = await pool.query(
    `select defect, is_kept_out as "isKeptOut", detail from market_defects order by defect_date`,
  );
  return rows;
}

const highestMove = (values: number[]): number =>
  Math.max(...values.slice(1).map((value, index) => Math.abs(Math.log(value / values[index]!))));

test.each([
  ["GBp", "GBP", "0.01"],
  ["GBX", "GBP", "0.01"],
  ["ZAc", "ZAR", "0.01"],
  ["ILA", "ILS", "0.01"],
  ["KWF", "KWD", "0.001"],
  ["USX", "USD", "0.01"],
  ["EUR", "EUR", "1"],
])("%s is kept as it came, beside the %s it is %s of", async (quoteUnit, currency, factor) => {
  list(quoteUnit, 1);
  await ingest();
  expect(await unit()).toEqual({ quote_unit: quoteUnit, currency, unit_factor: factor, last_error: null });
  const { rows } = await pool.query("select close from raw_prices order by price_date desc limit 1");
  expect(Number(rows[0].close)).toBe(server.ticker(ticker).bars.at(-1)!.close);
});

test("pence become pounds and the closes with them: the whole history is read in the new unit", async () => {
  await ingest();
  const before = await closes();
  list("GBP", 0.01);
  const { failed } = await ingest();
  expect(failed).toEqual([]);
  expect(await unit()).toEqual(pounds);
  expect(await defects()).toEqual([]);
  expect((await closes()).map((close) => close.toFixed(3))).toEqual(before.map((close) => close.toFixed(3)));
  const { rows } = await pool.query("select trim_scale(cash_per_share) as cash from raw_corporate_actions");
  expect(rows).toEqual([{ cash: "0.02" }]);
  list("GBp", 1);
  await ingest();
  expect(await unit()).toEqual(pence);
  expect(await closes()).toEqual(before);
});

test("pence are called pounds and the closes stay: the old unit holds, and it is told until the name is right again", async () => {
  await ingest();
  list("GBP", 1);
  server.publishDay();
  const { logs } = await ingest();
  const told = /^Yahoo Finance now calls its prices GBP, .* did not move with it, so that GBp is kept$/;
  expect(logs.filter((line) => line.startsWith("warn") && line.includes("other unit"))).toHaveLength(1);
  expect(await unit()).toEqual(pence);
  expect(await defects()).toEqual([
    { defect: "other_unit", isKeptOut: false, detail: expect.stringMatching(told) },
  ]);
  const values = await closes();
  expect(values).toHaveLength(server.ticker(ticker).bars.length);
  expect(highestMove(values)).toBeLessThan(0.1);
  list("GBp", 1);
  await ingest();
  expect(await defects()).toEqual([]);
});

test("pounds are called pence and the closes stay", async () => {
  list("GBP", 1);
  await ingest();
  list("GBp", 1);
  await ingest();
  expect(await unit()).toEqual(pounds);
  expect(await defects()).toMatchObject([{ defect: "other_unit", isKeptOut: false }]);
});

test("only the last days are in the new unit: they are kept out, and the history stays what it was", async () => {
  await ingest();
  const [day] = [server.publishDay()];
  list("GBP", 1, day, 0.01);
  await ingest();
  expect(await unit()).toEqual(pence);
  const found = await defects();
  expect(found.map(({ defect, isKeptOut }) => [defect, isKeptOut]).sort()).toEqual([
    ["hundredfold", true],
    ["other_unit", false],
  ]);
});

test("a unit that no close tells of: nothing is taken until one does", async () => {
  await ingest();
  const before = await closes();
  list("GBP", 0.1); // neither the same nor a hundredth
  await ingest();
  expect(await unit()).toMatchObject({ ...pence, last_error: expect.stringContaining("until an operator") });
  expect(await closes()).toEqual(before);
  expect(await defects()).toMatchObject([{ defect: "other_unit", isKeptOut: true }]);
  list("GBP", 0.01);
  await ingest();
  expect(await unit()).toEqual(pounds);
  expect(await defects()).toEqual([]);
});

test("a unit of another currency stays another currency", async () => {
  await ingest();
  list("ZAc", 1);
  await ingest();
  expect(await defects()).toMatchObject([{ defect: "other_currency", isKeptOut: true }]);
  expect(await unit()).toMatchObject({ quote_unit: "GBp" });
});
