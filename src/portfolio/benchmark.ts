/** What the same days would have been worth in something else: any ticker that the system has prices of. */
import type { PoolClient } from "pg";
import { z } from "zod";
import type { Span } from "./range.ts";

/**
 * What a person typed as a benchmark: `ticker` null: none, or what no ticker is; `text`: as it was typed, which may be the name of
 * an asset of their own.
 */
export function parseBenchmark(query: unknown): { ticker: string | null; text: string; isGiven: boolean } {
  const text = benchmarkQuery.safeParse(query).data?.benchmark;
  if (text === undefined) return { ticker: null, text: "", isGiven: false };
  const ticker = /^[^\p{C}\s]{0,20}$/u.test(text.toUpperCase()) ? text.toUpperCase() : null;
  return { ticker: ticker || null, text, isGiven: true };
}

const benchmarkQuery = z.object({
  benchmark: z
    .string()
    .trim()
    .regex(/^\P{C}{0,100}$/u)
    .optional()
    .catch(undefined),
});

/** The asset of the person's own that is called so, letter by letter: "Gold" is theirs, and GOLD a company; null: none is. */
export async function findOwnBenchmark(
  client: PoolClient,
  userId: number,
  name: string,
): Promise<string | null> {
  const { rows } = await client.query<{ ticker: string }>({
    name: "find_own_benchmark",
    text: "select ticker from bronze.raw_assets where owner_id = $1 and name = $2",
    values: [userId, name],
  });
  return rows[0]?.ticker ?? null;
}

export interface Benchmark {
  readonly ticker: string;
  readonly name: string | null;
  /** Total return since the start, one for each day asked for; null before its first price. Empty: it has none. */
  readonly returns: readonly (number | null)[];
  /** The day of its first price and rate, when that is after the start: it is measured from there. */
  readonly startsLate: string | null;
  /** Its own currency where that is not the person's: it is converted at each day's rate. */
  readonly convertedFrom: string | null;
}

/** A ticker's adjusted closes over a span, the last one on or before its start among them. */
export interface BenchmarkPrices {
  readonly ticker: string;
  readonly name: string | null;
  readonly bars: readonly Bar[];
  readonly convertedFrom: string | null;
  /** By day, from the first known one on: what one of its currency is in the person's. null: both are one. */
  readonly rates: ReadonlyMap<string, number> | null;
}

interface Bar {
  readonly price_date: string;
  readonly adj_close: number;
}

export async function readBenchmarkPrices(
  client: PoolClient,
  ticker: string,
  { start, end, currency: base }: Span,
): Promise<BenchmarkPrices> {
  const { rows: bars } = await client.query<Bar>({
    name: "read_benchmark",
    text: `with first_bar as (
             select max(price_date) as price_date
             from stg_raw_prices
             where ticker = $1 and price_date <= $2 and adj_close > 0
           )
           select price_date, adj_close::double precision as adj_close
           from stg_raw_prices
           where ticker = $1
             and price_date >= coalesce((select price_date from first_bar), $2)
             and price_date <= $3
             and adj_close > 0
           order by price_date`,
    values: [ticker, start, end],
  });
  const { rows: assets } = await client.query<{ name: string; currency: string }>({
    name: "read_benchmark_asset",
    text: "select name, currency from bronze.raw_assets where ticker = $1",
    values: [ticker],
  });
  const { name = null, currency = base } = assets[0] ?? {};
  const isOwn = currency === base;
  return {
    ticker,
    name,
    bars,
    convertedFrom: isOwn ? null : currency,
    rates: isOwn ? null : await readRates(client, currency, base, start, end),
  };
}

async function readRates(client: PoolClient, currency: string, base: string, start: string, end: string) {
  const { rows } = await client.query<{ rate_date: string; rate: number }>({
    name: "read_benchmark_rates",
    text: `select
             own.rate_date,
             (own.usd_per_unit / base.usd_per_unit)::double precision as rate
           from int_fx_daily own
           join int_fx_daily base on base.rate_date = own.rate_date
           where own.currency = $1
             and base.currency = $2
             and own.rate_date >= $3
             and own.rate_date <= $4
           order by own.rate_date`,
    values: [currency, base, start, end],
  });
  return new Map(rows.map(({ rate_date, rate }) => [rate_date, rate]));
}

/**
 * Total return in the person's currency, dividends reinvested, by Yahoo's adjusted close: 0 at the start of the span, or
 * at its first price and rate after it. A day without a bar keeps the last one. `days`: ascending.
 */
export function compareWith(
  { ticker, name, convertedFrom, bars, rates }: BenchmarkPrices,
  { start }: Pick<Span, "start">,
  days: readonly string[],
): Benchmark {
  const firstDays = [start, bars[0]?.price_date, rates ? [...rates.keys()][0] : start];
  const isKnown = !firstDays.includes(undefined);
  const from = firstDays.reduce<string>((latest, day = "") => (day > latest ? day : latest), "");
  return {
    ticker,
    name,
    convertedFrom,
    returns: isKnown ? rebase({ bars, rates }, from, days) : [],
    startsLate: isKnown && from > start ? from : null,
  };
}

function rebase(
  { bars, rates }: Pick<BenchmarkPrices, "bars" | "rates">,
  from: string,
  days: readonly string[],
): (number | null)[] {
  let next = 0;
  const valueOn = (day: string): number => {
    while (next < bars.length && bars[next]!.price_date <= day) next++;
    const { adj_close } = bars[next - 1]!;
    return rates ? adj_close * rates.get(day)! : adj_close;
  };
  const base = valueOn(from);
  return days.map((day) => (day < from ? null : valueOn(day) / base - 1));
}

export interface BenchmarkChoice {
  readonly ticker: string;
  readonly name: string;
  /** Everybody may compare with it. */
  readonly isStandard: boolean;
}

/**
 * What the picker proposes: what everybody may compare with, as far as it has prices, then what the person has traded. Nothing
 * that others have: it would tell what they hold. `benchmarks`: in the order to be shown.
 */
export async function readBenchmarkChoices(
  client: PoolClient,
  userId: number,
  benchmarks: readonly string[],
): Promise<BenchmarkChoice[]> {
  const { rows } = await client.query<BenchmarkChoice>({
    name: "read_benchmark_choices",
    text: `with standard as (
             select ticker, place
             from unnest($2::text[]) with ordinality as listed (ticker, place)
           ),
           choices as (
             select ticker from standard
             union
             select upper(btrim(ticker)) from bronze.transactions where user_id = $1 and ticker is not null
           )
           select assets.ticker, assets.name, standard.ticker is not null as "isStandard"
           from choices
           join bronze.raw_assets as assets on assets.ticker = choices.ticker
           left join standard on standard.ticker = choices.ticker
           where exists (select from bronze.raw_prices where raw_prices.ticker = assets.ticker)
           order by standard.place nulls last, assets.ticker
           limit 100`,
    values: [userId, benchmarks],
  });
  return rows;
}

/** Whether it can be compared with at all. */
export async function hasBenchmarkPrices(client: PoolClient, ticker: string): Promise<boolean> {
  const { rowCount } = await client.query({
    name: "has_benchmark_prices",
    text: "select from bronze.raw_prices where ticker = $1 and adj_close > 0 limit 1",
    values: [ticker],
  });
  return rowCount !== 0;
}
