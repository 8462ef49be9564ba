/** In what tickers are quoted, and what that is worth to the person: what a trade's price and fee are in. */
import type { PoolClient } from "pg";
import { personTransaction } from "../database/person.ts";
import { unitNameOf } from "../market/currency.ts";
import { isOwnAsset } from "../market/ticker.ts";
import type { LedgerContext } from "./context.ts";
import { PersonGoneError } from "./errors.ts";
import type { Transaction } from "./rows.ts";

export interface Quote {
  /** ISO code. */
  readonly currency: string;
  /** As the exchange quotes: GBp is a hundredth of a GBP. */
  readonly unit: string;
  /** How many of the currency one unit is: 1, 0.01 or 0.001. */
  readonly factor: string;
  /** Of the unit, as people call it: "pence". null: it is the currency itself. */
  readonly unitName: string | null;
}

/** By ticker. Of one that nobody has traded yet nothing is known. */
export async function readQuotes(
  client: PoolClient,
  tickers: readonly string[],
): Promise<ReadonlyMap<string, Quote>> {
  const { rows } = await client.query<Omit<Quote, "unitName"> & { ticker: string }>(
    `select ticker, currency, coalesce(quote_unit, currency) as unit, trim_scale(unit_factor) as factor
     from bronze.raw_assets
     where ticker = any($1::text[])`,
    [tickers.map((ticker) => ticker.trim().toUpperCase())],
  );
  return new Map(
    rows.map(({ ticker, ...quote }) => [ticker, { ...quote, unitName: unitNameOf(quote.unit) }]),
  );
}

/** Throws PersonGoneError. */
export async function readBaseCurrency(client: PoolClient, userId: number): Promise<string> {
  const { rows } = await client.query<{ base_currency: string }>(
    "select base_currency from public.users where user_id = $1",
    [userId],
  );
  if (!rows[0]) throw new PersonGoneError();
  return rows[0].base_currency;
}

/** What a trade says of its currency. */
type Paid = Pick<Transaction, "ticker" | "currency">;

export interface LedgerCurrencies {
  /** The person's. */
  readonly base: string;
  readonly all: readonly string[];
  /** What price, fee and total of a trade are in; "": nobody knows yet. */
  of(trade: Paid): string;
}

/** Of trades, and of whatever other tickers the person has. */
export function readLedgerCurrencies(
  { pool }: Pick<LedgerContext, "pool">,
  userId: number,
  trades: readonly Paid[],
  tickers: readonly string[] = [],
): Promise<LedgerCurrencies> {
  return personTransaction(pool, userId, async (client) => {
    const base = await readBaseCurrency(client, userId);
    const quotes = await readQuotes(client, [...tickers, ...trades.flatMap(({ ticker }) => ticker ?? [])]);
    const known = ({ ticker, currency }: Paid): string | null =>
      currency ?? (ticker === null ? null : quotes.get(ticker.trim().toUpperCase())?.currency) ?? null;
    const named = [...quotes.values()].map(({ currency }) => currency);
    const all = [...new Set([base, ...named, ...trades.flatMap((trade) => known(trade) ?? [])])];
    // Of a ticker that nobody has described: to who has dollars alone it is in dollars, as int_transactions takes it.
    const unknown = all.every((currency) => currency === "USD") ? "USD" : "";
    return { base, all, of: (trade) => known(trade) ?? unknown };
  });
}

/** What the person calls those of the tickers that are assets of their own; nothing is asked where none is. */
export async function readOwnNames(
  { pool }: Pick<LedgerContext, "pool">,
  userId: number,
  tickers: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const own = tickers.filter(isOwnAsset);
  if (own.length === 0) return new Map();
  return personTransaction(pool, userId, async (client) => {
    const { rows } = await client.query<{ ticker: string; name: string }>(
      "select ticker, name from bronze.raw_assets where owner_id = $1 and ticker = any($2::text[])",
      [userId, own],
    );
    return new Map(rows.map(({ ticker, name }) => [ticker, name]));
  });
}

/** What one of the currency was worth in the other on the day, or on the last one before it; null: not known. */
export async function readRate(
  client: PoolClient,
  currency: string,
  base: string,
  date: string,
): Promise<string | null> {
  if (currency === base) return null;
  const { rows } = await client.query<{ rate: string | null }>(
    `select trim_scale(round(max(usd_per_unit) filter (where currency = $1)
       / max(usd_per_unit) filter (where currency = $2), 8)) as rate
     from (
       select wanted.currency, known.usd_per_unit
       from unnest(array[$1, $2]) as wanted (currency)
       cross join lateral (
         select usd_per_unit
         from bronze.raw_fx_rates
         where raw_fx_rates.currency = wanted.currency
           and rate_date <= $3::date
         order by rate_date desc
         limit 1
       ) known
     ) rates`,
    [currency, base, date],
  );
  return rows[0]?.rate ?? null;
}

/** Currencies that a price is most often in by mistake, beside the person's own. */
export const usualCurrencies = ["USD", "EUR", "GBP", "CAD", "CHF", "AUD", "SEK", "JPY", "INR"] as const;

/**
 * What one of each other currency was worth in this one on the day: of those that the person has to do with, and the usual ones, as
 * far as known.
 */
export async function readOtherRates(
  client: PoolClient,
  userId: number,
  currency: string,
  date: string,
): Promise<ReadonlyMap<string, string>> {
  const { rows } = await client.query<{ currency: string; rate: string }>(
    `with currencies as (
       select base_currency as currency from public.users where user_id = $1
       union
       select currency from public.accounts where user_id = $1
       union
       select currency from bronze.transactions where user_id = $1
       union
       select unnest($4::text[])
     )
     select
       currencies.currency,
       trim_scale(round(own.usd_per_unit / paid.usd_per_unit, 12)) as rate
     from currencies
     cross join lateral (
       select usd_per_unit
       from bronze.raw_fx_rates
       where raw_fx_rates.currency = currencies.currency
         and (rate_date between $3::date - 7 and $3::date or raw_fx_rates.currency = 'USD')
       order by rate_date desc
       limit 1
     ) own
     cross join lateral (
       select usd_per_unit
       from bronze.raw_fx_rates
       where raw_fx_rates.currency = $2
         and (rate_date between $3::date - 7 and $3::date or raw_fx_rates.currency = 'USD')
       order by rate_date desc
       limit 1
     ) paid
     where currencies.currency <> $2`,
    [userId, currency, date, usualCurrencies],
  );
  return new Map(rows.map((row) => [row.currency, row.rate]));
}
