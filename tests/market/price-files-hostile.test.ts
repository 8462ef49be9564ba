/** Price files that mean harm, or come of a slip that looks like it: each is answered in words, and none breaks anything. */
import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pino from "pino";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { decodeFile } from "../../src/ledger/index.ts";
import {
  exchangeOf,
  type PriceFileReport,
  takePriceFile,
  watchPriceFolder,
} from "../../src/price-files/index.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";

let database: TestDatabase;
const now = new Date("2026-11-27T12:00:00Z");

const give = (text: string, ticker: string | null = "SCOM.XNAI"): Promise<PriceFileReport> =>
  takePriceFile(
    database.pool,
    {
      text,
      name: "prices.csv",
      exchange: exchangeOf("XNAI"),
      ticker,
      pair: null,
      isRates: false,
      origin: "command",
      dateOrder: null,
      replaces: false,
    },
    { now, by: "bronze.store_price_file" },
  );

const closes = async (ticker = "SCOM.XNAI"): Promise<string[]> =>
  (
    await database.pool.query<{ row: string }>(
      `select concat_ws(' ', price_date, trim_scale(open), trim_scale(high), trim_scale(low), trim_scale(close)) as row
       from bronze.raw_prices where ticker = $1 order by price_date`,
      [ticker],
    )
  ).rows.map(({ row }) => row);

beforeAll(async () => {
  database = await createTestDatabase();
});

beforeEach(() =>
  database.pool.query(
    "truncate bronze.raw_prices; delete from bronze.raw_assets; delete from bronze.price_files",
  ),
);

describe("nothing is made of", () => {
  const bytes = (...parts: (string | number[])[]): string =>
    decodeFile(Buffer.concat(parts.map((part) => Buffer.from(part as string)))).text;
  test.each([
    ["a workbook", bytes([0x50, 0x4b, 3, 4, 0, 0, 0xff, 0xfe, 1, 2]), /spreadsheet or an archive/],
    ["an old workbook", bytes([0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]), /spreadsheet or an archive/],
    ["a compressed file", bytes([0x1f, 0x8b, 8, 0, 0, 0, 0, 0]), /spreadsheet or an archive/],
    ["a PDF", "%PDF-1.7\n%âãÏÓ\n1 0 obj", /PDF/],
    ["a web page", "<!DOCTYPE html>\n<html><body><table><tr><td>Date</td></tr></table>", /web page/],
    ["JSON", '{"chart": {"result": null}}', /JSON/],
    ["a header of a million names", `${"a,".repeat(1_000_000)}b\n1,2`, /columns/],
    ["a row of a hundred thousand cells", `Date,Close\n2024-01-02,1${",9".repeat(100_000)}`, /columns/],
    ["a header of one name without end", `${"x".repeat(6_000_000)}\n1`, /names a column of dates/],
    [
      "a quote that is never closed",
      `Date,Close\n"2024-01-02,14\n${"2024-01-03,15\n".repeat(1000)}`,
      /quot/i,
    ],
    ["too many rows", `Date,Close\n${"2024-01-02,14\n".repeat(60_001)}`, /60000 rows/],
    ["NUL in the header", "Da\0te,b\0\n2024-01-02,1", /names a column of dates/],
    ["half a character where a cell is cut", `${"x".repeat(199)}😀,b\n1,2`, /names a column of dates/],
  ])("%s", async (_what, text, problem) => {
    const report = await give(text);
    expect(report.problem).toMatch(problem);
    expect(report.problem!.length).toBeLessThan(400);
    expect(await closes()).toEqual([]);
  });
});

test("figures that no price is are refused, each with its line", async () => {
  const nines = "9".repeat(70);
  const rows = [
    "1,900.50,-5,1,1,1", // unquoted: the price falls apart
    "-14.5",
    "(14.5)",
    "0.00",
    "1e400",
    "1e5",
    "NaN",
    "Infinity",
    "0x10",
    nines,
    "9".repeat(40),
    "=1+1",
    "'14.5",
    "١٤",
    "1.2.3",
    "14,5",
    "$14.5",
    "14.5 EUR",
  ];
  const monday = (week: number): string =>
    new Date(Date.UTC(2024, 0, 8 + 7 * week)).toISOString().slice(0, 10);
  const report = await give(
    ["Date,Close", ...rows.map((row, index) => `${monday(index)},${row}`)].join("\n"),
  );
  expect(report).toMatchObject({ problem: null, inserted: 2, refused: rows.length - 2 });
  expect(report.refused_by_reason.too_many_cells).toBe(2);
  // 1e5 is one, and so is what a spreadsheet was told to take as text.
  expect(await closes()).toEqual(["2024-02-12 100000", "2024-04-01 14.5"]);
});

test("open, high and low below nought are left out and told; days before any market and after today are refused", async () => {
  const report = await give(
    [
      "Date,Open,High,Low,Close,Volume",
      "2024-01-08,-1,-2,-3,14,-5",
      `2024-01-09,14,15,13,14,${"9".repeat(60)}`,
      "0001-01-08,14,15,13,14,1",
      "1066-10-15,14,15,13,14,1",
      "2199-01-08,14,15,13,14,1",
      "9999-12-30,14,15,13,14,1",
      "2024-02-30,14,15,13,14,1",
    ].join("\n"),
  );
  expect(report).toMatchObject({ problem: null, inserted: 2, refused: 5 });
  expect(report.doubtful_rows.map(({ line }) => line)).toEqual(expect.arrayContaining([2, 3]));
  expect(await closes()).toEqual(["2024-01-08 14", "2024-01-09 14 15 13 14"]);
  const { rows } = await database.pool.query("select volume from bronze.raw_prices where volume is not null");
  expect(rows).toEqual([]);
});

test("names are text, whatever they say; codes are codes", async () => {
  const report = await give(
    [
      "Date,Code,Name,Close",
      `2024-01-08,AAA,"=HYPERLINK(""http://x"",""y"")",14`,
      "2024-01-08,BBB,<script>alert(1)</script>,14",
      `2024-01-08,CCC,${"n".repeat(399)}😀,14`,
      "2024-01-08,D&D,D & D,14",
      "2024-01-08,__proto__,x,14",
      "2024-01-08,../../etc,x,14",
      "2024-01-08,constructor,x,14",
      "2024-01-08,ABCDEFGHIJKL,long,14",
      "2024-01-08,';DROP,x,14",
    ].join("\n"),
    null,
  );
  expect(report.problem).toBeNull();
  expect(report.refused_by_reason).toEqual({ no_code: 3 });
  const { rows } = await database.pool.query<{ ticker: string }>(
    "select ticker from bronze.raw_assets order by ticker",
  );
  expect(rows.map(({ ticker }) => ticker)).toEqual(
    ["AAA", "ABCDEFGHIJKL", "BBB", "CCC", "CONSTRUCTOR", "D&D"].map((code) => `${code}.XNAI`),
  );
});

test("UTF-16 with and without a mark reads as UTF-8 does", async () => {
  const text = "Date,Close\r\n2024-01-08,14.5\r\n2024-01-09,14.75\r\n";
  for (const bytes of [Buffer.from(text, "utf16le"), Buffer.from(`\ufeff${text}`, "utf16le")])
    expect(await give(decodeFile(bytes).text)).toMatchObject({ problem: null, rows: 2, refused: 0 });
  expect(await closes()).toEqual(["2024-01-08 14.5", "2024-01-09 14.75"]);
});

test("decimal commas and points in one file prove neither, and days and months in both orders are no dates at all", async () => {
  const mixed = await give(
    "Date;Close\n2024-01-08;14,55\n2024-01-09;14.60\n2024-01-10;1.400,50\n2024-01-11;1,400.50",
  );
  expect(mixed.inserted + mixed.refused).toBe(4);
  for (const row of await closes()) expect(row).toMatch(/ (14\.55|14\.6|1400\.5)$/);
  const orders = await give("Date,Close\n25/01/2024,14\n01/25/2024,15\n02/03/2024,16");
  expect([orders.problem !== null || orders.refused > 0, orders.inserted]).toEqual([true, 0]);
});

describe("the folder", () => {
  const folders: string[] = [];
  afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));

  test("takes no link, pipe or folder for a file, reads none that is not its own, and goes on", async () => {
    const top = await mkdtemp(join(tmpdir(), "prices-"));
    folders.push(top);
    const [folder, outside] = [join(top, "in"), join(top, "out")];
    await mkdir(join(folder, "XNAI", "dir.csv"), { recursive: true });
    await mkdir(outside);
    await writeFile(join(outside, "SECRET.csv"), "Date,Close\n2024-01-08,14");
    await symlink(join(outside, "SECRET.csv"), join(folder, "XNAI", "EABL.csv"));
    await symlink(outside, join(folder, "XNAI", "linked"));
    await symlink("/dev/zero", join(folder, "XNAI", "ZERO.csv"));
    execFileSync("mkfifo", [join(folder, "XNAI", "PIPE.csv")]);
    await writeFile(join(folder, "XNAI", "BIG.csv"), Buffer.alloc(15_000_000, "1"));
    await writeFile(join(folder, "XNAI", "BOMB.xlsx"), "PK");
    const done = Promise.withResolvers<void>();
    const log = pino(
      { level: "info" },
      { write: (line: string) => line.includes("KCB.csv") && done.resolve() },
    );
    const watching = await watchPriceFolder({
      folder,
      pool: database.pool,
      clock: () => now,
      log,
      quietMilliseconds: 50,
    });
    await writeFile(join(top, "draft"), "Date,Close\n2024-01-08,14");
    await rename(join(top, "draft"), join(folder, "XNAI", "KCB.csv"));
    await done.promise;
    await watching.close();
    const { rows } = await database.pool.query("select name from bronze.price_files order by name");
    expect(rows).toEqual([{ name: "XNAI/KCB.csv" }]);
    expect(await closes("KCB.XNAI")).toEqual(["2024-01-08 14"]);
  });
});
