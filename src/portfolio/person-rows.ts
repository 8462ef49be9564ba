/** A person's rows, as the published models hold them. Row-level security and `user_id = $1` both keep to the person. */
import type { Pool } from "pg";
import { gold_p_timeseries, gold_ticker_kpis } from "../../assets/gold.ts";
import { gold_macro_context, gold_regime_performance } from "../../assets/macro.ts";
import { gold__performance } from "../../assets/performance.ts";
import { personTransaction } from "../database/person.ts";
import {
  type AnyAsset,
  type Columns,
  quoteColumns,
  quoteIdentifier,
  type Registry,
  type RowOf,
} from "../engine/index.ts";
import { rowSchema } from "../values.ts";
import { readKeptRows } from "./kept-rows.ts";
import { accountAskedFor, type NamedAccount, requireAccount } from "./named-account.ts";
import { acrossPublications, readCurrentModels } from "./published-models.ts";
import { beforeAllDays } from "./range.ts";
import { overRange } from "./range-models.ts";
import { accountSlices } from "./slices.ts";

/** Days, both ends in it. */
interface Days {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/** At most `limit` rows in the order of their key, those after the key `after`; `account`: of that one alone. */
export interface RowPage extends Days {
  readonly limit?: number | undefined;
  readonly after?: string | undefined;
  readonly account?: NamedAccount | undefined;
}

/** Whose rows are read, and of which version of the models. */
export interface RowReader {
  readonly pool: Pool;
  readonly registry: () => Registry;
}

/** The columns that a declaration names, for a select list. */
function selectColumns(asset: AnyAsset, ...omitted: string[]): string {
  return quoteColumns(Object.keys(asset.columns).filter((column) => !omitted.includes(column)));
}

/**
 * A person's rows of an asset, without `user_id`, in the order of its key; days are those of its time column. Throws
 * UnknownAccountError.
 */
export function readPersonRows<A extends AnyAsset & { columns: Columns }>(
  { pool, registry }: RowReader,
  userId: number,
  asset: A,
  page: RowPage = {},
): Promise<Omit<RowOf<A>, "user_id">[]> {
  const { account } = page;
  if (account === undefined)
    return acrossPublications(() => {
      const statement = selectRows(asset, page, [userId]);
      return readKeptRows({ pool, registry: registry(), userId, asset: asset.name, ...statement });
    });
  return acrossPublications(() =>
    personTransaction(pool, userId, async (client) => {
      const accountId = await requireAccount(client, userId, account);
      const { rows: days } = await client.query<{ last_day: string }>("select last_day from int_last_day");
      const published = await readCurrentModels(client, registry());
      const { text, values } = selectRows(asset, page, [userId, beforeAllDays, days[0]!.last_day, accountId]);
      const statement = overRange(published, [asset], text, accountSlices);
      return (await client.query<Omit<RowOf<A>, "user_id">>({ ...statement, values })).rows;
    }),
  );
}

/** `given`: the values that come first, the person before all others. */
function selectRows(asset: AnyAsset, page: RowPage, given: readonly unknown[]) {
  const order = asset.key.filter((column) => column !== "user_id");
  const conditions = ["user_id = $1"];
  const values = [...given];
  const restrict = (column: string, operator: string, value: string | undefined): void => {
    if (value === undefined) return;
    values.push(value);
    conditions.push(`${quoteIdentifier(column)} ${operator} $${values.length}`);
  };
  restrict(asset.timeColumn!, ">=", page.from);
  restrict(asset.timeColumn!, "<=", page.to);
  restrict(order[0]!, ">", page.after);
  values.push(page.limit);
  const text = `select ${selectColumns(asset, "user_id")}
     from ${quoteIdentifier(asset.name)}
     where ${conditions.join(" and ")}
     ${order.length > 0 ? `order by ${quoteColumns(order)}` : ""}
     limit $${values.length}::bigint`;
  return { text, values };
}

function personTable(asset: AnyAsset & { columns: Columns }) {
  const order = asset.key.filter((column) => column !== "user_id");
  return {
    row: rowSchema(asset, "user_id" as never),
    columns: Object.keys(asset.columns).filter((column) => column !== "user_id"),
    select: `
      select ${selectColumns(asset, "user_id")}
      from ${quoteIdentifier(asset.name)}
      where user_id = $1
      ${order.length > 0 ? `order by ${quoteColumns(order)}` : ""}`,
  };
}

/** The figures, as a person's export has them. */
export const figureTables = {
  timeseries: personTable(gold_p_timeseries),
  performance: personTable(gold__performance),
  tickers: personTable(gold_ticker_kpis),
  regimes: personTable(gold_regime_performance),
};

export interface Holding {
  readonly ticker: string;
  readonly price_date: string;
  readonly quantity: string;
  readonly cost_basis: string;
  readonly close: string;
  readonly market_value: string;
  readonly base_currency: string;
  readonly currency: string;
  readonly local_market_value: string;
  readonly rate: string;
  readonly is_priced: boolean;
  readonly is_rated: boolean;
}

/**
 * What a person holds of each ticker on a day over all accounts, or in one, with its value; default: the last day known. Throws
 * UnknownAccountError.
 */
export function readHoldings(
  pool: Pool,
  userId: number,
  date: string | undefined,
  { after, limit, account }: Pick<RowPage, "after" | "limit" | "account"> = {},
): Promise<Holding[]> {
  return personTransaction(pool, userId, async (client) => {
    const accountId = await accountAskedFor(client, userId, account);
    const { rows } = await client.query<Holding>(
      `select
         ticker,
         price_date,
         sum(quantity) as quantity,
         sum(cost_basis) as cost_basis,
         -- before the first bar each account has its own
         first(close order by account_id desc) as close,
         sum(market_value) as market_value,
         min(base_currency) as base_currency,
         min(currency) as currency,
         sum(local_market_value) as local_market_value,
         -- before the first rate each account has its own
         first(rate order by account_id desc) as rate,
         bool_and(is_priced) as is_priced,
         bool_and(is_rated) as is_rated
       from int_daily_holdings
       where user_id = $1
         and price_date = coalesce($2::date, (select max(calendar_date) from int_calendar))
         and quantity > 0 -- the day of the exit has a row too
         and ($3::text is null or ticker > $3)
         and ($5::bigint is null or account_id = $5)
       group by ticker, price_date
       order by ticker
       limit $4`,
      [userId, date ?? null, after, limit, accountId],
    );
    return rows;
  });
}

/** The macro regime and its indicators, day by day: nobody's in particular. */
export async function readMacroContext(
  pool: Pool,
  { from, to, after, limit }: RowPage,
): Promise<RowOf<typeof gold_macro_context>[]> {
  const { rows } = await pool.query<RowOf<typeof gold_macro_context>>(
    `select ${selectColumns(gold_macro_context)}
     from gold_macro_context
     where date >= coalesce($1::date, '-infinity') and date <= coalesce($2::date, 'infinity')
       and date > coalesce($3::date, '-infinity')
     order by date
     limit $4`,
    [from, to, after, limit],
  );
  return rows;
}
