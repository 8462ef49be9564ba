/**
 * Real closes, splits and dividends, delivered as Yahoo Finance delivers them: closes and dividends adjusted for splits.
 * Somebody buys each ticker on its first day, at the price as traded, and holds it. (The panels of closes adjusted for
 * everything are left out: they have neither a close nor an event to compare with.)
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import Big from "big.js";
import { parse } from "csv-parse/sync";
import { beforeAll, describe, expect, test } from "vitest";
import { int_prices_daily } from "../../assets/market.ts";
import { createTestDatabase } from "../support/database.ts";
import { buildModels } from "../support/models.ts";
import { findings } from "./download-findings.ts";

const exact = Object.assign(Big(), { DP: 40 });

interface Bar {
  readonly date: string;
  /** As it was that day. */
  readonly traded: Big;
  /** Adjusted for the splits since. */
  readonly close: Big;
  /** Adjusted for the dividends since, too; null where the source has none. */
  readonly adjusted: number | null;
}

interface Split {
  readonly date: string;
  /** New shares for an old one. */
  readonly ratio: string;
}

interface Dividend {
  readonly date: string;
  readonly cashPerShare: Big;
}

interface Series {
  readonly name: string;
  readonly bars: readonly Bar[];
  readonly splits: readonly Split[];
  readonly dividends: readonly Dividend[];
}

const folder = new URL("../../../shared/data/prices/", import.meta.url);

type Line = Readonly<Record<string, string>>;

function readLines(path: string): Line[] {
  return parse(readFileSync(new URL(path, folder), "utf8"), { columns: true });
}

const namesIn = (path: string): string[] =>
  readdirSync(new URL(path, folder))
    .filter((file) => file.endsWith(".csv"))
    .map((file) => file.replace(".csv", ""));

/** Of tickers that have no file of events; the manifest names them. */
const knownSplits: Readonly<Record<string, readonly Split[]>> = {
  MSFT: [{ date: "2003-02-18", ratio: "2" }],
  TSLA: [
    { date: "2020-08-31", ratio: "5" },
    { date: "2022-08-25", ratio: "3" },
  ],
};

interface Source {
  readonly lines: readonly Line[];
  readonly closesAre: "traded" | "adjusted";
  readonly splits: readonly Split[];
  /** As paid. */
  readonly dividends: readonly Dividend[];
}

/** Of what the source knows, only what happened after the first bar and until the last one. */
function seriesOf(name: string, { lines, closesAre, splits, dividends }: Source): Series {
  const [first, last] = [lines[0]!.date!, lines.at(-1)!.date!];
  const within = ({ date }: { readonly date: string }) => date > first && date <= last;
  const ofTheTime = splits.filter(within);
  const factor = (date: string): Big =>
    ofTheTime
      .filter((split) => split.date > date)
      .reduce((product, { ratio }) => product.times(ratio), new exact(1));
  return {
    name,
    bars: lines.map(({ date, close, adj_close }) => ({
      date: date!,
      traded: closesAre === "traded" ? new exact(close!) : new exact(close!).times(factor(date!)),
      close: closesAre === "traded" ? new exact(close!).div(factor(date!)) : new exact(close!),
      adjusted: adj_close ? Number(adj_close) : null,
    })),
    splits: ofTheTime,
    dividends: dividends
      .filter(within)
      .map(({ date, cashPerShare }) => ({ date, cashPerShare: cashPerShare.div(factor(date)) })),
  };
}

function readSeries(name: string): Series {
  const [ticker = "", origin = ""] = name.split("__");
  const events = existsSync(new URL(`events/${ticker}__lean_events.csv`, folder))
    ? readLines(`events/${ticker}__lean_events.csv`)
    : [];
  const splits = events
    .filter(({ type }) => type === "split")
    .map(({ ex_date, split_ratio_new_per_old }) => ({ date: ex_date!, ratio: split_ratio_new_per_old! }));
  return seriesOf(name, {
    lines: readLines(`${name}.csv`),
    closesAre: /raw$/.test(origin) ? "traded" : "adjusted",
    splits: knownSplits[ticker] ?? splits,
    dividends: events
      .filter(({ type }) => type === "dividend" && !origin.endsWith("auto_adjusted")) // these closes are net of them
      .map(({ ex_date, dividend_per_share_as_paid }) => ({
        date: ex_date!,
        cashPerShare: new exact(dividend_per_share_as_paid!),
      })),
  });
}

/** Splits and dividends stand in columns of their own. */
function readWikiSeries(name: string): Series {
  const lines = readLines(`wiki/${name}.csv`);
  return seriesOf(name, {
    lines,
    closesAre: "traded",
    splits: lines
      .filter(({ split_ratio }) => Number(split_ratio) !== 1)
      .map(({ date, split_ratio }) => ({ date: date!, ratio: split_ratio! })),
    dividends: lines
      .filter(({ ex_dividend }) => Number(ex_dividend) > 0)
      .map(({ date, ex_dividend }) => ({ date: date!, cashPerShare: new exact(ex_dividend!) })),
  });
}

/** As yfinance saves a download, with days in any order. */
function readDownload(name: string): Series {
  const lines = readLines(`anomalies/${name}.csv`)
    .map((line) => ({
      ...line,
      date: dateOf(line.Date ?? line.Datetime!),
      close: line.Close ?? line["Adj Close"]!,
      adj_close: line["Adj Close"]!,
    }))
    .sort((a, b) => (a.date < b.date ? -1 : 1)) as Line[];
  const eventsOf = (column: string) => lines.filter((line) => Number(line[column] ?? 0) > 0);
  return seriesOf(name, {
    lines,
    closesAre: "adjusted",
    splits: eventsOf("Stock Splits").map((line) => ({ date: line.date!, ratio: line["Stock Splits"]! })),
    dividends: eventsOf("Dividends").map((line) => ({
      date: line.date!,
      cashPerShare: new exact(line.Dividends!),
    })),
  });
}

/** `2024-01-31 00:00:00+01:00` or `1/31/2024`. */
function dateOf(text: string): string {
  const [, month, day, year] = /^(\d+)\/(\d+)\/(\d+)$/.exec(text) ?? [];
  return year ? `${year}-${month!.padStart(2, "0")}-${day!.padStart(2, "0")}` : text.slice(0, 10);
}

const series = [
  ...namesIn(".")
    .filter((name) => !name.startsWith("panel_"))
    .map(readSeries),
  ...namesIn("wiki").map(readWikiSeries),
];
const downloads = namesIn("anomalies").map(readDownload);
const withSplits = series.filter(({ splits }) => splits.length > 0);
const withDividends = [
  ...series.filter(({ dividends }) => dividends.length > 0),
  downloads.find(({ name }) => name === "KAP-IL-1d-bad-div-fixed")!,
];

const { pool } = await createTestDatabase();

async function deliver(ticker: string, { bars, splits, dividends }: Series): Promise<void> {
  await pool.query(
    "insert into raw_prices (ticker, price_date, close) select $1, * from unnest($2::date[], $3::numeric[])",
    [ticker, bars.map(({ date }) => date), bars.map(({ close }) => close.toFixed())],
  );
  await pool.query(
    `insert into raw_corporate_actions (ticker, action_date, action_type, numerator, denominator, ratio)
     select $1, day, 'split', ratio, 1, ratio from unnest($2::date[], $3::numeric[]) as split (day, ratio)`,
    [ticker, splits.map(({ date }) => date), splits.map(({ ratio }) => ratio)],
  );
  await pool.query(
    `insert into raw_corporate_actions (ticker, action_date, action_type, cash_per_share)
     select $1, day, 'dividend', cash from unnest($2::date[], $3::numeric[]) as dividend (day, cash)`,
    [ticker, dividends.map(({ date }) => date), dividends.map(({ cashPerShare }) => cashPerShare.toFixed())],
  );
}

let people = 0;

/** Somebody new buys so many shares at each of these bars, as traded. */
async function buy(ticker: string, shares: number, bars: readonly Bar[]): Promise<void> {
  people += 1;
  await pool.query(
    "insert into users (user_id, email, password_hash) values ($1::bigint, $1::bigint || '@example.org', '')",
    [people],
  );
  for (const { date, traded } of bars)
    await pool.query(
      `insert into transactions (user_id, ticker, transaction_type, quantity, price, transaction_date)
       values ($1, $2, 'BUY', $3, $4, $5)`,
      [people, ticker, shares, traded.toFixed(), date],
    );
}

/** The bar before each split, and the first in new shares. */
const barsAround = ({ bars, splits }: Series): [before: Bar, after: Bar][] =>
  splits.map(({ date }) => {
    const after = bars.findIndex((bar) => bar.date >= date);
    return [bars[after - 1]!, bars[after]!];
  });

/** The same name for the same thing in every table; 20 characters at most. */
const tickers = {
  held: (of: Series) => `HELD-${series.indexOf(of)}`,
  paying: (of: Series) => `PAYING-${withDividends.indexOf(of)}`,
  aroundSplits: (of: Series) => `AROUND-${withSplits.indexOf(of)}`,
  unadjusted: (of: Series) => `UNADJUSTED-${withSplits.indexOf(of)}`,
  downloaded: (of: Series) => `DOWNLOADED-${downloads.indexOf(of)}`,
};

interface PositionDay {
  readonly ticker: string;
  readonly price_date: string;
  readonly quantity: string;
  readonly market_value: string;
  readonly cumulative_return: number;
}

interface Performance {
  readonly ticker: string;
  readonly twr: number;
  readonly market_value: string;
}

let days: ReadonlyMap<string, readonly PositionDay[]>;
let performances: ReadonlyMap<string, Performance>;

/** By date. */
const daysOf = (ticker: string) => new Map(days.get(ticker)!.map((day) => [day.price_date, day]));

beforeAll(async () => {
  for (const history of series) {
    await deliver(tickers.held(history), { ...history, dividends: [] });
    await buy(tickers.held(history), 100, history.bars.slice(0, 1));
  }
  for (const history of withDividends) {
    await deliver(tickers.paying(history), history);
    await buy(tickers.paying(history), 100, history.bars.slice(0, 1));
  }
  for (const history of withSplits) {
    await deliver(tickers.aroundSplits(history), { ...history, dividends: [] });
    await buy(tickers.aroundSplits(history), 1, barsAround(history).flat());
    const bars = history.bars.map((bar) => ({ ...bar, close: bar.traded }));
    await deliver(tickers.unadjusted(history), { ...history, bars, dividends: [] });
  }
  for (const history of downloads) await deliver(tickers.downloaded(history), history);
  // 10027455:10000000 is no ratio of a split, and was one all the same: class C shares were handed out.
  await pool.query(
    `insert into split_rulings (ticker, action_date, changes_quantity, reason, ruled_by)
     select ticker, action_date, true, 'settled in class C shares', 'operator@example.org'
     from raw_corporate_actions
     where action_date = '2015-04-27' and action_type = 'split'`,
  );
  await buildModels(pool);
  const { rows } = await pool.query<PositionDay>(
    `select ticker, price_date, quantity, market_value, cumulative_return
     from fct_daily_returns
     join raw_prices using (ticker, price_date)`,
  );
  days = Map.groupBy(rows, (row) => row.ticker);
  const performance = await pool.query<Performance>(
    `select ticker, p.twr, p.market_value
     from gold__performance p
     join (select distinct user_id, ticker from transactions) bought using (user_id)`,
  );
  performances = new Map(performance.rows.map((row) => [row.ticker, row]));
}, 300_000);

const named = (list: readonly Series[]) => list.map((of) => [of.name, of] as const);

/** Relative to the expected number, where that is above 1. */
const differenceOf = (actual: number, expected: number) =>
  Math.abs(actual - expected) / Math.max(1, Math.abs(expected));

let largestReturnDifference = 0;
let returnsCompared = 0;

describe("held from the first day", () => {
  test.each(named(series))("%s: the return to every day is the ratio of the closes", (_, of) => {
    const days = daysOf(tickers.held(of));
    const first = Number(of.bars[0]!.close);
    for (const { date, close } of of.bars) {
      const difference = differenceOf(days.get(date)!.cumulative_return, Number(close) / first - 1);
      if (difference > 1e-9) expect.fail(`${date}: off by ${difference}`);
      largestReturnDifference = Math.max(largestReturnDifference, difference);
      returnsCompared += 1;
    }
    const { twr, market_value } = performances.get(tickers.held(of))!;
    const last = of.bars.at(-1)!;
    expect(differenceOf(twr, Number(last.close) / first - 1)).toBeLessThan(1e-9);
    const shares = of.splits.reduce((product, { ratio }) => product.times(ratio), new exact(100));
    expect(differenceOf(Number(market_value), Number(shares.times(last.traded)))).toBeLessThan(1e-9);
  });
});

let largestTotalReturnDifference = 0;

describe("with dividends", () => {
  test.each(named(withDividends))("%s: the return is that of the adjusted close", (_, of) => {
    const last = of.bars.at(-1)!;
    const days = daysOf(tickers.paying(of));
    const growth = last.adjusted! / of.bars[0]!.adjusted!;
    const difference = Math.abs((1 + days.get(last.date)!.cumulative_return) / growth - 1);
    expect(difference).toBeLessThan(0.005);
    largestTotalReturnDifference = Math.max(largestTotalReturnDifference, difference);
  });
});

describe("across splits", () => {
  test.each(named(withSplits))("%s: the value goes on as the closes do", (_, of) => {
    const days = daysOf(tickers.held(of));
    for (const [before, after] of barsAround(of)) {
      const [old, young] = [days.get(before.date)!, days.get(after.date)!];
      expect(young.quantity).toBe(old.quantity);
      const change = Number(young.market_value) / Number(old.market_value);
      expect(change).toBeCloseTo(Number(after.close.div(before.close)), 9);
      expect(Math.abs(change - 1)).toBeLessThan(0.15);
    }
  });

  test.each(named(withSplits))("%s: shares bought before and on the day become today's", (_, of) => {
    const sharesToday = barsAround(of)
      .flat()
      .reduce(
        (sum, { date }) =>
          of.splits
            .filter((split) => split.date > date)
            .reduce((shares, { ratio }) => shares.times(ratio), new exact(1))
            .plus(sum),
        new exact(0),
      );
    const last = of.bars.at(-1)!;
    const day = daysOf(tickers.aroundSplits(of)).get(last.date)!;
    expect(Number(day.quantity)).toBeCloseTo(Number(sharesToday), 9);
    expect(differenceOf(Number(day.market_value), Number(sharesToday.times(last.traded)))).toBeLessThan(1e-9);
  });
});

async function verdictsOn(ticker: string): Promise<boolean[]> {
  const { rows } = await pool.query<{ is_accepted: boolean }>(
    "select is_accepted from stg_splits where ticker = $1 order by action_date",
    [ticker],
  );
  return rows.map((row) => row.is_accepted);
}

describe("the guard", () => {
  test.each(named(withSplits))("%s: accepts the splits that the closes are adjusted for", async (_, of) => {
    expect(await verdictsOn(tickers.held(of))).toEqual(of.splits.map(() => true));
  });

  test.each(named(withSplits))(
    "%s: scales closes as traded, which move as the splits move them",
    async (_, of) => {
      const { rows } = await pool.query<{ is_accepted: boolean; is_history_adjusted: boolean }>(
        "select is_accepted, is_history_adjusted from stg_splits where ticker = $1 order by action_date",
        [tickers.unadjusted(of)],
      );
      // Below 1.25:1 an ordinary day's move looks the same.
      expect(rows).toEqual(
        of.splits.map(({ ratio }) => ({
          is_accepted: true,
          is_history_adjusted: Math.abs(Math.log(Number(ratio))) < Math.log(1.25),
        })),
      );
      const scaled = await pool.query<{ close: string }>(
        "select close from stg_raw_prices where ticker = $1 order by price_date",
        [tickers.unadjusted(of)],
      );
      const isJudged = of.splits.every(({ ratio }) => Math.abs(Math.log(Number(ratio))) >= Math.log(1.25));
      scaled.rows.forEach(({ close }, at) => {
        if (isJudged) expect(differenceOf(Number(close), Number(of.bars[at]!.close))).toBeLessThan(1e-12);
      });
    },
  );
});

async function datesOf(statement: string, of: Series): Promise<string[]> {
  const { rows } = await pool.query<{ day: string }>(statement, [tickers.downloaded(of)]);
  return rows.map(({ day }) => day);
}

describe("downloads with errors", () => {
  const check = int_prices_daily.checks?.find(
    ({ kind, ...rest }) => "name" in rest && rest.name === "no_spike",
  );
  if (check?.kind !== "expression") throw new Error("expected the check no_spike");

  test.each(named(downloads))("%s", async (name, of) => {
    const { rows } = await pool.query<{ price_date: string }>(
      `select price_date from int_prices_daily
       where ticker = $1 and (${check.expression}) is false order by price_date`,
      [tickers.downloaded(of)],
    );
    const spikes = rows.map((row) => row.price_date);
    const keptOut = await datesOf(
      "select defect_date as day from market_defects where ticker = $1 and is_kept_out order by day",
      of,
    );
    const scaledBefore = await datesOf(
      "select valid_to as day from stg_price_scales where ticker = $1 order by day",
      of,
    );
    const splits = await verdictsOn(tickers.downloaded(of));
    expect({ splits, keptOut, scaledBefore, spikes }).toEqual(findings[name]);
  });
});

test("counts", () => {
  const counts = {
    series: series.length,
    returns: returnsCompared,
    withDividends: withDividends.length,
    splits: withSplits.flatMap(({ splits }) => splits).length,
    downloads: downloads.length,
  };
  process.stdout.write(
    `real prices: ${JSON.stringify(counts)}; largest difference of a return ${largestReturnDifference}, of a total return ${largestTotalReturnDifference}\n`,
  );
  expect(counts).toEqual({ series: 39, returns: 115_835, withDividends: 15, splits: 20, downloads: 15 });
});
