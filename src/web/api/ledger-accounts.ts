/** The accounts that a person's money lies in, and what moves between them. */
import { z } from "zod";
import {
  accountChange,
  accountInput,
  accountKinds,
  changeAccount,
  deleteAccount,
  listAccounts,
  openAccount,
  recordTransfer,
  transferInput,
} from "../../ledger/index.ts";
import { readTransferredCost } from "../../portfolio/index.ts";
import { characters } from "../../values.ts";
import { InvalidInputError, NotFoundError } from "../errors.ts";
import { type Route, route } from "../route.ts";
import { positiveId } from "../schemas.ts";
import { transactionSchema } from "./transaction-schemas.ts";

const account = z.object({
  account_id: z.int(),
  name: z.string(),
  currency: z.string().nullable().describe("null: your base currency"),
  tracks_cash: z.boolean().describe("false: a purchase is money in, and a sale money out"),
  income: z
    .enum(["market", "ledger"])
    .describe("market: dividends as they were paid on what was held; ledger: as they are booked"),
  kind: z.enum(accountKinds),
  is_default: z.boolean().describe("Of what names no account"),
  closed_at: z.iso.date().nullable(),
  transactions: z.int(),
});

const accountParameters = z.object({ id: z.string() });

function accountIdOf(id: string): number {
  const accountId = positiveId.safeParse(id);
  if (!accountId.success) throw new NotFoundError("account", id);
  return accountId.data;
}

const opening = [
  "name_taken",
  "default_account",
  "quota_exceeded",
  "market_data_unavailable",
  "too_many_lookups",
] as const;

export const ledgerAccountRoutes: readonly Route[] = [
  route({
    method: "get",
    path: "/api/accounts",
    summary: "The accounts that your money lies in, the default one first",
    access: "person",
    status: 200,
    answer: z.object({ accounts: z.array(account).readonly() }),
    handle: async ({ context, person }) => ({ accounts: await listAccounts(context, person.userId) }),
  }),
  route({
    method: "post",
    path: "/api/accounts",
    summary: "Open an account",
    access: "person",
    body: accountInput,
    status: 201,
    answer: z.object({ account }),
    errors: opening,
    handle: async ({ context, person, body }) => ({
      account: await openAccount(context, person.userId, body),
    }),
  }),
  route({
    method: "patch",
    path: "/api/accounts/:id",
    summary:
      "Change what is said of an account: the fields that are sent; is_default: true makes it the default one",
    access: "person",
    parameters: accountParameters,
    body: accountChange,
    status: 200,
    answer: z.object({ account }),
    errors: ["not_found", "invalid_closed_at", ...opening],
    handle: async ({ context, person, parameters: { id }, body }) => ({
      account: await changeAccount(context, person.userId, accountIdOf(id), body),
    }),
  }),
  route({
    method: "delete",
    path: "/api/accounts/:id",
    summary: "Delete an account; of one with transactions it has to be said what becomes of them",
    access: "person",
    parameters: accountParameters,
    query: z.object({
      transactions: z.enum(["delete", "move"]).optional(),
      to: z.string().max(60).optional().describe("Id or name of the account that they are moved to"),
    }),
    status: 204,
    errors: [
      "not_found",
      "default_account",
      "account_in_use",
      "oversell",
      "external_id_taken",
      "split_taken",
      "quota_exceeded",
    ],
    handle: async ({ context, person, parameters: { id }, query: { transactions, to } }) => {
      if (transactions === "move" && to === undefined)
        throw new InvalidInputError(
          "to",
          "expected the id or the name of the account that the transactions are moved to",
        );
      const removal =
        transactions === undefined
          ? null
          : transactions === "delete"
            ? ({ transactions } as const)
            : ({ transactions, to: to! } as const);
      await deleteAccount(context, person.userId, accountIdOf(id), removal);
    },
  }),
  route({
    method: "post",
    path: "/api/transfers",
    summary: "Move cash or shares to another of your accounts, or convert cash: both sides at once",
    access: "person",
    describedBody: transferInput,
    headers: {
      "Idempotency-Key": characters(1, 255).describe("Requests with the same key and body are recorded once"),
    },
    status: 201,
    answer: z.object({
      transactions: z.array(transactionSchema).readonly().describe("What leaves first, then what comes"),
      warnings: z.array(z.string()).readonly(),
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
      const { replayed: _, ...transferred } = await recordTransfer(
        context,
        person.userId,
        request.body,
        readTransferredCost,
        key,
      );
      return transferred;
    },
  }),
];
