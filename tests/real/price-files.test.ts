/** Real files of African exchanges, with the faults they were found with. The numbers were counted by hand and by another program. */
import { existsSync, readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { exchangeOf, type PriceFileReport, takePriceFile } from "../../src/price-files/index.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { deployedEngine } from "../support/engine.ts";

const folder = new URL("../../../shared/data/", import.meta.url);

const year = (number: number, rows: number, more: object = {}) =>
  [`nse/NSE_${number}.csv`, "", { rows, ...more }] as const;

/** In the order in which they come: file, exchange or "fx", and what stands in the report where it is not none. */
const files: readonly (readonly [string, string, object])[] = [
  year(2007, 1736),
  year(2008, 2096),
  // 28 January is dated 1/29, and 4 February and 10 August have the day first: these two stand where they do not belong.
  year(2009, 2497, { refused_by_reason: { repeated_day: 20, out_of_place: 20 } }),
  year(2010, 2524),
  year(2011, 2486),
  year(2012, 2490),
  year(2013, 2442),
  year(2014, 2496),
  year(2015, 2496),
  year(2016, 2430),
  // 9 May 2017 is dated 2015, a Saturday; 24 March stands there twice, in the same words.
  year(2017, 2419, { refused_by_reason: { rest_day: 10 }, repeated: 10 }),
  year(2018, 2482),
  year(2019, 2500),
  year(2020, 2520),
  year(2021, 2500),
  year(2022, 2252, { doubtful: 3 }),
  year(2023, 2430),
  year(2024, 2490),
  ["nse_full_market_days/NSE_2012_first_3_days.csv", "", { rows: 192, unchanged: 30 }],
  ["nse_full_market_days/NSE_2019_first_3_days.csv", "", { rows: 219, unchanged: 30 }],
  ["nse_full_market_days/NSE_2024_first_3_days.csv", "", { rows: 216, unchanged: 30 }],
  // The name says SCOM, and the stored closes bear it out.
  ["nse_wsj_layout/SCOM.csv", "", { rows: 3466, doubtful: 511, contradicting: 377, unchanged: 3070 }],
  ["nse_wsj_layout/SCOM_2019_2024.csv", "", { rows: 1495, contradicting: 18, unchanged: 1473 }],
  [
    "nse_investing_layout/SCOM Historical Data.csv",
    "",
    { rows: 1805, doubtful: 17, contradicting: 212, unchanged: 1593 },
  ],
  // Adjusted for the splits that the exchange's own prices have in them.
  ["nse_wsj_layout/COOP.csv", "XNAI", { rows: 3330, inserted: 0 }],
  ["nse_wsj_layout/EQTY.csv", "XNAI", { rows: 3913, inserted: 0 }],
  ["nse_wsj_layout/KCB.csv", "XNAI", { rows: 5928, inserted: 0 }],
  ["ngx/DANGCEM.csv", "XNSA", { rows: 1486 }],
  ["ngx/GTCO.csv", "XNSA", { rows: 1479 }],
  ["ngx/MTNN.csv", "XNSA", { rows: 1393 }],
  ["ngx/ZENITHBANK.csv", "XNSA", { rows: 1486 }],
  ["jse/MTN.csv", "XJSE", { rows: 1499 }],
  ["jse/NPN.csv", "XJSE", { rows: 1499 }],
  ["jse/SOL.csv", "XJSE", { rows: 1499 }],
  ["fx/USD_KES Historical Data.csv", "fx", { rows: 1532, doubtful: 262 }],
  ["fx/USD_NGN Historical Data.csv", "fx", { rows: 1567, doubtful: 1071 }],
  ["fx/USD_ZAR Historical Data.csv", "fx", { rows: 1567, doubtful: 19 }],
];

let database: TestDatabase;

const give = (
  path: string,
  text: string,
  place = "",
  ticker: string | null = null,
): Promise<PriceFileReport> =>
  takePriceFile(
    database.pool,
    {
      text,
      name: path.split("/").at(-1)!,
      exchange: exchangeOf(place),
      ticker,
      pair: null,
      isRates: place === "fx",
      origin: "command",
      dateOrder: null,
      replaces: false,
    },
    { now: new Date("2026-11-28T12:00:00Z"), by: "bronze.store_price_file" },
  );

const read = (path: string): string => readFileSync(new URL(`africa/${path}`, folder), "utf8");
const sum = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((total, count) => total + count, 0);
const reports = new Map<string, PriceFileReport>();

describe.skipIf(!existsSync(folder))("files of African exchanges", () => {
  beforeAll(async () => {
    database = await createTestDatabase();
    for (const [path, place] of files) reports.set(path, await give(path, read(path), place));
  }, 300_000);

  test.each(files)("%s %s", (path, _place, expected) => {
    const report = reports.get(path)!;
    const { refused_by_reason, repeated, doubtful, contradicting, unchanged } = report;
    expect(report.problem).toBeNull();
    expect({
      rows: report.rows,
      refused_by_reason,
      repeated,
      doubtful,
      contradicting,
      unchanged,
      inserted: report.inserted,
    }).toEqual({
      refused_by_reason: {},
      repeated: 0,
      doubtful: 0,
      contradicting: 0,
      unchanged: 0,
      inserted: report.inserted,
      ...expected,
    });
    // Every row is accounted for, and every refused one has its line.
    const whole = report.series_refused.reduce((total, { rows }) => total + rows, 0);
    expect(report.inserted + unchanged + contradicting + repeated + report.refused + whole).toBe(report.rows);
    expect(report.refused_rows).toHaveLength(sum(refused_by_reason));
  });

  test("refused rows are told by line", () => {
    const of2009 = reports.get("nse/NSE_2009.csv")!.refused_rows;
    expect(of2009.find(({ line }) => line === 193)).toEqual({
      line: 193,
      reason: "repeated_day",
      detail:
        "SCOM of 2009-01-29 stands more than once, with other figures: 3.1 in line 133, 3.2 in line 193",
    });
    expect(of2009.filter(({ reason }) => reason === "out_of_place").map(({ line }) => line)).toContain(233);
  });

  test("what is adjusted otherwise is refused as a whole", () => {
    for (const code of ["COOP", "EQTY", "KCB"])
      expect(reports.get(`nse_wsj_layout/${code}.csv`)!.series_refused).toMatchObject([
        { reason: "other_scale", ticker: `${code}.XNAI` },
      ]);
  });

  test("lists of sectors are no prices, and rates in another notation are the same rates", async () => {
    const sectors = await give("sectors.csv", read("nse/NSE_data_stock_market_sectors_2013.csv"));
    expect(sectors.problem).toMatch(/expected a first line that names a column of dates/);
    const rates = await give(
      "USD_KES_2015_2025 Historical Data.csv",
      read("fx/USD_KES_2015_2025 Historical Data.csv"),
    );
    expect(rates).toMatchObject({
      problem: null,
      kind: "rates",
      rows: 2610,
      tickers: ["KES"],
      series_refused: [],
    });
    expect(rates.inserted + rates.unchanged + rates.contradicting + rates.refused).toBe(2610);
  });

  test("the same file again changes nothing", async () => {
    const before = reports.get("nse/NSE_2009.csv")!;
    const again = await give("NSE_2009.csv", read("nse/NSE_2009.csv"));
    expect(again).toMatchObject({
      inserted: 0,
      replaced: 0,
      contradicting: 0,
      unchanged: before.inserted,
      refused: 40,
    });
  });

  test("an index that is ten times too high for a day is kept out", () => {
    expect(reports.get("nse/NSE_2024.csv")!.kept_out).toMatchObject([
      { ticker: "^N20I.XNAI", date: "2024-11-26", defect: "lone_spike" },
    ]);
  });

  test("a code that goes on as another is told", () => {
    expect(reports.get("nse/NSE_2013.csv")!.notes).toEqual([
      expect.stringMatching(
        /^ABSA.XNAI begins on 2013-01-02 after a close of 15.75, with which BBK.XNAI ended on 2012-12-31/,
      ),
    ]);
  });

  test("splits of raw prices are scaled, in staging, whatever their ratio", async () => {
    await deployedEngine(database);
    const { rows } = await database.pool.query(
      `select ticker, action_date as date, numerator || ':' || denominator as ratio, is_accepted, is_history_adjusted
       from "default".stg_splits order by ticker, action_date`,
    );
    const accepted = { is_accepted: true, is_history_adjusted: false };
    expect(rows).toEqual(
      [
        ["BBK.XNAI", "2011-05-31", "4:1"],
        ["COOP.XNAI", "2012-06-18", "6:5"],
        ["COOP.XNAI", "2014-06-16", "7:6"],
        ["COOP.XNAI", "2017-07-03", "6:5"],
        ["EABL.XNAI", "2007-10-15", "6:5"],
        ["EQTY.XNAI", "2007-04-10", "3:1"],
        ["EQTY.XNAI", "2009-03-26", "10:1"],
        ["KCB.XNAI", "2007-04-03", "10:1"],
        ["KPLC.XNAI", "2010-11-22", "8:1"],
        ["KPLC.XNAI", "2012-02-29", "9:8"],
      ].map(([ticker, date, ratio]) => ({ ticker, date, ratio, ...accepted })),
    );
    const closes = await database.pool.query(
      `select round(close, 4)::text as close from "default".stg_raw_prices
       where ticker = 'KCB.XNAI' and price_date in ('2007-04-02', '2007-04-03') order by price_date`,
    );
    expect(closes.rows.map(({ close }) => Number(close))).toEqual([21.2, 22.5]);
    const npn = await database.pool.query(
      `select close::text as close from "default".stg_raw_prices where ticker = 'NPN.JO' and price_date = '2024-12-31'`,
    );
    expect(Number(npn.rows[0].close)).toBe(4173.22);
  });

  test("a day that is a hundred times too high is kept out", async () => {
    const lines = readFileSync(
      new URL("prices/anomalies/NPN.JO_adjclose_100x_2022-06-14.csv", folder),
      "utf8",
    );
    const report = await give("history.csv", lines.replace("Adj Close", "Close"), "XJSE", "NPNX.JO");
    expect(report.kept_out).toMatchObject([{ date: "2022-06-14", defect: "hundredfold" }]);
  });
});
