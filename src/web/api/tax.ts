/** What a tax return asks for: sales by lot, income, fees and taxes of a year, as JSON or as a file. */
import type { Response } from "express";
import { z } from "zod";
import { writeCsv } from "../../csv.ts";
import {
  costColumns,
  type OfTaxYear,
  readFeesAndTaxes,
  readRealized,
  readTaxIncome,
  readUncounted,
  realizedColumns,
  taxIncomeColumns,
} from "../../portfolio/index.ts";
import { decimal, wholeNumber } from "../../values.ts";
import { sendFile } from "../file-answer.ts";
import { type Route, route } from "../route.ts";
import { accountQuery } from "../schemas.ts";

const errors = ["unknown_account"] as const;

const name = z.string().nullable().describe("Of the ticker; of an asset of your own, what you call it");
const ticker = z.string().nullable();
const is_rated = z
  .boolean()
  .describe("false: before its first known exchange rate; a transaction's stands in");
const base_currency = z.string().describe("Yours, which amounts are in that name no other");

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
  days_held: z.int().nullable().describe("Calendar days; null as buy_date"),
  currency: z.string().describe("The ticker's, which local_ figures are in"),
  local_cost: decimal,
  local_proceeds: decimal,
  local_gain: decimal.describe("Without what exchange rates did"),
  is_rated,
  is_cost_given: z.boolean().describe("false: it came by a transfer that was said to have cost nothing"),
  base_currency,
  name,
});

const incomeRow = z.object({
  account_id: z.int(),
  ticker: ticker.describe("null: interest of none"),
  kind: z.string().describe("dividend or interest"),
  pay_date: z.iso.date().describe("Of the market's dividends their ex-date"),
  currency: z.string().describe("What was paid"),
  local_gross: decimal.describe("Before tax, in that currency"),
  gross: decimal.describe("The same in your base currency"),
  tax: decimal.nullable().describe("Withheld; of the market's dividends null, since nobody knows it"),
  fee: decimal.nullable().describe("null as tax"),
  net: decimal.nullable().describe("null as tax"),
  source: z.string().describe("market, or ledger: as booked"),
  is_rated,
  base_currency,
  name,
});

const costRow = z.object({
  account_id: z.int(),
  transaction_id: z.int(),
  transaction_date: z.iso.date(),
  transaction_type: z.string(),
  ticker,
  kind: z.string().describe("trade: in cost or proceeds already; income: taken off it; other"),
  currency: z.string().describe("What own_ figures are in"),
  own_fee: decimal,
  own_tax: decimal,
  fee: decimal.describe("In your base currency; below 0: paid back"),
  tax: decimal.describe("In your base currency; below 0: paid back"),
  is_rated,
  base_currency,
  name,
});

const uncountedRow = z.object({
  account_id: z.int(),
  transaction_id: z.int(),
  transaction_date: z.iso.date(),
  transaction_type: z.string(),
  ticker,
  quantity: decimal.nullable(),
  currency: z.string().nullable().describe("null: not known"),
  own_gross_amount: decimal,
  reason: z.string(),
  name,
});

const ofYear = {
  year: wholeNumber(1900, 2199).describe(
    "The calendar year in which it begins, on `tax_year_start` of your account: 2025 is 2025/26",
  ),
  account: accountQuery,
};
const query = z.object({ ...ofYear, format: z.enum(["json", "csv"]).default("json") });

const answerOf = <R extends z.ZodType>(row: R) =>
  z.object({
    tax_year: z.string().describe("As people call it: 2025/26, or 2025 where it is the calendar year"),
    from: z.iso.date().describe("Its first day"),
    to: z.iso.date().describe("Its last day"),
    rows: z.array(row).readonly(),
  });

/** The rows as JSON; as a file they are sent at once. */
async function answer<R extends object>(
  response: Response,
  { taxYear, rows }: OfTaxYear<R>,
  file?: { readonly name: string; readonly columns: readonly string[] },
) {
  if (file) {
    response.type("text/csv");
    await sendFile(response, `stratafolio-${file.name}-${taxYear.label.replace("/", "-")}.csv`, (write) =>
      writeCsv(file.columns, batchOf(rows), write),
    );
  }
  return { tax_year: taxYear.label, from: taxYear.from, to: taxYear.to, rows };
}

async function* batchOf<T>(rows: readonly T[]): AsyncGenerator<readonly T[]> {
  if (rows.length > 0) yield rows;
}

export const taxRoutes: readonly Route[] = [
  route({
    method: "get",
    path: "/api/tax/realized",
    summary: "What was sold in one of your tax years, by lot: cost, proceeds, gain, and how long it was held",
    access: "person",
    query,
    errors,
    status: 200,
    answer: answerOf(realizedRow),
    handle: async ({ context, person, query, response }) =>
      answer(
        response,
        await readRealized(context.pool, person.userId, query),
        query.format === "csv" ? { name: "realized", columns: realizedColumns } : undefined,
      ),
  }),
  route({
    method: "get",
    path: "/api/tax/income",
    summary: "Dividends and interest of one of your tax years by day and ticker: gross, withheld, fees, net",
    access: "person",
    query,
    errors,
    status: 200,
    answer: answerOf(incomeRow),
    handle: async ({ context, person, query, response }) =>
      answer(
        response,
        await readTaxIncome(context.pool, person.userId, query),
        query.format === "csv" ? { name: "income", columns: taxIncomeColumns } : undefined,
      ),
  }),
  route({
    method: "get",
    path: "/api/tax/fees",
    summary: "Fees and taxes of one of your tax years, of every row of the ledger that has any",
    access: "person",
    query,
    errors,
    status: 200,
    answer: answerOf(costRow),
    handle: async ({ context, person, query, response }) =>
      answer(
        response,
        await readFeesAndTaxes(context.pool, person.userId, query),
        query.format === "csv" ? { name: "fees", columns: costColumns } : undefined,
      ),
  }),
  route({
    method: "get",
    path: "/api/tax/uncounted",
    summary: "Rows of the ledger up to the end of a tax year that no figure counts, and why",
    access: "person",
    query: z.object(ofYear),
    errors,
    status: 200,
    answer: answerOf(uncountedRow),
    handle: async ({ context, person, query, response }) =>
      answer(response, await readUncounted(context.pool, person.userId, query)),
  }),
];
