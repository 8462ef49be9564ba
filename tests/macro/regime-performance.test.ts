import { beforeEach, expect, test } from "vitest";
import { createTestDatabase } from "../support/database.ts";
import { deployModels } from "../support/models.ts";
import { cycle, insertObservations } from "./economy.ts";

const { pool } = await createTestDatabase();
await deployModels(pool);
await pool.query("insert into users (user_id, email, password_hash) values (1, 'a@example.org', 'x')");
await pool.query(
  `insert into bronze.raw_assets (ticker, name, asset_class, currency, exchange_timezone)
   values ('SPY', 'SPY', 'etf', 'USD', 'America/New_York'), ('BTC-USD', 'Bitcoin', 'crypto', 'USD', 'UTC')`,
);
beforeEach(() => pool.query("truncate bronze.raw_fred, bronze.raw_prices, bronze.transactions"));

type Trade = readonly [type: "BUY" | "SELL", ticker: string, date: string, price: number];

async function hold(
  prices: Readonly<Record<string, number>>,
  trades: readonly Trade[],
  ticker = "SPY",
): Promise<void> {
  await pool.query(
    `insert into bronze.raw_prices (ticker, price_date, close)
     select $1, day, close from unnest($2::date[], $3::numeric[]) as bar (day, close)`,
    [ticker, Object.keys(prices), Object.values(prices)],
  );
  for (const [type, traded, date, price] of trades)
    await pool.query(
      `insert into bronze.transactions (user_id, ticker, transaction_type, quantity, price, transaction_date)
       values (1, $1, $2, 1, $3, $4)`,
      [traded, type, price, date],
    );
}

async function performance(): Promise<Record<string, unknown>[]> {
  const { rows } = await pool.query("select * from gold_regime_performance order by regime");
  return rows;
}

/** Calendar days from `first`, and a close for each weekday (or for every day) that wanders without a pattern. */
function wandering(first: string, days: number, everyDay: boolean): Record<string, number> {
  const prices: Record<string, number> = {};
  let close = 100;
  for (let day = 0; day < days; day++) {
    const date = new Date(Date.parse(first) + day * 86_400_000);
    close = Math.round(close * (1 + Math.sin(day * day) / 40) * 1e4) / 1e4;
    if (everyDay || ![0, 6].includes(date.getUTCDay())) prices[date.toISOString().slice(0, 10)] = close;
  }
  return prices;
}

test("the days of a regime are put end to end, and the others left out", async () => {
  await insertObservations(pool, cycle());
  // Slowdown until the 17th of December 2001, contraction from the 18th on.
  await hold(
    { "2001-12-13": 100, "2001-12-14": 110, "2001-12-17": 99, "2001-12-18": 118.8, "2001-12-19": 59.4 },
    [["BUY", "SPY", "2001-12-13", 100]],
  );
  expect(await performance()).toEqual([
    {
      user_id: 1,
      regime: "contraction",
      days: 2,
      returns: 2,
      return: expect.closeTo(1.2 * 0.5 - 1, 12),
      return_reason: null,
      annualized_return: null,
      annualized_return_reason: "needs 365 days, has 2",
      volatility: null,
      volatility_reason: "needs 20 returns, has 2",
      max_drawdown: expect.closeTo(-0.5, 12),
      max_drawdown_reason: null,
    },
    {
      user_id: 1,
      regime: "slowdown",
      days: 5,
      returns: 3,
      return: expect.closeTo(1.1 * 0.9 - 1, 12),
      return_reason: null,
      annualized_return: null,
      annualized_return_reason: "needs 365 days, has 5",
      volatility: null,
      volatility_reason: "needs 20 returns, has 3",
      max_drawdown: expect.closeTo(-0.1, 12),
      max_drawdown_reason: null,
    },
  ]);
});

interface Day {
  readonly date: string;
  readonly regime: string;
  readonly return: number | null;
  readonly isTradingDay: boolean;
}

/** The definitions once more, in plain TypeScript. */
function expectedOf(days: readonly Day[], regime: string, periodsPerYear: number) {
  let index = 1;
  let peak = 1;
  let maxDrawdown = 0;
  let sinceTradingDay = 1;
  const returns: number[] = [];
  let count = 0;
  for (const day of days) {
    sinceTradingDay *= 1 + (day.return ?? 0);
    const isIn = day.regime === regime;
    if (periodsPerYear === 365 || day.isTradingDay) {
      if (isIn) returns.push(sinceTradingDay - 1);
      sinceTradingDay = 1;
    }
    if (!isIn) continue;
    count += 1;
    index *= 1 + (day.return ?? 0);
    peak = Math.max(peak, index);
    maxDrawdown = Math.min(maxDrawdown, index / peak - 1);
  }
  const mean = returns.reduce((sum, value) => sum + value, 0) / returns.length;
  const variance = returns.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (returns.length - 1);
  return {
    days: count,
    returns: returns.length,
    return: expect.closeTo(index - 1, 10),
    annualized_return: count < 365 ? null : expect.closeTo(index ** (365.25 / count) - 1, 10),
    volatility: returns.length < 20 ? null : expect.closeTo(Math.sqrt(variance * periodsPerYear), 10),
    max_drawdown: expect.closeTo(maxDrawdown, 10),
  };
}

async function portfolioDays(): Promise<Day[]> {
  const { rows } = await pool.query<Day>(
    `select
       price_date as date,
       coalesce(regime, 'unknown') as regime,
       daily_return as return,
       is_trading_day as "isTradingDay"
     from gold_p_timeseries
     left join fct_macro_regimes on date = price_date
     order by price_date`,
  );
  return rows;
}

test.each([
  ["on an exchange: by its trading days, 252 a year", "SPY", false, 252],
  ["around the clock: by all days, 365 a year", "BTC-USD", true, 365],
] as const)("what trades %s", async (_what, ticker, everyDay, periodsPerYear) => {
  await insertObservations(pool, cycle());
  await hold(wandering("2001-02-01", 1000, everyDay), [["BUY", ticker, "2001-02-01", 99]], ticker);
  const days = await portfolioDays();
  const rows = await performance();
  expect(rows.map(({ regime }) => regime)).toEqual([
    "contraction",
    "expansion",
    "recovery",
    "slowdown",
    "unknown",
  ]);
  for (const row of rows) expect(row).toMatchObject(expectedOf(days, String(row.regime), periodsPerYear));

  const { rows: whole } = await pool.query("select days, twr from gold__performance");
  expect(rows.reduce((sum, { days }) => sum + Number(days), 0)).toBe(whole[0].days);
  expect(rows.reduce((product, row) => product * (1 + Number(row.return)), 1)).toBeCloseTo(
    1 + whole[0].twr,
    10,
  );
});

test("without macro data all days are of an unknown regime", async () => {
  await hold({ "2024-01-02": 100, "2024-01-03": 90 }, [["BUY", "SPY", "2024-01-02", 100]]);
  expect(await performance()).toMatchObject([
    { regime: "unknown", days: 2, return: expect.closeTo(-0.1, 12) },
  ]);
});

test("in a regime in which nothing was held there are no figures, and it says so", async () => {
  await insertObservations(pool, cycle());
  await hold({ "2001-11-01": 100, "2001-11-02": 101, "2001-12-31": 50 }, [
    ["BUY", "SPY", "2001-11-01", 100],
    ["SELL", "SPY", "2001-11-02", 101],
  ]);
  const rows = await performance();
  expect(rows.map(({ regime, return: figure }) => [regime, figure])).toEqual([
    ["contraction", null],
    ["expansion", expect.closeTo(0.01, 12)],
    ["slowdown", null],
  ]);
  expect(rows[0]).toMatchObject({
    days: 14,
    return_reason: "nothing was held",
    annualized_return_reason: "nothing was held",
    volatility_reason: "nothing was held",
    max_drawdown: null,
    max_drawdown_reason: "nothing was held",
  });
});
