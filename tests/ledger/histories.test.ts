/** A new ticker's history stands in bronze before its trade is written; else nothing is. The fetches are the real engine's. */
import { beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { personPool } from "../../src/database/person.ts";
import {
  enterSymbolChange,
  type HistoryProgress,
  importTransactions,
  listTransactions,
  recordTransaction,
  requireHistories,
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

const engine = await startIngestion(
  database,
  resourcesFrom(() => server),
);

const alice = 1;
const bob = 2;

/** What a test left running may still write. */
async function settle(): Promise<void> {
  const { rows } = await owner.query(
    "select from orchestrator.runs where status in ('queued', 'running') and request_key is not null",
  );
  expect(rows).toEqual([]);
}

beforeEach(async () => {
  await vi.waitFor(settle, 5000);
  await truncate(
    owner,
    "bronze.raw_assets",
    "bronze.raw_prices",
    "bronze.symbol_changes",
    "orchestrator.runs",
    "public.users",
  );
  await owner.query(
    `insert into users (user_id, email, password_hash) values (1, 'a@example.org', 'x'), (2, 'b@example.org', 'x')`,
  );
  server = await createReplayServer();
  onTestFinished(server.close);
  ledger = ledgerOn(web, server);
});

const buy = { ticker: "ACME", type: "BUY", quantity: "10", price: "40", date: "2024-01-10" };
const record = (input: object = buy, userId = alice, key?: string) =>
  recordTransaction(ledger, userId, input, key);
const written = async (userId = alice) =>
  (await listTransactions(ledger, userId, { limit: 500 })).transactions;

async function barsOf(ticker: string): Promise<number> {
  const { rows } = await owner.query<{ bars: number }>(
    "select count(*) as bars from raw_prices where ticker = $1",
    [ticker],
  );
  return rows[0]!.bars;
}

async function runs(): Promise<{ selection: string; status: string; request_key: string }[]> {
  return (await owner.query("select selection, status, request_key from orchestrator.runs order by run_id"))
    .rows;
}

const asked = (ticker: string) =>
  server.requests.filter(({ kind, subject }) => kind === "chart" && subject === ticker).length;

/** The source answers what the ticker is, and fails from then on. */
async function failAfterDescription(): Promise<void> {
  await server.waitForRequest("chart", "ACME");
  server.fail("chart", "500", 99);
}

test("the trade is written when the whole history is there, and not before", async () => {
  const described = server.waitForRequest("chart", "ACME");
  const recording = record();
  await described;
  const release = server.hold("chart");
  await server.waitForRequest("chart", "ACME");
  expect(await written()).toEqual([]);
  release();
  await recording;
  expect(await written()).toHaveLength(1);
  expect(await barsOf("ACME")).toBe(server.ticker("ACME").bars.length);
  expect(await runs()).toEqual([
    { selection: "raw_prices", status: "succeeded", request_key: "backfill:ACME" },
  ]);
});

test("a ticker that has prices costs no run and no request", async () => {
  await record();
  const before = server.requests.length;
  await record({ ...buy, date: "2024-01-11" });
  await record({ ...buy, type: "SELL", date: "2024-01-12" });
  expect(server.requests).toHaveLength(before);
  expect(await runs()).toHaveLength(1);
});

test("the source fails: 503, nothing written; it is back: the next attempt records at once", async () => {
  const failing = failAfterDescription();
  await expect(record()).rejects.toMatchObject({
    code: "market_data_unavailable",
    retryAfterSeconds: 30,
    message: expect.stringMatching(
      /^the price history of ACME could not be fetched: .* nothing was recorded/,
    ),
  });
  await failing;
  expect([await written(), await barsOf("ACME")]).toEqual([[], 0]);
  server.recover();
  await record();
  expect(await written()).toHaveLength(1);
});

test("two people who buy the same new ticker wait for one fetch", async () => {
  await Promise.all([record(buy, alice), record(buy, bob)]);
  expect([await written(alice), await written(bob)].map((rows) => rows.length)).toEqual([1, 1]);
  expect(await runs()).toHaveLength(1);
  const histories = server.requests.filter(({ url }) => url.includes("period1=-"));
  expect(histories).toHaveLength(1);
});

test("a button pressed twice while the history is on its way is one transaction", async () => {
  const answers = await Promise.all([record(buy, alice, "key"), record(buy, alice, "key")]);
  expect(answers.map(({ replayed }) => replayed).sort()).toEqual([false, true]);
  expect(await written()).toHaveLength(1);
});

test("prices that nobody has kept up are asked for, and the trade does not wait for them", async () => {
  await requireHistories(ledger, ["ACME"]);
  for (let day = 0; day < 8; day++) server.publishDay();
  await record();
  await vi.waitFor(async () => expect(await barsOf("ACME")).toBe(server.ticker("ACME").bars.length), 5000);
});

test("a SELL of what was never traded is refused for what it sells, without a fetch", async () => {
  await expect(record({ ...buy, type: "SELL" })).rejects.toMatchObject({ code: "oversell" });
  expect(await runs()).toEqual([]);
});

test("a slow source: 503 after a while; the fetch goes on, and the next attempt finds it done", async () => {
  const release = server.hold("chart");
  const waiting = requireHistories(ledger, ["ACME"], { patienceMilliseconds: 300 });
  await expect(waiting).rejects.toThrow(/price history of ACME .* it is still on its way/);
  release();
  await requireHistories(ledger, ["ACME"]);
  expect(asked("ACME")).toBe(1);
});

test("nobody is there to fetch: 503, nothing written, nothing left behind", async () => {
  const alone = await createTestDatabase();
  const pool = alone.connect({ role: "stratafolio_web" });
  const waiting = requireHistories({ pool }, ["ACME"], { patienceMilliseconds: 200 });
  await expect(waiting).rejects.toMatchObject({
    code: "market_data_unavailable",
    message: expect.stringContaining("no orchestrator is at work"),
  });
  const { rows } = await alone.pool.query(
    "select cancel_requested_at is not null as cancelled from orchestrator.runs",
  );
  expect(rows).toEqual([{ cancelled: true }]);
});

test("a run that somebody cancels is asked for once more", async () => {
  const release = server.hold("chart");
  const requested = server.waitForRequest("chart", "ACME");
  const waiting = requireHistories(ledger, ["ACME"]);
  await requested;
  await owner.query("update orchestrator.runs set cancel_requested_at = now()");
  await owner.query("select pg_notify('orchestrator_runs', run_id::text) from orchestrator.runs");
  await server.waitForRequest("chart", "ACME");
  release();
  await waiting;
  expect((await runs()).map(({ status }) => status)).toEqual(["cancelled", "succeeded"]);
  expect(engine).toBeDefined();
});

describe("an import", () => {
  const csv = [
    "date,type,ticker,quantity,price",
    "2024-01-10,BUY,ACME,1,40",
    "2024-01-10,BUY,GLOBEX,1,120",
  ].join("\n");

  test("fetches the histories of all new tickers, then writes all rows", async () => {
    const told: HistoryProgress[] = [];
    await requireHistories(ledger, ["ACME", "GLOBEX", "WORLD"], {
      onProgress: (progress) => void told.push(progress),
    });
    expect(told[0]).toEqual({ fetched: 0, total: 3, ticker: "ACME" });
    expect(await runs()).toHaveLength(1);
    await owner.query("truncate raw_prices");
    expect((await importTransactions(ledger, alice, { csv }, null)).imported).toBe(2);
    expect(await barsOf("ACME")).toBe(server.ticker("ACME").bars.length);
    expect(await barsOf("GLOBEX")).toBe(server.ticker("GLOBEX").bars.length);
  });

  test("writes no row while one history cannot be had", async () => {
    await importTransactions(ledger, bob, { csv: csv.replace("2024-01-10,BUY,GLOBEX,1,120", "") }, null);
    server.addTicker({ ...server.ticker("GLOBEX") });
    await owner.query(
      `insert into raw_assets (ticker, name, asset_class, currency, exchange_timezone)
       values ('GLOBEX', 'Globex', 'stock', 'USD', 'America/New_York')`,
    );
    server.fail("chart", "500", 99, { subject: "GLOBEX" });
    await expect(importTransactions(ledger, alice, { csv }, null)).rejects.toMatchObject({
      code: "market_data_unavailable",
      missing: ["GLOBEX"],
    });
    expect(await written()).toEqual([]);
  });
});

describe("a symbol that was changed", () => {
  beforeEach(async () => {
    server.delist("GLOBEX");
    await owner.query("update public.users set role = 'operator' where user_id = $1", [alice]);
    await enterSymbolChange(
      personPool(web, alice),
      { from: "GLOBEX", to: "ACME", changedOn: "2022-06-09" },
      "operator@example.org",
    );
  });

  test("is recorded under the new one, and that is told", async () => {
    const { transaction, warnings } = await record({ ...buy, ticker: "globex", date: "2024-01-10" });
    expect(transaction.ticker).toBe("ACME");
    expect(warnings).toEqual(["GLOBEX has been ACME since 2022-06-09, and is recorded as that"]);
  });

  test("means the company that has it now, from the day of the change on", async () => {
    server.addTicker({ ...server.ticker("ACME"), ticker: "GLOBEX", name: "Other" });
    await owner.query(
      `insert into raw_assets (ticker, name, asset_class, currency, exchange_timezone)
       values ('GLOBEX', 'Other', 'stock', 'USD', 'America/New_York')`,
    );
    expect((await record({ ...buy, ticker: "GLOBEX", date: "2024-01-10" })).transaction.ticker).toBe(
      "GLOBEX",
    );
    expect((await record({ ...buy, ticker: "GLOBEX", date: "2022-01-10" })).transaction.ticker).toBe("ACME");
  });

  test("without an entry the message says what can be done", async () => {
    await owner.query("truncate symbol_changes");
    await expect(record({ ...buy, ticker: "GLOBEX" })).rejects.toThrow(
      /an operator can enter its new symbol/,
    );
  });
});
