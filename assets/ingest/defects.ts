/** What a run has newly found wrong with market data, told in its log. */
import type { Pool } from "pg";
import type { IngestContext } from "../../src/engine/index.ts";
import type { MarketResources } from "../resources.ts";

export async function databaseTime(pool: Pool): Promise<Date> {
  const { rows } = await pool.query<{ now: Date }>("select clock_timestamp() as now");
  return rows[0]!.now;
}

/** What is newly found wrong with the data, one line each, and up to so many. */
const loggedDefects = 200;

/** Of those that were first found since then. */
export async function logDefects(
  context: IngestContext<MarketResources>,
  tickers: readonly string[],
  since: Date,
): Promise<void> {
  const { rows } = await context.pool.query<{ ticker: string; text: string }>(
    `select
       ticker,
       defect_date || ': ' || replace(defect, '_', ' ') || case when is_kept_out then ', kept out: ' else ': ' end || detail as text
     from bronze.market_defects
     where ticker = any ($1)
       and found_at >= $2
     order by ticker, defect_date
     limit $3`,
    [tickers, since, loggedDefects],
  );
  for (const { ticker, text } of rows) context.log("warn", `${ticker} ${text}`);
}
