/** Prices from files, as operators give them and everybody's figures have them. */
import { beforeAll, describe, expect, test } from "vitest";
import { type Program, startProgram } from "../support/program.ts";
import { type Reader, settle, signUp, textOf } from "./reader.ts";

let program: Program;
/** The first account is an operator. */
let ada: Reader;
let bert: Reader;
let tokens: { readonly operator: string; readonly investor: string };

async function signIn(email: string): Promise<string> {
  const response = await fetch(`${program.url}/auth/login`, {
    method: "POST",
    headers: { "Content-Type": "application/json", Origin: program.url },
    body: JSON.stringify({ email, password: "correct horse battery" }),
  });
  return ((await response.json()) as { token: string }).token;
}

async function call(path: string, token: string, file?: string) {
  const response = await fetch(program.url + path, {
    headers: { Authorization: `Bearer ${token}`, "Content-Type": "text/csv" },
    ...(file !== undefined && { method: "POST", body: file }),
  });
  return { status: response.status, body: JSON.parse(await response.text()) };
}

const days = ["2024-01-02", "2024-01-03", "2024-01-04", "2024-01-05"];
const history = ["Date,Close", ...days.map((day, index) => `${day},${14 + index}`), "2024-01-06,20"].join(
  "\n",
);

beforeAll(async () => {
  program = await startProgram();
  ada = await signUp(program, "ada@example.com");
  bert = await signUp(program, "bert@example.com");
  tokens = { operator: await signIn("ada@example.com"), investor: await signIn("bert@example.com") };
});

test("a file is an operator's to give, and its report says which row was refused", async () => {
  const path = "/api/prices/files?name=SCOM.csv&ticker=SCOM.XNAI";
  expect((await call(path, tokens.investor, history)).status).toBe(403);
  const { status, body } = await call(path, tokens.operator, history);
  expect(status).toBe(201);
  expect(body.file).toMatchObject({ rows: 5, inserted: 4, refused: 1, tickers: ["SCOM.XNAI"] });
  expect(body.file.refused_rows).toMatchObject([{ line: 6, reason: "rest_day" }]);
  const again = await call(path, tokens.operator, history);
  expect(again.body.file).toMatchObject({ inserted: 0, unchanged: 4, contradicting: 0 });
  const list = await call("/api/prices/files", tokens.operator);
  expect(list.body.files).toMatchObject([{ inserted: 0 }, { inserted: 4, received_by: "ada@example.com" }]);
  expect((await call(`/api/prices/files/${body.file.file_id}`, tokens.operator)).body.file.rows).toBe(5);
  expect((await call("/api/prices/files", tokens.investor)).status).toBe(403);
});

test("nothing, a misspelt exchange and an unknown file are answered in words", async () => {
  expect((await call("/api/prices/files?name=x", tokens.operator, "")).status).toBe(422);
  expect((await call("/api/prices/files?name=x&exchange=MOON", tokens.operator, history)).status).toBe(422);
  expect((await call("/api/prices/files/999", tokens.operator)).status).toBe(404);
});

test("the page takes a pasted text and shows the report; investors do not see it", async () => {
  const { html } = await ada.get("/assets/prices");
  const csrf = /name="csrf_token" value="([^"]+)"/.exec(html)![1]!;
  const answer = await ada.post("/assets/prices", {
    csrf_token: csrf,
    csv: history,
    name: "safaricom.csv",
    ticker: "SCOM.XNAI",
    exchange: "",
    pair: "",
    date_order: "",
    replace: "false",
  });
  expect(answer.status).toBe(303);
  const report = textOf((await ada.get(answer.location!)).html);
  expect(report).toContain("5 rows read: 0 new, 4 as stored");
  expect(report).toContain("a day of rest: 1");
  expect(textOf((await ada.get("/assets/prices")).html)).toContain("safaricom.csv");
  expect((await bert.get("/assets/prices")).status).toBe(403);
});

test("a gap that all of the exchange's tickers have is none", async () => {
  await call(
    "/api/prices/files?name=kes.csv&pair=USD/KES",
    tokens.operator,
    "Date,Close\n2023-12-29,156.5\n2024-01-02,157.25\n2024-03-01,145.75",
  );
  const give = (ticker: string, ...days: string[]) =>
    call(
      `/api/prices/files?name=x&ticker=${ticker}`,
      tokens.operator,
      ["Date,Close", ...days.map((day) => `${day},10.5`)].join("\n"),
    );
  await give("AAA.XNAI", "2024-02-01", "2024-02-20", "2024-02-21");
  await give("BBB.XNAI", "2024-02-01", "2024-02-20", "2024-02-21");
  await bert.trade("AAA.XNAI", "BUY", "1", "10.5", "2024-02-01");
  await settle(program);
  const page = async () => textOf((await bert.get("/tickers/AAA.XNAI")).html);
  // All others of the exchange had none either.
  expect(await page()).not.toContain("A gap: no price for 19 days");
  await give("CCC.XNAI", "2024-02-01", "2024-02-08", "2024-02-20");
  expect(await page()).toContain("A gap: no price for 19 days");
});

test("the ticker can be traded, and Yahoo Finance is not asked for it", async () => {
  await bert.trade("SCOM.XNAI", "BUY", "100", "14", "2024-01-02");
  await settle(program);
  const { rows } = await program.database.pool.query(
    "select quantity::text from gold_ticker_kpis where ticker = 'SCOM.XNAI'",
  );
  expect(rows).toHaveLength(1);
  const run = await program.engine.run({
    triggerKind: "manual",
    triggerName: "test",
    selection: "raw_prices",
    partitions: ["SCOM.XNAI"],
  });
  expect(run).toBeDefined();
  const asset = await program.database.pool.query(
    "select source, is_active, last_error from raw_assets where ticker = 'SCOM.XNAI'",
  );
  expect(asset.rows).toEqual([{ source: "file", is_active: true, last_error: null }]);
});

test("who has left is named in no report; until then it is in their export", async () => {
  await signUp(program, "carla@example.com");
  const { pool } = program.database;
  await pool.query("update public.users set role = 'operator' where email = 'carla@example.com'");
  const token = await signIn("carla@example.com");
  const given = await call("/api/prices/files?name=hers.csv&ticker=SCOM.XNAI", token, history);
  await pool.query("update public.users set role = 'investor' where email = 'carla@example.com'");
  expect((await call("/api/account/export", token)).body.price_files).toMatchObject([{ name: "hers.csv" }]);
  expect((await call("/api/account/export", tokens.investor)).body.price_files).toEqual([]);
  await pool.query("delete from public.users where email = 'carla@example.com'");
  const { body } = await call(`/api/prices/files/${given.body.file.file_id}`, tokens.operator);
  expect(body.file.received_by).toBe("somebody who has left");
  expect(JSON.stringify(body)).not.toContain("carla");
});

describe("a ticker switched from Yahoo Finance to files and back", () => {
  const bars = async () =>
    (
      await program.database.pool.query<{ bar: string }>(
        "select price_date || ' ' || trim_scale(close) as bar from bronze.raw_prices where ticker = 'NPN.JO' order by 1",
      )
    ).rows.map(({ bar }) => bar);
  const post = async (token: string, body: object) => {
    const response = await fetch(`${program.url}/api/prices/source`, {
      method: "POST",
      headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    return { status: response.status, body: JSON.parse(await response.text()) };
  };

  test("has the bars of one alone, and loses none", async () => {
    await program.database.pool.query(
      `insert into bronze.raw_assets (ticker, name, asset_class, currency, quote_unit, unit_factor, exchange_timezone)
       values ('NPN.JO', 'Naspers', 'stock', 'ZAR', 'ZAc', 0.01, 'Africa/Johannesburg');
       insert into bronze.raw_prices (ticker, price_date, close) values ('NPN.JO', '2024-01-02', 62.5), ('NPN.JO', '2023-12-29', 61);
       insert into bronze.raw_corporate_actions (ticker, action_date, action_type, cash_per_share) values ('NPN.JO', '2023-12-29', 'dividend', 1)`,
    );
    expect((await post(tokens.investor, { ticker: "NPN.JO", source: "file" })).status).toBe(403);
    expect((await post(tokens.operator, { ticker: "AAPL", source: "file" })).status).toBe(422);
    expect((await post(tokens.operator, { ticker: "SCOM.XNAI", source: "yahoo" })).status).toBe(422);
    expect((await post(tokens.operator, { ticker: "PRX.JO", source: "file" })).status).toBe(404);
    const there = await post(tokens.operator, { ticker: "npn.jo", source: "file" });
    expect(there).toEqual({ status: 200, body: { set_aside: 2, brought_back: 0 } });
    expect(await bars()).toEqual([]);
    const given = await call("/api/prices/files?name=n.csv&ticker=NPN.JO", tokens.operator, history);
    expect(given.body.file).toMatchObject({ inserted: 4, series_refused: [] });
    const own = await bars();
    const { html } = await ada.get("/assets/prices");
    const csrf = /name="csrf_token" value="([^"]+)"/.exec(html)![1]!;
    const back = await ada.post("/assets/prices/source", {
      csrf_token: csrf,
      ticker: "NPN.JO",
      source: "yahoo",
    });
    expect([back.status, back.location]).toEqual([303, "/tickers/NPN.JO"]);
    expect(await bars()).toEqual(["2023-12-29 61", "2024-01-02 62.5"]);
    const { rows } = await program.database.pool.query(
      "select action_type from bronze.raw_corporate_actions where ticker = 'NPN.JO'",
    );
    expect(rows).toEqual([{ action_type: "dividend" }]);
    const again = await post(tokens.operator, { ticker: "NPN.JO", source: "file" });
    expect(again.body).toEqual({ set_aside: 2, brought_back: 4 });
    expect(await bars()).toEqual(own);
  });
});
