import { beforeEach, expect, onTestFinished, test } from "vitest";
import {
  exportTransactions,
  type ImportError,
  importTransactions,
  listTransactions,
  recordTransaction,
} from "../../src/ledger/index.ts";
import { createTestDatabase } from "../support/database.ts";
import { createReplayServer, type ReplayServer } from "../support/replay-server.ts";
import { ledgerOn, type RecordedLedger } from "./context.ts";

const { pool: owner, connect } = await createTestDatabase();
const web = connect({ role: "stratafolio_web" });
let server: ReplayServer;
let ledger: RecordedLedger;

beforeEach(async () => {
  await owner.query(
    `truncate bronze.raw_assets, public.users cascade;
     insert into users (user_id, email, password_hash) values (1, 'a@example.org', 'x'), (2, 'b@example.org', 'x')`,
  );
  server = await createReplayServer();
  onTestFinished(server.close);
  ledger = ledgerOn(web, server);
});

const count = async () => (await listTransactions(ledger, 1, { limit: 500 })).transactions.length;
const problemsOf = async (csv: string) =>
  importTransactions(ledger, 1, csv).then(
    () => [],
    (error: ImportError) => error.problems.map(({ line, code }) => `${line} ${code}`),
  );

const file = `date,type,ticker,quantity,price,fee
2024-01-02,BUY,ACME,10,40.5,1
2024-01-03,BUY,COIN-USD,0.00000001,20000,0
2024-02-01,SELL,ACME,2.5,41,0.99
`;

test("what was exported can be imported, and exported alike", async () => {
  expect(await importTransactions(ledger, 1, file)).toEqual({ imported: 3, warnings: [] });
  expect(await exportTransactions(ledger, 1)).toBe(file);
  expect(await exportTransactions(ledger, 2)).toBe("date,type,ticker,quantity,price,fee\n");
  await importTransactions(ledger, 2, await exportTransactions(ledger, 1));
  expect(await exportTransactions(ledger, 2)).toBe(file);
});

test("columns may come in any order and case, with more of them, and without fees", async () => {
  const csv =
    `\ufeffTicker;Note`.replace(";", ",") +
    `,Quantity,PRICE,Type,date\r\n acme ,"a, b",1,2,Buy,2024-01-02\r\n\r\n`;
  expect(await importTransactions(ledger, 1, csv)).toMatchObject({ imported: 1 });
  expect(await exportTransactions(ledger, 1)).toContain("2024-01-02,BUY,ACME,1,2,0");
});

test("every problem is named with its line, and nothing is imported", async () => {
  const csv = `date,type,ticker,quantity,price
2024-01-02,BUY,ACME,10,40
2024-01-32,BUY,ACME,10,40
2024-01-02,HOLD,ACME,10,40
2024-01-02,BUY,ACME,NaN,40
2030-01-02,BUY,ACME,1,40
`;
  expect(await problemsOf(csv)).toEqual([
    "3 invalid_date",
    "4 invalid_type",
    "5 invalid_quantity",
    "6 future_date",
  ]);
  expect(await count()).toBe(0);
});

test("so is a ticker that is not known or not in USD, at each of its lines", async () => {
  const csv = `date,type,ticker,quantity,price
2024-01-02,BUY,NOPE,10,40
2024-01-02,BUY,ACME,10,40
2024-01-02,BUY,EURX.DE,10,40
2024-01-03,BUY,NOPE,10,40
`;
  expect(await problemsOf(csv)).toEqual(["2 unknown_ticker", "4 unsupported_currency", "5 unknown_ticker"]);
  expect(await count()).toBe(0);
});

test("a SELL that is not covered is refused with what it leans on", async () => {
  const csv = `date,type,ticker,quantity,price
2024-01-02,BUY,ACME,10,40
2024-01-03,SELL,ACME,11,40
2024-01-02,BUY,GLOBEX,1,40
`;
  expect(await problemsOf(csv)).toEqual(["3 oversell"]);
  await recordTransaction(ledger, 1, {
    ticker: "ACME",
    type: "BUY",
    quantity: 1,
    price: 1,
    date: "2024-01-01",
  });
  expect(await importTransactions(ledger, 1, csv)).toMatchObject({ imported: 3 });
});

test("while Yahoo is down a file with new tickers has to wait", async () => {
  server.fail("chart", "500", 99);
  await expect(importTransactions(ledger, 1, file)).rejects.toMatchObject({
    code: "market_data_unavailable",
  });
  expect(await count()).toBe(0);
});

test.each([
  ["", "1 invalid_header"],
  ["date,type,ticker,quantity,price\n", "1 invalid_header"],
  ["a,b\n1,2\n", "1 invalid_header"],
  ['date,type\n"open', "null invalid_csv"],
  ["date,type\n1,2,3\n", "null invalid_csv"],
])("a file of %j is refused", async (csv, problem) => {
  expect(await problemsOf(csv)).toEqual([problem]);
});
