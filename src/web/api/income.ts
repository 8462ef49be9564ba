/** Income: what came in, what may come, and of how much; and dividends that an account has no payment of. */
import { z } from "zod";
import { gold_income_yields } from "../../../assets/income.ts";
import {
  dismissDividends,
  incomeGroupings,
  readExpectedIncome,
  readIncome,
  readIncomeMonths,
  readUnbookedDividends,
  readYields,
} from "../../portfolio/index.ts";
import { day, decimal, rowSchema, wholeNumber } from "../../values.ts";
import { type Route, route } from "../route.ts";
import { accountQuery, positiveId } from "../schemas.ts";

const errors = ["unknown_account"] as const;

const isInOrder = ({ from, to }: { from?: string | undefined; to?: string | undefined }): boolean =>
  !from || !to || from <= to;
const order = { path: ["to"], message: "expected a date not before `from`" };

const amounts = {
  gross: decimal.describe("Before tax"),
  tax: decimal.nullable().describe("Withheld, as booked; null, as fee and net: all of it the market told of"),
  fee: decimal.nullable(),
  net: decimal.nullable().describe("Received of what was booked: gross - market_gross - tax - fee"),
  market_gross: decimal.describe(
    "What of gross the market told of: nobody knows what was withheld of it, and `tax` has none",
  ),
  market_payments: z.int().describe("How many payments that is of"),
  is_rated: z.boolean().describe("false: some of it is converted at the exchange rate of another day"),
};

const incomeRow = z.object({
  month: z.iso.date().nullable().describe("Its first day; null unless the rows are by month"),
  year: z.int().nullable().describe("null unless the rows are by year"),
  ticker: z.string().nullable().describe("null: interest, or the rows are not by ticker"),
  account_id: z.int().nullable().describe("null unless the rows are by account"),
  dividends: decimal.describe("Of gross"),
  interest: decimal.describe("Of gross"),
  ...amounts,
});

const monthRow = z.object({
  ticker: z.string().nullable().describe("null: interest of none"),
  month: z.iso.date().describe("Its first day"),
  ...amounts,
});

const expectedRow = z.object({
  month: z.iso.date().describe("Its first day"),
  ticker: z.string(),
  gross: decimal.describe("Before tax, at the exchange rates of the last day"),
});

const unbookedRow = z.object({
  account_id: z.int(),
  ticker: z.string(),
  ex_date: z.iso.date(),
  quantity: decimal.describe("Held when the day before closed, in today's shares"),
  currency: z.string().describe("The ticker's"),
  local_amount: decimal.describe("What it would have been before tax, in `currency`"),
  amount: decimal.describe("The same in your base currency, at the rate of the ex-date"),
  is_dismissed: z.boolean(),
});

const dismissal = z.object({
  account_id: positiveId,
  ticker: z.string().min(1).max(20),
  ex_date: day,
  is_dismissed: z.boolean(),
});

export const incomeRoutes: readonly Route[] = [
  route({
    method: "get",
    path: "/api/income",
    summary: "Dividends and interest by month, year, ticker or account, in your base currency",
    access: "person",
    query: z
      .object({
        from: day.optional(),
        to: day.optional(),
        by: z.enum(incomeGroupings).default("month"),
        account: accountQuery,
      })
      .refine(isInOrder, order),
    errors,
    status: 200,
    answer: z.object({ rows: z.array(incomeRow) }),
    handle: async ({ context, person, query }) => ({
      rows: await readIncome(context.pool, person.userId, query),
    }),
  }),
  route({
    method: "get",
    path: "/api/income/months",
    summary: "Dividends and interest of a calendar year by ticker and month",
    access: "person",
    query: z.object({ year: wholeNumber(1900, 2199), account: accountQuery }),
    errors,
    status: 200,
    answer: z.object({ rows: z.array(monthRow) }),
    handle: async ({ context, person, query }) => ({
      rows: await readIncomeMonths(context.pool, person.userId, query),
    }),
  }),
  route({
    method: "get",
    path: "/api/income/expected",
    summary: "An estimate of the next twelve months, by month and ticker: what is held pays what it paid",
    access: "person",
    query: z.object({ account: accountQuery }),
    errors,
    status: 200,
    answer: z.object({ rows: z.array(expectedRow) }),
    handle: async ({ context, person, query }) => ({
      rows: await readExpectedIncome(context.pool, person.userId, query),
    }),
  }),
  route({
    method: "get",
    path: "/api/income/yields",
    summary: "Yield and yield on cost of each holding, and (ticker null) of all of them",
    access: "person",
    query: z.object({ account: accountQuery }),
    errors,
    status: 200,
    answer: z.object({ rows: z.array(rowSchema(gold_income_yields, "user_id", "portfolio_id")) }),
    handle: async ({ context, person, query }) => ({
      rows: await readYields(context.pool, person.userId, query),
    }),
  }),
  route({
    method: "get",
    path: "/api/income/unbooked",
    summary:
      "Dividends that the market paid more than 60 days ago and an account that books its own income has no payment of, newest first",
    access: "person",
    query: z.object({ account: accountQuery }),
    errors,
    status: 200,
    answer: z.object({ rows: z.array(unbookedRow) }),
    handle: async ({ context, person, query }) => ({
      rows: await readUnbookedDividends(context.pool, person.userId, query),
    }),
  }),
  route({
    method: "patch",
    path: "/api/income/unbooked",
    summary: "Dismiss one of them, which is not told of any more on the pages, or bring it back",
    access: "person",
    body: dismissal,
    errors,
    status: 204,
    handle: ({ context, person, body: { is_dismissed, ...dividend } }) =>
      dismissDividends(context.pool, person.userId, [dividend], is_dismissed),
  }),
];
