/** What people see of market data that is wrong, and what operators rule on it. */
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Program, startProgram } from "../support/program.ts";
import { type Reader, settle, signUp, textOf } from "./reader.ts";

let program: Program;
/** The first account is an operator. */
let ada: Reader;
let bert: Reader;
let tokens: { readonly operator: string; readonly investor: string };

const password = "correct horse battery";

async function call(method: string, path: string, token: string, body?: unknown) {
  const response = await fetch(program.url + path, {
    method,
    headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: text.startsWith("{") ? JSON.parse(text) : text };
}

async function signIn(email: string): Promise<string> {
  const response = await fetch(`${program.url}/auth/login`, {
    method: "POST",
    headers: { "Content-Type": "application/json", Origin: program.url },
    body: JSON.stringify({ email, password }),
  });
  return ((await response.json()) as { token: string }).token;
}

const query = (text: string) => program.database.pool.query(text);

beforeAll(async () => {
  program = await startProgram();
  ada = await signUp(program, "ada@example.com");
  bert = await signUp(program, "bert@example.com");
  tokens = { operator: await signIn("ada@example.com"), investor: await signIn("bert@example.com") };
  await query(`
    insert into raw_assets (ticker, name, asset_class, currency, exchange_timezone)
    values ('T', 'AT&T', 'stock', 'USD', 'America/New_York');
    insert into raw_corporate_actions (ticker, action_date, action_type, ratio, numerator, denominator)
    values ('T', '2022-04-11', 'split', 1.324, 1324, 1000);
    insert into raw_prices (ticker, price_date, close)
    select 'T', day, case when day < '2022-04-11' then 18.126888 else 20 end
    from generate_series(date '2022-01-03', date '2022-06-30', interval '1 day') as day
    where extract(isodow from day) < 6`);
  await ada.trade("T", "BUY", "100", "24", "2022-01-03");
  await bert.trade("T", "BUY", "10", "24", "2022-01-03");
  await settle(program);
});

beforeEach(async () => {
  await query("delete from split_rulings; delete from market_rulings");
  await settle(program);
});

const read = async (path: string, reader = ada): Promise<string> => textOf((await reader.get(path)).html);

async function position(): Promise<{ quantity: string; current_value: string }> {
  const { rows } = await query(
    "select quantity, trim_scale(current_value) as current_value from gold_ticker_kpis where user_id = 1 and ticker = 'T'",
  );
  return rows[0];
}

describe("a spin-off among the splits (field case 01)", () => {
  const path = "/tickers/T/splits/2022-04-11";

  test("is told on the portfolio, in the ledger, on the ticker's page and on its own", async () => {
    expect(await position()).toEqual({ quantity: "100", current_value: "2000" });
    const said = "The split 1324:1000 of Apr 11, 2022 does not change your shares: its page says why.";
    expect(await read("/portfolio")).toContain(said);
    expect(await read("/transactions")).toContain(said);
    const page = await read("/tickers/T");
    expect(page).toContain(
      "The split 1324:1000 of Apr 11, 2022 changes nobody’s shares. The ratio is that of a spin-off",
    );
    expect(page).toContain(`href="${path}"`);
    const own = await read(path, bert);
    expect(own).toContain("It changes nobody’s shares; the prices before it came adjusted for it.");
    expect(own).toContain("An operator can rule otherwise, for everybody.");
    expect(own).not.toContain("Rule so, for everybody");
  });

  test("can be overruled by an operator, who sees the effect before; and taken back", async () => {
    const preview = await read(`${path}?verdict=scaled`);
    expect(preview).toContain('132.4<span class="aside">now 100</span>');
    expect(preview).toContain('$18.126888<span class="aside">now $24.00</span>');
    expect(preview).toContain("Rule so, for everybody");
    expect(await position()).toEqual({ quantity: "100", current_value: "2000" });

    const effect = await call("POST", `/api${path}/effect`, tokens.investor, { changes_quantity: true });
    expect(effect.body).toEqual({
      quantity: { now: "10", ruled: "13.24" },
      price: { date: "2022-04-08", now: "24", ruled: "18.126888" },
    });
    const ruling = { changes_quantity: true, reason: "paid in shares" };
    expect((await call("POST", `/api${path}`, tokens.investor, ruling)).status).toBe(403);
    expect((await call("POST", `/api${path}`, tokens.operator, ruling)).status).toBe(204);
    await settle(program);
    expect(await position()).toEqual({ quantity: "132.4", current_value: "2648" });
    const { body } = await call("GET", `/api${path}`, tokens.investor);
    expect(body.split).toMatchObject({
      is_accepted: true,
      is_doubtful: false,
      reason: "accepted: ada@example.com ruled: paid in shares",
    });
    expect((await call("DELETE", `/api${path}`, tokens.operator)).status).toBe(204);
    await settle(program);
    expect(await position()).toEqual({ quantity: "100", current_value: "2000" });
  });

  test("another day's has no page", async () => {
    expect((await ada.get("/tickers/T/splits/2022-04-12")).status).toBe(404);
    expect((await call("GET", "/api/tickers/T/splits/2022-04-12", tokens.operator)).status).toBe(404);
  });
});

describe("a price", () => {
  test("that an operator rules out is kept out, listed and counted", async () => {
    const ruling = { date: "2022-06-30", subject: "price", is_kept_out: true, reason: "no such trade" };
    expect((await call("POST", "/api/tickers/T/defects", tokens.investor, ruling)).status).toBe(403);
    expect((await call("POST", "/api/tickers/T/defects", tokens.operator, ruling)).status).toBe(204);
    await settle(program);
    const { body } = await call("GET", "/api/tickers/T/defects", tokens.investor);
    expect(body.defects).toEqual([
      {
        ticker: "T",
        date: "2022-06-30",
        defect: "ruled_out",
        is_kept_out: true,
        detail: "ada@example.com ruled: no such trade",
      },
    ]);
    expect(await read("/tickers/T")).toContain("Ruled out, Jun 30, 2022");
    expect(await read("/portfolio")).toContain("Something is wrong with its market data");
    const metrics = await (await fetch(`${program.url}/metrics`)).text();
    expect(metrics).toContain('stratafolio_market_defects{defect="ruled_out"} 1');
    expect(metrics).toContain('stratafolio_market_defects{defect="doubtful_split"} 1');
  });
});

test("a symbol that has come to mean something else is told where its figures are (field cases 21 and 22)", async () => {
  const detail = "Yahoo Finance now quotes it in EUR, and its stored prices are in USD";
  const untilRuled = "what is stored is kept, and no more is fetched until an operator has ruled";
  await query(`
    update raw_assets set last_error = '${detail}: ${untilRuled}' where ticker = 'T';
    insert into market_defects (ticker, defect_date, defect, is_kept_out, detail)
    values ('T', '2022-06-30', 'other_currency', true, '${detail}')`);
  await settle(program);
  expect(await read("/portfolio")).toContain(`${untilRuled}. It is valued at its last known price.`);
  expect(await read("/tickers/T")).toContain(`Another currency, Jun 30, 2022: ${detail}.`);
  const trade = { ticker: "T", type: "BUY", quantity: "1", price: "19", date: "2022-05-05" };
  const { body } = await call("POST", "/api/transactions", tokens.investor, trade);
  expect(body.warnings).toEqual([`the prices of T do not go on: ${detail}: ${untilRuled}`]);
  await query(`
    update raw_assets set last_error = null where ticker = 'T';
    delete from market_defects where ticker = 'T'`);
  await settle(program);
});

test("prices are as of the newest price of what this person holds (field case 25)", async () => {
  // Somebody else's ticker has prices to this day.
  const carl = await signUp(program, "carl@example.com");
  await carl.trade("NORD", "BUY", "1", "100", new Date().toISOString().slice(0, 10));
  await settle(program);
  for (const path of ["/portfolio?range=Max", "/tickers/T"])
    expect(await read(path), path).toContain('Prices as of <time datetime="2022-06-30">Jun 30, 2022</time>');
});

test("a change of symbol is an operator's to enter", async () => {
  const change = { from: "FB", to: "T", changed_on: "2022-06-09" };
  expect((await call("POST", "/api/symbol-changes", tokens.investor, change)).status).toBe(403);
  expect((await call("POST", "/api/symbol-changes", tokens.operator, change)).status).toBe(204);
  const trade = { ticker: "FB", type: "BUY", quantity: "1", price: "19", date: "2022-05-05" };
  const { status, body } = await call("POST", "/api/transactions", tokens.investor, trade);
  expect([status, body.transaction.ticker, body.warnings]).toEqual([
    201,
    "T",
    ["FB has been T since 2022-06-09, and is recorded as that"],
  ]);
});
