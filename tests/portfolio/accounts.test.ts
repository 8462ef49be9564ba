/** Figures of one account, its cash, income and realised gains, over HTTP. */
import { beforeAll, expect, test } from "vitest";
import { type Program, startProgram } from "../support/program.ts";

let program: Program;
let ada: string;
let bob: string;
let first: number;
let broker: number;

async function signUp(email: string): Promise<{ token: string; id: number }> {
  const response = await fetch(`${program.url}/auth/register`, {
    method: "POST",
    headers: { "Content-Type": "application/json", Origin: program.url },
    body: JSON.stringify({ email, password: "correct horse battery" }),
  });
  const body = (await response.json()) as { token: string; user: { id: number } };
  expect(response.status, JSON.stringify(body)).toBe(201);
  return { token: body.token, id: body.user.id };
}

async function read(path: string, token = ada) {
  const response = await fetch(program.url + path, { headers: { Authorization: `Bearer ${token}` } });
  return { status: response.status, type: response.headers.get("content-type"), text: await response.text() };
}

async function get(path: string, token = ada) {
  const { status, text } = await read(path, token);
  return { status, body: JSON.parse(text) };
}

beforeAll(async () => {
  program = await startProgram();
  const { pool } = program.database;
  const person = await signUp("ada@example.org");
  ada = person.token;
  bob = (await signUp("bob@example.org")).token;
  await pool.query("update users set cost_basis_method = 'hifo' where user_id = $1", [person.id]);
  const { rows } = await pool.query<{ first: number; broker: number }>(
    `insert into accounts (user_id, name, tracks_cash, income) values ($1, 'Broker', true, 'ledger')
     returning account_id as broker, (select account_id from accounts where user_id = $1) as first`,
    [person.id],
  );
  ({ first, broker } = rows[0]!);
  await pool.query(
    `insert into transactions (user_id, account_id, ticker, transaction_type, quantity, price, amount, tax, transaction_date)
     values
       ($1, $2, 'NORD', 'BUY', 10, 120, null, 0, '2021-05-05'),
       ($1, $2, 'NORD', 'BUY', 5, 130, null, 0, '2022-05-05'),
       ($1, $2, 'NORD', 'SELL', 6, 140, null, 0, '2023-05-05'),
       ($1, $3, null, 'DEPOSIT', null, null, 1000, 0, '2022-01-03'),
       ($1, $3, 'NORD', 'BUY', 4, 100, null, 0, '2022-02-03'),
       ($1, $3, 'NORD', 'DIVIDEND', null, null, 8, 1.2, '2022-03-03'),
       ($1, $3, null, 'INTEREST', null, null, 2, 0, '2022-04-04')`,
    [person.id, first, broker],
  );
  await program.engine.refresh("transaction_sensor");
});

test("figures of an account are its own, and those of all accounts add up to the whole", async () => {
  const of = async (account?: number) =>
    (await get(`/api/portfolio/performance${account ? `?account=${account}` : ""}`)).body.performance;
  const [whole, one, other] = [await of(), await of(first), await of(broker)];
  expect([one.cash, other.net_contributions, Number(other.cash)]).toEqual(["0", "1000", 608.8]);
  for (const column of [
    "market_value",
    "cash",
    "cost_basis",
    "net_contributions",
    "total_gain",
    "income",
    "taxes",
  ])
    expect(Number(one[column]) + Number(other[column]), column).toBeCloseTo(Number(whole[column]), 6);
  const { rows } = await program.database.pool.query(
    'select account_id::int, twr, xirr, max_drawdown, volatility from "default".gold_account_performance order by 1',
  );
  expect(rows).toEqual(
    [
      [first, one],
      [broker, other],
    ].map(([account_id, { twr, xirr, max_drawdown, volatility }]) => ({
      account_id,
      twr,
      xirr,
      max_drawdown,
      volatility,
    })),
  );
});

test.each(["timeseries", "tickers", "holdings", "regimes", "drawdowns", "monthly-returns"])(
  "%s of an account",
  async (name) => {
    const { status, body } = await get(`/api/portfolio/${name}?account=${broker}&limit=5`);
    expect([status, body.rows.length > 0], JSON.stringify(body)).toEqual([200, true]);
    const wrong = await get(`/api/portfolio/${name}?account=${broker}`, bob);
    expect([wrong.status, wrong.body.error]).toMatchObject([404, { code: "unknown_account" }]);
    const called = await get(`/api/portfolio/${name}?account=%20bROKER&limit=5`);
    expect(called.body.rows).toEqual(body.rows);
    const none = await get(`/api/portfolio/${name}?account=x`);
    expect([none.status, none.body.error.code]).toEqual([404, "unknown_account"]);
  },
);

test("cash is a part of what there is, and accounts are where it lies; of one account they are not asked", async () => {
  const page = async (query = ""): Promise<Record<string, [string, number][]>> => {
    const response = await fetch(`${program.url}/portfolio?range=Max${query}`, {
      headers: { Authorization: `Bearer ${ada}`, Accept: "text/html" },
    });
    const html = await response.text();
    return Object.fromEntries(
      [...html.matchAll(/<table class="allocation">\s*<caption>([^<]+)<\/caption>([\s\S]*?)<\/table>/g)].map(
        ([, title, table]) => [
          title,
          [...table!.matchAll(/<th scope="row">([^<]+)<[\s\S]*?title="\$([\d,.]+)"/g)].map(
            ([, label, value]) => [label, Number(value!.replaceAll(",", ""))],
          ),
        ],
      ),
    );
  };
  const whole = await page();
  const figures = (await get("/api/portfolio/performance")).body.performance;
  for (const title of ["By ticker", "By asset class", "By account"])
    expect(
      whole[title]!.reduce((sum, [, value]) => sum + Number(value), 0),
      title,
    ).toBeCloseTo(Number(figures.market_value), 1);
  expect(whole["By ticker"]!.find(([label]) => label === "Cash")).toEqual(["Cash", 608.8]);
  expect(whole["By account"]!.map(([label]) => label).sort()).toEqual(["Broker", "Portfolio"]);
  const one = await page(`&account=${broker}`);
  expect([
    Object.keys(one).includes("By account"),
    one["By asset class"]!.map(([label]) => label).sort(),
  ]).toEqual([false, ["Cash", "Stock"]]);
});

test("cash is of no ticker whose prices could be fetched, and says so where its currency has no rate", async () => {
  const { pool } = program.database;
  const notes = async () => {
    const response = await fetch(`${program.url}/transactions`, {
      headers: { Authorization: `Bearer ${ada}`, Accept: "text/html" },
    });
    return [...(await response.text()).matchAll(/<strong>([^<]*)<\/strong> ([^<]*)/g)].flatMap(
      ([, what, text]) => (what === "Synthetic data." ? [] : [[what, text!.trim()]]),
    );
  };
  expect(await notes()).toEqual([]);
  const { rows } = await pool.query<{ transaction_id: number }>(
    `insert into transactions (user_id, account_id, transaction_type, amount, currency, transaction_date)
     select user_id, account_id, 'DEPOSIT', 5, 'NGN', '2022-01-04' from accounts where account_id = $1
     returning transaction_id`,
    [broker],
  );
  expect(await notes()).toEqual([
    [
      "Cash in NGN",
      "Left out of all figures: no exchange rate of NGN is known yet. It counts as soon as one is.",
    ],
  ]);
  await pool.query("delete from transactions where transaction_id = $1", [rows[0]!.transaction_id]);
});

// In shares of today: NORD was split 2:1 since.
test("what is held in two accounts is one ticker of the whole", async () => {
  const quantities = async (query: string) =>
    (await get(`/api/portfolio/holdings${query}`)).body.rows.map((row: { quantity: string }) =>
      Number(row.quantity),
    );
  expect(await quantities("")).toEqual([26]);
  expect(await quantities(`?account=${broker}`)).toEqual([8]);
  const { body } = await get(`/api/portfolio/tickers?account=${first}`);
  expect(
    body.rows.map((row: { ticker: string; quantity: string }) => [row.ticker, Number(row.quantity)]),
  ).toEqual([["NORD", 18]]);
});

test("income by month, ticker and account: as booked, with tax, and interest of no ticker", async () => {
  const income = async (query: string) => (await get(`/api/income${query}`)).body.rows;
  expect(await income(`?account=${broker}&by=ticker`)).toEqual([
    {
      ...{ month: null, year: null, ticker: "NORD", account_id: null },
      ...{ dividends: "8", interest: "0", gross: "8", tax: "1.2", fee: "0.0", net: "6.8", market_gross: "0" },
      ...{ market_payments: 0, is_rated: true },
    },
    {
      ...{ month: null, year: null, ticker: null, account_id: null },
      ...{ dividends: "0", interest: "2", gross: "2", tax: "0", fee: "0", net: "2", market_gross: "0" },
      ...{ market_payments: 0, is_rated: true },
    },
  ]);
  expect(await income(`?account=${broker}&by=year`)).toMatchObject([{ year: 2022, gross: "10" }]);
  const { body } = await get(`/api/income/months?year=2022&account=${broker}`);
  expect(body.rows.map(({ ticker, gross }: Record<string, string>) => [ticker, gross])).toEqual([
    ["NORD", "8"],
    [null, "2"],
  ]);
  expect(await income(`?account=${broker}&from=2022-04-01&to=2022-04-30`)).toMatchObject([
    { month: "2022-04-01", net: "2" },
  ]);
  expect((await income("?by=account")).map((row: { account_id: number }) => row.account_id)).toContain(
    broker,
  );
  expect((await get("/api/income?by=day")).body.error.code).toBe("invalid_by");
});

test("an account is named by its name before its id, of income, cash and gains too", async () => {
  const { pool } = program.database;
  const paths = [
    "/api/portfolio/performance?",
    "/api/cash?",
    "/api/income?",
    "/api/income/months?year=2022&",
    "/api/income/expected?",
    "/api/income/yields?",
    "/api/tax/realized?year=2023&",
    "/api/tax/income?year=2022&",
    "/api/tax/fees?year=2022&",
    "/api/tax/uncounted?year=2022&",
    "/api/income/unbooked?",
  ];
  const read = (path: string, account: string | number) => get(`${path}account=${account}`);
  for (const path of paths) {
    const [byName, byId] = [await read(path, "Broker"), await read(path, broker)];
    expect([path, byName.status, byName.body]).toEqual([path, 200, byId.body]);
    expect((await read(path, "nowhere")).body.error.code).toBe("unknown_account");
  }
  await pool.query("update accounts set name = $2 where account_id = $1", [first, String(broker)]);
  expect((await read("/api/cash?", broker)).body.rows).toEqual([]); // the one that is called so keeps none
  await pool.query("update accounts set name = 'Portfolio' where account_id = $1", [first]);
});

test("cash at the close of a day", async () => {
  expect((await get("/api/cash?date=2022-01-31")).body.rows).toMatchObject([
    { account_id: broker, currency: "USD", balance: "1000", market_value: "1000", is_rated: true },
  ]);
  expect((await get(`/api/cash?account=${first}`)).body.rows).toEqual([]);
  expect((await get("/api/cash")).body.rows.map((row: { balance: string }) => Number(row.balance))).toEqual([
    608.8,
  ]);
});

test("rates of a currency, day by day", async () => {
  const { body } = await get("/api/fx?currency=USD&from=2022-01-01&to=2022-01-02");
  expect(body.rows).toEqual(
    ["2022-01-01", "2022-01-02"].map((rate_date) => ({ rate_date, usd_per_unit: "1", is_observed: false })),
  );
  expect((await get("/api/fx?currency=dollars")).body.error.code).toBe("invalid_currency");
});

test("realised gains by lot: the dearest first, each with its term, as JSON and as CSV", async () => {
  const { body } = await get("/api/tax/realized?year=2023");
  expect(
    body.rows.map(({ account_id: _, quantity, cost, proceeds, gain, ...row }: Record<string, string>) => ({
      ...row,
      figures: [quantity, cost, proceeds, gain].map(Number),
      local_cost: Number(row.local_cost),
      local_proceeds: Number(row.local_proceeds),
      local_gain: Number(row.local_gain),
    })),
  ).toEqual([
    {
      ticker: "NORD",
      buy_date: "2021-05-05",
      sell_date: "2023-05-05",
      figures: [2, 120, 140, 20],
      term: "long",
      days_held: 730,
      ...{ currency: "USD", local_cost: 120, local_proceeds: 140, local_gain: 20 },
      ...{ is_rated: true, is_cost_given: true, base_currency: "USD" },
      name: "Nordlys Software (synthetic)",
    },
    // Held for just a year: not longer than that.
    {
      ticker: "NORD",
      buy_date: "2022-05-05",
      sell_date: "2023-05-05",
      figures: [10, 650, 700, 50],
      term: "short",
      days_held: 365,
      ...{ currency: "USD", local_cost: 650, local_proceeds: 700, local_gain: 50 },
      ...{ is_rated: true, is_cost_given: true, base_currency: "USD" },
      name: "Nordlys Software (synthetic)",
    },
  ]);
  expect((await get(`/api/tax/realized?year=2023&account=${broker}`)).body.rows).toEqual([]);
  const csv = await read("/api/tax/realized?year=2023&format=csv");
  expect([csv.status, csv.type]).toEqual([200, "text/csv; charset=utf-8"]);
  expect(csv.text.split("\n").slice(0, 1)).toEqual([
    "account_id,ticker,buy_date,sell_date,quantity,cost,proceeds,gain,term,days_held,currency,local_cost,local_proceeds,local_gain,is_rated,is_cost_given,base_currency,name",
  ]);
  expect((await get("/api/tax/realized")).body.error.code).toBe("invalid_year");
});
