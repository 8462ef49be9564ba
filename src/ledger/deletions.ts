/** What was deleted, as the audit trail has it, and how it comes back. */
import type { PoolClient } from "pg";
import { personTransaction } from "../database/person.ts";
import type { LedgerContext } from "./context.ts";
import { DeletionNotFoundError, NotFoundError, OversellError } from "./errors.ts";
import { findOversell } from "./position.ts";
import { requireLedgerQuota } from "./quotas.ts";
import {
  lockLedger,
  readDailyTrades,
  readSplits,
  readTrades,
  readTransaction,
  type Transaction,
  type TransactionRow,
  transactionColumns,
  transactionOf,
} from "./rows.ts";
import { requireCovered } from "./transactions.ts";

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

/** null: nothing of that id was deleted, or it is there again. */
async function insertDeleted(
  client: PoolClient,
  userId: number,
  transactionId: number,
): Promise<Transaction | null> {
  const { rows } = await client.query<TransactionRow>(
    `insert into bronze.transactions
       (transaction_id, user_id, ticker, transaction_type, quantity, price, fee, transaction_date, currency, fx_rate,
        fx_currency, created_at)
     select
       transaction_id, user_id, ticker, transaction_type, quantity, price, fee, transaction_date, currency, fx_rate,
       fx_currency, created_at
     from bronze.transactions_audit
     where user_id = $1
       and transaction_id = $2
       and operation = 'delete'
     order by audit_id desc
     limit 1
     on conflict (transaction_id) do nothing
     returning ${transactionColumns}`,
    [userId, transactionId],
  );
  return rows[0] ? transactionOf(rows[0]) : null;
}

/**
 * Brings a deleted transaction back as it was, under its id. Throws DeletionNotFoundError, also for another person's, QuotaExceededError,
 * or OversellError if what it sells is no longer held.
 */
export async function restoreTransaction(
  context: Pick<LedgerContext, "pool" | "quotas">,
  userId: number,
  transactionId: number,
): Promise<Transaction> {
  return personTransaction(context.pool, userId, async (client) => {
    await lockLedger(client, userId);
    const restored = await insertDeleted(client, userId, transactionId);
    if (!restored) throw new DeletionNotFoundError(transactionId);
    await requireLedgerQuota(client, userId, context.quotas);
    if (restored.type === "SELL")
      await requireCovered(client, userId, restored.ticker, (id) => id === transactionId);
    return restored;
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
    const { ticker } = transaction;
    const splits = await readSplits(client, ticker);
    if (!findOversell(await readDailyTrades(client, userId, ticker, transactionId), splits)) return null;
    const trades = await readTrades(client, userId, ticker);
    const others = trades.filter((trade) => trade.transactionId !== transactionId);
    const { trade, held } = findOversell(others, splits)!;
    return new OversellError({ ticker, date: trade.date, held, sold: trade.quantity }, "delete");
  });
}
