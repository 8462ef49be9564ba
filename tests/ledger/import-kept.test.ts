import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { personTransaction } from "../../src/database/person.ts";
import {
  browseLedger,
  deleteTransaction,
  type ImportFile,
  type ImportReview,
  importTransactions,
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

beforeEach(async () => {
  await truncate(owner, "bronze.raw_assets", "bronze.raw_prices", "bronze.identifiers", "public.users");
  await owner.query(
    `insert into users (user_id, email, password_hash) values (1, 'a@example.org', 'x'), (2, 'b@example.org', 'x')`,
  );
  server = await createReplayServer();
  onTestFinished(server.close);
  ledger = ledgerOn(web, server);
});

const importAll = (csv: string, file: Omit<ImportFile, "csv"> = {}, userId = 1) =>
  importTransactions(ledger, userId, { csv, ...file }, null);
const review = (csv: string, userId = 1) => reviewImport(ledger, userId, { csv }, null);

/** "2 OK ACME" or "(3 KEPT)". */
const told = ({ rows }: ImportReview): string[] =>
  rows.map(({ line, status, input, isSelected, errors }) => {
    const text = [line, status, errors[0]?.code ?? input?.ticker ?? ""].join(" ").trim();
    return isSelected ? text : `(${text})`;
  });

const priceOf = (ticker: string, date: string): string =>
  String(server.ticker(ticker).bars.find((bar) => bar.date === date)!.close);

const keptRows = async (userId = 1) => {
  const { rows } = await owner.query<{
    line: number;
    kind: string;
    transaction_id: number | null;
    reason: string;
  }>("select line, kind, transaction_id, reason from public.import_rows where user_id = $1 order by line", [
    userId,
  ]);
  return rows;
};

const mixed = (): string => `date,type,ticker,quantity,price,amount
2024-01-02,Buy,ACME,10,${priceOf("ACME", "2024-01-02")},
2024-01-03,Dividend,ACME,,,2.50
2024-01-04,Deposit,,,,100
2024-01-05,Buy,N_O,1,1,
`;

test("a text that is cut in the middle of a character is kept as text, and its row as the file has it", async () => {
  const word = `${"y".repeat(199)}\u{1F600}, it "says" \\u0000 \\`;
  const csv = `date,type,ticker,quantity,price,amount\n2024-01-03,"${word.replaceAll('"', '""')}",,,,2.50\n`;
  expect((await importAll(csv)).kept).toBe(1);
  const { rows } = await owner.query<{ word: string; type: string }>(
    "select word, texts ->> 'type' as type from public.import_rows",
  );
  expect(rows).toEqual([{ word: `${"y".repeat(199)}\ufffd`, type: word }]);
});

describe("rows that are no trades", () => {
  test("are kept with the import, with those that were left out and what became of the others", async () => {
    const first = await review(mixed());
    expect(told(first)).toEqual(["2 OK ACME", "(3 KEPT ACME)", "(4 KEPT)", "5 ERROR invalid_ticker"]);
    const selection = { fingerprint: first.fingerprint, lines: new Set([2]) };
    const { imported, kept } = await importTransactions(ledger, 1, { csv: mixed() }, selection);
    expect([imported, kept]).toEqual([1, 2]);
    const rows = await keptRows();
    expect(rows.map(({ line, kind, transaction_id }) => [line, kind, transaction_id !== null])).toEqual([
      [2, "BUY", true],
      [3, "DIVIDEND", false],
      [4, "DEPOSIT", false],
      [5, "BUY", false],
    ]);
    expect(rows[3]?.reason).toContain("left out: expected ticker to be");
  });

  test("are kept once, however often the file comes", async () => {
    const csv =
      "date,type,ticker,quantity,price,amount\n2024-01-03,Dividend,ACME,,,2.50\n2024-01-03,Dividend,ACME,,,2.50\n";
    expect((await importAll(csv)).kept).toBe(2);
    const again = await importAll(csv);
    expect([again.imported, again.kept, (await keptRows()).length]).toEqual([0, 0, 2]);
  });

  test("are nobody else's, and go with the account", async () => {
    await importAll("date,type,ticker,quantity,price,amount\n2024-01-03,Dividend,ACME,,,2.50\n");
    for (const table of ["imports", "import_rows", "import_choices", "import_tickers"]) {
      const { rows } = await personTransaction(web, 2, (client) =>
        client.query(`select from public.${table}`),
      );
      expect(rows).toHaveLength(0);
    }
    await owner.query("delete from users where user_id = 1");
    expect(await keptRows()).toEqual([]);
  });
});

test("a row that was imported is known again when its trade was edited since, and is new when it was deleted", async () => {
  const csv = `date,type,ticker,quantity,price\n2024-01-02,BUY,ACME,10,${priceOf("ACME", "2024-01-02")}\n`;
  await importAll(csv);
  const edited = "update bronze.transactions set quantity = 11 where user_id = 1";
  await owner.query(edited);
  const again = await review(csv);
  expect(told(again)).toEqual(["(2 WARNING ACME)"]);
  expect(again.rows[0]?.warnings[0]?.message).toContain("this row was imported on");
  const { transactions } = await browseLedger(ledger, 1, { sort: "date", isDescending: true, page: 1 }, 10);
  await deleteTransaction(ledger, 1, transactions[0]!.transaction_id);
  expect(told(await review(csv))).toEqual(["2 OK ACME"]);
});

test("trades of a day are recorded in the order of their times, whichever way the file goes", async () => {
  const at = priceOf("ACME", "2024-01-02");
  const rows = ["15:30:00,3", "10:00:00,2", "09:00:00,1"].map((row) => {
    const [time, quantity] = row.split(",");
    return `2024-01-02 ${time},BUY,ACME,${quantity},${at}`;
  });
  await importAll(`date,type,ticker,quantity,price\n${rows.join("\n")}\n`);
  const { rows: recorded } = await owner.query<{ quantity: string }>(
    "select trim_scale(quantity) as quantity from bronze.transactions order by transaction_id",
  );
  expect(recorded.map(({ quantity }) => quantity)).toEqual(["1", "2", "3"]);
});

test("what leaving a purchase out makes impossible is said at the sale", async () => {
  const csv = `date,type,ticker,quantity,price\n2024-01-02,BUY,ACME,10,${priceOf("ACME", "2024-01-02")}\n2024-01-03,SELL,ACME,4,${priceOf("ACME", "2024-01-03")}\n`;
  const { fingerprint } = await review(csv);
  const left = await reviewImport(ledger, 1, { csv }, { fingerprint, lines: new Set([3]) });
  expect(left.rows[1]?.errors[0]?.message).toContain("; line 2, which buys it, is left out");
});

describe("an instrument without a ticker", () => {
  const csv = () =>
    `Date,Type,ISIN,Quantity,Price,Currency\n2024-01-02,Buy,US0000000016,10,${priceOf("ACME", "2024-01-02")},USD\n`;

  test("is searched for by its number, in dollars, once for everybody", async () => {
    const listing = server.ticker("EURX.DE");
    server.addTicker({ ...listing, ticker: "ISN.DE", name: "Isin AG US0000000016" });
    server.addTicker({ ...server.ticker("ACME"), ticker: "ISN", name: "Isin Inc US0000000016" });
    expect(told(await review(csv()))).toEqual(["2 OK ISN"]);
    const searches = () => server.requests.filter(({ kind }) => kind === "search").length;
    const before = searches();
    expect(told(await review(csv(), 2))).toEqual(["2 OK ISN"]);
    expect(searches()).toBe(before);
    expect((await importAll(csv())).imported).toBe(1);
  });

  test("that nobody knows is asked, and what one says is remembered", async () => {
    const asked = await review(csv());
    expect(told(asked)).toEqual(["2 ERROR unknown_ticker"]);
    expect(asked.symbols.map(({ symbol, isOpen }) => [symbol, isOpen])).toEqual([["US0000000016", true]]);
    const tickers = { US0000000016: "ACME" };
    expect((await importAll(csv(), { tickers })).imported).toBe(1);
    expect(told(await review(csv().replace(",10,", ",11,")))).toEqual(["2 OK ACME"]);
    expect(told(await review(csv().replace(",10,", ",11,"), 2))).toEqual(["2 ERROR unknown_ticker"]);
  });

  test("is remembered by its ISIN for every file, by a symbol for files like it alone", async () => {
    const at = priceOf("ACME", "2024-01-02");
    const file = (symbol: string, more = "") =>
      `date,type,ticker,quantity,price${more && ",note"}\n2024-01-02,BUY,${symbol},1,${at}${more && ",x"}\n`;
    await importAll(csv(), { tickers: { US0000000016: "ACME" } });
    await importAll(file("ABC"), { tickers: { ABC: "ACME" } });
    expect(told(await review(file("ABC").replace(",1,", ",2,")))).toEqual(["2 OK ACME"]);
    expect(told(await review(file("ABC", "more").replace(",1,", ",3,")))).toEqual(["2 ERROR unknown_ticker"]);
    expect(told(await review(file("US0000000016", "more").replace(",1,", ",3,")))).toEqual(["2 OK ACME"]);
  });

  test("has to wait while the price source is away", async () => {
    server.fail("search", "500", 99);
    expect(told(await review(csv()))).toEqual(["2 ERROR market_data_unavailable"]);
  });
});

test("what is said of columns, words and notation holds for the next file with these columns, and for no one else's", async () => {
  const csv = (day: string) =>
    `date,what,sym,lot,price\n${day},Zorp,ACME,1,${priceOf("ACME", "2024-01-02")}\n`;
  const said: Omit<ImportFile, "csv"> = {
    columns: { type: "what", ticker: "sym", quantity: "lot" },
    words: { zorp: "BUY" },
    notation: { dateOrder: "month" },
  };
  expect((await importAll(csv("01/02/2024"), said)).imported).toBe(1);
  const next = await review(csv("01/03/2024"));
  expect([next.isRemembered, next.rows[0]?.input?.date]).toEqual([true, "2024-01-03"]);
  expect((await review(csv("01/03/2024"), 2)).problem?.code).toBe("missing_columns");
});

describe("a price", () => {
  const buy = (price: string, date = "2024-01-02", ticker = "ACME") =>
    review(`date,type,ticker,quantity,price\n${date},BUY,${ticker},1,${price}\n`);
  const said = async (price: string, date?: string) =>
    (await buy(price, date)).rows[0]?.warnings.map(({ code, message }) => `${code}: ${message}`);

  test("that the market contradicts is told with both figures, whether prices are stored or not", async () => {
    const close = Number(priceOf("ACME", "2024-01-02"));
    expect(await said(String(close))).toEqual([]);
    const [hundredfold] = (await said(String(close * 100)))!;
    expect(hundredfold).toMatch(
      /^price_differs: ACME traded at .* on 2024-01-02, the price here is .*: a hundred times as much/,
    );
    await owner.query(
      `insert into bronze.raw_prices (ticker, price_date, open, high, low, close, is_final, fetched_at)
       values ('ACME', '2024-01-02', 7, 8, 6, 7, true, now())`,
    );
    expect((await said(String(close)))![0]).toMatch(/^price_far: ACME traded at 6 to 8 on 2024-01-02/);
    expect(await said("7.5")).toEqual([]);
  });

  test("is corrected where one says so, and recorded corrected", async () => {
    const close = priceOf("ACME", "2024-01-02");
    const csv = `date,type,ticker,quantity,price\n2024-01-02,BUY,ACME,1,${Number(close) * 100}\n`;
    const first = await review(csv);
    expect(first.rows[0]?.correction?.message).toBe(`price ${Number(close) * 100} -> ${Number(close)}`);
    const { imported, review: done } = await importAll(csv, { corrections: [2] });
    expect([imported, done.rows[0]?.status, done.rows[0]?.input?.price]).toEqual([
      1,
      "OK",
      String(Number(close)),
    ]);
  });

  test("in another currency is told by the day's rate", async () => {
    const euro = { ...server.ticker("ACME"), ticker: "EURUSD=X", type: "CURRENCY" };
    server.addTicker(euro);
    server.setBars(
      "EURUSD=X",
      euro.bars.map((bar) => ({ ...bar, open: 1.6, high: 1.6, low: 1.6, close: 1.6 })),
    );
    const price = (Number(priceOf("ACME", "2024-01-02")) / 1.6).toFixed(2);
    expect((await said(price))![0]).toMatch(/: in EUR it would fit$/);
  });

  test("of a coin's symbol that is a fund's is asked as another instrument", async () => {
    server.addTicker({ ...server.ticker("WORLD"), ticker: "BTC", name: "Mini Bitcoin Trust ETF" });
    const { symbols, rows } = await buy("84000", "2024-01-02", "BTC");
    expect(rows[0]?.warnings[0]?.message).toContain("the coin itself is BTC-USD");
    expect(symbols).toMatchObject([{ symbol: "BTC", isOpen: true, proposals: ["BTC-USD"] }]);
  });
});
