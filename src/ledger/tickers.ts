/** Which tickers there are: the person's own first, then Yahoo's. */
import type { Pool } from "pg";
import { personPool, personTransaction } from "../database/person.ts";
import { type Unit, unitOf } from "../market/currency.ts";
import {
  MarketDataUnavailableError,
  UnknownTickerError,
  UnsupportedCurrencyError,
} from "../market/errors.ts";
import type { TickerDescription } from "../market/source.ts";
import { isOwnAsset } from "../market/ticker.ts";
import type { LedgerContext } from "./context.ts";
import { UnitNotSaidError } from "./currency-errors.ts";
import { countNewTicker } from "./quotas.ts";
import { UnknownOwnAssetError } from "./row-errors.ts";

export interface KnownTicker {
  readonly ticker: string;
  /** What its prices are in; `name` is the source's. */
  readonly unit: Unit;
  /** stock, etf, index ... */
  readonly assetClass: string;
  /** null: nobody knows. */
  readonly firstPriceDate: string | null;
  /** false: its history has to be fetched before it is traded (histories.ts). Of one's own assets nothing has. */
  readonly hasPrices: boolean;
  /** Its newest price is more than a week old, and nothing says why: nobody has traded it since it was fetched. */
  readonly isStale: boolean;
  /** Why no more of its prices are fetched; null: they are. */
  readonly problem: string | null;
}

interface StoredTicker {
  readonly ticker: string;
  readonly quoteUnit: string;
  readonly assetClass: string;
  readonly firstPriceDate: string | null;
  readonly lastPriceDate: string | null;
  readonly problem: string | null;
}

/** Those of the tickers that are known here, in one statement; of whose unit nobody knows, that. */
export async function readKnownTickers(
  context: Pick<LedgerContext, "pool" | "clock">,
  userId: number,
  tickers: readonly string[],
): Promise<Map<string, KnownTicker | UnsupportedCurrencyError>> {
  // Only the person themselves sees what is theirs.
  const pool = tickers.some(isOwnAsset) ? personPool(context.pool, userId) : context.pool;
  const { rows } = await pool.query<StoredTicker>(
    `select
       assets.ticker,
       coalesce(assets.quote_unit, assets.currency) as "quoteUnit",
       assets.asset_class as "assetClass",
       assets.last_error as problem,
       (select min(price_date) from bronze.raw_prices where raw_prices.ticker = assets.ticker) as "firstPriceDate",
       (select max(price_date) from bronze.raw_prices where raw_prices.ticker = assets.ticker) as "lastPriceDate"
     from bronze.raw_assets as assets
     where assets.ticker = any ($1)`,
    [tickers],
  );
  const weekAgo = new Date(context.clock().getTime() - 7 * 86_400_000).toISOString().slice(0, 10);
  return new Map(rows.map((row) => [row.ticker, knownAs(row, weekAgo)]));
}

function knownAs(
  { ticker, quoteUnit, assetClass, firstPriceDate, lastPriceDate, problem }: StoredTicker,
  weekAgo: string,
): KnownTicker | UnsupportedCurrencyError {
  const unit = unitOf(quoteUnit);
  if (unit === null) return new UnsupportedCurrencyError(ticker, quoteUnit);
  const isOwn = isOwnAsset(ticker);
  const isStale = !isOwn && lastPriceDate !== null && lastPriceDate < weekAgo && problem === null;
  const hasPrices = isOwn || firstPriceDate !== null;
  return { ticker, unit, assetClass, firstPriceDate, problem, isStale, hasPrices };
}

/**
 * A ticker that can be traded in the ledger. One that nobody has used yet is looked up at the price source and kept, as one of
 * those that the person may bring on a day. Throws UnknownTickerError, UnsupportedCurrencyError, MarketDataUnavailableError,
 * TooManyLookupsError or TooManyNewTickersError.
 */
export async function requireTicker(
  context: LedgerContext,
  userId: number,
  ticker: string,
): Promise<KnownTicker> {
  const { pool, prices } = context;
  const isOwn = isOwnAsset(ticker);
  const known = (await readKnownTickers(context, userId, [ticker])).get(ticker);
  if (known instanceof Error) throw known;
  if (known) return known;
  if (isOwn) throw new UnknownOwnAssetError(ticker);
  const description = await describeOrExplain({ pool, prices }, ticker);
  const unit = requireUnit(ticker, description.currency);
  await keepDescription(context, userId, description, unit);
  return {
    ticker,
    unit,
    assetClass: description.assetClass,
    firstPriceDate: description.firstTradeDate,
    hasPrices: false,
    isStale: false,
    problem: null,
  };
}

/**
 * Throws UnitNotSaidError where a form asked for a price in another unit than its ticker is quoted in, so that 70 pence are never taken
 * for 70 pounds. `askedUnit`: what it said; "major": a currency itself, whichever; "": nothing. And what requireTicker throws.
 */
export async function requireAskedUnit(
  context: LedgerContext,
  userId: number,
  { ticker, date }: { readonly ticker: string; readonly date: string },
  askedUnit: string,
): Promise<void> {
  const change = await findSymbolChange(context.pool, ticker, date);
  const known = await requireTicker(context, userId, change?.to ?? ticker);
  const { name, currency, factor } = known.unit;
  const isMajor = factor === "1";
  const isMeant =
    askedUnit === "major" || (askedUnit === "" ? isMajor : [name, currency].includes(askedUnit));
  if (!isMeant) throw new UnitNotSaidError(known.ticker, known.unit);
}

function requireUnit(ticker: string, said: string | null): Unit {
  const unit = said === null ? null : unitOf(said);
  if (unit === null) throw new UnsupportedCurrencyError(ticker, said);
  return unit;
}

/** Throws UnknownTickerError, with the new symbol where an operator has entered it. */
async function describeOrExplain(
  { pool, prices }: Pick<LedgerContext, "pool" | "prices">,
  ticker: string,
): Promise<TickerDescription> {
  try {
    return await prices.describe(ticker);
  } catch (error) {
    if (!(error instanceof UnknownTickerError)) throw error;
    const change = await readSymbolChange(pool, ticker);
    throw new UnknownTickerError(ticker, change && { to: change.to, on: change.changedOn });
  }
}

export interface SymbolChange {
  readonly from: string;
  readonly to: string;
  readonly changedOn: string;
}

async function readSymbolChange(pool: Pool, ticker: string): Promise<SymbolChange | null> {
  const { rows } = await pool.query<SymbolChange>(
    `select from_ticker as "from", to_ticker as "to", changed_on as "changedOn"
     from bronze.symbol_changes
     where from_ticker = $1`,
    [ticker],
  );
  return rows[0] ?? null;
}

/**
 * The symbol under which a ticker's history goes on, where an operator has entered its change; null: there is none. From the
 * day of the change on the old symbol may be another company's: then it means that one, if it is known here and quoted.
 */
export async function findSymbolChange(
  pool: Pool,
  ticker: string,
  date: string,
): Promise<SymbolChange | null> {
  const change = await readSymbolChange(pool, ticker);
  if (change === null || date < change.changedOn) return change;
  const { rows } = await pool.query<{ isQuoted: boolean }>(
    `select exists (select from bronze.raw_assets where ticker = $1 and is_active) as "isQuoted"`,
    [ticker],
  );
  return rows[0]!.isQuoted ? null : change;
}

/** An operator's entry; a second one for the same symbol replaces the first. */
export async function enterSymbolChange(
  pool: Pool,
  { from, to, changedOn }: SymbolChange,
  enteredBy: string,
): Promise<void> {
  await pool.query(
    `insert into bronze.symbol_changes (from_ticker, to_ticker, changed_on, entered_by)
     values ($1, $2, $3, $4)
     on conflict (from_ticker) do update
     set to_ticker = excluded.to_ticker, changed_on = excluded.changed_on, entered_by = excluded.entered_by,
       entered_at = clock_timestamp()`,
    [from, to, changedOn, enteredBy],
  );
}

async function keepDescription(
  { pool, clock, quotas }: LedgerContext,
  userId: number,
  description: TickerDescription,
  unit: Unit,
): Promise<void> {
  const now = clock();
  await personTransaction(pool, userId, async (client) => {
    const { rowCount } = await client.query(
      `insert into bronze.raw_assets
         (ticker, name, asset_class, quote_unit, currency, unit_factor, exchange, exchange_timezone, fetched_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
       on conflict (ticker) do nothing`,
      [
        description.ticker,
        description.name,
        description.assetClass,
        unit.name,
        unit.currency,
        unit.factor,
        description.exchange,
        description.exchangeTimezone,
        now,
      ],
    );
    if (rowCount === 1) await countNewTicker(client, userId, now, quotas);
  });
}

export interface FoundTicker {
  readonly ticker: string;
  readonly name: string;
  readonly asset_class: string;
  readonly exchange: string | null;
}

export interface TickerSearch {
  readonly tickers: readonly FoundTicker[];
  /** false: Yahoo could not be asked, these are only the person's own, and those of files. */
  readonly isComplete: boolean;
}

/**
 * What the person has or watches, and what an operator brought in files, which Yahoo may not know. Nothing else that is known here: it
 * would tell what others hold.
 */
async function searchKnown({ pool }: LedgerContext, userId: number, text: string): Promise<FoundTicker[]> {
  const { rows } = await personPool(pool, userId).query<FoundTicker>(
    `with own as (
       select upper(btrim(ticker)) as ticker from bronze.transactions where user_id = $2 and ticker is not null
       union
       select ticker from public.watchlist where user_id = $2
       union
       select ticker from public.target_weights where user_id = $2
     )
     select ticker, name, asset_class, exchange
     from bronze.raw_assets
     where is_active
       and (starts_with(ticker, upper($1)) or strpos(lower(name), lower($1)) > 0)
       and (source <> 'yahoo' or ticker in (select ticker from own))
     order by ticker <> upper($1), not starts_with(ticker, upper($1)), ticker
     limit 8`,
    [text, userId],
  );
  return rows;
}

/** Tickers whose symbol begins with or whose name contains what was typed: the person's own first, each one once. */
export async function searchTickers(
  context: LedgerContext,
  userId: number,
  query: string,
): Promise<TickerSearch> {
  const text = query.trim().slice(0, 100);
  if (text === "") return { tickers: [], isComplete: true };
  const [known, found] = await Promise.all([
    searchKnown(context, userId, text),
    context.prices.search(text).catch((error: unknown) => {
      if (!(error instanceof MarketDataUnavailableError)) throw error;
      context.log.warn({ error: error.message }, "the price source could not be searched");
      return null;
    }),
  ]);
  const tickers = new Map(known.map((ticker) => [ticker.ticker, ticker]));
  for (const { ticker, name, assetClass, exchange } of found ?? [])
    if (!tickers.has(ticker)) tickers.set(ticker, { ticker, name, asset_class: assetClass, exchange });
  return { tickers: [...tickers.values()], isComplete: found !== null };
}
