import { beforeAll, describe, expect, test } from "vitest";
import { textOf } from "../support/html.ts";
import { type Program, startProgram } from "../support/program.ts";

// Portfolio Analytics as a browser without scripts meets it.

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

/** Rows of what is kept, with the version of each: a row that was written again has another one. */
async function kept(): Promise<unknown[]> {
  const { rows } = await program.database.pool.query(
    "select xmin::text, * from portfolio_choices order by user_id",
  );
  return rows;
}

describe("the range", () => {
  test("is what the address says, and the next time, on any device, the address is what it was", async () => {
    const chosen = await get("/portfolio?range=3M&benchmark=wrld");
    expect(chosen.html).toMatch(/range=3M[^"]*" aria-current="true"/);
    const phone = await enter("login");
    const again = await get("/portfolio", { cookie: phone });
    expect([again.status, again.location]).toEqual([303, "/portfolio?range=3M&benchmark=WRLD"]);
    expect((await get(again.location!, { cookie: phone })).status).toBe(200);
  });

  test("named in the address alone keeps the benchmark; an empty benchmark removes it", async () => {
    await get("/portfolio?range=3M&benchmark=WRLD");
    expect((await get("/portfolio?range=1Y")).location).toBe("/portfolio?range=1Y&benchmark=WRLD");
    const removed = await get("/portfolio/performance?range=1Y&benchmark=");
    expect(removed.html).not.toContain("series-benchmark");
    expect(await remembered()).toBe("/portfolio?range=1Y");
  });

  test("is written when it is another one alone: not by the same look again", async () => {
    await get("/portfolio?range=3M&benchmark=WRLD");
    const first = await kept();
    await get("/portfolio?range=3M&benchmark=WRLD");
    expect(await kept()).toEqual(first);
    await get("/portfolio?from=2022-01-01&to=2022-12-31&benchmark=WRLD");
    expect(await kept()).not.toEqual(first);
    expect(await remembered()).toBe("/portfolio?from=2022-01-01&to=2022-12-31&benchmark=WRLD");
  });

  test.each([
    ["a page that renews itself", { headers: { "X-Fragment": "main" } }],
    ["a HEAD", { method: "HEAD" }],
    ["a browser that fetches ahead", { headers: { "Sec-Purpose": "prefetch;prerender" } }],
    ["a link on another site", { headers: { "Sec-Fetch-Site": "cross-site" } }],
    ["a link on another site of the domain", { headers: { "Sec-Fetch-Site": "same-site" } }],
  ])("is not remembered from %s", async (_, options) => {
    await get("/portfolio?range=3M&benchmark=");
    const before = await kept();
    expect((await get("/portfolio?range=1Y&benchmark=", options)).status).toBe(200);
    expect(await kept()).toEqual(before);
  });

  test("is the person's own, and leaves with the account", async () => {
    const bert = await enter("register", "bert@example.org");
    await get("/portfolio?range=5Y&benchmark=NORD", { cookie: bert });
    await get("/portfolio?range=1Y&benchmark=");
    expect((await get("/portfolio", { cookie: bert })).location).toBe("/portfolio?range=5Y&benchmark=NORD");
    expect(await kept()).toHaveLength(2);
    const answer = await fetch(`${program.url}/api/account`, {
      method: "DELETE",
      headers: { Origin: program.url, "Content-Type": "application/json", Cookie: bert },
      body: JSON.stringify({ email: "bert@example.org", password: "correct horse battery" }),
    });
    expect(answer.status).toBe(204);
    expect(await kept()).toHaveLength(1);
    expect(await remembered()).toBe("/portfolio?range=1Y");
  });

  test("is in the export of everything that is kept about a person", async () => {
    await get("/portfolio?range=1Y&benchmark=WRLD");
    const { html } = await get("/api/account/export");
    expect(JSON.parse(html).portfolio_choice).toEqual({ range: "1Y", benchmark: "WRLD" });
  });

  test("can be dates of one's own, which the figures follow", async () => {
    const { html } = await get("/portfolio?from=2022-01-01&to=2022-12-31&benchmark=");
    expect(html).toContain("Dec 31, 2021 to Dec 31, 2022");
    expect(html).toContain('Prices as of <time datetime="2022-12-30">');
    expect(html).toContain('name="from" type="date" required value="2022-01-01"');
    const months = (await get("/portfolio/performance?from=2022-01-01&to=2022-12-31&benchmark=")).html;
    expect(months).toMatch(/<th [^>]*>2022<\/th>/);
    expect(months).not.toMatch(/<th [^>]*>2023<\/th>/);
  });

  test.each([
    ["?from=2022-02-30&to=2022-12-31", "needs a first and a last day"],
    ["?from=2022-01-01", "needs a first and a last day"],
    ["?from=2022-12-31&to=2022-01-01", "The first day comes after the last day"],
  ])("%s is refused beside the dates, which are kept, and not remembered", async (query, message) => {
    const before = await kept();
    const { status, html } = await get(`/portfolio${query}&benchmark=`);
    expect(status).toBe(200);
    expect(await kept()).toEqual(before);
    expect(html).toMatch(new RegExp(`class="error" role="alert">[^<]*${message}`));
    expect(html).toContain(`value="${new URLSearchParams(query).get("from")}"`);
  });

  test("says so where it begins before the first trade, and where there is nothing in it", async () => {
    expect((await get("/portfolio?from=2019-01-01&to=2022-12-31&benchmark=")).html).toContain(
      "The range begins with your first trade, on May 5, 2021.",
    );
    for (const query of ["?from=2019-01-01&to=2019-12-31", "?from=2190-01-01&to=2190-12-31"]) {
      const { html } = await get(`/portfolio${query}&benchmark=`);
      expect(html).toContain("There is nothing in this range.");
      expect(html).not.toContain('class="headline"');
    }
  });
});

test("a month, a year and a drawdown lead to their days, whose return is theirs", async () => {
  const { html } = await get("/portfolio/performance?range=Max&benchmark=");
  const linked = [...html.matchAll(/<a class="days" href="([^"]+)">([^<]+)</g)].map(([, href, text]) => ({
    href: href!.replaceAll("&amp;", "&"),
    text: text!,
  }));
  const returnOf = async (href: string) =>
    Number(/Time-weighted<\/dt>.*?>([+-][\d.]+)%</s.exec((await get(`${href}&benchmark=`)).html)?.[1]);
  const month = linked.find(({ href }) => href.endsWith("from=2022-03-01&to=2022-03-31"))!;
  expect(await returnOf(month.href)).toBeCloseTo(Number.parseFloat(month.text), 0);
  const year = linked.find(({ href }) => href.endsWith("from=2021-05-05&to=2021-12-31"))!; // cut by the first trade
  expect(await returnOf(year.href)).toBeCloseTo(Number.parseFloat(year.text), 0);
  const [deepest] = linked;
  const days = new URL(deepest!.href, program.url).searchParams;
  const fall = await get(`${deepest!.href}&benchmark=`);
  expect(fall.html).toContain(`>${deepest!.text}<`);
  expect(days.get("from")! < days.get("to")!).toBe(true);
});

describe("a benchmark", () => {
  test("is drawn beside the portfolio and compared with it", async () => {
    expect((await get("/portfolio/performance?range=1Y&benchmark=WRLD")).html).toMatch(
      /<path class="line series-benchmark" d="M0/,
    );
    const { html } = await get("/portfolio?range=1Y&benchmark=WRLD");
    const words = html.replaceAll(/<[^>]+>/g, " ").replaceAll(/\s+/g, " ");
    expect(words).toMatch(
      /You [+-][\d.]+% , WRLD World Equity ETF \(synthetic\) [+-][\d.]+% : [\d.]+ points (ahead|behind) \. Dividends reinvested ?\./,
    );
  });

  test("is proposed where everybody may compare with it, and of others' tickers none is", async () => {
    const bert = await enter("register", "curious@example.org");
    const { html } = await get("/portfolio?range=1Y&benchmark=AGGB");
    const proposed = (page: string) =>
      [...page.matchAll(/<option value="([^"]+)">/g)].map(([, ticker]) => ticker);
    expect(proposed(html)).toEqual(["WRLD", "AGGB", "NORD"]);
    expect(html).toMatch(/title="Aggregate Bond ETF \(synthetic\)" aria-current="true">AGGB</);
    const send = { Origin: program.url, "Content-Type": "application/json", Cookie: bert };
    const body = JSON.stringify({
      ticker: "CURA",
      type: "BUY",
      quantity: "1",
      price: "90",
      date: "2024-01-05",
    });
    await fetch(`${program.url}/api/transactions`, { method: "POST", headers: send, body });
    await program.engine.refresh("transaction_sensor");
    expect(proposed((await get("/portfolio?range=1Y&benchmark=", { cookie: bert })).html)).toEqual([
      "WRLD",
      "AGGB",
      "CURA",
    ]);
    expect(proposed((await get("/portfolio?range=1Y&benchmark=AGGB")).html)).not.toContain("CURA");
  });

  test("without prices explains itself, and what is no ticker is none", async () => {
    const { html } = await get("/portfolio/performance?range=1Y&benchmark=NOPE");
    expect(html).toContain("No prices of NOPE are known here.");
    expect((await get("/portfolio?range=1Y&benchmark=NOPE")).html).toContain(
      "No prices of NOPE are known here.",
    );
    expect(await remembered()).not.toContain("NOPE");
    expect(html).not.toContain("series-benchmark");
    expect((await get("/portfolio?range=1Y&benchmark=%3Cscript%3E+x")).html).not.toContain("SCRIPT");
  });
});

test.each(["/portfolio", "/portfolio/performance"])(
  "%s: tickers stand in the order of the address, and its links turn it round",
  async (path) => {
    const tickers = (html: string) =>
      [...html.matchAll(/data-value="(NORD|WRLD)"/g)].map(([, ticker]) => ticker);
    const ascending = await get(`${path}?range=Max&benchmark=&sort=ticker&order=ascending`);
    expect(tickers(ascending.html)).toEqual(["NORD", "WRLD"]);
    expect(ascending.html).toMatch(/aria-sort="ascending"><a href="[^"]*order&#x3D;descending"/);
    const descending = await get(`${path}?range=Max&benchmark=&sort=ticker&order=descending`);
    expect(tickers(descending.html)).toEqual(["WRLD", "NORD"]);
    expect((await get(`${path}?range=Max&benchmark=&sort=nonsense`)).status).toBe(200);
  },
);

test("a trade is on the page as soon as it is published, however often the page was shown before", async () => {
  const headline = ({ html }: { html: string }) => /<p class="value">.*?>(\$[^<]+)</.exec(html)?.[1];
  const before = headline(await get("/portfolio?range=1Y&benchmark="));
  expect(headline(await get("/portfolio?range=1Y&benchmark="))).toBe(before);
  await program.database.pool.query(
    `insert into transactions (user_id, ticker, transaction_type, quantity, price, transaction_date)
     select user_id, 'WRLD', 'BUY', 5, 150, '2024-05-06' from users`,
  );
  await program.engine.refresh("transaction_sensor");
  const after = headline(await get("/portfolio?range=1Y&benchmark="));
  expect(before).toMatch(/^\$/);
  expect(after).not.toBe(before);
});

test("cash that is owed is said, with what may have been forgotten", async () => {
  const cookie = await enter("register", "margin@example.org");
  const send = (path: string, body: object) =>
    fetch(program.url + path, {
      method: "POST",
      headers: { Origin: program.url, "Content-Type": "application/json", Cookie: cookie },
      body: JSON.stringify(body),
    });
  const note = /<strong>Broker<\/strong> \$80\.00 more was paid than lay there/;
  expect((await send("/api/accounts", { name: "Broker", tracks_cash: true })).status).toBe(201);
  const row = { account: "Broker", currency: "USD", date: "2024-01-04" };
  await send("/api/transactions", { ...row, type: "DEPOSIT", amount: "20" });
  await send("/api/transactions", { ...row, type: "WITHDRAWAL", amount: "100" });
  await program.engine.refresh("transaction_sensor");
  for (const path of ["/portfolio?range=Max", "/transactions"])
    expect((await get(path, { cookie })).html).toMatch(note);
  await send("/api/transactions", { ...row, type: "DEPOSIT", amount: "80" });
  await program.engine.refresh("transaction_sensor");
  expect((await get("/portfolio?range=Max", { cookie })).html).not.toMatch(/lay there/);
});
