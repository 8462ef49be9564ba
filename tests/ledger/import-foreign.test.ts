/** Broker files whose trades are in other currencies than the dollar, from their text to the ledger. The fetches are the real engine's. */
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { setBaseCurrency } from "../../src/accounts/index.ts";
import {
  type ImportFile,
  type ImportReview,
  importTransactions,
  requireBaseCurrency,
  reviewImport,
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
const day = "2024-01-10";

/** A listing whose price is the same on every day, so that a file can be written for it. */
function list(ticker: string, currency: string, price: number, name = ticker): void {
  const { bars, ...world } = server.ticker("WORLD");
  const flat = { open: price, high: price, low: price, close: price, adjClose: price };
  server.addTicker({
    ...world,
    ticker,
    name,
    currency,
    bars: bars.map((bar) => ({ ...bar, ...flat })),
    dividends: [],
  });
}

function rate(symbol: string, quotedIn: string, price: number): void {
  const { bars, ...pair } = server.ticker("EURUSD=X");
  const flat = { open: price, high: price, low: price, close: price, adjClose: price };
  server.addTicker({
    ...pair,
    ticker: symbol,
    currency: quotedIn,
    bars: bars.map((bar) => ({ ...bar, ...flat })),
  });
}

beforeEach(async () => {
  await truncate(owner, "bronze.raw_assets", "bronze.raw_prices", "bronze.identifiers", "public.users");
  await owner.query(
    `delete from bronze.raw_fx_rates where currency <> 'USD';
     insert into users (user_id, email, password_hash) values (1, 'a@example.org', 'x')`,
  );
  server = await createReplayServer();
  onTestFinished(server.close);
  ledger = ledgerOn(web, server);
  list("SAPX.DE", "EUR", 140, "Sap SE DE0000000016");
  list("SAPX", "USD", 154, "Sap ADR DE0000000016");
  list("VODX.L", "GBp", 70, "Vod plc GB0000000016");
  rate("EURUSD=X", "USD", 1.1);
  rate("GBPUSD=X", "USD", 1.25);
});

const review = (csv: string, file: Omit<ImportFile, "csv"> = {}) =>
  reviewImport(ledger, alice, { csv, ...file }, null);
const importAll = (csv: string, file: Omit<ImportFile, "csv"> = {}) =>
  importTransactions(ledger, alice, { csv, ...file }, null);

const told = ({ rows }: ImportReview): string[] =>
  rows.map(({ line, status, currency, errors, warnings, notes, input }) =>
    [
      line,
      status,
      input?.ticker,
      currency,
      ...[...errors, ...warnings].map(({ code }) => code),
      ...notes.flatMap(({ message }) => (message.includes("converted") ? message : [])),
    ]
      .filter(Boolean)
      .join(" "),
  );

async function stored() {
  const { rows } = await owner.query(
    `select transaction_type as type, ticker, trim_scale(price) as price, trim_scale(fee) as fee, currency,
       trim_scale(fx_rate) as fx_rate, fx_currency
     from bronze.transactions
     order by transaction_id`,
  );
  return rows;
}

const generic = (...rows: string[]): string =>
  ["date,type,ticker,quantity,price,currency", ...rows].join("\n");

test("a trade is recorded in the file's currency, and the rates were there first", async () => {
  const csv = generic(
    `${day},BUY,SAPX.DE,2,140,EUR`,
    `${day},BUY,VODX.L,100,70,GBX`,
    `${day},BUY,ACME,1,40,USD`,
  );
  const first = await review(csv);
  expect(told(first).slice(0, 2)).toEqual(["2 OK SAPX.DE EUR", "3 OK VODX.L GBP"]);
  expect((await importAll(csv)).imported).toBe(3);
  expect(await stored()).toMatchObject([
    { ticker: "SAPX.DE", price: "140", currency: "EUR", fx_rate: null },
    { ticker: "VODX.L", price: "0.7", currency: "GBP", fx_rate: null },
    { ticker: "ACME", currency: "USD" },
  ]);
  const { rows } = await owner.query("select distinct currency from bronze.raw_fx_rates order by 1");
  expect(rows.map(({ currency }) => currency)).toEqual(["EUR", "GBP", "USD"]);
  // And once more: it is known.
  expect((await importAll(csv)).imported).toBe(0);
});

describe("a symbol that is quoted in another currency", () => {
  const csv = generic(`${day},BUY,SAPX,2,140,EUR`);

  test("is asked, since abroad it may be another company", async () => {
    const first = await review(csv);
    expect(told(first)).toEqual(["2 ERROR SAPX EUR unknown_ticker"]);
    expect(first.rows[0]!.errors[0]!.message).toBe(
      "it was paid in EUR, and SAPX is quoted in USD: say which ticker SAPX is",
    );
    expect(first.symbols).toMatchObject([
      { symbol: "SAPX", isOpen: true, proposals: ["SAPX.DE", "SAPX.PA", "SAPX.AS", "SAPX.MI"] },
    ]);
    expect((await importAll(csv)).imported).toBe(0);
    expect((await importAll(csv, { tickers: { SAPX: "SAPX.DE" } })).imported).toBe(1);
    expect(await stored()).toMatchObject([{ ticker: "SAPX.DE", price: "140", currency: "EUR" }]);
  });

  test("is converted where a person says that it is meant, and its price is held against the day in what was paid", async () => {
    const tickers = { SAPX: "SAPX" };
    const [row] = told(await review(csv, { tickers }));
    expect(row).toBe("2 OK SAPX EUR paid in EUR, and SAPX is quoted in USD: converted at the day's rate");
    const far = await review(csv.replace(",140,", ",280,"), { tickers });
    expect(far.rows[0]!.warnings.map(({ message }) => message)).toEqual([
      `SAPX traded at 140 EUR on ${day}, the price here is 280`,
    ]);
    expect((await importAll(csv, { tickers })).imported).toBe(1);
    expect(await stored()).toMatchObject([{ ticker: "SAPX", price: "140", currency: "EUR" }]);
  });
});

test("of an instrument by its number the listing in the file's currency is found, and its dividends are of the same", async () => {
  const csv = (price: string, currency: string) =>
    `date,type,isin,quantity,price,amount,currency
${day},BUY,DE0000000016,2,${price},,${currency}
2024-02-10,DIVIDEND,DE0000000016,,,3,USD
`;
  const recording = { dividends: true };
  await importAll(csv("140", "EUR"), { recording });
  expect(await stored()).toMatchObject([
    { ticker: "SAPX.DE", currency: "EUR" },
    { type: "DIVIDEND", ticker: "SAPX.DE", currency: "USD" },
  ]);
  const [pounds] = told(await review(csv("123.2", "GBP")));
  expect(pounds).toMatch(/^2 OK SAPX(\.DE)? GBP paid in GBP, .*: converted at the day's rate$/);
});

describe("an exchange rate of the row's own", () => {
  const trading212 = (total: string, rateOf = "1.25") =>
    `Action,Time,ISIN,Ticker,Name,No. of shares,Price / share,Currency (Price / share),Exchange rate,Total,Currency (Total)
Market buy,${day} 15:31:03,US0000000024,ACME,Acme,2,${priceOf("ACME")},USD,${rateOf},${total},GBP
`;
  const priceOf = (ticker: string) =>
    String(server.ticker(ticker).bars.find(({ date }) => date === day)!.close);
  const paid = () => ((2 * Number(priceOf("ACME"))) / 1.25).toFixed(2);

  test("is kept for whose figures are in another currency than the price, in what the file paid in", async () => {
    await requireBaseCurrency(ledger, alice, "GBP");
    await setBaseCurrency(web, alice, "GBP");
    expect((await importAll(trading212(paid()))).imported).toBe(1);
    expect(await stored()).toMatchObject([{ currency: "USD", fx_rate: "0.8", fx_currency: "GBP" }]);
  });

  test("goes through what the file paid in to another currency, whose rates are fetched too", async () => {
    await requireBaseCurrency(ledger, alice, "EUR");
    await setBaseCurrency(web, alice, "EUR");
    expect((await importAll(trading212(paid()))).imported).toBe(1);
    expect(await stored()).toMatchObject([{ currency: "USD", fx_rate: "0.8", fx_currency: "GBP" }]);
    const { rows } = await owner.query("select distinct currency from bronze.raw_fx_rates order by 1");
    expect(rows.map(({ currency }) => currency)).toEqual(["EUR", "GBP", "USD"]);
  });

  test("is nothing to whose figures are in what the price is in", async () => {
    expect((await importAll(trading212(paid()))).imported).toBe(1);
    expect(await stored()).toMatchObject([{ currency: "USD", fx_rate: null, fx_currency: null }]);
    const { rows } = await owner.query("select distinct currency from bronze.raw_fx_rates");
    expect(rows).toEqual([{ currency: "USD" }]);
  });

  test("that is far from the day's, or from what the sums say, is told", async () => {
    const sums = String(Number(paid()) * 2);
    const twice = await review(trading212(sums, ""));
    expect(twice.rows[0]!.warnings.map(({ code }) => code)).toEqual(["rate_far"]);
    const other = await review(trading212(paid(), "1.60"));
    expect(other.rows[0]!.warnings.map(({ code }) => code)).toEqual(["rate_differs"]);
  });
});

describe("what no currency says", () => {
  const csv = `date,type,ticker,quantity,price
${day},BUY,SAPX.DE,2,140
`;

  test("is asked where dollars cannot be meant, and can be what each instrument is quoted in", async () => {
    const first = await review(csv);
    expect(told(first)).toEqual(["2 ERROR SAPX.DE EUR ambiguous_currency"]);
    expect(first.isCurrencyAsked).toBe(true);
    expect(told(await review(csv, { notation: { currency: "EUR" } }))).toEqual(["2 OK SAPX.DE EUR"]);
    expect((await importAll(csv, { notation: { currency: "quoted" } })).imported).toBe(1);
    expect(await stored()).toMatchObject([{ ticker: "SAPX.DE", price: "140", currency: "EUR" }]);
    // And is remembered for files like it.
    const next = await review(csv.replace(",2,", ",3,"));
    expect([told(next), next.isRemembered]).toEqual([["2 OK SAPX.DE EUR"], true]);
  });

  test("is told where a unit had to be taken", async () => {
    const pence = csv.replace("SAPX.DE,2,140", "VODX.L,100,70");
    const first = await review(pence, { notation: { currency: "quoted" } });
    expect(told(first)).toEqual(["2 WARNING VODX.L GBP unit_assumed price_differs"]);
    expect(first.rows[0]!.correction?.message).toBe("price 70 -> 0.7");
    const given = { notation: { currency: "quoted" }, corrections: [2] };
    expect((await importAll(pence, given)).imported).toBe(1);
    expect(await stored()).toMatchObject([{ ticker: "VODX.L", price: "0.7", currency: "GBP" }]);
  });

  test("is not asked of who has dollars alone", async () => {
    const dollars = await review(csv.replace("SAPX.DE", "ACME"));
    expect([dollars.isCurrencyAsked, dollars.isCurrencyAssumed]).toEqual([false, true]);
  });
});

describe("the market's day", () => {
  const said = async (row: string) =>
    (await review(generic(row))).rows[0]!.warnings.map(({ message }) => message);

  test("is held against a price in any currency", async () => {
    expect(await said(`${day},BUY,SAPX.DE,2,14000,EUR`)).toEqual([
      `SAPX.DE traded at 140 EUR on ${day}, the price here is 14000: a hundred times as much, as if it were in cents or pence; 140 would fit`,
    ]);
    expect(await said(`${day},BUY,VODX.L,100,70,GBP`)).toEqual([
      `VODX.L traded at 0.7 GBP on ${day}, the price here is 70: a hundred times as much, as if it were in cents or pence; 0.7 would fit`,
    ]);
    expect(await said(`${day},BUY,VODX.L,100,0.7,GBX`)).toEqual([
      `VODX.L traded at 0.7 GBP on ${day}, the price here is 0.007: a hundredth of it; 0.7 would fit`,
    ]);
  });

  test("tells another currency by its rate", async () => {
    rate("JPY=X", "JPY", 150);
    const yen = 140 * 1.1 * 150;
    expect(await said(`${day},BUY,SAPX.DE,2,${yen},EUR`)).toEqual([
      `SAPX.DE traded at 140 EUR on ${day}, the price here is ${yen}: in JPY it would fit`,
    ]);
  });
});

test("a trade before the first known rate is told as its row's, once the rates are there", async () => {
  const first = server.ticker("EURUSD=X").bars[0]!.date;
  const before = new Date(Date.parse(first) - 30 * 86_400_000).toISOString().slice(0, 10);
  const csv = generic(`${before},BUY,SAPX.DE,2,140,EUR`, `${day},BUY,SAPX.DE,2,140,EUR`);
  await expect(importAll(csv)).rejects.toMatchObject({ code: "missing_fx_rate" });
  const again = await review(csv);
  expect(again.rows.map(({ errors }) => errors.map(({ code }) => code))).toEqual([["missing_fx_rate"], []]);
  expect(await stored()).toEqual([]);
});
