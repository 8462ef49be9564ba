/**
 * The slice of each stored model that a range of days takes.
 *
 * A column that is not as it is stored says here by name what it is. In what order columns stand, and what they are called,
 * is the model's own declaration; and a model whose slice does more than leave rows out must say of every column what
 * becomes of it: a new one fails to compile, and to load, until somebody has thought of it.
 *
 * An account is a slice like a range is: its own rows, and the days of its portfolio shown as the whole's.
 *
 * $1: the person; $2: the day whose close the range is measured from; $3: its last day; $4, of an account alone: it.
 */
import { int_booked_income } from "../../assets/cash.ts";
import { int_portfolio_daily } from "../../assets/intermediate.ts";
import { fct_macro_regimes } from "../../assets/macro.ts";
import { int_calendar, int_last_day } from "../../assets/market.ts";
import { int_risk_free } from "../../assets/performance.ts";
import { int_holding_periods } from "../../assets/positions.ts";
import { type Columns, quoteColumns, quoteIdentifier, type SqlAsset } from "../engine/index.ts";

export class SliceColumnsError extends Error {
  readonly code = "slice_columns";

  constructor(model: string, missing: readonly string[], unexpected: readonly string[]) {
    const problems = [
      missing.length > 0 && `none for ${missing.join(", ")}`,
      unexpected.length > 0 && `one for ${unexpected.join(", ")}, which it has not`,
    ].filter((problem) => problem !== false);
    super(
      `the slice of ${model}: expected an expression for each of its columns, got ${problems.join(", and ")}; ` +
        "say in src/portfolio/slices.ts what becomes of it over a range",
    );
  }
}

export interface Slice {
  readonly model: string;
  /**
   * Searched by index for each row or by each reader that asks. Written out first, the calendar is 46,000 days (2 s for a
   * page instead of 20 ms), and a person's ten years cost 4 ms more.
   */
  readonly isLookedUp: boolean;
  /** Read once, its join of days to days would be done day by day: 10 s instead of 0.2. */
  readonly isComputedFirst?: boolean;
  /** Models that the SELECT reads as they are over the range. */
  readonly reads?: readonly string[];
  /** The SELECT, for a version of the model with these columns. Throws SliceColumnsError. */
  select(columns: Columns): string;
}

/** Rows that satisfy the condition, each as it is stored. */
export function rowsWhere(model: SqlAsset, condition: string, isLookedUp = false): Slice {
  return {
    model: model.name,
    isLookedUp,
    select: (columns) =>
      `select ${quoteColumns(Object.keys(columns))} from ${quoteIdentifier(model.name)} where ${condition}`,
  };
}

/** Expressions by column: one for all parts, or one for each in their order. */
type Expressions<C extends Columns, P extends readonly string[]> = {
  readonly [Column in keyof C]: string | { readonly [Part in keyof P]: string };
};

/**
 * Rows put together anew. `parts`: what stands after the select list, united; in `expressions` every column of the model.
 * Throws SliceColumnsError.
 */
export function rowsMade<C extends Columns, const P extends readonly string[]>(
  model: SqlAsset & { readonly columns: C },
  parts: P,
  expressions: Expressions<C, P>,
): Slice {
  const given: Readonly<Record<string, string | readonly string[]>> = expressions;
  const unexpected = Object.keys(given).filter((column) => !Object.hasOwn(model.columns, column));
  const select = (columns: Columns): string => {
    const names = Object.keys(columns);
    const missing = names.filter((column) => !Object.hasOwn(given, column));
    if (missing.length > 0 || unexpected.length > 0)
      throw new SliceColumnsError(model.name, missing, unexpected);
    const expressionOf = (column: string, part: number): string => {
      const expression = given[column]!;
      return typeof expression === "string" ? expression : expression[part]!;
    };
    return parts
      .map((source, part) => {
        const list = names.map((column) => `${expressionOf(column, part)} as ${quoteIdentifier(column)}`);
        return `select ${list.join(", ")} ${source}`;
      })
      .join("\nunion all\n");
  };
  select(model.columns); // now, when the program starts, and not when somebody asks for a range
  return { model: model.name, isLookedUp: false, select };
}

/** Each column as it is. */
export function columnsAsStored<C extends Columns>(
  columns: C,
  alias: string,
): { readonly [Column in keyof C]: string } {
  const expressions = Object.keys(columns).map((column) => [column, `${alias}.${quoteIdentifier(column)}`]);
  return Object.fromEntries(expressions) as { [Column in keyof C]: string };
}

/** Of a position held at the close that the range is measured from: its price and its exchange rate there. */
const openingPrice = "coalesce(i.close, p.trade_price)";
const openingRate =
  "case when p.currency = p.base_currency then 1 else coalesce(own.usd_per_unit / base.usd_per_unit, p.rate) end";
const openingValue = `p.quantity * ${openingPrice} * ${openingRate}`;

const periodsOf = (condition: string): Slice =>
  rowsMade(
    int_holding_periods,
    [
      // Traded in the range.
      `from int_holding_periods p
     where p.user_id = $1::bigint and p.valid_from > $2::date and p.valid_from <= $3::date${condition}`,
      // Held at the close that it is measured from: bought there, at that price.
      `from int_holding_periods p
     left join int_prices_daily i on i.ticker = p.ticker and i.price_date = $2::date
     left join int_fx_daily own on own.currency = nullif(p.currency, p.base_currency) and own.rate_date = $2::date
     left join int_fx_daily base on base.currency = nullif(p.base_currency, p.currency) and base.rate_date = $2::date
     where p.user_id = $1::bigint and p.valid_from <= $2::date and p.valid_to > $2::date and p.quantity > 0${condition}`,
    ],
    {
      user_id: "p.user_id",
      account_id: "p.account_id",
      ticker: "p.ticker",
      valid_from: ["p.valid_from", "$2::date"],
      valid_to: "case when p.valid_to > $3::date then 'infinity' else p.valid_to end",
      held_until: "least(p.held_until, $3::date + 1)",
      currency: "p.currency",
      base_currency: "p.base_currency",
      tracks_cash: "p.tracks_cash",
      books_income: "p.books_income",
      quantity: "p.quantity",
      prev_quantity: ["p.prev_quantity", "0"],
      cost_basis: "p.cost_basis",
      prev_cost_basis: ["p.prev_cost_basis", "0"],
      local_cost_basis: "p.local_cost_basis",
      prev_local_cost_basis: ["p.prev_local_cost_basis", "0"],
      average_cost: "p.average_cost",
      realized_pnl: ["p.realized_pnl", "0"],
      buy_amount: ["p.buy_amount", openingValue],
      sell_amount: ["p.sell_amount", "0"],
      local_buy_amount: ["p.local_buy_amount", `p.quantity * ${openingPrice}`],
      local_sell_amount: ["p.local_sell_amount", "0"],
      fees: ["p.fees", "0"],
      transferred_quantity: ["p.transferred_quantity", "0"],
      transferred_cost: ["p.transferred_cost", "0"],
      exchanged_quantity: ["p.exchanged_quantity", "0"],
      exchanged_value: ["p.exchanged_value", "0"],
      bought_at_rates: ["p.bought_at_rates", `p.quantity * ${openingRate}`],
      bought_for: ["p.bought_for", openingValue],
      sold_quantity: ["p.sold_quantity", "0"],
      local_sold_for: ["p.local_sold_for", "0"],
      trade_price: ["p.trade_price", openingPrice],
      prev_trade_price: ["p.prev_trade_price", "null"],
      rate: ["p.rate", openingRate],
      prev_rate: ["p.prev_rate", "null"],
      is_rated: ["p.is_rated", "true"],
    },
  );

const days = int_portfolio_daily.columns;

/** A person's only account is the whole of what they have. */
const daysOfAccount = rowsMade(
  int_portfolio_daily,
  [
    `from int_portfolio_daily d
     where d.user_id = $1::bigint
       and d.price_date > $2::date
       and d.price_date <= $3::date
       and d.portfolio_id = (
         select max(m.portfolio_id) from int_portfolios m where m.user_id = $1::bigint and m.account_id = $4::bigint
       )`,
  ],
  { ...columnsAsStored(days, "d"), portfolio_id: "0::bigint" },
);

export const byModel = (...made: readonly Slice[]): ReadonlyMap<string, Slice> =>
  new Map(made.map((slice) => [slice.model, slice]));

/** What is of no person. */
export const everybodys = [
  rowsMade(int_last_day, [""], { last_day: "$3::date" }),
  rowsWhere(int_calendar, "calendar_date <= $3::date", true),
  rowsWhere(int_risk_free, "calendar_date > $2::date and calendar_date <= $3::date"),
  rowsWhere(fct_macro_regimes, "date > $2::date and date <= $3::date"),
];

export const paidInRange = "user_id = $1::bigint and pay_date > $2::date and pay_date <= $3::date";

/** By model: of all accounts together. */
export const slices = byModel(
  rowsWhere(
    int_portfolio_daily,
    "user_id = $1::bigint and portfolio_id = 0 and price_date > $2::date and price_date <= $3::date",
    true,
  ),
  ...everybodys,
  rowsWhere(int_booked_income, paidInRange, true),
  periodsOf(""),
);

/** By model: of one account. */
export const accountSlices = byModel(
  { ...daysOfAccount, isLookedUp: true },
  ...everybodys,
  rowsWhere(int_booked_income, `${paidInRange} and account_id = $4::bigint`, true),
  periodsOf(" and p.account_id = $4::bigint"),
);
