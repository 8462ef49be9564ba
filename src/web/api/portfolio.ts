/** A person's figures, as the gold models hold them. */
import { z } from "zod";
import {
  gold_drawdowns,
  gold_monthly_returns,
  gold_p_timeseries,
  gold_ticker_kpis,
} from "../../../assets/gold.ts";
import { gold_regime_performance } from "../../../assets/macro.ts";
import { gold__performance } from "../../../assets/performance.ts";
import { readHoldings, readPersonRows } from "../../portfolio/index.ts";
import { day, decimal, rowSchema } from "../../values.ts";
import { type Route, route } from "../route.ts";
import { dateRange } from "../schemas.ts";

const holding = z.object({
  ticker: z.string(),
  price_date: z.iso.date(),
  quantity: decimal,
  cost_basis: decimal,
  close: decimal,
  market_value: decimal,
  is_priced: z.boolean().describe("false: before the first bar; close is the last transaction's price"),
});

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
      rows: await readPersonRows(context.pool, person.userId, gold_p_timeseries, query),
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
      performance: (await readPersonRows(context.pool, person.userId, gold__performance))[0] ?? null,
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
      rows: await readPersonRows(context.pool, person.userId, gold_ticker_kpis),
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
    handle: async ({ context, person, query }) => ({
      rows: await readHoldings(context.pool, person.userId, query.date),
    }),
  }),
  route({
    method: "get",
    path: "/api/portfolio/regimes",
    summary: "Return and risk in each macro regime",
    access: "person",
    status: 200,
    answer: z.object({ rows: z.array(rowSchema(gold_regime_performance, "user_id")) }),
    handle: async ({ context, person }) => ({
      rows: await readPersonRows(context.pool, person.userId, gold_regime_performance),
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
      rows: await readPersonRows(context.pool, person.userId, gold_drawdowns),
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
      rows: await readPersonRows(context.pool, person.userId, gold_monthly_returns),
    }),
  }),
];
