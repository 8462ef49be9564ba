/** A person's own numbers, as far as the formulas of portfolio figures ask for them. */
import type { PoolClient } from "pg";
import { gold_p_timeseries } from "../../assets/gold.ts";
import { gold__performance, int_performance_figures } from "../../assets/performance.ts";
import type { RowOf } from "../engine/index.ts";
import type { Performance } from "./figures.ts";
import type { PublishedModels } from "./published-models.ts";
import type { Span } from "./range.ts";
import { modelsOverRange } from "./range-models.ts";

export type PortfolioDay = RowOf<typeof gold_p_timeseries>;

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
  readonly trades: { readonly bought: string; readonly sold: string };
  readonly movements: readonly Movement[];
}

/** null: nothing has been computed for this person. */
export async function readPortfolioFacts(
  client: PoolClient,
  published: PublishedModels,
  userId: number,
  span: Span,
): Promise<PortfolioFacts | null> {
  const range = [userId, span.start, span.end];
  const { rows } = await client.query<Performance & { ingredients: Ingredients }>(
    `${modelsOverRange(published, gold__performance, int_performance_figures)}
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
    `${modelsOverRange(published, gold_p_timeseries)}
     select * from gold_p_timeseries where user_id = $1 and price_date = any($4::date[])`,
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
    trades: await readTrades(client, userId, span),
    movements: await readMovements(client, published, userId, span),
  };
}

async function readTrades(client: PoolClient, userId: number, { start, end }: Span) {
  const { rows } = await client.query<{ bought: string; sold: string }>(
    `select
       coalesce(sum(buy_amount), 0) as bought,
       coalesce(sum(sell_amount), 0) as sold
     from int_holding_periods
     where user_id = $1
       and valid_from > $2
       and valid_from <= $3`,
    [userId, start, end],
  );
  return rows[0]!;
}

/** What was held at the start as money put in, what moved until the last day, and the value then as money taken out. */
async function readMovements(
  client: PoolClient,
  published: PublishedModels,
  userId: number,
  { start, end }: Span,
): Promise<Movement[]> {
  const { rows } = await client.query<Movement>(
    `${modelsOverRange(published, gold_p_timeseries)},
     movements as (
       (
         select $2::date as flow_date, -prev_market_value as amount, 'start' as kind
         from gold_p_timeseries
         where user_id = $1
         order by price_date
         limit 1
       )
       union all
       select
         price_date,
         income - net_flow,
         case when net_flow = 0 then 'dividends' when income = 0 then 'trades' else 'both' end
       from gold_p_timeseries
       where user_id = $1
       union all
       (
         select price_date, market_value, 'end'
         from gold_p_timeseries
         where user_id = $1
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
    [userId, start, end],
  );
  return rows;
}
