/** Imports as they were made, and undoing one as one: what it recorded is deleted, or brought back, in one checked step. */
import type { PoolClient } from "pg";
import { personTransaction } from "../../database/person.ts";
import type { LedgerContext } from "../context.ts";
import { bringsShares, holdingsOf, requireCovered, takesShares } from "../coverage.ts";
import { insertDeleted } from "../deletions.ts";
import { OversellError } from "../errors.ts";
import { requireChangeQuota, requireLedgerQuota } from "../quotas.ts";
import { LotsError } from "../row-errors.ts";
import {
  lockLedger,
  type Transaction,
  type TransactionRow,
  transactionColumns,
  transactionOf,
} from "../rows.ts";
import { ImportNotFoundError, RecordedAgainError } from "./undo-errors.ts";

export interface MadeImport {
  readonly import_id: string;
  readonly imported_at: Date;
  /** null: no format that is known. */
  readonly format: string | null;
  /** null: nobody said it. */
  readonly file_name: string | null;
  /** Transactions that it recorded, */
  readonly recorded: number;
  /** those of them that are in the ledger now, */
  readonly present: number;
  /** and rows that it kept without recording them. */
  readonly kept: number;
  readonly undone_at: Date | null;
}

/** Of an import, `$2`: what it recorded; the other sides of its conversions are found by these. */
const recordedIds = `
  select transaction_id
  from public.import_rows
  where user_id = $1
    and import_id = $2
    and transaction_id is not null`;

/** Latest first; those that recorded nothing among them. `importId` null: all. */
async function readImports(
  client: PoolClient,
  userId: number,
  importId: string | null,
  limit: number,
): Promise<MadeImport[]> {
  const { rows } = await client.query<MadeImport>(
    `with listed as (
       select import_id, imported_at, format, file_name, undone_at
       from public.imports
       where user_id = $1
         and ($2::uuid is null or import_id = $2)
       order by imported_at desc, import_id
       limit $3
     )
     select
       import_id,
       imported_at,
       format,
       file_name,
       count(distinct import_rows.transaction_id) as recorded,
       count(distinct transactions.transaction_id) as present,
       count(reason) as kept,
       undone_at
     from listed
     join public.import_rows using (import_id)
     left join bronze.transactions
       on transactions.user_id = $1
       and transactions.transaction_id = import_rows.transaction_id
     where import_rows.user_id = $1
     group by import_id, imported_at, format, file_name, undone_at
     order by imported_at desc, import_id`,
    [userId, importId, limit],
  );
  return rows;
}

/** Latest first, at most `limit`. */
export const listImports = (
  { pool }: Pick<LedgerContext, "pool">,
  userId: number,
  limit: number,
): Promise<MadeImport[]> =>
  personTransaction(pool, userId, (client) => readImports(client, userId, null, limit));

async function requireImport(client: PoolClient, userId: number, importId: string): Promise<MadeImport> {
  const [found] = await readImports(client, userId, importId, 1);
  if (!found) throw new ImportNotFoundError(importId, "none");
  return found;
}

/** With the other sides of its conversions, and whatever was edited since as it is now. */
async function removeRecorded(client: PoolClient, userId: number, importId: string): Promise<Transaction[]> {
  const { rows } = await client.query<TransactionRow>(
    `with recorded as (${recordedIds})
     delete from bronze.transactions
     where user_id = $1
       and (
         transaction_id in (select transaction_id from recorded)
         or transfer_id in (
           select transfer_id
           from bronze.transactions
           join recorded using (transaction_id)
           where user_id = $1
         )
       )
     returning ${transactionColumns}`,
    [userId, importId],
  );
  return rows.map(transactionOf);
}

/** What the import began goes back where nothing that came since counts on it. */
const keepAsBefore = `
  update public.accounts
  set
    tracks_cash = tracks_cash
      and not (
        began_cash
        and not exists (
          select
          from bronze.transactions
          where transactions.user_id = $1
            and transactions.account_id = accounts.account_id
            and transaction_type in ('DEPOSIT', 'WITHDRAWAL', 'FX_IN', 'FX_OUT')
        )
      ),
    income = case
      when began_income
        and not exists (
          select
          from bronze.transactions
          where transactions.user_id = $1
            and transactions.account_id = accounts.account_id
            and transaction_type in ('DIVIDEND', 'RETURN_OF_CAPITAL')
        )
        then 'market'
      else income
    end
  from public.imports
  where imports.user_id = $1
    and import_id = $2
    and accounts.user_id = $1
    and accounts.account_id = imports.account_id`;

const keepAsImported = `
  update public.accounts
  set tracks_cash = tracks_cash or began_cash, income = case when began_income then 'ledger' else income end
  from public.imports
  where imports.user_id = $1
    and import_id = $2
    and accounts.user_id = $1
    and accounts.account_id = imports.account_id`;

async function remove(client: PoolClient, userId: number, importId: string): Promise<Transaction[]> {
  const removed = await removeRecorded(client, userId, importId);
  if (removed.length === 0) throw new ImportNotFoundError(importId, "empty");
  for (const holding of holdingsOf(removed.filter(({ type }) => bringsShares(type))))
    await requireCovered(client, userId, holding, () => "import");
  await client.query(keepAsBefore, [userId, importId]);
  return removed;
}

/**
 * Deletes whatever the import recorded and is still in the ledger, all of it or nothing, and returns it; each can be brought back alone,
 * too. An account that began to keep cash or to book dividends with it is kept as before, unless something recorded since counts on it.
 * Throws ImportNotFoundError, OversellError or LotsError if a later row needs what it brought, or QuotaExceededError.
 */
export async function undoImport(
  context: Pick<LedgerContext, "pool" | "quotas">,
  userId: number,
  importId: string,
): Promise<readonly Transaction[]> {
  const undo = async (client: PoolClient): Promise<readonly Transaction[]> => {
    await lockLedger(client, userId);
    await requireImport(client, userId, importId);
    // Before the first row goes, and after whoever held the ledger: what the audit has from then on was deleted here.
    await client.query(
      "update public.imports set undone_at = clock_timestamp() where user_id = $1 and import_id = $2",
      [userId, importId],
    );
    const removed = await remove(client, userId, importId);
    await requireChangeQuota(client, userId, context.quotas);
    return removed;
  };
  return personTransaction(context.pool, userId, undo, { isLong: true });
}

/** Of what it recorded. */
async function countEdited(client: PoolClient, userId: number, importId: string): Promise<number> {
  const { rows } = await client.query<{ edited: number }>(
    `with recorded as (${recordedIds})
     select count(distinct transactions.transaction_id) as edited
     from recorded
     join bronze.transactions using (transaction_id)
     join bronze.transactions_audit as audit using (transaction_id)
     where transactions.user_id = $1
       and audit.user_id = $1
       and operation = 'update'`,
    [userId, importId],
  );
  return rows[0]!.edited;
}

export interface UndoPreview {
  readonly made: MadeImport;
  /** What would be deleted. */
  readonly transactions: readonly Transaction[];
  /** Of them those that were changed after they were imported. */
  readonly edited: number;
  /** Why it cannot be done now; null: it can. */
  readonly obstacle: OversellError | LotsError | null;
}

/** What undoing an import would delete, said by doing it and taking that back. Throws ImportNotFoundError. */
export async function previewUndo(
  { pool }: Pick<LedgerContext, "pool">,
  userId: number,
  importId: string,
): Promise<UndoPreview> {
  return personTransaction(
    pool,
    userId,
    async (client) => {
      await lockLedger(client, userId);
      const made = await requireImport(client, userId, importId);
      await client.query("savepoint before");
      let obstacle: OversellError | LotsError | null = null;
      const transactions = await removeRecorded(client, userId, importId);
      try {
        for (const holding of holdingsOf(transactions.filter(({ type }) => bringsShares(type))))
          await requireCovered(client, userId, holding, () => "import");
      } catch (error) {
        if (!(error instanceof OversellError || error instanceof LotsError)) throw error;
        obstacle = error;
      }
      await client.query("rollback to savepoint before");
      const edited = await countEdited(client, userId, importId);
      return { made, transactions, edited, obstacle };
    },
    { isLong: true },
  );
}

/** Rows of the file that another import has recorded since, and that are in the ledger. */
async function isRecordedAgain(client: PoolClient, userId: number, importId: string): Promise<boolean> {
  const { rowCount } = await client.query(
    `select
     from public.import_rows as own
     join public.import_rows as other using (user_id, row_key)
     join bronze.transactions
       on transactions.user_id = other.user_id
       and transactions.transaction_id = other.transaction_id
     where own.user_id = $1
       and own.import_id = $2
       and own.transaction_id is not null
       and other.import_id <> $2
     limit 1`,
    [userId, importId],
  );
  return rowCount !== 0;
}

/**
 * Brings back what undoing the import deleted, under its ids; what was deleted before that, and what is back already, stays as it is. Its
 * account keeps cash and books dividends again as it did. Throws ImportNotFoundError where nothing was undone, RecordedAgainError where
 * the same rows were imported anew, QuotaExceededError, OversellError, LotsError, ExternalIdTakenError or SplitTakenError.
 */
export async function restoreImport(
  context: Pick<LedgerContext, "pool" | "quotas">,
  userId: number,
  importId: string,
): Promise<readonly Transaction[]> {
  const restore = async (client: PoolClient): Promise<readonly Transaction[]> => {
    await lockLedger(client, userId);
    const made = await requireImport(client, userId, importId);
    if (made.undone_at === null) throw new ImportNotFoundError(importId, "standing");
    if (await isRecordedAgain(client, userId, importId)) throw new RecordedAgainError();
    const { rows } = await client.query<{ id: number }>(
      `select distinct transaction_id as id from (${recordedIds}) as own`,
      [userId, importId],
    );
    const restored = await insertDeleted(
      client,
      userId,
      rows.map(({ id }) => id),
      made.undone_at,
    );
    await client.query(keepAsImported, [userId, importId]);
    await client.query("update public.imports set undone_at = null where user_id = $1 and import_id = $2", [
      userId,
      importId,
    ]);
    await requireLedgerQuota(client, userId, context.quotas);
    const ids = new Set<number | null>(restored.map(({ transaction_id }) => transaction_id));
    for (const holding of holdingsOf(restored.filter(({ type }) => takesShares(type))))
      await requireCovered(client, userId, holding, (id) => (ids.has(id) ? "sell" : "earlier sell"));
    return restored;
  };
  return personTransaction(context.pool, userId, restore, { isLong: true });
}
