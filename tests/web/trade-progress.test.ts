import { beforeAll, expect, test } from "vitest";
import { resourcesOf } from "../ingestion/context.ts";
import { startIngestion } from "../support/engine.ts";
import { textOf } from "../support/html.ts";
import { keptTrade } from "../support/kept-trade.ts";
import { emptyRegistry } from "./registry.ts";
import { startWebServer, type WebServer } from "./server.ts";

// What the form shows while a new ticker's history is fetched, and what it keeps when that fails.

let server: WebServer;
let session: { Cookie: string; Origin: string };

beforeAll(async () => {
  server = await startWebServer(emptyRegistry);
  await startIngestion(server.database, resourcesOf(server.market));
  const { token } = await server.register("ada@example.org");
  session = { Cookie: `stratafolio_session=${token}`, Origin: server.url };
});

const trade = { ticker: "GLOBEX", type: "BUY", quantity: "3", price: "121.5", fee: "", date: "2024-03-04" };

const send = () =>
  fetch(`${server.url}/transactions`, {
    method: "POST",
    headers: { ...session, Accept: "text/html" },
    body: new URLSearchParams(keptTrade(trade)),
    redirect: "manual",
  });

const progress = async () =>
  (await fetch(`${server.url}/transactions/progress`, { headers: session })).json();

test("the source fails: 503, nothing recorded, all that was typed is kept", async () => {
  const described = server.market.waitForRequest("chart", "GLOBEX");
  const answer = send();
  await described;
  server.market.fail("chart", "500", 99);
  const response = await answer;
  server.market.recover();
  expect(response.status).toBe(503);
  const html = await textOf(response);
  expect(html).toContain("The price history of GLOBEX could not be fetched");
  for (const [name, value] of Object.entries({ ticker: "GLOBEX", quantity: "3", price: "121.5" }))
    expect(html).toMatch(new RegExp(`name="${name}"[^>]* value="${value}"`));
  // Today of whoever is furthest ahead may be chosen.
  expect(html).toContain('max="2024-06-29"');
  const { rows } = await server.database.pool.query("select from transactions");
  expect(rows).toEqual([]);
});

test("the form is told what it waits for, its owner alone, and no longer when it is done", async () => {
  const described = server.market.waitForRequest("chart", "GLOBEX");
  const release = server.market.hold("chart");
  const answer = send();
  // It is known here since the attempt before: the first request is for its history.
  await described;
  expect(await progress()).toEqual({ fetched: 0, total: 1, ticker: "GLOBEX" });
  const { token } = await server.register("bert@example.org");
  const other = await fetch(`${server.url}/transactions/progress`, {
    headers: { Cookie: `stratafolio_session=${token}` },
  });
  expect(await other.json()).toBeNull();
  release();
  expect((await answer).headers.get("Location")).toMatch(/^\/transactions\?recorded=\d+$/);
  expect(await progress()).toBeNull();
});

test("an import whose new ticker has no history to be had keeps its text and its rows", async () => {
  const { market } = server;
  market.addTicker({ ...market.ticker("WORLD"), ticker: "LATER" });
  const csv = "date,type,ticker,quantity,price\n2024-01-02,BUY,LATER,1,4";
  const post = (step: string) =>
    fetch(`${server.url}/transactions/import`, {
      method: "POST",
      headers: session,
      body: new URLSearchParams({ csv, step }),
    });
  await post("review");
  market.fail("chart", "500", 99);
  const answer = await post("import");
  market.recover();
  expect(answer.status).toBe(503);
  const html = await answer.text();
  expect(html).toContain("Nothing was imported.");
  expect(html).toContain("The price history of LATER could not be fetched");
  expect(html).toContain("2024-01-02,BUY,LATER,1,4");
});
