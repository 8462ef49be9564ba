/** The formulas of a portfolio's figures in one macro regime, with the person's own numbers put in. */
import type { PoolClient } from "pg";
import { gold_regime_performance } from "../../../assets/macro.ts";
import type { Registry, RowOf } from "../../engine/index.ts";
import type { Format } from "../format.ts";
import type { Span } from "../portfolio/range.ts";
import { modelsOverRange } from "../portfolio/range-models.ts";
import { type Evidence, tableOf } from "./evidence.ts";
import type { FigureName } from "./figures.ts";
import { computed, equation, impossible, precise, type Working } from "./working.ts";

/** Days of the regime that follow one another. */
interface Spell {
  readonly first_day: string;
  readonly last_day: string;
  readonly days: number;
  readonly return: number;
}

type RegimeFacts = RowOf<typeof gold_regime_performance> & {
  readonly periods_per_year: number;
  readonly spells: readonly Spell[];
  /** The lowest day of the regime's days put end to end. */
  readonly trough: { readonly price_date: string; readonly index: number; readonly peak: number };
};

/** The regimes that the person's days were in. */
export async function readRegimes(client: PoolClient, userId: number): Promise<string[]> {
  const { rows } = await client.query<{ regime: string }>(
    "select regime from gold_regime_performance where user_id = $1 order by days desc",
    [userId],
  );
  return rows.map(({ regime }) => regime);
}

/** null: no day of the range was in that regime. */
export async function readRegimeFacts(
  client: PoolClient,
  registry: Registry,
  userId: number,
  regime: string,
  { start, end }: Span,
): Promise<RegimeFacts | null> {
  const { rows } = await client.query<RegimeFacts>(
    `${modelsOverRange(registry, gold_regime_performance)},
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
         and coalesce(m.regime, 'unknown') = $4
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
       and performance.regime = $4`,
    [userId, start, end, regime],
  );
  return rows[0] ?? null;
}

export function spellTable(spells: readonly Spell[], format: Format): Evidence {
  const rows = spells.map(({ first_day, last_day, days, return: earned }) => [
    {
      text: `${format.date(first_day)} to ${format.date(last_day)}`,
      href: `/portfolio?from=${first_day}&to=${last_day}`,
    },
    { text: format.count(days) },
    { text: format.signedPercent(earned) },
  ]);
  // All of them: they are to be added up and multiplied.
  return tableOf("Times in the regime", ["From and to", "#Days", "#Return"], rows.reverse(), rows.length);
}

type Work = (facts: RegimeFacts, format: Format) => Working;

export const regimeWorkings: Partial<Record<FigureName, Work>> = {
  regime_days: ({ days, spells }, format) => {
    const value = format.count(days);
    return computed(value, equation(spells.map((spell) => format.count(spell.days)).join(" + "), value));
  },
  regime_return: ({ return: earned, return_reason, spells }, format) => {
    if (earned === null) return impossible(return_reason);
    const value = format.signedPercent(earned);
    const factors = spells.map((spell) => `(1 + ${precise(format, spell.return)})`);
    return computed(value, equation(`${factors.join(" × ")} − 1`, value));
  },
  regime_annualized_return: (
    { annualized_return, annualized_return_reason, return: earned, days },
    format,
  ) => {
    if (annualized_return === null || earned === null) return impossible(annualized_return_reason);
    const value = format.signedPercent(annualized_return);
    const numbers = `(1 + ${precise(format, earned)})^(365.25 ÷ ${format.count(days)}) − 1`;
    return computed(value, equation(numbers, value));
  },
  regime_volatility: ({ volatility, volatility_reason, returns, periods_per_year }, format) => {
    if (volatility === null) return impossible(volatility_reason);
    const root = Math.sqrt(periods_per_year);
    const deviation = precise(format, volatility / root);
    const value = format.percent(volatility);
    return computed(
      value,
      `${format.count(returns)} returns: stddev(r) = ${deviation}, sqrt(${periods_per_year}) = ${precise(format, root)}`,
      equation(`${deviation} × ${precise(format, root)}`, value),
    );
  },
  regime_drawdown: ({ max_drawdown, max_drawdown_reason, trough }, format) => {
    if (max_drawdown === null) return impossible(max_drawdown_reason);
    const value = format.signedPercent(max_drawdown);
    const [index, peak] = [precise(format, trough.index), precise(format, trough.peak)];
    return computed(
      value,
      `on ${format.date(trough.price_date)}: index = ${index}, highest index so far = ${peak}`,
      equation(`${index} ÷ ${peak} − 1`, value),
    );
  },
};
