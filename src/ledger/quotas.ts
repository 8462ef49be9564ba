/** How much of the ledger one person may take: counted where it is written, in the transaction that writes. */
import type { PoolClient } from "pg";
import { defaultQuotas, QuotaExceededError, type Quotas } from "../quotas.ts";
import { TooManyNewTickersError } from "./errors.ts";

/** After rows were added under the ledger's lock, so that nobody else adds any meanwhile. Throws QuotaExceededError. */
export async function requireLedgerQuota(
  client: PoolClient,
  userId: number,
  { trades, tickers }: Quotas = defaultQuotas,
): Promise<void> {
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
