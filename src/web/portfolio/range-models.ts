/**
 * Models over a range of days: the figures of any range are those of the models themselves, run over a slice of what is
 * stored. A name in a body means the nearest CTE of that name before it means a relation, so the bodies stand as they
 * are: no figure has a second definition, and the whole time gives just what the published views hold.
 *
 * Over a slice the portfolio begins at the close of the start day: what was held then counts as put in at that price.
 */
import { createHash } from "node:crypto";
import type { AnyAsset, Registry } from "../../engine/index.ts";

/** $1: the person; $2: the day whose close the range is measured from; $3: its last day. */
const slices: Readonly<Record<string, string>> = {
  int_portfolio_daily: `
    select *
    from int_portfolio_daily
    where user_id = $1::bigint and price_date > $2::date and price_date <= $3::date`,
  int_last_day: "select $3::date as last_day",
  int_calendar: "select calendar_date from int_calendar where calendar_date <= $3::date",
  int_risk_free: "select * from int_risk_free where calendar_date > $2::date and calendar_date <= $3::date",
  fct_macro_regimes: "select * from fct_macro_regimes where date > $2::date and date <= $3::date",
  int_holding_periods: `
    select
      user_id, ticker, valid_from,
      case when valid_to > $3::date then 'infinity' else valid_to end as valid_to,
      least(held_until, $3::date + 1) as held_until,
      quantity, prev_quantity, cost_basis, prev_cost_basis, average_cost, realized_pnl, buy_amount, sell_amount, fees,
      trade_price, prev_trade_price
    from int_holding_periods
    where user_id = $1::bigint and valid_from > $2::date and valid_from <= $3::date
    union all
    select
      p.user_id, p.ticker, $2::date,
      case when p.valid_to > $3::date then 'infinity' else p.valid_to end,
      least(p.held_until, $3::date + 1),
      p.quantity, 0, p.cost_basis, 0, p.average_cost, 0, p.quantity * coalesce(i.close, p.trade_price), 0, 0,
      coalesce(i.close, p.trade_price), null
    from int_holding_periods p
    left join int_prices_daily i on i.ticker = p.ticker and i.price_date = $2::date
    where p.user_id = $1::bigint and p.valid_from <= $2::date and p.valid_to > $2::date and p.quantity > 0`,
};

/**
 * Searched by index for each row or by each reader that asks. Written out first, the calendar is 46,000 days (2 s for a page
 * instead of 20 ms), and a person's ten years cost 4 ms more.
 */
const lookedUp: ReadonlySet<string> = new Set(["int_calendar", "int_portfolio_daily"]);

/** A statement of pg, prepared once on each connection: planning it anew takes as long as running it. */
export interface RangeStatement {
  readonly name: string;
  readonly text: string;
}

const statements = new WeakMap<Registry, Map<string, RangeStatement>>();

/** `select` under `modelsOverRange`. Made once for each version of the models: a hot reload brings another registry. */
export function overRange(registry: Registry, models: readonly AnyAsset[], select: string): RangeStatement {
  const made = statements.get(registry) ?? new Map<string, RangeStatement>();
  statements.set(registry, made);
  const known = made.get(select);
  if (known) return known;
  const text = `${modelsOverRange(registry, ...models)}\n${select}`;
  const name = `range_${createHash("sha256").update(text).digest("hex").slice(0, 16)}`;
  made.set(select, { name, text });
  return { name, text };
}

/** The WITH clause under which `from <model>` reads the models over the range: $1 person, $2 start, $3 last day. */
export function modelsOverRange({ graph }: Registry, ...models: readonly AnyAsset[]): string {
  const written = new Map<string, string | null>();
  /** Does it differ over a range? What is stored does not, nor what reads nothing that does. */
  const visit = ({ name }: AnyAsset): boolean => {
    const known = written.get(name);
    if (known !== undefined) return known !== null;
    const slice = slices[name];
    if (slice) return !!written.set(name, slice);
    const { asset, body, file } = graph.get(name);
    const differs =
      asset.kind === "model" &&
      asset.materialized === "view" &&
      asset.deps.map((dependency) => visit(dependency.asset)).includes(true);
    // Its published view would answer, for the whole time.
    if (differs && body === null) throw new TypeError(`expected a SELECT in ${file}, which ${name} needs`);
    written.set(name, differs ? body : null);
    return differs;
  };
  models.forEach(visit);
  const expressions = [...written].flatMap(([name, body]) =>
    body === null ? [] : [`${name} as ${lookedUp.has(name) ? "not materialized " : ""}(${body}\n)`],
  );
  return `with ${expressions.join(",\n")}`;
}
