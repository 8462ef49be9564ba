/**
 * Golden ledgers, from test suites of other projects: each goes in as rows of bronze, and its figures are read off the
 * gold models. A figure of another convention stands in `otherConventions` with the reason; there is no third way.
 *
 * Four people hold each ledger's trades and fees: by moving average and by FIFO, and both once more without any fees, for the figures
 * that leave fees out are ours of a ledger that has none. A fifth has all of its rows in an account that keeps cash and books its
 * dividends: figures of cash are theirs, and all of a ledger that has deposits.
 */
import { readFileSync } from "node:fs";
import Big from "big.js";
import type { PoolClient } from "pg";
import { expect, test } from "vitest";
import { findOversell } from "../../src/ledger/position.ts";
import { createTestDatabase } from "../support/database.ts";
import { deployModels } from "../support/models.ts";

const { pool } = await createTestDatabase();
await deployModels(pool);

const returnOnCost = "profit over cost, whenever that was paid: not a figure of ours";
const weightedInvestment = "over the average of the invested capital: not a figure of ours";
const oversold = "sells more than is held, which the ledger refuses";

/** By case, or by case and figure, or by figure in whatever case. */
const otherConventions: Record<string, string> = {
  "gf-btcusd-short": oversold,
  "pp-oversell-later-covered": oversold,
  "wf-zero-cost-lot-dust.average_cost_incl_fees":
    "a price of 0 is refused: it goes in at the least price, 1e-12",
  time_weighted_investment: weightedInvestment,
  roai_gross_pct: weightedInvestment,
  roai_net_pct: weightedInvestment,
  roai_net_pct_max: weightedInvestment,
  realized_return_fifo: returnOnCost,
  unrealized_return_fifo: returnOnCost,
  total_profit_pct: returnOnCost,
  twr_annualized: "a year of 365 days of the reporting period; ours has 365.25, since the first trade",
  realized_gain_in_period: "over the value at the start of the period; ours is over cost",
  cost_basis_fifo_per_account_incl_fees: "lots of each account; here all lots of a person are one queue",
  unrealized_pnl_fifo_per_account_incl_fees: "lots of each account; here all lots of a person are one queue",
  max_drawdown_after_first_day: "from the end of the first day; ours has a loss on the first day in it",
  max_drawdown_duration_days: "not a figure of ours: the dates of peak, trough and recovery are",
  volatility_pp_period_log: "of logarithms, over the whole period instead of a year",
  semi_deviation_pp_period_log: "of logarithms, over the whole period instead of a year",
};

interface GoldenTransaction {
  readonly date: string;
  readonly type: "BUY" | "SELL" | "DIVIDEND" | "FEE" | "SPLIT" | "DEPOSIT" | "WITHDRAWAL";
  readonly ticker: string | null;
  readonly quantity: number;
  readonly unit_price: number;
  readonly fee: number;
  readonly numerator?: number;
  readonly denominator?: number;
}

type Figures = Readonly<Record<string, unknown>>;

interface Case {
  readonly id: string;
  readonly as_of: string;
  readonly transactions: readonly GoldenTransaction[];
  readonly prices: Readonly<Record<string, readonly { readonly date: string; readonly close: number }[]>>;
  readonly expected: Figures;
  readonly expected_peer_specific?: Figures;
  readonly derived_not_asserted_by_peer?: Figures;
  readonly tolerance: number;
  /** Of single figures. */
  readonly tolerances?: Readonly<Record<string, number>>;
  /** The return is counted from the close of this day. */
  readonly twr_start?: string;
  /** Not in the period itself. */
  readonly period_start?: string;
}

const cases = ["ghostfolio", "wealthfolio", "portfolio_performance"].flatMap((peer): Case[] =>
  JSON.parse(readFileSync(new URL(`../../../shared/golden/ledger_${peer}.json`, import.meta.url), "utf8")),
);

interface Trade {
  readonly type: "BUY" | "SELL";
  readonly ticker: string;
  readonly quantity: string;
  readonly price: string;
  readonly fee: number;
  readonly date: string;
}

/** Purchases and sales, as the ledger takes them: quantities of 12 decimals, at a price above 0. */
function tradesOf({ transactions }: Case): Trade[] {
  return transactions.flatMap(({ type, ticker, quantity, unit_price, fee, date }) =>
    type === "BUY" || type === "SELL"
      ? {
          type,
          ticker: ticker!,
          quantity: new Big(quantity).round(12).toFixed(),
          price: new Big(unit_price || 1e-12).toFixed(),
          fee,
          date,
        }
      : [],
  );
}

interface Split {
  readonly ticker: string;
  readonly date: string;
  readonly numerator: string;
  readonly denominator: string;
}

/** A split is one of the ticker, however many accounts recorded it. */
function splitsOf({ transactions }: Case): Split[] {
  const splits = transactions
    .filter(({ type }) => type === "SPLIT")
    .map(({ ticker, date, numerator, denominator }): [string, Split] => [
      `${ticker} ${date}`,
      { ticker: ticker!, date, numerator: String(numerator), denominator: String(denominator) },
    ]);
  return [...new Map(splits).values()];
}

function isOversold(given: Case): boolean {
  const splits = splitsOf(given);
  return [...Map.groupBy(tradesOf(given), ({ ticker }) => ticker)].some(
    ([ticker, trades]) =>
      findOversell(
        trades.map((trade, index) => ({ ...trade, transactionId: index + 1 })),
        splits.filter((split) => split.ticker === ticker),
      ) !== null,
  );
}

const people = { avg_incl: 1, fifo_incl: 2, avg_excl: 3, fifo_excl: 4, cash: 5 };
type Person = keyof typeof people;

/** Every row, as the ledger has it: what was paid without a ticker is interest, a share at no price a bonus. */
async function enterCash(client: PoolClient, { transactions }: Case): Promise<void> {
  await client.query("update accounts set tracks_cash = true, income = 'ledger' where user_id = 5");
  for (const { type, ticker, quantity, unit_price, fee, date } of transactions) {
    if (type === "SPLIT") continue;
    const isShares = type === "BUY" || type === "SELL";
    const kind =
      type === "DIVIDEND" && ticker === null ? "INTEREST" : isShares && unit_price === 0 ? "BONUS" : type;
    const sum = type === "FEE" ? fee : new Big(quantity).times(unit_price).toFixed();
    await client.query(
      `insert into transactions
         (user_id, account_id, ticker, transaction_type, quantity, price, amount, fee, currency, transaction_date)
       select 5, account_id, $1, $2, $3, $4, $5, $6, 'USD', $7
       from accounts
       where user_id = 5`,
      [
        ticker,
        kind,
        isShares ? new Big(quantity).round(12).toFixed() : null,
        isShares && kind !== "BONUS" ? unit_price : null,
        isShares ? null : sum,
        type === "FEE" ? 0 : fee,
        date,
      ],
    );
  }
}

async function enter(client: PoolClient, given: Case): Promise<void> {
  await client.query(
    `insert into users (user_id, email, password_hash, cost_basis_method)
     select id, id || '@example.org', '', case when id in (2, 4) then 'fifo' else 'average' end
     from generate_series(1, 5) as id`,
  );
  await enterCash(client, given);
  for (const { ticker, type, quantity, price, fee, date } of tradesOf(given))
    await client.query(
      `insert into transactions (user_id, ticker, transaction_type, quantity, price, fee, transaction_date)
       select id, $1, $2, $3, $4, case when id <= 2 then $5::numeric else 0 end, $6 from generate_series(1, 4) as id`,
      [ticker, type, quantity, price, fee, date],
    );
  for (const { type, ticker, fee, date } of given.transactions)
    if (type === "FEE")
      await client.query(
        `insert into transactions (user_id, ticker, transaction_type, amount, transaction_date)
         select id, $1, 'FEE', $2, $3 from generate_series(1, 2) as id`,
        [ticker, fee, date],
      );
  for (const { ticker, date, numerator, denominator } of splitsOf(given))
    await client.query(
      `insert into raw_corporate_actions (ticker, action_date, action_type, numerator, denominator, ratio)
       values ($1, $2, 'split', $3, $4, $3::numeric / $4::numeric)`,
      [ticker, date, numerator, denominator],
    );
  for (const { type, ticker, date, unit_price } of given.transactions)
    if (type === "DIVIDEND" && ticker !== null)
      await client.query(
        `insert into raw_corporate_actions (ticker, action_date, action_type, cash_per_share)
         values ($1, $2, 'dividend', $3)`,
        [ticker, date, unit_price],
      );
  for (const [ticker, closes] of Object.entries(given.prices))
    for (const { date, close } of closes)
      await client.query("insert into raw_prices (ticker, price_date, close) values ($1, $2, $3)", [
        ticker,
        date,
        close,
      ]);
  // The calendar ends with the newest bar of any ticker.
  await client.query("insert into raw_prices (ticker, price_date, close) values ('AS-OF', $1, 1)", [
    given.as_of,
  ]);
}

type Row = Readonly<Record<string, number>> & { readonly xirr_reason: string };

/** What gold says of the people. */
class Outcome {
  readonly #given: Case;
  readonly #performance: ReadonlyMap<number, Row>;
  readonly #positions: ReadonlyMap<string, Row>;
  readonly #days: ReadonlyMap<string, Row>;

  constructor(given: Case, rows: Record<"performance" | "positions" | "days", readonly Row[]>) {
    this.#given = given;
    this.#performance = new Map(rows.performance.map((row) => [row.user_id!, row]));
    this.#positions = new Map(rows.positions.map((row) => [`${row.user_id} ${row.ticker}`, row]));
    this.#days = new Map(rows.days.map((row) => [`${row.user_id} ${row.price_date}`, row]));
  }

  of(person: Person): Row | undefined {
    return this.#performance.get(people[person]);
  }

  position(person: Person, ticker: string): Row | undefined {
    return this.#positions.get(`${people[person]} ${ticker}`);
  }

  /** 0 on days before the first trade. */
  on(date: string, person: Person, column: string): number {
    return Number(this.#days.get(`${people[person]} ${date}`)?.[column] ?? 0);
  }

  /** Without dividends. */
  gainTo(date: string, person: Person): number {
    return this.on(date, person, "total_gain") - this.on(date, person, "income_paid_out");
  }

  /** Whose figures are those of the case. */
  get whole(): Person {
    return this.#given.transactions.some(({ type }) => type === "DEPOSIT") ? "cash" : "avg_incl";
  }

  inPeriod(column: string): number {
    const { as_of, period_start } = this.#given;
    return this.on(as_of, this.whole, column) - this.on(period_start!, this.whole, column);
  }

  /** Of less than a year, gold gives the return of the time that there is; a year's says the same. */
  xirr(): number | undefined {
    const row = this.of("avg_incl");
    const [, days] = /^needs 365 days, has (\d+)$/.exec(row?.xirr_reason ?? "") ?? [];
    return days ? (1 + row!.money_weighted_return!) ** (365 / Number(days)) - 1 : row?.xirr;
  }

  twr(end = this.#given.as_of): number {
    const index = (date: string) => 1 + this.on(date, this.whole, "cumulative_return");
    return index(end) / index(this.#given.twr_start!) - 1;
  }

  costOfFirstSale(person: Person): number {
    const { date, quantity, unit_price } = this.#given.transactions.find(({ type }) => type === "SELL")!;
    return quantity * unit_price - this.on(date, person, "realized_pnl");
  }
}

async function play(given: Case): Promise<Outcome> {
  const client = await pool.connect();
  try {
    await client.query("begin");
    await enter(client, given);
    const rowsOf = async (model: string) => (await client.query<Row>(`select * from ${model}`)).rows;
    return new Outcome(given, {
      performance: await rowsOf("gold__performance"),
      positions: await rowsOf("gold_ticker_kpis"),
      days: await rowsOf("gold_p_timeseries"),
    });
  } finally {
    await client.query("rollback");
    client.release();
  }
}

const mapValues = (given: unknown, ours: (key: string) => unknown) =>
  Object.fromEntries(Object.keys(given as Figures).map((key) => [key, ours(key)]));

interface Range {
  readonly from: string | null;
  readonly to: string;
}

/** A figure of theirs, by what it is called there, from ours; `theirs` tells dates and tickers. */
const figures: Record<string, (ours: Outcome, theirs: unknown, given: Case) => unknown> = {
  holdings: (ours, theirs) => mapValues(theirs, (ticker) => ours.position("avg_incl", ticker)?.quantity),
  quantity_after_rounding: (ours, _, given) =>
    ours.position("avg_incl", given.transactions[0]!.ticker!)?.quantity,
  market_value: (ours) => ours.of("avg_incl")?.market_value,
  total_fees: (ours) => ours.of("avg_incl")?.fees ?? 0,
  total_dividends: (ours) => ours.of(ours.whole)?.income,
  cash_balance: (ours, _, { as_of }) => ours.on(as_of, "cash", "cash"),
  net_contribution: (ours, _, { as_of }) => ours.on(as_of, "cash", "net_contributions"),
  net_contribution_by_date: (ours, theirs) =>
    mapValues(theirs, (date) => ours.on(date, "cash", "net_contributions")),
  twr_cumulative_by_date: (ours, theirs) => mapValues(theirs, (date) => ours.twr(date)),
  total_profit: (ours) => ours.of("avg_incl")?.total_gain,
  gross_performance: (ours, _, { as_of }) => ours.gainTo(as_of, "avg_excl"),
  net_performance: (ours, _, { as_of }) => ours.gainTo(as_of, "avg_incl"),
  net_performance_ranges: (ours, theirs) =>
    (theirs as readonly Range[]).map((range) => ({
      ...range,
      value: ours.gainTo(range.to, "avg_incl") - (range.from ? ours.gainTo(range.from, "avg_incl") : 0),
    })),
  invested_by_date: (ours, theirs) => mapValues(theirs, (date) => ours.on(date, "avg_excl", "cost_basis")),
  cost_relieved_first_sale_fifo: (ours) => ours.costOfFirstSale("fifo_incl"),
  cost_relieved_first_sale_avg: (ours) => ours.costOfFirstSale("avg_incl"),
  twr_cumulative: (ours) => ours.twr(),
  twr_annualized: (ours) => ours.of("avg_incl")?.annualized_return ?? undefined,
  xirr: (ours) => ours.xirr(),
  max_drawdown_from_1: (ours) => -ours.of("avg_incl")!.max_drawdown!,
  max_drawdown_after_first_day: (ours) => -ours.of("avg_incl")!.max_drawdown!,
  value_at_start: (ours, _, { period_start }) => ours.on(period_start!, ours.whole, "market_value"),
  value_at_end: (ours, _, { as_of }) => ours.on(as_of, ours.whole, "market_value"),
  income_in_period: (ours) => ours.inPeriod("income_to_date"),
  fees_in_period: (ours) => ours.inPeriod("fees_paid"),
  // The whole gain of a period is the same whether it counts from cost or from the value at its start.
  unrealized_gain_in_period: (ours, _, { expected }) =>
    ours.inPeriod("total_gain") -
    ours.inPeriod("income_paid_out") -
    Number(expected.realized_gain_in_period ?? 0) +
    Number(expected.fees_in_period ?? 0),
  realized_gain_in_period: (ours) => ours.inPeriod("realized_pnl"),
};
for (const fees of ["incl", "excl"] as const) {
  for (const method of ["avg", "fifo"] as const)
    for (const figure of ["cost_basis", "realized_pnl", "unrealized_pnl"])
      figures[`${figure}_${method}_${fees}_fees`] = (ours) => ours.of(`${method}_${fees}`)?.[figure];
  figures[`average_cost_${fees}_fees`] = (ours, _, { transactions }) =>
    ours.position(`avg_${fees}`, transactions.find(({ type }) => type === "BUY")!.ticker!)?.average_cost;
}

const sources = ["expected", "expected_peer_specific", "derived_not_asserted_by_peer"] as const;
const compared: Record<(typeof sources)[number], number> = {
  expected: 0,
  expected_peer_specific: 0,
  derived_not_asserted_by_peer: 0,
};
/** By entry of `otherConventions`: is it, in each figure that it stands for, what we say too? */
const listed = new Map<string, boolean[]>();

function agrees(ours: unknown, theirs: unknown, tolerance: number): boolean {
  if (typeof theirs === "object" && theirs !== null)
    return Object.entries(theirs).every(([key, value]) =>
      agrees((ours as Figures | undefined)?.[key], value, tolerance),
    );
  if (typeof theirs !== "number") return ours === theirs;
  // Both sides are binary fractions of decimals; a tolerance of 1e-12 of 1,000 is below their resolution.
  return Math.abs(Number(ours ?? Number.NaN) - theirs) <= tolerance + Math.abs(theirs) * Number.EPSILON;
}

function compare(given: Case, ours: Outcome | null, source: (typeof sources)[number]): string[] {
  const wrong: string[] = [];
  for (const [name, theirs] of Object.entries(given[source] ?? {})) {
    const entry = [given.id, `${given.id}.${name}`, name].find((key) => key in otherConventions);
    const figure = ours && figures[name]?.(ours, theirs, given);
    const isSame = agrees(figure ?? undefined, theirs, given.tolerances?.[name] ?? given.tolerance);
    if (entry) listed.set(entry, [...(listed.get(entry) ?? []), isSame]);
    else compared[source] += 1;
    if (!entry && !isSame)
      wrong.push(`${name}: ${JSON.stringify(figure)} instead of ${JSON.stringify(theirs)}`);
  }
  return wrong;
}

test.each(cases.map((given) => [given.id, given] as const))("%s", async (_, given) => {
  const ours = isOversold(given) ? null : await play(given);
  expect(sources.flatMap((source) => compare(given, ours, source))).toEqual([]);
});

test("every figure is compared, or listed with a reason that holds", () => {
  const unused = Object.keys(otherConventions).filter((entry) => !listed.has(entry));
  const stale = [...listed].filter(([, same]) => same.every(Boolean)).map(([entry]) => entry);
  expect({ unused, stale }).toEqual({ unused: [], stale: [] });
  const counts = { cases: cases.length, ...compared, listed: [...listed.values()].flat().length };
  process.stdout.write(`golden ledgers: ${JSON.stringify(counts)}\n`);
  expect(counts).toEqual({
    cases: 42,
    expected: 174,
    expected_peer_specific: 1,
    derived_not_asserted_by_peer: 208,
    listed: 47,
  });
});
