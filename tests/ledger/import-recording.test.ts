import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { type ImportFile, importTransactions, reviewImport } from "../../src/ledger/index.ts";
import { createTestDatabase, truncate } from "../support/database.ts";
import { startIngestion } from "../support/engine.ts";
import { createReplayServer, type ReplayServer } from "../support/replay-server.ts";
import { ledgerOn, type RecordedLedger, resourcesFrom } from "./context.ts";

// What a file has beside its trades, in the ledger: where one chooses it, once, and never half.

const database = await createTestDatabase();
const { pool: owner, connect } = database;
const web = connect({ role: "stratafolio_web" });
let server: ReplayServer;
let ledger: RecordedLedger;

await startIngestion(
  database,
  resourcesFrom(() => server),
);

beforeEach(async () => {
  await truncate(owner, "bronze.raw_assets", "bronze.raw_prices", "bronze.identifiers", "public.users");
  await owner.query("insert into users (user_id, email, password_hash) values (1, 'a@example.org', 'x')");
  await owner.query(
    `insert into bronze.raw_fx_rates (currency, rate_date, usd_per_unit, is_final, source, fetched_at)
     values ('EUR', '2023-01-02', 1.1, true, 'file', now()) on conflict do nothing`,
  );
  server = await createReplayServer();
  onTestFinished(server.close);
  ledger = ledgerOn(web, server);
});

const everything = { dividends: true, costs: true, cash: true, shares: true };
const importAll = (csv: string, recording: ImportFile["recording"] = everything) =>
  importTransactions(ledger, 1, { csv, recording }, null);

const recorded = async (): Promise<string[]> => {
  const { rows } = await owner.query<{ told: string }>(
    `select concat_ws(' ', transaction_date, transaction_type, ticker, trim_scale(quantity), trim_scale(amount), currency) as told
     from bronze.transactions
     order by transaction_date, transaction_id`,
  );
  return rows.map(({ told }) => told);
};
const accountOf = async () => {
  const { rows } = await owner.query<{ income: string; tracks_cash: boolean }>(
    "select income, tracks_cash from public.accounts where user_id = 1",
  );
  return rows[0];
};
const priceOf = (ticker: string, date: string): string =>
  String(server.ticker(ticker).bars.find((bar) => bar.date === date)!.close);

const file = (): string => `date,type,ticker,quantity,price,amount,tax,currency
2024-01-02,Buy,ACME,10,${priceOf("ACME", "2024-01-02")},,,USD
2024-01-03,Dividend,ACME,,,2.50,0.5,USD
2024-01-03,Dividend,ACME,,,2.50,0.5,USD
2024-01-04,Deposit,,,,100,,USD
2024-01-05,Interest,,,,1.5,,EUR
2024-01-08,Fee,,,,-3,,USD
2024-01-08,Split,ACME,10,,,,USD
`;

test("nothing is recorded but what one chooses, or what the account is kept by", async () => {
  const { imported, others, kept } = await importTransactions(ledger, 1, { csv: file() }, null);
  expect([imported, others, kept]).toEqual([1, 2, 4]);
  expect(await recorded()).toHaveLength(3);
  expect(await accountOf()).toEqual({ income: "market", tracks_cash: false });
  await owner.query("update public.accounts set income = 'ledger', tracks_cash = true where user_id = 1");
  const { recording } = await reviewImport(ledger, 1, { csv: file() }, null);
  expect(recording).toEqual({ dividends: true, costs: true, cash: true, shares: false });
});

test("what was left out once is recorded when one chooses it, and then never again", async () => {
  await importAll(file(), { dividends: false, costs: false, cash: false });
  expect(await recorded()).toHaveLength(1);
  const first = await importAll(file());
  expect([first.imported, first.others]).toEqual([0, 5]);
  expect(await recorded()).toEqual([
    "2024-01-02 BUY ACME 10 USD",
    "2024-01-03 DIVIDEND ACME 3 USD",
    "2024-01-03 DIVIDEND ACME 3 USD",
    "2024-01-04 DEPOSIT 100 USD",
    "2024-01-05 INTEREST 1.5 EUR",
    "2024-01-08 FEE 3 USD",
  ]);
  expect(await accountOf()).toEqual({ income: "ledger", tracks_cash: true });
  const again = await importAll(file());
  expect([again.imported, again.others, again.kept]).toEqual([0, 0, 0]);
  expect(await recorded()).toHaveLength(6);
});

test("a dividend that was typed by hand is found in the file", async () => {
  await importAll(file(), { dividends: false, cash: false });
  await owner.query(
    `insert into bronze.transactions (user_id, ticker, transaction_type, amount, fee, tax, currency, transaction_date)
     values (1, 'ACME', 'DIVIDEND', 3, 0, 0.5, 'USD', '2024-01-03')`,
  );
  const { others } = await importAll(file(), { dividends: true });
  expect(others).toBe(1);
});

test("the cash that the review tells is what the rows add up to", async () => {
  const review = await reviewImport(ledger, 1, { csv: file(), recording: everything }, null);
  const paid = 10 * Number(priceOf("ACME", "2024-01-02"));
  expect(review.cashAfter.map(({ currency, balance }) => [currency, Number(balance)])).toEqual([
    ["EUR", 1.5],
    ["USD", expect.closeTo(100 + 5 - 3 - paid, 6)],
  ]);
  await importAll(file());
  const after = await reviewImport(ledger, 1, { csv: file(), recording: everything }, null);
  expect(after.cashAfter).toEqual(review.cashAfter);
});

describe("shares that moved", () => {
  const moved = (more: string): string => `date,type,ticker,quantity,price,amount,tax,currency
2024-01-02,Buy,ACME,10,${priceOf("ACME", "2024-01-02")},,,USD
${more}`;

  test("leave the account, and what is not there stays, without the trades' being held up", async () => {
    const csv = moved(
      "2024-01-03,Transfer Out,ACME,4,,,,USD\n2024-01-04,Transfer Out,ACME,40,,,,USD\n2024-01-05,Bonus,ACME,1,,,,USD\n",
    );
    const { imported, others, kept, review } = await importAll(csv);
    expect([imported, others, kept]).toEqual([1, 2, 1]);
    expect(review.rows.find(({ line }) => line === 4)?.problem?.code).toBe("oversell");
    expect(await recorded()).toEqual([
      "2024-01-02 BUY ACME 10 USD",
      "2024-01-03 TRANSFER_OUT ACME 4 USD",
      "2024-01-05 BONUS ACME 1 USD",
    ]);
  });

  test("are not missed by a sale that needs them where they are left out", async () => {
    const csv = moved(
      `2024-01-03,Transfer Out,ACME,4,,,,USD\n2024-01-04,Sell,ACME,8,${priceOf("ACME", "2024-01-04")},,,USD\n`,
    );
    const review = await reviewImport(ledger, 1, { csv, recording: everything }, null);
    expect(review.rows[2]?.errors[0]?.code).toBe("oversell");
    expect((await importAll(csv, { shares: false })).imported).toBe(2);
  });
});

test("a conversion in one row is two of the ledger, with one id, and the file again adds nothing", async () => {
  const csv = `Statement,Header,Field Name,Field Value
Statement,Data,BrokerName,Interactive Brokers
Trades,Header,DataDiscriminator,Asset Category,Currency,Symbol,Date/Time,Quantity,T. Price,,Proceeds,Comm in USD,,,MTM in USD,Code
Trades,Data,Order,Forex,USD,EUR.USD,"2024-01-18, 09:00:00",500,1.09,,-545,-2,,,0,
Deposits & Withdrawals,Header,Currency,Settle Date,Description,Amount
Deposits & Withdrawals,Data,USD,2024-01-02,Electronic Fund Transfer,5000
`;
  const { others, review } = await importAll(csv);
  expect([others, review.cashAfter]).toEqual([
    2,
    [
      { currency: "EUR", balance: "500" },
      { currency: "USD", balance: "4453" },
    ],
  ]);
  expect(await recorded()).toEqual([
    "2024-01-02 DEPOSIT 5000 USD",
    "2024-01-18 FX_OUT 545 USD",
    "2024-01-18 FX_IN 500 EUR",
  ]);
  const { rows } = await owner.query(
    "select distinct transfer_id from bronze.transactions where transfer_id is not null",
  );
  expect(rows).toHaveLength(1);
  expect((await importAll(csv)).others).toBe(0);
});

test("a dividend of a ticker that nobody knows stays out, and is asked for by name", async () => {
  const csv = "date,type,ticker,quantity,price,amount\n2024-01-03,Dividend,NOPE,,,2.50\n";
  const { others, kept, review } = await importAll(csv);
  expect([others, kept]).toEqual([0, 1]);
  expect(review.symbols.map(({ symbol, isOpen }) => [symbol, isOpen])).toEqual([["NOPE", true]]);
  const named = await importTransactions(
    ledger,
    1,
    { csv, recording: everything, tickers: { NOPE: "ACME" } },
    null,
  );
  expect(named.others).toBe(1);
  expect(await recorded()).toEqual(["2024-01-03 DIVIDEND ACME 2.5 USD"]);
});

test("a dividend in another currency than its ticker's is asked about, unless that ticker was traded", async () => {
  const head = "date,type,ticker,quantity,price,amount,currency\n";
  const dividend = "2024-01-03,Dividend,ACME,,,2.50,EUR\n";
  const alone = await importAll(head + dividend);
  expect([alone.others, alone.review.rows[0]?.problem?.message]).toEqual([
    0,
    "it was paid in EUR, and ACME is quoted in USD: say which ticker ACME is",
  ]);
  const buy = `2024-01-02,Buy,ACME,10,${priceOf("ACME", "2024-01-02")},,USD\n`;
  const { imported, others } = await importAll(head + buy + dividend);
  expect([imported, others]).toEqual([1, 1]);
});

test("five thousand dividends are reviewed and recorded", async () => {
  const rows = Array.from({ length: 4990 }, (_, index) => {
    const day = `20${10 + (index % 10)}-0${1 + (index % 9)}-1${index % 10}`;
    return `${day},Dividend,ACME,,,${(index / 100 + 1).toFixed(2)},0.1,USD`;
  });
  const start = performance.now();
  const { others } = await importAll(
    `date,type,ticker,quantity,price,amount,tax,currency\n${rows.join("\n")}\n`,
  );
  expect(others).toBe(4990);
  expect((performance.now() - start) / 1000).toBeLessThan(15); // 2 on a machine with nothing else to do
});
