import { beforeAll, describe, expect, test } from "vitest";
import { textOf } from "../support/html.ts";
import { type Program, startProgram } from "../support/program.ts";

// The tabs of the portfolio, and the way to them, as a browser without scripts meets them.

let program: Program;
let session: string;

/** A session of a person's, as a cookie; another device's is another one. */
async function enter(call: "register" | "login", email = "ada@example.org"): Promise<string> {
  const answer = await fetch(`${program.url}/auth/${call}`, {
    method: "POST",
    headers: { Origin: program.url, "Content-Type": "application/json" },
    body: JSON.stringify({ email, password: "correct horse battery" }),
  });
  return answer.headers.getSetCookie()[0]!.split(";")[0]!;
}

beforeAll(async () => {
  program = await startProgram({ benchmarks: ["WRLD", "AGGB"] });
  const headers = { Origin: program.url, "Content-Type": "application/json" };
  session = await enter("register");
  for (const [ticker, type, quantity, date] of [
    ["NORD", "BUY", "10", "2021-05-05"],
    ["WRLD", "BUY", "4", "2022-05-05"],
    ["NORD", "SELL", "3", "2023-05-05"],
  ]) {
    const { status } = await fetch(`${program.url}/api/transactions`, {
      method: "POST",
      headers: { ...headers, Cookie: session },
      body: JSON.stringify({ ticker, type, quantity, price: "120", date }),
    });
    expect(status).toBe(201);
  }
  await program.engine.run({
    triggerKind: "manual",
    triggerName: "test",
    selection: "raw_prices+ raw_fred+",
  });
  await program.engine.refresh("transaction_sensor");
});

async function get(path: string, { cookie = session, method = "GET", headers = {} } = {}) {
  const response = await fetch(program.url + path, {
    method,
    headers: {
      Accept: "text/html",
      "Accept-Language": "en-US",
      "Sec-Fetch-Site": "same-origin",
      Cookie: cookie,
      ...headers,
    },
    redirect: "manual",
  });
  return {
    status: response.status,
    location: response.headers.get("Location"),
    html: await textOf(response),
  };
}

/** Where a person who just opens the page is sent. */
const remembered = async (): Promise<string | null> => (await get("/portfolio")).location;

const tabs = [
  "/portfolio",
  "/portfolio/performance",
  "/portfolio/risk",
  "/income",
  "/realized",
  "/portfolio/targets",
];

describe("the tabs", () => {
  const linksOf = (html: string) => {
    const bar = /<nav class="tabs".*?<\/nav>/s.exec(html)?.[0] ?? "";
    return [...bar.matchAll(/<a href="([^"]+)"( aria-current="page")?>([^<]+)</g)].map(
      ([, href, mark, label]) => ({
        href: href!.replaceAll("&amp;", "&").replaceAll("&#x3D;", "="),
        isCurrent: mark !== undefined,
        label,
      }),
    );
  };

  test.each(tabs)("%s leads to the others with its range, its benchmark and its account", async (path) => {
    const look = "range=1Y&benchmark=WRLD";
    const { status, html } = await get(`${path}?${look}`);
    expect(status).toBe(200);
    const links = linksOf(html);
    expect(links.map(({ label }) => label)).toEqual([
      "Overview",
      "Performance",
      "Income",
      "Risk",
      "Tax",
      "Targets",
    ]);
    expect(links.map(({ href }) => href).toSorted()).toEqual(tabs.map((tab) => `${tab}?${look}`).toSorted());
    expect(links.filter(({ isCurrent }) => isCurrent).map(({ href }) => href)).toEqual([`${path}?${look}`]);
    expect(html).toMatch(/<a href="\/portfolio" aria-current="page">Portfolio<\/a>/);
  });

  test("keep the account of the address, and dates of one's own, which income is of, too", async () => {
    const { rows } = await program.database.pool.query(
      "select account_id::text as id from accounts join users using (user_id) where email = 'ada@example.org'",
    );
    const look = `from=2022-01-01&to=2022-12-31&account=${rows[0].id}`;
    for (const tab of tabs) {
      const [first] = linksOf((await get(`${tab}?${look}&benchmark=`)).html);
      expect(first?.href, tab).toBe(`/portfolio?${look}`);
    }
    expect((await get("/income?account=999999")).html).not.toContain("account=999999");
  });

  test.each(["/portfolio/performance", "/portfolio/risk"])(
    "%s is of what was looked at the last time",
    async (path) => {
      await get("/portfolio?range=3M&benchmark=WRLD");
      expect(await get(path)).toMatchObject({ status: 303, location: `${path}?range=3M&benchmark=WRLD` });
      await get(`${path}?range=6M&benchmark=`);
      expect(await remembered()).toBe("/portfolio?range=6M");
    },
  );

  test.each(tabs.slice(0, 3))("%s says when there is nothing yet, and nothing in the range", async (path) => {
    const cookie = await enter("register", `${path.slice(-4)}@example.org`);
    expect((await get(path, { cookie })).html).toContain("Your portfolio starts with one trade");
    const outside = await get(`${path}?from=2190-01-01&to=2190-12-31&benchmark=`);
    expect(outside.html).toContain("There is nothing in this range.");
    expect(outside.html).toContain(`href="${path}?range=Max"`);
  });

  test("every figure stands on one of them, with where it is explained", async () => {
    const figuresOf = async (path: string) =>
      [...(await get(path)).html.matchAll(/href="\/explain\/([a-z_0-9]+)/g)].map(([, figure]) => figure!);
    const look = "?range=Max&benchmark=";
    const [first, performance, risk] = await Promise.all(
      tabs.slice(0, 3).map(async (tab) => new Set(await figuresOf(tab + look))),
    );
    expect([...risk!].toSorted()).toEqual([
      "correlation",
      "expected_shortfall_95",
      "expected_shortfall_99",
      "hhi",
      "largest_five_weight",
      "max_drawdown",
      "omega",
      "return_contribution",
      "rolling_drawdown",
      "rolling_sharpe",
      "rolling_volatility",
      "sharpe",
      "sortino",
      "value_at_risk_95",
      "value_at_risk_99",
      "volatility",
      "volatility_contribution",
    ]);
    for (const figure of ["market_value", "change", "twr", "weight", "total_return"])
      expect(first, figure).toContain(figure);
    for (const figure of [
      ...["twr", "change", "annualized_return", "xirr", "best_day", "worst_day"],
      ...[
        "regime",
        "regime_days",
        "regime_return",
        "regime_annualized_return",
        "regime_volatility",
        "regime_drawdown",
      ],
      ...["market_value", "net_contributions", "unrealized_pnl", "realized_pnl", "income", "fees"],
      ...["weight", "quantity", "current_price", "average_cost", "total_return"],
    ])
      expect(performance, figure).toContain(figure);
    for (const risky of risk!) expect(performance).not.toContain(risky);
  });
});

describe("the overview", () => {
  test("says what the last day with a price did, as its explanation reckons it", async () => {
    const { html } = await get("/portfolio?range=1Y&benchmark=");
    const [, href, gain] =
      /<dt>1 day.*?<span class="amount"><a class="explain" href="([^"]+)">([^<]+)</s.exec(html)!;
    const address = href!.replaceAll("&amp;", "&").replaceAll("&#x3D;", "=");
    const day = new URL(address, program.url).searchParams;
    expect(day.get("from")).toBe(day.get("to"));
    expect(html).toContain(`<time class="when" datetime="${day.get("to")}">`);
    const explained = (await get(address)).html;
    expect(/<p class="result">\s*([^<]+?)\s*</.exec(explained)?.[1]).toBe(gain);
    // So do the days before the first price, and all days.
    const [whole] = /<dt>\s*Since your first trade.*?<\/dd>/s.exec(html) ?? [""];
    const [, of, total] = /href="([^"]+)">([^<]+)</.exec(whole)!;
    const reckoned = (await get(of!.replaceAll("&amp;", "&").replaceAll("&#x3D;", "="))).html;
    expect(/<p class="result">\s*([^<]+?)\s*</.exec(reckoned)?.[1]).toBe(total);
  });

  test("has the columns that a person chose, on every device, and sends back to what was looked at", async () => {
    const cookie = await enter("login");
    const headings = async () =>
      [
        ...(await get("/portfolio?range=1Y&benchmark=", { cookie })).html.matchAll(/data-sort="([a-z_]+)"/g),
      ].map(([, name]) => name);
    const usual = ["ticker", "current_value", "weight", "day_gain", "gain", "total_return"];
    expect(await headings()).toEqual(usual);
    const { html } = await get("/portfolio?range=1Y&benchmark=");
    const token = /name="csrf_token" value="([^"]+)"/.exec(html)![1]!;
    const choose = (columns: string[]) =>
      fetch(`${program.url}/portfolio/columns`, {
        method: "POST",
        redirect: "manual",
        headers: { Cookie: session, Origin: program.url, "Sec-Fetch-Site": "same-origin" },
        body: new URLSearchParams([
          ["csrf_token", token],
          ["range", "1Y"],
          ["sort", "ticker"],
          ["order", "ascending"],
          ...columns.map((column): [string, string] => ["columns", column]),
        ]),
      });
    const chosen = await choose(["quantity", "current_value"]);
    expect([chosen.status, chosen.headers.get("Location")]).toEqual([
      303,
      "/portfolio?range=1Y&sort=ticker&order=ascending",
    ]);
    expect(await headings()).toEqual(["ticker", "current_value", "quantity"]);
    await get("/portfolio?range=3M&benchmark="); // another choice leaves them
    expect(JSON.parse((await get("/api/account/export")).html).portfolio_choice).toEqual({
      range: "3M",
      holdings_columns: "current_value,quantity",
    });
    await choose([]);
    expect(await headings()).toEqual(["ticker"]);
    await choose(["password", "income"]); // of which one is none of ours
    expect(await headings()).toEqual(["ticker", "income"]);
    await choose(usual.slice(1));
    expect(await headings()).toEqual(usual);
    expect(JSON.parse((await get("/api/account/export")).html).portfolio_choice).toEqual({ range: "1Y" });
  });
});

test("operators find the tables of the system, runs and automation under one name, and everybody the way out", async () => {
  const { html } = await get("/portfolio?range=1Y&benchmark=");
  const menu = /<details class="menu">.*?<\/details>/s.exec(html)?.[0] ?? "";
  expect(menu).toMatch(/<summary>System<\/summary>/);
  expect([...menu.matchAll(/href="([^"]+)"/g)].map(([, href]) => href)).toEqual([
    "/assets",
    "/runs",
    "/automation",
  ]);
  const { html: assets } = await get("/assets");
  expect(assets).toMatch(/<summary class="current">System<\/summary>/);
  const investor = await enter("register", "plain@example.org");
  const { html: plain } = await get("/portfolio", { cookie: investor });
  expect(plain).not.toContain("System");
  const bar = /<nav class="phone-bar".*?<\/nav>/s.exec(plain)?.[0] ?? "";
  for (const found of ['href="/portfolio"', 'href="/account"', 'action="/sign-out"', "csrf_token"])
    expect(bar).toContain(found);
  expect(bar).not.toContain("/assets");
});

test("risk of many holdings over many years shows what there is at once, and the rest when it is there", async () => {
  const cookie = await enter("register", "many@example.org");
  const { pool } = program.database;
  await pool.query(
    `insert into raw_assets (ticker, name, asset_class, currency, exchange_timezone)
     select 'MANY' || number, 'Many', 'stock', 'USD', 'UTC' from generate_series(1, 16) number`,
  );
  await pool.query(
    `insert into raw_prices (ticker, price_date, close)
     select 'MANY' || number, '2010-01-04', 10 from generate_series(1, 16) number`,
  );
  await pool.query(
    `insert into transactions (user_id, ticker, transaction_type, quantity, price, transaction_date)
     select user_id, 'MANY' || number, 'BUY', 1, 10, '2010-01-04'
     from users, generate_series(1, 16) number
     where email = 'many@example.org'`,
  );
  await program.engine.refresh("transaction_sensor");
  const address = "/portfolio/risk?range=Max&benchmark=";
  const first = await get(address, { cookie });
  expect(first.html).toContain("The figures of each holding are being computed.");
  expect(first.html).toMatch(/<div id="portfolio" data-live="portfolio" data-poll>/);
  expect(first.html).toContain("Losses and concentration");
  expect(first.html).not.toContain("What each holding added");
  const [, all] = /<a href="([^"]+)">Check again/.exec(first.html)!;
  expect((await get(`${address}&what_if=MANY1&multiple=0`, { cookie })).html).toContain('id="what-if"');
  expect((await get(address, { cookie })).html).not.toContain("What each holding added");
  const link = all!.replaceAll("&amp;", "&").replaceAll("&#x3D;", "=");
  for (const [path, headers] of [
    [link, {}],
    [address, { "X-Fragment": "main" }],
    [address, {}],
  ] as const) {
    const { html } = await get(path, { cookie, headers });
    expect(html).toContain("What each holding added");
    expect(html).toMatch(/<div id="portfolio" data-live="portfolio">/);
  }
});
