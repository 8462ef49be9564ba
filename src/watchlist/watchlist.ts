/** Tickers that a person watches: as known, and as freshly priced, as those that they trade. Nobody else sees which. */
import type { Pool, PoolClient } from "pg";
import type { gold_price_changes } from "../../assets/gold.ts";
import { personTransaction } from "../database/person.ts";
import type { RowOf } from "../engine/index.ts";
import {
  findSymbolChange,
  type HistoryProgress,
  type LedgerContext,
  lockLedger,
  requirePrices,
} from "../ledger/index.ts";
import { defaultQuotas } from "../quotas.ts";
import { NotWatchedError } from "./errors.ts";
import { requireWatchedQuota } from "./quota.ts";

/** What its price did, as docs/metrics.md says; all null: there is no price of it. */
type PriceChanges = {
  readonly [Name in Exclude<keyof RowOf<typeof gold_price_changes>, "ticker" | "currency">]:
    | RowOf<typeof gold_price_changes>[Name]
    | null;
};

export interface Watched extends PriceChanges {
  readonly ticker: string;
  readonly name: string;
  readonly asset_class: string;
  /** ISO code of what its prices are in. */
  readonly currency: string;
  readonly added_at: Date;
  /** Closes at equal distances over the year up to the last one; null before the first. */
  readonly closes: readonly (number | null)[];
  /** Why no more of its prices are fetched; null: they are. */
  readonly problem: string | null;
  /** The person has some of it, in whichever account. */
  readonly is_held: boolean;
  /** They have, or had: there is a page of it. */
  readonly is_traded: boolean;
}

/** Of a chart as small as a word. */
const points = 40;

/** By ticker. Throws what a model that is not built yet does. */
export function listWatched({ pool }: Pick<LedgerContext, "pool">, userId: number): Promise<Watched[]> {
  return personTransaction(pool, userId, async (client) => {
    const { rows } = await client.query<Watched>({
      name: "list_watched",
      text: `
        select
          watchlist.ticker,
          assets.name,
          assets.asset_class,
          assets.currency,
          watchlist.added_at,
          changes.price_date,
          trim_scale(changes.close) as close,
          changes.is_final,
          changes.day_change,
          changes.day_change_reason,
          changes.month_change,
          changes.month_change_reason,
          changes.year_change,
          changes.year_change_reason,
          trim_scale(changes.low_52_weeks) as low_52_weeks,
          trim_scale(changes.high_52_weeks) as high_52_weeks,
          changes.since_52_weeks,
          charted.closes,
          assets.last_error as problem,
          position.is_held is true as is_held,
          position.is_held is not null as is_traded
        from public.watchlist
        join bronze.raw_assets as assets on assets.ticker = watchlist.ticker
        left join lateral (
          select *
          from gold_price_changes
          where gold_price_changes.ticker = watchlist.ticker
        ) as changes on true
        cross join lateral (
          select bool_or(quantity > 0 and valid_to = 'infinity') as is_held
          from int_ticker_periods
          where int_ticker_periods.user_id = $1
            and int_ticker_periods.ticker = watchlist.ticker
        ) as position
        cross join lateral (
          select array_agg(daily.close::double precision order by point.number) as closes
          from (
            select number, changes.price_date - 364 + round(number * 364 / $2::numeric)::integer as day
            from generate_series(0, $2::integer) as number
            offset 0 -- an expression beside row-level security is no condition of an index
          ) as point
          left join int_prices_daily as daily on daily.ticker = watchlist.ticker and daily.price_date = point.day
        ) as charted
        where watchlist.user_id = $1
        order by watchlist.ticker`,
      values: [userId, points],
    });
    return rows;
  });
}

async function isWatched(client: PoolClient, userId: number, ticker: string): Promise<boolean> {
  const { rowCount } = await client.query("select from public.watchlist where user_id = $1 and ticker = $2", [
    userId,
    ticker,
  ]);
  return rowCount !== 0;
}

/**
 * Adds a ticker, looked up and with its history in bronze as a trade's is, under the symbol that it has now; once, however often it is asked
 * for. Returns that symbol. A list that is full is refused before anything is fetched. `asked`: of the market, in capitals. Throws
 * QuotaExceededError, and what an unknown ticker or a source without an answer makes the ledger throw.
 */
export async function watch(
  context: LedgerContext,
  userId: number,
  asked: string,
  onProgress: (progress: HistoryProgress) => void = () => {},
): Promise<string> {
  const { pool, clock, quotas = defaultQuotas } = context;
  const change = await findSymbolChange(pool, asked, clock().toISOString().slice(0, 10));
  const ticker = change?.to ?? asked;
  const isThere = await personTransaction(pool, userId, async (client) => {
    if (await isWatched(client, userId, ticker)) return true;
    await requireWatchedQuota(client, userId, quotas, ticker);
    return false;
  });
  if (isThere) return ticker;
  await requirePrices(context, userId, { ticker, type: "BUY" }, onProgress);
  await personTransaction(pool, userId, async (client) => {
    await lockLedger(client, userId); // two at once would both find the last place free
    await client.query(
      "insert into public.watchlist (user_id, ticker) values ($1, $2) on conflict do nothing",
      [userId, ticker],
    );
    await requireWatchedQuota(client, userId, quotas, ticker);
  });
  return ticker;
}

/** Its prices and a target stay, but for a target of 0, which of what is not held says nothing; adding it again brings it back. Throws NotWatchedError. */
export async function unwatch(pool: Pool, userId: number, ticker: string): Promise<void> {
  const isGone = await personTransaction(pool, userId, async (client) => {
    await lockLedger(client, userId); // a target may just be written, since it is watched
    const { rowCount } = await client.query(
      "delete from public.watchlist where user_id = $1 and ticker = $2",
      [userId, ticker],
    );
    await client.query(
      `delete from public.target_weights
       where user_id = $1
         and ticker = $2
         and weight = 0
         and not exists (
           select from bronze.transactions where user_id = $1 and upper(btrim(transactions.ticker)) = $2
         )`,
      [userId, ticker],
    );
    return rowCount !== 0;
  });
  if (!isGone) throw new NotWatchedError(ticker.slice(0, 20));
}
