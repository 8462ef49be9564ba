/** Deleting an account, and what becomes of what was booked there. */

import type { PoolClient } from "pg";
import { personTransaction } from "../database/person.ts";
import { plain } from "../plain.ts";
import { AccountInUseError, DefaultAccountError } from "./account-errors.ts";
import { type Account, readAccounts, requireAccount, requireNamed } from "./accounts.ts";
import type { LedgerContext } from "./context.ts";
import { requireCovered } from "./coverage.ts";
import { InvalidTransactionError } from "./errors.ts";
import { requireChangeQuota } from "./quotas.ts";
import { explainTaken, type Holding, lockLedger } from "./rows.ts";

/** `to`: id or name of the account that they are moved to. */
export type Removal =
  | { readonly transactions: "delete" }
  | { readonly transactions: "move"; readonly to: string };

/** Between two accounts that become one nothing was transferred. */
const deleteInnerTransfers = `
  with sides as (
    select transaction_id, transfer_id, account_id
    from bronze.transactions
    where user_id = $1
      and transfer_id is not null
      and transaction_type in ('TRANSFER_IN', 'TRANSFER_OUT')
  ),
  inner_transfers as (
    select transfer_id
    from sides
    group by transfer_id
    having bool_and(account_id in ($2, $3))
      and bool_or(account_id = $2)
  )
  delete from bronze.transactions
  where user_id = $1
    and transaction_type in ('TRANSFER_IN', 'TRANSFER_OUT')
    and transfer_id in (select transfer_id from inner_transfers)`;

async function move(client: PoolClient, userId: number, account: Account, target: Account): Promise<void> {
  await client.query(deleteInnerTransfers, [userId, account.account_id, target.account_id]);
  await client
    .query(
      `update bronze.transactions
       set account_id = $3
       where user_id = $1
         and account_id = $2`,
      [userId, account.account_id, target.account_id],
    )
    .catch(explainTaken);
  const { rows } = await client.query<Holding>(
    `select distinct account_id as "accountId", upper(trim(ticker)) as ticker
     from bronze.transactions
     where user_id = $1
       and account_id = $2
       and ticker is not null`,
    [userId, target.account_id],
  );
  for (const holding of rows) await requireCovered(client, userId, holding, () => "edit");
}

function targetOf(accounts: readonly Account[], account: Account, to: string): Account {
  const target = requireNamed(accounts, to, null);
  if (target.account_id === account.account_id || target.closed_at !== null)
    throw new InvalidTransactionError(
      "account",
      "another one of your accounts, that is open, to move to",
      to,
      plain("Choose another of your accounts, one that is open, to move the transactions to."),
    );
  return target;
}

/**
 * Deletes an account. One that has transactions is refused unless it is said what becomes of them: they are deleted, each of them to be
 * brought back into the default account, or moved to another account; transfers between the two are deleted then. What was
 * transferred elsewhere stays there. Throws AccountNotFoundError, DefaultAccountError, AccountInUseError, InvalidTransactionError for the
 * account to move to, OversellError, LotsError, ExternalIdTakenError, SplitTakenError or QuotaExceededError.
 */
export async function deleteAccount(
  context: Pick<LedgerContext, "pool" | "quotas">,
  userId: number,
  accountId: number,
  removal: Removal | null,
): Promise<void> {
  const remove = async (client: PoolClient): Promise<void> => {
    await lockLedger(client, userId);
    const account = await requireAccount(client, userId, accountId);
    if (account.is_default) throw new DefaultAccountError("deleted");
    if (account.transactions > 0 && removal === null)
      throw new AccountInUseError(account.name, account.transactions);
    if (removal?.transactions === "move")
      await move(client, userId, account, targetOf(await readAccounts(client, userId), account, removal.to));
    // Before the account, so that the audit is written in this person's name.
    await client.query("delete from bronze.transactions where user_id = $1 and account_id = $2", [
      userId,
      accountId,
    ]);
    await requireChangeQuota(client, userId, context.quotas);
    await client.query("delete from public.accounts where user_id = $1 and account_id = $2", [
      userId,
      accountId,
    ]);
  };
  await personTransaction(context.pool, userId, remove, { isLong: true });
}
