/** Assets of one's own, from the page and the API to the figures, and to nobody else's eyes. */
import { beforeAll, describe, expect, test } from "vitest";
import { type Program, startProgram } from "../support/program.ts";
import { Visitor } from "../support/visitor.ts";

let program: Program;
/** The first account is an operator. */
let ada: Visitor;
let bert: Visitor;
let cleo: Visitor;
let tokens: { readonly ada: string; readonly bert: string; readonly cleo: string };
let numbers: { readonly bert: number; readonly cleo: number };

async function register(email: string): Promise<{ token: string; id: number; visitor: Visitor }> {
  const response = await fetch(`${program.url}/auth/register`, {
    method: "POST",
    headers: { Origin: program.url, "Content-Type": "application/json" },
    body: JSON.stringify({ email, password: "correct horse battery" }),
  });
  const { token, user } = (await response.json()) as { token: string; user: { id: number } };
  return { token, id: user.id, visitor: new Visitor(program.url, token) };
}

async function call(method: string, path: string, token: string, body?: object) {
  const response = await fetch(program.url + path, {
    method,
    headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: text === "" ? null : JSON.parse(text) };
}

/** All that waits has come to gold. */
async function settle(): Promise<void> {
  for (;;) {
    await program.engine.refresh("transaction_sensor");
    const { rowCount } = await program.database.pool.query("select from orchestrator.changes limit 1");
    if (rowCount === 0) return;
  }
}

beforeAll(async () => {
  program = await startProgram();
  const [first, second, third] = [
    await register("ada@example.org"),
    await register("bert@example.org"),
    await register("cleo@example.org"),
  ];
  [ada, bert, cleo] = [first.visitor, second.visitor, third.visitor];
  tokens = { ada: first.token, bert: second.token, cleo: third.token };
  numbers = { bert: second.id, cleo: third.id };
});

const house = {
  name: "House in Karen",
  asset_class: "real_estate",
  currency: "USD",
  prices: [
    { date: "2021-12-31", price: "110000" },
    { date: "2022-12-31", price: 120000 },
    { date: "2023-12-31", price: "137311.50" },
  ],
};

test("a house is described, priced, bought, and counts in every figure of its owner", async () => {
  const made = await call("POST", "/api/own-assets", tokens.bert, house);
  const ticker = `~${numbers.bert}.1`;
  expect([made.status, made.body.asset]).toEqual([
    201,
    {
      ticker,
      name: "House in Karen",
      asset_class: "real_estate",
      currency: "USD",
      prices: 3,
      first_price_date: "2021-12-31",
      last_price_date: "2023-12-31",
      last_price: "137311.5",
      transactions: 0,
    },
  ]);
  const found = await call("GET", "/api/tickers?q=karen", tokens.bert);
  expect(found.body.tickers).toEqual([
    { ticker, name: "House in Karen", asset_class: "real_estate", exchange: null },
  ]);
  const bought = await call("POST", "/api/transactions", tokens.bert, {
    ticker,
    type: "BUY",
    quantity: 1,
    price: 100000,
    fee: 2500,
    date: "2021-03-15",
  });
  expect([bought.status, bought.body.warnings]).toEqual([
    201,
    [
      `the first price of ${ticker} is of 2021-12-31: from 2021-03-15 until then it is valued at the price paid`,
    ],
  ]);
  await call("POST", "/api/transactions", tokens.bert, {
    ticker: "NORD",
    type: "BUY",
    quantity: 10,
    price: 30,
    date: "2022-01-03",
  });
  await settle();
  const { body } = await call("GET", "/api/portfolio/tickers", tokens.bert);
  const own = body.rows.find((one: { ticker: string }) => one.ticker === ticker);
  expect(own).toMatchObject({
    current_value: "137311.5",
    cost_basis: "102500",
    unrealized_pnl: "34811.5",
    is_priced: true,
  });
  const { html } = await bert.get("/portfolio");
  expect(html).toContain("House in Karen");
  expect(html).toContain("Real estate");
  const page = await bert.get(`/tickers/${ticker}`);
  expect(page.status).toBe(200);
  expect(page.html).toContain("Your price of Dec 31, 2023 stands until you enter a newer one.");
  expect(page.html).not.toMatch(/A gap:|A spike:|stale/);
  const explained = await bert.get(`/explain/market_value?ticker=${ticker}`);
  expect(explained.status).toBe(200);
  expect(explained.html).toContain("137,311.50");
});

test("another price recomputes, and so does one that is deleted", async () => {
  const ticker = `~${numbers.bert}.1`;
  const value = async (): Promise<string> => {
    await settle();
    const { body } = await call("GET", "/api/portfolio/tickers", tokens.bert);
    return body.rows.find((one: { ticker: string }) => one.ticker === ticker).current_value;
  };
  const stored = await call("POST", `/api/own-assets/${ticker}/prices`, tokens.bert, {
    csv: "2023-12-31;148213\n31 December 2024;150000\nsoon;1\n",
  });
  expect([stored.status, stored.body]).toMatchObject([
    200,
    {
      inserted: 1,
      replaced: 1,
      unchanged: 0,
      refused: 1,
      refused_rows: [{ line: 3, reason: "unreadable_date" }],
    },
  ]);
  expect(await value()).toBe("150000");
  const again = await call("POST", `/api/own-assets/${ticker}/prices`, tokens.bert, {
    prices: [{ date: "2024-12-31", price: 150000 }],
  });
  expect(again.body).toMatchObject({ inserted: 0, replaced: 0, unchanged: 1 });
  const deleted = await call("DELETE", `/api/own-assets/${ticker}/prices/2024-12-31`, tokens.bert);
  expect(deleted.body).toEqual({ date: "2024-12-31", price: "150000" });
  expect(await value()).toBe("148213");
});

describe("nobody else", () => {
  const everywhere = [
    "/portfolio",
    "/transactions",
    "/own-assets",
    "/accounts",
    "/income",
    "/assets",
    "/assets/raw_assets",
    "/assets/raw_prices",
    "/assets/int_prices_daily",
    "/assets/dim_assets",
    "/runs",
    "/automation",
    "/people",
  ];

  test("sees it on any page or in any answer, operators among them", async () => {
    const ticker = `~${numbers.bert}.1`;
    for (const visitor of [ada, cleo])
      for (const path of everywhere) {
        const { html } = await visitor.get(path);
        expect([path, html]).not.toEqual([path, expect.stringMatching(/Karen|137,?311|148,?213/)]);
      }
    for (const token of [tokens.ada, tokens.cleo]) {
      expect((await call("GET", "/api/tickers?q=karen", token)).body.tickers).toEqual([]);
      expect((await call("GET", "/api/own-assets", token)).body.assets).toEqual([]);
      for (const [method, path, body] of [
        ["GET", `/api/own-assets/${ticker}`],
        ["PATCH", `/api/own-assets/${ticker}`, { name: "Mine" }],
        ["DELETE", `/api/own-assets/${ticker}`],
        ["GET", `/api/own-assets/${ticker}/prices`],
        ["POST", `/api/own-assets/${ticker}/prices`, { prices: [{ date: "2020-01-01", price: 1 }] }],
        ["DELETE", `/api/own-assets/${ticker}/prices/2023-12-31`],
      ] as const)
        expect((await call(method, path, token, body)).status).toBe(404);
      const trade = { ticker, type: "BUY", quantity: 1, price: 1, date: "2024-01-02" };
      const refused = await call("POST", "/api/transactions", token, trade);
      expect([refused.status, refused.body.error.code]).toEqual([422, "unknown_ticker"]);
    }
    for (const path of [`/tickers/${ticker}`, `/own-assets/${encodeURIComponent(ticker)}`])
      expect((await cleo.get(path)).status).toBe(404);
  });

  test("can read it in the database, whatever relation is asked", async () => {
    const { rows: relations } = await program.database.pool.query<{ name: string }>(
      `select distinct attrelid::regclass::text as name
       from pg_attribute
       join pg_class on pg_class.oid = attrelid
       where attname in ('ticker', 'partition_value')
         and relkind in ('r', 'v')
         and relnamespace in ('bronze'::regnamespace, 'default'::regnamespace, 'materialized'::regnamespace, 'orchestrator'::regnamespace)
         and has_table_privilege('stratafolio_web', attrelid, 'select')`,
    );
    const client = await program.database.pool.connect();
    const seen = async (person: number): Promise<string[]> => {
      const found: string[] = [];
      await client.query(`begin; set local role stratafolio_web; set local app.user_id = '${person}'`);
      for (const { name } of relations) {
        const { rowCount } = await client.query(
          `select from ${name} as every where every::text like '%~%' limit 1`,
        );
        if (rowCount !== 0) found.push(name);
      }
      await client.query("rollback");
      return found;
    };
    try {
      expect(await seen(numbers.cleo)).toEqual([]);
      expect(await seen(numbers.bert)).toEqual(
        expect.arrayContaining(["raw_assets", "raw_prices", "int_tickers", "int_prices_daily", "dim_assets"]),
      );
    } finally {
      client.release();
    }
  });

  test("is in the way of an asset of the same name", async () => {
    const made = await call("POST", "/api/own-assets", tokens.cleo, { ...house, currency: "KES" });
    expect([made.status, made.body.asset.ticker]).toEqual([201, `~${numbers.cleo}.1`]);
    const twice = await call("POST", "/api/own-assets", tokens.cleo, { ...house, name: "house in karen" });
    expect([twice.status, twice.body.error.code]).toEqual([409, "name_taken"]);
  });
});
