/** Income, cash, exchange rates and realised gains. */
import { z } from "zod";
import { writeCsv } from "../../csv.ts";
import {
  dismissDividends,
  incomeGroupings,
  readCash,
  readIncome,
  readRates,
  readRealized,
  readUnbookedDividends,
  realizedColumns,
} from "../../portfolio/index.ts";
import { day, decimal, wholeNumber } from "../../values.ts";
import { sendFile } from "../file-answer.ts";
import { type Route, route } from "../route.ts";
import { sendRows } from "../row-list.ts";
import { accountQuery, dateRange, positiveId } from "../schemas.ts";

const errors = ["unknown_account"] as const;

const isInOrder = ({ from, to }: { from?: string | undefined; to?: string | undefined }): boolean =>
  !from || !to || from <= to;
const order = { path: ["to"], message: "expected a date not before `from`" };

const incomeRow = z.object({
  month: z.iso.date().nullable().describe("Its first day; null unless the rows are by month"),
  ticker: z.string().nullable().describe("null: interest, or the rows are not by ticker"),
  account_id: z.int().nullable().describe("null unless the rows are by account"),
  gross: decimal,
  tax: decimal.describe("Withheld"),
  net: decimal,
});

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

const realizedRow = z.object({
  account_id: z.int(),
  ticker: z.string(),
  buy_date: z.iso.date().nullable().describe("null: of no single purchase, by the moving average"),
  sell_date: z.iso.date(),
  quantity: decimal.describe("In today's shares; 0: a return of capital above the cost"),
  cost: decimal,
  proceeds: decimal.describe("Net of fees"),
  gain: decimal,
  term: z.string().nullable().describe("short, or from the day after a year long; null as buy_date"),
  name: z.string().nullable().describe("Of the ticker; of an asset of your own, what you call it"),
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

export const moneyRoutes: readonly Route[] = [
  route({
    method: "get",
    path: "/api/income",
    summary: "Dividends and interest by month, ticker or account, in your base currency",
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
  route({
    method: "get",
    path: "/api/tax/realized",
    summary: "What was sold in one of your tax years, by lot: cost, proceeds, gain, and how long it was held",
    access: "person",
    query: z.object({
      year: wholeNumber(1900, 2199).describe(
        "The calendar year in which it begins, on `tax_year_start` of your account: 2025 is 2025/26",
      ),
      account: accountQuery,
      format: z.enum(["json", "csv"]).default("json"),
    }),
    errors,
    status: 200,
    answer: z.object({
      tax_year: z.string().describe("As people call it: 2025/26, or 2025 where it is the calendar year"),
      from: z.iso.date().describe("Its first day"),
      to: z.iso.date().describe("Its last day"),
      rows: z.array(realizedRow).readonly(),
    }),
    handle: async ({ context, person, query, response }) => {
      const { taxYear, rows } = await readRealized(context.pool, person.userId, query);
      if (query.format === "csv") {
        response.type("text/csv");
        await sendFile(response, `stratafolio-realized-${taxYear.label.replace("/", "-")}.csv`, (write) =>
          writeCsv(realizedColumns, batchOf(rows), write),
        );
      }
      return { tax_year: taxYear.label, from: taxYear.from, to: taxYear.to, rows };
    },
  }),
];

async function* batchOf<T>(rows: readonly T[]): AsyncGenerator<readonly T[]> {
  if (rows.length > 0) yield rows;
}
