/** What was deleted, as the audit trail has it, and how it comes back. */
import type { PoolClient } from "pg";
import { personTransaction } from "../database/person.ts";
import type { LedgerContext } from "./context.ts";
import { explainOversell, holdingOf, holdingsOf, requireCovered, takesShares } from "./coverage.ts";
import { DeletionNotFoundError, NotFoundError, type OversellError } from "./errors.ts";
import { findOversell } from "./position.ts";
import { requireLedgerQuota } from "./quotas.ts";
import {
  explainTaken,
  lockLedger,
  readDailyTrades,
  readHoldingSplits,
  readTrades,
  readTransaction,
  storedColumns,
  type Transaction,
  type TransactionRow,
  transactionColumns,
  transactionOf,
} from "./rows.ts";

export interface Deletion {
  readonly transaction: Transaction;
  readonly deletedAt: Date;
}

/** The last deletion of each transaction that is not there now, latest first. */
export async function listDeletions(
  context: Pick<LedgerContext, "pool">,
  userId: number,
  limit: number,
): Promise<Deletion[]> {
  const { rows } = await personTransaction(context.pool, userId, (client) =>
    client.query<TransactionRow & { audited_at: Date }>(
      `with deletions as (
         select
           *,
           row_number() over (partition by transaction_id order by audit_id desc) as recency
         from bronze.transactions_audit
         where user_id = $1
           and operation = 'delete'
       )
       select ${transactionColumns}, audited_at
       from deletions
       where recency = 1
         and not exists (
           select
           from bronze.transactions
           where transactions.transaction_id = deletions.transaction_id
         )
       order by audit_id desc
       limit $2`,
      [userId, limit],
    ),
  );
  return rows.map(({ audited_at, ...row }) => ({ transaction: transactionOf(row), deletedAt: audited_at }));
}

const stored = storedColumns.filter((column) => column !== "account_id");

/**
 * As they were when they were last deleted, with the other sides of transfers; what is there again stays as it is. `since`: no others than
 * those that were deleted from then on.
 */
export async function insertDeleted(
  client: PoolClient,
  userId: number,
  transactionIds: readonly number[],
  since: Date | null = null,
): Promise<Transaction[]> {
  const { rows } = await client
    .query<TransactionRow>(
      `with deletions as (
         select distinct on (transaction_id) ${storedColumns.join(", ")}
         from bronze.transactions_audit
         where user_id = $1
           and operation = 'delete'
           and ($3::timestamptz is null or audited_at >= $3)
           and (
             transaction_id = any ($2)
             or transfer_id in (
               select distinct on (transaction_id) transfer_id
               from bronze.transactions_audit
               where user_id = $1
                 and transaction_id = any ($2)
                 and operation = 'delete'
               order by transaction_id, audit_id desc
             )
           )
         order by transaction_id, audit_id desc
       )
       insert into bronze.transactions (account_id, ${stored.join(", ")})
       select
         -- Of an account that is there no more: to the default one.
         (
           select account_id
           from public.accounts
           where accounts.user_id = $1
             and accounts.account_id = deletions.account_id
         ),
         ${stored.join(", ")}
       from deletions
       on conflict (transaction_id) do nothing
       returning ${transactionColumns}`,
      [userId, transactionIds, since],
    )
    .catch(explainTaken);
  return rows.map(transactionOf);
}

/**
 * Brings a deleted transaction back as it was, under its id, and with it the other side of a transfer. Throws DeletionNotFoundError, also for
 * another person's, QuotaExceededError, or OversellError or LotsError if what it sells is no longer held.
 */
export async function restoreTransaction(
  context: Pick<LedgerContext, "pool" | "quotas">,
  userId: number,
  transactionId: number,
): Promise<Transaction> {
  return personTransaction(context.pool, userId, async (client) => {
    await lockLedger(client, userId);
    const restored = await insertDeleted(client, userId, [transactionId]);
    const wanted = restored.find(({ transaction_id }) => transaction_id === transactionId);
    if (!wanted) throw new DeletionNotFoundError(transactionId);
    await requireLedgerQuota(client, userId, context.quotas);
    const ids = new Set<number | null>(restored.map(({ transaction_id }) => transaction_id));
    for (const holding of holdingsOf(restored.filter(({ type }) => takesShares(type))))
      await requireCovered(client, userId, holding, (id) => (ids.has(id) ? "sell" : "earlier sell"));
    return wanted;
  });
}

/** Why a transaction cannot be deleted now; null: it can. Throws NotFoundError. */
export async function findDeletionObstacle(
  context: Pick<LedgerContext, "pool">,
  userId: number,
  transactionId: number,
): Promise<OversellError | null> {
  return personTransaction(context.pool, userId, async (client) => {
    const transaction = await readTransaction(client, userId, transactionId);
    if (!transaction) throw new NotFoundError(transactionId);
    const holding = holdingOf(transaction);
    if (!holding) return null;
    const splits = await readHoldingSplits(client, userId, holding, transactionId);
    if (!findOversell(await readDailyTrades(client, userId, holding, transactionId), splits)) return null;
    const trades = await readTrades(client, userId, holding);
    const others = trades.filter((trade) => trade.transactionId !== transactionId);
    return explainOversell(client, userId, holding, findOversell(others, splits)!, "delete");
  });
}
