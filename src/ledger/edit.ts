/** Editing a transaction: another one in its place, under its id. */

import { z } from "zod";
import { personTransaction } from "../database/person.ts";
import { plain } from "../plain.ts";
import { whileBaseStays } from "./base-currency.ts";
import type { LedgerContext } from "./context.ts";
import { holdingsOf, requireCovered } from "./coverage.ts";
import { restoreTransaction } from "./deletions.ts";
import { InvalidTransactionError, NotFoundError } from "./errors.ts";
import { parseTransactionInput } from "./input.ts";
import { requireLedgerQuota } from "./quotas.ts";
import { prepare } from "./record.ts";
import { PartOfTransferError } from "./row-errors.ts";
import {
  lockLedger,
  ofGroups,
  readTransaction,
  replaceTransaction,
  storedColumns,
  type Transaction,
  type TransactionToInsert,
} from "./rows.ts";
import { schemaOf } from "./schemas.ts";
import type { TradeDoubt } from "./trade-check.ts";
import { type TransactionType, transactionTypes } from "./transaction-types.ts";

/** What belongs to the row and moves no figure. */
const aside = new Set(["note", "tags", "external_id"]);

/** What the market can say something of. */
const checkedFields = ["ticker", "price", "date", "currency", "fx_rate"];

export interface Edited {
  readonly transaction: Transaction;
  readonly warnings: readonly string[];
}

/** As it could have come in: what a type does not have is left out, unless the change says it. */
function fieldsOf(before: Transaction, type: TransactionType, hasTicker: boolean): Record<string, unknown> {
  const has = schemaOf(type, hasTicker).shape;
  const fields = Object.entries({ ...before, account: before.account_id });
  return Object.fromEntries(fields.filter(([name, value]) => name in has && value !== null));
}

const isSaid = (value: unknown): boolean => value !== undefined && value !== null && value !== "";

/** Everything of the row as it is to be. Throws InvalidTransactionError, or PartOfTransferError. */
function merge(before: Transaction, change: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const said = Object.keys(change).filter(
    (name) => isSaid(change[name]) || name in before || name === "account",
  );
  const isExchanged = before.market_value !== null;
  if (before.transfer_id !== null && (isExchanged || said.some((name) => !aside.has(name))))
    throw new PartOfTransferError(before.transaction_id);
  if (change.type !== undefined && !transactionTypes.includes(change.type as TransactionType))
    parseTransactionInput(change, () => new Date()); // says what is wrong with it
  const type = (change.type ?? before.type) as TransactionType;
  const ticker = "ticker" in change ? change.ticker : before.ticker;
  const kept = fieldsOf(before, type, isSaid(ticker));
  // A rate is of its currency: with another one it says nothing.
  if (isSaid(change.currency) && change.currency !== before.currency) delete kept.fx_rate;
  // And another ticker may be quoted in another one.
  if (isSaid(change.ticker) && change.ticker !== before.ticker && !("currency" in change))
    delete kept.currency;
  return { ...kept, ...change };
}

/** The rate that stays is in the currency in which it was said, whatever the person's figures are in by now. */
function withKeptRate(
  toInsert: TransactionToInsert,
  before: Transaction,
  isKept: boolean,
): TransactionToInsert {
  if (!isKept || before.fx_rate === null || before.fx_currency === null) return toInsert;
  return { ...toInsert, fx_rate: before.fx_rate, fx_currency: before.fx_currency };
}

const changeSchema = z.record(z.string(), z.unknown());

/**
 * Changes what is said of a transaction and leaves the rest: `change` has the fields that are to be others; null: none. It is as if the
 * transaction had been deleted and recorded anew under its id, in one step: what it leaves behind and what it takes has to be covered
 * once both are done. Of one side of a transfer its note, tags and external_id alone. Throws NotFoundError, also for another person's,
 * PartOfTransferError, and whatever recordTransaction throws; then nothing is changed. `onDoubts` is told what the market says against a
 * change of what it can say something of, and may throw: then nothing is changed either.
 */
export async function editTransaction(
  context: LedgerContext,
  userId: number,
  transactionId: number,
  input: unknown,
  onDoubts: (doubts: readonly TradeDoubt[]) => void = () => {},
): Promise<Edited> {
  const change = changeSchema.safeParse(input).data;
  if (!change || Object.keys(change).length === 0)
    throw new InvalidTransactionError(
      "type",
      "said, or another field that is to be changed",
      input,
      plain("Nothing was changed: correct a field, or leave it."),
    );
  return whileBaseStays(() => edit(context, userId, transactionId, change, onDoubts));
}

async function edit(
  context: LedgerContext,
  userId: number,
  transactionId: number,
  change: Readonly<Record<string, unknown>>,
  onDoubts: (doubts: readonly TradeDoubt[]) => void,
): Promise<Edited> {
  const before = await personTransaction(context.pool, userId, (client) =>
    readTransaction(client, userId, transactionId),
  );
  if (!before) throw new NotFoundError(transactionId);
  const merged = merge(before, change);
  const isRateKept = "fx_rate" in merged && !("fx_rate" in change) && before.fx_rate !== null;
  const parsed = parseTransactionInput(
    isRateKept ? { ...merged, fx_rate: undefined } : merged,
    context.clock,
    transactionTypes,
  );
  const { toInsert, base, warnings, doubts } = await prepare(context, userId, parsed, undefined, isRateKept);
  return personTransaction(context.pool, userId, async (client) => {
    await lockLedger(client, userId, toInsert.fx_rate === undefined ? base : undefined);
    const current = await readTransaction(client, userId, transactionId);
    if (!current || current.created_at !== before.created_at) throw new NotFoundError(transactionId);
    const transaction = await replaceTransaction(
      client,
      userId,
      transactionId,
      withKeptRate(toInsert, before, isRateKept),
    );
    await requireLedgerQuota(client, userId, context.quotas);
    for (const holding of holdingsOf([before, transaction!]))
      await requireCovered(client, userId, holding, (id) => (id === transactionId ? "sell" : "edit"));
    // As of what is recorded: asked last, of what nothing else is wrong with.
    if (doubts.length > 0 && checkedFields.some((field) => field in change)) onDoubts(doubts);
    return { transaction: transaction!, warnings };
  });
}

/**
 * As it was before its last edit; once more: as it was after it. Throws NotFoundError where there is no such transaction of the
 * person's or it was never edited, and OversellError or LotsError if it does not fit the ledger any more.
 */
async function undoEdit(
  context: Pick<LedgerContext, "pool" | "quotas">,
  userId: number,
  transactionId: number,
): Promise<Transaction> {
  const columns = storedColumns.filter((column) => column !== "transaction_id" && column !== "user_id");
  return personTransaction(context.pool, userId, async (client) => {
    await lockLedger(client, userId);
    const before = await readTransaction(client, userId, transactionId);
    const { rowCount } = await client.query(
      `update bronze.transactions
       set ${columns
         .filter((column) => !ofGroups.has(column))
         .map((column) => `${column} = former.${column}`)
         .join(", ")}
       from (
         select *
         from bronze.transactions_audit
         where user_id = $1
           and transaction_id = $2
           and operation = 'update'
         order by audit_id desc
         limit 1
       ) as former
       where transactions.user_id = $1
         and transactions.transaction_id = $2
         and exists (select from public.accounts where accounts.account_id = former.account_id)`,
      [userId, transactionId],
    );
    if (!before || rowCount === 0) throw new NotFoundError(transactionId);
    const transaction = (await readTransaction(client, userId, transactionId))!;
    await requireLedgerQuota(client, userId, context.quotas);
    for (const holding of holdingsOf([before, transaction]))
      await requireCovered(client, userId, holding, (id) => (id === transactionId ? "sell" : "edit"));
    return transaction;
  });
}

/** What was last done to it, a deletion or an edit, is taken back. Throws what restoreTransaction and undoEdit throw. */
export async function undoLast(
  context: Pick<LedgerContext, "pool" | "quotas">,
  userId: number,
  transactionId: number,
): Promise<Transaction> {
  const isThere = await personTransaction(context.pool, userId, (client) =>
    readTransaction(client, userId, transactionId),
  );
  return isThere
    ? undoEdit(context, userId, transactionId)
    : restoreTransaction(context, userId, transactionId);
}
