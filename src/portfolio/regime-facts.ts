/** A person's own numbers in one macro regime, as far as the formulas of its figures ask for them. */
import type { PoolClient } from "pg";
import { type fct_macro_regimes, gold_regime_performance } from "../../assets/macro.ts";
import type { RowOf } from "../engine/index.ts";
import type { PublishedModels } from "./published-models.ts";
import { beforeAllDays, type Span, type Whose } from "./range.ts";
import { modelsOverRange } from "./range-models.ts";

/** Days of the regime that follow one another. */
export interface RegimeSpell {
  readonly first_day: string;
  readonly last_day: string;
  readonly days: number;
  readonly return: number;
}

export type RegimeFacts = RowOf<typeof gold_regime_performance> & {
  readonly periods_per_year: number;
  readonly spells: readonly RegimeSpell[];
  /** The lowest day of the regime's days put end to end. */
  readonly trough: { readonly price_date: string; readonly index: number; readonly peak: number };
};

/** The regimes that the person's days were in, or those of one account; `span`: null before there are any. */
export async function readRegimes(
  client: PoolClient,
  published: PublishedModels,
  { userId, account }: Whose,
  span: Span | null,
): Promise<string[]> {
  if (!span) return [];
  const { rows } = await client.query<{ regime: string }>(
    `${modelsOverRange(published, account, gold_regime_performance)}
     select regime from gold_regime_performance where user_id = $1 order by days desc`,
    // over the whole time: links to them name no range
    [userId, beforeAllDays, span.as_of, account],
  );
  return rows.map(({ regime }) => regime);
}

/** null: no day of the range was in that regime. */
export async function readRegimeFacts(
  client: PoolClient,
  published: PublishedModels,
  { userId, account }: Whose,
  regime: string,
  { start, end }: Span,
): Promise<RegimeFacts | null> {
  const { rows } = await client.query<RegimeFacts>(
    `${modelsOverRange(published, account, gold_regime_performance)},
     regime_days as (
       select
         r.price_date,
         r.daily_return,
         r.periods_per_year,
         product(1 + coalesce(r.daily_return, 0)) over (order by r.price_date) as index,
         r.price_date - (row_number() over (order by r.price_date))::integer as spell
       from int_risk_returns r
       left join fct_macro_regimes m on m.date = r.price_date
       where r.user_id = $1
         and coalesce(m.regime, 'unknown') = $5
     ),
     peaks as (
       select
         price_date,
         index,
         greatest(1, max(index) over (order by price_date)) as peak
       from regime_days
     ),
     spells as (
       select
         min(price_date) as first_day,
         max(price_date) as last_day,
         count(*) as days,
         product(1 + coalesce(daily_return, 0) order by price_date) - 1 as return
       from regime_days
       group by spell
     )
     select
       performance.*,
       (select max(periods_per_year) from regime_days) as periods_per_year,
       (select json_agg(s order by s.first_day) from spells s) as spells,
       (select to_json(p) from peaks p order by p.index / p.peak, p.price_date limit 1) as trough
     from gold_regime_performance performance
     where performance.user_id = $1
       and performance.regime = $5`,
    [userId, start, end, account, regime],
  );
  return rows[0] ?? null;
}

export type RegimeDay = RowOf<typeof fct_macro_regimes>;

/** The last day on or before `day`, with the signals that its regime was told by; null: no macro data are known. */
export async function readRegimeDay(client: PoolClient, day: string | null): Promise<RegimeDay | null> {
  const { rows } = await client.query<RegimeDay>(
    `select *
     from fct_macro_regimes
     where date <= coalesce($1::date, 'infinity')
     order by date desc
     limit 1`,
    [day],
  );
  return rows[0] ?? null;
}
