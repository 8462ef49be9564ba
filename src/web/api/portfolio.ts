/** A person's figures, as the gold models hold them. Row-level security and `user_id = $1` both keep to the person. */
import type { PoolClient } from "pg";
import { z } from "zod";
import {
  gold_drawdowns,
  gold_monthly_returns,
  gold_p_timeseries,
  gold_ticker_kpis,
} from "../../../assets/gold.ts";
import { gold_regime_performance } from "../../../assets/macro.ts";
import { gold__performance } from "../../../assets/performance.ts";
import { personTransaction } from "../../database/person.ts";
import { type AnyAsset, type Columns, quoteIdentifier, type RowOf } from "../../engine/index.ts";
import type { Person, WebContext } from "../context.ts";
import { type Route, route } from "../route.ts";
import { dateRange, day, decimal, rowSchema, selectColumns } from "../schemas.ts";

interface Range {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/** A person's rows of an asset, without `user_id`, in the order of its key. `range`: by its time column, both ends in. */
export function readPersonRows<A extends AnyAsset & { columns: Columns }>(
  { pool }: Pick<WebContext, "pool">,
  person: Person,
  asset: A,
  range: Range = {},
): Promise<Omit<RowOf<A>, "user_id">[]> {
  return personTransaction(pool, person.userId, (client) =>
    queryPersonRows(client, person.userId, asset, range),
  );
}

/** As `readPersonRows`, within a transaction of the person's. */
export async function queryPersonRows<A extends AnyAsset & { columns: Columns }>(
  client: PoolClient,
  userId: number,
  asset: A,
  range: Range = {},
): Promise<Omit<RowOf<A>, "user_id">[]> {
  const conditions = ["user_id = $1"];
  const values: unknown[] = [userId];
  const restrict = (operator: ">=" | "<=", value: string | undefined): void => {
    if (value === undefined) return;
    values.push(value);
    conditions.push(`${quoteIdentifier(asset.timeColumn!)} ${operator} $${values.length}`);
  };
  restrict(">=", range.from);
  restrict("<=", range.to);
  const order = asset.key.filter((column) => column !== "user_id").map(quoteIdentifier);
  const { rows } = await client.query<Omit<RowOf<A>, "user_id">>(
    `select ${selectColumns(asset, "user_id")}
     from ${quoteIdentifier(asset.name)}
     where ${conditions.join(" and ")}
     ${order.length > 0 ? `order by ${order.join(", ")}` : ""}`,
    values,
  );
  return rows;
}

/** What a person holds of each ticker on a day, with its value; default: the last day known. */
async function readHoldings(
  { pool }: WebContext,
  person: Person,
  date: string | undefined,
): Promise<Holding[]> {
  return personTransaction(pool, person.userId, async (client) => {
    const { rows } = await client.query<Holding>(
      `select ticker, price_date, quantity, cost_basis, close, market_value, is_priced
       from int_daily_holdings
       where user_id = $1
         and price_date = coalesce($2::date, (select max(calendar_date) from int_calendar))
         and quantity > 0 -- the day of the exit has a row too
       order by ticker`,
      [person.userId, date ?? null],
    );
    return rows;
  });
}

const holding = z.object({
  ticker: z.string(),
  price_date: z.iso.date(),
  quantity: decimal,
  cost_basis: decimal,
  close: decimal,
  market_value: decimal,
  is_priced: z.boolean().describe("false: before the first bar; close is the last transaction's price"),
});

type Holding = z.output<typeof holding>;

export const portfolioRoutes: readonly Route[] = [
  route({
    method: "get",
    path: "/api/portfolio/timeseries",
    summary: "Value, flows, return and drawdown, day by day",
    access: "person",
    query: dateRange,
    status: 200,
    answer: z.object({ rows: z.array(rowSchema(gold_p_timeseries, "user_id")) }),
    handle: async ({ context, person, query }) => ({
      rows: await readPersonRows(context, person, gold_p_timeseries, query),
    }),
  }),
  route({
    method: "get",
    path: "/api/portfolio/performance",
    summary: "Return and risk of the whole portfolio; null before the first transaction",
    access: "person",
    status: 200,
    answer: z.object({ performance: rowSchema(gold__performance, "user_id").nullable() }),
    handle: async ({ context, person }) => ({
      performance: (await readPersonRows(context, person, gold__performance))[0] ?? null,
    }),
  }),
  route({
    method: "get",
    path: "/api/portfolio/tickers",
    summary: "The figures of each ticker ever traded",
    access: "person",
    status: 200,
    answer: z.object({ rows: z.array(rowSchema(gold_ticker_kpis, "user_id")) }),
    handle: async ({ context, person }) => ({
      rows: await readPersonRows(context, person, gold_ticker_kpis),
    }),
  }),
  route({
    method: "get",
    path: "/api/portfolio/holdings",
    summary: "What was held on a day; default: the last day known",
    access: "person",
    query: z.object({ date: day.optional() }),
    status: 200,
    answer: z.object({ rows: z.array(holding) }),
    handle: async ({ context, person, query }) => ({ rows: await readHoldings(context, person, query.date) }),
  }),
  route({
    method: "get",
    path: "/api/portfolio/regimes",
    summary: "Return and risk in each macro regime",
    access: "person",
    status: 200,
    answer: z.object({ rows: z.array(rowSchema(gold_regime_performance, "user_id")) }),
    handle: async ({ context, person }) => ({
      rows: await readPersonRows(context, person, gold_regime_performance),
    }),
  }),
  route({
    method: "get",
    path: "/api/portfolio/drawdowns",
    summary: "Each fall below the highest point so far, the deepest first",
    access: "person",
    status: 200,
    answer: z.object({ rows: z.array(rowSchema(gold_drawdowns, "user_id")) }),
    handle: async ({ context, person }) => ({
      rows: await readPersonRows(context, person, gold_drawdowns),
    }),
  }),
  route({
    method: "get",
    path: "/api/portfolio/monthly-returns",
    summary: "Time-weighted return of each month",
    access: "person",
    status: 200,
    answer: z.object({ rows: z.array(rowSchema(gold_monthly_returns, "user_id")) }),
    handle: async ({ context, person }) => ({
      rows: await readPersonRows(context, person, gold_monthly_returns),
    }),
  }),
];
