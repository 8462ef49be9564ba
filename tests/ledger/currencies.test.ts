/** What a trade is paid in, and the rates that have to be there first. The fetches are the real engine's. */
import { beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { setBaseCurrency } from "../../src/accounts/index.ts";
import {
  deleteTransaction,
  exportTransactions,
  importTransactions,
  readLedgerCurrencies,
  recordTransaction,
  requireBaseCurrency,
  requireRates,
  restoreTransaction,
  searchTickers,
} from "../../src/ledger/index.ts";
import { rationed } from "../../src/market/rationed.ts";
import { withinRequest } from "../../src/request-scope.ts";
import { createTestDatabase, truncate } from "../support/database.ts";
import { startIngestion } from "../support/engine.ts";
import { createReplayServer, type ReplayServer } from "../support/replay-server.ts";
import { ledgerOn, type RecordedLedger, resourcesFrom } from "./context.ts";

async function exported(userId: number): Promise<string> {
  let csv = "";
  await exportTransactions(ledger, userId, async (text) => {
    csv += text;
  });
  return csv;
}

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

async function settle(): Promise<void> {
  const { rows } = await owner.query("select from orchestrator.runs where status in ('queued', 'running')");
  expect(rows).toEqual([]);
}

beforeEach(async () => {
  await vi.waitFor(settle, 5000);
  await truncate(owner, "bronze.raw_assets", "bronze.raw_prices", "public.users");
  await owner.query(
    `delete from bronze.raw_fx_rates where currency <> 'USD';
     insert into users (user_id, email, password_hash) values (1, 'a@example.org', 'x'), (2, 'b@example.org', 'x')`,
  );
  const last = await owner.query("select coalesce(max(run_id), 0) as run_id from orchestrator.runs");
  lastRun = last.rows[0].run_id;
  server = await createReplayServer();
  onTestFinished(server.close);
  ledger = ledgerOn(web, server);
  const { bars, ...world } = server.ticker("WORLD");
  server.addTicker({ ...world, ticker: "TRUST.L", currency: "GBp", bars, dividends: [] });
  server.addTicker({ ...server.ticker("EURUSD=X"), ticker: "GBPUSD=X" });
});

const euros = { ticker: "EURX.DE", type: "BUY", quantity: "10", price: "40", fee: "1.5", date: "2024-01-10" };
const record = (input: object, userId = alice) => recordTransaction(ledger, userId, input);
const stored = async () =>
  (
    await owner.query(
      `select trim_scale(price) as price, trim_scale(fee) as fee, currency, trim_scale(fx_rate) as fx_rate, fx_currency
       from bronze.transactions
       order by transaction_id`,
    )
  ).rows;
const currencies = async () =>
  (await owner.query("select distinct currency from bronze.raw_fx_rates order by 1")).rows.map(
    ({ currency }) => currency,
  );
let lastRun = 0;
/** Since the test began. */
const runs = async () =>
  (
    await owner.query(
      "select selection, request_key from orchestrator.runs where run_id > $1 order by run_id",
      [lastRun],
    )
  ).rows;

test("a trade is in its ticker's currency, stored with it, and the rates were there first", async () => {
  const { transaction } = await record(euros);
  expect(transaction).toMatchObject({ currency: "EUR", price: "40", fx_rate: null, fx_currency: null });
  expect(await currencies()).toEqual(["EUR", "USD"]);
  expect(await runs()).toEqual([
    { selection: "raw_prices", request_key: "backfill:EURX.DE" },
    { selection: "raw_fx_rates", request_key: "backfill:rates:EUR" },
  ]);
  const before = server.requests.length;
  await record({ ...euros, date: "2024-01-11" });
  expect(server.requests).toHaveLength(before);
  const { rows } = await owner.query(
    "select quote_unit, currency, trim_scale(unit_factor) as factor from raw_assets",
  );
  expect(rows).toEqual([{ quote_unit: "EUR", currency: "EUR", factor: "1" }]);
});

test("a trade of a ticker that nobody has described is in no currency, but to who has dollars alone", async () => {
  const plain = { ticker: "NEWX.DE", currency: null };
  expect((await readLedgerCurrencies(ledger, alice, [plain])).of(plain)).toBe("USD");
  const trades = [plain, { ticker: "ACME", currency: "EUR" }];
  expect((await readLedgerCurrencies(ledger, alice, trades)).of(plain)).toBe("");
  await owner.query("update users set base_currency = 'KES' where user_id = 1");
  const { of, all } = await readLedgerCurrencies(ledger, alice, [plain]);
  expect([of(plain), all]).toEqual(["", ["KES"]]);
});

test("dollars for dollars ask for no rate", async () => {
  await record({ ...euros, ticker: "ACME" });
  expect(await currencies()).toEqual(["USD"]);
  expect(await stored()).toMatchObject([{ currency: "USD" }]);
});

test("shillings for a person whose figures are in shillings ask for no other", async () => {
  await owner.query("update users set base_currency = 'EUR' where user_id = 1");
  await record(euros);
  expect(await currencies()).toEqual(["USD"]);
});

test("pence become pounds once, exactly; a price without a unit is in the ticker's major one", async () => {
  const trade = { ...euros, ticker: "TRUST.L", price: "1234.5", fee: "595" };
  await record({ ...trade, currency: "GBp" });
  await record({ ...trade, price: "12.345", fee: "5.95", currency: "GBP" });
  await record({ ...trade, price: "12.345", fee: "5.95" });
  const pounds = { price: "12.345", fee: "5.95", currency: "GBP", fx_rate: null, fx_currency: null };
  expect(await stored()).toEqual([pounds, pounds, pounds]);
  const { rows } = await owner.query(
    "select quote_unit, currency, trim_scale(unit_factor) as f from raw_assets",
  );
  expect(rows).toEqual([{ quote_unit: "GBp", currency: "GBP", f: "0.01" }]);
  await expect(record({ ...trade, price: "0.000000000001", currency: "GBp" })).rejects.toMatchObject({
    code: "invalid_price",
  });
});

test("a trade paid in another currency needs the rates of all three", async () => {
  await requireBaseCurrency(ledger, alice, "KES");
  await setBaseCurrency(web, alice, "KES");
  await record({ ...euros, currency: "GBP", fx_rate: "201.25" });
  expect(await currencies()).toEqual(["EUR", "GBP", "KES", "USD"]);
  expect(await stored()).toMatchObject([{ currency: "GBP", fx_rate: "201.25", fx_currency: "KES" }]);
});

describe("what the market says against it", () => {
  /** Flat, so that every day's range is known; quoted at 500 pence. */
  beforeEach(() => {
    const { bars, ...world } = server.ticker("WORLD");
    const flat = bars.map((bar) => ({ ...bar, open: 500, high: 505, low: 495, close: 500, adjClose: 500 }));
    server.addTicker({ ...world, ticker: "FLAT.L", currency: "GBp", bars: flat, dividends: [] });
  });
  const flat = { ...euros, ticker: "FLAT.L", fee: "0" };
  const warnings = async (input: object) => (await record({ ...flat, ...input })).warnings;

  test("pounds that are pence, and pence that are pounds, are told", async () => {
    expect(await warnings({ price: "5" })).toEqual([]);
    expect(await warnings({ price: "500", currency: "GBp" })).toEqual([]);
    expect(await warnings({ price: "500" })).toEqual([
      "FLAT.L traded at 4.95 to 5.05 GBP on 2024-01-10, the price here is 500: a hundred times as much, as if it were in cents or pence; 5 would fit",
    ]);
    expect(await warnings({ price: "5", currency: "GBp" })).toEqual([
      expect.stringMatching(/the price here is 0\.05: a hundredth of it; 5 would fit$/),
    ]);
  });

  test("a price in another currency is compared in that", async () => {
    await requireRates(ledger, ["GBP", "KES"]);
    const { rows } = await owner.query(
      `select (5 * max(usd_per_unit) filter (where currency = 'GBP')
         / max(usd_per_unit) filter (where currency = 'KES'))::numeric(20, 2) as price
       from bronze.raw_fx_rates
       where rate_date = '2024-01-10'`,
    );
    expect(await warnings({ price: rows[0].price, currency: "KES" })).toEqual([]);
    expect(await warnings({ price: "5", currency: "KES" })).toEqual([
      expect.stringMatching(
        /^FLAT\.L traded at [\d.]+ to [\d.]+ KES on 2024-01-10, the price here is 5: in GBP it would fit$/,
      ),
    ]);
  });

  test("dollars for what is quoted in dollars are compared, too", async () => {
    server.addTicker({ ...server.ticker("FLAT.L"), ticker: "FLAT", currency: "USD" });
    const dollars = (price: string) => warnings({ ticker: "FLAT", price });
    expect(await dollars("500")).toEqual([]);
    expect(await dollars("50000")).toEqual([
      "FLAT traded at 495 to 505 USD on 2024-01-10, the price here is 50000: a hundred times as much, as if it were in cents or pence; 500 would fit",
    ]);
  });

  test("a rate of one's own that is the other way round, or of nothing, is told", async () => {
    await requireRates(ledger, ["GBP"]);
    const { rows } = await owner.query(
      `select trim_scale(usd_per_unit) as rate, trim_scale(round(1 / usd_per_unit, 6)) as inverse
       from bronze.raw_fx_rates
       where currency = 'GBP'
         and rate_date = '2024-01-10'`,
    );
    const rate: string = rows[0].rate;
    const far = String(Number(rate) * 1000);
    expect(await warnings({ price: "5", fx_rate: rate })).toEqual([]);
    expect(await warnings({ price: "5", fx_rate: far })).toEqual([
      expect.stringMatching(/^one GBP was worth [\d.]+ USD on 2024-01-10, the rate here is [\d.]+$/),
    ]);
    await requireBaseCurrency(ledger, alice, "KES");
    await setBaseCurrency(web, alice, "KES");
    expect(await warnings({ price: "5", fx_rate: "0.0025" })).toEqual([
      expect.stringMatching(
        /the rate here is 0\.0025: it seems to be the other way round; [\d.]+ would fit$/,
      ),
    ]);
  });
});

test("an empty currency or rate, as a form sends it, is none", async () => {
  await record({ ...euros, currency: "", fx_rate: "" });
  expect(await stored()).toMatchObject([{ currency: "EUR", fx_rate: null }]);
});

test("what was deleted comes back in its currency, and the export has it", async () => {
  const { transaction } = await record({ ...euros, fx_rate: "1.07" });
  await deleteTransaction(ledger, alice, transaction.transaction_id);
  expect(await restoreTransaction(ledger, alice, transaction.transaction_id)).toEqual(transaction);
  expect(await exported(alice)).toBe(
    "date,type,ticker,quantity,price,fee,currency,fx_rate,fx_currency,account,amount,tax,numerator,denominator,acquired_on," +
      "lots,market_value,transfer_id,group_id,note,tags,external_id,row\n2024-01-10,BUY,EURX.DE,10,40,1.5,EUR,1.07,USD,Portfolio,,0,,,,,,,,,,,1\n",
  );
});

describe("our own export", () => {
  test("is imported by another person as it is: each trade in its currency, with its own rate", async () => {
    await record({ ...euros, fx_rate: "1.07" });
    await record({ ...euros, ticker: "TRUST.L", currency: "GBP", price: "0.8" });
    await record({
      ...euros,
      ticker: "TRUST.L",
      currency: "USD",
      type: "SELL",
      price: "1",
      date: "2024-02-01",
    });
    const csv = await exported(alice);
    const { imported, review } = await importTransactions(ledger, 2, { csv }, null);
    expect(review.rows.flatMap(({ errors }) => errors)).toEqual([]);
    expect(imported).toBe(3);
    expect(await exported(2)).toBe(csv);
    expect((await importTransactions(ledger, 2, { csv }, null)).imported).toBe(0);
  });

  test("compares a price in what it was paid in", async () => {
    const { bars, ...world } = server.ticker("WORLD");
    const flat = bars.map((bar) => ({ ...bar, open: 500, high: 505, low: 495, close: 500, adjClose: 500 }));
    server.addTicker({ ...world, ticker: "FLAT.L", currency: "GBp", bars: flat, dividends: [] });
    await requireRates(ledger, ["GBP", "KES"]);
    const trade = { ...euros, ticker: "FLAT.L", fee: "0" };
    const { rows } = await owner.query(
      `select (5 * max(usd_per_unit) filter (where currency = 'GBP')
         / max(usd_per_unit) filter (where currency = 'KES'))::numeric(20, 2) as price
       from bronze.raw_fx_rates
       where rate_date = '2024-01-10'`,
    );
    await record({ ...trade, price: rows[0].price, currency: "KES" });
    await record({ ...trade, price: String(rows[0].price * 100), currency: "KES" });
    await record({ ...trade, price: "5" });
    const { review } = await importTransactions(ledger, 2, { csv: await exported(alice) }, null);
    expect(review.rows.map(({ warnings }) => warnings.map(({ code }) => code))).toEqual([
      [],
      ["price_differs"],
      [],
    ]);
    expect(review.rows[1]!.correction?.message).toMatch(/^price \d+(\.\d+)? -> \d+(\.\d+)?$/);
  });

  test("asks for the rates first, and for a rate of a day before them", async () => {
    const header = "date,type,ticker,quantity,price,fee,currency,fx_rate,fx_currency\n";
    const importing = (row: string) => importTransactions(ledger, 2, { csv: header + row }, null);
    await expect(importing("2019-05-06,BUY,EURX.DE,10,40,0,EUR,,\n")).rejects.toMatchObject({
      code: "missing_fx_rate",
    });
    const { review } = await importing("2019-05-06,BUY,EURX.DE,10,40,0,EUR,1.1,\n");
    expect(review.rows.flatMap(({ errors }) => errors.map(({ code }) => code))).toEqual(["invalid_fx_rate"]);
    expect(await stored()).toEqual([]);
    expect((await importing("2019-05-06,BUY,EURX.DE,10,40,0,EUR,1.1,USD\n")).imported).toBe(1);
    expect(await stored()).toMatchObject([{ currency: "EUR", fx_rate: "1.1", fx_currency: "USD" }]);
  });
});

test("a search finds what is quoted in other currencies, too", async () => {
  await record(euros);
  server.fail("search", "500", 9);
  const { tickers } = await searchTickers(ledger, alice, "eurex");
  expect(tickers.map(({ ticker }) => ticker)).toEqual(["EURX.DE"]);
});

describe("without a rate nothing is written", () => {
  test("the rates cannot be had: 503 with both reasons; they are back: the next attempt records", async () => {
    server.fail("chart", "404", 99, { subject: "EURUSD=X" });
    await expect(record(euros)).rejects.toMatchObject({
      code: "market_data_unavailable",
      retryAfterSeconds: 30,
      message: expect.stringMatching(
        /^the exchange rates of EUR could not be fetched: EUR: .*; nothing was recorded, try again in 30 seconds$/,
      ),
    });
    expect(await stored()).toEqual([]);
    server.recover();
    await record(euros);
    expect(await stored()).toHaveLength(1);
  });

  test("they are not there in time; what is under way goes on, and the next attempt finds it", async () => {
    await record({ ...euros, ticker: "ACME" });
    const fetching = server.waitForRequest("chart", "KES=X");
    const release = server.hold("chart");
    const waiting = requireRates(
      { pool: web, prices: { ...ledger.prices, describe: () => Promise.reject(new Error("not asked")) } },
      ["KES"],
      { patienceMilliseconds: 1 },
    );
    await expect(waiting).rejects.toMatchObject({ code: "market_data_unavailable" });
    release();
    await requireRates(ledger, ["KES"]);
    await fetching;
    expect(await currencies()).toEqual(["KES", "USD"]);
  });

  test("a day before the first rate: refused with what to say; with a rate it is recorded", async () => {
    const first = server.ticker("EURUSD=X").bars[0]!.date;
    const early = { ...euros, date: "2019-05-06" };
    await expect(record(early)).rejects.toMatchObject({
      code: "missing_fx_rate",
      field: "fx_rate",
      message: `no exchange rate of EUR from before ${first} is known; say what one EUR was worth in USD on 2019-05-06, as fx_rate`,
    });
    expect(await stored()).toEqual([]);
    await record({ ...early, fx_rate: "1.12" });
    expect(await stored()).toMatchObject([{ currency: "EUR", fx_rate: "1.12", fx_currency: "USD" }]);
    await expect(record({ ...early, currency: "GBP", fx_rate: "1.3" })).rejects.toThrow(
      /enter the trade of 2019-05-06 in EUR, in which EURX\.DE is quoted/,
    );
  });

  test("a rate between a currency and itself is none", async () => {
    await expect(record({ ...euros, ticker: "ACME", fx_rate: "1.1" })).rejects.toMatchObject({
      code: "invalid_fx_rate",
    });
    await record({ ...euros, ticker: "ACME", fx_rate: "1" });
    expect(await stored()).toMatchObject([{ currency: "USD", fx_rate: null, fx_currency: null }]);
  });
});

test("two people who need a new currency wait for one fetch", async () => {
  await record({ ...euros, ticker: "ACME" });
  await Promise.all([requireRates(ledger, ["KES"]), requireRates(ledger, ["KES"])]);
  expect((await runs()).filter(({ selection }) => selection === "raw_fx_rates")).toHaveLength(1);
});

test("the rates that a person may have fetched are counted as their look-ups", async () => {
  const scarce = rationed(ledger.prices, "Yahoo Finance", { person: { burst: 2, perSecond: 0.001 } });
  const request = { signal: new AbortController().signal, personId: () => alice, address: "127.0.0.1" };
  const asked = () => requireRates({ pool: web, prices: scarce }, ["KES", "EUR", "GBP"]);
  await expect(withinRequest(request, asked)).rejects.toMatchObject({ code: "too_many_lookups" });
  expect(await runs()).toEqual([]);
});

describe("a base currency", () => {
  test("is chosen when its rates are there, and not without", async () => {
    server.fail("chart", "404", 99, { subject: "KES=X" });
    await expect(requireBaseCurrency(ledger, alice, "KES")).rejects.toMatchObject({
      code: "market_data_unavailable",
    });
    server.recover();
    await requireBaseCurrency(ledger, alice, "KES");
    await requireBaseCurrency(ledger, alice, "USD");
  });

  test("whose rates begin after the first trade is refused", async () => {
    await record({ ...euros, ticker: "ACME", date: "2019-05-06" });
    await expect(requireBaseCurrency(ledger, alice, "KES")).rejects.toMatchObject({
      code: "missing_fx_rate",
      field: "base_currency",
      message: expect.stringContaining("there is a trade of 2019-05-06 in another currency"),
    });
  });
});

test("who has just been deleted is told so, by whatever asks for their currency", async () => {
  await expect(readLedgerCurrencies(ledger, 4711, [])).rejects.toMatchObject({ code: "unauthenticated" });
});
