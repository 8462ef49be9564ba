/** A transaction as the API answers with it. */
import { z } from "zod";
import { transactionTypes } from "../../ledger/index.ts";
import { decimal } from "../../values.ts";

export const transactionSchema = z.object({
  transaction_id: z.int(),
  account_id: z.int(),
  ticker: z.string().nullable().describe("null: cash"),
  type: z.enum(transactionTypes),
  quantity: decimal.nullable(),
  price: decimal.nullable(),
  amount: decimal
    .nullable()
    .describe("Of what has no quantity and price; of shares that came by a TRANSFER_IN what they had cost"),
  fee: decimal,
  tax: decimal.describe("Withheld; below 0: paid back"),
  date: z.iso.date(),
  currency: z.string().nullable().describe("What it was paid in; null: the ticker's own currency"),
  fx_rate: decimal
    .nullable()
    .describe("What one of it was worth in `fx_currency`, as the person said; null: the day's rate"),
  fx_currency: z.string().nullable().describe("The person's base currency when they said `fx_rate`"),
  numerator: decimal.nullable().describe("Of a SPLIT: so many shares for `denominator` old ones"),
  denominator: decimal.nullable(),
  acquired_on: z.iso
    .date()
    .nullable()
    .describe("Of shares that came by a TRANSFER_IN: when they had been bought"),
  lots: z
    .record(z.string(), decimal)
    .readonly()
    .nullable()
    .describe(
      "Of a SELL: what of each purchase it takes, by transaction_id, in shares of its day; null: by your method",
    ),
  market_value: decimal
    .nullable()
    .describe(
      "Of shares that a corporate action made others: what they were worth on the day, in the ticker's currency; null: its close says",
    ),
  transfer_id: z.string().nullable().describe("The two sides of a transfer or conversion have one"),
  group_id: z.string().nullable().describe("What was written together has one"),
  note: z.string().nullable(),
  tags: z.array(z.string()).readonly().nullable(),
  external_id: z.string().nullable(),
  total: decimal
    .nullable()
    .describe(
      "Paid for a BUY with its fee, received for a SELL net of it, or what else it moved after fee and tax; in `currency`; null: no money",
    ),
  created_at: z.iso.datetime().describe("When it was recorded, or last edited"),
});
