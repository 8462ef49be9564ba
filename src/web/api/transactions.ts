import { z } from "zod";
import {
  deleteTransaction,
  exportTransactions,
  listTransactions,
  readTradeDraft,
  recordTransaction,
  transactionInput,
} from "../../ledger/index.ts";
import { characters, day, decimal } from "../../values.ts";
import { NotFoundError } from "../errors.ts";
import { sendFile } from "../file-answer.ts";
import { type Route, route } from "../route.ts";
import { pageLimit, positiveId } from "../schemas.ts";

const transaction = z.object({
  transaction_id: z.int(),
  ticker: z.string(),
  type: z.enum(["BUY", "SELL"]),
  quantity: decimal,
  price: decimal,
  fee: decimal,
  date: z.iso.date(),
  currency: z.string().nullable().describe("What it was paid in; null: the ticker's own currency"),
  fx_rate: decimal
    .nullable()
    .describe("What one of it was worth in `fx_currency`, as the person said; null: the day's rate"),
  fx_currency: z.string().nullable().describe("The person's base currency when they said `fx_rate`"),
  total: decimal.describe("Paid for a BUY with its fee, received for a SELL net of it; in `currency`"),
  created_at: z.iso.datetime(),
});

export const transactionRoutes: readonly Route[] = [
  route({
    method: "post",
    path: "/api/transactions",
    summary: "Record a BUY or SELL",
    access: "person",
    describedBody: transactionInput,
    headers: {
      "Idempotency-Key": characters(1, 255).describe("Requests with the same key and body are recorded once"),
    },
    status: 201,
    answer: z.object({
      transaction,
      warnings: z.array(z.string()).readonly().describe("What to know though nothing is wrong"),
    }),
    errors: [
      "unknown_ticker",
      "unsupported_currency",
      "missing_fx_rate",
      "oversell",
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
    }),
    status: 200,
    answer: z.object({
      transactions: z.array(transaction).readonly(),
      next: z.string().nullable().describe("`before` of the next page; null: this is the last"),
    }),
    handle: ({ context, person, query }) => listTransactions(context, person.userId, query),
  }),
  route({
    method: "get",
    path: "/api/transactions.csv",
    summary: "The whole ledger as CSV, oldest first; the import reads it back",
    access: "person",
    status: 200,
    mediaType: "text/csv",
    handle: async ({ context, person, response }) => {
      const today = context.clock().toISOString().slice(0, 10);
      await sendFile(response, `stratafolio-transactions-${today}.csv`, (write) =>
        exportTransactions(context, person.userId, write),
      );
    },
  }),
  route({
    method: "get",
    path: "/api/transactions/draft",
    summary: "What a trade of a ticker on a day starts from: what can be sold, and the price of that day",
    access: "person",
    query: z.object({ ticker: transactionInput.shape.ticker, date: day }),
    status: 200,
    answer: z.object({
      available: decimal.describe("The most that can be sold without leaving a later SELL uncovered"),
      close: decimal
        .nullable()
        .describe(
          "As quoted on `close_date`: not adjusted for later splits. null: no price of that week is known",
        ),
      close_date: z.iso.date().nullable().describe("The day, or the last one before it with a price"),
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
    handle: ({ context, person, query }) => readTradeDraft(context, person.userId, query.ticker, query.date),
  }),
  route({
    method: "delete",
    path: "/api/transactions/:id",
    summary: "Delete a transaction, unless a later SELL depends on it",
    access: "person",
    parameters: z.object({ id: z.string() }),
    status: 204,
    errors: ["not_found", "oversell", "quota_exceeded"],
    handle: async ({ context, person, parameters: { id } }) => {
      const transactionId = positiveId.safeParse(id);
      if (!transactionId.success) throw new NotFoundError(`transaction ${id}`);
      await deleteTransaction(context, person.userId, transactionId.data);
    },
  }),
];
