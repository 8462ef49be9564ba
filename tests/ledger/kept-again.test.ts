import { beforeEach, expect, onTestFinished, test } from "vitest";
import { countRecordable, importTransactions, readKeptFile, reviewImport } from "../../src/ledger/index.ts";
import { createTestDatabase, truncate } from "../support/database.ts";
import { startIngestion } from "../support/engine.ts";
import { createReplayServer, type ReplayServer } from "../support/replay-server.ts";
import { ledgerOn, type RecordedLedger, resourcesFrom } from "./context.ts";

// What earlier imports kept is recorded later, by the same choice as an import's.

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

beforeEach(async () => {
  await truncate(owner, "bronze.raw_assets", "bronze.raw_prices", "bronze.identifiers", "public.users");
  await owner.query(
    `insert into users (user_id, email, password_hash) values (1, 'a@example.org', 'x'), (2, 'b@example.org', 'x')`,
  );
  server = await createReplayServer();
  onTestFinished(server.close);
  ledger = ledgerOn(web, server);
});

const count = () => countRecordable(ledger, alice);
const stored = async () =>
  (
    await owner.query(
      `select transaction_type as type, ticker, trim_scale(quantity) as quantity, trim_scale(price) as price,
         trim_scale(amount) as amount, trim_scale(fee) as fee, trim_scale(tax) as tax, currency
       from bronze.transactions
       order by transaction_date, transaction_id`,
    )
  ).rows;

/** As Schwab writes figures: with thousands and signs. */
const csv = `date,type,ticker,quantity,price,amount,fee,tax,currency
2024-01-02,Buy,ACME,10,40.00,"400,00",0,,USD
2024-02-15,Dividend,ACME,,,"1.234,50",0,"185,18",USD
2024-02-20,Deposit,,,,"5.000,00",,,USD
2024-02-21,Option,ACME,1,2,2,,,USD
`.replaceAll("40.00", '"40,00"');

test("rows that were left out are recorded once, and known again in their own file", async () => {
  const none = { dividends: false, cash: false };
  expect(await importTransactions(ledger, alice, { csv, recording: none }, null)).toMatchObject({
    imported: 1,
    kept: 3,
  });
  expect(await count()).toBe(2);
  const kept = (await readKeptFile(ledger, alice))!;
  const review = await reviewImport(ledger, alice, { csv: kept }, null);
  expect([review.format, review.rows.map(({ kind, status }) => `${kind} ${status}`)]).toEqual([
    "Earlier imports",
    ["DIVIDEND KEPT", "DEPOSIT KEPT"],
  ]);
  const recording = { dividends: true, cash: true };
  const { others } = await importTransactions(ledger, alice, { csv: kept, recording }, null);
  expect(others).toBe(2);
  expect((await stored()).slice(1)).toEqual([
    {
      type: "DIVIDEND",
      ticker: "ACME",
      quantity: null,
      price: null,
      amount: "1419.68",
      fee: "0",
      tax: "185.18",
      currency: "USD",
    },
    {
      type: "DEPOSIT",
      ticker: null,
      quantity: null,
      price: null,
      amount: "5000",
      fee: "0",
      tax: "0",
      currency: "USD",
    },
  ]);
  expect([await count(), await readKeptFile(ledger, alice)]).toEqual([0, null]);
  expect(await importTransactions(ledger, alice, { csv, recording }, null)).toMatchObject({
    imported: 0,
    others: 0,
  });
  expect(await countRecordable(ledger, 2)).toBe(0);
});

test("so are trades that were refused when dollars alone were taken", async () => {
  await owner.query(
    `insert into public.imports (user_id, import_id, format, file_hash, imported_at)
     values (1, 'b0000000-0000-4000-8000-000000000000', 'Scalable Capital', 'x', '2024-05-01');
     insert into public.import_rows
       (user_id, import_id, line, row_key, kind, word, entry_date, symbol, quantity, price, amount, fee, currency, texts, reason)
     values (1, 'b0000000-0000-4000-8000-000000000000', 2, 'k 1', 'BUY', 'Buy', '2024-01-10', 'EURX.DE', 2, 40.5, -81, 0.99, 'EUR',
       '{"price": "40,50", "amount": "-81,00", "fee": ["0,99"]}',
       'left out: expected a price in USD, got: "EUR" (in its column); other currencies cannot be recorded yet'),
       (1, 'b0000000-0000-4000-8000-000000000000', 3, 'k 2', 'BUY', 'Buy', '2024-01-10', 'ACME', 2, 40.5, -81, 0.99, 'USD', '{}',
       'left out')`,
  );
  expect(await count()).toBe(1);
  const kept = (await readKeptFile(ledger, alice))!;
  expect((await importTransactions(ledger, alice, { csv: kept }, null)).imported).toBe(1);
  expect(await stored()).toEqual([
    {
      type: "BUY",
      ticker: "EURX.DE",
      quantity: "2",
      price: "40.5",
      amount: null,
      fee: "0.99",
      tax: "0",
      currency: "EUR",
    },
  ]);
  expect(await count()).toBe(0);
});
