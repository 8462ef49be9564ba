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
import { dayPage, numberPage, sendRows, textPage } from "../row-list.ts";
import { accountQuery as account, dateRange } from "../schemas.ts";

const errors = ["unknown_account", "models_unavailable"] as const;

const holding = z.object({
  ticker: z.string(),
  price_date: z.iso.date(),
  quantity: decimal,
  cost_basis: decimal.describe("In `base_currency`, as `market_value` is"),
  close: decimal.describe("In `currency`, as `local_market_value` is"),
  market_value: decimal,
  base_currency: z.string().describe("ISO code of the person's currency"),
  currency: z.string().describe("ISO code of the ticker's"),
  local_market_value: decimal,
  rate: decimal.describe("What one of `currency` was worth in `base_currency` on the day"),
  is_priced: z.boolean().describe("false: before the first bar; close is the last transaction's price"),
  is_rated: z
    .boolean()
    .describe("false: before the first known exchange rate of its currency, or of what was paid that day"),
});

export const portfolioRoutes: readonly Route[] = [
  route({
    method: "get",
    path: "/api/portfolio/timeseries",
    summary: "Value, flows, return and drawdown, day by day",
    access: "person",
    query: dateRange.safeExtend({ account }),
    errors,
    status: 200,
    answer: z.object({ rows: z.array(rowSchema(gold_p_timeseries, "user_id")) }),
    handle: (input) =>
      sendRows(input, "price_date", (page) =>
        readPersonRows(input.context, input.person.userId, gold_p_timeseries, page),
      ),
  }),
  route({
    method: "get",
    path: "/api/portfolio/performance",
    summary: "Return and risk of the whole portfolio; null before the first transaction",
    access: "person",
    status: 200,
    query: z.object({ account }),
    errors,
    answer: z.object({ performance: rowSchema(gold__performance, "user_id").nullable() }),
    handle: async ({ context, person, query }) => ({
      performance: (await readPersonRows(context, person.userId, gold__performance, query))[0] ?? null,
    }),
  }),
  route({
    method: "get",
    path: "/api/portfolio/tickers",
    summary: "The figures of each ticker ever traded",
    access: "person",
    query: z.object({ account, ...textPage }),
    errors,
    status: 200,
    answer: z.object({ rows: z.array(rowSchema(gold_ticker_kpis, "user_id")) }),
    handle: (input) =>
      sendRows(input, "ticker", (page) =>
        readPersonRows(input.context, input.person.userId, gold_ticker_kpis, page),
      ),
  }),
  route({
    method: "get",
    path: "/api/portfolio/holdings",
    summary: "What was held on a day; default: the last day known",
    access: "person",
    query: z.object({ date: day.optional(), account, ...textPage }),
    errors,
    status: 200,
    answer: z.object({ rows: z.array(holding) }),
    handle: (input) =>
      sendRows(input, "ticker", (page) =>
        readHoldings(input.context.pool, input.person.userId, page.date, page),
      ),
  }),
  route({
    method: "get",
    path: "/api/portfolio/regimes",
    summary: "Return and risk in each macro regime",
    access: "person",
    query: z.object({ account, ...textPage }),
    errors,
    status: 200,
    answer: z.object({ rows: z.array(rowSchema(gold_regime_performance, "user_id")) }),
    handle: (input) =>
      sendRows(input, "regime", (page) =>
        readPersonRows(input.context, input.person.userId, gold_regime_performance, page),
      ),
  }),
  route({
    method: "get",
    path: "/api/portfolio/drawdowns",
    summary: "Each fall below the highest point so far, the deepest first",
    access: "person",
    query: z.object({ account, ...numberPage }),
    errors,
    status: 200,
    answer: z.object({ rows: z.array(rowSchema(gold_drawdowns, "user_id")) }),
    handle: (input) =>
      sendRows(input, "drawdown_rank", (page) =>
        readPersonRows(input.context, input.person.userId, gold_drawdowns, page),
      ),
  }),
  route({
    method: "get",
    path: "/api/portfolio/monthly-returns",
    summary: "Time-weighted return of each month",
    access: "person",
    query: z.object({ account, ...dayPage }),
    errors,
    status: 200,
    answer: z.object({ rows: z.array(rowSchema(gold_monthly_returns, "user_id")) }),
    handle: (input) =>
      sendRows(input, "month", (page) =>
        readPersonRows(input.context, input.person.userId, gold_monthly_returns, page),
      ),
  }),
];
