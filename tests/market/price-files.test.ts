/** Files of prices with every kind of fault, made up for it. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pino from "pino";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  exchangeOf,
  type PriceFileReport,
  takePriceFile,
  watchPriceFolder,
} from "../../src/price-files/index.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";

let database: TestDatabase;
const now = new Date("2026-11-27T12:00:00Z");

interface Hints {
  readonly name?: string;
  readonly place?: string;
  readonly ticker?: string;
  readonly pair?: string;
  readonly replaces?: boolean;
}

const give = (
  text: string,
  { name = "prices.csv", place = "", ticker, pair, replaces = false }: Hints = {},
): Promise<PriceFileReport> =>
  takePriceFile(
    database.pool,
    {
      text,
      name,
      exchange: exchangeOf(place),
      ticker: ticker ?? null,
      pair: pair ?? null,
      isRates: false,
      origin: "command",
      dateOrder: null,
      replaces,
    },
    { now, by: "bronze.store_price_file" },
  );

const stored = async (ticker: string): Promise<string[]> =>
  (
    await database.pool.query<{ row: string }>(
      `select concat_ws(' ', price_date, trim_scale(open), trim_scale(high), trim_scale(low), trim_scale(close), trim_scale(volume)) as row
       from bronze.raw_prices where ticker = $1 order by price_date`,
      [ticker],
    )
  ).rows.map(({ row }) => row);

const list = (...rows: string[]): string =>
  [
    "DATE,CODE,NAME,12m Low,12m High,Day Low,Day High,Day Price,Previous,Change,Change%,Volume,Adjust",
    ...rows,
  ].join("\n");
const known = [
  "4-Mar-24,EQTY,Equity,1,99,40,41,40.5,40,0.5,1.25%,100,-",
  "4-Mar-24,KCB,KCB,1,99,20,21,20.5,20,0.5,2.5%,100,-",
];
/** Weekdays from a Monday on. */
const history = (header: string, row: (date: string, index: number) => string, days = 20): string =>
  [
    header,
    ...Array.from({ length: days }, (_, index) => {
      const date = new Date(Date.UTC(2024, 0, 1 + Math.floor(index / 5) * 7 + (index % 5)));
      return row(date.toISOString().slice(0, 10), index);
    }),
  ].join("\n");

beforeAll(async () => {
  database = await createTestDatabase();
});

beforeEach(async () => {
  await database.pool.query(
    `truncate bronze.raw_prices, bronze.raw_corporate_actions;
     delete from bronze.raw_assets; delete from bronze.split_rulings; delete from bronze.symbol_changes;
     delete from bronze.raw_fx_rates where currency <> 'USD'; delete from bronze.price_files`,
  );
});

describe("a daily list of an exchange", () => {
  test("is known by its codes; marks of thousands, a dash for none, and a byte order mark are read", async () => {
    const report = await give(
      `\ufeff${list('4-Mar-24,SCOM,Safaricom,"1,000","2,000","1,390","1,410.50","1,400.25",-,-,-,"1,900.00",-', ...known)}`,
    );
    expect(report).toMatchObject({
      problem: null,
      exchange: "XNAI",
      rows: 3,
      inserted: 3,
      refused: 0,
      tickers: ["EQTY.XNAI", "KCB.XNAI", "SCOM.XNAI"],
    });
    expect(await stored("SCOM.XNAI")).toEqual(["2024-03-04 1410.5 1390 1400.25 1900"]);
    const { rows } = await database.pool.query(
      "select currency, unit_factor::text, source from bronze.raw_assets where ticker = 'SCOM.XNAI'",
    );
    expect(rows).toEqual([{ currency: "KES", unit_factor: "1", source: "file" }]);
  });

  test("each row that cannot be is refused with its line and reason, and the others are used", async () => {
    const report = await give(
      list(
        ...known,
        "9-Mar-24,SCOM,Safaricom,1,99,14,15,14.5,14,0.5,3%,100,-",
        "31-Feb-24,SCOM,Safaricom,1,99,14,15,14.5,14,0.5,3%,100,-",
        "5-Mar-24,SCOM,Safaricom,1,99,-,-,-,14,-,-,-,-",
        "6-Mar-24,SCOM,Safaricom,1,99,14,15,abc,14,0.5,3%,100,-",
        "7-Mar-24,SCOM,Safaricom,1,99,14,15,0,14,0.5,3%,100,-",
        "4-Mar-24,a b c d,Nobody,1,99,14,15,14.5,14,0.5,3%,100,-",
        "8-Mar-24,SCOM,Safaricom,1,99,14,15,14.5,14,0.5,3%,100,-",
        "8-Mar-24,SCOM,Safaricom,1,99,14,15,14.6,14,0.6,4%,100,-",
        "7-Mar-34,SCOM,Safaricom,1,99,14,15,14.5,14,0.5,3%,100,-",
        "11-Mar-24,SCOM,Safaricom,1,99,14,15,14.5,15,0.5,3%,100,-",
        "11-Mar-24,SCOM,Safaricom,1,99,14,15,14.5,15,0.5,3%,100,-",
      ),
    );
    expect(report.refused_rows.map(({ line, reason }) => `${line} ${reason}`)).toEqual([
      "4 rest_day",
      "5 unreadable_date",
      "6 no_price",
      "7 unreadable_price",
      "8 not_positive",
      "9 no_code",
      "10 repeated_day",
      "11 repeated_day",
      "12 future",
    ]);
    expect(report).toMatchObject({ rows: 13, inserted: 3, repeated: 1, refused: 9 });
  });

  test("a row dated two years off, on a weekday, stands where it does not belong", async () => {
    const report = await give(
      list(
        ...known,
        "5-Mar-24,SCOM,S,1,9,1,3,2,2,-,-,1,-",
        "6-Mar-22,SCOM,S,1,9,1,3,2,2,-,-,1,-",
        "7-Mar-22,KCB,S,1,9,1,3,2,2,-,-,1,-",
        "8-Mar-24,SCOM,S,1,9,1,3,2,2,-,-,1,-",
      ),
    );
    expect(report.refused_by_reason).toMatchObject({ rest_day: 1 });
    const lone = await give(
      list(
        ...known,
        "5-Mar-24,SCOM,S,1,9,1,3,2,2,-,-,1,-",
        "7-Mar-22,SCOM,S,1,9,1,3,2,2,-,-,1,-",
        "8-Mar-24,SCOM,S,1,9,1,3,2,2,-,-,1,-",
      ),
    );
    expect(lone.refused_rows).toMatchObject([{ line: 5, reason: "out_of_place" }]);
  });

  test("days before months are told by the days of rest, where the numbers leave it open", async () => {
    const report = await give(
      list(
        ...known.map((row) => row.replace("4-Mar-24", "4/3/2024")),
        "5/3/2024,SCOM,S,1,9,1,3,2,2,-,-,1,-",
        "6/3/2024,SCOM,S,1,9,1,3,2,2,-,-,1,-",
      ),
    );
    // May 3 and June 3 are no days of rest, and neither are March 5 and 6.
    expect(report.problem).toMatch(/does not say whether days or months come first/);
    const told = await give(
      list(...known.map((row) => row.replace("4-Mar-24", "8/3/2024")), "7/3/2024,SCOM,S,1,9,1,3,2,2,-,-,1,-"),
    );
    expect([told.problem, told.from, told.to]).toEqual([null, "2024-03-07", "2024-03-08"]);
  });

  test("an exchange that cannot be told is asked for, and nothing is written", async () => {
    const text = list("4-Mar-24,XYZ,Unknown,1,99,14,15,14.5,14,0.5,3%,100,-");
    expect((await give(text)).problem).toMatch(/name the exchange/);
    expect(await stored("XYZ.XNSA")).toEqual([]);
    expect((await give(text, { place: "Lagos" })).inserted).toBe(1);
  });

  test("a split is read from the adjusted column, and a new code told by the close before", async () => {
    const rows = [
      "4-Mar-24,OLD,Old,1,99,79,81,80,79,1,1%,1,8",
      "5-Mar-24,OLD,Old,1,99,7,9,8.1,80,-71.9,887%,1,-",
      ...known,
    ];
    const report = await give(list(...rows), { place: "XNAI" });
    expect(report.splits).toMatchObject([{ ticker: "OLD.XNAI", date: "2024-03-05" }]);
    expect(
      (await database.pool.query("select changes_quantity, is_history_scaled from bronze.split_rulings"))
        .rows,
    ).toEqual([{ changes_quantity: true, is_history_scaled: false }]);
    const next = await give(list("6-Mar-24,NEW,New,1,99,8,9,8.2,8.1,0.1,1%,1,-", ...known), {
      place: "XNAI",
    });
    expect(next.notes).toEqual([
      expect.stringMatching(/^NEW.XNAI begins on 2024-03-06 .* OLD.XNAI ended on 2024-03-05/),
    ]);
    await database.pool.query(
      "insert into bronze.symbol_changes (from_ticker, to_ticker, changed_on) values ('OLD.XNAI', 'NEW.XNAI', '2024-03-06')",
    );
    await give(list(...rows), { place: "XNAI" });
    expect(await stored("NEW.XNAI")).toHaveLength(3);
  });
});

describe("a history", () => {
  const layouts: readonly (readonly [string, string])[] = [
    [
      "Investing.com",
      history(
        '"Date","Price","Open","High","Low","Vol.","Change %"',
        (date, i) =>
          `"${date.slice(5, 7)}/${date.slice(8)}/${date.slice(0, 4)}","1${i}.500","1${i}.100","1${i}.900","1${i}.000","2.50M","0.5%"`,
      ),
    ],
    [
      "WSJ",
      history(
        "Date, Open, High, Low, Close, Volume",
        (date, i) =>
          `${date.slice(5, 7)}/${date.slice(8)}/${date.slice(2, 4)}, 1${i}.1, 1${i}.9, 1${i}, 1${i}.5, 2500000`,
      ),
    ],
    [
      "Stooq",
      history(
        "<TICKER>,<PER>,<DATE>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>,<OPENINT>",
        (date, i) => `SCOM,D,${date.replaceAll("-", "")},000000,1${i}.1,1${i}.9,1${i},1${i}.5,2500000,0`,
      ),
    ],
    [
      "Yahoo Finance",
      history(
        "Date,Open,High,Low,Close,Adj Close,Volume",
        (date, i) => `${date},1${i}.1,1${i}.9,1${i},1${i}.5,1${i}.2,2500000`,
      ),
    ],
    [
      "with semicolons and decimal commas",
      history(
        "Datum;Open;High;Low;Close;Volume".replace("Datum", "Date"),
        (date, i) =>
          `${date.slice(8)}.${date.slice(5, 7)}.${date.slice(0, 4)};1${i},1;1${i},9;1${i},0;1${i},5;2500000`,
      ),
    ],
  ];

  test.each(layouts)("of %s", async (_layout, text) => {
    const report = await give(text, { ticker: "SCOM.XNAI" });
    expect(report).toMatchObject({
      problem: null,
      rows: 20,
      inserted: 20,
      refused: 0,
      doubtful: 0,
      tickers: ["SCOM.XNAI"],
    });
    expect((await stored("SCOM.XNAI"))[3]).toBe("2024-01-04 13.1 13.9 13 13.5 2500000");
  });

  const plain = (scale: number) =>
    history("Date,Close", (date, i) => `${date},${((100 + i) * scale).toFixed(2)}`);

  test("its name alone says nothing, and with stored closes that bear it out it does", async () => {
    expect((await give(plain(1), { name: "SCOM Historical Data.csv" })).problem).toMatch(/name the ticker/);
    await give(plain(1), { ticker: "SCOM.XNAI" });
    expect(await give(plain(1), { name: "SCOM Historical Data.csv" })).toMatchObject({
      problem: null,
      unchanged: 20,
      inserted: 0,
    });
    expect((await give(plain(7), { name: "SCOM Historical Data.csv" })).problem).toMatch(/name the ticker/);
  });

  test("what is stored stands where it is contradicted, until the file is to replace it", async () => {
    await give(plain(1), { ticker: "SCOM.XNAI" });
    const other = plain(1).replace("2024-01-03,102.00", "2024-01-03,102.50");
    expect(await give(other, { ticker: "SCOM.XNAI" })).toMatchObject({
      inserted: 0,
      contradicting: 1,
      contradictions: [{ ticker: "SCOM.XNAI", date: "2024-01-03", stored: "102", file: "102.5" }],
    });
    expect((await stored("SCOM.XNAI"))[2]).toBe("2024-01-03 102");
    expect((await give(other, { ticker: "SCOM.XNAI", replaces: true })).replaced).toBe(1);
    expect((await stored("SCOM.XNAI"))[2]).toBe("2024-01-03 102.5");
  });

  test("in another scale it is refused whole; in cents it is kept in cents", async () => {
    await give(plain(1), { ticker: "NPN.JO" });
    const report = await give(plain(0.01), { ticker: "NPN.JO" });
    expect(report).toMatchObject({
      inserted: 0,
      series_refused: [{ ticker: "NPN.JO", reason: "other_scale", rows: 20 }],
    });
    const { rows } = await database.pool.query(
      "select quote_unit, currency, unit_factor::text from bronze.raw_assets",
    );
    expect(rows).toEqual([{ quote_unit: "ZAc", currency: "ZAR", unit_factor: "0.01" }]);
  });

  test("of a ticker that Yahoo Finance gives it is compared alone", async () => {
    await database.pool.query(
      `insert into bronze.raw_assets (ticker, name, asset_class, currency, quote_unit, unit_factor, exchange_timezone)
       values ('NPN.JO', 'Naspers', 'stock', 'ZAR', 'ZAc', 0.01, 'Africa/Johannesburg');
       insert into bronze.raw_prices (ticker, price_date, close) values ('NPN.JO', '2024-01-02', 105)`,
    );
    expect(await give(plain(1), { ticker: "NPN.JO" })).toMatchObject({
      inserted: 0,
      series_refused: [{ reason: "other_source", rows: 20 }],
      contradictions: [{ date: "2024-01-02", stored: "105", file: "101" }],
    });
  });

  test("figures in no order are used and told; a price that could be two is refused", async () => {
    const odd = history(
      "Date,Open,High,Low,Close",
      (date, i) => `${date},10.5,10,9,${i === 4 ? "12" : "9.5"}`,
      5,
    );
    expect(await give(odd, { ticker: "SCOM.XNAI" })).toMatchObject({ inserted: 5, doubtful: 5 });
    const open = history("Date,Close", (date) => `${date},"128,850"`, 5);
    expect((await give(open, { ticker: "EQTY.XNAI" })).refused_by_reason).toEqual({ unreadable_price: 5 });
  });
});

test("rates are stored where there are none, and Yahoo Finance's stand", async () => {
  await database.pool.query(
    "insert into bronze.raw_fx_rates (currency, rate_date, usd_per_unit, source) values ('KES', '2024-01-02', 0.01, 'yahoo')",
  );
  const text = history(
    '"Date","Price","Vol."',
    (date, i) => `"${date}","${i === 9 ? "1,280" : 128 + (i % 7)}.000","0.14K"`,
  );
  const report = await give(text, { pair: "USD/KES" });
  expect(report).toMatchObject({
    kind: "rates",
    tickers: ["KES"],
    refused_by_reason: { not_a_rate: 1 },
    contradicting: 1,
    inserted: 18,
  });
  const { rows } = await database.pool.query(
    "select source, count(*)::integer from bronze.raw_fx_rates where currency = 'KES' group by 1 order by 1",
  );
  expect(rows).toEqual([
    { source: "file", count: 18 },
    { source: "yahoo", count: 1 },
  ]);
});

test("what is no table is refused in words", async () => {
  for (const text of ["", "hello", "a,b\n1,2", "Date,Price"])
    expect((await give(text)).problem).not.toBeNull();
});

describe("the folder", () => {
  const folders: string[] = [];
  afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));

  test("takes in what is there and what comes, by the exchange's folder, each once", async () => {
    const folder = await mkdtemp(join(tmpdir(), "prices-"));
    folders.push(folder);
    await mkdir(join(folder, "XNSA"));
    const text = history("Date,Close", (date, i) => `${date},${200 + i}`);
    await writeFile(join(folder, "XNSA", "MTNN.csv"), text);
    const told = Promise.withResolvers<string>();
    const log = pino(
      { level: "info" },
      { write: (line: string) => line.includes("DANGCEM") && told.resolve(line) },
    );
    const open = () =>
      watchPriceFolder({ folder, pool: database.pool, clock: () => now, log, quietMilliseconds: 50 });
    const watching = await open();
    await writeFile(join(folder, "XNSA", "DANGCEM.csv"), text);
    expect(await told.promise).toContain("20 new");
    await watching.close();
    await (await open()).close();
    expect(await stored("MTNN.XNSA")).toHaveLength(20);
    const { rows } = await database.pool.query("select name from bronze.price_files order by name");
    expect(rows).toEqual([{ name: "XNSA/DANGCEM.csv" }, { name: "XNSA/MTNN.csv" }]);
  });
});
