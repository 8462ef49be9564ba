import Big from "big.js";
import fc from "fast-check";
import type { Pool } from "pg";
import { beforeAll, expect, test } from "vitest";
import { insertObservations } from "../macro/economy.ts";
import { createTestDatabase } from "../support/database.ts";
import { buildModels } from "../support/models.ts";
import { bookedDividends, cashDays } from "./cash.ts";
import {
  Comparison,
  compareCash,
  compareDays,
  compareFigures,
  comparePositions,
  compareRealized,
  compareTickerDays,
  compareTickers,
  type Row,
  tickerDays,
} from "./compare.ts";
import { Rates } from "./currencies.ts";
import { acceptedSplits, type Keeping, positionsOf } from "./ledger.ts";
import { performance, portfolioDays } from "./performance.ts";
import { type Ledger, ledgerArbitrary } from "./random-ledger.ts";
import {
  allDays,
  economyArbitrary,
  paidTradesArbitrary,
  ratesArbitrary,
  securityArbitrary,
} from "./random-world.ts";
import { compareBenchmark, compareDistribution, compareHoldings } from "./risk.ts";
import {
  compareConcentration,
  compareRolling,
  compareTickerRegimes,
  compareWorst,
} from "./risk-over-time.ts";
import { readWhatIfRows, scaledPositions } from "./what-if.ts";
import { type QuotedSecurity, writeLedgers, writeMarket } from "./written.ts";

// Each run of the suite looks at other ledgers; a failure prints the seed that repeats it.
const seed = Number(process.env.ORACLE_SEED ?? Math.floor(Math.random() * 2 ** 31));
const people = Number(process.env.ORACLE_LEDGERS ?? 200);
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
const zero = new Big(0);
/** Of what-ifs: sold, and more of it. */
const multiples = ["0", "2.5"];
/** Every so many-th person is asked what if: each is a statement of its own. */
const whatIfEvery = 8;
const isAlways = (ticker: string) => ticker.endsWith("-USD");

const securities: readonly QuotedSecurity[] = Object.entries(quoteUnits).map(
  ([ticker, quoteUnit], index) => ({
    ...fc.sample(securityArbitrary(ticker), { numRuns: 1, seed: seed + index })[0]!,
    always: isAlways(ticker),
    quoteUnit,
    currency: quoteUnit.toUpperCase().replace("ZAC", "ZAR"),
    unitFactor: quoteUnit === quoteUnit.toUpperCase() ? "1" : "0.01",
  }),
);
const knownRates = fc.sample(ratesArbitrary(), { numRuns: 1, seed })[0]!;
const rates = new Rates(knownRates, allDays[0]!, allDays.at(-1)!);

/** Ids of person i's transactions begin here. */
const firstIdOf = (index: number) => (index + 1) * 1000;

/** Every third person buys and sells alone, in one account without cash: as who chooses nothing. */
function ledgerOf(index: number): Ledger {
  const base = bases[index % bases.length]!;
  const run = { numRuns: 1, seed: seed + 100 + index };
  if (index % 3 > 0) return fc.sample(ledgerArbitrary(securities, base, firstIdOf(index)), run)[0]!;
  const trades = fc.sample(paidTradesArbitrary(securities), run)[0]!;
  return {
    base,
    method: index % 2 === 0 ? "fifo" : "average",
    accounts: [{ tracksCash: false, booksIncome: false }],
    rows: trades.map((trade) => ({ ...trade, id: firstIdOf(index) + trade.id, account: 0 })),
  };
}

const ledgers = Array.from({ length: people }, (_, index) => ledgerOf(index));

let pool: Pool;
let places: ReadonlyMap<unknown, number>;

beforeAll(async () => {
  ({ pool } = await createTestDatabase());
  await writeMarket(pool, securities, knownRates, annualRate * 100);
  await insertObservations(pool, fc.sample(economyArbitrary(), { numRuns: 1, seed })[0]!);
  places = await writeLedgers(pool, ledgers);
  await buildModels(pool);
}, 600_000);

/** A person's rows of a model, in the order asked for, with the place of their account. */
async function rowsByPerson(query: string): Promise<(index: number) => Row[]> {
  const { rows } = await pool.query<Row>(query);
  const byPerson = Map.groupBy(rows, (row) => row.user_id);
  return (index) =>
    (byPerson.get(index + 1) ?? []).map((row) => ({
      ...row,
      place: places.get(row.account_id ?? row.portfolio_id) ?? null,
    }));
}

const readAll = async () => ({
  positions: await rowsByPerson("select * from int_daily_holdings order by ticker, account_id, price_date"),
  cash: await rowsByPerson("select * from int_cash_daily order by account_id, currency, cash_date"),
  tickerDays: await rowsByPerson("select * from fct_daily_returns order by ticker, price_date"),
  tickers: await rowsByPerson("select * from gold_ticker_kpis order by ticker"),
  days: await rowsByPerson("select * from int_portfolio_index order by portfolio_id, price_date"),
  figures: await rowsByPerson("select * from gold__performance"),
  accounts: await rowsByPerson("select * from gold_account_performance order by account_id"),
  benchmarks: await rowsByPerson("select * from gold_benchmark_performance"),
  distributions: await rowsByPerson("select * from gold_return_distribution"),
  contributions: await rowsByPerson("select * from gold_contributions"),
  correlations: await rowsByPerson("select * from gold_correlations"),
  rolling: await rowsByPerson("select * from gold_rolling_risk order by price_date"),
  worst: await rowsByPerson("select * from gold_worst_periods order by period, period_rank"),
  concentrations: await rowsByPerson("select * from gold_concentration"),
  tickerRegimes: await rowsByPerson("select * from gold_ticker_regimes"),
  lots: await rowsByPerson(
    `select user_id, account_id, ticker, transaction_id, buy_date, sale_id, sell_date, sum(quantity) as quantity, sum(cost) as cost,
       sum(proceeds) as proceeds, sum(gain) as gain
     from gold_realized_lots group by 1, 2, 3, 4, 5, 6, 7`,
  ),
});
type Read = Awaited<ReturnType<typeof readAll>>;

/** The regime of a day as it was told, which tests/macro are about. */
type RegimeOf = (date: string) => string;

async function readRegimes(): Promise<RegimeOf> {
  const { rows } = await pool.query<{ date: string; regime: string }>(
    "select date, regime from fct_macro_regimes",
  );
  const regimes = new Map(rows.map(({ date, regime }) => [date, regime]));
  return (date) => regimes.get(date) ?? "unknown";
}

const comparison = new Comparison();
const compared = {
  positions: 0,
  cash: 0,
  days: 0,
  tickers: 0,
  lots: 0,
  moneyWeighted: 0,
  benchmarks: 0,
  correlations: 0,
  rolling: 0,
  worst: 0,
  tickerRegimes: 0,
  whatIfs: 0,
};

function expectationsOf({ base, method, accounts, rows }: Ledger, lastDay: string) {
  const keeping: Keeping = { reader: { base, rates }, method, accounts };
  const ofTickers = securities.map((security) => positionsOf(rows, security, lastDay, keeping));
  const positions = ofTickers.flatMap(({ days }) => days);
  const byKey = (a: { account: number; currency: string }, b: { account: number; currency: string }) =>
    a.account - b.account || (a.currency < b.currency ? -1 : a.currency > b.currency ? 1 : 0);
  return {
    positions,
    realized: ofTickers.flatMap(({ realized }) => realized),
    cash: cashDays(rows, positions, securities, lastDay, keeping).sort(byKey),
    booked: bookedDividends(rows, securities, keeping),
  };
}

function comparePerson(index: number, read: Read, lastDay: string, regimeOf: RegimeOf): void {
  const ledger = ledgers[index]!;
  const where = `person ${index + 1}`;
  const { positions, realized, cash, booked } = expectationsOf(ledger, lastDay);
  comparePositions(comparison, where, positions, read.positions(index));
  compareCash(comparison, where, cash, read.cash(index));
  compareRealized(comparison, where, realized, read.lots(index), zero);
  const days = tickerDays(positions, booked, zero);
  compareTickerDays(comparison, where, days, read.tickerDays(index));
  compareTickers(comparison, where, { days, booked, zero }, read.tickers(index));
  const portfolio = (portfolioId: number | null) => {
    const isIn = ({ account }: { account: number }) => portfolioId === null || account === portfolioId;
    return portfolioDays(positions.filter(isIn), cash.filter(isIn), isAlways, lastDay);
  };
  const compareWhole = (name: string, account: number | null, figures: Row | undefined) => {
    const expected = portfolio(account);
    const isCompared = account === null || ledger.accounts.length > 1;
    if (isCompared)
      compareDays(
        comparison,
        name,
        expected,
        read.days(index).filter(({ place }) => place === account),
      );
    if (
      compareFigures(
        comparison,
        name,
        performance(expected, () => annualRate),
        figures,
      )
    )
      compared.moneyWeighted += 1;
    compared.days += expected.length;
  };
  compareWhole(where, null, read.figures(index)[0]);
  const held = { days: portfolio(null), tickerDays: days, booked };
  compareRisk(index, read, held);
  compareRiskOverTime(index, read, held, { lastDay, regimeOf });
  ledger.accounts.forEach((_, account) => {
    const figures = read.accounts(index).find(({ place }) => place === account);
    compareWhole(`${where}, account ${account}`, account, figures);
  });
  compared.positions += positions.length;
  compared.cash += cash.length;
  compared.tickers += new Set(days.map(({ ticker }) => ticker)).size;
  compared.lots += realized.length;
}

function compareRisk(index: number, read: Read, held: Parameters<typeof compareHoldings>[2]): void {
  if (held.days.length === 0) return;
  const where = `person ${index + 1}`;
  const market = { base: ledgers[index]!.base, rates, annualRate };
  compareDistribution(comparison, where, held.days, market, read.distributions(index)[0]!);
  for (const row of read.benchmarks(index)) {
    const security = securities.find(({ ticker }) => ticker === row.benchmark)!;
    compareBenchmark(comparison, `${where} beside ${row.benchmark}`, held.days, { ...market, security }, row);
    compared.benchmarks += 1;
  }
  compareHoldings(comparison, where, held, {
    contributions: read.contributions(index),
    correlations: read.correlations(index),
  });
  compared.correlations += read.correlations(index).length;
}

function compareRiskOverTime(
  index: number,
  read: Read,
  held: Parameters<typeof compareHoldings>[2],
  { lastDay, regimeOf }: { readonly lastDay: string; readonly regimeOf: RegimeOf },
): void {
  const where = `person ${index + 1}`;
  const market = { base: ledgers[index]!.base, rates, annualRate };
  compared.rolling += compareRolling(comparison, where, held.days, market, read.rolling(index));
  compared.worst += compareWorst(comparison, where, held.days, read.worst(index));
  compareConcentration(comparison, where, held.tickerDays, lastDay, read.concentrations(index)[0]);
  const regimes = read.tickerRegimes(index);
  compared.tickerRegimes += compareTickerRegimes(comparison, where, held, regimeOf, regimes);
}

/** One of the person's tickers as if sold, and as if more of it had been held; beside another one. */
async function compareWhatIf(index: number, lastDay: string): Promise<void> {
  const { positions, cash, booked } = expectationsOf(ledgers[index]!, lastDay);
  const doubtful = tickerDays(positions, booked, zero).some(({ isDoubtful }) => isDoubtful);
  const tickers = [...new Set(positions.map(({ ticker }) => ticker))];
  if (doubtful || tickers.length === 0) return;
  const ticker = tickers[index % tickers.length]!;
  const security = securities[index % securities.length]!;
  const market = { base: ledgers[index]!.base, rates, annualRate };
  for (const multiple of multiples) {
    const changed = scaledPositions(positions, booked, ticker, multiple, zero);
    const days = portfolioDays(changed, cash, isAlways, lastDay);
    const asked = { userId: index + 1, lastDay, benchmark: security.ticker, ticker, multiple };
    const read = await readWhatIfRows(pool, asked);
    const where = `person ${index + 1} with ${multiple} times ${ticker}`;
    compareFigures(
      comparison,
      where,
      performance(days, () => annualRate),
      read.performance,
    );
    compareDistribution(comparison, where, days, market, read.distribution);
    if (read.benchmark) compareBenchmark(comparison, where, days, { ...market, security }, read.benchmark);
    compared.whatIfs += 1;
  }
}

test("the guard accepts every split of these markets, so that splits are really tested", () => {
  for (const security of securities) expect(acceptedSplits(security)).toEqual(security.splits);
});

test(`${people} random ledgers: every figure of every person, account, position and day is what the oracle says`, async () => {
  const { rows } = await pool.query<{ day: string }>("select max(calendar_date) as day from int_calendar");
  const read = await readAll();
  const regimeOf = await readRegimes();
  const { day } = rows[0]!;
  for (let index = 0; index < people; index += 1) comparePerson(index, read, day, regimeOf);
  for (let index = 0; index < people; index += whatIfEvery) await compareWhatIf(index, day);
  expect(comparison.failures.slice(0, 20), `seed ${seed}`).toEqual([]);
  process.stdout.write(
    `oracle: ${JSON.stringify(compared)}; largest difference ${comparison.largest.difference} (${comparison.largest.figure})\n`,
  );
}, 1_200_000);
