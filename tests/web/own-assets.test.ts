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
  await program.database.pool.query(
    `insert into raw_fx_rates (currency, rate_date, usd_per_unit, source)
     select 'KES', day, 0.0077, 'yahoo' from generate_series(date '2020-01-01', date '2024-12-31', '1 month') as day`,
  );
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

describe("without a script", () => {
  const csrf = "";

  test("a fund is added with pasted prices; what cannot be read of them is told, and nothing typed is lost", async () => {
    const form = { csrf_token: csrf, name: "Acacia Fund II", asset_class: "fund", currency: "kes", csv: "" };
    const wrong = await cleo.post("/own-assets", { ...form, currency: "shillings" });
    expect(wrong.status).toBe(422);
    expect(wrong.html).toMatch(/Enter the three letters of a currency, such as USD/);
    expect(wrong.html).toContain('value="Acacia Fund II"');
    const half = await cleo.post("/own-assets", { ...form, csv: "2024-03-31\t104.25\n2024-06-30\tmuch\n" });
    expect(half.status).toBe(200);
    expect(half.html).toContain("Not all of it could be used.");
    expect(half.html).toContain("Line 2: its price is no number.");
    const { html } = await cleo.get("/own-assets");
    expect(html).toContain("Acacia Fund II");
    expect(html).toContain("104.25");
  });

  test("a price is typed, deleted and put back", async () => {
    const path = `/own-assets/~${numbers.cleo}.2`;
    const typed = await cleo.post(`${path}/prices`, { date: "2024-06-30", price: "108.5", csv: "" });
    expect([typed.status, typed.location]).toEqual([303, `${path.replace("~", "~")}?stored=1`]);
    const none = await cleo.post(`${path}/prices`, { date: "2024-07-31", price: "-1", csv: "" });
    expect([none.status, none.html]).toEqual([422, expect.stringContaining("Enter a number above 0")]);
    const future = await cleo.post(`${path}/prices`, { date: "2124-07-31", price: "1", csv: "" });
    expect([future.status, future.html]).toEqual([422, expect.stringContaining("is still to come")]);
    const gone = await cleo.post(`${path}/prices/2024-06-30/delete`);
    const { html } = await cleo.get(gone.location!);
    expect(html).toMatch(/Deleted\.[\s\S]*June? 30, 2024[\s\S]*108\.50[\s\S]*Undo/);
    const back = await cleo.post(`${path}/prices`, { date: "2024-06-30", price: "108.5" });
    expect((await cleo.get(back.location!)).html).toContain("108.50");
  });

  test("the trade form begins with it, and proposes its last price however old that is", async () => {
    const ticker = `~${numbers.cleo}.2`;
    const { html } = await cleo.get(`/transactions?enter=${ticker}`);
    expect(html).toContain(`value="${ticker}"`);
    expect(html).toContain('value="108.5"');
  });
});

describe("an asset that is traded", () => {
  const trade = { type: "BUY", quantity: 1000, price: 100, date: "2024-02-01" };

  test("keeps its currency, and is not deleted", async () => {
    const ticker = `~${numbers.cleo}.2`;
    await call("POST", "/api/account/base-currency", tokens.cleo, { base_currency: "KES" });
    const bought = await call("POST", "/api/transactions", tokens.cleo, { ticker, ...trade });
    expect([bought.status, bought.body.transaction?.currency]).toEqual([201, "KES"]);
    for (const [method, body] of [["DELETE"], ["PATCH", { currency: "USD" }]] as const) {
      const refused = await call(method, `/api/own-assets/${ticker}`, tokens.cleo, body);
      expect([refused.status, refused.body.error.code]).toEqual([409, "own_asset_in_use"]);
    }
    const renamed = await call("PATCH", `/api/own-assets/${ticker}`, tokens.cleo, { name: "Acacia II" });
    expect(renamed.body.asset).toMatchObject({ name: "Acacia II", transactions: 1 });
    await settle();
    const { html } = await cleo.get("/transactions");
    expect(html).toContain(">Acacia II</a>");
  });

  test("is not brought back into a ledger when it is no more itself, and its number is nobody else's", async () => {
    const ticker = `~${numbers.cleo}.2`;
    const { body } = await call("GET", "/api/transactions", tokens.cleo);
    const id = body.transactions[0].transaction_id;
    expect((await call("DELETE", `/api/transactions/${id}`, tokens.cleo)).status).toBe(204);
    expect((await call("DELETE", `/api/own-assets/${ticker}`, tokens.cleo)).status).toBe(204);
    const restored = await cleo.post(`/transactions/${id}/restore`);
    expect([restored.status, restored.html]).toEqual([409, expect.stringContaining("no asset of your own")]);
    const next = await call("POST", "/api/own-assets", tokens.cleo, { ...house, name: "Boat" });
    expect(next.body.asset.ticker).toBe(`~${numbers.cleo}.3`);
    const { rowCount } = await program.database.pool.query("select from raw_prices where ticker = $1", [
      ticker,
    ]);
    expect(rowCount).toBe(0);
  });
});

describe("as a benchmark", () => {
  /** As somebody looks at it in a browser, which is remembered. */
  const look = async (token: string, ticker: string): Promise<string> => {
    const response = await fetch(
      `${program.url}/portfolio?from=2022-01-01&to=2023-12-31&benchmark=${ticker}`,
      {
        headers: { Authorization: `Bearer ${token}`, Accept: "text/html", "Sec-Fetch-Site": "same-origin" },
      },
    );
    return response.text();
  };
  const compared = (html: string): string =>
    (/<p class="compared">[\s\S]*?<\/p>/.exec(html)?.[0] ?? "")
      .replaceAll(/<[^>]*>/g, " ")
      .replaceAll(/\s+/g, " ");
  const remembered = async (id: number) =>
    (await program.database.pool.query("select benchmark from portfolio_choices where user_id = $1", [id]))
      .rows;

  test("it is compared by its prices, and another currency's day by day", async () => {
    const ticker = `~${numbers.bert}.1`;
    expect(compared(await look(tokens.bert, ticker))).toMatch(
      / House in Karen \+34\.74% : [\d.]+ points ahead/,
    ); // 110,000 to 148,213
    expect(await remembered(numbers.bert)).toEqual([{ benchmark: ticker }]);
    const plot = { ...house, name: "Plot in Kitengela", currency: "KES" };
    const made = await call("POST", "/api/own-assets", tokens.bert, plot);
    await settle();
    const foreign = await look(tokens.bert, made.body.asset.ticker);
    expect(compared(foreign)).toMatch(/ Plot in Kitengela \+24\.83% .*converted from KES day by day/);
  });

  test("what is deleted is compared with no more, and of another's there is nothing", async () => {
    const ticker = `~${numbers.bert}.2`;
    expect(await remembered(numbers.bert)).toEqual([{ benchmark: ticker }]);
    expect((await call("DELETE", `/api/own-assets/${ticker}`, tokens.bert)).status).toBe(204);
    expect(await remembered(numbers.bert)).toEqual([{ benchmark: null }]);
    await look(tokens.bert, `~${numbers.bert}.1`);
    expect(await look(tokens.ada, `~${numbers.bert}.1`)).not.toMatch(/Karen|34\.74/);
  });
});

test("its owner takes it along in the export of all that is kept, and whoever leaves leaves nothing of it", async () => {
  const { body } = await call("GET", "/api/account/export", tokens.bert);
  const ticker = `~${numbers.bert}.1`;
  expect(body.own_assets).toEqual([
    { ticker, name: "House in Karen", asset_class: "real_estate", currency: "USD" },
  ]);
  expect(body.portfolio_choice).toMatchObject({ benchmark: ticker });
  expect(body.own_prices).toMatchObject([
    { ticker, date: "2021-12-31", price: "110000" },
    { date: "2022-12-31" },
    { date: "2023-12-31", price: "148213" },
  ]);
  const left = await fetch(`${program.url}/api/account`, {
    method: "DELETE",
    headers: { Authorization: `Bearer ${tokens.bert}`, "Content-Type": "application/json" },
    body: JSON.stringify({ email: "bert@example.org", password: "correct horse battery" }),
  });
  expect(left.status).toBe(204);
  await settle();
  const { rows: relations } = await program.database.pool.query<{ name: string }>(
    `select attrelid::regclass::text as name
     from pg_attribute
     join pg_class on pg_class.oid = attrelid
     where attname = 'ticker'
       and relkind = 'r'
       and relnamespace in ('bronze'::regnamespace, 'materialized'::regnamespace)`,
  );
  for (const { name } of relations) {
    const { rowCount } = await program.database.pool.query(`select from ${name} where ticker = $1`, [ticker]);
    expect([name, rowCount]).toEqual([name, 0]);
  }
});

test("operators rule on nothing of it, and no corporate action of it is everybody's", async () => {
  const ticker = `~${numbers.cleo}.1`;
  for (const [method, path, body] of [
    ["PUT", `/api/tickers/${ticker}/splits/2024-01-02/ruling`, { changes_quantity: true, reason: "x" }],
    ["POST", "/api/prices/source", { ticker, source: "file" }],
    ["POST", "/api/symbol-changes", { from: ticker, to: "NORD", date: "2024-01-02" }],
    [
      "POST",
      "/api/corporate-actions/announcements",
      { kind: "rename", ticker, new_ticker: "NORD", date: "2024-01-02" },
    ],
  ] as const)
    expect([path, (await call(method, path, tokens.ada, body)).status]).not.toEqual([
      path,
      expect.toSatisfy((status: number) => status < 400 || status >= 500),
    ]);
});
