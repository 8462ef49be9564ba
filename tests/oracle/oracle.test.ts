import Big from "big.js";
import fc from "fast-check";
import type { Pool } from "pg";
import { beforeAll, expect, test } from "vitest";
import { createTestDatabase } from "../support/database.ts";
import { buildModels } from "../support/models.ts";
import { Rates, type Reader } from "./currencies.ts";
import { acceptedSplits, type PositionDay, positionDays } from "./ledger.ts";
import { currencyReturn, dayReturn, type PortfolioDay, performance, portfolioDays } from "./performance.ts";
import { allDays, paidTradesArbitrary, ratesArbitrary, securityArbitrary } from "./random-world.ts";
import type { Security, Trade } from "./world.ts";

// Each run of the suite looks at other ledgers; a failure prints the seed that repeats it.
const seed = Number(process.env.ORACLE_SEED ?? Math.floor(Math.random() * 2 ** 31));
const people = Number(process.env.ORACLE_LEDGERS ?? 1000);
/** What each ticker is quoted in. */
const quoteUnits: Readonly<Record<string, string>> = {
  AAA: "USD",
  BBB: "KES",
  CCC: "GBp",
  DDD: "USD",
  EEE: "EUR",
  FFF: "ZAc",
  "GGG-USD": "USD",
  "HHH-USD": "USD",
};
const bases = ["USD", "KES", "USD", "EUR", "GBP"];
const annualRate = 0.043;
/** Relative for large figures, absolute for small ones: both sides round, in different places. */
const tolerance = 1e-9;

const securities: readonly Security[] = Object.entries(quoteUnits).map(
  ([ticker, unit], index) =>
    fc.sample(
      securityArbitrary(ticker).map((security) => ({
        ...security,
        always: ticker.endsWith("-USD"),
        currency: unit.toUpperCase().replace("ZAC", "ZAR"),
        unitFactor: unit === unit.toUpperCase() ? "1" : "0.01",
      })),
      { numRuns: 1, seed: seed + index },
    )[0]!,
);
const knownRates = fc.sample(ratesArbitrary(), { numRuns: 1, seed })[0]!;
const rates = new Rates(knownRates, allDays[0]!, allDays.at(-1)!);
const ledgers: readonly Trade[][] = fc.sample(paidTradesArbitrary(securities), { numRuns: people, seed });

/** Every fifth person has US dollars, and so on. */
function readerOf(index: number): Reader {
  return { base: bases[index % bases.length]!, rates };
}

async function writeMarket(pool: Pool): Promise<void> {
  for (const { ticker, always, currency, unitFactor, bars, splits, dividends } of securities) {
    await pool.query(
      `insert into raw_assets (ticker, name, asset_class, quote_unit, currency, unit_factor, exchange_timezone)
       values ($1, $1, $2, $3, $4, $5, 'UTC')`,
      [ticker, always ? "crypto" : "stock", quoteUnits[ticker], currency, unitFactor],
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
    `insert into raw_fx_rates (currency, rate_date, usd_per_unit, source)
     select currency, (rate->>'date')::date, (rate->>'dollars')::numeric, 'file'
     from jsonb_each($1) as known (currency, rates)
     cross join jsonb_array_elements(rates) as rate`,
    [JSON.stringify(knownRates)],
  );
  await pool.query(
    `insert into raw_fred (series_id, observation_date, value, realtime_start) values ('DTB3', '2022-01-03', $1, '2022-01-04')`,
    [annualRate * 100],
  );
}

async function writeLedgers(pool: Pool): Promise<void> {
  await pool.query(
    `insert into users (user_id, email, password_hash, cost_basis_method, base_currency)
     select id, id || '@example.org', 'x', case when id % 3 = 0 then 'fifo' else 'average' end, base
     from unnest($1::text[]) with ordinality as person (base, id)`,
    [ledgers.map((_, index) => readerOf(index).base)],
  );
  const rows = ledgers.flatMap((trades, index) => trades.map((trade) => ({ ...trade, user_id: index + 1 })));
  await pool.query(
    `insert into transactions
       (user_id, ticker, transaction_type, quantity, price, fee, currency, fx_rate, fx_currency, transaction_date)
     select user_id, ticker, type, quantity, price, fee, currency, "fxRate", "fxCurrency", date
     from jsonb_to_recordset($1)
       as trade (id bigint, user_id bigint, ticker text, type text, quantity numeric, price numeric, fee numeric,
         currency text, "fxRate" numeric, "fxCurrency" text, date date)
     order by user_id, id`,
    [JSON.stringify(rows)],
  );
}

function expectedPositions(index: number, lastDay: string): PositionDay[] {
  const method = (index + 1) % 3 === 0 ? "fifo" : "average";
  return securities.flatMap((security) =>
    positionDays(ledgers[index]!, security, lastDay, method, readerOf(index)),
  );
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

type Row = Readonly<Record<string, unknown>>;

/** A person's rows of a model, in the order asked for. */
async function rowsByPerson(pool: Pool, query: string): Promise<(index: number) => Row[]> {
  const { rows } = await pool.query<Row>(query);
  const byPerson = Map.groupBy(rows, (row) => row.user_id);
  return (index) => byPerson.get(index + 1) ?? [];
}

function comparePositions(where: string, days: readonly PositionDay[], actual: readonly Row[]): void {
  expect(actual.map((row) => `${row.ticker} ${row.price_date}`)).toEqual(
    days.map((day) => `${day.ticker} ${day.date}`),
  );
  let index = 1;
  for (const [position, day] of days.entries()) {
    if (day.ticker !== days[position - 1]?.ticker) index = 1;
    const expected = dayReturn(day.value, day.previousValue, day.netFlow, day.income);
    index *= 1 + (expected ?? 0);
    const row = actual[position]!;
    const on = `${where}, ${day.ticker} on ${day.date}`;
    compare(`daily_return, ${on}`, row.daily_return, expected);
    compare(`local_return, ${on}`, row.local_return, localReturn(day));
    compare(`cumulative_return, ${on}`, row.cumulative_return, index - 1);
    compare(`market_value, ${on}`, row.market_value, day.value);
    compare(`cost_basis, ${on}`, row.cost_basis, day.costBasis);
    compare(`net_flow, ${on}`, row.net_flow, day.netFlow);
    compare(`income, ${on}`, row.income, day.income);
    compare(`rate, ${on}`, row.rate, day.rate);
    compare(`price_effect, ${on}`, row.price_effect, day.priceEffect);
    compare(`currency_effect, ${on}`, row.currency_effect, day.currencyEffect);
    compare(`local_market_value, ${on}`, row.local_market_value, day.local.value);
    compare(`local_cost_basis, ${on}`, row.local_cost_basis, day.local.costBasis);
    compare(`local_net_flow, ${on}`, row.local_net_flow, day.local.netFlow);
    compare(`local_income, ${on}`, row.local_income, day.local.income);
  }
}

function localReturn({ local }: PositionDay): number | null {
  return dayReturn(local.value, local.previousValue, local.netFlow, local.income);
}

/** As what it makes of the growth of prices: a quotient of two growths of nearly nothing has few digits. */
function compareCurrencyReturn(where: string, actual: unknown, growth: number, priceGrowth: number): void {
  const expected = currencyReturn(growth, priceGrowth);
  compare(
    `currency_return, ${where}`,
    (1 + Number(actual)) * Math.min(1, priceGrowth),
    (1 + expected) * Math.min(1, priceGrowth),
  );
}

function compareTickers(where: string, days: readonly PositionDay[], actual: readonly Row[]): void {
  const byTicker = Map.groupBy(days, (day) => day.ticker);
  expect(actual.map((row) => row.ticker)).toEqual([...byTicker.keys()]);
  for (const row of actual) {
    const ofTicker = byTicker.get(row.ticker as string)!;
    const last = ofTicker.at(-1)!;
    const total = (pick: (day: PositionDay) => Big) =>
      ofTicker.reduce((sum, day) => sum.plus(pick(day)), new Big(0));
    const growth = (pick: (day: PositionDay) => number | null) =>
      ofTicker.reduce((product, day) => product * (1 + (pick(day) ?? 0)), 1);
    const all = growth((day) => dayReturn(day.value, day.previousValue, day.netFlow, day.income));
    const local = growth(localReturn);
    const expected = {
      quantity: last.quantity,
      cost_basis: last.costBasis,
      local_cost_basis: last.local.costBasis,
      current_value: last.value,
      local_value: last.local.value,
      realized_pnl: total((day) => day.realized),
      income: total((day) => day.income),
      fees: total((day) => day.fees),
      total_return: all - 1,
      local_return: local - 1,
    };
    for (const [figure, value] of Object.entries(expected))
      compare(`${figure}, ${where}, ${row.ticker}`, row[figure], value);
    compareCurrencyReturn(`${where}, ${row.ticker}`, row.currency_return, all, local);
  }
}

function compareDays(where: string, days: readonly PortfolioDay[], actual: readonly Row[]): void {
  expect(actual.map((row) => row.price_date)).toEqual(days.map((day) => day.date));
  for (const [position, day] of days.entries()) {
    const row = actual[position]!;
    const on = `${where} on ${day.date}`;
    compare(`market_value, ${on}`, row.market_value, day.marketValue);
    compare(`cost_basis, ${on}`, row.cost_basis, day.costBasis);
    compare(`net_flow, ${on}`, row.net_flow, day.netFlow);
    compare(`net_contributions, ${on}`, row.net_contributions, day.netContributions);
    compare(`income, ${on}`, row.income, day.income);
    compare(`price_effect, ${on}`, row.price_effect, day.priceEffect);
    compare(`currency_effect, ${on}`, row.currency_effect, day.currencyEffect);
    compare(`daily_return, ${on}`, row.daily_return, day.dailyReturn);
    compare(`twr_index, ${on}`, row.twr_index, day.index);
    compare(`running_peak, ${on}`, row.running_peak, day.runningPeak);
    compare(`drawdown, ${on}`, row.drawdown, day.drawdown);
    if (row.is_trading_day !== day.isTradingDay) expect.fail(`is_trading_day, ${on} (seed ${seed})`);
    if (row.is_estimated !== day.isEstimated) expect.fail(`is_estimated, ${on} (seed ${seed})`);
  }
}

/** Returns whether there is a money-weighted return. */
function compareFigures(where: string, days: readonly PortfolioDay[], [row]: readonly Row[]): boolean {
  const expected = performance(days, () => annualRate);
  if (!expected || !row) {
    expect(row).toBe(expected ?? undefined);
    return false;
  }
  compare(`market_value, ${where}`, row.market_value, expected.marketValue);
  compare(`total_gain, ${where}`, row.total_gain, expected.totalGain);
  compare(`realized_pnl, ${where}`, row.realized_pnl, expected.realized);
  compare(`unrealized_pnl, ${where}`, row.unrealized_pnl, expected.unrealized);
  compare(`income, ${where}`, row.income, expected.income);
  compare(`fees, ${where}`, row.fees, expected.fees);
  compare(`price_effect, ${where}`, row.price_effect, expected.priceEffect);
  compare(`currency_effect, ${where}`, row.currency_effect, expected.currencyEffect);
  compare(`twr, ${where}`, row.twr, expected.twr);
  compare(`price_return, ${where}`, row.price_return, expected.priceReturn);
  compareCurrencyReturn(where, row.currency_return, 1 + expected.twr, 1 + expected.priceReturn);
  compare(`max_drawdown, ${where}`, row.max_drawdown, expected.maxDrawdown);
  compare(`volatility, ${where}`, row.volatility, expected.volatility);
  // The risk-free rate is that of US dollars.
  const isInDollars = row.currency === "USD";
  compare(`sharpe, ${where}`, row.sharpe, isInDollars ? expected.sharpe : null);
  compare(`sortino, ${where}`, row.sortino, isInDollars ? expected.sortino : null);
  compare(`money_weighted_return, ${where}`, row.money_weighted_return, expected.moneyWeightedReturn);
  compare(`xirr, ${where}`, row.xirr, null); // of less than a year
  return expected.moneyWeightedReturn !== null;
}

let pool: Pool;

beforeAll(async () => {
  ({ pool } = await createTestDatabase());
  await writeMarket(pool);
  await writeLedgers(pool);
  await buildModels(pool);
}, 600_000);

test("the guard accepts every split of these markets, so that splits are really tested", () => {
  for (const security of securities) expect(acceptedSplits(security)).toEqual(security.splits);
});

test(`${people} random ledgers: every figure of every person, position and day is what the oracle says`, async () => {
  const { rows } = await pool.query<{ day: string }>("select max(calendar_date) as day from int_calendar");
  const lastDay = rows[0]!.day;
  const positionRows = await rowsByPerson(
    pool,
    `select user_id, ticker, price_date, r.daily_return, r.local_return, r.cumulative_return, r.market_value, r.net_flow, r.income,
       r.price_effect, r.currency_effect, r.local_market_value, h.rate, h.cost_basis, h.local_cost_basis, h.local_net_flow,
       h.local_income
     from fct_daily_returns as r
     join int_daily_holdings as h using (user_id, ticker, price_date)
     order by ticker, price_date`,
  );
  const tickerRows = await rowsByPerson(pool, "select * from gold_ticker_kpis order by ticker");
  const dayRows = await rowsByPerson(
    pool,
    `select user_id, price_date, market_value, cost_basis, net_flow, net_contributions, income, price_effect,
       currency_effect, daily_return, twr_index, running_peak, drawdown, is_trading_day, is_estimated
     from gold_p_timeseries order by price_date`,
  );
  const figureRows = await rowsByPerson(pool, "select * from gold__performance");
  let [positionDaysCompared, moneyWeighted] = [0, 0];
  for (let index = 0; index < people; index += 1) {
    const where = `person ${index + 1}`;
    const positions = expectedPositions(index, lastDay);
    const days = portfolioDays(positions, (ticker) => ticker.endsWith("-USD"), lastDay);
    comparePositions(where, positions, positionRows(index));
    compareTickers(where, positions, tickerRows(index));
    compareDays(where, days, dayRows(index));
    if (compareFigures(where, days, figureRows(index))) moneyWeighted += 1;
    positionDaysCompared += positions.length;
  }
  process.stdout.write(
    `oracle: ${positionDaysCompared} days of positions, ${moneyWeighted} money-weighted returns; largest difference ${largest.difference} (${largest.figure})\n`,
  );
}, 600_000);
