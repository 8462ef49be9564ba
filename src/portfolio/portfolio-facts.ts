/** A person's own numbers, as far as the formulas of portfolio figures ask for them. */
import type { PoolClient } from "pg";
import { gold_p_timeseries } from "../../assets/gold.ts";
import { int_portfolio_daily } from "../../assets/intermediate.ts";
import { gold__performance, int_performance_figures } from "../../assets/performance.ts";
import type { RowOf } from "../engine/index.ts";
import type { Performance } from "./figures.ts";
import { type Contributions, type GainParts, readContributions, readGainParts } from "./money-evidence.ts";
import type { PublishedModels } from "./published-models.ts";
import type { Span, Whose } from "./range.ts";
import { modelsOverRange } from "./range-models.ts";

export type PortfolioDay = RowOf<typeof gold_p_timeseries> & {
  /** Income of the day that left the portfolio. */
  readonly paid_out: string;
};

/** Ingredients of the figures, as int_performance_figures has them. */
export type Ingredients = Pick<
  RowOf<typeof int_performance_figures>,
  "flow_rate" | "flow_days" | "annual_excess" | "excess_deviation" | "downside_deviation"
> & {
  /** Also where there are too few returns for a figure to be shown. */
  readonly volatility: number | null;
};

/** Money that moved on a day, seen from the person's pocket: what was put in is negative. */
export interface Movement {
  readonly flow_date: string;
  readonly amount: string;
  /** Since the first of them. */
  readonly days: number;
  readonly kind: "start" | "trades" | "dividends" | "both" | "end";
}

export interface PortfolioFacts {
  readonly span: Span;
  readonly performance: Performance;
  readonly ingredients: Ingredients;
  readonly last: PortfolioDay;
  readonly best: PortfolioDay | null;
  readonly worst: PortfolioDay | null;
  /** null: the index never fell. */
  readonly trough: PortfolioDay | null;
  readonly contributions: Contributions;
  readonly gain: GainParts;
  readonly movements: readonly Movement[];
}

/** null: nothing has been computed for this person. */
export async function readPortfolioFacts(
  client: PoolClient,
  published: PublishedModels,
  whose: Whose,
  span: Span,
): Promise<PortfolioFacts | null> {
  const { userId, account } = whose;
  const range = [userId, span.start, span.end, account];
  const { rows } = await client.query<Performance & { ingredients: Ingredients }>(
    `${modelsOverRange(published, account, gold__performance, int_performance_figures)}
     select
       performance.*,
       to_jsonb(figures) as ingredients
     from gold__performance performance
     join int_performance_figures figures on figures.user_id = performance.user_id
     where performance.user_id = $1`,
    range,
  );
  const [performance] = rows;
  if (!performance) return null;
  const { best_day_date, worst_day_date, max_drawdown_trough_date } = performance;
  const { rows: days } = await client.query<PortfolioDay>(
    `${modelsOverRange(published, account, gold_p_timeseries, int_portfolio_daily)}
     select
       days.*,
       own.income_paid_out as paid_out
     from gold_p_timeseries days
     join int_portfolio_daily own on own.user_id = days.user_id and own.price_date = days.price_date and own.portfolio_id = 0
     where days.user_id = $1 and days.price_date = any($5::date[])`,
    [...range, [performance.as_of, best_day_date, worst_day_date, max_drawdown_trough_date]],
  );
  const dayOf = (date: string | null): PortfolioDay | null =>
    days.find(({ price_date }) => price_date === date) ?? null;
  return {
    span,
    performance,
    ingredients: performance.ingredients,
    last: dayOf(performance.as_of)!,
    best: dayOf(best_day_date),
    worst: dayOf(worst_day_date),
    trough: dayOf(max_drawdown_trough_date),
    contributions: await readContributions(client, { ...whose, ...span, ticker: null }),
    gain: await readGainParts(client, { ...whose, ...span, ticker: null }),
    movements: await readMovements(client, published, whose, span),
  };
}

/** What was held at the start as money put in, what moved until the last day, and the value then as money taken out. */
async function readMovements(
  client: PoolClient,
  published: PublishedModels,
  { userId, account }: Whose,
  { start, end }: Span,
): Promise<Movement[]> {
  const { rows } = await client.query<Movement>(
    `${modelsOverRange(published, account, int_portfolio_daily)},
     days as (
       select price_date, prev_market_value, market_value, net_flow, income_paid_out
       from int_portfolio_daily
       where user_id = $1
         and portfolio_id = 0
     ),
     movements as (
       (
         select $2::date as flow_date, -prev_market_value as amount, 'start' as kind
         from days
         order by price_date
         limit 1
       )
       union all
       select
         price_date,
         income_paid_out - net_flow,
         case when net_flow = 0 then 'dividends' when income_paid_out = 0 then 'trades' else 'both' end
       from days
       union all
       (
         select price_date, market_value, 'end'
         from days
         order by price_date desc
         limit 1
       )
     )
     select
       flow_date,
       amount,
       flow_date - min(flow_date) over () as days,
       kind
     from movements
     where amount <> 0
     order by
       flow_date,
       kind = 'end'`,
    [userId, start, end, account],
  );
  return rows;
}
