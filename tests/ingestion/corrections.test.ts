/** What Yahoo corrects later, and what a symbol stands for later: nothing of it goes by unseen. */
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { ingestPrices } from "../../assets/ingest/prices.ts";
import { newYorkHolidays } from "../../assets/ingest/trading-days.ts";
import type { MarketResources } from "../../assets/resources.ts";
import { createTestDatabase } from "../support/database.ts";
import {
  createReplayServer,
  type ReplayBar,
  type ReplayServer,
  type ReplayTicker,
} from "../support/replay-server.ts";
import { contextOf, resourcesOf } from "./context.ts";

const { pool } = await createTestDatabase();
let server: ReplayServer;
let resources: MarketResources;

beforeEach(async () => {
  await pool.query(
    `truncate bronze.raw_prices, bronze.raw_assets, bronze.raw_corporate_actions, bronze.transactions,
       bronze.market_defects, bronze.history_reads`,
  );
  server = await createReplayServer();
  resources = resourcesOf(server);
  onTestFinished(server.close);
  await pool.query(
    "insert into users (user_id, email, password_hash) values (1, 'a@example.org', 'x') on conflict do nothing",
  );
});

async function trade(...tickers: string[]): Promise<void> {
  await pool.query(
    `insert into transactions (user_id, ticker, transaction_type, quantity, price, transaction_date)
     select 1, ticker, 'BUY', 10, 10, '2024-01-02' from unnest($1::text[]) as traded (ticker)`,
    [tickers],
  );
}

/** A daily run over all that is traded. */
async function runDaily() {
  const context = contextOf(pool, resources);
  const result = await ingestPrices(context);
  expect(result.failed).toEqual(new Map());
  return context.logs.filter((line) => !line.includes("no profile"));
}

const asked = (ticker: string) =>
  server.requests.filter(({ kind, subject }) => kind === "chart" && subject === ticker);
const isWhole = ({ url }: { url: string }) =>
  Number(new URL(url, server.url).searchParams.get("period1")) < 0;

async function defects(ticker: string) {
  const { rows } = await pool.query(
    `select defect_date as day, defect, is_kept_out as "isKeptOut" from market_defects where ticker = $1 order by day, defect`,
    [ticker],
  );
  return rows;
}

async function closeOf(ticker: string, date: string): Promise<string | undefined> {
  const { rows } = await pool.query<{ close: string }>(
    "select close from raw_prices where ticker = $1 and price_date = $2",
    [ticker, date],
  );
  return rows[0]?.close;
}

function fund(ticker: string, more: Partial<ReplayTicker> = {}): ReplayTicker {
  return { ...server.ticker("WORLD"), ticker, name: ticker, dividends: [], splits: [], ...more };
}

const edited = (ticker: string, date: string, change: Partial<ReplayBar>) =>
  server.setBars(
    ticker,
    server.ticker(ticker).bars.map((bar) => (bar.date === date ? { ...bar, ...change } : bar)),
  );

describe("what is corrected more than ten days back", () => {
  test("within five daily runs every ticker's whole history is read once, for no request more", async () => {
    const tickers = ["ACME", "GLOBEX", "WORLD", "OIL=F", "COIN-USD"];
    await trade(...tickers);
    await runDaily(); // first fetches are whole
    const late = server.ticker("GLOBEX").bars.at(-30)!.date;
    server.ticker("GLOBEX").dividends.push({ date: late, amount: 2 });
    for (let day = 0; day < 10; day++) server.publishDay();
    const logs: string[] = [];
    for (let day = 0; day < 5; day++) {
      server.publishDay();
      const before = server.requests.filter(({ kind }) => kind === "chart").length;
      logs.push(...(await runDaily()));
      expect(server.requests.filter(({ kind }) => kind === "chart").length - before).toBe(tickers.length);
    }
    for (const ticker of tickers) expect(asked(ticker).filter(isWhole), ticker).toHaveLength(2);
    expect(logs).toContain("info GLOBEX: corrected far back: 1 split or payment");
    const { rows } = await pool.query(
      "select cash_per_share from raw_corporate_actions where ticker = 'GLOBEX' and action_date = $1",
      [late],
    );
    expect(rows).toEqual([{ cash_per_share: "2" }]);
  });

  test("a ticker whose recent figures are odd is read whole at once: a late split, a repaired bar", async () => {
    await trade("GLOBEX", "WORLD");
    const halved = server.ticker("GLOBEX").bars.at(-25)!.date;
    const early = server.ticker("GLOBEX").bars[0]!;
    server.setBars(
      "GLOBEX",
      server
        .ticker("GLOBEX")
        .bars.map((bar) =>
          bar.date < halved
            ? bar
            : { ...bar, open: bar.open! / 2, high: bar.high! / 2, low: bar.low! / 2, close: bar.close! / 2 },
        ),
    );
    const broken = server.ticker("WORLD").bars.at(-25)!;
    edited("WORLD", broken.date, { close: broken.close! * 100, high: broken.high! * 100 });
    expect(await runDaily()).toEqual([
      expect.stringMatching(
        `^warn WORLD ${broken.date}: hundredfold, kept out: its close .* is 100\\.\\d+ times`,
      ),
    ]);
    expect(await defects("WORLD")).toEqual([{ day: broken.date, defect: "hundredfold", isKeptOut: true }]);

    for (let day = 0; day < 10; day++) server.publishDay();
    edited("WORLD", broken.date, broken);
    server.setBars(
      "GLOBEX",
      server
        .ticker("GLOBEX")
        .bars.map((bar) =>
          bar.date >= halved
            ? bar
            : { ...bar, open: bar.open! / 2, high: bar.high! / 2, low: bar.low! / 2, close: bar.close! / 2 },
        ),
    );
    server.ticker("GLOBEX").splits.push({ date: halved, numerator: 2, denominator: 1 });
    const logs = (await runDaily()).sort();
    expect(logs).toEqual([
      expect.stringMatching(/^info GLOBEX: corrected far back: \d+ closes from .*, 1 split or payment$/),
      `info WORLD: corrected far back: 1 close from ${broken.date} on`,
    ]);
    expect(Number(await closeOf("GLOBEX", early.date))).toBeCloseTo(early.close! / 2, 5);
    expect(await defects("WORLD")).toEqual([]);
  });
});

test("what comes in odd has its whole history read in the same run, once", async () => {
  await trade("GLOBEX");
  await runDaily();
  server.publishDay();
  const last = server.ticker("GLOBEX").bars.at(-1)!;
  edited("GLOBEX", last.date, { close: last.close! / 3, low: last.low! / 3 });
  const before = asked("GLOBEX").length;
  await runDaily();
  expect(asked("GLOBEX").slice(before).map(isWhole)).toEqual([false, true]);
  server.publishDay();
  await runDaily();
  expect(asked("GLOBEX").slice(before).map(isWhole)).toEqual([false, true, true]);
});

describe("what a symbol stands for", () => {
  test("another currency: what is stored stays, nothing is taken, and it is told", async () => {
    await trade("GLOBEX");
    await runDaily();
    const before = await pool.query("select * from raw_prices order by price_date");
    server.addTicker({ ...server.ticker("GLOBEX"), currency: "EUR" });
    server.publishDay();
    const logs = await runDaily();
    expect(logs).toEqual([
      expect.stringContaining("other currency, kept out: Yahoo Finance now quotes it in EUR"),
    ]);
    expect((await pool.query("select * from raw_prices order by price_date")).rows).toEqual(before.rows);
    const { rows } = await pool.query("select currency, is_active, last_error from raw_assets");
    expect(rows).toEqual([
      {
        currency: "USD",
        is_active: true,
        last_error: expect.stringContaining("until an operator has ruled"),
      },
    ]);
    expect(await defects("GLOBEX")).toEqual([
      { day: server.today, defect: "other_currency", isKeptOut: true },
    ]);
    server.addTicker({ ...server.ticker("GLOBEX"), currency: "USD" });
    await runDaily();
    expect(await defects("GLOBEX")).toEqual([]);
    expect((await pool.query("select last_error from raw_assets")).rows).toEqual([{ last_error: null }]);
  });

  test("another company after a gap: the true bars of the old one stay, and it is told", async () => {
    await trade("GLOBEX");
    await runDaily();
    const old = await pool.query("select * from raw_prices order by price_date");
    const until = server.today;
    for (let day = 0; day < 60; day++) server.publishDay();
    const { bars } = server.ticker("GLOBEX");
    server.addTicker({
      ...server.ticker("GLOBEX"),
      name: "Entirely Different Holdings",
      bars: bars.filter(({ date }) => date > until).slice(40),
    });
    const logs = await runDaily();
    expect(logs).toEqual([
      expect.stringMatching(
        /other company, kept out: .* now has Entirely Different Holdings .* is Globex Incorporated$/,
      ),
    ]);
    expect((await pool.query("select * from raw_prices order by price_date")).rows).toEqual(old.rows);
    expect((await pool.query("select name from raw_assets")).rows).toEqual([{ name: "Globex Incorporated" }]);
  });

  test("a company that changes its name goes on, and a reply that lost its past deletes nothing", async () => {
    await trade("GLOBEX");
    await runDaily();
    const { rows: old } = await pool.query("select price_date, close from raw_prices order by price_date");
    server.publishDay();
    server.addTicker({ ...server.ticker("GLOBEX"), name: "Globex Renamed" });
    await runDaily();
    expect((await pool.query("select name from raw_assets")).rows).toEqual([{ name: "Globex Renamed" }]);
    server.publishDay();
    server.setBars("GLOBEX", server.ticker("GLOBEX").bars.slice(-1));
    await runDaily();
    const { rows } = await pool.query("select price_date, close from raw_prices order by price_date");
    expect(rows.slice(0, old.length)).toEqual(old);
    expect(rows).toHaveLength(old.length + 2);
  });
});

test("capital gains of a fund are fetched", async () => {
  const date = server.ticker("WORLD").bars.at(-3)!.date;
  server.addTicker(fund("FUNDX", { type: "MUTUALFUND", capitalGains: [{ date, amount: 10 }] }));
  await trade("FUNDX");
  await runDaily();
  const { rows } = await pool.query("select action_type, cash_per_share from raw_corporate_actions");
  expect(rows).toEqual([{ action_type: "capital_gain", cash_per_share: "10" }]);
});

test("a session that was traded on and has no close is told, until its close comes", async () => {
  await trade("GLOBEX");
  const last = server.ticker("GLOBEX").bars.at(-1)!;
  edited("GLOBEX", last.date, { open: null, high: null, low: null, close: null, volume: 5000 });
  expect(await runDaily()).toEqual([
    `warn GLOBEX ${last.date}: no close, kept out: no close, though 5000 were traded`,
  ]);
  edited("GLOBEX", last.date, last);
  await runDaily();
  expect(await defects("GLOBEX")).toEqual([]);
});

describe("days seen over all tickers of an exchange", () => {
  beforeEach(async () => {
    for (let number = 0; number < 12; number++) server.addTicker(fund(`FUND${number}`));
    await trade(...Array.from({ length: 12 }, (_, number) => `FUND${number}`));
  });

  const without = (date: string) => server.ticker("WORLD").bars.filter((bar) => bar.date !== date);

  test("a day that one of them lacks, a day that all lack, a day that one alone has", async () => {
    const { bars } = server.ticker("WORLD");
    const [missing, holiday] = [bars.at(-5)!.date, bars.at(-8)!.date];
    expect(newYorkHolidays(2024).has("2024-06-19")).toBe(true);
    const sunday = "2024-06-23";
    for (let number = 0; number < 12; number++)
      server.setBars(
        `FUND${number}`,
        without(holiday).filter(({ date }) => number > 0 || date !== missing),
      );
    server.setBars(
      "FUND7",
      [...without(holiday), { ...bars.at(-5)!, date: sunday }].sort((a, b) => (a.date < b.date ? -1 : 1)),
    );
    await runDaily();
    expect(await defects("FUND0")).toEqual([
      ...(holiday === "2024-06-19" ? [] : [{ day: holiday, defect: "missing_day", isKeptOut: false }]),
      { day: missing, defect: "missing_day", isKeptOut: false },
    ]);
    expect(await defects("FUND7")).toContainEqual({ day: sunday, defect: "lone_day", isKeptOut: true });
    expect(await defects("FUND3")).toEqual(
      holiday === "2024-06-19" ? [] : [{ day: holiday, defect: "missing_day", isKeptOut: false }],
    );
  });
});

test("New York's holidays", () => {
  expect([...newYorkHolidays(2024)].sort()).toEqual([
    "2024-01-01",
    "2024-01-15",
    "2024-02-19",
    "2024-03-29",
    "2024-05-27",
    "2024-06-19",
    "2024-07-04",
    "2024-09-02",
    "2024-11-28",
    "2024-12-25",
  ]);
  expect([...newYorkHolidays(2022)]).toHaveLength(9); // the new year began on a Saturday
  expect(newYorkHolidays(2026).has("2026-04-03")).toBe(true);
  expect(newYorkHolidays(2026).has("2026-07-03")).toBe(true);
});
