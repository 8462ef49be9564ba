/** On PostgreSQL with the web's role, so that row-level security holds. */
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import {
  deleteTransaction,
  findTransaction,
  listTransactions,
  readTradeDraft,
  recordTransaction,
  searchTickers,
} from "../../src/ledger/index.ts";
import { createTestDatabase, truncate } from "../support/database.ts";
import { startIngestion } from "../support/engine.ts";
import { createReplayServer, type ReplayServer } from "../support/replay-server.ts";
import { ledgerOn, type RecordedLedger, resourcesFrom } from "./context.ts";

const database = await createTestDatabase();
const { pool: owner, connect } = database;
const web = connect({ role: "stratafolio_web" });
let server: ReplayServer;
let ledger: RecordedLedger;

await startIngestion(
  database,
  resourcesFrom(() => server),
);

const alice = 1;
const bob = 2;

beforeEach(async () => {
  await truncate(owner, "bronze.raw_assets", "bronze.raw_prices", "public.users");
  await owner.query(
    `truncate orchestrator.changes;
     insert into users (user_id, email, password_hash) values (1, 'a@example.org', 'x'), (2, 'b@example.org', 'x')`,
  );
  server = await createReplayServer();
  onTestFinished(server.close);
  ledger = ledgerOn(web, server);
});

const buy = { ticker: "ACME", type: "BUY", quantity: "10", price: "40", fee: "1.5", date: "2024-01-10" };
const sell = { ...buy, type: "SELL", date: "2024-02-10" };
const record = (input: object, userId = alice, key?: string) => recordTransaction(ledger, userId, input, key);
const all = async (userId = alice) => (await listTransactions(ledger, userId, { limit: 500 })).transactions;
const countOf = async (table: string) =>
  (await owner.query<{ rows: number }>(`select count(*) as rows from ${table}`)).rows[0]?.rows;

test("records a transaction, and what its ticker is", async () => {
  const { transaction, replayed, warnings } = await record({ ...buy, ticker: " acme" });
  expect(transaction).toMatchObject({
    transaction_id: expect.any(Number),
    ticker: "ACME",
    type: "BUY",
    quantity: "10",
    price: "40",
    fee: "1.5",
    date: "2024-01-10",
    currency: "USD",
    fx_rate: null,
    fx_currency: null,
    total: "401.5",
    created_at: expect.stringMatching(/^\d{4}-\d{2}-\d{2}T.*Z$/),
  });
  expect([replayed, warnings]).toEqual([false, []]);
  expect((await record(sell)).transaction.total).toBe("398.5");
  const { rows } = await owner.query("select ticker, name, asset_class, currency from raw_assets");
  expect(rows).toEqual([{ ticker: "ACME", name: "Acme Corporation", asset_class: "stock", currency: "USD" }]);
  const changed = await owner.query(
    "select asset, partition_value from orchestrator.changes where asset <> 'accounts' order by change_id",
  );
  expect(changed.rows).toEqual([
    { asset: "raw_assets", partition_value: "ACME" },
    { asset: "transactions", partition_value: "1" },
    { asset: "transactions", partition_value: "1" },
  ]);
});

test("a ticker is looked up once; a known one needs no price source", async () => {
  await record(buy);
  const asked = server.requests.length;
  server.fail("chart", "500", 99);
  await record(buy, bob);
  expect(server.requests).toHaveLength(asked);
});

test.each([
  ["an unknown ticker", { ticker: "NOPE" }, "unknown_ticker"],
  ["a malformed ticker", { ticker: "../x" }, "invalid_ticker"],
  ["a quantity of NaN", { quantity: "NaN" }, "invalid_quantity"],
  ["a future date", { date: "2024-06-30" }, "future_date"],
])("%s is refused before anything is written", async (_what, fields, code) => {
  await expect(record({ ...buy, ...fields })).rejects.toMatchObject({ code });
  expect([await countOf("transactions"), await countOf("raw_assets")]).toEqual([0, 0]);
});

test("while Yahoo is down a new ticker cannot be recorded, and the answer says when to try again", async () => {
  server.fail("chart", "429", 99, { retryAfterSeconds: 45 });
  await expect(record(buy)).rejects.toMatchObject({ code: "market_data_unavailable", retryAfterSeconds: 45 });
  expect(await countOf("transactions")).toBe(0);
});

test("a trade before the first price is recorded with a warning", async () => {
  const first = server.ticker("ACME").bars[0]!.date;
  expect((await record({ ...buy, date: "2001-05-04" })).warnings).toEqual([
    `the first price of ACME is of ${first}: from 2001-05-04 until then it is valued at the price paid`,
  ]);
});

describe("oversell", () => {
  test("a SELL of more than is held is refused, in plain words", async () => {
    await record(buy);
    await expect(record({ ...sell, quantity: "12" })).rejects.toMatchObject({
      code: "oversell",
      field: "quantity",
      held: "10",
      sold: "12",
      message: expect.stringContaining("you hold 10 ACME on 2024-02-10, and cannot sell 12"),
    });
    expect(await all()).toHaveLength(1);
  });

  test("also if it only uncovers a later one", async () => {
    await record(buy);
    await record({ ...sell, date: "2024-03-01", quantity: "6" });
    await expect(record({ ...sell, quantity: "5" })).rejects.toThrow(
      "you sell 6 ACME on 2024-03-01, and would then hold only 5",
    );
    await record({ ...sell, quantity: "4" });
  });

  test("another person's shares and another ticker's do not count", async () => {
    await record(buy, bob);
    await record({ ...buy, ticker: "GLOBEX" });
    await expect(record(sell)).rejects.toMatchObject({ code: "oversell", held: "0" });
  });

  test("accepted splits count, denied ones do not", async () => {
    await owner.query(
      `create table "default".stg_splits (ticker text, action_date date, numerator numeric, denominator numeric, is_accepted boolean, is_history_adjusted boolean, prices_before date);
       grant select on "default".stg_splits to stratafolio_web;
       create view "default".stg_raw_prices as select * from raw_prices;
       grant select on "default".stg_raw_prices to stratafolio_web;
       insert into "default".stg_splits values
         ('ACME', '2024-01-20', 4, 1, true, true, '2024-01-20'),
         ('ACME', '2024-01-25', 3, 1, false, true, '2024-01-25')`,
    );
    onTestFinished(
      async () =>
        void (await owner.query(`drop view "default".stg_raw_prices; drop table "default".stg_splits`)),
    );
    await record(buy);
    expect((await readTradeDraft(ledger, alice, "ACME", "2024-01-15")).available).toBe("10");
    expect((await readTradeDraft(ledger, alice, "ACME", "2024-02-10")).available).toBe("40");
    await expect(record({ ...sell, quantity: "41" })).rejects.toMatchObject({ code: "oversell", held: "40" });
    await record({ ...sell, quantity: "40" });
  });

  test("of two SELLs at once that together sell too much, exactly one is recorded", async () => {
    await record(buy);
    for (let round = 0; round < 10; round++) {
      const outcomes = await Promise.allSettled([
        record({ ...sell, quantity: "6" }),
        record({ ...sell, quantity: "7" }),
      ]);
      expect(outcomes.map((outcome) => outcome.status).sort()).toEqual(["fulfilled", "rejected"]);
      const [sold] = await all();
      await deleteTransaction(ledger, alice, sold!.transaction_id);
    }
  });
});

describe("delete", () => {
  test("removes a transaction, and leaves it in the audit", async () => {
    const { transaction } = await record(buy);
    expect(await deleteTransaction(ledger, alice, transaction.transaction_id)).toEqual(transaction);
    expect(await all()).toEqual([]);
    const audit = await owner.query("select operation, audited_by from transactions_audit order by audit_id");
    expect(audit.rows.slice(-2)).toEqual([
      { operation: "insert", audited_by: "1" },
      { operation: "delete", audited_by: "1" },
    ]);
  });

  test("of what is not there, or another person's, is not found", async () => {
    const { transaction } = await record(buy);
    await expect(deleteTransaction(ledger, bob, transaction.transaction_id)).rejects.toMatchObject({
      code: "not_found",
    });
    await expect(deleteTransaction(ledger, alice, 10 ** 12)).rejects.toMatchObject({ code: "not_found" });
    expect(await all()).toHaveLength(1);
  });

  test("of a BUY that a later SELL needs is refused", async () => {
    const { transaction } = await record(buy);
    const sold = await record({ ...sell, quantity: "3" });
    await expect(deleteTransaction(ledger, alice, transaction.transaction_id)).rejects.toThrow(
      "you sell 3 ACME on 2024-02-10, and without this transaction would then hold only 0",
    );
    expect(await all()).toHaveLength(2);
    await deleteTransaction(ledger, alice, sold.transaction.transaction_id);
    await deleteTransaction(ledger, alice, transaction.transaction_id);
    expect(await all()).toEqual([]);
  });
});

test("finds one transaction of a person's own", async () => {
  await record(buy);
  const { transaction } = await record({ ...buy, quantity: "3" });
  expect(await findTransaction(ledger, alice, transaction.transaction_id)).toEqual(transaction);
  await expect(findTransaction(ledger, bob, transaction.transaction_id)).rejects.toMatchObject({
    code: "not_found",
  });
});

describe("idempotency", () => {
  test("the same request again has the same answer, and writes nothing", async () => {
    const first = await record(buy, alice, "k1");
    const again = await record({ ...buy, quantity: 10, ticker: "acme" }, alice, "k1");
    expect(again).toEqual({ ...first, replayed: true });
    expect(await all()).toHaveLength(1);
    expect((await record(buy, alice, "k2")).replayed).toBe(false);
    expect((await record(buy, bob, "k1")).replayed).toBe(false);
  });

  test("a button pressed twice is one transaction", async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => record(buy, alice, "double-click")));
    expect(answers.filter((answer) => !answer.replayed)).toHaveLength(1);
    expect(new Set(answers.map((answer) => answer.transaction.transaction_id)).size).toBe(1);
    expect(await all()).toHaveLength(1);
  });

  test("another request under the same key is refused", async () => {
    await record(buy, alice, "k1");
    await expect(record({ ...buy, quantity: "11" }, alice, "k1")).rejects.toMatchObject({
      code: "idempotency_conflict",
    });
    await expect(record(buy, alice, "x".repeat(256))).rejects.toMatchObject({
      code: "invalid_idempotency_key",
    });
    expect(await all()).toHaveLength(1);
  });

  test("a request that failed leaves its key free", async () => {
    await expect(record(sell, alice, "k1")).rejects.toMatchObject({ code: "oversell" });
    await record(buy);
    expect((await record(sell, alice, "k1")).replayed).toBe(false);
  });
});

describe("list", () => {
  test("is newest first, in pages, each transaction once", async () => {
    const dates = ["2024-03-01", "2024-01-01", "2024-03-01", "2024-02-01", "2024-03-01"];
    for (const date of dates) await record({ ...buy, date });
    await record(buy, bob);
    const pages: number[][] = [];
    let before: string | undefined;
    do {
      const { transactions, next } = await listTransactions(ledger, alice, { limit: 2, before });
      pages.push(transactions.map((transaction) => transaction.transaction_id));
      before = next ?? undefined;
    } while (before !== undefined);
    expect(pages.map((page) => page.length)).toEqual([2, 2, 1]);
    const everything = await all();
    expect(pages.flat()).toEqual(everything.map((transaction) => transaction.transaction_id));
    const order = everything.map(
      ({ date, transaction_id }) => `${date} ${String(transaction_id).padStart(9, "0")}`,
    );
    expect(order).toEqual([...order].sort().reverse());
  });

  test.each(["x", "", "MjAyNC0wMi0zMCAx", "'; drop table users"])(
    "a cursor of %j is refused",
    async (before) => {
      await expect(listTransactions(ledger, alice, { limit: 2, before })).rejects.toMatchObject({
        code: "invalid_before",
      });
    },
  );
});

describe("ticker search", () => {
  test("has the person's own tickers first, then Yahoo's, each once, and tells nothing of what others have", async () => {
    await owner.query(
      `insert into raw_assets (ticker, name, asset_class, currency, exchange, exchange_timezone)
       values ('XACM', 'Acme Mining', 'stock', 'USD', 'NYSE', 'America/New_York'),
         ('ACME', 'Acme Corporation', 'stock', 'USD', 'NASDAQ', 'America/New_York'),
         ('ACMF', 'Acme Farms', 'stock', 'KES', 'XNAI', 'Africa/Nairobi')`,
    );
    await owner.query("update raw_assets set source = 'file' where ticker = 'ACMF'");
    const tickersFor = async (person: number) =>
      (await searchTickers(ledger, person, "acme")).tickers.map(({ ticker }) => ticker);
    const before = await tickersFor(alice);
    expect(before).toContain("ACMF");
    expect(before).not.toContain("XACM");
    await owner.query("insert into public.watchlist (user_id, ticker) values ($1, 'XACM')", [alice]);
    await record(buy);
    expect(await tickersFor(bob)).toEqual(before);
    await owner.query("delete from raw_assets where ticker = 'ACMF'");
    expect(await searchTickers(ledger, alice, "acme")).toEqual({
      tickers: [
        { ticker: "ACME", name: "Acme Corporation", asset_class: "stock", exchange: "NASDAQ" },
        { ticker: "XACM", name: "Acme Mining", asset_class: "stock", exchange: "NYSE" },
      ],
      isComplete: true,
    });
    expect((await searchTickers(ledger, alice, "w")).tickers).toMatchObject([
      { ticker: "WORLD" },
      { ticker: "EURX.DE" },
    ]);
    expect(await searchTickers(ledger, alice, "100%_")).toEqual({ tickers: [], isComplete: true });
    expect(await searchTickers(ledger, alice, " ")).toEqual({ tickers: [], isComplete: true });
  });

  test("says when Yahoo could not be asked", async () => {
    await record(buy);
    server.fail("search", "500", 99);
    const { tickers, isComplete } = await searchTickers(ledger, alice, "ac");
    expect([tickers.map((found) => found.ticker), isComplete]).toEqual([["ACME"], false]);
    expect(ledger.logged).toEqual(["the price source could not be searched"]);
  });
});
