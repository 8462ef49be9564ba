/** Cash and exchange rates. */
import { z } from "zod";
import { readCash, readRates } from "../../portfolio/index.ts";
import { day, decimal } from "../../values.ts";
import { type Route, route } from "../route.ts";
import { sendRows } from "../row-list.ts";
import { accountQuery, dateRange } from "../schemas.ts";

const errors = ["unknown_account"] as const;

const cashRow = z.object({
  account_id: z.int(),
  currency: z.string().describe("ISO code of the cash"),
  cash_date: z.iso.date(),
  balance: decimal.describe("In its own currency; below 0: borrowed"),
  base_currency: z.string(),
  rate: decimal.describe("Base currency for one of it"),
  market_value: decimal.describe("balance x rate"),
  is_rated: z.boolean().describe("false: before its first known rate; a transaction's stands in"),
});

const rateRow = z.object({
  rate_date: z.iso.date(),
  usd_per_unit: decimal,
  is_observed: z.boolean().describe("false: no rate of the day, the last one stands"),
});

export const moneyRoutes: readonly Route[] = [
  route({
    method: "get",
    path: "/api/cash",
    summary: "Cash of each account by currency at the close of a day; default: the last day known",
    access: "person",
    query: z.object({ date: day.optional(), account: accountQuery }),
    errors,
    status: 200,
    answer: z.object({
      rows: z.array(cashRow),
    }),
    handle: async ({ context, person, query }) => ({
      rows: await readCash(context.pool, person.userId, query),
    }),
  }),
  route({
    method: "get",
    path: "/api/fx",
    summary: "US dollars for one of a currency, day by day; no rows: none of its rates are kept here",
    access: "person",
    query: dateRange.safeExtend({
      currency: z.string().regex(/^[A-Z]{3}$/, "expected an ISO code of a currency, such as EUR"),
    }),
    status: 200,
    answer: z.object({
      rows: z.array(rateRow),
    }),
    handle: (input) => sendRows(input, "rate_date", (page) => readRates(input.context.pool, page)),
  }),
];
