/** Prices of an asset of somebody's own: what its owner says that one of it was worth. */
import type { PoolClient } from "pg";
import { z } from "zod";
import { personTransaction } from "../database/person.ts";
import { latestToday, tradePrice } from "../ledger/index.ts";
import type { RowNote } from "../price-files/index.ts";
import { defaultQuotas, QuotaExceededError } from "../quotas.ts";
import { day } from "../values.ts";
import { FuturePriceError, OwnPriceNotFoundError } from "./errors.ts";
import {
  insertOwnAsset,
  type OwnAsset,
  type OwnAssetContext,
  type OwnAssetInput,
  requireOwnAsset,
} from "./own-assets.ts";
import { type OwnPrice, readPrices } from "./read-prices.ts";

export type { OwnPrice } from "./read-prices.ts";

const longestList = 10_000;
export const longestPriceText = 1_000_000;

export const ownPrice = z.strictObject({ date: day, price: tradePrice });
export const ownPriceList = z.array(ownPrice).min(1).max(longestList);

export interface PricesReport {
  readonly inserted: number;
  /** Of days that had another price. */
  readonly replaced: number;
  readonly unchanged: number;
  readonly repeated: number;
  /** The first of the lines that are not used, each with its reason. */
  readonly refused_rows: readonly RowNote[];
  readonly refused: number;
}

const shownRefusals = 100;

/** Typed one by one, or as a text. */
export type GivenPrices = { readonly prices: readonly OwnPrice[] } | { readonly csv: string };

function readGiven(given: GivenPrices, clock: () => Date) {
  const today = latestToday(clock());
  if ("csv" in given) return readPrices(given.csv, today);
  const future = given.prices.find(({ date }) => date > today);
  if (future) throw new FuturePriceError(future.date, today);
  // What is said last of a day counts.
  const prices = [...new Map(given.prices.map((price) => [price.date, price])).values()];
  return { prices, repeated: given.prices.length - prices.length, refused: [] };
}

async function writePrices(
  client: PoolClient,
  { clock, quotas = defaultQuotas }: OwnAssetContext,
  ticker: string,
  given: GivenPrices,
): Promise<PricesReport> {
  const { prices, repeated, refused } = readGiven(given, clock);
  const { rows } = await client.query<{ isInserted: boolean }>(
    `insert into bronze.raw_prices as stored (ticker, price_date, close, adj_close)
     select $1, price_date, price, price
     from unnest($2::date[], $3::numeric[]) as given (price_date, price)
     on conflict (ticker, price_date) do update
     set close = excluded.close, adj_close = excluded.adj_close, fetched_at = excluded.fetched_at
     where stored.close <> excluded.close
     returning old.ticker is null as "isInserted"`,
    [ticker, prices.map(({ date }) => date), prices.map(({ price }) => price)],
  );
  const kept = await client.query<{ count: number }>(
    "select count(*) as count from bronze.raw_prices where ticker = $1",
    [ticker],
  );
  if (kept.rows[0]!.count > quotas.ownPrices)
    throw new QuotaExceededError(
      quotas.ownPrices,
      "prices of one asset",
      "delete some that are not needed",
      "QUOTA_OWN_PRICES",
    );
  const inserted = rows.filter(({ isInserted }) => isInserted).length;
  return {
    inserted,
    replaced: rows.length - inserted,
    unchanged: prices.length - rows.length,
    repeated,
    refused: refused.length,
    refused_rows: refused.slice(0, shownRefusals),
  };
}

/** What is stored of a day becomes what is given; the same again changes nothing. Throws OwnAssetNotFoundError, UnreadablePricesError, FuturePriceError, QuotaExceededError. */
export function storeOwnPrices(
  context: OwnAssetContext,
  userId: number,
  ticker: string,
  given: GivenPrices,
): Promise<PricesReport> {
  return personTransaction(context.pool, userId, async (client) => {
    await requireOwnAsset(client, userId, ticker);
    return writePrices(client, context, ticker, given);
  });
}

/** Both or neither. `given` null: it has no prices yet. Throws what storeOwnPrices throws, and OwnAssetNameTakenError. */
export function createOwnAsset(
  context: OwnAssetContext,
  userId: number,
  input: OwnAssetInput,
  given: GivenPrices | null = null,
): Promise<{ readonly asset: OwnAsset; readonly report: PricesReport | null }> {
  return personTransaction(context.pool, userId, async (client) => {
    const ticker = await insertOwnAsset(client, context, userId, input);
    const report = given && (await writePrices(client, context, ticker, given));
    return { asset: await requireOwnAsset(client, userId, ticker), report };
  });
}

/** The newest first. `before`: of days before it. */
export function listOwnPrices(
  { pool }: Pick<OwnAssetContext, "pool">,
  userId: number,
  ticker: string,
  { limit, before = null }: { readonly limit: number; readonly before?: string | null | undefined },
): Promise<{ readonly prices: readonly OwnPrice[]; readonly next: string | null }> {
  return personTransaction(pool, userId, async (client) => {
    await requireOwnAsset(client, userId, ticker);
    const { rows } = await client.query<OwnPrice>(
      `select price_date as date, trim_scale(close) as price
       from bronze.raw_prices
       where ticker = $1
         and price_date < coalesce($2::date, 'infinity')
       order by price_date desc
       limit $3`,
      [ticker, before, limit + 1],
    );
    const prices = rows.slice(0, limit);
    return { prices, next: rows.length > limit ? (prices.at(-1)?.date ?? null) : null };
  });
}

/** Returns what was deleted. Throws OwnAssetNotFoundError, OwnPriceNotFoundError. */
export function deleteOwnPrice(
  { pool }: Pick<OwnAssetContext, "pool">,
  userId: number,
  ticker: string,
  date: string,
): Promise<OwnPrice> {
  return personTransaction(pool, userId, async (client) => {
    const { name } = await requireOwnAsset(client, userId, ticker);
    const { rows } = await client.query<OwnPrice>(
      `delete from bronze.raw_prices
       where ticker = $1
         and price_date = $2
       returning price_date as date, trim_scale(close) as price`,
      [ticker, date],
    );
    if (!rows[0]) throw new OwnPriceNotFoundError(name, date);
    return rows[0];
  });
}
