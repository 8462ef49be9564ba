/** An asset of one's own is stored as ~2.1, and read as what its owner calls it, wherever that is. */
import { beforeAll, describe, expect, test } from "vitest";
import { figures } from "../../src/web/explain/figures.ts";
import { type Program, startProgram } from "../support/program.ts";
import { Visitor } from "../support/visitor.ts";

const name = "Cottage & Barn <Naivasha>";
const shown = "Cottage & Barn &lt;Naivasha&gt;"; // as a visitor reads it, but for the ampersand
let program: Program;
let visitor: Visitor;
let token: string;
let own: string;

async function call(method: string, path: string, body?: object) {
  const response = await fetch(program.url + path, {
    method,
    headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  expect([path, response.status, text]).toEqual([path, expect.toSatisfy((status) => status < 300), text]);
  return /json/.test(response.headers.get("Content-Type") ?? "") ? JSON.parse(text) : text;
}

async function record(body: object): Promise<number> {
  return (await call("POST", "/api/transactions", body)).transaction.transaction_id;
}

async function settle(): Promise<void> {
  for (;;) {
    await program.engine.refresh("transaction_sensor");
    const { rowCount } = await program.database.pool.query("select from orchestrator.changes limit 1");
    if (rowCount === 0) return;
  }
}

/** What stands on the page for people: its text, and what is read out or shown beside a pointer. Not what a form holds or sends. */
function readable(html: string): string {
  const page = html
    .replaceAll(/<(script|style|textarea)\b.*?<\/\1>/gs, "")
    .replaceAll(/<[^>]*>/g, (tag) =>
      [...tag.matchAll(/\s(?:aria-label|title|alt|label|placeholder|data-label|data-points)="([^"]*)"/g)]
        .map(([, text]) => ` ${text} `)
        .join(""),
    );
  return page;
}

beforeAll(async () => {
  program = await startProgram();
  const response = await fetch(`${program.url}/auth/register`, {
    method: "POST",
    headers: { Origin: program.url, "Content-Type": "application/json" },
    body: JSON.stringify({ email: "wanjiru@example.org", password: "correct horse battery" }),
  });
  token = ((await response.json()) as { token: string }).token;
  visitor = new Visitor(program.url, token);
  const prices = [2020, 2021, 2022, 2023, 2024].map((year) => ({
    date: `${year}-12-31`,
    price: 1000 + (year - 2020) * 75,
  }));
  own = (await call("POST", "/api/own-assets", { name, asset_class: "real_estate", currency: "USD", prices }))
    .asset.ticker;
  await call("POST", "/api/account/cost-basis-method", { cost_basis_method: "fifo" });
  await call("POST", "/api/accounts", { name: "Broker", tracks_cash: true, income: "ledger" });
  const date = "2021-03-01";
  await record({ ticker: own, type: "BUY", quantity: 10, price: 1000, fee: 5, date });
  await record({ ticker: "NORD", type: "BUY", quantity: 10, price: 30, date });
  await record({ account: "Broker", type: "DEPOSIT", amount: 9000, date });
  await record({ account: "Broker", ticker: own, type: "BUY", quantity: 4, price: 1010, date });
  await record({ account: "Broker", ticker: own, type: "DIVIDEND", amount: 90, tax: 9, date: "2023-06-30" });
  await record({ account: "Broker", ticker: own, type: "FEE", amount: 12, date: "2023-07-01" });
  await record({ account: "Broker", ticker: own, type: "TAX", amount: 7, date: "2023-07-01" });
  await record({ ticker: own, type: "RETURN_OF_CAPITAL", amount: 20, date: "2023-08-01" });
  await record({ ticker: own, type: "SELL", quantity: 3, price: 1200, date: "2024-02-01" });
  await settle();
});

/** The page, which names the asset and not its ticker. `names` false: it need not. */
async function read(path: string, names = true): Promise<string> {
  const { html, status } = await visitor.get(path);
  expect([path, status]).toEqual([path, 200]);
  const text = readable(html);
  expect([path, /.{0,60}~\d+\.\d.{0,60}/.exec(text)?.[0] ?? "named"]).toEqual([path, "named"]);
  expect(html).not.toContain("\u{E000}");
  if (names) expect([path, text.includes(shown)]).toEqual([path, true]);
  return html;
}

describe("every page", () => {
  test("of the portfolio and of money", async () => {
    await read("/portfolio?range=Max");
    await read(`/portfolio?range=Max&benchmark=${own}`);
    await read(`/portfolio?range=1Y&benchmark=${own}`, false);
    await read(`/tickers/${own}`);
    await read("/tickers/NORD", false);
    await read("/income?by=ticker");
    await read("/income", false);
    await read("/realized?year=2024");
    for (const path of ["/cash", "/accounts", "/account", "/transactions/deleted"]) await read(path, false);
    await read("/own-assets");
    await read("/portfolio/targets");
    await read(`/own-assets/${own}`);
    const { accounts } = await call("GET", "/api/accounts");
    for (const { account_id } of accounts) {
      await read(`/accounts/${account_id}`, false);
      await read(`/portfolio?range=Max&account=${account_id}`);
      await read(`/tickers/${own}?account=${account_id}`);
    }
  });

  test("of operators, but for a run's scope, which is what a command takes", async () => {
    for (const path of ["/assets", "/assets/raw_prices", "/assets/int_prices_daily", "/runs", "/automation"])
      await read(path, false);
  });

  test.each(Object.keys(figures))("that explains %s", async (figure) => {
    const { portfolio, ticker } = figures[figure as keyof typeof figures];
    if (portfolio !== null) await read(`/explain/${figure}?range=Max`, false);
    else await read(`/explain/${figure}`);
    if (ticker !== null) await read(`/explain/${figure}?ticker=${own}`);
  });

  test("of the ledger", async () => {
    await read("/transactions");
    await read(`/transactions?ticker=${own}`);
    await read(`/transactions?enter=${own}`);
    const { transactions } = await call("GET", "/api/transactions?limit=50");
    for (const { transaction_id, type, ticker } of transactions) {
      if (ticker !== own) continue;
      await read(`/transactions/${transaction_id}/edit`);
      await read(`/transactions/${transaction_id}/delete`);
      await read(`/transactions?recorded=${transaction_id}`);
      if (type === "SELL") await read(`/transactions/new/sell?ticker=${own}&date=2024-03-01&choose=yes`);
    }
    await read("/transactions/new/dividend");
    await read(`/transactions/new/sell?ticker=${own}&date=2019-03-01&choose=yes`);
  });

  test("that refuses something, and of what was deleted", async () => {
    const trade = { ticker: own, type: "SELL", quantity: "1000", price: "1", fee: "0", date: "2024-03-01" };
    const refused = await visitor.post("/transactions", trade);
    expect([refused.status, readable(refused.html)]).toEqual([422, expect.not.stringMatching(/~\d/)]);
    expect(readable(refused.html)).toContain(`7 ${shown}`);
    const { transactions } = await call("GET", "/api/transactions?type=BUY&limit=50");
    const needed = transactions.find(
      ({ ticker, quantity }: Record<string, string>) => ticker === own && quantity === "10",
    );
    const kept = await visitor.post(`/transactions/${needed.transaction_id}/delete`);
    expect([kept.status, readable(kept.html)]).toEqual([409, expect.not.stringMatching(/~\d/)]);
    const gone = await record({ ticker: own, type: "BONUS", quantity: 1, date: "2024-03-01" });
    await visitor.post(`/transactions/${gone}/delete`);
    await read(`/transactions?deleted=${gone}`);
    await read("/transactions/deleted");
    await visitor.post(`/transactions/${gone}/restore`);
    await read(`/transactions?restored=${gone}`);
    await visitor.post(`/transactions/${gone}/delete`);
  });

  test("of corporate actions", async () => {
    const terms = { ticker: own, date: "2024-05-02", cash_per_share: "5", numerator: "", denominator: "" };
    const root = "/transactions/corporate-actions";
    await read(`${root}/new/merger?ticker=${own}`, false);
    const preview = await visitor.post(`${root}/new/merger`, { ...terms, step: "preview" });
    expect([preview.status, readable(preview.html)]).toEqual([200, expect.not.stringMatching(/~\d/)]);
    expect(readable(preview.html)).toContain(`: ${shown}`);
    const written = await visitor.post(`${root}/new/merger`, { ...terms, step: "write" });
    await read(written.location!);
    await read(root);
    const undone = await visitor.post(`${written.location!.replace(/\?.*/, "")}/undo`);
    expect(undone.status).toBe(303);
    await read(root);
    const split = { ticker: own, new_ticker: "CURA", date: "2024-05-02", numerator: "1", denominator: "4" };
    const unknown = await visitor.post(`${root}/new/spin-off`, { ...split, step: "preview" });
    expect(readable(unknown.html)).not.toMatch(/~\d/);
  });

  test("of an import of one's own export", async () => {
    const csv = await call("GET", "/api/transactions.csv");
    expect(csv).toContain(own);
    const again = await visitor.post("/transactions/import", { csv });
    expect([again.status, readable(again.html)]).toEqual([200, expect.not.stringMatching(/~\d/)]);
    expect(readable(again.html)).toContain(shown);
    const more = csv.replaceAll("2021-03-01", "2021-03-02").replaceAll("2023-", "2022-");
    const other = await visitor.post("/transactions/import", { csv: more });
    expect([other.status, readable(other.html)]).toEqual([200, expect.not.stringMatching(/~\d/)]);
  });
});

test("a benchmark is chosen by its name, and stays in the field as that", async () => {
  const chosen = await visitor.get(`/portfolio?${new URLSearchParams({ range: "Max", benchmark: name })}`);
  expect([chosen.status, decodeURIComponent(chosen.location!)]).toEqual([
    303,
    `/portfolio?range=Max&benchmark=${own}`,
  ]);
  const html = await read(chosen.location!);
  expect(html).toMatch(new RegExp(`id="benchmark"[^>]* value="${shown}"`));
  expect(html).toContain(`<option value="${shown}">`);
  const nobodys = await visitor.get("/portfolio?range=Max&benchmark=No+such+house");
  expect(nobodys.html).not.toContain("No such house");
});

test("whoever hands on a year's gains hands on the name", async () => {
  const csv = await call("GET", "/api/tax/realized?year=2024&format=csv");
  expect(csv).toContain(`,${name}`);
});

test("a new name stands wherever the old one stood, at once", async () => {
  await read("/portfolio?range=Max");
  await call("PATCH", `/api/own-assets/${own}`, { name: "Lake house" });
  for (const path of [
    "/portfolio?range=Max",
    `/portfolio?range=Max&benchmark=${own}`,
    `/tickers/${own}`,
    `/explain/market_value?ticker=${own}`,
    "/transactions",
    "/transactions/corporate-actions",
    "/realized?year=2024",
    "/income?by=ticker",
  ]) {
    const html = await read(path, false);
    expect([path, html.includes("Naivasha"), html.includes("Lake house")]).toEqual([path, false, true]);
  }
  const before = await visitor.get(
    `/portfolio?${new URLSearchParams({ range: "Max", benchmark: "Lake house" })}`,
  );
  expect([before.status, before.location]).toEqual([303, expect.stringContaining("benchmark=")]);
});
