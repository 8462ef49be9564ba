/** Every figure of risk over a range of days, beside a benchmark if there is one, and of a position as it was not. */
import type { Pool, PoolClient } from "pg";
import { gold_benchmark_performance } from "../../assets/benchmark.ts";
import { int_position_values } from "../../assets/gold.ts";
import { gold__performance } from "../../assets/performance.ts";
import {
  gold_concentration,
  gold_contributions,
  gold_correlations,
  gold_return_distribution,
  gold_rolling_risk,
  gold_ticker_regimes,
  gold_worst_periods,
} from "../../assets/risk.ts";
import { personTransaction } from "../database/person.ts";
import { type AnyAsset, type Columns, quoteColumns, type RowOf } from "../engine/index.ts";
import { type FiguresRequest, type Performance, type PublishedRequest, reader } from "./figures.ts";
import { requirePublished } from "./published-models.ts";
import type { Span } from "./range.ts";
import { overRange } from "./range-models.ts";
import { riskSlices, whatIfSlices } from "./risk-slices.ts";

/** A row without whose it is. Not Omit: of a type that also says what any other name would be, that keeps nothing else. */
type Own<R> = { [C in keyof R as C extends "user_id" ? never : C]: R[C] };
type BenchmarkPerformance = Own<RowOf<typeof gold_benchmark_performance>>;
type ReturnDistribution = Own<RowOf<typeof gold_return_distribution>>;
type WorstPeriod = Own<RowOf<typeof gold_worst_periods>>;
type Concentration = Own<RowOf<typeof gold_concentration>>;
type Contribution = Own<RowOf<typeof gold_contributions>>;
type Correlation = Own<RowOf<typeof gold_correlations>>;
type RollingRisk = Own<RowOf<typeof gold_rolling_risk>>;
type TickerRegime = Own<RowOf<typeof gold_ticker_regimes>>;

export interface RiskFigures {
  readonly span: Span;
  readonly performance: Performance;
  /** null: none was asked about. */
  readonly benchmark: BenchmarkPerformance | null;
  readonly distribution: ReturnDistribution;
  readonly worst: readonly WorstPeriod[];
  readonly rolling: readonly RollingRisk[];
  /** null: nothing was ever held of any ticker. */
  readonly concentration: Concentration | null;
  readonly contributions: readonly Contribution[];
  /** Of the largest holdings on the last day, each pair once and each with itself; the tickers, largest first. */
  readonly correlated: readonly string[];
  readonly correlations: readonly Correlation[];
  readonly tickerRegimes: readonly TickerRegime[];
}

/** As closes alone tell it: what a holding added follows from what was paid for it. */
const noHoldings = { correlated: [], contributions: [], correlations: [], tickerRegimes: [] };

/** More would be a matrix that no page shows, and each has a price: pairs times days. */
const mostCorrelated = 12;

/**
 * Side by side on three connections. `span` must not be outside of what there is. To be called within `acrossPublications`: it refuses
 * figures that are of two versions of the models.
 */
export async function readRisk(pool: Pool, request: FiguresRequest): Promise<RiskFigures> {
  const [ofPortfolio, ofHoldings] = await Promise.all([
    readPortfolioAlone(pool, request),
    request.fromCloses ? noHoldings : reader(pool, request)(readHoldingsRisk),
  ]);
  await requirePublished(pool, request.span.published_version);
  return { ...ofPortfolio, ...ofHoldings };
}

/** The same without what is of each holding, which is nearly all of the work. */
export async function readRiskAtOnce(pool: Pool, request: FiguresRequest): Promise<RiskFigures> {
  const ofPortfolio = await readPortfolioAlone(pool, request);
  await requirePublished(pool, request.span.published_version);
  return { ...ofPortfolio, ...noHoldings };
}

async function readPortfolioAlone(pool: Pool, request: FiguresRequest) {
  const read = reader(pool, request);
  const [ofPortfolio, concentration] = await Promise.all([
    read(readPortfolioRisk),
    request.fromCloses ? null : read(readConcentration),
  ]);
  return { span: request.span, ...ofPortfolio, concentration };
}

/** Of 60 holdings over ten years there are 219,000, whose figures take four seconds. */
const mostDaysAtOnce = 50_000;

/** What is of each holding will take more than a second. */
export async function isRiskSlow(
  pool: Pool,
  { userId, span: { start, end }, account }: FiguresRequest,
): Promise<boolean> {
  return await personTransaction(pool, userId, async (client) => {
    const { rows } = await client.query<{ days: string | null }>(
      `select sum(greatest(0, least(held_until, $3::date + 1) - greatest(valid_from, $2::date))) as days
       from int_holding_periods
       where user_id = $1 and ($4::bigint is null or account_id = $4)`,
      [userId, start, end, account ?? null],
    );
    return Number(rows[0]!.days) > mostDaysAtOnce;
  });
}

/** The first row of `select` under the models over the range. */
async function readOver<T extends object>(
  client: PoolClient,
  { published, userId, span, account, benchmark, fromCloses }: PublishedRequest,
  models: readonly AnyAsset[],
  select: string,
): Promise<T> {
  const slices = fromCloses
    ? riskSlices.fromCloses
    : account === undefined
      ? riskSlices.whole
      : riskSlices.account;
  const { rows } = await client.query<T>({
    ...overRange(published, models, select, slices),
    values: [userId, span.start, span.end, account ?? null, benchmark],
  });
  return rows[0]!;
}

/** Every parameter that a statement has is named somewhere: one that nothing names has no type. */
const asked = "(select $4::bigint, $5::text) as asked";

/** All rows of a model but for whose they are, as JSON: hundreds of rows are parsed at once. Money stays text. */
function rowsOf(asset: AnyAsset & { columns: Columns }, order: string, condition = "true"): string {
  const columns = Object.entries(asset.columns).filter(([name]) => name !== "user_id");
  const list = columns.map(([name, { type }]) => {
    const column = quoteColumns([name]);
    return type === "numeric" ? `${column}::text as ${column}` : column;
  });
  return `(
    select coalesce(json_agg(r order by ${order}), '[]')
    from (select ${list.join(", ")} from ${asset.name} where ${condition}) r
  )`;
}

/** One statement: all of it is read off the same returns, which are then computed once. */
async function readPortfolioRisk(client: PoolClient, request: PublishedRequest) {
  const { performance, benchmark, distribution, ...lists } = await readOver<{
    performance: Performance[];
    benchmark: BenchmarkPerformance[];
    distribution: ReturnDistribution[];
    worst: WorstPeriod[];
    rolling: RollingRisk[];
  }>(
    client,
    request,
    [
      gold__performance,
      gold_benchmark_performance,
      gold_return_distribution,
      gold_worst_periods,
      gold_rolling_risk,
    ],
    `select
       ${rowsOf(gold__performance, "r.as_of")} as performance,
       ${rowsOf(gold_benchmark_performance, "r.benchmark", "$5::text is not null")} as benchmark,
       ${rowsOf(gold_return_distribution, "r.returns")} as distribution,
       ${rowsOf(gold_worst_periods, "r.period, r.period_rank")} as worst,
       ${rowsOf(gold_rolling_risk, "r.price_date")} as rolling
     from ${asked}`,
  );
  return {
    ...lists,
    performance: performance[0]!,
    benchmark: benchmark[0] ?? null,
    distribution: distribution[0]!,
  };
}

async function readHoldingsRisk(client: PoolClient, request: PublishedRequest) {
  const { tickers: correlated } = await readOver<{ tickers: string[] }>(
    client,
    request,
    [int_position_values],
    `select array(
       select ticker
       from int_position_values
       where user_id = $1 and quantity > 0
       order by current_value desc, ticker
       limit ${mostCorrelated}
     ) as tickers
     from ${asked}`,
  );
  const { published, userId, span, account, benchmark } = request;
  const slices = account === undefined ? riskSlices.whole : riskSlices.account;
  const { rows } = await client.query<{
    contributions: Contribution[];
    correlations: Correlation[];
    tickerRegimes: TickerRegime[];
  }>({
    ...overRange(
      published,
      [gold_contributions, gold_correlations, gold_ticker_regimes],
      `select
         ${rowsOf(gold_contributions, "r.return_contribution desc, r.ticker")} as contributions,
         ${rowsOf(gold_correlations, "r.ticker, r.other_ticker")} as correlations,
         ${rowsOf(gold_ticker_regimes, "r.ticker, r.regime")} as "tickerRegimes"
       from ${asked}`,
      slices,
    ),
    values: [userId, span.start, span.end, account ?? null, benchmark, correlated],
  });
  return { correlated, ...rows[0]! };
}

async function readConcentration(
  client: PoolClient,
  request: PublishedRequest,
): Promise<Concentration | null> {
  const { rows } = await readOver<{ rows: Concentration[] }>(
    client,
    request,
    [gold_concentration],
    `select ${rowsOf(gold_concentration, "r.holdings")} as rows from ${asked}`,
  );
  return rows[0] ?? null;
}

/** What the whole would have been: the figures that a position has a part in. */
export interface WhatIf {
  readonly performance: Performance;
  readonly distribution: ReturnDistribution;
  readonly benchmark: BenchmarkPerformance | null;
}

/** The figures of the range, as if `multiple` times as much of the ticker had been held all the while; 0: nothing. */
export async function readWhatIf(
  pool: Pool,
  request: FiguresRequest,
  ticker: string,
  multiple: string,
): Promise<WhatIf> {
  const { userId, span, account, benchmark } = request;
  const changed = await reader(
    pool,
    request,
  )(async (client, { published }) => {
    const { rows } = await client.query<{
      performance: Performance[];
      benchmark: BenchmarkPerformance[];
      distribution: ReturnDistribution[];
    }>({
      ...overRange(
        published,
        [gold__performance, gold_benchmark_performance, gold_return_distribution],
        `select
           ${rowsOf(gold__performance, "r.as_of")} as performance,
           ${rowsOf(gold_benchmark_performance, "r.benchmark", "$5::text is not null")} as benchmark,
           ${rowsOf(gold_return_distribution, "r.returns")} as distribution
         from ${asked}`,
        account === undefined ? whatIfSlices.whole : whatIfSlices.account,
      ),
      values: [userId, span.start, span.end, account ?? null, benchmark, ticker, multiple],
    });
    return rows[0]!;
  });
  await requirePublished(pool, span.published_version);
  return {
    performance: changed.performance[0]!,
    distribution: changed.distribution[0]!,
    benchmark: changed.benchmark[0] ?? null,
  };
}
