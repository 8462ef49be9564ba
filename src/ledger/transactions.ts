/** Deleting and listing transactions. */
import { personTransaction } from "../database/person.ts";
import { readAccounts, requireNamed } from "./accounts.ts";
import type { LedgerContext } from "./context.ts";
import { bringsShares, holdingsOf, requireCovered } from "./coverage.ts";
import { InvalidCursorError, NotFoundError } from "./errors.ts";
import { isDate } from "./input.ts";
import { requireChangeQuota } from "./quotas.ts";
import {
  lockLedger,
  type Position,
  readTransaction,
  readTransactions,
  removeTransactions,
  type Transaction,
} from "./rows.ts";
import type { TransactionType } from "./transaction-types.ts";

/**
 * Returns what was deleted; of a transfer or conversion both sides are. Throws NotFoundError, also for another person's, OversellError or
 * LotsError if a SELL needs it, or QuotaExceededError.
 */
export async function deleteTransaction(
  context: Pick<LedgerContext, "pool" | "quotas">,
  userId: number,
  transactionId: number,
): Promise<Transaction> {
  return personTransaction(context.pool, userId, async (client) => {
    await lockLedger(client, userId);
    const removed = await removeTransactions(client, userId, transactionId);
    const [deleted] = removed;
    if (!deleted) throw new NotFoundError(transactionId);
    await requireChangeQuota(client, userId, context.quotas);
    for (const holding of holdingsOf(removed.filter(({ type }) => bringsShares(type))))
      await requireCovered(client, userId, holding, () => "delete");
    return deleted;
  });
}

/** Throws NotFoundError, also for another person's. */
export async function findTransaction(
  context: Pick<LedgerContext, "pool">,
  userId: number,
  transactionId: number,
): Promise<Transaction> {
  const found = await personTransaction(context.pool, userId, (client) =>
    readTransaction(client, userId, transactionId),
  );
  if (!found) throw new NotFoundError(transactionId);
  return found;
}

export interface TransactionList {
  readonly transactions: readonly Transaction[];
  /** `before` of the next page; null: there is none. */
  readonly next: string | null;
}

function cursorOf({ date, transaction_id }: Transaction): string {
  return Buffer.from(`${date} ${transaction_id}`).toString("base64url");
}

function positionOf(cursor: string): Position {
  const match = /^(\d{4}-\d{2}-\d{2}) (\d{1,15})$/.exec(Buffer.from(cursor, "base64url").toString());
  if (!match || !isDate(match[1]!)) throw new InvalidCursorError(cursor);
  return { date: match[1]!, transactionId: Number(match[2]) };
}

/** Absent: all of them. */
export interface ListFilter {
  /** Id or name. */
  readonly account?: string | undefined;
  readonly type?: TransactionType | undefined;
  readonly tag?: string | undefined;
}

/** A page of at most `limit` transactions, newest first. Throws InvalidCursorError, or InvalidTransactionError for the account. */
export async function listTransactions(
  context: Pick<LedgerContext, "pool">,
  userId: number,
  { limit, before, account, type, tag }: ListFilter & { limit: number; before?: string | undefined },
): Promise<TransactionList> {
  const position = before === undefined ? null : positionOf(before);
  const found = await personTransaction(context.pool, userId, async (client) => {
    const accountId =
      account === undefined
        ? undefined
        : requireNamed(await readAccounts(client, userId), account, null).account_id;
    return readTransactions(client, userId, position, limit + 1, { accountId, type, tag });
  });
  const transactions = found.slice(0, limit);
  const last = transactions.at(-1);
  return { transactions, next: found.length > limit && last ? cursorOf(last) : null };
}
