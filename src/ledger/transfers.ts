/** Transfers between accounts of one person, and conversions: all their rows at once, with one transfer_id. */

import { randomUUID } from "node:crypto";
import { Big } from "big.js";
import type { PoolClient } from "pg";
import { z } from "zod";
import { personTransaction } from "../database/person.ts";
import { plain } from "../plain.ts";
import { accountNamed, listAccounts, requireNamed } from "./accounts.ts";
import { whileBaseStays } from "./base-currency.ts";
import type { LedgerContext } from "./context.ts";
import { holdingsOf, requireCovered } from "./coverage.ts";
import { InvalidTransactionError } from "./errors.ts";
import * as field from "./fields.ts";
import { parseTransactionInput } from "./input.ts";
import { requireLedgerQuota } from "./quotas.ts";
import { keepAnswer, type Prepared, prepare, readAnswer, requireKey } from "./record.ts";
import { insertTransactions, lockLedger, type Transaction, type TransactionToInsert } from "./rows.ts";
import { transactionTypes } from "./transaction-types.ts";

/** What the API's description is made from; what is wrong with a field is said by the rows that it becomes. */
export const transferInput = z.object({
  from: field.account.describe("Id or name of the account that it leaves; absent: the default one"),
  to: field.account.describe("Of the one that it comes to; absent: the same, which is for a conversion"),
  date: field.date,
  ticker: field.ticker.optional().describe("Of shares; absent: cash"),
  quantity: field.quantity.optional().describe("Of shares"),
  amount: field.positiveAmount
    .optional()
    .describe(
      "Of cash: how much leaves; of shares: what they had cost, in the ticker's currency, where figures do not say it yet",
    ),
  currency: field.currency,
  to_amount: field.positiveAmount.optional().describe("Of a conversion: how much comes of it"),
  to_currency: field.currency.describe("Of a conversion: the currency that cash becomes"),
  fee: field.fee,
  fx_rate: field.fxRate,
  acquired_on: field.acquiredOn,
  note: field.note,
  tags: field.tags,
});

/** A part of what shares that leave had cost: of a purchase, or, by the average, of all of them. */
export interface CostPart {
  /** In shares of the same day as those of the other parts. */
  readonly quantity: string;
  readonly acquiredOn: string | null;
  /** In the person's base currency, and in the ticker's own. */
  readonly cost: string;
  readonly localCost: string;
}

/** Asked in the transaction that has just written the TRANSFER_OUT. null: there are no figures yet. */
export type CostOf = (
  client: PoolClient,
  userId: number,
  out: Transaction,
) => Promise<readonly CostPart[] | null>;

export interface Transferred {
  readonly transactions: readonly Transaction[];
  readonly warnings: readonly string[];
}

const said = (value: unknown): boolean => value !== undefined && value !== null && value !== "";

type Fields = Readonly<Record<string, unknown>>;

/** The rows that a transfer of cash or a conversion is; it is converted where it lies, and then transferred. */
function cashRows(fields: Fields, isWithin: boolean): Fields[] {
  const { from, to, amount, currency, to_amount, to_currency, fee, fx_rate, date, note, tags } = fields;
  const common = { date, note, tags };
  const leaving = { ...common, account: from, amount, currency, fx_rate };
  const isConversion = said(to_amount) || said(to_currency);
  if (!isConversion)
    return [
      { ...leaving, type: "TRANSFER_OUT", fee },
      { ...leaving, type: "TRANSFER_IN", account: to },
    ];
  const coming = { ...common, account: from, amount: to_amount, currency: to_currency };
  return [
    { ...leaving, type: "FX_OUT", fee },
    { ...coming, type: "FX_IN" },
    ...(isWithin
      ? []
      : [
          { ...coming, type: "TRANSFER_OUT" },
          { ...coming, type: "TRANSFER_IN", account: to },
        ]),
  ];
}

/** As the person calls the fields of a transfer. */
function parse(row: Fields, clock: () => Date) {
  return parseTransactionInput(row, clock, transactionTypes);
}

const Rate = Big();
Rate.DP = 40;

/** The sides that come in: each with its part of the cost, exactly as it left. */
function incomingOf(
  { toInsert, wanted }: Prepared,
  to: number,
  parts: readonly CostPart[],
  base: { readonly isOther: boolean; readonly currency: string },
): TransactionToInsert[] {
  const total = parts.reduce((sum, { quantity }) => sum.plus(quantity), new Big(0));
  let left = new Big(wanted.quantity!);
  return parts.map(({ quantity, acquiredOn, cost, localCost }, index) => {
    const share = new Rate(wanted.quantity!).times(quantity).div(total).round(12, Big.roundDown);
    const part = index === parts.length - 1 ? left : share;
    left = left.minus(part);
    const hasRate = base.isOther && new Big(localCost).gt(0) && new Big(cost).gt(0);
    return {
      ...toInsert,
      type: "TRANSFER_IN",
      account_id: to,
      fee: "0",
      quantity: part.toFixed(),
      amount: localCost,
      ...(acquiredOn !== null && acquiredOn <= wanted.date && { acquired_on: acquiredOn }),
      ...(hasRate && { fx_rate: new Rate(cost).div(localCost).toFixed(), fx_currency: base.currency }),
    };
  });
}

async function recordShares(
  client: PoolClient,
  userId: number,
  { out, to, given, transferId, costOf }: SharesToMove,
): Promise<Transaction[]> {
  const [left] = await insertTransactions(client, userId, [{ ...out.toInsert, transfer_id: transferId }]);
  for (const holding of holdingsOf([left!]))
    await requireCovered(client, userId, holding, (id) =>
      id === left!.transaction_id ? "sell" : "earlier sell",
    );
  const known = given ? null : await costOf(client, userId, left!);
  if (!given && known === null)
    throw new InvalidTransactionError(
      "amount",
      "what the shares had cost, in the ticker's currency: figures do not say it yet",
      undefined,
      plain(
        "Enter what the shares had cost, in the currency that they are quoted in: your figures do not say it yet.",
      ),
    );
  const { rows } = await client.query<{ base: string }>(
    "select base_currency as base from public.users where user_id = $1",
    [userId],
  );
  const currency = rows[0]!.base;
  const coming = known
    ? incomingOf(out, to, known, { isOther: left!.currency !== currency, currency })
    : [{ ...given!.toInsert, account_id: to }];
  const arrived = await insertTransactions(
    client,
    userId,
    coming.map((row) => ({ ...row, transfer_id: transferId })),
  );
  return [left!, ...arrived];
}

interface SharesToMove {
  readonly out: Prepared;
  readonly to: number;
  /** The TRANSFER_IN as the person says its cost; null: they do not. */
  readonly given: Prepared | null;
  readonly transferId: string;
  readonly costOf: CostOf;
}

/** The rows of it, prepared. */
async function prepareTransfer(context: LedgerContext, userId: number, fields: Fields) {
  const accounts = await listAccounts(context, userId);
  const named = z.object({ from: field.account, to: field.account });
  const ends = named.safeParse({
    ...(said(fields.from) && { from: fields.from }),
    ...(said(fields.to) && { to: fields.to }),
  });
  if (!ends.success) {
    const wrong = ends.error.issues[0]!.path[0] as "from" | "to";
    throw new InvalidTransactionError("account", field.expectations.account, fields[wrong]);
  }
  const from = requireNamed(accounts, ends.data.from, null).account_id;
  const to = ends.data.to === undefined ? from : requireNamed(accounts, ends.data.to, null).account_id;
  const isConversion = said(fields.to_amount) || said(fields.to_currency);
  if (from === to && (said(fields.ticker) || !isConversion))
    throw new InvalidTransactionError(
      "account",
      "another one to transfer to, as `to`",
      fields.to ?? accountNamed(accounts, from)?.name,
      plain("Choose another account to move it to: this is the one that it comes from."),
    );
  const rows = { ...fields, from, to };
  const { clock } = context;
  if (!said(fields.ticker)) {
    const prepared: Prepared[] = [];
    for (const row of cashRows(rows, from === to))
      prepared.push(await prepare(context, userId, parse(row, clock)));
    return { to, cash: prepared, out: null, given: null };
  }
  const { ticker, quantity, amount, acquired_on, currency, fx_rate, fee, date, note, tags } = fields;
  const shares = { ticker, quantity, date, note, tags };
  const given = said(amount)
    ? await prepare(
        context,
        userId,
        parse({ ...shares, type: "TRANSFER_IN", account: to, amount, acquired_on, currency, fx_rate }, clock),
      )
    : null;
  const leaving = { ...shares, type: "TRANSFER_OUT", account: from, fee };
  // Its rows are checked against the account that they come to as well.
  parse({ ...shares, type: "TRANSFER_IN", account: to, amount: amount ?? "0" }, clock);
  requireNamed(accounts, to, typeof date === "string" ? date : null);
  const out = await prepare(context, userId, parse(leaving, clock));
  return { to, cash: [], out, given };
}

/**
 * Moves cash or shares from one account to another, or converts cash (`to_amount` in `to_currency`), or both. Shares bring along what they
 * had cost and when they were bought: one TRANSFER_IN for each purchase that the person's method takes them from, or one with the average
 * cost; `amount` says the cost instead. All rows have one transfer_id, and are written together or not at all. Throws what recordTransaction
 * throws.
 */
export async function recordTransfer(
  context: LedgerContext,
  userId: number,
  input: unknown,
  costOf: CostOf,
  idempotencyKey?: string,
): Promise<Transferred & { readonly replayed: boolean }> {
  requireKey(idempotencyKey);
  const fields = z.record(z.string(), z.unknown()).safeParse(input).data ?? {};
  return whileBaseStays(() => transfer(context, userId, fields, costOf, idempotencyKey));
}

async function transfer(
  context: LedgerContext,
  userId: number,
  fields: Fields,
  costOf: CostOf,
  idempotencyKey: string | undefined,
): Promise<Transferred & { readonly replayed: boolean }> {
  const { to, cash, out, given } = await prepareTransfer(context, userId, fields);
  const prepared = [...cash, out ?? [], given ?? []].flat();
  const hasOwnRate = prepared.some(({ toInsert }) => toInsert.fx_rate !== undefined);
  const warnings = [...new Set([...cash, ...(out ? [out] : [])].flatMap((row) => row.warnings))];
  const transferId = randomUUID();
  return personTransaction(context.pool, userId, async (client) => {
    await lockLedger(client, userId, hasOwnRate ? undefined : prepared[0]?.base);
    if (idempotencyKey !== undefined) {
      const answer = await readAnswer<Transferred>(client, userId, idempotencyKey, { transfer: fields });
      if (answer) return { ...answer, replayed: true };
    }
    const transactions = out
      ? await recordShares(client, userId, { out, to, given, transferId, costOf })
      : await insertTransactions(
          client,
          userId,
          cash.map(({ toInsert }) => ({ ...toInsert, transfer_id: transferId })),
        );
    await requireLedgerQuota(client, userId, context.quotas);
    const answer: Transferred = { transactions, warnings };
    if (idempotencyKey !== undefined)
      await keepAnswer(client, userId, idempotencyKey, { transfer: fields }, answer);
    return { ...answer, replayed: false };
  });
}
