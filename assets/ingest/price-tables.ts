/** The statements that bring one ticker's rows in line with what was fetched. Each writes only rows that differ. */
import type { ClientBase, Pool } from "pg";
import type { Unit } from "../../src/market/currency.ts";
import type { Bar, PriceHistory, Profile, TickerDescription } from "../../src/market/source.ts";
import { countWritten, noRows, type RowCounts } from "./row-counts.ts";

/** What is stored of a ticker, as far as it decides what to fetch. */
export interface StoredTicker {
  readonly hasBars: boolean;
  /** Ten days before the last final bar; null: there is none. */
  readonly overlapFrom: string | null;
  /** What its prices are in, as the source spelt it. */
  readonly quoteUnit: string | null;
  readonly lacksProfile: boolean;
}

export async function readStoredTicker(pool: Pool, ticker: string): Promise<StoredTicker> {
  const { rows } = await pool.query<StoredTicker>(
    `with stored as (
       select
         count(*) > 0 as has_bars,
         max(price_date) filter (where is_final) - 10 as overlap_from
       from bronze.raw_prices
       where ticker = $1
     )
     select
       stored.has_bars as "hasBars",
       stored.overlap_from as "overlapFrom",
       coalesce(assets.quote_unit, assets.currency) as "quoteUnit",
       assets.sector is null and assets.industry is null as "lacksProfile"
     from stored
     left join bronze.raw_assets as assets on assets.ticker = $1`,
    [ticker],
  );
  return rows[0]!;
}

/** Two processes that ingest one ticker take turns; the lock goes with the transaction. */
export async function lockTicker(client: ClientBase, ticker: string): Promise<void> {
  await client.query("select pg_advisory_xact_lock(hashtextextended('raw_prices ' || $1, 0))", [ticker]);
}

/**
 * Did Yahoo rewrite closes that were final? Its prices are 32-bit floats, which differ by less than 1e-7 of
 * themselves when nothing happened.
 */
export async function areClosesRewritten(
  client: ClientBase,
  ticker: string,
  bars: readonly Bar[],
): Promise<boolean> {
  const { rows } = await client.query<{ rewritten: boolean }>(
    `select exists (
       select
       from unnest($2::date[], $3::numeric[]) as fetched (price_date, close)
       join bronze.raw_prices as stored using (price_date)
       where stored.ticker = $1
         and stored.is_final
         and abs(fetched.close - stored.close) > 1e-6 * abs(stored.close)
     ) as rewritten`,
    [ticker, bars.map((bar) => bar.date), bars.map((bar) => bar.close)],
  );
  return rows[0]!.rewritten;
}

/** Parameters $2 to $6 of the statements over `fetchedActions`. */
function actionColumns({ splits, dividends, capitalGains }: PriceHistory): unknown[] {
  const payments = [...dividends, ...capitalGains];
  const none = (list: readonly unknown[]) => list.map(() => null);
  return [
    [...splits, ...payments].map((action) => action.date),
    [
      ...splits.map(() => "split"),
      ...dividends.map(() => "dividend"),
      ...capitalGains.map(() => "capital_gain"),
    ],
    [...splits.map((split) => split.numerator), ...none(payments)],
    [...splits.map((split) => split.denominator), ...none(payments)],
    [...none(splits), ...payments.map((payment) => payment.cashPerShare)],
  ];
}

const fetchedActions = `
  fetched as (
    select action_date, action_type, numerator, denominator, cash_per_share
    from unnest($2::date[], $3::text[], $4::numeric[], $5::numeric[], $6::numeric[])
      as action (action_date, action_type, numerator, denominator, cash_per_share)
  )`;

/** Is there a split or dividend on or after `from` that is new, gone or of another size? */
export async function areActionsRewritten(
  client: ClientBase,
  ticker: string,
  history: PriceHistory,
  from: string,
): Promise<boolean> {
  const { rows } = await client.query<{ rewritten: boolean }>(
    `with ${fetchedActions},
     stored as (
       select action_date, action_type, numerator, denominator, cash_per_share
       from bronze.raw_corporate_actions
       where ticker = $1
         and action_date >= $7
     )
     select exists (
       (table fetched except table stored)
       union all
       (table stored except table fetched)
     ) as rewritten`,
    [ticker, ...actionColumns(history), from],
  );
  return rows[0]!.rewritten;
}

/** Actions on or after `from` (null: all of them) become those fetched. */
export async function writeActions(
  client: ClientBase,
  ticker: string,
  history: PriceHistory,
  from: string | null,
  fetchedAt: Date,
): Promise<RowCounts> {
  const { rows } = await client.query<RowCounts>(
    `with ${fetchedActions},
     removed as (
       delete from bronze.raw_corporate_actions as stored
       where ticker = $1
         and ($7::date is null or action_date >= $7)
         and not exists (
           select
           from fetched
           where fetched.action_date = stored.action_date
             and fetched.action_type = stored.action_type
         )
       returning action_date
     ),
     written as (
       insert into bronze.raw_corporate_actions as stored
         (ticker, action_date, action_type, ratio, numerator, denominator, cash_per_share, fetched_at)
       select $1, action_date, action_type, numerator / denominator, numerator, denominator, cash_per_share, $8
       from fetched
       on conflict (ticker, action_date, action_type) do update
       set
         ratio = excluded.ratio,
         numerator = excluded.numerator,
         denominator = excluded.denominator,
         cash_per_share = excluded.cash_per_share,
         fetched_at = excluded.fetched_at
       where (stored.numerator, stored.denominator, stored.cash_per_share)
         is distinct from (excluded.numerator, excluded.denominator, excluded.cash_per_share)
       returning old.ticker is null as inserted
     )
     ${countWritten}`,
    [ticker, ...actionColumns(history), from, fetchedAt],
  );
  return rows[0]!;
}

export interface BarsToWrite {
  readonly history: PriceHistory;
  readonly from: string | null;
  /** Closes were rewritten: what is stored is in another scale, and no value of it may stay among the new ones. */
  readonly rewritten: boolean;
  readonly fetchedAt: Date;
}

/**
 * Bars on or after `from` (null: all of them) become those fetched. Without a rewrite nothing is lost to a gap in the
 * reply: a null takes no value's place, and a final bar goes only if the reply reaches beyond it and does not list its date.
 */
export async function writeBars(
  client: ClientBase,
  ticker: string,
  { history, from, rewritten, fetchedAt }: BarsToWrite,
): Promise<RowCounts> {
  const { bars, datesWithoutClose } = history;
  if (bars.length === 0) return noRows;
  const { rows } = await client.query<RowCounts>(
    `with fetched as (
       select price_date, open, high, low, close, adj_close, volume, is_final
       from unnest($2::date[], $3::numeric[], $4::numeric[], $5::numeric[], $6::numeric[], $7::numeric[],
           $8::numeric[], $9::boolean[])
         as bar (price_date, open, high, low, close, adj_close, volume, is_final)
     ),
     removed as (
       delete from bronze.raw_prices as stored
       where ticker = $1
         and ($10::date is null or price_date >= $10)
         and not exists (
           select
           from fetched
           where fetched.price_date = stored.price_date
         )
         and (
           $11
           or price_date <> all($12::date[])
             and (not is_final or price_date < (select max(price_date) from fetched))
         )
       returning price_date
     ),
     merged as (
       select
         fetched.price_date,
         coalesce(fetched.open, kept.open) as open,
         coalesce(fetched.high, kept.high) as high,
         coalesce(fetched.low, kept.low) as low,
         fetched.close,
         coalesce(fetched.adj_close, kept.adj_close) as adj_close,
         coalesce(fetched.volume, kept.volume) as volume,
         fetched.is_final
       from fetched
       left join bronze.raw_prices as kept on not $11 and kept.ticker = $1 and kept.price_date = fetched.price_date
     ),
     written as (
       insert into bronze.raw_prices as stored
         (ticker, price_date, open, high, low, close, adj_close, volume, is_final, fetched_at)
       select $1, price_date, open, high, low, close, adj_close, volume, is_final, $13
       from merged
       on conflict (ticker, price_date) do update
       set
         open = excluded.open,
         high = excluded.high,
         low = excluded.low,
         close = excluded.close,
         adj_close = excluded.adj_close,
         volume = excluded.volume,
         is_final = excluded.is_final,
         fetched_at = excluded.fetched_at
       where (stored.open, stored.high, stored.low, stored.close, stored.adj_close, stored.volume, stored.is_final)
         is distinct from
         (excluded.open, excluded.high, excluded.low, excluded.close, excluded.adj_close, excluded.volume,
          excluded.is_final)
       returning old.ticker is null as inserted
     )
     ${countWritten}`,
    [
      ticker,
      bars.map((bar) => bar.date),
      bars.map((bar) => bar.open),
      bars.map((bar) => bar.high),
      bars.map((bar) => bar.low),
      bars.map((bar) => bar.close),
      bars.map((bar) => bar.adjClose),
      bars.map((bar) => bar.volume),
      bars.map((bar) => bar.isFinal),
      from,
      rewritten,
      datesWithoutClose,
      fetchedAt,
    ],
  );
  return rows[0]!;
}

/** Days on or after `from` (null: all of them) on which there was trading, and of which Yahoo gives no close. */
export async function writeMissingCloses(
  client: ClientBase,
  ticker: string,
  { tradedWithoutClose }: PriceHistory,
  from: string | null,
): Promise<void> {
  await client.query(
    `select bronze.keep_defects($1, array['no_close'], coalesce($2::date, '-infinity'), array(
       select ($1, day, 'no_close', true, 'no close, though ' || volume || ' were traded', now())::bronze.market_defects
       from unnest($3::date[], $4::text[]) as session (day, volume)
     ))`,
    [
      ticker,
      from,
      tradedWithoutClose.map(({ date }) => date),
      tradedWithoutClose.map(({ volume }) => volume),
    ],
  );
}

/** A ticker that was fetched is active and has no error; what the reply leaves out stays as it is. */
export async function writeAsset(
  client: ClientBase,
  description: TickerDescription,
  unit: Unit,
  profile: Profile | null,
  fetchedAt: Date,
): Promise<RowCounts> {
  const { rows } = await client.query<RowCounts>(
    `with removed as (select where false),
     written as (
       insert into bronze.raw_assets as stored
         (ticker, name, asset_class, sector, industry, quote_unit, currency, unit_factor, exchange, exchange_timezone,
          fetched_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
       on conflict (ticker) do update
       set
         name = case when excluded.name = excluded.ticker then stored.name else excluded.name end,
         asset_class = excluded.asset_class,
         sector = coalesce(excluded.sector, stored.sector),
         industry = coalesce(excluded.industry, stored.industry),
         quote_unit = excluded.quote_unit,
         currency = excluded.currency,
         unit_factor = excluded.unit_factor,
         exchange = coalesce(excluded.exchange, stored.exchange),
         exchange_timezone = excluded.exchange_timezone,
         is_active = true,
         last_error = null,
         fetched_at = excluded.fetched_at
       where (stored.name, stored.asset_class, stored.sector, stored.industry, stored.quote_unit, stored.currency,
              stored.unit_factor, stored.exchange, stored.exchange_timezone, stored.is_active, stored.last_error)
         is distinct from
         (case when excluded.name = excluded.ticker then stored.name else excluded.name end, excluded.asset_class,
          coalesce(excluded.sector, stored.sector), coalesce(excluded.industry, stored.industry), excluded.quote_unit,
          excluded.currency, excluded.unit_factor, coalesce(excluded.exchange, stored.exchange), excluded.exchange_timezone, true, null)
       returning old.ticker is null as inserted
     )
     ${countWritten}`,
    [
      description.ticker,
      description.name,
      description.assetClass,
      profile?.sector,
      profile?.industry,
      unit.name,
      unit.currency,
      unit.factor,
      description.exchange,
      description.exchangeTimezone,
      fetchedAt,
    ],
  );
  return rows[0]!;
}

/** Why the last fetch failed; `isActive`: Yahoo still knows the ticker. */
export async function writeFailure(
  pool: Pool | ClientBase,
  ticker: string,
  message: string,
  isActive: boolean,
): Promise<RowCounts> {
  const { rowCount } = await pool.query(
    `update bronze.raw_assets
     set last_error = $2, is_active = is_active and $3
     where ticker = $1
       and (last_error, is_active) is distinct from ($2, is_active and $3)`,
    [ticker, message, isActive],
  );
  return { ...noRows, updated: rowCount ?? 0 };
}
