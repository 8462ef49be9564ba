import type { Pool } from "pg";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
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
    `truncate bronze.raw_prices, bronze.raw_assets, bronze.raw_corporate_actions, bronze.transactions, bronze.set_aside_prices;
     truncate orchestrator.changes`,
  );
  server = await createReplayServer();
  resources = resourcesOf(server);
  onTestFinished(server.close);
});

const ingest = (ticker: string, more = {}) =>
  ingestPrices(contextOf(pool, resources, { partitions: [ticker], ...more }));

interface StoredBar {
  price_date: string;
  close: string;
  is_final: boolean;
}

async function stored(ticker: string, from = "0001-01-01"): Promise<StoredBar[]> {
  const { rows } = await pool.query<StoredBar>(
    "select price_date, close, is_final from raw_prices where ticker = $1 and price_date >= $2 order by price_date",
    [ticker, from],
  );
  return rows;
}

/** Changes since the last call. */
async function changes(from: Pool = pool): Promise<[string, string, string | null][]> {
  const { rows } = await from.query<{ asset: string; partition_value: string; since: string | null }>(
    "delete from orchestrator.changes returning asset, partition_value, since",
  );
  return rows
    .map((row): [string, string, string | null] => [row.asset, row.partition_value, row.since])
    .sort();
}

const charts = (ticker: string) =>
  server.requests.filter((request) => request.kind === "chart" && request.subject === ticker);
const nothing = { rowsInserted: 0, rowsUpdated: 0, rowsDeleted: 0, failed: new Map() };

test("the first time everything is fetched: bars, actions and what the ticker is", async () => {
  const model = server.ticker("ACME");
  const result = await ingest("ACME");
  const actions = model.splits.length + model.dividends.length;
  expect(result).toEqual({ ...nothing, rowsInserted: model.bars.length + actions + 1 });
  expect((await stored("ACME")).map((bar) => [bar.price_date, Number(bar.close)])).toEqual(
    model.bars.map((bar) => [bar.date, bar.close]),
  );
  const asset = await pool.query("select * from raw_assets");
  expect(asset.rows).toMatchObject([
    {
      ticker: "ACME",
      name: "Acme Corporation",
      asset_class: "stock",
      sector: "Technology",
      industry: "Consumer Electronics",
      currency: "USD",
      exchange: "NASDAQ",
      exchange_timezone: "America/New_York",
      is_active: true,
      last_error: null,
    },
  ]);
  const splits = await pool.query(
    "select action_date, ratio from raw_corporate_actions where action_type = 'split'",
  );
  expect(splits.rows).toMatchObject([
    { action_date: model.splits[0]?.date, ratio: expect.stringMatching(/^4\.?0*$/) },
  ]);
});

test("a second time, with nothing new, nothing is written and no change is left", async () => {
  await ingest("ACME");
  await changes();
  expect(await ingest("ACME")).toEqual(nothing);
  expect(await changes()).toEqual([]);
  expect(await ingest("ACME", { fullRefresh: true })).toEqual(nothing);
  expect(await changes()).toEqual([]);
});

test("a new day is one bar, fetched with ten days of overlap", async () => {
  await ingest("ACME");
  await changes();
  const day = server.publishDay();
  expect(await ingest("ACME")).toEqual({ ...nothing, rowsInserted: 1 });
  expect(await changes()).toEqual([["raw_prices", "ACME", day]]);
  const period1 = Number(new URLSearchParams(charts("ACME").at(-1)?.url.split("?")[1]).get("period1"));
  // The last final bar is of 2024-06-28; one day more for exchanges that open before midnight UTC.
  expect(new Date(period1 * 1000).toISOString()).toBe("2024-06-17T00:00:00.000Z");
});

test("the bar of an open session is provisional, and replaced when it has closed", async () => {
  server.setNow("2024-06-28T18:00:00Z");
  await ingest("ACME");
  const [provisional] = await stored("ACME", "2024-06-28");
  expect(provisional?.is_final).toBe(false);
  server.setNow("2024-06-28T22:00:00Z");
  expect(await ingest("ACME")).toEqual({ ...nothing, rowsUpdated: 1 });
  const [final] = await stored("ACME", "2024-06-28");
  expect(final).toMatchObject({ is_final: true, close: String(server.ticker("ACME").bars.at(-1)?.close) });
  expect(final?.close).not.toBe(provisional?.close);
});

test("a provisional bar that Yahoo takes back goes", async () => {
  server.setNow("2024-06-28T18:00:00Z");
  await ingest("ACME");
  server.setBars("ACME", server.ticker("ACME").bars.slice(0, -1));
  expect(await ingest("ACME")).toEqual({ ...nothing, rowsDeleted: 1 });
});

describe("history that Yahoo rewrote is fetched and replaced as a whole", () => {
  test("a split", async () => {
    await ingest("ACME");
    await changes();
    const day = server.publishDay();
    server.split("ACME", 2, 1);
    const model = server.ticker("ACME");
    const context = contextOf(pool, resources, { partitions: ["ACME"] });
    const result = await ingestPrices(context);
    expect(result).toMatchObject({ rowsInserted: 2, rowsDeleted: 0, failed: new Map() });
    expect(result.rowsUpdated).toBe(model.bars.length - 1 + model.dividends.length);
    expect((await stored("ACME")).map((bar) => Number(bar.close))).toEqual(
      model.bars.map((bar) => bar.close),
    );
    expect(context.logs).toEqual(["info ACME: Yahoo rewrote its history; fetching all of it"]);
    const since = Object.fromEntries((await changes()).map(([asset, , from]) => [asset, from]));
    expect(since).toMatchObject({ raw_prices: day });
  });

  test("a dividend, for it changes every adjusted close before it", async () => {
    await ingest("GLOBEX");
    server.publishDay();
    server.payDividend("GLOBEX", 1.5);
    const result = await ingest("GLOBEX");
    expect(result).toMatchObject({ rowsInserted: 2, rowsUpdated: server.ticker("GLOBEX").bars.length - 1 });
    expect(charts("GLOBEX")).toHaveLength(3);
  });

  test("a close corrected within the overlap, and bars that are gone", async () => {
    await ingest("GLOBEX");
    const { bars } = server.ticker("GLOBEX");
    server.setBars(
      "GLOBEX",
      bars
        .slice(5)
        .map((bar, i, kept) => (i === kept.length - 3 ? { ...bar, close: (bar.close ?? 0) * 1.01 } : bar)),
    );
    expect(await ingest("GLOBEX")).toEqual({ ...nothing, rowsUpdated: 1, rowsDeleted: 5 });
  });

  test("a day that is sent without a close keeps no close in the old scale", async () => {
    await ingest("GLOBEX");
    server.publishDay();
    server.split("GLOBEX", 2, 1);
    const { bars } = server.ticker("GLOBEX");
    const withoutOpen = { ...bars[0]!, open: null };
    server.setBars("GLOBEX", [withoutOpen, { ...bars[1]!, close: null }, ...bars.slice(2)]);
    expect(await ingest("GLOBEX")).toMatchObject({ rowsDeleted: 1 });
    const { rows } = await pool.query("select price_date, open from raw_prices order by price_date limit 2");
    expect(rows).toMatchObject([{ price_date: withoutOpen.date, open: null }, { price_date: bars[2]?.date }]);
  });

  test("a dividend that was withdrawn", async () => {
    server.payDividend("GLOBEX", 1);
    await ingest("GLOBEX");
    server.ticker("GLOBEX").dividends = [];
    expect(await ingest("GLOBEX")).toMatchObject({ rowsDeleted: 1 });
    expect((await pool.query("select * from raw_corporate_actions")).rows).toEqual([]);
  });

  test("but not the last bit of a float", async () => {
    await ingest("GLOBEX");
    await pool.query("update raw_prices set close = close * (1 + 1e-8) where price_date = '2024-06-27'");
    expect(await ingest("GLOBEX")).toEqual({ ...nothing, rowsUpdated: 1 });
    expect(charts("GLOBEX")).toHaveLength(2);
  });
});

describe("nothing is lost to a faulty reply", () => {
  test.each(["nulls", "empty", "400"] as const)("%s", async (mode) => {
    await ingest("GLOBEX");
    const before = await stored("GLOBEX");
    server.fail("chart", mode, 2);
    expect(await ingest("GLOBEX")).toEqual(nothing);
    expect(await ingest("GLOBEX", { fullRefresh: true })).toEqual(nothing);
    expect(await stored("GLOBEX")).toEqual(before);
  });

  test("a value that is left out", async () => {
    await ingest("GLOBEX");
    const { bars } = server.ticker("GLOBEX");
    server.setBars("GLOBEX", [...bars.slice(0, -1), { ...bars.at(-1)!, open: null, volume: null }]);
    expect(await ingest("GLOBEX")).toEqual(nothing);
  });

  test("a currency that is left out; of a new ticker it is asked for", async () => {
    await ingest("GLOBEX");
    server.fail("chart", "schema", 2);
    expect(await ingest("GLOBEX")).toEqual(nothing);
    expect((await ingest("ACME")).failed.get("ACME")).toMatch(/unknown currency/);
    expect(await stored("ACME")).toEqual([]);
  });

  test.each(["html200", "truncated", "reset", "500"] as const)("%s to begin with", async (mode) => {
    server.fail("chart", mode);
    expect((await ingest("GLOBEX")).failed.size).toBe(0);
    expect(await stored("GLOBEX")).toHaveLength(server.ticker("GLOBEX").bars.length);
  });
});

test("a delisted ticker keeps its bars, is marked, and comes back when Yahoo knows it again", async () => {
  await ingest("ACME");
  const model = server.ticker("ACME");
  const before = await stored("ACME");
  server.delist("ACME");
  const context = contextOf(pool, resources, { partitions: ["ACME"] });
  expect(await ingestPrices(context)).toEqual({ ...nothing, rowsUpdated: 1 });
  expect(context.logs).toEqual([expect.stringMatching(/^warn ACME: .*its stored prices are kept$/)]);
  expect(await stored("ACME")).toEqual(before);
  const assets = () => pool.query("select is_active, last_error from raw_assets");
  expect((await assets()).rows).toEqual([{ is_active: false, last_error: expect.stringContaining("ACME") }]);
  expect(await ingest("ACME")).toEqual(nothing);
  server.addTicker(model);
  await ingest("ACME");
  expect((await assets()).rows).toEqual([{ is_active: true, last_error: null }]);
});

test("a ticker that fails stops no other, and is listed with the reason", async () => {
  server.fail("chart", "500", 99, { subject: "GLOBEX" });
  const context = contextOf(pool, resources, { partitions: ["ACME", "GLOBEX", "NOPE", "../x", "WORLD"] });
  await pool.query(
    `insert into raw_assets (ticker, name, asset_class, currency, exchange_timezone)
     values ('GLOBEX', 'Globex', 'stock', 'USD', 'America/New_York')`,
  );
  const { failed } = await ingestPrices(context);
  expect([...failed.keys()].sort()).toEqual(["../x", "GLOBEX", "NOPE"]);
  expect(failed.get("NOPE")).toMatch(/expected a ticker that Yahoo Finance knows, got: NOPE/);
  expect((await stored("ACME")).length).toBeGreaterThan(700);
  expect((await stored("WORLD")).length).toBeGreaterThan(700);
  const { rows } = await pool.query("select last_error, is_active from raw_assets where ticker = 'GLOBEX'");
  expect(rows).toEqual([
    { last_error: expect.stringMatching(/error of its own \(status 500\)/), is_active: true },
  ]);
  expect(context.progressed.map(([done, total]) => [done, total])).toEqual(
    [1, 2, 3, 4, 5].map((n) => [n, 5]),
  );
});

test("a ticker without any price fails, so that nobody takes it for done", async () => {
  server.setBars("ACME", []);
  expect((await ingest("ACME")).failed.get("ACME")).toMatch(/expected daily prices of ACME, got none/);
});

test("a ticker is written whole or not at all", async () => {
  await pool.query("alter table raw_prices add constraint small check (price_date < '2024-06-01')");
  onTestFinished(async () => void (await pool.query("alter table raw_prices drop constraint small")));
  expect((await ingest("ACME")).failed.get("ACME")).toMatch(/violates check constraint/);
  const { rows } = await pool.query(
    `select (select count(*) from raw_prices) + (select count(*) from raw_corporate_actions)
       + (select count(*) from raw_assets) as rows`,
  );
  expect(rows).toEqual([{ rows: 0 }]);
});

test("a missing profile harms nothing, and is asked for again", async () => {
  server.fail("crumb", "500", 99);
  expect((await ingest("ACME")).failed.size).toBe(0);
  server.recover();
  expect(await ingest("ACME")).toEqual({ ...nothing, rowsUpdated: 1 });
  expect((await pool.query("select sector from raw_assets")).rows).toEqual([{ sector: "Technology" }]);
});

test("without partitions: whatever anybody ever traded, in whatever case it was written", async () => {
  await pool.query(
    "insert into users (user_id, email, password_hash) values (1, 'a@example.org', 'x') on conflict do nothing",
  );
  await pool.query(
    `insert into transactions (user_id, ticker, transaction_type, quantity, price, transaction_date)
     values (1, 'acme', 'BUY', 1, 1, '2024-01-02'), (1, 'ACME', 'SELL', 1, 1, '2024-01-03'),
       (1, 'COIN-USD', 'BUY', 1, 1, '2024-01-02')`,
  );
  // Cash is of no ticker.
  await pool.query(
    `insert into transactions (user_id, transaction_type, amount, currency, transaction_date)
     values (1, 'DEPOSIT', 100, 'USD', '2024-01-02')`,
  );
  const context = contextOf(pool, resources);
  await ingestPrices(context);
  expect(context.progressed.map(([, , ticker]) => ticker).sort()).toEqual(["ACME", "COIN-USD"]);
});

test("four requests at a time, and a rate limit holds up all of them", async () => {
  const release = server.hold("chart");
  const tickers = ["ACME", "GLOBEX", "WORLD", "COIN-USD", "OIL=F", "EURX.DE"];
  const third = Promise.all(tickers.slice(0, 4).map((ticker) => server.waitForRequest("chart", ticker)));
  const ingesting = ingestPrices(contextOf(pool, resources, { partitions: tickers }));
  await third;
  expect(server.requests).toHaveLength(4);
  server.fail("chart", "429", 2);
  release();
  expect((await ingesting).failed.size).toBe(0);
});

test("a cancelled run ends at once, with the reason", async () => {
  const controller = new AbortController();
  server.fail("chart", "hang", 99);
  const asked = server.waitForRequest("chart");
  const ingesting = ingest("ACME", { signal: controller.signal });
  await asked;
  controller.abort(new Error("cancelled"));
  await expect(ingesting).rejects.toThrow("cancelled");
});

test("two processes that ingest one ticker write it once", async () => {
  const results = await Promise.all([ingest("ACME"), ingest("ACME")]);
  const { bars, splits, dividends } = server.ticker("ACME");
  const written = results.reduce((sum, result) => sum + result.rowsInserted, 0);
  expect(written).toBe(bars.length + splits.length + dividends.length + 1);
  expect(results.map((result) => result.failed.size)).toEqual([0, 0]);
});

test("a reply that comes after the ticker was switched to files is not written among their bars", async () => {
  server.ticker("ACME");
  await ingest("ACME");
  const { prices } = resources;
  const switching: MarketResources = {
    ...resources,
    prices: {
      search: prices.search.bind(prices),
      describe: prices.describe.bind(prices),
      profile: prices.profile.bind(prices),
      history: async (...asked) => {
        const reply = await prices.history(...asked);
        await pool.query("select bronze.switch_price_source('ACME', 'file')");
        return reply;
      },
    },
  };
  const result = await ingestPrices(contextOf(pool, switching, { partitions: ["ACME"] }));
  expect(result).toEqual(nothing);
  expect(await stored("ACME")).toEqual([]);
  expect(await ingest("ACME")).toEqual(nothing);
});
