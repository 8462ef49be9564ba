import { beforeAll, describe, expect, test } from "vitest";
import { type Program, startProgram } from "../support/program.ts";

// Portfolio Analytics as a browser without scripts meets it.

let program: Program;
let session: string;

beforeAll(async () => {
  program = await startProgram();
  const headers = { Origin: program.url, "Content-Type": "application/json" };
  const answer = await fetch(`${program.url}/auth/register`, {
    method: "POST",
    headers,
    body: JSON.stringify({ email: "ada@example.org", password: "correct horse battery" }),
  });
  session = answer.headers.getSetCookie()[0]!.split(";")[0]!;
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

async function get(path: string, { memory = "", fragment = false } = {}) {
  const response = await fetch(program.url + path, {
    headers: {
      Accept: "text/html",
      "Accept-Language": "en-US",
      Cookie: `${session}; ${memory}`,
      ...(fragment && { "X-Fragment": "main" }),
    },
    redirect: "manual",
  });
  return {
    status: response.status,
    location: response.headers.get("Location"),
    /** What the browser is asked to keep. */
    memory: response.headers.getSetCookie()[0]?.split(";")[0] ?? null,
    html: await response.text(),
  };
}

describe("the range", () => {
  test("is what the address says, and the next time the address is what it was", async () => {
    const chosen = await get("/portfolio?range=3M&benchmark=wrld");
    expect(chosen.html).toMatch(/range=3M[^"]*" aria-current="true"/);
    const again = await get("/portfolio", { memory: chosen.memory! });
    expect([again.status, again.location]).toEqual([303, "/portfolio?range=3M&benchmark=WRLD"]);
    const unchanged = await get(again.location!, { memory: chosen.memory! });
    expect([unchanged.status, unchanged.memory]).toEqual([200, null]);
  });

  test("named in the address alone keeps the benchmark; an empty benchmark removes it", async () => {
    const { memory } = await get("/portfolio?range=3M&benchmark=WRLD");
    const { location } = await get("/portfolio?range=1Y", { memory: memory! });
    expect(location).toBe("/portfolio?range=1Y&benchmark=WRLD");
    const removed = await get("/portfolio?range=1Y&benchmark=", { memory: memory! });
    expect(removed.html).not.toContain("series-benchmark");
    expect((await get("/portfolio", { memory: removed.memory! })).location).toBe("/portfolio?range=1Y");
  });

  test("is not remembered from a page that renews itself", async () => {
    const { memory } = await get("/portfolio?range=3M");
    const renewed = await get("/portfolio?range=1Y&benchmark=", { memory: memory!, fragment: true });
    expect([renewed.status, renewed.memory]).toEqual([200, null]);
    expect(renewed.html).toMatch(/range=1Y[^"]*" aria-current="true"/);
  });

  test("can be dates of one's own, which the figures follow", async () => {
    const { html } = await get("/portfolio?from=2022-01-01&to=2022-12-31");
    expect(html).toContain("Dec 31, 2021 to Dec 31, 2022");
    expect(html).toContain('As of <time datetime="2022-12-31">');
    expect(html).toContain('name="from" type="date" required value="2022-01-01"');
    expect(html).toMatch(/<th scope="row">2022<\/th>/);
    expect(html).not.toMatch(/<th scope="row">2023<\/th>/);
  });

  test.each([
    ["?from=2022-02-30&to=2022-12-31", "Expected two dates"],
    ["?from=2022-01-01", "Expected two dates"],
    ["?from=2022-12-31&to=2022-01-01", "not to be after the last day"],
  ])("%s is refused beside the dates, which are kept, and not remembered", async (query, message) => {
    const { status, html, memory } = await get(`/portfolio${query}`);
    expect([status, memory]).toEqual([200, null]);
    expect(html).toMatch(new RegExp(`class="error" role="alert">[^<]*${message}`));
    expect(html).toContain(`value="${new URLSearchParams(query).get("from")}"`);
  });

  test("says so where it begins before the first trade, and where there is nothing in it", async () => {
    expect((await get("/portfolio?from=2019-01-01&to=2022-12-31")).html).toContain(
      "The range begins with your first trade, on May 5, 2021.",
    );
    for (const query of ["?from=2019-01-01&to=2019-12-31", "?from=2190-01-01&to=2190-12-31"]) {
      const { html } = await get(`/portfolio${query}`);
      expect(html).toContain("There is nothing in this range.");
      expect(html).not.toContain('class="headline"');
    }
  });
});

describe("a benchmark", () => {
  test("is drawn beside the portfolio and compared with it", async () => {
    const { html } = await get("/portfolio?range=1Y&benchmark=WRLD");
    expect(html).toMatch(/<path class="line series-benchmark" d="M0/);
    expect(html).toMatch(/The portfolio is <span class="(gain|loss)">[+-][\d.]+%<\/span> from it/);
  });

  test("without prices explains itself, and what is no ticker is none", async () => {
    const { html } = await get("/portfolio?range=1Y&benchmark=NOPE");
    expect(html).toContain("No prices of NOPE are known here.");
    expect(html).not.toContain("series-benchmark");
    expect((await get("/portfolio?range=1Y&benchmark=%3Cscript%3E+x")).html).not.toContain("SCRIPT");
  });
});

test("tickers stand in the order of the address, and its links turn it round", async () => {
  const tickers = (html: string) =>
    [...html.matchAll(/data-value="(NORD|WRLD)"/g)].map(([, ticker]) => ticker);
  const ascending = await get("/portfolio?range=Max&sort=ticker&order=ascending");
  expect(tickers(ascending.html)).toEqual(["NORD", "WRLD"]);
  expect(ascending.html).toMatch(/aria-sort="ascending"><a href="[^"]*order&#x3D;descending"/);
  expect(tickers((await get("/portfolio?range=Max&sort=ticker&order=descending")).html)).toEqual([
    "WRLD",
    "NORD",
  ]);
  expect((await get("/portfolio?range=Max&sort=nonsense")).status).toBe(200);
});

test("a trade is on the page as soon as it is published, however often the page was shown before", async () => {
  const headline = ({ html }: { html: string }) => /<p class="value">.*?>(\$[^<]+)</.exec(html)?.[1];
  const before = headline(await get("/portfolio?range=1Y"));
  expect(headline(await get("/portfolio?range=1Y"))).toBe(before);
  await program.database.pool.query(
    `insert into transactions (user_id, ticker, transaction_type, quantity, price, transaction_date)
     select user_id, 'WRLD', 'BUY', 5, 150, '2024-05-06' from users`,
  );
  await program.engine.refresh("transaction_sensor");
  const after = headline(await get("/portfolio?range=1Y"));
  expect(before).toMatch(/^\$/);
  expect(after).not.toBe(before);
});
