import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pino from "pino";
import { expect, onTestFinished, test } from "vitest";
import { fredSeries } from "../../assets/ingest/fred.ts";
import { demoCredentials, demoTrades, nairobiCredentials, seedDemo } from "../../src/demo/account.ts";
import { instruments } from "../../src/demo/instruments.ts";
import { createSyntheticMacroSource } from "../../src/demo/macro.ts";
import { createSyntheticPriceSource } from "../../src/demo/prices.ts";
import { UnknownSeriesError, UnknownTickerError } from "../../src/market/errors.ts";
import { watchPriceFolder } from "../../src/price-files/index.ts";
import { createTestDatabase } from "../support/database.ts";
import { deployedEngine } from "../support/engine.ts";

const at = (instant: string) => () => new Date(instant);
const evening = at("2026-03-04T22:00:00Z");
const prices = createSyntheticPriceSource(evening);

test("a day's bar is the same whenever the demo is started, but for later splits", async () => {
  const later = await createSyntheticPriceSource(at("2027-05-05T22:00:00Z")).history("WRLD", null);
  const now = await prices.history("WRLD", null);
  expect(later.bars.slice(0, now.bars.length).map(({ adjClose, ...bar }) => bar)).toEqual(
    now.bars.map(({ adjClose, ...bar }) => bar),
  );
});

test("a split halves the prices before it", async () => {
  const before = await createSyntheticPriceSource(at("2024-06-07T22:00:00Z")).history("NORD", "2024-06-07");
  const after = await createSyntheticPriceSource(at("2024-06-10T22:00:00Z")).history("NORD", "2024-06-07");
  expect(after.splits).toEqual([{ date: "2024-06-10", numerator: "2", denominator: "1" }]);
  expect(Number(after.bars[0]?.close)).toBeCloseTo(Number(before.bars[0]?.close) / 2, 3);
});

test("stocks rest at weekends and the last bar of an open session is not final", async () => {
  const saturday = await createSyntheticPriceSource(at("2026-03-07T12:00:00Z")).history("CURA", "2026-03-01");
  expect(saturday.bars.map(({ date }) => date)).toEqual([
    "2026-03-02",
    "2026-03-03",
    "2026-03-04",
    "2026-03-05",
    "2026-03-06",
  ]);
  const midSession = await createSyntheticPriceSource(at("2026-03-05T18:00:00Z")).history(
    "CURA",
    "2026-03-04",
  );
  expect(midSession.bars.map(({ isFinal }) => isFinal)).toEqual([true, false]);
  const coin = await createSyntheticPriceSource(at("2026-03-07T12:00:00Z")).history("SYNC-USD", "2026-03-06");
  expect(coin.bars.map(({ date, isFinal }) => [date, isFinal])).toEqual([
    ["2026-03-06", true],
    ["2026-03-07", false],
  ]);
});

test("what the demo does not list is unknown, by a message that names what it lists", async () => {
  await expect(prices.describe("AAPL")).rejects.toThrow(UnknownTickerError);
  await expect(prices.describe("AAPL")).rejects.toThrow(/lists NORD, .*, got: AAPL/);
  await expect(createSyntheticMacroSource(evening).series("GDP")).rejects.toThrow(UnknownSeriesError);
  expect((await prices.search("world")).map(({ ticker }) => ticker)).toEqual(["WRLD"]);
});

test("every macro series has figures up to what would be public", async () => {
  const macro = createSyntheticMacroSource(evening);
  const last = async (seriesId: string) => (await macro.series(seriesId)).at(-1)?.date;
  expect(await last("DFF")).toBe("2026-03-03");
  expect(await last("UNRATE")).toBe("2026-01-01");
  for (const seriesId of fredSeries) {
    expect((await macro.series(seriesId)).every(({ value }) => Number.isFinite(Number(value)))).toBe(true);
  }
});

test("the sample account buys, sells a part, and never sells what it has not, on whatever day it is made", async () => {
  for (const day of ["2026-03-04", "2027-07-04", "2029-12-31"]) {
    const clock = at(`${day}T12:00:00Z`);
    const source = createSyntheticPriceSource(clock);
    const trades = await demoTrades(source, clock());
    const held = new Map<string, number>();
    for (const { ticker } of instruments) {
      const { splits } = await source.history(ticker, null);
      let since = "";
      for (const trade of trades.filter((one) => one.ticker === ticker)) {
        for (const split of splits.filter(({ date }) => date > since && date <= trade.date)) {
          held.set(ticker, (held.get(ticker) ?? 0) * Number(split.numerator));
        }
        since = trade.date;
        const signed = trade.type === "BUY" ? Number(trade.quantity) : -Number(trade.quantity);
        held.set(ticker, (held.get(ticker) ?? 0) + signed);
        expect(held.get(ticker)).toBeGreaterThan(-1e-9);
        expect(Number(trade.price)).toBeGreaterThan(0);
      }
    }
    expect(trades.every(({ date }) => date <= day)).toBe(true);
    expect(new Set(trades.map(({ ticker }) => ticker))).toEqual(
      new Set(
        instruments
          .filter(({ ticker, quotedIn }) => quotedIn === undefined && ticker !== "AMER")
          .map(({ ticker }) => ticker),
      ),
    );
  }
});

test("the sample accounts are made once", async () => {
  const { pool } = await createTestDatabase();
  await seedDemo(pool, prices, evening(), await newFolder());
  await seedDemo(pool, prices, evening());
  const { rows } = await pool.query(
    `select email, name, base_currency, count(*)
     from users join transactions using (user_id) join accounts using (account_id)
     group by users.user_id, accounts.account_id
     order by users.user_id, accounts.account_id`,
  );
  expect(rows).toEqual([
    { email: demoCredentials.email, name: "Portfolio", base_currency: "USD", count: 22 },
    { email: nairobiCredentials.email, name: "Portfolio", base_currency: "KES", count: 15 },
    { email: nairobiCredentials.email, name: "Dollar savings", base_currency: "KES", count: 20 },
    { email: nairobiCredentials.email, name: "Broker abroad", base_currency: "KES", count: 13 },
  ]);
  const house = await pool.query(
    `select raw_assets.name, asset_class, count(*) as valuations, max(price_date) as last, min(price_date) >= min(transaction_date) as "isValuedSince"
     from raw_assets
     join raw_prices using (ticker)
     join transactions using (ticker)
     group by raw_assets.ticker`,
  );
  expect(house.rows).toEqual([
    {
      name: "Cottage in Naivasha",
      asset_class: "real_estate",
      valuations: 5,
      last: "2025-12-31",
      isValuedSince: true,
    },
  ]);
});

test("the sample account watches what it does not hold, and aims at weights of what it does", async () => {
  const { pool } = await createTestDatabase();
  await seedDemo(pool, prices, evening());
  await seedDemo(pool, prices, evening());
  const { rows: watched } = await pool.query(
    `select email, ticker, ticker in (select ticker from transactions where user_id = watchlist.user_id) as "isTraded"
     from watchlist join users using (user_id)
     order by ticker`,
  );
  const email = demoCredentials.email;
  expect(watched).toEqual([
    { email, ticker: "AMER", isTraded: false },
    { email, ticker: "BASL", isTraded: true },
    { email, ticker: "THAM.L", isTraded: false },
  ]);
  expect(watched.every(({ ticker }) => instruments.some((listed) => listed.ticker === ticker))).toBe(true);
  const { rows: targets } = await pool.query(
    `select email, sum(weight) as whole,
       bool_and(exists (select from transactions where transactions.ticker = target_weights.ticker)) as "areTraded"
     from target_weights join users using (user_id)
     group by email`,
  );
  expect(targets).toEqual([{ email, whole: "0.90", areTraded: true }]);
});

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "demo-prices-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Taken in from the folder, by who watches it. */
async function takeFiles(pool: Parameters<typeof seedDemo>[0], folder: string, clock: () => Date) {
  const done = Promise.withResolvers<void>();
  const log = pino(
    { level: "info" },
    { write: (line: string) => /rows read|could not|passed over/.test(line) && done.resolve() },
  );
  const watching = await watchPriceFolder({ folder, pool, clock, log, quietMilliseconds: 50 });
  await done.promise;
  await watching.close();
}

test("the person in Nairobi has all that a ledger abroad has, on whatever day it is made", async () => {
  for (const day of ["2023-01-02", "2024-07-04", "2026-03-07"]) {
    const { pool } = await createTestDatabase();
    const clock = at(`${day}T22:00:00Z`);
    await seedDemo(pool, createSyntheticPriceSource(clock), clock(), await newFolder());
    const { rows: moved } = await pool.query(
      `select array_agg(transaction_type order by transaction_type) as types, count(distinct account_id) as accounts,
         count(distinct currency) as currencies, count(distinct transaction_date) as days
       from transactions where transfer_id is not null group by transfer_id order by 1`,
    );
    expect(moved).toEqual([
      { types: ["FX_IN", "FX_OUT"], accounts: 1, currencies: 2, days: 1 },
      { types: ["TRANSFER_IN", "TRANSFER_OUT"], accounts: 2, currencies: 1, days: 1 },
    ]);
    const { rows: paid } = await pool.query(
      `select ticker, bool_and(tax = round(amount * case ticker when 'WRLD' then 0.15 else 0 end, 2)) as "isWithheld",
         bool_and(transaction_date <= $1) as "isPast", count(*) between 3 and 5 as "isOften"
       from transactions where transaction_type = 'DIVIDEND' group by ticker order by ticker`,
      [day],
    );
    expect(paid).toEqual(
      ["THAM.L", "WRLD"].map((ticker) => ({ ticker, isWithheld: true, isPast: true, isOften: true })),
    );
    const { rows: cash } = await pool.query(
      `select name, coalesce(currency_code, 'USD') as currency, sum(moved) > 0 as "isThere"
       from (
         select accounts.name, transactions.currency as currency_code,
           case
             when transaction_type in ('DEPOSIT', 'TRANSFER_IN', 'FX_IN', 'INTEREST', 'DIVIDEND') then amount - tax
             when transaction_type in ('WITHDRAWAL', 'TRANSFER_OUT', 'FX_OUT', 'FEE') then -amount
             else -quantity * price - fee
           end as moved
         from transactions join accounts using (account_id) where tracks_cash and ticker is distinct from 'THAM.L'
       ) as movements
       group by 1, 2 order by 1, 2`,
    );
    expect(cash).toEqual([
      { name: "Broker abroad", currency: "GBP", isThere: true },
      { name: "Broker abroad", currency: "USD", isThere: true },
      { name: "Dollar savings", currency: "USD", isThere: true },
    ]);
  }
});

test("the list of the exchange is taken in from the folder, and each start brings the days since", async () => {
  const database = await createTestDatabase();
  const { pool } = database;
  const folder = await newFolder();
  await seedDemo(pool, prices, evening(), folder);
  await takeFiles(pool, folder, evening);
  const bars = async () =>
    (
      await pool.query(
        `select name, source, count(*)::integer as bars, max(price_date) as last
         from raw_assets join raw_prices using (ticker) where ticker = 'MARA.XNAI' group by 1, 2`,
      )
    ).rows[0];
  const first = await bars();
  expect(first).toMatchObject({ name: "Mara Breweries (synthetic)", source: "file", last: "2026-03-04" });
  expect(first.bars).toBeGreaterThan(1500);
  const { rows: reports } = await pool.query("select report from price_files");
  expect(reports).toMatchObject([{ report: { problem: null, refused: 0, tickers: ["MARA.XNAI"] } }]);

  const later = at("2026-03-10T22:00:00Z");
  await seedDemo(pool, createSyntheticPriceSource(later), later(), folder);
  await takeFiles(pool, folder, later);
  expect(await bars()).toMatchObject({ bars: first.bars + 4, last: "2026-03-10" });

  await deployedEngine(database);
  const { rows } = await pool.query(
    `select quantity > 0 as "isHeld", is_priced as "isPriced" from gold_ticker_kpis where ticker = 'MARA.XNAI'`,
  );
  expect(rows).toEqual([{ isHeld: true, isPriced: true }]);
});

test("nothing is put into a folder of somebody's own", async () => {
  const { pool } = await createTestDatabase();
  await seedDemo(pool, prices, evening());
  expect((await pool.query("select from raw_assets where source = 'file'")).rowCount).toBe(0);
  expect((await pool.query("select from transactions where ticker = 'MARA.XNAI'")).rowCount).toBe(0);
});
