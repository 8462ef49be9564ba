/** How many tickers somebody may have fetched every day without ever having traded them. */
import type { PoolClient } from "pg";
import { QuotaExceededError, type Quotas } from "../quotas.ts";

/**
 * What is watched and what has a target counts together, and what is traded has a quota of its own: so a target does not keep a place that
 * watching something else then takes anew. `more`: what would be watched beside. Within a transaction of the person's. Throws
 * QuotaExceededError.
 */
export async function requireWatchedQuota(
  client: PoolClient,
  userId: number,
  { watchedTickers }: Quotas,
  more: string,
): Promise<void> {
  const { rows } = await client.query<{ wanted: number }>(
    `select count(*) as wanted
     from (
       (
         select ticker from public.watchlist where user_id = $1
         union
         select ticker from public.target_weights where user_id = $1 and ticker <> '' and ticker not like '~%'
         union
         select $2::text
       )
       except
       select upper(btrim(ticker)) from bronze.transactions where user_id = $1
     ) as untraded`,
    [userId, more],
  );
  if (rows[0]!.wanted > watchedTickers)
    throw new QuotaExceededError(
      watchedTickers,
      "tickers that you watch or aim at and have never traded",
      "take one off your watchlist, and its target away",
      "QUOTA_WATCHED_TICKERS",
    );
}
