/**
 * Golden cases of returns, levels, flows, valuations and prices, from test suites of other projects: each is turned
 * into a ledger and prices, goes in as rows of bronze, and its figures are read off the models. A figure of another
 * convention stands in `otherConventions` with the reason; there is no third way.
 */
import { readFileSync } from "node:fs";
import Big from "big.js";
import type { PoolClient } from "pg";
import { expect, test } from "vitest";
import { createTestDatabase } from "../support/database.ts";
import { bodyOf, deployModels, models } from "../support/models.ts";

const { pool } = await createTestDatabase();
await deployModels(pool);

/** By case, or by case and figure, or by figure in whatever case. */
const otherConventions: Record<string, string> = {
  annual_return: "a year is 365.25 calendar days, from 365 days on; here it is a number of returns",
  calmar: "of that annual_return",
  volatility_pp_period_log: "of logarithms, over the whole period instead of a year",
  semi_deviation_pp_period_log: "of logarithms, over the whole period instead of a year",
  max_drawdown_duration_days: "not a figure of ours: the dates of peak, trough and recovery are",
  simple_return: "gain over the first value alone, whatever is paid in later",
  "emp-weekly-required-10pct": "returns are of trading or calendar days, 252 or 365 a year, never of weeks",
  "emp-monthly.annual_volatility": "returns are of trading or calendar days, never of months",
  "emp-monthly.downside_risk": "returns are of trading or calendar days, never of months",
  "emp-two-monthly": "returns are of trading or calendar days, never of months",
  "emp-positive-daily.sortino": "infinite there; here there is none, and a reason",
  "twr-empty": "a person without a trade has no days; there each day has a return of 0",
  "price-none": "there a price that does not exist is 0; here a position has its own last transaction price",
  "price-forward-fill.2014-10-31":
    "there the first price is carried back; here a price is never taken from the future",
  "xirr-ruby-bad": "money out before any came in: a ledger of holdings cannot sell first",
  "xirr-pyxirr-1938-many-sign-changes":
    "money out before any came in: a ledger of holdings cannot sell first",
  "xirr-pyxirr-minus-0.993": "two rates solve it, and the larger is taken; here there is none, and a reason",
  "xirr-total-loss-one-year": "-100 % by decree; here there is no rate, and a reason",
};

const compared: string[] = [];
const listed: string[] = [];

/** Is the figure to be compared? Either way it is counted. */
function isOurs(id: string, figure: string): boolean {
  const isListed = [id, `${id}.${figure}`, figure].some((name) => name in otherConventions);
  (isListed ? listed : compared).push(`${id}.${figure}`);
  return !isListed;
}

type Expected = Record<string, unknown>;

interface Case {
  readonly id: string;
  readonly expected: Expected;
  readonly tolerance: number;
  /** Of single figures. */
  readonly tolerances?: Readonly<Record<string, number>>;
}

function readCases<C>(file: string): C[] {
  return JSON.parse(readFileSync(new URL(`../../../shared/golden/${file}.json`, import.meta.url), "utf8"));
}

interface Trade {
  readonly type: "BUY" | "SELL";
  readonly date: string;
  readonly quantity: Big;
  readonly amount: Big;
}

interface World {
  readonly trades: readonly Trade[];
  readonly closes: ReadonlyMap<string, Big>;
  /** DTB3 by the day from which it counts: the return of a trading day, without risk. */
  readonly riskFree?: ReadonlyMap<string, number>;
}

const exact = Object.assign(Big(), { DP: 40 });

/** Puts a world into bronze for as long as `read` takes. */
async function inWorld<T>(
  { trades, closes, riskFree }: World,
  read: (client: PoolClient) => Promise<T>,
): Promise<T> {
  const client = await pool.connect();
  try {
    await client.query("begin");
    await client.query(
      "insert into users (user_id, email, password_hash) values (1, 'ann@example.org', 'x')",
    );
    for (const { type, date, quantity, amount } of trades)
      await client.query(
        `insert into transactions (user_id, ticker, transaction_type, quantity, price, transaction_date)
         values (1, 'GOLD', $1, $2, $3, $4)`,
        [type, quantity.toFixed(), new exact(amount).div(quantity).toFixed(), date],
      );
    await client.query(
      "insert into raw_prices (ticker, price_date, close) select 'GOLD', * from unnest($1::date[], $2::numeric[])",
      [[...closes.keys()], [...closes.values()].map((close) => close.toFixed())],
    );
    for (const [date, rate] of riskFree ?? [])
      await client.query(
        `insert into raw_fred (series_id, observation_date, value, realtime_start)
         values ('DTB3', $1::date - 1, (power(1 + $2::double precision, 252) - 1) * 100, $1)`,
        [date, rate],
      );
    return await read(client);
  } finally {
    await client.query("rollback");
    client.release();
  }
}

async function rowOf(
  client: PoolClient,
  model: string,
): Promise<Record<string, number> & Record<string, string>> {
  return (await client.query(`select * from ${model}`)).rows[0];
}

const buy = (date: string, amount: Big | number, quantity: Big | number = 1): Trade => ({
  type: "BUY",
  date,
  quantity: new exact(quantity),
  amount: new exact(amount),
});

function daysAfter(date: string, days: number): string {
  return new Date(Date.parse(date) + days * 86_400_000).toISOString().slice(0, 10);
}

/** Weekdays from a Monday on. */
const tradingDay = (index: number): string =>
  daysAfter("2024-01-01", Math.floor(index / 5) * 7 + (index % 5));

interface ReturnsCase extends Case {
  readonly returns: readonly number[];
  readonly risk_free: number;
  readonly risk_free_series?: readonly number[];
  /** Of ours, the least return wanted is the one without risk. */
  readonly required_return?: number;
  /** A year's, above which a return counts as a gain. */
  readonly omega_required_annual?: number;
  readonly benchmark?: readonly number[];
}

/** Beside a ticker that nobody holds: under the models' own bodies another one is asked about, as readers do. */
const besideBenchmark = `with int_benchmarks as (select 1::bigint as user_id, 'BENCHMARK' as ticker),
  ${["int_benchmark_returns", "int_benchmark_figures"]
    .map((name) => `${name} as (${bodyOf(models.find((model) => model.name === name)!)})`)
    .join(",\n")}
  select * from int_benchmark_figures`;

/** The closes of another ticker, which returned what is told, from its close of the day before on. */
async function writeBenchmark(client: PoolClient, returns: readonly number[]): Promise<void> {
  let close = new exact(100);
  const closes = [close, ...returns.map((value) => (close = close.times(1 + value)))];
  await client.query(
    `insert into raw_prices (ticker, price_date, close, adj_close)
     select 'BENCHMARK', day, close, close from unnest($1::date[], $2::numeric[]) as bar (day, close)`,
    [
      [daysAfter(tradingDay(0), -1), ...returns.map((_, index) => tradingDay(index))],
      closes.map((one) => one.toFixed()),
    ],
  );
}

test.each(readCases<ReturnsCase>("returns").map((given) => [given.id, given] as const))(
  "%s",
  async (id, given) => {
    const figures = Object.entries(given.expected).filter(([figure]) => isOurs(id, figure));
    if (figures.length === 0) return;
    const { returns, tolerance, tolerances } = given;
    const closes = new Map<string, Big>();
    const riskFree = new Map<string, number>();
    let close = new exact(100);
    for (const [index, value] of returns.entries()) {
      close = close.times(1 + value);
      closes.set(tradingDay(index), close);
      riskFree.set(
        tradingDay(index),
        given.risk_free_series?.[index] ??
          given.required_return ??
          (1 + (given.omega_required_annual ?? 0)) ** (1 / 252) - 1 + given.risk_free,
      );
    }
    await inWorld({ trades: [buy(tradingDay(0), 100)], closes, riskFree }, async (client) => {
      const gold = await rowOf(client, "gold__performance");
      const formulas = await rowOf(client, "int_performance_figures");
      const { rows: distributions } = await client.query(
        "select gains / nullif(shortfalls, 0) as omega from int_return_distribution",
      );
      await writeBenchmark(client, given.benchmark ?? []);
      const beside = given.benchmark ? (await client.query(besideBenchmark)).rows[0] : {};
      const { rows: days } = await client.query(
        "select twr_index from gold_p_timeseries where is_trading_day order by price_date",
      );
      const ours: Record<string, unknown> = {
        cumulative_return: gold.twr,
        max_drawdown: gold.max_drawdown,
        cumulative_path_start_100: days.map((day) => 100 * day.twr_index),
        annual_volatility: formulas.volatility,
        downside_risk: formulas.downside_deviation! * Math.sqrt(252),
        sharpe: formulas.annual_excess! / formulas.excess_deviation!,
        sortino: formulas.annual_excess! / formulas.downside_deviation!,
        omega: distributions[0].omega,
        alpha: beside.alpha,
        beta: beside.beta,
        information_ratio: beside.information_ratio / Math.sqrt(252),
      };
      for (const [figure, expected] of figures)
        expectClose(ours[figure], expected, tolerances?.[figure] ?? tolerance, figure);
      // The formulas are the peers'; fewer than 20 returns are too few to be shown.
      expect(gold.volatility_reason).toBe(`needs 20 returns, has ${returns.length}`);
    });
  },
);

function expectClose(actual: unknown, expected: unknown, tolerance: number, figure: string): void {
  const pairs = Array.isArray(expected)
    ? expected.map((value, index) => [(actual as unknown[])[index], value] as const)
    : [[actual, expected] as const];
  for (const [mine, theirs] of pairs)
    if (theirs === "NaN") expect(mine, figure).toBeNull();
    else
      expect(
        Math.abs(Number(mine) - Number(theirs)),
        `${figure}: ${mine} instead of ${theirs}`,
      ).toBeLessThanOrEqual(tolerance);
}

interface LevelsCase extends Case {
  readonly levels: readonly { readonly date: string; readonly value: number }[];
  /** The first day is outside, the last one in it. */
  readonly interval?: { readonly from: string; readonly to: string };
}

test.each(readCases<LevelsCase>("drawdown_levels").map((given) => [given.id, given] as const))(
  "%s",
  async (id, given) => {
    const { interval, expected, tolerance } = given;
    const levels = given.levels.filter(
      ({ date }) => !interval || (date > interval.from && date <= interval.to),
    );
    const first = levels[0]!;
    const closes = new Map(levels.map(({ date, value }) => [date, new exact(value)]));
    await inWorld({ trades: [buy(first.date, first.value)], closes }, async (client) => {
      const gold = await rowOf(client, "gold__performance");
      const { rows: peaks } = await client.query(
        `select running_peak * $1::double precision as level, min(price_date) as date
       from gold_p_timeseries where twr_index = running_peak group by running_peak order by running_peak desc limit 1`,
        [first.value],
      );
      const ours: Record<string, unknown> = {
        max_drawdown: -gold.max_drawdown!,
        distance_from_ath: gold.current_drawdown,
        ath: peaks[0].level,
        ath_date: Date.parse(peaks[0].date),
      };
      for (const [figure, value] of Object.entries(expected)) {
        if (!isOurs(id, figure)) continue;
        expectClose(
          ours[figure],
          figure === "ath_date" ? Date.parse(String(value)) : value,
          tolerance,
          figure,
        );
      }
    });
  },
);

interface ValuationsCase extends Case {
  readonly valuations: readonly { date: string; value: number; inflow: number; outflow: number }[];
}

/**
 * One ticker, whose close moves as the portfolio is said to have moved; what comes in or goes out buys or sells as many
 * units as make the stated value. What stands at the end of the first day was bought on it.
 */
function worldOf({ valuations }: ValuationsCase): World {
  const trades: Trade[] = [];
  const closes = new Map<string, Big>();
  let units = new exact(0);
  let close = new exact(1);
  let before = new exact(0);
  for (const [index, { date, value, ...flows }] of valuations.entries()) {
    const inflow = index === 0 ? value : flows.inflow;
    close = close.times(
      before.plus(inflow).eq(0) ? 1 : new exact(value).plus(flows.outflow).div(before.plus(inflow)),
    );
    closes.set(date, close);
    const next = new exact(value).div(close);
    if (inflow > 0) trades.push(buy(date, inflow, next.minus(units)));
    if (flows.outflow > 0)
      trades.push({ type: "SELL", date, quantity: units.minus(next), amount: new exact(flows.outflow) });
    if (inflow > 0 || flows.outflow > 0) units = next;
    before = new exact(value);
  }
  return { trades, closes };
}

test.each(readCases<ValuationsCase>("twr_valuations").map((given) => [given.id, given] as const))(
  "%s",
  async (id, given) => {
    const figures = Object.entries(given.expected).filter(([figure]) => isOurs(id, figure));
    if (figures.length === 0) return;
    await inWorld(worldOf(given), async (client) => {
      const gold = await rowOf(client, "gold__performance");
      const { rows: days } = await client.query(
        "select price_date, market_value, cumulative_return from gold_p_timeseries order by price_date",
      );
      for (const [index, { date, value }] of given.valuations.entries()) {
        expect(days[index].price_date).toBe(date);
        expectClose(days[index].market_value, value, 1e-9, `market_value of ${date}`);
      }
      const compare: Record<string, (expected: never) => void> = {
        twr_cumulative_by_date: (expected: Record<string, number>) => {
          for (const { price_date, cumulative_return } of days)
            expectClose(cumulative_return, expected[price_date], given.tolerance, price_date);
        },
        period_gain: (expected: number) => expectClose(gold.total_gain, expected, 1e-9, "total_gain"),
        chained_modified_dietz_bounds: ([low, high]: [number, number]) => {
          expect(gold.twr).toBeGreaterThanOrEqual(low);
          expect(gold.twr).toBeLessThanOrEqual(high);
        },
      };
      for (const [figure, expected] of figures) compare[figure]!(expected as never);
    });
  },
);

interface PricesCase {
  readonly id: string;
  readonly prices: readonly { readonly date: string; readonly close: number }[];
  readonly expected: Record<string, number>;
  readonly expected_peer_specific: Record<string, number>;
}

test.each(readCases<PricesCase>("price_lookup").map((given) => [given.id, given] as const))(
  "%s",
  async (id, given) => {
    const expected = Object.entries({ ...given.expected, ...given.expected_peer_specific }).filter(([date]) =>
      isOurs(id, date),
    );
    if (expected.length === 0) return;
    const first = given.prices[0]!;
    const closes = new Map(given.prices.map(({ date, close }) => [date, new exact(close)]));
    await inWorld({ trades: [buy(first.date, first.close)], closes }, async (client) => {
      // The calendar ends with the newest bar of any ticker.
      await client.query("insert into raw_prices (ticker, price_date, close) values ('OTHER', $1, 1)", [
        expected
          .map(([date]) => date)
          .sort()
          .at(-1),
      ]);
      const { rows } = await client.query(
        "select price_date, close from fct_daily_returns order by price_date",
      );
      expect(rows.map(({ price_date, close }) => [price_date, Number(close)])).toEqual(expected.sort());
    });
  },
);

interface FlowsCase {
  readonly id: string;
  readonly flows: readonly { readonly date: string; readonly amount: number }[];
  readonly expected_xirr: number | null;
  readonly tolerance: number;
}

/** Money in buys 1,000 units, money out sells one; the last flow is what the rest is worth on its day. */
function worldOfFlows(flows: FlowsCase["flows"]): World {
  const sorted = [...flows].sort((a, b) => (a.date < b.date ? -1 : 1));
  const last = sorted.pop()!;
  const trades = sorted.map(({ date, amount }): Trade => {
    const type = amount < 0 ? "BUY" : "SELL";
    return { type, date, quantity: new exact(type === "BUY" ? 1000 : 1), amount: new exact(amount).abs() };
  });
  const units = trades.reduce(
    (held, { type, quantity }) => (type === "BUY" ? held + Number(quantity) : held - 1),
    0,
  );
  return { trades, closes: new Map([[last.date, new exact(last.amount).div(units)]]) };
}

const flowsCases = readCases<FlowsCase>("xirr");

test.each(flowsCases.map((given) => [given.id, given] as const))("%s", async (id, given) => {
  const { flows, expected_xirr: expected, tolerance } = given;
  if (!isOurs(id, "xirr")) return;
  if (expected === null) return expectNoRate(given);
  await inWorld(worldOfFlows(flows), async (client) => {
    const gold = await rowOf(client, "gold__performance");
    const dates = flows.map(({ date }) => Date.parse(date));
    const days = (Math.max(...dates) - Math.min(...dates)) / 86_400_000;
    if (days < 365) {
      // Nothing is annualised that is shorter than a year; the rate of the period says the same.
      expect(gold).toMatchObject({ xirr: null, xirr_reason: `needs 365 days, has ${days}` });
      expectClose((1 + gold.money_weighted_return!) ** (365 / days) - 1, expected, tolerance, "xirr");
    } else expectClose(gold.xirr, expected, tolerance, "xirr");
  });
});

/** Of the function itself: no portfolio has such flows, for what is held is worth something at the end. */
async function expectNoRate({ flows }: FlowsCase): Promise<void> {
  const { rows } = await pool.query("select rate, reason from xirr($1::date[], $2::numeric[])", [
    flows.map(({ date }) => date),
    flows.map(({ amount }) => amount),
  ]);
  expect(rows).toEqual([{ rate: null, reason: expect.any(String) }]);
}

test.each(["xirr-pyxirr-minus-0.993", "xirr-total-loss-one-year"])(
  "%s: no rate, and a reason",
  async (id) => {
    await expectNoRate(flowsCases.find((given) => given.id === id)!);
  },
);

test("every figure is compared, or listed with the reason", () => {
  expect({ compared: compared.length, listed: listed.length }).toEqual({ compared: 60, listed: 24 });
});
