import Big from "big.js";
import fc from "fast-check";
import type { PoolClient } from "pg";
import { beforeAll, describe, expect, test } from "vitest";
import {
  gold_drawdowns,
  gold_monthly_returns,
  gold_p_timeseries,
  gold_ticker_kpis,
} from "../../assets/gold.ts";
import { gold_regime_performance } from "../../assets/macro.ts";
import { gold__performance } from "../../assets/performance.ts";
import { personTransaction } from "../../src/database/person.ts";
import { weightsOf } from "../../src/portfolio/allocation.ts";
import { bridge } from "../../src/portfolio/bridge.ts";
import { type RangeFigures, readFigures } from "../../src/portfolio/figures.ts";
import { type Change, readOverview } from "../../src/portfolio/overview.ts";
import { readPublishedModels } from "../../src/portfolio/published-models.ts";
import { type Range, readKeptSpan, readSpan } from "../../src/portfolio/range.ts";
import { overRange } from "../../src/portfolio/range-models.ts";
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

async function figuresOf(range: Range, benchmark: string | null = null): Promise<RangeFigures> {
  const span = await asPerson((client) => readSpan(client, program.engine.registry, userId, range));
  const { registry } = program.engine;
  return readFigures(program.database.pool, { registry, userId, span: span!, benchmark });
}

test.each(
  [
    gold_p_timeseries,
    gold__performance,
    gold_ticker_kpis,
    gold_drawdowns,
    gold_monthly_returns,
    gold_regime_performance,
  ].map((model) => [model.name, model] as const),
)("%s over the whole time is what is published", async (name, model) => {
  const order = `order by ${model.key.join(", ")}`;
  const [whole, published] = await asPerson(async (client) => {
    const span = (await readSpan(client, program.engine.registry, userId, { name: "Max" }))!;
    const models = await readPublishedModels(client, program.engine.registry, span.published_version);
    const statement = overRange(models, [model], `select * from ${name} ${order}`);
    return [
      (await client.query({ ...statement, values: [userId, span.start, span.end] })).rows,
      (await client.query(`select * from ${name} where user_id = $1 ${order}`, [userId])).rows,
    ];
  });
  expect(published.length).toBeGreaterThan(0);
  expect(whole).toEqual(published);
});

const ranges: Range[] = [
  { name: "Max" },
  { name: "1Y" },
  { name: "YTD" },
  { from: "2021-05-05", to: "2021-05-05" }, // the day of the first trade alone
  { from: "2022-05-06", to: "2024-01-10" }, // from the day after a purchase to the day of an exit
  { from: "2022-05-07", to: "2023-05-06" }, // from a Saturday to a Saturday
  { from: "2024-09-06", to: "2024-12-31" }, // nothing is traded
];

/** As the headline writes it: docs/metrics.md, change. */
function changeOf({ span, performance }: RangeFigures) {
  const gain = new Big(performance.market_value)
    .minus(span.opening_value)
    .minus(performance.net_contributions)
    .plus(performance.income_paid_out);
  return { gain: gain.toFixed(), twr: performance.twr };
}

/** Ranges end on days without a price, too, and begin before the first trade. */
const anyDay = fc.date({ min: new Date("2021-05-05"), max: new Date("2025-06-30"), noInvalidDate: true });

test("what is known first is what ranges say: of the days, of the last one with a price, and of all up to there", async () => {
  await fc.assert(
    fc.asyncProperty(anyDay, anyDay, async (...days) => {
      const [from, to] = days.map((date) => date.toISOString().slice(0, 10)).toSorted();
      const span = await asPerson((client) =>
        readSpan(client, program.engine.registry, userId, { from: from!, to: to! }),
      );
      const { registry } = program.engine;
      const overview = await readOverview(program.database.pool, {
        registry,
        userId,
        span: span!,
        benchmark: null,
      });
      const figures = await figuresOf({ from: from!, to: to! });
      expect(overview.marketValue).toBe(figures.performance.market_value);
      expect(written(overview.changes.range)).toEqual(changeOf(figures));
      const ofDay = await figuresOf({ from: overview.day, to: overview.day });
      expect(written(overview.changes.day)).toEqual(changeOf(ofDay));
      const whole = await figuresOf({ from: "2021-01-01", to: to! });
      expect(written(overview.changes.whole ?? overview.changes.range)).toEqual(changeOf(whole));
      const gains = new Map(ofDay.tickers.map((ticker) => [ticker.ticker, ticker]));
      for (const { ticker, day_gain, day_return } of overview.tickers) {
        const same = gains.get(ticker);
        if (!same) expect([day_gain, day_return]).toEqual([null, null]);
        else {
          expect(new Big(day_gain!).toFixed()).toBe(
            new Big(same.total_gain).minus(same.opening_pnl).toFixed(),
          );
          expect(day_return).toBe(same.total_return);
        }
      }
    }),
    { numRuns: 25, examples: [[new Date("2021-05-05"), new Date("2021-05-05")]] },
  );
});

const written = ({ gain, twr }: Change) => ({ gain: new Big(gain).toFixed(), twr });

describe.each(ranges)("from %o", (range) => {
  test("the bridge closes to the cent, and its gains are the tickers'", async () => {
    const figures = await figuresOf(range);
    const { steps } = bridge(figures);
    const [start, ...parts] = steps.map(({ amount }) => new Big(amount));
    const end = parts.pop()!;
    expect(parts.reduce((sum, part) => sum.plus(part), start!).toFixed(2)).toBe(end.toFixed(2));
    expect(end.toFixed(2)).toBe(new Big(figures.performance.market_value).toFixed(2));

    // What came and what went is each a step, to the day's net, where there is both.
    const { rows } = await program.database.pool.query<{ in: string; out: string }>(
      `select coalesce(sum(net_flow) filter (where net_flow > 0), 0) as in,
         coalesce(sum(net_flow) filter (where net_flow < 0), 0) as out
       from gold_p_timeseries
       where user_id = $1
         and price_date > $2::date - $4::integer
         and price_date <= $3`,
      [userId, figures.span.start, figures.span.end, figures.span.is_whole ? 1 : 0],
    );
    const moved = rows[0]!;
    const isBoth = Number(moved.in) > 0 && Number(moved.out) < 0;
    expect(steps.filter(({ isFlow }) => isFlow).map(({ label }) => label)).toEqual([
      ...(isBoth ? ["Deposits", "Withdrawals"] : ["Net deposits"]),
      "Paid out to you",
    ]);
    const flowed = isBoth ? [moved.in, moved.out] : [figures.performance.net_contributions];
    for (const [index, amount] of flowed.entries())
      expect(new Big(steps[1 + index]!.amount).minus(amount).abs().toNumber()).toBeLessThan(0.011);

    const last = figures.performance;
    const opening = new Big(figures.span.opening_value).minus(figures.span.opening_cost);
    const gain = new Big(last.unrealized_pnl).plus(last.realized_pnl).plus(last.income).minus(opening);
    const gains = figures.tickers.reduce(
      (sum, { total_gain, opening_pnl }) => sum.plus(total_gain).minus(opening_pnl),
      new Big(0),
    );
    expect(gains.minus(gain).abs().toNumber()).toBeLessThan(1e-6);
  });

  test("its return is that of the published index, of its months, and of its regimes", async () => {
    const { span, days, months, regimes, performance } = await figuresOf(range);
    const { rows } = await program.database.pool.query<{ twr_index: number }>(
      `select twr_index from gold_p_timeseries
       where user_id = $1 and price_date in ($2, $3)
       order by price_date desc`,
      [userId, span.start, span.end],
    );
    const expected = rows[0]!.twr_index / (span.is_whole ? 1 : rows[1]!.twr_index);
    const compounded = (parts: readonly { return: number | null }[]) =>
      parts.reduce((product, part) => product * (1 + (part.return ?? 0)), 1);
    expect(1 + performance.twr).toBeCloseTo(expected, 10);
    expect(1 + days.cumulativeReturn.at(-1)!).toBeCloseTo(expected, 10);
    expect(compounded(months)).toBeCloseTo(expected, 10);
    expect(compounded(regimes)).toBeCloseTo(expected, 10);
  });
});

test("a year without a trade has one rate: what was held went in at its start", async () => {
  const { span, performance } = await figuresOf({ from: "2021-05-06", to: "2022-05-04" });
  const paid = Number(performance.income);
  const growth = (Number(performance.market_value) + paid) / Number(span.opening_value) - 1;
  // Dividends came out on the way, so the rate is near that of the whole, and exactly it if there were none.
  expect(performance.money_weighted_return).toBeCloseTo(growth, 2);
  expect(performance.xirr_reason).toBe("needs 365 days, has 364");
});

test("what was sold before the range is not in it; what was sold within it is, as closed", async () => {
  const { tickers } = await figuresOf({ from: "2024-06-01", to: "2024-12-31" });
  expect(tickers.map(({ ticker, quantity }) => [ticker, Number(quantity)])).toEqual(
    expect.arrayContaining([["WRLD", 0]]),
  );
  expect(tickers.map(({ ticker }) => ticker)).not.toContain("CURA");
});

test("a benchmark starts at 0 where the range does, and says from where it has prices", async () => {
  const { benchmark, days, span } = await figuresOf({ name: "1Y" }, "WRLD");
  expect(benchmark!.returns).toHaveLength(days.dates.length);
  expect([benchmark!.returns[0], benchmark!.startsLate]).toEqual([0, null]);
  const { rows } = await program.database.pool.query<{ adj_close: number }>(
    `select adj_close::double precision
     from raw_prices
     where ticker = 'WRLD' and price_date = any (array[
       (select max(price_date) from raw_prices where ticker = 'WRLD' and price_date <= $1),
       (select max(price_date) from raw_prices where ticker = 'WRLD')
     ])
     order by price_date`,
    [span.start],
  );
  expect(benchmark!.returns.at(-1)).toBeCloseTo(rows[1]!.adj_close / rows[0]!.adj_close - 1, 12);
  expect((await figuresOf({ name: "1Y" }, "NONE")).benchmark).toMatchObject({ name: null, returns: [] });
});

test("the version of a person's figures grows with their own trades and with prices, not with others' trades", async () => {
  const { pool } = program.database;
  const version = async () => {
    const span = await asPerson((client) =>
      readSpan(client, program.engine.registry, userId, { name: "Max" }),
    );
    return span!.data_version;
  };
  const tradeOf = async (who: number) => {
    await pool.query(
      `insert into transactions (user_id, ticker, transaction_type, quantity, price, transaction_date)
       values ($1, 'WRLD', 'BUY', 1, 100, '2023-03-03')`,
      [who],
    );
    await program.engine.refresh("transaction_sensor");
  };
  const { rows } = await pool.query<{ user_id: number }>(
    `insert into public.users (email, password_hash, role)
     values ('somebody.else@example.com', 'x', 'investor')
     returning user_id`,
  );
  await program.engine.refresh("transaction_sensor");
  const before = await version();
  await tradeOf(rows[0]!.user_id);
  expect(await version()).toBe(before);
  await tradeOf(userId);
  const traded = await version();
  expect(traded).not.toBe(before);
  await pool.query(
    "update raw_prices set close = close * 1.01 where ticker = 'WRLD' and price_date = '2023-03-10'",
  );
  await program.engine.refresh("transaction_sensor");
  expect(await version()).not.toBe(traded);
});

test("days that are kept are those of the moment: of other prices, which go and come again, and of a trade", async () => {
  const { pool } = program.database;
  const { registry } = program.engine;
  const range = { name: "Max" } as const;
  const agreed = async () => {
    const [now, kept, again] = await asPerson(async (client) => [
      await readSpan(client, registry, userId, range),
      await readKeptSpan(pool, client, registry, userId, range),
      await readKeptSpan(pool, client, registry, userId, range),
    ]);
    expect([kept, again]).toEqual([now, now]);
    return now!;
  };
  const before = await agreed();
  const { rows } = await pool.query<{ ticker: string; price_date: string }>(
    `delete from raw_prices
     where price_date >= $1 and ticker in (select ticker from transactions where user_id = $2)
     returning ticker, price_date, open, high, low, close, adj_close, volume, is_final`,
    [before.prices_as_of, userId],
  );
  expect(rows.length).toBeGreaterThan(0);
  await program.engine.refresh("transaction_sensor");
  const without = await agreed();
  expect(without.prices_as_of < before.prices_as_of).toBe(true);
  await pool.query(
    `insert into raw_prices (ticker, price_date, open, high, low, close, adj_close, volume, is_final)
     select ticker, price_date, open, high, low, close, adj_close, volume, is_final
     from jsonb_populate_recordset(null::raw_prices, $1)`,
    [JSON.stringify(rows)],
  );
  await program.engine.refresh("transaction_sensor");
  expect((await agreed()).prices_as_of).toBe(before.prices_as_of);
  await pool.query(
    `insert into transactions (user_id, ticker, transaction_type, quantity, price, transaction_date)
     values ($1, 'WRLD', 'BUY', 1, 100, '2020-01-07')`,
    [userId],
  );
  await program.engine.refresh("transaction_sensor");
  expect((await agreed()).data_version).not.toBe(before.data_version);
});

test("shares sum to 100 %", () => {
  const thirds = weightsOf(["1", "1", "1"].map((value) => new Big(value)));
  expect(thirds).toEqual([0.3334, 0.3333, 0.3333]);
  const many = weightsOf(Array.from({ length: 37 }, (_, index) => new Big(index ** 3 + 1)));
  expect(many.reduce((left, right) => left + Math.round(right * 10_000), 0)).toBe(10_000);
});
