/** Figures of risk over ranges: the same as published, lawful over every range, of accounts too, and as if more had been held. */
import type { PoolClient } from "pg";
import { beforeAll, describe, expect, test } from "vitest";
import { gold_benchmark_performance } from "../../assets/benchmark.ts";
import {
  gold_concentration,
  gold_contributions,
  gold_correlations,
  gold_return_distribution,
  gold_rolling_risk,
  gold_ticker_regimes,
  gold_worst_periods,
} from "../../assets/risk.ts";
import { personTransaction } from "../../src/database/person.ts";
import { readPublishedModels } from "../../src/portfolio/published-models.ts";
import { type Range, readSpan } from "../../src/portfolio/range.ts";
import { overRange } from "../../src/portfolio/range-models.ts";
import { type RiskFigures, readRisk, readWhatIf } from "../../src/portfolio/risk.ts";
import { type Program, startProgram } from "../support/program.ts";

let program: Program;
let userId: number;

const trades = [
  ["NORD", "BUY", "10", "120", "1.37", "2021-05-05"],
  ["WRLD", "BUY", "4.5", "130.333", "0", "2022-05-05"],
  ["SYNC-USD", "BUY", "0.031", "21000.7", "2.5", "2022-08-07"],
  ["NORD", "SELL", "3", "140", "1", "2023-05-05"],
  ["CURA", "BUY", "7", "90", "0", "2023-06-05"],
  ["CURA", "SELL", "7", "95.01", "0.99", "2024-01-10"],
  ["WRLD", "SELL", "4.5", "150.017", "0", "2024-09-05"],
  ["NORD", "BUY", "2", "250", "1", "2025-02-03"],
];

beforeAll(async () => {
  program = await startProgram();
  const { pool } = program.database;
  const { rows } = await pool.query<{ user_id: number }>(
    "insert into users (email, password_hash) values ('ada@example.org', '') returning user_id",
  );
  userId = rows[0]!.user_id;
  for (const trade of trades)
    await pool.query(
      `insert into transactions (user_id, ticker, transaction_type, quantity, price, fee, transaction_date)
       values ($1, $2, $3, $4, $5, $6, $7)`,
      [userId, ...trade],
    );
  await program.engine.run({
    triggerKind: "manual",
    triggerName: "test",
    selection: "raw_prices+ raw_fred+",
  });
  await program.engine.refresh("transaction_sensor");
});

const asPerson = <T>(work: (client: PoolClient) => Promise<T>): Promise<T> =>
  personTransaction(program.database.pool, userId, work);

async function requestOf(range: Range, benchmark: string | null = null, account?: number) {
  const { registry } = program.engine;
  const span = await asPerson((client) => readSpan(client, registry, userId, range, account ?? null));
  return { registry, userId, span: span!, benchmark, account };
}

const riskOf = async (
  range: Range,
  benchmark: string | null = null,
  account?: number,
): Promise<RiskFigures> => readRisk(program.database.pool, await requestOf(range, benchmark, account));

test.each(
  [
    gold_benchmark_performance,
    gold_concentration,
    gold_contributions,
    gold_correlations,
    gold_return_distribution,
    gold_rolling_risk,
    gold_ticker_regimes,
    gold_worst_periods,
  ].map((model) => [model.name, model] as const),
)("%s over the whole time is what is published", async (name, model) => {
  const order = `order by ${model.key.join(", ")}`;
  const [whole, published] = await asPerson(async (client) => {
    const { span } = await requestOf({ name: "Max" });
    const models = await readPublishedModels(client, program.engine.registry, span.published_version);
    const statement = overRange(models, [model], `select * from ${name} ${order}`);
    return [
      (await client.query({ ...statement, values: [userId, span.start, span.end] })).rows,
      (await client.query(`select * from ${name} where user_id = $1 ${order}`, [userId])).rows,
    ];
  });
  expect(published.length).toBeGreaterThan(0);
  expect(whole.map(withoutLastBits)).toEqual(published.map(withoutLastBits));
});

/** Sums over days are in the order in which a plan has them, and differ in their last bits. */
function withoutLastBits(row: Record<string, unknown>) {
  const entries = Object.entries(row).map(([column, value]) => [
    column,
    typeof value === "number" ? Number(value.toFixed(12)) : value,
  ]);
  return Object.fromEntries(entries);
}

const ranges: Range[] = [
  { name: "Max" },
  { name: "1Y" },
  { from: "2021-05-05", to: "2021-05-05" }, // the day of the first trade alone
  { from: "2022-05-06", to: "2024-01-10" }, // from the day after a purchase to the day of an exit
  { from: "2022-05-07", to: "2023-05-06" }, // from a Saturday to a Saturday
];

describe.each(ranges)("from %o", (range) => {
  test("contributions add up to gain, return and volatility", async () => {
    const { contributions, performance } = await riskOf(range);
    const sum = (pick: (row: (typeof contributions)[number]) => number) =>
      contributions.reduce((total, row) => total + pick(row), 0);
    expect(sum(({ gain }) => Number(gain))).toBeCloseTo(Number(performance.total_gain), 8);
    expect(sum((row) => row.return_contribution)).toBeCloseTo(performance.twr, 12);
    // All is held in tickers: nothing is left for what is of none.
    const rest = contributions.find(({ ticker }) => ticker === "")!;
    expect(Math.abs(Number(rest.gain))).toBeLessThan(1e-9);
    expect(Math.abs(rest.return_contribution)).toBeLessThan(1e-12);
    if (performance.volatility === null) {
      expect(rest.volatility_contribution_reason).toMatch(/^needs 20 returns/);
      return;
    }
    expect(sum((row) => row.volatility_contribution!)).toBeCloseTo(1, 12);
    expect(Math.abs(rest.volatility_contribution!)).toBeLessThan(1e-10);
  });
});

/** What WRLD alone would have been, bought at the close before a range. */
async function holderOf(ticker: string): Promise<number> {
  const { pool } = program.database;
  const { rows } = await pool.query<{ user_id: number }>(
    "insert into users (email, password_hash) values ($1, '') returning user_id",
    [`${ticker}@example.org`],
  );
  const { user_id } = rows[0]!;
  await pool.query(
    `insert into transactions (user_id, ticker, transaction_type, quantity, price, transaction_date)
     values ($1, $2, 'BUY', 3, 100, '2021-05-05')`,
    [user_id, ticker],
  );
  await program.engine.refresh("transaction_sensor");
  return user_id;
}

test("beside itself a ticker has beta 1, alpha 0 and captures everything", async () => {
  const holder = await holderOf("NORD");
  const { pool } = program.database;
  // A benchmark reinvests its dividends; without any, both are one.
  const { registry } = program.engine;
  const span = await personTransaction(pool, holder, (client) =>
    readSpan(client, registry, holder, { from: "2021-05-06", to: "2026-06-30" }),
  );
  const { benchmark } = await readRisk(pool, { registry, userId: holder, span: span!, benchmark: "NORD" });
  expect(benchmark!.beta).toBeCloseTo(1, 3);
  expect(benchmark!.alpha).toBeCloseTo(0, 3);
  expect(benchmark!.tracking_error).toBeCloseTo(0, 2);
  expect(benchmark!.up_capture).toBeCloseTo(1, 2);
  expect(benchmark!.down_capture).toBeCloseTo(1, 2);
  expect(benchmark!.correlation).toBeCloseTo(1, 3);
});

test("what is lost beyond the value at risk is more, and more at 99 % than at 95 %", async () => {
  const { distribution: d } = await riskOf({ name: "Max" });
  expect(d.expected_shortfall_95).toBeGreaterThanOrEqual(d.value_at_risk_95!);
  expect(d.expected_shortfall_99).toBeGreaterThanOrEqual(d.value_at_risk_99!);
  expect(d.value_at_risk_99).toBeGreaterThanOrEqual(d.value_at_risk_95!);
  const { distribution: short } = await riskOf({ from: "2024-01-01", to: "2024-01-31" });
  expect([short.value_at_risk_95, short.value_at_risk_95_reason]).toEqual([
    null,
    expect.stringMatching(/^needs 100 returns, has \d+$/),
  ]);
});

test("correlations lie between -1 and 1, and are 1 with oneself", async () => {
  const { correlations, correlated } = await riskOf({ name: "Max" });
  expect(correlations).toHaveLength((correlated.length * (correlated.length + 1)) / 2);
  for (const { ticker, other_ticker, correlation } of correlations) {
    if (ticker === other_ticker) expect(correlation).toBe(1);
    else expect(Math.abs(correlation!)).toBeLessThanOrEqual(1);
  }
});

test("concentration is of the weights on the last day", async () => {
  const { concentration } = await riskOf({ name: "Max" });
  const { rows } = await program.database.pool.query<{ weight: number }>(
    "select weight from gold_ticker_kpis where user_id = $1 order by weight desc",
    [userId],
  );
  const weights = rows.map(({ weight }) => weight);
  expect(concentration!.hhi).toBeCloseTo(
    weights.reduce((sum, weight) => sum + weight ** 2, 0),
    12,
  );
  expect(concentration!.largest_five_weight).toBeCloseTo(1, 12);
  expect(concentration!.largest_weight).toBe(weights[0]);
});

test("once as much changes nothing; none of it leaves the other ones", async () => {
  const { pool } = program.database;
  const request = await requestOf({ from: "2022-08-08", to: "2023-05-04" }, "WRLD");
  const was = await readRisk(pool, request);
  const same = await readWhatIf(pool, request, "NORD", "1");
  expect(same.performance.twr).toBe(was.performance.twr);
  expect(same.distribution).toEqual(was.distribution);
  const left = await readWhatIf(pool, request, "NORD", "0");
  const { rows } = await pool.query<{ value: number }>(
    `select sum(market_value)::double precision as value
     from int_daily_holdings
     where user_id = $1 and price_date = $2 and ticker <> 'NORD'`,
    [userId, request.span.end],
  );
  expect(Number(left.performance.market_value)).toBeCloseTo(rows[0]!.value, 8);
  const twice = await readWhatIf(pool, request, "NORD", "2");
  expect(Number(twice.performance.total_gain)).toBeCloseTo(
    2 * Number(was.performance.total_gain) - Number(left.performance.total_gain),
    8,
  );
});

test("an account's figures are its own: a person's only one has the whole's", async () => {
  const { rows } = await program.database.pool.query<{ account_id: number }>(
    "select account_id from accounts where user_id = $1",
    [userId],
  );
  const range: Range = { from: "2022-05-06", to: "2024-01-10" };
  const { span: _span, ...whole } = await riskOf(range, "WRLD");
  const { span, ...own } = await riskOf(range, "WRLD", rows[0]!.account_id);
  expect(span.currency).toBe("USD");
  expect(own).toEqual(whole);
});
