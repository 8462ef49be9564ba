/** The statements over one currency's rates. Each writes only rows that differ. */
import type { ClientBase, Pool } from "pg";
import type { FxDefect, FxRate } from "./fx-verdicts.ts";
import { countWritten, type RowCounts } from "./row-counts.ts";

/**
 * Currencies whose rates figures need: of tickers that have prices or were traded, of trades, and people's own. From one value to the next by
 * index: the sensor asks on every wake-up. `needed` is the name of the relation, without the dollar.
 */
export const neededCurrencies = `
  with recursive traded as (
    select min(currency) as currency
    from bronze.transactions
    union all
    select (select min(currency) from bronze.transactions where transactions.currency > traded.currency)
    from traded
    where currency is not null
  ),
  needed as (
    select currency
    from (
      select currency
      from traded
      union
      select currency
      from bronze.raw_assets
      where exists (select from bronze.raw_prices where raw_prices.ticker = raw_assets.ticker)
        or exists (select from bronze.transactions where transactions.ticker = raw_assets.ticker)
      union
      select base_currency
      from public.users
    ) as every
    where currency ~ '^[A-Z]{3}$'
      and currency <> 'USD'
  )`;

export async function readNeededCurrencies(pool: Pool): Promise<string[]> {
  const { rows } = await pool.query<{ currency: string }>(
    `${neededCurrencies} select currency from needed order by currency`,
  );
  return rows.map(({ currency }) => currency);
}

/** What is stored of Yahoo's rates of a currency, as far as it decides what to fetch. */
export interface StoredRates {
  /** The last final one; null: there is none. */
  readonly last: FxRate | null;
  /** Ten days before it. */
  readonly overlapFrom: string | null;
}

export async function readStoredRates(pool: Pool, currency: string): Promise<StoredRates> {
  const { rows } = await pool.query<FxRate & { overlapFrom: string }>(
    `select
       rate_date as date,
       usd_per_unit as "usdPerUnit",
       is_final as "isFinal",
       rate_date - 10 as "overlapFrom"
     from bronze.raw_fx_rates
     where currency = $1
       and source = 'yahoo'
       and is_final
     order by rate_date desc
     limit 1`,
    [currency],
  );
  const row = rows[0];
  if (!row) return { last: null, overlapFrom: null };
  const { overlapFrom, ...last } = row;
  return { last, overlapFrom };
}

/** Two processes that ingest one currency take turns; the lock goes with the transaction. */
export async function lockCurrency(client: ClientBase, currency: string): Promise<void> {
  await client.query("select pg_advisory_xact_lock(hashtextextended('raw_fx_rates ' || $1, 0))", [currency]);
}

/** Did Yahoo rewrite rates that were final? */
export async function areRatesRewritten(
  client: ClientBase,
  currency: string,
  rates: readonly FxRate[],
): Promise<boolean> {
  const { rows } = await client.query<{ rewritten: boolean }>(
    `select exists (
       select
       from unnest($2::date[], $3::numeric[]) as fetched (rate_date, usd_per_unit)
       join bronze.raw_fx_rates as stored using (rate_date)
       where stored.currency = $1
         and stored.source = 'yahoo'
         and stored.is_final
         and abs(fetched.usd_per_unit - stored.usd_per_unit) > 1e-6 * stored.usd_per_unit
     ) as rewritten`,
    [currency, rates.map(({ date }) => date), rates.map(({ usdPerUnit }) => usdPerUnit)],
  );
  return rows[0]!.rewritten;
}

export interface RatesToWrite {
  readonly currency: string;
  readonly source: "yahoo" | "fred";
  readonly rates: readonly FxRate[];
  readonly keptOut: readonly FxDefect[];
  /** null: the whole history. */
  readonly from: string | null;
  /** Days that were sent without a rate: what is stored of them stays. */
  readonly datesWithoutRate: readonly string[];
  readonly fetchedAt: Date;
}

/**
 * Rates of the source on or after `from` become those fetched; of a day that has one of Yahoo's, Yahoo's stands. Nothing is lost
 * to a gap in the reply: a final rate goes only if the reply has days of what is stored, reaches beyond it and does not list its date, or
 * if the rate was kept out.
 */
export async function writeRates(client: ClientBase, toWrite: RatesToWrite): Promise<RowCounts> {
  const { currency, source, rates, keptOut, from, datesWithoutRate, fetchedAt } = toWrite;
  const { rows } = await client.query<RowCounts>(
    `with fetched as (
       select rate_date, usd_per_unit, is_final
       from unnest($2::date[], $3::numeric[], $4::boolean[]) as rate (rate_date, usd_per_unit, is_final)
     ),
     removed as (
       delete from bronze.raw_fx_rates as stored
       where currency = $1
         and source = $5
         and ($6::date is null or rate_date >= $6)
         and not exists (select from fetched where fetched.rate_date = stored.rate_date)
         and (
           rate_date = any ($7::date[])
           or rate_date <> all ($8::date[])
           and (not is_final or rate_date < (select max(rate_date) from fetched))
           and exists (
             select
             from fetched
             join bronze.raw_fx_rates as known using (rate_date)
             where known.currency = $1
               and known.source = $5
           )
         )
       returning rate_date
     ),
     written as (
       insert into bronze.raw_fx_rates as stored (currency, rate_date, usd_per_unit, is_final, source, fetched_at)
       select $1, rate_date, usd_per_unit, is_final, $5, $9
       from fetched
       on conflict (currency, rate_date) do update
       set
         usd_per_unit = excluded.usd_per_unit,
         is_final = excluded.is_final,
         source = excluded.source,
         fetched_at = excluded.fetched_at
       where (stored.source in (excluded.source, 'fred') or excluded.source = 'yahoo')
         and (stored.usd_per_unit, stored.is_final, stored.source)
           is distinct from (excluded.usd_per_unit, excluded.is_final, excluded.source)
       returning old.currency is null as inserted
     )
     ${countWritten}`,
    [
      currency,
      rates.map(({ date }) => date),
      rates.map(({ usdPerUnit }) => usdPerUnit),
      rates.map(({ isFinal }) => isFinal),
      source,
      from,
      keptOut.map(({ date }) => date),
      datesWithoutRate,
      fetchedAt,
    ],
  );
  return rows[0]!;
}

/** What was kept out on or after `from` (null: ever) becomes this; `symbol`: the pair's or the series' name. */
export async function keepRateDefects(
  client: ClientBase,
  symbol: string,
  keptOut: readonly FxDefect[],
  from: string | null,
): Promise<void> {
  await client.query(
    `select bronze.keep_defects(
       $1, array['not_positive', 'outside_range', 'hundredfold', 'lone_spike'], coalesce($2::date, '-infinity'), array(
         select ($1, day, defect, true, detail, now())::bronze.market_defects
         from unnest($3::date[], $4::text[], $5::text[]) as kept_out (day, defect, detail)
       )
     )`,
    [
      symbol,
      from,
      keptOut.map(({ date }) => date),
      keptOut.map(({ defect }) => defect),
      keptOut.map(({ detail }) => detail),
    ],
  );
}
