import { beforeAll, describe, expect, test } from "vitest";
import { resourcesOf } from "../ingestion/context.ts";
import { startIngestion } from "../support/engine.ts";
import { emptyRegistry } from "./registry.ts";
import { startWebServer, type WebServer } from "./server.ts";

let server: WebServer;
let anna: { token: string; id: number };
let bert: { token: string; id: number };

// The replay server's last day is 2024-06-28.
const buy = { ticker: "ACME", type: "BUY", quantity: "2", price: "150.25", date: "2024-01-02" };

beforeAll(async () => {
  server = await startWebServer(emptyRegistry);
  await startIngestion(server.database, resourcesOf(server.market));
  anna = await server.register("anna@example.org");
  bert = await server.register("bert@example.org");
});

function post(body: unknown, token = anna.token, headers: Record<string, string> = {}) {
  return server.call("POST", "/api/transactions", { body, token, headers });
}

async function ledger(token: string): Promise<{ transaction_id: number }[]> {
  return (await server.call("GET", "/api/transactions?limit=500", { token })).body.transactions;
}

describe("recording", () => {
  test("answers with the transaction as it was typed, money as strings", async () => {
    const { status, body } = await post({ ...buy, ticker: " acme ", quantity: 0.1, fee: "1.50" });
    expect(status).toBe(201);
    expect(body.transaction).toEqual({
      transaction_id: expect.any(Number),
      account_id: expect.any(Number),
      ticker: "ACME",
      type: "BUY",
      quantity: "0.1",
      price: "150.25",
      amount: null,
      fee: "1.5",
      tax: "0",
      date: "2024-01-02",
      currency: "USD",
      fx_rate: null,
      fx_currency: null,
      numerator: null,
      denominator: null,
      acquired_on: null,
      lots: null,
      market_value: null,
      transfer_id: null,
      group_id: null,
      note: null,
      tags: null,
      external_id: null,
      total: "16.525",
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    });
    expect(await ledger(anna.token)).toContainEqual(body.transaction);
  });

  test.each([
    [{ quantity: "0" }, "invalid_quantity", "quantity"],
    [{ quantity: "-1" }, "invalid_quantity", "quantity"],
    [{ quantity: "NaN" }, "invalid_quantity", "quantity"],
    [{ quantity: "Infinity" }, "invalid_quantity", "quantity"],
    [{ quantity: "1e400" }, "invalid_quantity", "quantity"],
    [{ quantity: "123456789012345678901234567890" }, "invalid_quantity", "quantity"],
    [{ quantity: "1,5" }, "invalid_quantity", "quantity"],
    [{ quantity: "'; drop table users; --" }, "invalid_quantity", "quantity"],
    [{ quantity: null }, "invalid_quantity", "quantity"],
    [{ quantity: undefined }, "invalid_quantity", "quantity"],
    [{ quantity: {} }, "invalid_quantity", "quantity"],
    [{ price: "0" }, "invalid_price", "price"],
    [{ price: "-0.01" }, "invalid_price", "price"],
    [{ price: true }, "invalid_price", "price"],
    [{ fee: "-1" }, "invalid_fee", "fee"],
    [{ type: "HOLD" }, "invalid_type", "type"],
    [{ type: undefined }, "invalid_type", "type"],
    [{ date: "02.01.2024" }, "invalid_date", "date"],
    [{ date: "2024-02-30" }, "invalid_date", "date"],
    [{ date: "2024-06-30" }, "future_date", "date"],
    [{ date: "9999-12-31" }, "future_date", "date"],
    [{ ticker: "" }, "invalid_ticker", "ticker"],
    [{ ticker: "AC\0ME" }, "invalid_ticker", "ticker"],
    [{ ticker: "../../etc/passwd" }, "invalid_ticker", "ticker"],
    [{ ticker: "ACME'; drop table users" }, "invalid_ticker", "ticker"],
    [{ ticker: "NOSUCH" }, "unknown_ticker", "ticker"],
    [{ currency: "XYZ" }, "invalid_currency", "currency"],
    [{ currency: "usd" }, "invalid_currency", "currency"],
    [{ currency: 7 }, "invalid_currency", "currency"],
    [{ fx_rate: "0" }, "invalid_fx_rate", "fx_rate"],
    [{ fx_rate: "1e3" }, "invalid_fx_rate", "fx_rate"],
    [{ fx_rate: "1000000000000" }, "invalid_fx_rate", "fx_rate"],
    [{ fx_rate: "1.1" }, "invalid_fx_rate", "fx_rate"],
    [{ currency: "EUR", date: "2019-05-06" }, "missing_fx_rate", "fx_rate"],
  ])("refuses %j with %s", async (change, code, field) => {
    const before = await ledger(anna.token);
    const { status, body } = await post({ ...buy, ...change });
    expect([status, body.error.code, body.error.field]).toEqual([422, code, field]);
    expect(body.error.message).toMatch(/\w/);
    expect(await ledger(anna.token)).toEqual(before);
  });

  test("refuses a number too large for JavaScript", async () => {
    const { status, body } = await post(
      '{"ticker":"ACME","type":"BUY","quantity":1e400,"price":1,"date":"2024-01-02"}',
    );
    expect([status, body.error.code]).toEqual([422, "invalid_quantity"]);
  });

  test("refuses to sell more than is held, on the day or through a later one", async () => {
    await post({ ...buy, ticker: "WORLD", quantity: "5", date: "2024-02-01" });
    await post({ ...buy, ticker: "WORLD", type: "SELL", quantity: "5", date: "2024-04-01" });
    for (const date of ["2024-01-31", "2024-03-01", "2024-05-01"]) {
      const { status, body } = await post({ ...buy, ticker: "WORLD", type: "SELL", quantity: "1", date });
      expect([status, body.error.code]).toEqual([422, "oversell"]);
    }
  });

  test("says when prices cannot be asked about, and when to try again", async () => {
    server.market.fail("chart", "500", 9);
    const { status, headers, body } = await post({ ...buy, ticker: "OIL=F" });
    server.market.recover();
    expect([status, body.error.code]).toEqual([503, "market_data_unavailable"]);
    expect(Number(headers.get("Retry-After"))).toBeGreaterThan(0);
  });

  test("needs somebody who is signed in", async () => {
    expect((await server.call("POST", "/api/transactions", { body: buy })).status).toBe(401);
  });
});

describe("an Idempotency-Key", () => {
  test("makes a repeated request one transaction with one answer, also at the same time", async () => {
    const before = (await ledger(bert.token)).length;
    const headers = { "Idempotency-Key": "one" };
    const answers = await Promise.all([1, 2, 3, 4].map(() => post(buy, bert.token, headers)));
    answers.push(await post(buy, bert.token, headers));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    for (const { body } of answers) expect(body).toEqual(answers[0]!.body);
    expect(await ledger(bert.token)).toHaveLength(before + 1);
  });

  test("is a person's own", async () => {
    const headers = { "Idempotency-Key": "shared" };
    const [annas, berts] = await Promise.all([
      post(buy, anna.token, headers),
      post(buy, bert.token, headers),
    ]);
    expect(annas.body.transaction.transaction_id).not.toBe(berts.body.transaction.transaction_id);
  });

  test("with another body is refused", async () => {
    const headers = { "Idempotency-Key": "two" };
    await post(buy, bert.token, headers);
    const { status, body } = await post({ ...buy, quantity: "3" }, bert.token, headers);
    expect([status, body.error.code]).toEqual([422, "idempotency_conflict"]);
  });

  test("is forgotten after a day, when somebody else's comes", async () => {
    const { pool } = server.database;
    const kept = async () => {
      const { rows } = await pool.query("select idempotency_key from idempotency_keys");
      return rows.map(({ idempotency_key }) => idempotency_key);
    };
    for (const key of ["yesterday's", "today's"])
      expect((await post(buy, bert.token, { "Idempotency-Key": key })).status).toBe(201);
    await pool.query(
      `update idempotency_keys
       set created_at = now() - case idempotency_key when 'today''s' then interval '23 hours' else interval '25 hours' end
       where idempotency_key in ('yesterday''s', 'today''s')`,
    );
    await post(buy, anna.token, { "Idempotency-Key": "newest" });
    expect(await kept()).toEqual(expect.arrayContaining(["today's", "newest"]));
    expect(await kept()).not.toContain("yesterday's");
  });

  test("of a refused request may come again", async () => {
    const headers = { "Idempotency-Key": "three" };
    expect((await post({ ...buy, quantity: "0" }, bert.token, headers)).status).toBe(422);
    expect((await post(buy, bert.token, headers)).status).toBe(201);
  });

  test("must be of a sensible length", async () => {
    const { status, body } = await post(buy, bert.token, { "Idempotency-Key": "x".repeat(300) });
    expect([status, body.error.code]).toEqual([422, "invalid_idempotency_key"]);
  });
});

describe("listing", () => {
  test("goes through the ledger newest first, page by page, each once", async () => {
    const carol = await server.register("carol@example.org");
    for (const date of ["2024-03-01", "2024-01-01", "2024-02-01", "2024-02-01", "2024-03-01"])
      await post({ ...buy, date }, carol.token);
    const seen: { transaction_id: number; date: string }[] = [];
    let next: string | number | null = null;
    do {
      const before: string = next === null ? "" : `&before=${next}`;
      const { status, body } = await server.call("GET", `/api/transactions?limit=2${before}`, {
        token: carol.token,
      });
      expect(status).toBe(200);
      expect(body.transactions.length).toBeGreaterThan(0);
      seen.push(...body.transactions);
      next = body.next;
    } while (next !== null);
    expect(seen.map(({ date }) => date)).toEqual([
      "2024-03-01",
      "2024-03-01",
      "2024-02-01",
      "2024-02-01",
      "2024-01-01",
    ]);
    expect(new Set(seen.map(({ transaction_id }) => transaction_id)).size).toBe(5);
  });

  test.each(["limit=0", "limit=501", "limit=x", "limit=1.5", "before=x", "before=1%27%20or%20true"])(
    "refuses ?%s",
    async (query) => {
      const { status, body } = await server.call("GET", `/api/transactions?${query}`, { token: anna.token });
      expect([status, body.error.code]).toEqual([422, `invalid_${query.split("=")[0]}`]);
    },
  );
});

describe("deleting", () => {
  test("removes one's own transaction, once", async () => {
    const { body } = await post(buy);
    const path = `/api/transactions/${body.transaction.transaction_id}`;
    const deleted = await server.call("DELETE", path, { token: anna.token });
    expect([deleted.status, deleted.body]).toEqual([204, ""]);
    const again = await server.call("DELETE", path, { token: anna.token });
    expect([again.status, again.body.error.code]).toEqual([404, "not_found"]);
  });

  test("is refused with 409 when a later SELL depends on it", async () => {
    const dora = await server.register("dora@example.org");
    const { body } = await post(buy, dora.token);
    await post({ ...buy, type: "SELL", date: "2024-02-01" }, dora.token);
    const refused = await server.call("DELETE", `/api/transactions/${body.transaction.transaction_id}`, {
      token: dora.token,
    });
    expect([refused.status, refused.body.error.code]).toEqual([409, "oversell"]);
    expect(await ledger(dora.token)).toHaveLength(2);
  });

  test.each(["0", "-1", "x", "1.5", "99999999999999999999", "1%20or%20true"])(
    "of the id %s finds nothing",
    async (id) => {
      const { status, body } = await server.call("DELETE", `/api/transactions/${id}`, { token: anna.token });
      expect([status, body.error.code]).toEqual([404, "not_found"]);
    },
  );
});

describe("one person's rows", () => {
  test("are not seen, not deleted and not sold from by another", async () => {
    const emil = await server.register("emil@example.org");
    const { body } = await post(buy);
    const path = `/api/transactions/${body.transaction.transaction_id}`;
    expect(await ledger(emil.token)).toEqual([]);
    expect((await server.call("DELETE", path, { token: emil.token })).status).toBe(404);
    expect((await post({ ...buy, type: "SELL" }, emil.token)).body.error.code).toBe("oversell");
    expect(await ledger(anna.token)).toContainEqual(body.transaction);
  });

  test("are kept by PostgreSQL too, where a query forgets whose they are", async () => {
    const client = await server.pool.connect();
    await client.query(`begin; set local app.user_id = '${bert.id}'`);
    const { rows } = await client.query("select distinct user_id from transactions");
    expect(rows).toEqual([{ user_id: bert.id }]);
    await expect(
      client.query(
        `insert into transactions (user_id, ticker, transaction_type, quantity, price, transaction_date)
         values ($1, 'ACME', 'BUY', 1, 1, '2024-01-02')`,
        [anna.id],
      ),
    ).rejects.toThrow(/row-level security/);
    await client.query("rollback");
    expect((await client.query("select user_id from transactions")).rows).toEqual([]);
    client.release();
  });
});

describe("tickers", () => {
  const search = (q: string) => server.call("GET", `/api/tickers?q=${q}`, { token: anna.token });
  const tickers = async (q: string) =>
    (await search(q)).body.tickers.map(({ ticker }: { ticker: string }) => ticker);

  test("are found by the price source, and among the person's own", async () => {
    const { status, body } = await search("coin");
    expect(status).toBe(200);
    expect(body).toEqual({
      tickers: [{ ticker: "COIN-USD", name: "Coin USD", asset_class: "crypto", exchange: "Crypto" }],
      is_complete: true,
    });
    await server.database.pool.query(
      `insert into raw_assets (ticker, name, asset_class, currency, exchange, exchange_timezone)
       values ('COINX', 'C''oin 100% _ Trust', 'etf', 'USD', 'PCX', 'America/New_York')`,
    );
    expect(await tickers("coin")).toEqual(["COIN-USD"]);
    await server.database.pool.query(
      "insert into watchlist (user_id, ticker) select user_id, 'COINX' from users where email = 'anna@example.org'",
    );
    expect(await tickers("coin")).toEqual(["COINX", "COIN-USD"]);
    expect(await tickers("100%25%20_")).toEqual(["COINX"]);
  });

  test("of one's own are found while the price source is away, and the answer says that it is", async () => {
    server.market.fail("search", "500", 9);
    const { status, body } = await search("coin");
    server.market.recover();
    expect([status, body.is_complete, body.tickers.length]).toEqual([200, false, 1]);
  });

  test("need somebody who is signed in, and a short text", async () => {
    expect((await server.call("GET", "/api/tickers?q=a")).status).toBe(401);
    for (const query of ["", `?q=${"a".repeat(101)}`, "?q[]=a", "?q=%00"]) {
      const { status, body } = await server.call("GET", `/api/tickers${query}`, { token: anna.token });
      expect([status, body.error.code]).toEqual([422, "invalid_q"]);
    }
  });
});
