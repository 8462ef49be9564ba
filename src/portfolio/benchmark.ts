/** What the same days would have been worth in something else: any ticker that the system has prices of. */
import type { PoolClient } from "pg";
import { z } from "zod";
import type { Span } from "./range.ts";

/** What a person typed as a benchmark; null: none, or too long for any ticker. */
export function parseBenchmark(query: unknown): { benchmark: string | null; isGiven: boolean } {
  const benchmark = benchmarkQuery.safeParse(query).data?.benchmark;
  return { benchmark: benchmark || null, isGiven: benchmark !== undefined };
}

const benchmarkQuery = z.object({
  benchmark: z
    .string()
    .transform((typed) => typed.trim().toUpperCase())
    .pipe(z.string().regex(/^[^\p{C}\s]{0,20}$/u))
    .optional()
    .catch(undefined),
});

export interface Benchmark {
  readonly ticker: string;
  readonly name: string | null;
  /** Total return since the start, one for each day asked for; null before its first price. Empty: it has none. */
  readonly returns: readonly (number | null)[];
  /** The day of its first price, when that is after the start: it is measured from there. */
  readonly startsLate: string | null;
}

/** A ticker's adjusted closes over a span, the last one on or before its start among them. */
export interface BenchmarkPrices {
  readonly ticker: string;
  readonly name: string | null;
  readonly bars: readonly Bar[];
}

interface Bar {
  readonly price_date: string;
  readonly adj_close: number;
}

export async function readBenchmarkPrices(
  client: PoolClient,
  ticker: string,
  { start, end }: Span,
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
  const { rows: assets } = await client.query<{ name: string }>({
    name: "read_benchmark_name",
    text: "select name from bronze.raw_assets where ticker = $1",
    values: [ticker],
  });
  return { ticker, name: assets[0]?.name ?? null, bars };
}

/**
 * Total return, dividends reinvested, by Yahoo's adjusted close: 0 at the start of the span, or at its first price after
 * it. A day without a bar keeps the last one. `days`: ascending.
 */
export function compareWith(
  { ticker, name, bars }: BenchmarkPrices,
  { start }: Span,
  days: readonly string[],
): Benchmark {
  const first = bars[0];
  return {
    ticker,
    name,
    returns: first ? rebase(bars, first.adj_close, days) : [],
    startsLate: first && first.price_date > start ? first.price_date : null,
  };
}

function rebase(bars: readonly Bar[], base: number, days: readonly string[]): (number | null)[] {
  let next = 0;
  return days.map((day) => {
    while (next < bars.length && bars[next]!.price_date <= day) next++;
    const bar = bars[next - 1];
    return bar ? bar.adj_close / base - 1 : null;
  });
}

/** What the picker proposes: tickers with prices, those of the person's own ledger first. */
export async function readBenchmarkChoices(
  client: PoolClient,
  userId: number,
): Promise<{ ticker: string; name: string }[]> {
  const { rows } = await client.query<{ ticker: string; name: string }>({
    name: "read_benchmark_choices",
    text: `select ticker, name
           from bronze.raw_assets
           where exists (select from bronze.raw_prices where raw_prices.ticker = raw_assets.ticker)
           order by
             asset_class in ('index', 'etf') desc,
             exists (
               select from int_holding_periods p where p.user_id = $1 and p.ticker = raw_assets.ticker
             ) desc,
             ticker
           limit 100`,
    values: [userId],
  });
  return rows;
}
