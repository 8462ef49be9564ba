/** Currencies over HTTP: of figures, of trades. */
import { beforeAll, expect, test } from "vitest";
import { personTransaction } from "../../src/database/person.ts";
import { ledgerTables } from "../../src/ledger/index.ts";
import { resourcesOf } from "../ingestion/context.ts";
import { startIngestion } from "../support/engine.ts";
import { emptyRegistry } from "./registry.ts";
import { startWebServer, type WebServer } from "./server.ts";

let server: WebServer;
let token: string;
let id: number;

beforeAll(async () => {
  server = await startWebServer(emptyRegistry);
  await startIngestion(server.database, resourcesOf(server.market));
  ({ token, id } = await server.register("nairobi@example.org"));
});

const choose = (base_currency: unknown) =>
  server.call("POST", "/api/account/base-currency", { token, body: { base_currency } });
const account = async () => (await server.call("GET", "/api/account", { token })).body.account;

test("figures are in US dollars until another currency is chosen, whose rates come first", async () => {
  expect((await account()).base_currency).toBe("USD");
  for (const wrong of ["kes", "KSH", "GBp", "", 7, null])
    expect((await choose(wrong)).body.error).toMatchObject({
      code: "invalid_base_currency",
      field: "base_currency",
    });
  const { pool } = server.database;
  const changes = async () => {
    const { rows } = await pool.query<{ asset: string }>(
      "select asset from orchestrator.changes where asset = 'users' and partition_value = $1::text",
      [id],
    );
    return rows.length;
  };
  await choose("USD");
  expect(await changes()).toBe(0);
  expect((await choose("TZS")).body.error).toMatchObject({
    code: "market_data_unavailable",
    message: expect.stringMatching(/^the exchange rates of TZS could not be fetched/),
  });
  expect((await account()).base_currency).toBe("USD");
  const { status, body } = await choose("KES");
  expect([status, body.account.base_currency]).toEqual([200, "KES"]);
  expect(await changes()).toBe(1);
  const rates = await pool.query("select from raw_fx_rates where currency = 'KES'");
  expect(rates.rowCount).toBe(server.market.ticker("KES=X").bars.length);
});

test("a trade comes with its currency and rate, and the ledger, its audit and the personal data give them back", async () => {
  const trade = { ticker: "EURX.DE", type: "BUY", quantity: 2, price: 5025, date: "2024-01-02" };
  const { status, body } = await server.call("POST", "/api/transactions", {
    token,
    body: { ...trade, currency: "GBp", price: 5025, fee: 100, fx_rate: "201.5" },
  });
  // No rate of GBP is to be had in this world.
  expect([status, body.error.code]).toEqual([503, "market_data_unavailable"]);
  const recorded = await server.call("POST", "/api/transactions", {
    token,
    body: { ...trade, price: 50.25, fx_rate: 160.5 },
  });
  const expected = { currency: "EUR", fx_rate: "160.5", fx_currency: "KES", price: "50.25", total: "100.5" };
  expect(recorded.body.transaction).toMatchObject(expected);
  const list = await server.call("GET", "/api/transactions", { token });
  expect(list.body.transactions).toEqual([recorded.body.transaction]);
  for (const { select } of [ledgerTables.transactions, ledgerTables.audit]) {
    const { rows } = await personTransaction(server.database.pool, id, (client) =>
      client.query(select, [id]),
    );
    expect(rows).toMatchObject([{ currency: "EUR", fx_rate: "160.5", fx_currency: "KES" }]);
  }
});
