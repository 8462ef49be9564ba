import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { lookUpTickers } from "../../src/ledger/import/lookup.ts";
import {
  browseLedger,
  deleteTransaction,
  exportTransactions,
  type ImportFile,
  type ImportReview,
  importTransactions,
  recordTransaction,
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
  await truncate(owner, "bronze.raw_assets", "public.users");
  await owner.query(
    `insert into users (user_id, email, password_hash) values (1, 'a@example.org', 'x'), (2, 'b@example.org', 'x')`,
  );
  server = await createReplayServer();
  onTestFinished(server.close);
  ledger = ledgerOn(web, server);
});

const count = async (userId = 1) =>
  (await browseLedger(ledger, userId, { sort: "date", isDescending: true, page: 1 }, 10)).matches;

const review = (csv: string, file: Omit<ImportFile, "csv"> = {}) =>
  reviewImport(ledger, 1, { csv, ...file }, null);

const importAll = (csv: string, userId = 1) => importTransactions(ledger, userId, { csv }, null);

async function exported(userId: number): Promise<string> {
  const parts: string[] = [];
  await exportTransactions(ledger, userId, async (text) => void parts.push(text));
  return parts.join("");
}

/** `2 OK` or `3 ERROR invalid_date`; a row that is left out in brackets. */
const told = ({ rows }: ImportReview): string[] =>
  rows.map(({ line, status, errors, warnings, isSelected }) => {
    // What the market says of prices that are made up has tests of its own.
    const remarks = [...errors, ...warnings].filter(({ code }) => !code.startsWith("price_"));
    const shown = status === "WARNING" && remarks.length === 0 ? "OK" : status;
    const text = [line, shown, ...remarks.map(({ code }) => code)].join(" ");
    return isSelected ? text : `(${text})`;
  });

const chosen = ({ fingerprint }: ImportReview, ...lines: number[]) => ({
  fingerprint,
  lines: new Set(lines),
});

const columns =
  "date,type,ticker,quantity,price,fee,currency,fx_rate,fx_currency,account,amount,tax,numerator,denominator,acquired_on," +
  "lots,market_value,transfer_id,group_id,note,tags,external_id,row\n";
const file = `${columns}2024-01-02,BUY,ACME,10,40.5,1,USD,,,Portfolio,,0,,,,,,,,,,,1
2024-01-03,BUY,COIN-USD,0.00000001,20000,0,USD,,,Portfolio,,0,,,,,,,,,,,2
2024-02-01,SELL,ACME,2.5,41,0.99,USD,,,Portfolio,,0,,,,,,,,,,,3
`;

describe("our own export", () => {
  test("can be imported by another person, and exported alike", async () => {
    expect((await importAll(file)).imported).toBe(3);
    expect(await exported(1)).toBe(file);
    expect(await exported(2)).toBe(columns);
    expect((await importAll(await exported(1), 2)).imported).toBe(3);
    expect(await exported(2)).toBe(file);
  });

  test("changes nothing when it comes again: every row is a potential duplicate, left out", async () => {
    await importAll(file);
    const { imported, review } = await importAll(await exported(1));
    expect(imported).toBe(0);
    expect(told(review)).toEqual([2, 3, 4].map((line) => `(${line} WARNING potential_duplicate)`));
    expect(await count()).toBe(3);
  });
});

describe("a file", () => {
  test.each([
    [
      "commas, other columns, other case",
      '\ufeffTicker,Note,Quantity,PRICE,Type,date\r\n acme ,"a, b",1,"1,234.50",Buy,2024-01-02\r\n\r\n',
    ],
    [
      "semicolons and decimal commas",
      "Datum;Typ;Symbol;Anzahl;Kurs;Währung\n02.01.2024;Kauf;ACME;1,0;1.234,50;USD\n",
    ],
    [
      "tabs, an empty value, a time of day",
      "Trade Date\tSide\tSymbol\tQty\tPrice (USD)\tCommission\n2024-01-02T14:30:00Z\tb\tacme\t1\t$1,234.50\t\n",
    ],
    [
      "bars and packed dates",
      "Date|Action|Symbol|Shares|Price per share\n20240102|Purchase|ACME|+1|1234.5\n",
    ],
  ])("with %s is understood", async (_, csv) => {
    const { rows, problem } = await review(csv);
    expect(problem).toBeNull();
    const dollars = {
      ticker: "ACME",
      type: "BUY",
      quantity: "1",
      price: "1234.5",
      fee: "0",
      currency: "USD",
    };
    expect(rows.map(({ input }) => ({ currency: "USD", ...input }))).toEqual([
      { ...dollars, date: "2024-01-02" },
    ]);
  });

  test("may write sales and fees as less than nothing, but no purchase", async () => {
    const { rows } = await review(
      "date,type,ticker,quantity,price,fee\n2024-01-02,BUY,ACME,5,40,-1\n2024-01-03,SELL,ACME,-2,40,(0.5)\n2024-01-03,BUY,ACME,-2,40,0\n",
    );
    expect(rows.map(({ input, errors }) => input?.fee ?? errors[0]?.code)).toEqual([
      "1",
      "0.5",
      "invalid_quantity",
    ]);
    expect(rows[1]?.input?.quantity).toBe("2");
  });

  test.each([
    ["", "empty_csv"],
    ["date,type,ticker,quantity,price\n", "empty_csv"],
    ["a,b\n1,2\n", "missing_columns"],
    ['date,type\n"open', "invalid_csv"],
    [`date,type,ticker,quantity,price\n${"x\n".repeat(5001)}`, "too_many_lines"],
  ])("of %.40j is refused as a whole", async (csv, code) => {
    const { imported, review } = await importAll(csv);
    expect([imported, review.problem?.code, review.rows]).toEqual([0, code, []]);
  });

  test("with a column of another name is read when one says which it is", async () => {
    const csv = "date,type,ticker,lot,price\n2024-01-02,BUY,ACME,1,40\n";
    expect((await review(csv)).problem?.message).toContain("quantity");
    expect(told(await review(csv, { columns: { quantity: "lot" } }))).toEqual(["2 OK"]);
    expect((await review(csv, { columns: { quantity: "Nonsense" } })).problem?.code).toBe("missing_columns");
    expect((await review(csv, { columns: { quantity: "lot", price: null } })).problem?.message).toContain(
      "price",
    );
  });

  test("whose dates can be read in two ways asks, and is read as one says", async () => {
    const csv = "date,type,ticker,quantity,price\n03/04/2024,BUY,ACME,1,2\n";
    const asked = await review(csv);
    expect([asked.isDateOrderCertain, ...told(asked)]).toEqual([false, "2 ERROR ambiguous_date"]);
    const said = await review(csv, { notation: { dateOrder: "day" } });
    expect([said.isDateOrderCertain, said.rows[0]?.input?.date]).toEqual([true, "2024-04-03"]);
    const decided = await review(`${csv}25/04/2024,BUY,ACME,1,2\n`);
    expect([decided.isDateOrderCertain, decided.rows[0]?.input?.date]).toEqual([true, "2024-04-03"]);
  });
});

describe("each row", () => {
  test("that cannot be recorded is told with its reason, and none is imported", async () => {
    const csv = `date,type,ticker,quantity,price,currency
2024-01-02,BUY,ACME,10,40,USD
2024-01-32,BUY,ACME,10,40,USD
2024-01-02,DIVIDEND,ACME,10,40,USD
2024-01-02,BUY,ACME,NaN,40,USD
2030-01-02,BUY,ACME,1,40,USD
2024-01-02,BUY,ACME,1,40,EUR
2024-01-02,BUY,ACME,1
2024-01-02,BUY,NOPE,10,40,USD
2024-01-02,BUY,EURX.DE,10,40,
2024-01-03,BUY,NOPE,10,40,USD
`;
    const { imported, review } = await importAll(csv);
    expect(imported).toBe(0);
    expect(told(review)).toEqual([
      "2 OK",
      "3 ERROR invalid_date",
      "(4 KEPT)",
      "5 ERROR invalid_quantity",
      "6 ERROR future_date",
      "7 ERROR unknown_ticker",
      "8 ERROR invalid_line",
      "9 ERROR unknown_ticker",
      "10 ERROR ambiguous_currency",
      "11 ERROR unknown_ticker",
    ]);
    expect(await count()).toBe(0);
    expect((await importTransactions(ledger, 1, { csv }, chosen(review, 2))).imported).toBe(1);
  });

  test("that stands in the ledger under another spelling is a potential duplicate; two alike in a file are two", async () => {
    await recordTransaction(ledger, 1, {
      ticker: "ACME",
      type: "BUY",
      quantity: "1.50",
      price: 40,
      date: "2024-01-02",
    });
    const csv = `date,type,ticker,quantity,price,fee
2024-01-02,BUY,acme,1.5,40.00,7
2024-01-03,BUY,ACME,1,40,0
2024-01-03,BUY,ACME,1,40,0
`;
    const first = await review(csv);
    expect(told(first)).toEqual(["(2 WARNING potential_duplicate)", "3 OK", "4 OK"]);
    const { imported } = await importTransactions(ledger, 1, { csv }, chosen(first, 2, 3, 4));
    expect(imported).toBe(3);
    expect(await count()).toBe(4);
  });

  test("older than the ticker's prices is a warning, and imported", async () => {
    const csv = "date,type,ticker,quantity,price\n1990-01-02,BUY,ACME,1,2\n";
    const { imported, review } = await importAll(csv);
    expect([imported, ...told(review)]).toEqual([1, "2 WARNING before_first_price"]);
  });

  test("that sells what is not held is told, over the ledger and the file together", async () => {
    const csv = `date,type,ticker,quantity,price
2024-01-02,BUY,ACME,10,40
2024-01-03,SELL,ACME,11,40
2024-01-04,SELL,ACME,12,40
2024-01-05,SELL,ACME,10,40
2024-01-02,BUY,GLOBEX,1,120
`;
    const refused = await importAll(csv);
    expect(told(refused.review)).toEqual(["2 OK", "3 ERROR oversell", "4 ERROR oversell", "5 OK", "6 OK"]);
    expect(refused.imported).toBe(0);
    await recordTransaction(ledger, 1, {
      ticker: "ACME",
      type: "BUY",
      quantity: 23,
      price: 1,
      date: "2024-01-01",
    });
    expect((await importAll(csv)).imported).toBe(5);
  });

  test("that takes away what a recorded SELL needs is the one to blame", async () => {
    await recordTransaction(ledger, 1, {
      ticker: "ACME",
      type: "BUY",
      quantity: 5,
      price: 1,
      date: "2024-01-01",
    });
    await recordTransaction(ledger, 1, {
      ticker: "ACME",
      type: "SELL",
      quantity: 5,
      price: 1,
      date: "2024-03-01",
    });
    const { imported, review } = await importAll(
      "date,type,ticker,quantity,price\n2024-02-01,SELL,ACME,1,40\n",
    );
    expect([imported, ...told(review)]).toEqual([0, "2 ERROR oversell"]);
    expect(review.rows[0]?.errors[0]?.message).toContain(
      "you sell 5 ACME on 2024-03-01, and would then hold only 4",
    );
  });

  test("left out leaves what leaned on it uncovered", async () => {
    const first = await review(file);
    const { imported, review: second } = await importTransactions(
      ledger,
      1,
      { csv: file },
      chosen(first, 3, 4),
    );
    expect([imported, ...told(second)]).toEqual([0, "(2 OK)", "3 OK", "4 ERROR oversell"]);
  });
});

describe("a selection", () => {
  test("holds for the file and the ledger it was made for, and no other", async () => {
    const first = await review(file);
    await recordTransaction(ledger, 1, {
      ticker: "ACME",
      type: "BUY",
      quantity: 10,
      price: 40.5,
      date: "2024-01-02",
    });
    const changedLedger = await importTransactions(ledger, 1, { csv: file }, chosen(first, 2, 3, 4));
    expect([changedLedger.imported, changedLedger.review.isSelectionKept]).toEqual([0, false]);
    expect(told(changedLedger.review)[0]).toBe("(2 WARNING potential_duplicate)");
    const changedFile = await importTransactions(ledger, 1, { csv: `${file}x` }, chosen(first, 2, 3, 4));
    expect([changedFile.imported, changedFile.review.isSelectionKept]).toEqual([0, false]);
    expect(await count()).toBe(1);
  });

  test("sent twice at the same time is recorded once", async () => {
    const first = await review(file);
    const answers = await Promise.all(
      [1, 2, 3].map(() => importTransactions(ledger, 1, { csv: file }, chosen(first, 2, 3, 4))),
    );
    expect(answers.map(({ imported }) => imported).sort()).toEqual([0, 0, 3]);
    expect(await count()).toBe(3);
  });

  test("is checked again when somebody has traded since", async () => {
    const bought = await recordTransaction(ledger, 1, {
      ticker: "ACME",
      type: "BUY",
      quantity: 1,
      price: 1,
      date: "2024-01-01",
    });
    const csv = "date,type,ticker,quantity,price\n2024-02-01,SELL,ACME,1,40\n";
    const first = await review(csv);
    await deleteTransaction(ledger, 1, bought.transaction.transaction_id);
    const { imported, review: second } = await importTransactions(ledger, 1, { csv }, chosen(first, 2));
    expect([imported, ...told(second)]).toEqual([0, "2 ERROR oversell"]);
  });
});

describe("new tickers", () => {
  test("are looked up once each, as many as one review may ask for; the next one goes on", async () => {
    const tickers = Array.from({ length: 70 }, (_, index) => `NEW${index}`);
    for (const ticker of tickers) server.addTicker({ ...server.ticker("ACME"), ticker });
    const rows = [...tickers, ...tickers].map((ticker, index) => `2024-01-02,BUY,${ticker},${index + 1},50`);
    const csv = ["date,type,ticker,quantity,price", ...rows].join("\n");
    const first = await importAll(csv);
    expect([first.imported, first.review.lookup]).toEqual([0, { checked: 60, total: 70 }]);
    expect(told(first.review)[69]).toBe("71 ERROR ticker_not_checked");
    expect(server.requests.filter(({ kind }) => kind === "chart")).toHaveLength(120); // what it is, and what it was traded at
    expect((await importAll(csv)).imported).toBe(140);
  });

  test("are told of one by one, and no more are asked about when patience ends", async () => {
    const tickers = Array.from({ length: 20 }, (_, index) => `SLOW${index}`);
    for (const ticker of tickers) server.addTicker({ ...server.ticker("ACME"), ticker });
    const told: string[] = [];
    const look = (patience?: number) =>
      lookUpTickers(
        ledger,
        1,
        tickers,
        ({ checked, total }) => told.push(`${checked} of ${total}`),
        patience === undefined ? {} : { patience },
      );
    const first = await look(0);
    expect([first.checked, first.total]).toEqual([6, 20]); // those that were asked about at once
    expect(told).toEqual(["0", "1", "2", "3", "4", "5", "6"].map((checked) => `${checked} of 20`));
    const second = await look();
    expect([second.checked, second.total]).toEqual([14, 14]);
  });

  test("have to wait while the price source is away, and it is not asked for each", async () => {
    server.fail("chart", "500", 99);
    const { imported, review } = await importAll(file);
    expect(imported).toBe(0);
    for (const row of told(review))
      expect(row).toMatch(/ERROR (market_data_unavailable|ticker_not_checked)$/);
    expect(await count()).toBe(0);
  });
});

test("five thousand rows are reviewed and recorded", async () => {
  const rows = Array.from({ length: 5000 }, (_, index) => {
    const type = index % 2 === 0 ? "BUY" : "SELL";
    return `2024-01-${String(2 + (index % 20)).padStart(2, "0")},${type},ACME,${index + 1},40`;
  });
  rows[0] = "2024-01-01,BUY,ACME,100000000,40";
  const csv = ["date,type,ticker,quantity,price", ...rows].join("\n");
  expect((await importAll(csv)).imported).toBe(5000);
});
