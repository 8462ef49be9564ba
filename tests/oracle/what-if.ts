/**
 * The independent oracle, part seven: a portfolio as if so many times as much of one ticker had been held all the while. What was held
 * is scaled, row by row, and the days are put together from it once more.
 */
import type Big from "big.js";
import type { Pool } from "pg";
import { gold_benchmark_performance } from "../../assets/benchmark.ts";
import { definitions } from "../../assets/index.ts";
import { gold__performance } from "../../assets/performance.ts";
import { gold_return_distribution } from "../../assets/risk.ts";
import type { PublishedModels } from "../../src/portfolio/published-models.ts";
import { overRange } from "../../src/portfolio/range-models.ts";
import { whatIfSlices } from "../../src/portfolio/risk-slices.ts";
import { bodyOf } from "../support/models.ts";
import type { BookedDividend } from "./cash.ts";
import type { Row } from "./compare.ts";
import type { PositionDay } from "./ledger.ts";

/** Amounts of a day that follow what is held; sessions, prices and rates are what they were. */
function scaled(day: PositionDay, multiple: string, received: Big): PositionDay {
  const times = (value: Big) => value.times(multiple);
  // What is earned on the difference is paid out, wherever what was really earned went.
  const difference = times(day.income.plus(received)).minus(day.income).minus(received);
  return {
    ...day,
    quantity: times(day.quantity),
    value: times(day.value),
    previousValue: times(day.previousValue),
    costBasis: times(day.costBasis),
    netFlow: times(day.netFlow),
    fees: times(day.fees),
    realized: times(day.realized),
    transferredGain: times(day.transferredGain),
    priceEffect: times(day.priceEffect),
    currencyEffect: times(day.currencyEffect),
    income: day.income.plus(difference),
    paidOut: day.paidOut.plus(difference),
  };
}

/** What an account booked of the ticker counts on the days on which it was held, once for all accounts that hold it. */
export function scaledPositions(
  positions: readonly PositionDay[],
  booked: readonly BookedDividend[],
  ticker: string,
  multiple: string,
  zero: Big,
): PositionDay[] {
  const counted = new Set<string>();
  return positions.map((day) => {
    if (day.ticker !== ticker) return day;
    const received = booked
      .filter((one) => one.ticker === ticker && one.date === day.date && !counted.has(day.date))
      .reduce((sum, { localNet }) => sum.plus(localNet.times(day.rate)), zero);
    counted.add(day.date);
    return scaled(day, multiple, received);
  });
}

/** The models as they stand in their files, each published as the view or the table that it is. */
const published: PublishedModels = {
  version: "oracle",
  models: new Map(
    definitions.assets.map((asset) => [
      asset.name,
      {
        asset,
        body: asset.kind === "model" ? bodyOf(asset) : null,
        codeVersion: null,
        relation: null,
        table: null,
        reaches: new Map(),
      },
    ]),
  ),
  reads: new Map(
    definitions.assets.map((asset) => [asset.name, asset.deps.map((dependency) => dependency.asset.name)]),
  ),
  unknown: new Set(),
};

interface AskedWhatIf {
  readonly userId: number;
  readonly lastDay: string;
  readonly benchmark: string;
  readonly ticker: string;
  readonly multiple: string;
}

/** What the models say over the slices of what if, over the whole time. */
export async function readWhatIfRows(
  pool: Pool,
  { userId, lastDay, benchmark, ticker, multiple }: AskedWhatIf,
): Promise<{ readonly performance: Row; readonly distribution: Row; readonly benchmark: Row | null }> {
  const first = (model: { readonly name: string }) =>
    `(select to_jsonb(r) from (select * from ${model.name} where user_id = $1) as r)`;
  const { rows } = await pool.query({
    ...overRange(
      published,
      [gold__performance, gold_benchmark_performance, gold_return_distribution],
      `select
         ${first(gold__performance)} as performance,
         ${first(gold_return_distribution)} as distribution,
         ${first(gold_benchmark_performance)} as benchmark
       from (select $4::bigint, $5::text, $6::text, $7::numeric) as asked`,
      whatIfSlices.whole,
    ),
    values: [userId, "1899-12-31", lastDay, null, benchmark, ticker, multiple],
  });
  return rows[0]!;
}
