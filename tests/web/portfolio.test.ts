import { beforeAll, describe, expect, test } from "vitest";
import { portfolioRoutes } from "../../src/web/api/portfolio.ts";
import { deployedEngine } from "../support/engine.ts";
import { emptyRegistry } from "./registry.ts";
import { startWebServer, type WebServer } from "./server.ts";

let server: WebServer;
let anna: { token: string; id: number };
let bert: { token: string; id: number };

const paths = portfolioRoutes.map(({ path }) => path);

beforeAll(async () => {
  server = await startWebServer(emptyRegistry);
  const { pool } = server.database;
  const engine = await deployedEngine(server.database);
  await pool.query(
    `insert into raw_assets (ticker, name, asset_class, currency, exchange_timezone)
     values ('ACME', 'Acme Corporation', 'stock', 'USD', 'America/New_York');
     insert into raw_prices (ticker, price_date, close)
     values
       ('ACME', '2024-06-24', 100), ('ACME', '2024-06-25', 110), ('ACME', '2024-06-26', 99),
       ('ACME', '2024-06-27', 120), ('ACME', '2024-06-28', 121)`,
  );
  anna = await server.register("anna@example.org");
  bert = await server.register("bert@example.org");
  for (const [type, quantity, price, date] of [
    ["BUY", "10", "100", "2024-06-24"],
    ["SELL", "4", "120", "2024-06-27"],
  ])
    await server.call("POST", "/api/transactions", {
      token: anna.token,
      body: { ticker: "ACME", type, quantity, price, date, fee: "1" },
    });
  await engine.refresh("transaction_sensor");
});

const get = (path: string, token = anna.token) => server.call("GET", path, { token });

test("the series has a row a day, money as strings and ratios as numbers", async () => {
  const { status, body } = await get("/api/portfolio/timeseries");
  expect(status).toBe(200);
  expect(body.rows.map(({ price_date }: { price_date: string }) => price_date)).toEqual([
    "2024-06-24",
    "2024-06-25",
    "2024-06-26",
    "2024-06-27",
    "2024-06-28",
  ]);
  const [first] = body.rows;
  expect([first.market_value, first.net_flow].map(Number)).toEqual([1000, 1001]);
  expect(first.market_value).toBeTypeOf("string");
  expect(first.daily_return).toBeCloseTo(1000 / 1001 - 1, 12);
  expect(first).not.toHaveProperty("user_id");
});

test("the series can be cut at both ends, the ends included", async () => {
  const { body } = await get("/api/portfolio/timeseries?from=2024-06-25&to=2024-06-26");
  expect(body.rows.map(({ price_date }: { price_date: string }) => price_date)).toEqual([
    "2024-06-25",
    "2024-06-26",
  ]);
});

test.each([
  ["/api/portfolio/timeseries?to=2024-06-27", "price_date"],
  ["/api/portfolio/drawdowns?", "drawdown_rank"],
  ["/api/portfolio/monthly-returns?", "month"],
  ["/api/portfolio/tickers?", "ticker"],
  ["/api/portfolio/holdings?", "ticker"],
  ["/api/portfolio/regimes?", "regime"],
  ["/api/macro?", "date"],
])("%s is bounded, and its header Link leads through all of it", async (path, key) => {
  const keysOf = (rows: readonly Record<string, unknown>[]) => rows.map((row) => row[key]);
  const all = await get(path);
  expect(all.headers.get("Link")).toBeNull();
  const paged: unknown[] = [];
  for (let next: string | undefined = `${path}&limit=1`; next !== undefined; ) {
    const { status, headers, body } = await get(next);
    expect(status, next).toBe(200);
    expect(body.rows.length).toBeLessThanOrEqual(1);
    paged.push(...keysOf(body.rows));
    next = /^<([^>]+)>; rel="next"$/.exec(headers.get("Link") ?? "")?.[1];
  }
  expect(paged).toEqual(keysOf(all.body.rows));
});

test.each([
  ["/api/portfolio/timeseries?limit=0", "invalid_limit"],
  ["/api/portfolio/drawdowns?after=second", "invalid_after"],
  ["/api/portfolio/timeseries?from=yesterday", "invalid_from"],
  ["/api/portfolio/timeseries?to=2024-02-30", "invalid_to"],
  ["/api/portfolio/timeseries?from=2024-02-02&to=2024-02-01", "invalid_to"],
  ["/api/portfolio/timeseries?from=0000-01-01", "invalid_from"],
  ["/api/portfolio/timeseries?from=2024-01-01&from=2024-01-02", "invalid_from"],
  ["/api/portfolio/holdings?date=1'%20or%20true", "invalid_date"],
  ["/api/macro?to=now()", "invalid_to"],
])("%s is refused with %s", async (path, code) => {
  const { status, body } = await get(path);
  expect([status, body.error.code, body.error.field]).toEqual([422, code, code.replace("invalid_", "")]);
  expect(body.error.message).toMatch(/expected|invalid/i);
});

test("holdings are of the last day, or of the day asked for", async () => {
  const last = (await get("/api/portfolio/holdings")).body.rows;
  expect(last).toMatchObject([{ ticker: "ACME", price_date: "2024-06-28", is_priced: true }]);
  expect([last[0].quantity, last[0].close, last[0].market_value].map(Number)).toEqual([6, 121, 726]);
  const earlier = (await get("/api/portfolio/holdings?date=2024-06-26")).body.rows;
  expect(Number(earlier[0].quantity)).toBe(10);
  expect((await get("/api/portfolio/holdings?date=2024-06-23")).body.rows).toEqual([]);
});

test("performance says why a figure is missing", async () => {
  const { performance } = (await get("/api/portfolio/performance")).body;
  expect(performance.as_of).toBe("2024-06-28");
  expect(performance.twr).toBeTypeOf("number");
  expect(performance.annualized_return).toBeNull();
  expect(performance.annualized_return_reason).toMatch(/\w/);
});

test("tickers have their figures", async () => {
  const { rows } = (await get("/api/portfolio/tickers")).body;
  expect(rows).toHaveLength(1);
  expect(rows[0]).toMatchObject({ ticker: "ACME", first_buy_date: "2024-06-24" });
  expect(Number(rows[0].current_value)).toBe(726);
});

test("drawdowns come deepest first, the fee of the first BUY among them", async () => {
  const { rows } = (await get("/api/portfolio/drawdowns")).body;
  expect(rows).toMatchObject([
    {
      drawdown_rank: 1,
      peak_date: "2024-06-25",
      trough_date: "2024-06-26",
      recovery_date: "2024-06-27",
      recovery_date_reason: null,
      days: 2,
    },
    { drawdown_rank: 2, peak_date: "2024-06-23", trough_date: "2024-06-24" },
  ]);
  expect(rows[0].depth).toBeCloseTo(99 / 110 - 1, 12);
});

test("months have their return, which multiply to the whole one's", async () => {
  const { rows } = (await get("/api/portfolio/monthly-returns")).body;
  const { performance } = (await get("/api/portfolio/performance")).body;
  expect(rows).toMatchObject([{ month: "2024-06-01", days: 5, return_reason: null }]);
  expect(rows[0].return).toBeCloseTo(performance.twr, 12);
  expect(rows[0]).not.toHaveProperty("user_id");
});

test("every answer is as it is described", async () => {
  for (const { path, answer } of portfolioRoutes) {
    const { status, body } = await get(path);
    expect(status, path).toBe(200);
    expect(answer!.safeParse(body).error, path).toBeUndefined();
  }
});

test("macro figures are for whoever is signed in", async () => {
  expect((await server.call("GET", "/api/macro")).status).toBe(401);
  const { status, body } = await get("/api/macro?from=2024-01-01");
  expect([status, Array.isArray(body.rows)]).toEqual([200, true]);
});

describe("another person", () => {
  test("sees none of it, by any path", async () => {
    const answers = await Promise.all(paths.map((path) => get(path, bert.token)));
    expect(answers.map(({ body }) => body.rows ?? body.performance)).toEqual([[], null, [], [], [], [], []]);
  });

  test("sees none of it in the models themselves", async () => {
    const client = await server.pool.connect();
    await client.query(`begin; set local app.user_id = '${bert.id}'`);
    for (const model of ["gold_p_timeseries", "gold__performance", "gold_ticker_kpis", "int_daily_holdings"])
      expect((await client.query(`select 1 from ${model}`)).rowCount, model).toBe(0);
    await client.query("commit");
    expect((await client.query("select 1 from gold_p_timeseries")).rowCount).toBe(0);
    client.release();
  });

  test("must be signed in at all", async () => {
    for (const path of paths) expect((await server.call("GET", path)).status).toBe(401);
  });
});
