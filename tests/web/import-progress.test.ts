import { afterEach, beforeAll, expect, test } from "vitest";
import { emptyRegistry } from "./registry.ts";
import { startWebServer, type WebServer } from "./server.ts";

// How far a check of a file has come, as the page that waits for it asks.

let server: WebServer;
let session: { Cookie: string; Origin: string };

beforeAll(async () => {
  server = await startWebServer(emptyRegistry);
  const { token } = await server.register("ada@example.org");
  session = { Cookie: `stratafolio_session=${token}`, Origin: server.url };
});
afterEach(() => server.market.recover());

/** At what was paid that day. */
function csvOf(tickers: readonly string[]): string {
  const price = server.market.ticker("ACME").bars.find(({ date }) => date === "2024-01-02")!.close;
  const rows = tickers.map((ticker) => `2024-01-02,BUY,${ticker},1,${price}`);
  return ["date,type,ticker,quantity,price", ...rows].join("\n");
}

function newTickers(prefix: string, count: number): string[] {
  const tickers = Array.from({ length: count }, (_, index) => `${prefix}${index}`);
  for (const ticker of tickers) server.market.addTicker({ ...server.market.ticker("ACME"), ticker });
  return tickers;
}

function preview(tickers: readonly string[], signal?: AbortSignal): Promise<Response> {
  return fetch(`${server.url}/transactions/import`, {
    method: "POST",
    headers: session,
    body: new URLSearchParams({ csv: csvOf(tickers), step: "review" }),
    signal: signal ?? null,
  });
}

const progress = async () =>
  (await fetch(`${server.url}/transactions/import/progress`, { headers: session })).json();

const isKnown = async (ticker: string): Promise<boolean> =>
  (await server.database.pool.query("select from raw_assets where ticker = $1", [ticker])).rowCount === 1;

test("is told while the price source is asked, to its owner alone, and no longer when it is done", async () => {
  const tickers = newTickers("LIVE", 8);
  const release = server.market.hold("chart");
  const asked = server.market.waitForRequest("chart");
  const answer = preview(tickers);
  await asked;
  expect(await progress()).toEqual({ rows: 8, checked: 0, total: 8 });
  const { token } = await server.register("bert@example.org");
  const other = await fetch(`${server.url}/transactions/import/progress`, {
    headers: { Cookie: `stratafolio_session=${token}` },
  });
  expect(await other.json()).toBeNull();
  release();
  expect(await (await answer).text()).toMatch(/<strong>8<\/strong> OK/);
  expect(await progress()).toBeNull();
});

test("what was looked up for a tab that was closed is known to the next look", async () => {
  const tickers = newTickers("SHUT", 3);
  const release = server.market.hold("chart");
  const asked = server.market.waitForRequest("chart");
  const tab = new AbortController();
  const answer = preview(tickers, tab.signal).catch(() => "closed");
  await asked;
  tab.abort();
  expect(await answer).toBe("closed");
  release();
  const requests = server.market.requests.length;
  expect(await (await preview(tickers)).text()).toMatch(/<strong>3<\/strong> OK/);
  expect(await Promise.all(tickers.map(isKnown))).toEqual([true, true, true]);
  expect(server.market.requests.length - requests).toBeLessThanOrEqual(9);
  expect(await progress()).toBeNull();
});

test("ends with the check when the price source is away", async () => {
  server.market.fail("chart", "500", 99);
  const html = await (await preview(newTickers("AWAY", 2))).text();
  expect(html).toContain("0 of 2 new tickers are looked up.");
  expect(await progress()).toBeNull();
});

test("needs a session", async () => {
  const answer = await fetch(`${server.url}/transactions/import/progress`, { redirect: "manual" });
  expect(answer.status).not.toBe(200);
});
