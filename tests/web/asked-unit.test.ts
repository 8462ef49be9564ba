import { beforeAll, expect, test } from "vitest";
import { resourcesOf } from "../ingestion/context.ts";
import { startIngestion } from "../support/engine.ts";
import { textOf } from "../support/html.ts";
import { keptTrade } from "../support/kept-trade.ts";
import { emptyRegistry } from "./registry.ts";
import { startWebServer, type WebServer } from "./server.ts";

// In what a price is taken, of a ticker that nobody has used yet and a browser without scripts.

let server: WebServer;
let session: { Cookie: string; Origin: string };

beforeAll(async () => {
  server = await startWebServer(emptyRegistry);
  await startIngestion(server.database, resourcesOf(server.market));
  const { token } = await server.register("ada@example.org");
  session = { Cookie: `stratafolio_session=${token}`, Origin: server.url };
  const { bars, ...world } = server.market.ticker("WORLD");
  for (const [ticker, currency] of [
    ["VODX.L", "GBp"],
    ["TRUX.L", "GBp"],
    ["SAPX.DE", "EUR"],
  ] as const)
    server.market.addTicker({ ...world, ticker, currency, bars, dividends: [] });
  server.market.addTicker({ ...server.market.ticker("EURUSD=X"), ticker: "GBPUSD=X" });
});

const page = async (): Promise<string> =>
  textOf(await fetch(`${server.url}/transactions`, { headers: { ...session, Accept: "text/html" } }));

/** What the form sends as a person leaves it: whatever it holds, with what they typed. */
async function send(html: string, typed: Record<string, string>): Promise<{ status: number; html: string }> {
  const form = /<form[^>]*id="trade".*?<\/form>/s.exec(html)![0];
  const hidden = [...form.matchAll(/<input type="hidden" name="([a-z_]+)" value="([^"]*)"/g)];
  const chosen = [...form.matchAll(/<input type="radio" name="(currency)" value="([^"]*)" checked/g)];
  const fields = Object.fromEntries([...hidden, ...chosen].map(([, name, value]) => [name!, value!]));
  const response = await fetch(`${server.url}/transactions`, {
    method: "POST",
    headers: { ...session, Accept: "text/html" },
    body: new URLSearchParams(
      keptTrade<Record<string, string>>({
        ...fields,
        type: "BUY",
        quantity: "100",
        fee: "0",
        date: "2024-03-04",
        ...typed,
      }),
    ),
    redirect: "manual",
  });
  return { status: response.status, html: await textOf(response) };
}

const stored = async () =>
  (
    await server.database.pool.query(
      "select ticker, trim_scale(price) as price, currency from bronze.transactions order by transaction_id",
    )
  ).rows;

test("pence are asked of who was asked for dollars, and pounds can be said instead", async () => {
  const first = await page();
  expect(first).toContain("Price, USD");
  const asked = await send(first, { ticker: "vodx.l", price: "70.5" });
  expect(asked.status).toBe(422);
  expect(asked.html).toContain(
    "VODX.L is quoted in pence (GBp): say whether the price and the fee are in pence or in GBP",
  );
  expect(asked.html).toContain("Price, pence");
  expect(await stored()).toEqual([]);
  const typed = { ticker: "VODX.L", price: "70.5" };
  expect((await send(asked.html, typed)).status).toBe(303);
  expect(await stored()).toEqual([{ ticker: "VODX.L", price: "0.705", currency: "GBP" }]);
  expect(
    (
      await send(asked.html, {
        ...typed,
        price: "0.71",
        currency: "GBP",
        idempotency_key: crypto.randomUUID(),
      })
    ).status,
  ).toBe(303);
  expect((await stored())[1]).toEqual({ ticker: "VODX.L", price: "0.71", currency: "GBP" });
});

test("euros are asked of who was asked for dollars", async () => {
  const { token } = await server.register("bert@example.org");
  session = { Cookie: `stratafolio_session=${token}`, Origin: server.url };
  const asked = await send(await page(), { ticker: "SAPX.DE", price: "140" });
  expect([
    asked.status,
    asked.html.includes("SAPX.DE is quoted in EUR: say the price and the fee in that"),
  ]).toEqual([422, true]);
  expect(asked.html).toContain("Price, EUR");
  expect((await send(asked.html, { ticker: "SAPX.DE", price: "140" })).status).toBe(303);
  // Of who has other currencies the form says none: a currency itself is taken, and pence are asked.
  const next = await page();
  expect(next).toContain(">Price</label>");
  expect((await send(next, { ticker: "ACME", price: "40" })).status).toBe(303);
  expect(
    (await send(next, { ticker: "TRUX.L", price: "70", idempotency_key: crypto.randomUUID() })).status,
  ).toBe(422);
});

test("what sends no such field, as programs do, is as before", async () => {
  const trade = { ticker: "GLOBEX", type: "BUY", quantity: "1", price: "120", fee: "0", date: "2024-03-04" };
  const body = new URLSearchParams(keptTrade(trade));
  const { status } = await fetch(`${server.url}/transactions`, {
    method: "POST",
    headers: session,
    body,
    redirect: "manual",
  });
  expect(status).toBe(303);
});
