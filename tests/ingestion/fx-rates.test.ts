/** What each currency is worth: from either side of a pair, from the Federal Reserve where Yahoo fails, and never silently wrong. */
import { Big } from "big.js";
import fc from "fast-check";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { ingestFxRates } from "../../assets/ingest/fx-rates.ts";
import { judgeRates } from "../../assets/ingest/fx-verdicts.ts";
import type { MarketResources } from "../../assets/resources.ts";
import { sensors } from "../../assets/sensors.ts";
import { createTestDatabase } from "../support/database.ts";
import { createReplayServer, type ReplayBar, type ReplayServer } from "../support/replay-server.ts";
import { contextOf, resourcesOf } from "./context.ts";

const { pool } = await createTestDatabase();
let server: ReplayServer;
let resources: MarketResources;

beforeEach(async () => {
  await pool.query(
    `delete from bronze.raw_fx_rates where currency <> 'USD';
     truncate bronze.raw_prices, bronze.raw_assets, bronze.transactions, bronze.market_defects;
     delete from public.users`,
  );
  server = await createReplayServer();
  endDay();
  resources = resourcesOf(server);
  onTestFinished(server.close);
});

/** Currencies are traded until midnight in London. */
const endDay = () => server.setNow(`${server.today}T23:59:59Z`);

function publishDay(): string {
  const day = server.publishDay();
  endDay();
  return day;
}

async function ingest(currency: string, more = {}) {
  const context = contextOf(pool, resources, { partitions: [currency], ...more });
  return { ...(await ingestFxRates(context)), logs: context.logs };
}

interface Row {
  rate_date: string;
  usd_per_unit: string;
  is_final: boolean;
  source: string;
}

async function rates(currency: string, from = "0001-01-01"): Promise<Row[]> {
  const { rows } = await pool.query<Row>(
    `select rate_date, usd_per_unit, is_final, source
     from raw_fx_rates
     where currency = $1
       and rate_date >= $2
     order by rate_date`,
    [currency, from],
  );
  return rows;
}

async function defects() {
  const { rows } = await pool.query(
    "select ticker, defect_date as day, defect, is_kept_out from market_defects order by defect_date",
  );
  return rows;
}

const asked = (kind = "chart") =>
  server.requests.filter((request) => request.kind === kind).map(({ subject }) => subject);

/** The pair's bars, each changed. */
const edit = (symbol: string, change: (close: number, bar: ReplayBar, daysToEnd: number) => number) => {
  const { bars } = server.ticker(symbol);
  server.setBars(
    symbol,
    bars.map((bar, index) => {
      const close = change(bar.close!, bar, bars.length - 1 - index);
      return { ...bar, open: close, high: close, low: close, close };
    }),
  );
};

const noChange = { rowsInserted: 0, rowsUpdated: 0, rowsDeleted: 0, failed: new Map() };

test("dollars for a euro are taken as they come", async () => {
  const { bars } = server.ticker("EURUSD=X");
  expect(await ingest("EUR")).toMatchObject({ ...noChange, rowsInserted: bars.length });
  expect(
    (await rates("EUR")).map(({ rate_date, usd_per_unit }) => [rate_date, Number(usd_per_unit)]),
  ).toEqual(bars.map(({ date, close }) => [date, close]));
  expect(asked()).toEqual(["EURUSD=X"]);
});

test("shillings for a dollar are turned round, to 18 digits at least", async () => {
  const { bars } = server.ticker("KES=X");
  await ingest("KES");
  expect(asked()).toEqual(["KES=X"]);
  for (const [index, { usd_per_unit }] of (await rates("KES")).entries()) {
    const product = new Big(usd_per_unit).times(bars[index]!.close!);
    expect(product.minus(1).abs().lt("1e-18")).toBe(true);
  }
});

test("a currency that has the unusual pair alone is read from it", async () => {
  server.addTicker({ ...server.ticker("EURUSD=X"), ticker: "NGNUSD=X" });
  server.addTicker({ ...server.ticker("KES=X"), ticker: "GBP=X", currency: "GBP" });
  await ingest("NGN");
  await ingest("GBP");
  expect(asked()).toEqual(["NGN=X", "NGNUSD=X", "GBPUSD=X", "GBP=X"]);
  expect(Number((await rates("NGN"))[0]!.usd_per_unit)).toBeGreaterThan(1);
  expect(Number((await rates("GBP"))[0]!.usd_per_unit)).toBeLessThan(0.02);
});

test("a pair that is quoted in another currency is none", async () => {
  server.addTicker({ ...server.ticker("KES=X"), currency: "USD" });
  const { failed } = await ingest("KES");
  expect([...failed]).toEqual([["KES", expect.stringContaining("KES=X is quoted in USD, and not in KES")]]);
  expect(await rates("KES")).toEqual([]);
});

test("nothing new writes nothing; a new day is one rate, with ten days of overlap; today's is provisional", async () => {
  await ingest("KES");
  expect(await ingest("KES")).toMatchObject(noChange);
  publishDay();
  server.setNow(`${server.today}T12:00:00Z`);
  expect(await ingest("KES")).toMatchObject({ ...noChange, rowsInserted: 1 });
  const [provisional] = await rates("KES", server.today);
  expect(provisional!.is_final).toBe(false);
  const period1 = Number(new URLSearchParams(server.requests.at(-1)!.url.split("?")[1]).get("period1"));
  expect(new Date(period1 * 1000).toISOString()).toBe("2024-06-17T00:00:00.000Z");
  endDay();
  expect(await ingest("KES")).toMatchObject({ ...noChange, rowsUpdated: 1 });
  const [final] = await rates("KES", server.today);
  expect(final!.is_final).toBe(true);
  expect(final!.usd_per_unit).not.toBe(provisional!.usd_per_unit);
});

test("a rewrite in the overlap: the whole history is read and replaced", async () => {
  await ingest("KES");
  edit("KES=X", (close) => close * 1.01);
  const { bars } = server.ticker("KES=X");
  expect(await ingest("KES")).toMatchObject({ ...noChange, rowsUpdated: bars.length });
  expect(asked()).toEqual(["KES=X", "KES=X", "KES=X"]);
});

test("a gap in the reply deletes nothing", async () => {
  await ingest("KES");
  const before = await rates("KES");
  publishDay();
  server.setBars("KES=X", server.ticker("KES=X").bars.slice(-1));
  await ingest("KES");
  expect((await rates("KES")).slice(0, -1)).toEqual(before);
});

describe("what is no rate is kept out, and told", () => {
  test("a hundredth, for a day and until further notice", async () => {
    await ingest("KES");
    const before = await rates("KES");
    for (let day = 0; day < 12; day++) publishDay();
    edit("KES=X", (close, _bar, daysToEnd) => (daysToEnd < 12 ? close / 100 : close));
    const { logs } = await ingest("KES");
    expect(await rates("KES")).toEqual(before);
    expect((await defects()).map(({ ticker, defect }) => `${ticker} ${defect}`)).toEqual(
      Array.from({ length: 12 }, () => "KES=X hundredfold"),
    );
    expect(logs.filter((line) => line.startsWith("warn KES=X") && line.includes("kept out"))).toHaveLength(
      12,
    );
    edit("KES=X", (close, _bar, daysToEnd) => (daysToEnd < 12 ? close * 100 : close));
    await ingest("KES");
    expect(await rates("KES")).toHaveLength(before.length + 12);
    expect(await defects()).toEqual([]);
  });

  test("a hundredfold day in the middle of a first history", async () => {
    const { date } = server.ticker("KES=X").bars.at(300)!;
    edit("KES=X", (close, bar) => (bar.date === date ? close * 100 : close));
    await ingest("KES");
    expect(await defects()).toEqual([
      { ticker: "KES=X", day: date, defect: "hundredfold", is_kept_out: true },
    ]);
    expect((await rates("KES", date))[0]!.rate_date > date).toBe(true);
  });

  test("a zero", async () => {
    edit("KES=X", (close, _bar, daysToEnd) => (daysToEnd === 5 ? 0 : close));
    await ingest("KES");
    expect(await defects()).toMatchObject([{ defect: "not_positive" }]);
  });

  test("a spike is none, a devaluation is one as soon as a second day bears it out", async () => {
    await ingest("KES");
    const before = await rates("KES");
    publishDay();
    edit("KES=X", (close, _bar, daysToEnd) => (daysToEnd === 0 ? close * 1.5 : close));
    await ingest("KES");
    expect(await rates("KES")).toHaveLength(before.length);
    expect(await defects()).toMatchObject([{ defect: "lone_spike", day: server.today }]);
    publishDay(); // which begins at the new level
    await ingest("KES");
    expect(await rates("KES")).toHaveLength(before.length + 2);
    expect(await defects()).toEqual([]);
    const spike = publishDay();
    publishDay();
    edit("KES=X", (close, bar) => (bar.date === spike ? close * 0.7 : close));
    await ingest("KES");
    expect((await rates("KES", spike)).map(({ rate_date }) => rate_date)).toEqual([server.today]);
    expect(await defects()).toMatchObject([{ defect: "lone_spike", day: spike }]);
  });
});

describe("the Federal Reserve, where Yahoo fails", () => {
  const observed = (value: number | null, date: string) => ({
    date,
    value: value === null ? null : String(value),
    publishedOn: date,
  });

  function rand(): void {
    const observations = server
      .ticker("KES=X")
      .bars.map(({ date, close }, index) => observed(index % 50 === 7 ? null : close! / 6, date));
    server.addSeries("DEXSFUS", { observations, hasVintages: false });
  }

  test("a currency that Yahoo does not know", async () => {
    rand();
    const { failed, logs } = await ingest("ZAR");
    expect(failed).toEqual(new Map());
    expect(logs.join()).toContain("asking the Federal Reserve's DEXSFUS");
    const stored = await rates("ZAR");
    expect(stored).toHaveLength(server.series("DEXSFUS").observations.filter(({ value }) => value).length);
    expect(new Set(stored.map(({ source }) => source))).toEqual(new Set(["fred"]));
    expect(Number(stored[0]!.usd_per_unit)).toBeCloseTo(6 / server.ticker("KES=X").bars[0]!.close!, 6);
    expect(await ingest("ZAR")).toMatchObject(noChange);
  });

  test("of a day that Yahoo has, Yahoo's stands, whichever came first", async () => {
    rand();
    server.addTicker({ ...server.ticker("KES=X"), ticker: "ZAR=X", currency: "ZAR" });
    server.setBars("ZAR=X", server.ticker("ZAR=X").bars.slice(100));
    server.fail("chart", "404", 99);
    await ingest("ZAR");
    server.recover();
    await ingest("ZAR");
    const sources = (await rates("ZAR")).map(({ source }) => source);
    expect(sources.indexOf("yahoo")).toBe(sources.filter((source) => source === "fred").length);
    const before = await rates("ZAR");
    server.fail("chart", "404", 99);
    expect(await ingest("ZAR")).toMatchObject(noChange);
    expect(await rates("ZAR")).toEqual(before);
  });

  test("both fail: the currency is listed, and stops no other", async () => {
    server.fail("chart", "404", 99, { subject: "KES=X" });
    await pool.query(
      `insert into users (user_id, email, password_hash, base_currency)
       values (1, 'a@example.org', 'x', 'KES'), (2, 'b@example.org', 'x', 'EUR'), (3, 'c@example.org', 'x', 'USD')`,
    );
    const context = contextOf(pool, resources);
    const { failed } = await ingestFxRates(context);
    expect([...failed.keys()]).toEqual(["KES"]);
    expect(context.logs.join()).toMatch(/error KES: /);
    expect(await rates("EUR")).not.toEqual([]);
    expect(context.progressed.at(-1)!.slice(0, 2)).toEqual([2, 2]);
  });
});

test("needed are the currencies of tickers, of trades and of people", async () => {
  for (const currency of ["NGN", "ZAR", "GBP", "JPY"])
    server.addTicker({ ...server.ticker("KES=X"), ticker: `${currency}=X`, currency });
  await pool.query(
    `insert into users (user_id, email, password_hash, base_currency) values (1, 'a@example.org', 'x', 'KES');
     insert into raw_assets (ticker, name, asset_class, quote_unit, currency, unit_factor, exchange_timezone) values
       ('HELD.JO', 'Held', 'stock', 'ZAc', 'ZAR', 0.01, 'Africa/Johannesburg'),
       ('ASKED.T', 'Looked at once', 'stock', 'JPY', 'JPY', 1, 'Asia/Tokyo');
     insert into transactions (user_id, ticker, transaction_type, quantity, price, currency, transaction_date) values
       (1, 'HELD.JO', 'BUY', 1, 1, null, '2024-01-02'),
       (1, 'HELD.JO', 'BUY', 1, 1, 'GBP', '2024-01-02'),
       (1, 'ACME', 'BUY', 1, 1, 'NGN', '2024-01-02'),
       (1, 'ACME', 'BUY', 1, 1, 'USD', '2024-01-02')`,
  );
  const asked = async () => {
    const requests = await sensors[0]!.requests!(pool);
    return requests.filter(({ selection }) => selection === "raw_fx_rates");
  };
  const needed = ["GBP", "KES", "NGN", "ZAR"];
  expect(await asked()).toEqual(
    needed.map((currency) => ({
      selection: "raw_fx_rates",
      partitions: [currency],
      requestKey: `backfill:rates:${currency}`,
      reason: `${currency} is needed and has no rate yet`,
    })),
  );
  await ingestFxRates(contextOf(pool, resources));
  expect(await asked()).toEqual([]);
  const { rows } = await pool.query("select distinct currency from raw_fx_rates order by 1");
  expect(rows.map(({ currency }) => currency)).toEqual(["GBP", "KES", "NGN", "USD", "ZAR"]);
});

const walk = fc
  .array(fc.double({ min: 0.9, max: 1.1, noNaN: true }), { minLength: 3, maxLength: 60 })
  .map((moves) => {
    let value = 100;
    return moves.map((move, index) => {
      value *= move;
      return {
        date: new Date(Date.UTC(2024, 0, 1 + index)).toISOString().slice(0, 10),
        value: value.toFixed(6),
        isFinal: true,
      };
    });
  });

test("a law: moves of a tenth are rates, and one day a hundredfold among them is the only one that is not", () => {
  fc.assert(
    fc.property(walk, fc.boolean(), fc.nat(), (quotes, isInverse, at) => {
      expect(judgeRates(quotes, isInverse, null)).toMatchObject({ defects: [] });
      if (quotes.length < 5) return;
      const bad = quotes[1 + (at % (quotes.length - 2))]!;
      const judged = judgeRates(
        quotes.map((quote) =>
          quote === bad ? { ...quote, value: new Big(quote.value).times(100).toFixed() } : quote,
        ),
        isInverse,
        null,
      );
      expect(judged.defects.map(({ date }) => date)).toEqual([bad.date]);
      expect(judged.rates).toHaveLength(quotes.length - 1);
    }),
  );
});
