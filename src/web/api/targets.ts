/** The weights that a person aims at, and what to buy or sell to reach them. */
import { z } from "zod";
import { readTargets, replaceTargets, targetsInput } from "../../targets/index.ts";
import { decimal } from "../../values.ts";
import { type Route, route } from "../route.ts";

/** Money to invest: as the ledger takes amounts. */
export const addedAmount = z
  .string()
  .regex(/^\d{1,15}(?:\.\d{1,8})?$/, "expected an amount from 0 to 1e15 with at most 8 decimals");

const gap = {
  weight: z.number().nullable().describe("Of the whole as it is now; null: there is none"),
  target: decimal.nullable().describe("0.05 is five percent; null: none"),
  points: z
    .number()
    .nullable()
    .describe("What is missing to the target, of `whole_then`; below 0 what is too much"),
  money: decimal
    .nullable()
    .describe("What is missing to the target, below 0 what is too much; in `currency`"),
};

const part = z.object({
  ticker: z.string(),
  name: z.string().nullable(),
  currency: z.string().nullable().describe("ISO code of what its prices are in"),
  quantity: decimal,
  value: decimal.nullable().describe("In `currency` of the answer; null: it is in no figure"),
  close: decimal.nullable(),
  close_date: z.iso.date().nullable(),
  ...gap,
  trade: z
    .object({
      shares: decimal.describe("To buy, below 0 to sell; in whole shares where `is_whole`"),
      money: decimal,
      exact_shares: decimal.describe("The same in fractions"),
      exact_money: decimal,
    })
    .nullable(),
  is_whole: z.boolean().describe("Traded in whole shares; coins, and what you hold a fraction of, are not"),
  reason: z.string().nullable().describe("Why nothing can be suggested"),
});

const answer = z.object({
  currency: z.string().describe("ISO code of your base currency, which amounts are in"),
  as_of: z.iso.date().nullable(),
  whole: decimal.describe("All that is held, and cash"),
  whole_then: decimal.describe("The same with `invest`: what targets are of"),
  unassigned: decimal.describe("1 less all targets"),
  money: decimal.describe("What there is to buy with"),
  sales: decimal,
  purchases: decimal,
  left: decimal,
  missing: decimal.describe("What purchases up to every target would take beyond the money"),
  cash: z
    .object({ value: decimal, ...gap, kept: decimal.describe("Of `invest`") })
    .nullable()
    .describe("null: no account keeps any"),
  parts: z.array(part),
});

export const targetRoutes: readonly Route[] = [
  route({
    method: "get",
    path: "/api/portfolio/targets",
    summary:
      "Weights, targets, and what to buy or sell at the last close to reach them: a calculation and no advice. Of all accounts together",
    access: "person",
    query: z.object({
      invest: addedAmount
        .default("0")
        .describe("Money to add, in your base currency: above 0, nothing is sold"),
    }),
    status: 200,
    answer,
    errors: ["models_unavailable"],
    handle: async ({ context, person, query }) => {
      const { currency, as_of, plan, parts, cash } = await readTargets(
        context.pool,
        person.userId,
        query.invest,
      );
      const { whole, wholeThen, unassigned, money, sales, purchases, left, missing } = plan;
      return {
        ...{ currency, as_of, whole, whole_then: wholeThen, unassigned },
        ...{ money, sales, purchases, left, missing, cash },
        parts: parts.map(({ trade, ...of }) => ({
          ...of,
          trade: trade && {
            shares: trade.shares,
            money: trade.money,
            exact_shares: trade.exactShares,
            exact_money: trade.exactMoney,
          },
        })),
      };
    },
  }),
  route({
    method: "post",
    path: "/api/portfolio/targets",
    summary: "Say the weights that you aim at, all at once: at most 1 together",
    access: "person",
    body: targetsInput,
    status: 204,
    handle: ({ context, person, body }) => replaceTargets(context, person.userId, body),
  }),
];
