/** How much of the ledger one person may take: counted where it is written, in the transaction that writes. */
import type { PoolClient } from "pg";
import { defaultQuotas, QuotaExceededError, type Quotas } from "../quotas.ts";
import { TooManyNewTickersError } from "./errors.ts";

/** After rows were added under the ledger's lock, so that nobody else adds any meanwhile. Throws QuotaExceededError. */
export async function requireLedgerQuota(
  client: PoolClient,
  userId: number,
  quotas: Quotas = defaultQuotas,
): Promise<void> {
  const { trades, tickers } = quotas;
  const { rows } = await client.query<{ trades: number; tickers: number }>(
    `select count(*) as trades, count(distinct ticker) as tickers
     from bronze.transactions
     where user_id = $1`,
    [userId],
  );
  const kept = rows[0]!;
  if (kept.trades > trades)
    throw new QuotaExceededError(
      trades,
      "trades of one person",
      "delete some that are not needed",
      "QUOTA_TRADES",
    );
  if (kept.tickers > tickers)
    throw new QuotaExceededError(
      tickers,
      "different tickers in one ledger",
      "delete the trades of one that is not needed",
      "QUOTA_TICKERS",
    );
  await requireChangeQuota(client, userId, quotas);
}

/**
 * After the ledger was changed, under its lock: the audit keeps each change for ever, so that a day has so many. The count is of one
 * index, and stops at the limit. Throws QuotaExceededError.
 */
export async function requireChangeQuota(
  client: PoolClient,
  userId: number,
  { changesADay }: Quotas = defaultQuotas,
): Promise<void> {
  const { rowCount } = await client.query(
    `select
     from bronze.transactions_audit
     where audit_id = (
         select audit_id
         from bronze.transactions_audit
         where user_id = $1
         order by audit_id desc
         offset $2
         limit 1
       )
       and audited_at >= date_trunc('day', now(), 'UTC')`,
    [userId, changesADay],
  );
  if (rowCount !== 0)
    throw new QuotaExceededError(
      changesADay,
      "trades of one person recorded, deleted or brought back on one day",
      "go on from midnight UTC on",
      "QUOTA_CHANGES_A_DAY",
    );
}

/** After rows of a file were kept, under the ledger's lock. Throws QuotaExceededError. */
export async function requireImportQuota(
  client: PoolClient,
  userId: number,
  { importRows }: Quotas = defaultQuotas,
): Promise<void> {
  const { rows } = await client.query<{ kept: number }>(
    `select
       (select count(*) from public.import_rows where user_id = $1)
       + (select count(*) from public.import_choices where user_id = $1)
       + (select count(*) from public.import_tickers where user_id = $1) as kept`,
    [userId],
  );
  if (rows[0]!.kept > importRows)
    throw new QuotaExceededError(
      importRows,
      "rows of imported files kept for one person",
      "record new trades by the form",
      "QUOTA_IMPORT_ROWS",
    );
}

/** Counts a ticker that nobody had used, in one statement: two at once wait for each other. Throws TooManyNewTickersError. */
export async function countNewTicker(
  client: PoolClient,
  userId: number,
  now: Date,
  { newTickersADay }: Quotas = defaultQuotas,
): Promise<void> {
  const { rowCount } = await client.query(
    `with past as (
       delete from public.new_tickers
       where user_id = $1
         and brought_on < $2
     )
     insert into public.new_tickers (user_id, brought_on, tickers)
     select $1, $2::date, 1
     where $3 > 0
     on conflict (user_id, brought_on) do update
     set tickers = new_tickers.tickers + 1
     where new_tickers.tickers < $3`,
    [userId, now.toISOString().slice(0, 10), newTickersADay],
  );
  if (rowCount === 0) throw new TooManyNewTickersError(newTickersADay, now);
}
