/** A person's own numbers behind rolling figures, the correlation of two holdings, and what if: row by row. */
import type { PoolClient } from "pg";
import { fct_daily_returns, int_portfolio_daily, int_portfolio_index } from "../../assets/intermediate.ts";
import { gold__performance, int_performance_figures, int_risk_returns } from "../../assets/performance.ts";
import { int_ticker_periods } from "../../assets/positions.ts";
import { gold_correlations, gold_rolling_risk, int_holding_risk_returns } from "../../assets/risk.ts";
import type { RowOf } from "../engine/index.ts";
import type { Performance } from "./figures.ts";
import type { Ingredients, PortfolioDay } from "./portfolio-facts.ts";
import type { PublishedModels } from "./published-models.ts";
import type { Span, Whose } from "./range.ts";
import { modelsOverRange, overRange } from "./range-models.ts";
import { type RiskFacts, readRiskFacts } from "./risk-facts.ts";
import { riskSlices, whatIfSlices } from "./risk-slices.ts";

/** How many returns a rolling figure is of, as gold_rolling_risk has it. */
export const rollingReturns = 63;

/** A return that counts for risk. */
export interface RiskReturn {
  readonly price_date: string;
  readonly risk_return: number;
  /** Above the risk-free rate; null: that is not known. */
  readonly excess: number | null;
  readonly twr_index: number;
  readonly periods_per_year: number;
}

export interface RollingFacts {
  /** null: the range has too few returns until the day. */
  readonly figures: RowOf<typeof gold_rolling_risk> | null;
  /** The newest first: those that the figures are of, and the one before them, if there is one. */
  readonly returns: readonly RiskReturn[];
}

/** Of the last day of the range that has such figures, or of the last one until `day`. */
export async function readRollingFacts(
  client: PoolClient,
  published: PublishedModels,
  { userId, account }: Whose,
  { start, end }: Span,
  day: string | null,
): Promise<RollingFacts> {
  const models = modelsOverRange(published, account, gold_rolling_risk, int_risk_returns);
  const values = [userId, start, end, account, day !== null && day < end ? day : end];
  const { rows } = await client.query<RowOf<typeof gold_rolling_risk>>(
    `${models}
     select *
     from gold_rolling_risk
     where user_id = $1 and price_date <= $5::date
     order by price_date desc
     limit 1`,
    values,
  );
  const { rows: returns } = await client.query<RiskReturn>(
    `${models}
     select
       price_date,
       risk_return,
       risk_return - risk_free_return as excess,
       twr_index,
       periods_per_year
     from int_risk_returns
     where user_id = $1 and portfolio_id = 0 and risk_return is not null and price_date <= $5::date
     order by price_date desc
     limit ${rollingReturns + 1}`,
    values,
  );
  return { figures: rows[0] ?? null, returns };
}

/** Returns of two holdings over the same days. */
interface ReturnPair {
  readonly price_date: string;
  readonly own: number;
  readonly other: number;
}

export interface PairFacts {
  /** null: they were never held on one day. */
  readonly figures: RowOf<typeof gold_correlations> | null;
  readonly covariance: number | null;
  readonly deviation: number | null;
  readonly other_deviation: number | null;
  readonly first_date: string | null;
  readonly last_date: string | null;
  /** The newest first. */
  readonly returns: readonly ReturnPair[];
}

/** `missing`: which of them was not held in the range; null: both were. */
export async function readPairFacts(
  client: PoolClient,
  published: PublishedModels,
  { userId, account }: Whose,
  { start, end }: Span,
  { ticker, other, limit }: { readonly ticker: string; readonly other: string; readonly limit: number },
): Promise<{ facts: PairFacts; missing: null } | { facts: null; missing: string }> {
  const { rows } = await client.query<PairFacts & { held: string[] }>({
    ...overRange(
      published,
      [gold_correlations, int_ticker_periods, int_holding_risk_returns],
      `, pairs as (
         select *
         from (
           -- In one pass: a join of days to days, of which a planner expects one, would take seconds.
           select
             price_date,
             max(risk_return) filter (where ticker = ($6::text[])[1]) as own,
             max(risk_return) filter (where ticker = ($6::text[])[2]) as other
           from int_holding_risk_returns
           where user_id = $1 and ticker = any($6::text[])
           group by price_date
         ) as days
         where own is not null and other is not null
       )
       select
         array(select ticker from int_ticker_periods where user_id = $1 and ticker = any($6::text[])) as held,
         (
           select to_jsonb(c)
           from gold_correlations c
           where c.user_id = $1 and array[c.ticker, c.other_ticker] <@ $6::text[] and $6::text[] <@ array[c.ticker, c.other_ticker]
         ) as figures,
         covar_samp(p.own, p.other order by p.price_date) as covariance,
         stddev_samp(p.own order by p.price_date) as deviation,
         stddev_samp(p.other order by p.price_date) as other_deviation,
         min(p.price_date) as first_date,
         max(p.price_date) as last_date,
         coalesce(
           (select json_agg(n order by n.price_date desc) from (select * from pairs order by price_date desc limit $7::integer) n),
           '[]'
         ) as returns
       from (select $4::bigint, $5::text) as asked
       left join pairs p on true`,
      account === null ? riskSlices.whole : riskSlices.account,
    ),
    values: [userId, start, end, account, null, [ticker, other], limit],
  });
  const { held, ...facts } = rows[0]!;
  const missing = [ticker, other].find((one) => !held.includes(one));
  return missing === undefined ? { facts, missing: null } : { facts: null, missing };
}

/** Where the index stood on a day. */
export type IndexDay = Pick<
  PortfolioDay,
  "price_date" | "cumulative_return" | "twr_index" | "running_peak" | "drawdown"
>;

/** Ratios of days as they were, or were not, and the days that they stand on. */
export interface Measured {
  readonly performance: Pick<
    Performance,
    | "twr"
    | "returns"
    | "periods_per_year"
    | "volatility"
    | "volatility_reason"
    | "sharpe"
    | "sharpe_reason"
    | "sortino"
    | "sortino_reason"
    | "max_drawdown"
  >;
  readonly ingredients: Ingredients;
  readonly last: IndexDay;
  /** null: the index never fell. */
  readonly trough: IndexDay | null;
}

/** A day on which the ticker was held, as it was or was not. */
interface ChangedDay {
  readonly price_date: string;
  readonly market_value: string;
  readonly net_flow: string;
  readonly paid_out: string;
  readonly daily_return: number | null;
}

interface SoMuch extends Measured {
  /** null: the figure that is asked about follows from none of it. */
  readonly risk: RiskFacts | null;
  /** Those of `held`, in the same order. */
  readonly days: readonly ChangedDay[];
}

export interface WhatIfFacts {
  /** What of the ticker was there, day by day, the newest first. */
  readonly held: readonly { readonly price_date: string; readonly market_value: string }[];
  readonly was: SoMuch;
  readonly changed: SoMuch;
}

interface WhatIfAsked {
  readonly ticker: string;
  readonly multiple: string;
  readonly benchmark: string | null;
  /** Bad days, or those beside the benchmark, are asked about. */
  readonly isOfRisk: boolean;
}

/** `limit`: of days. null: the ticker was not held in the range. */
export async function readWhatIfFacts(
  client: PoolClient,
  published: PublishedModels,
  whose: Whose,
  span: Span,
  { limit, ...asked }: WhatIfAsked & { readonly limit: number },
): Promise<WhatIfFacts | null> {
  const { rows: held } = await client.query<WhatIfFacts["held"][number]>(
    `${modelsOverRange(published, whose.account, fct_daily_returns)}
     select price_date, market_value
     from fct_daily_returns
     where user_id = $1 and ticker = $5
     order by price_date desc
     limit $6`,
    [whose.userId, span.start, span.end, whose.account, asked.ticker, limit],
  );
  if (held.length === 0) return null;
  const days = held.map(({ price_date }) => price_date);
  // Once as much is what was, day by day: both are read alike.
  const read = (multiple: string) => readSoMuch(client, published, whose, span, { ...asked, multiple, days });
  return { held, was: await read("1"), changed: await read(asked.multiple) };
}

/** One statement: all of it is read off the same days. */
async function readSoMuch(
  client: PoolClient,
  published: PublishedModels,
  whose: Whose,
  span: Span,
  { ticker, multiple, benchmark, isOfRisk, days }: WhatIfAsked & { readonly days: readonly string[] },
): Promise<SoMuch> {
  const { userId, account } = whose;
  const { rows } = await client.query<Omit<SoMuch, "risk">>({
    ...overRange(
      published,
      [gold__performance, int_performance_figures, int_portfolio_index, int_portfolio_daily],
      `, index_days as (
         select
           price_date,
           twr_index - 1 as cumulative_return,
           twr_index,
           running_peak,
           drawdown
         from int_portfolio_index
         where user_id = $1 and portfolio_id = 0
       )
       select
         to_jsonb(performance) as performance,
         to_jsonb(figures) as ingredients,
         (select to_jsonb(i) from index_days i where i.price_date = performance.as_of) as last,
         (select to_jsonb(i) from index_days i where i.price_date = performance.max_drawdown_trough_date) as trough,
         (
           select
             json_agg(
               json_build_object(
                 'price_date', d.price_date,
                 'market_value', d.market_value::text,
                 'net_flow', d.net_flow::text,
                 'paid_out', d.income_paid_out::text,
                 'daily_return', d.daily_return
               )
               order by d.price_date desc
             )
           from int_portfolio_daily d
           where d.user_id = $1 and d.portfolio_id = 0 and d.price_date = any ($8::date[])
         ) as days
       from gold__performance performance
       cross join int_performance_figures figures
       cross join (select $4::bigint, $5::text, $6::text, $7::numeric) as asked
       where performance.user_id = $1 and figures.user_id = $1`,
      account === null ? whatIfSlices.whole : whatIfSlices.account,
    ),
    values: [userId, span.start, span.end, account, benchmark, ticker, multiple, days],
  });
  const risk = isOfRisk
    ? await readRiskFacts(client, published, whose, span, { benchmark, ticker, multiple })
    : null;
  return { ...rows[0]!, risk };
}
