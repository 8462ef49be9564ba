import fc from "fast-check";
import type { Pool } from "pg";
import { beforeAll, expect, test } from "vitest";
import { createTestDatabase } from "../support/database.ts";
import { deployModels } from "../support/models.ts";
import { acceptedSplits, positionDays, type Security, type Trade } from "./ledger.ts";
import { type PortfolioDay, performance, portfolioDays } from "./performance.ts";
import { allDays, securityArbitrary, tradesArbitrary } from "./random-world.ts";

// Each run of the suite looks at other ledgers; a failure prints the seed that repeats it.
const seed = Number(process.env.ORACLE_SEED ?? Math.floor(Math.random() * 2 ** 31));
const people = Number(process.env.ORACLE_LEDGERS ?? 1000);
const tickers = ["AAA", "BBB", "CCC", "DDD", "EEE", "FFF", "GGG-USD", "HHH-USD"];
const annualRate = 0.043;
/** Relative for large figures, absolute for small ones: both sides round, in different places. */
const tolerance = 1e-9;

const securities: readonly Security[] = tickers.map(
  (ticker, index) =>
    fc.sample(
      securityArbitrary(ticker).map((security) => ({ ...security, always: ticker.endsWith("-USD") })),
      { numRuns: 1, seed: seed + index },
    )[0]!,
);
const ledgers: readonly Trade[][] = fc.sample(tradesArbitrary(securities), { numRuns: people, seed });

async function writeMarket(pool: Pool): Promise<void> {
  for (const { ticker, always, bars, splits, dividends } of securities) {
    await pool.query(
      `insert into raw_assets (ticker, name, asset_class, currency, exchange_timezone)
       values ($1, $1, $2, 'USD', 'UTC')`,
      [ticker, always ? "crypto" : "stock"],
    );
    await pool.query(
      `insert into raw_prices (ticker, price_date, close)
       select $1, * from unnest($2::date[], $3::numeric[])`,
      [ticker, bars.map((bar) => bar.date), bars.map((bar) => bar.close)],
    );
    await pool.query(
      `insert into raw_corporate_actions (ticker, action_date, action_type, numerator, denominator, ratio)
       select $1, day, 'split', numerator, denominator, numerator / denominator
       from unnest($2::date[], $3::numeric[], $4::numeric[]) as split (day, numerator, denominator)`,
      [ticker, splits.map((s) => s.date), splits.map((s) => s.numerator), splits.map((s) => s.denominator)],
    );
    await pool.query(
      `insert into raw_corporate_actions (ticker, action_date, action_type, cash_per_share)
       select $1, day, 'dividend', cash from unnest($2::date[], $3::numeric[]) as dividend (day, cash)`,
      [ticker, dividends.map((d) => d.date), dividends.map((d) => d.cashPerShare)],
    );
  }
  await pool.query(
    `insert into raw_fred (series_id, observation_date, value, realtime_start) values ('DTB3', '2022-01-03', $1, '2022-01-04')`,
    [annualRate * 100],
  );
}

async function writeLedgers(pool: Pool): Promise<void> {
  await pool.query(
    `insert into users (user_id, email, password_hash, cost_basis_method)
     select id, id || '@example.org', 'x', case when id % 3 = 0 then 'fifo' else 'average' end
     from generate_series(1, $1::integer) as id`,
    [people],
  );
  const rows = ledgers.flatMap((trades, index) => trades.map((trade) => ({ ...trade, user_id: index + 1 })));
  await pool.query(
    `insert into transactions (user_id, ticker, transaction_type, quantity, price, fee, transaction_date)
     select user_id, ticker, type, quantity, price, fee, date
     from jsonb_to_recordset($1)
       as trade (id bigint, user_id bigint, ticker text, type text, quantity numeric, price numeric, fee numeric, date date)
     order by user_id, id`,
    [JSON.stringify(rows)],
  );
}

function expectedDays(index: number, lastDay: string): PortfolioDay[] {
  const method = (index + 1) % 3 === 0 ? "fifo" : "average";
  const trades = ledgers[index]!;
  const positions = securities.flatMap((security) => positionDays(trades, security, lastDay, method));
  return portfolioDays(positions, (ticker) => ticker.endsWith("-USD"), lastDay);
}

let largest = { figure: "none", difference: 0 };

function compare(figure: string, actual: unknown, expected: unknown): void {
  if (expected === null || actual === null) {
    expect(actual, `${figure} (seed ${seed})`).toBe(expected);
    return;
  }
  const [a, e] = [Number(actual), Number(expected)];
  const difference = Math.abs(a - e) / Math.max(1, Math.abs(e));
  if (difference > largest.difference) largest = { figure, difference };
  if (!(difference <= tolerance)) expect.fail(`${figure}: SQL ${a}, oracle ${e} (seed ${seed})`);
}

let pool: Pool;
let lastDay: string;

beforeAll(async () => {
  ({ pool } = await createTestDatabase());
  await deployModels(pool);
  await writeMarket(pool);
  await writeLedgers(pool);
  const { rows } = await pool.query<{ day: string }>("select max(calendar_date) as day from int_calendar");
  lastDay = rows[0]!.day;
}, 600_000);

test("the guard accepts every split of these markets, so that splits are really tested", () => {
  for (const security of securities) expect(acceptedSplits(security)).toEqual(security.splits);
});

test(`${people} random ledgers: every day of every person is what the oracle says`, async () => {
  const { rows } = await pool.query(
    `select user_id, price_date, market_value, cost_basis, net_flow, net_contributions, income, fees_paid,
       realized_pnl, total_gain, daily_return, twr_index, running_peak, drawdown, is_trading_day
     from gold_p_timeseries order by user_id, price_date`,
  );
  const byPerson = Map.groupBy(rows, (row) => row.user_id as number);
  for (let index = 0; index < people; index += 1) {
    const days = expectedDays(index, lastDay);
    const actual = byPerson.get(index + 1) ?? [];
    expect(actual.map((row) => row.price_date)).toEqual(days.map((day) => day.date));
    for (const [position, day] of days.entries()) {
      const row = actual[position]!;
      const where = `person ${index + 1} on ${day.date}`;
      compare(`market_value, ${where}`, row.market_value, day.marketValue);
      compare(`cost_basis, ${where}`, row.cost_basis, day.costBasis);
      compare(`net_flow, ${where}`, row.net_flow, day.netFlow);
      compare(`net_contributions, ${where}`, row.net_contributions, day.netContributions);
      compare(`income, ${where}`, row.income, day.income);
      compare(`daily_return, ${where}`, row.daily_return, day.dailyReturn);
      compare(`twr_index, ${where}`, row.twr_index, day.index);
      compare(`running_peak, ${where}`, row.running_peak, day.runningPeak);
      compare(`drawdown, ${where}`, row.drawdown, day.drawdown);
      expect(row.is_trading_day, where).toBe(day.isTradingDay);
    }
  }
}, 600_000);

test(`${people} random ledgers: the figures of every person are what the oracle says`, async () => {
  const { rows } = await pool.query("select * from gold__performance");
  const byPerson = new Map(rows.map((row) => [row.user_id as number, row]));
  for (let index = 0; index < people; index += 1) {
    const expected = performance(expectedDays(index, lastDay), () => annualRate);
    const row = byPerson.get(index + 1);
    if (!expected) {
      expect(row).toBeUndefined();
      continue;
    }
    const where = `person ${index + 1}`;
    compare(`market_value, ${where}`, row.market_value, expected.marketValue);
    compare(`total_gain, ${where}`, row.total_gain, expected.totalGain);
    compare(`realized_pnl, ${where}`, row.realized_pnl, expected.realized);
    compare(`unrealized_pnl, ${where}`, row.unrealized_pnl, expected.unrealized);
    compare(`income, ${where}`, row.income, expected.income);
    compare(`fees, ${where}`, row.fees, expected.fees);
    compare(`twr, ${where}`, row.twr, expected.twr);
    compare(`max_drawdown, ${where}`, row.max_drawdown, expected.maxDrawdown);
    compare(`volatility, ${where}`, row.volatility, expected.volatility);
    compare(`sharpe, ${where}`, row.sharpe, expected.sharpe);
    compare(`sortino, ${where}`, row.sortino, expected.sortino);
  }
  process.stdout.write(
    `largest difference between SQL and oracle: ${largest.difference} (${largest.figure})\n`,
  );
}, 600_000);
