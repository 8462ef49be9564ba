import { z } from "zod";
import { costBasisMethods } from "../../accounts/index.ts";
import {
  deleteTransaction,
  editTransaction,
  exportTransactions,
  listTransactions,
  readOpenLots,
  readTradeDraft,
  recordTransaction,
  tradeSubject,
  transactionChange,
  transactionInput,
  transactionTypes,
  undoLast,
} from "../../ledger/index.ts";
import { characters, decimal } from "../../values.ts";
import { NotFoundError } from "../errors.ts";
import { sendFile } from "../file-answer.ts";
import { type Route, route } from "../route.ts";
import { pageLimit, positiveId } from "../schemas.ts";
import { transactionSchema } from "./transaction-schemas.ts";

function transactionIdOf(id: string): number {
  const transactionId = positiveId.safeParse(id);
  if (!transactionId.success) throw new NotFoundError("transaction", id);
  return transactionId.data;
}

const openLot = z.object({
  transaction_id: z.int().describe("Of the purchase: what `lots` names it by"),
  type: z.enum(transactionTypes),
  date: z.iso.date().describe("When it came in"),
  buy_date: z.iso.date().describe("When it was bought: another day for shares that were transferred in"),
  quantity: decimal.describe("Left of it, in shares of the day of the SELL; without what later SELLs name"),
  cost: decimal.describe("Of that quantity, purchase fees included"),
  term: z.enum(["short", "long"]).describe("If sold on the day: long from the day after a year"),
});

export const transactionRoutes: readonly Route[] = [
  route({
    method: "post",
    path: "/api/transactions",
    summary:
      "Record a transaction of any type; both sides of a conversion or of a transfer by POST /api/transfers",
    access: "person",
    describedBody: transactionInput,
    headers: {
      "Idempotency-Key": characters(1, 255).describe("Requests with the same key and body are recorded once"),
    },
    status: 201,
    answer: z.object({
      transaction: transactionSchema,
      warnings: z.array(z.string()).readonly().describe("What to know though nothing is wrong"),
    }),
    errors: [
      "unknown_ticker",
      "unsupported_currency",
      "missing_fx_rate",
      "oversell",
      "external_id_taken",
      "split_taken",
      "future_date",
      "invalid_idempotency_key",
      "idempotency_conflict",
      "market_data_unavailable",
      "quota_exceeded",
      "too_many_lookups",
      "too_many_new_tickers",
    ],
    handle: async ({ context, person, request }) => {
      const key = request.get("Idempotency-Key");
      const recorded = await recordTransaction(context, person.userId, request.body, key);
      return { transaction: recorded.transaction, warnings: recorded.warnings };
    },
  }),
  route({
    method: "get",
    path: "/api/transactions",
    summary: "The ledger, newest first",
    access: "person",
    query: z.object({
      limit: pageLimit,
      before: z.string().max(100).optional().describe("`next` of the page before"),
      account: z.string().max(60).optional().describe("Id or name of an account"),
      type: z.enum(transactionTypes).optional(),
      tag: z.string().max(50).optional(),
    }),
    status: 200,
    answer: z.object({
      transactions: z.array(transactionSchema).readonly(),
      next: z.string().nullable().describe("`before` of the next page; null: this is the last"),
    }),
    handle: ({ context, person, query }) => listTransactions(context, person.userId, query),
  }),
  route({
    method: "get",
    path: "/api/transactions.csv",
    summary: "The whole ledger, or an account's part of it, as CSV, oldest first; the import reads it back",
    access: "person",
    status: 200,
    mediaType: "text/csv",
    query: z.object({
      account: z.string().max(60).optional().describe("Id or name of an account; absent: all"),
    }),
    errors: ["invalid_transaction"],
    handle: async ({ context, person, query, response }) => {
      const today = context.clock().toISOString().slice(0, 10);
      await sendFile(response, `stratafolio-transactions-${today}.csv`, (write) =>
        exportTransactions(context, person.userId, write, query.account),
      );
    },
  }),
  route({
    method: "get",
    path: "/api/transactions/draft",
    summary: "What a trade of a ticker on a day starts from: what can be sold, and the price of that day",
    access: "person",
    query: tradeSubject.extend({
      account: z.string().max(60).optional().describe("Id or name; absent: the default one"),
    }),
    status: 200,
    answer: z.object({
      name: z.string().nullable().describe("Of the ticker; null: nobody has asked about it yet"),
      first_price_date: z.iso
        .date()
        .nullable()
        .describe("Of its stored prices; null: none are: POST /api/tickers/history has them fetched"),
      available: decimal.describe("The most that can be sold without leaving a later SELL uncovered"),
      close: decimal
        .nullable()
        .describe(
          "As quoted on `close_date`: not adjusted for later splits. null: no price of that week is known",
        ),
      close_date: z.iso.date().nullable().describe("The day, or the last one before it with a price"),
      low: decimal.nullable().describe("Traded on `close_date`, as quoted then; null: not known"),
      high: decimal.nullable(),
      currency: z
        .string()
        .nullable()
        .describe(
          "ISO code of what the ticker is quoted in, and `close` is in; null: nobody has traded it yet",
        ),
      quote_unit: z.string().nullable().describe("As its exchange quotes: GBp is a hundredth of a GBP"),
      unit_factor: decimal.nullable().describe("How many of the currency one unit is: 1, 0.01 or 0.001"),
      unit_name: z
        .string()
        .nullable()
        .describe("The unit as people call it, such as pence; null: it is the currency itself"),
      base_currency: z.string().describe("The person's"),
      rate: decimal
        .nullable()
        .describe(
          "What one of `currency` was worth in `base_currency` on the day; null: they are one, or it is not known",
        ),
    }),
    handle: ({ context, person, query }) =>
      readTradeDraft(context, person.userId, query.ticker, query.date, query.account),
  }),
  route({
    method: "get",
    path: "/api/transactions/lots",
    summary:
      "What is left of each purchase of a ticker just before a SELL on a day: what its `lots` can name",
    access: "person",
    query: tradeSubject.extend({
      account: z.string().max(60).optional().describe("Id or name; absent: the default one"),
      instead: positiveId.optional().describe("A SELL that is to be edited: as if it had not been made"),
    }),
    status: 200,
    answer: z.object({
      method: z
        .enum(costBasisMethods)
        .describe(
          "By which a SELL takes what it does not name; average: figures take no single purchases, and `lots` count once they do",
        ),
      base_currency: z.string().describe("What `cost` is in"),
      lots: z.array(openLot).readonly().describe("In the order in which they were bought"),
    }),
    handle: ({ context, person, query }) => readOpenLots(context, person.userId, query),
  }),
  route({
    method: "patch",
    path: "/api/transactions/:id",
    summary:
      "Edit a transaction: the fields that are sent; null: none. Of one side of a transfer its note, tags and external_id",
    access: "person",
    parameters: z.object({ id: z.string() }),
    describedBody: transactionChange,
    status: 200,
    answer: z.object({
      transaction: transactionSchema,
      warnings: z.array(z.string()).readonly().describe("What to know though nothing is wrong"),
    }),
    errors: [
      "not_found",
      "part_of_transfer",
      "unknown_ticker",
      "unsupported_currency",
      "missing_fx_rate",
      "oversell",
      "external_id_taken",
      "split_taken",
      "future_date",
      "market_data_unavailable",
      "quota_exceeded",
      "too_many_lookups",
      "too_many_new_tickers",
    ],
    handle: ({ context, person, parameters: { id }, request }) =>
      editTransaction(context, person.userId, transactionIdOf(id), request.body),
  }),
  route({
    method: "post",
    path: "/api/transactions/:id/undo",
    summary: "Bring a deleted transaction back, or take its last edit back",
    access: "person",
    parameters: z.object({ id: z.string() }),
    status: 200,
    answer: z.object({ transaction: transactionSchema }),
    errors: ["not_found", "oversell", "external_id_taken", "split_taken", "quota_exceeded"],
    handle: async ({ context, person, parameters: { id } }) => ({
      transaction: await undoLast(context, person.userId, transactionIdOf(id)),
    }),
  }),
  route({
    method: "delete",
    path: "/api/transactions/:id",
    summary: "Delete a transaction, and the other side of a transfer, unless a later SELL depends on it",
    access: "person",
    parameters: z.object({ id: z.string() }),
    status: 204,
    errors: ["not_found", "oversell", "quota_exceeded"],
    handle: async ({ context, person, parameters: { id } }) => {
      await deleteTransaction(context, person.userId, transactionIdOf(id));
    },
  }),
];
