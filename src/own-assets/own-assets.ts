/** Assets of somebody's own: a house, a private fund, a share that is quoted nowhere. Its owner alone sees one. */
import type { PoolClient } from "pg";
import { z } from "zod";
import { personTransaction } from "../database/person.ts";
import { type LedgerContext, lockLedger } from "../ledger/index.ts";
import { isCurrency } from "../market/currency.ts";
import { isOwnAsset } from "../market/ticker.ts";
import { defaultQuotas, QuotaExceededError } from "../quotas.ts";
import { nonblank } from "../values.ts";
import {
  OwnAssetInUseError,
  OwnAssetNameTakenError,
  OwnAssetNotFoundError,
  UnknownCurrencyError,
} from "./errors.ts";

export type OwnAssetContext = Pick<LedgerContext, "pool" | "clock" | "quotas">;

/** What one can be: classes of allocation, as those of tickers are. */
export const ownAssetClasses = [
  "real_estate",
  "fund",
  "stock",
  "bond",
  "commodity",
  "crypto",
  "other",
] as const;

export interface OwnAsset {
  readonly ticker: string;
  readonly name: string;
  readonly asset_class: (typeof ownAssetClasses)[number];
  /** ISO code of what its prices are in. */
  readonly currency: string;
  readonly prices: number;
  readonly first_price_date: string | null;
  readonly last_price_date: string | null;
  /** It stands until there is a newer one. */
  readonly last_price: string | null;
  readonly transactions: number;
}

const properties = {
  name: nonblank(100),
  asset_class: z.enum(ownAssetClasses).describe("By which it counts in the allocation"),
  // Whether there is such a currency is asked afterwards.
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/, "expected the code of a currency, such as USD or KES")
    .describe("ISO code of what its prices are in"),
};

export const ownAssetInput = z.strictObject(properties);
export const ownAssetChange = z.strictObject(properties).partial();
export type OwnAssetInput = z.output<typeof ownAssetInput>;
export type OwnAssetChange = z.output<typeof ownAssetChange>;

const selectOwnAssets = `
  select
    ticker,
    name,
    asset_class,
    currency,
    (select count(*) from bronze.raw_prices where raw_prices.ticker = own.ticker) as prices,
    first_price.price_date as first_price_date,
    last_price.price_date as last_price_date,
    trim_scale(last_price.close) as last_price,
    (select count(*) from bronze.transactions where user_id = $1 and transactions.ticker = own.ticker) as transactions
  from bronze.raw_assets as own
  left join lateral (
    select price_date
    from bronze.raw_prices
    where raw_prices.ticker = own.ticker
    order by price_date
    limit 1
  ) as first_price on true
  left join lateral (
    select price_date, close
    from bronze.raw_prices
    where raw_prices.ticker = own.ticker
    order by price_date desc
    limit 1
  ) as last_price on true
  where owner_id = $1`;

/** Within a transaction of the person's; by name. */
export async function readOwnAssets(client: PoolClient, userId: number): Promise<OwnAsset[]> {
  const { rows } = await client.query<OwnAsset>(`${selectOwnAssets} order by lower(name), ticker`, [userId]);
  return rows;
}

export const listOwnAssets = ({ pool }: Pick<OwnAssetContext, "pool">, userId: number): Promise<OwnAsset[]> =>
  personTransaction(pool, userId, (client) => readOwnAssets(client, userId));

/** Within a transaction of the person's. Throws OwnAssetNotFoundError, also for another person's. */
export async function requireOwnAsset(client: PoolClient, userId: number, ticker: string): Promise<OwnAsset> {
  const { rows } = isOwnAsset(ticker)
    ? await client.query<OwnAsset>(`${selectOwnAssets} and ticker = $2`, [userId, ticker])
    : { rows: [] };
  if (!rows[0]) throw new OwnAssetNotFoundError(ticker.slice(0, 20));
  return rows[0];
}

export const findOwnAsset = (
  { pool }: Pick<OwnAssetContext, "pool">,
  userId: number,
  ticker: string,
): Promise<OwnAsset> => personTransaction(pool, userId, (client) => requireOwnAsset(client, userId, ticker));

/** Never one that was another asset's: what was deleted of that may be brought back. */
async function nextTicker(client: PoolClient, userId: number): Promise<string> {
  const { rows } = await client.query<{ number: number }>(
    `select coalesce(max(split_part(ticker, '.', 2)::integer), 0) + 1 as number
     from (
       select ticker from bronze.raw_assets where owner_id = $1
       union all
       select ticker from bronze.transactions_audit where user_id = $1 and ticker like '~%'
       union all
       select ticker from public.import_tickers where user_id = $1 and ticker like '~%'
     ) as used`,
    [userId],
  );
  return `~${userId}.${rows[0]!.number}`;
}

function requireCurrency(code: string): void {
  if (!isCurrency(code)) throw new UnknownCurrencyError(code);
}

async function requireName(
  client: PoolClient,
  userId: number,
  name: string,
  ticker: string | null,
): Promise<void> {
  const { rowCount } = await client.query(
    `select
     from bronze.raw_assets
     where owner_id = $1
       and lower(name) = lower($2)
       and ticker is distinct from $3`,
    [userId, name, ticker],
  );
  if (rowCount !== 0) throw new OwnAssetNameTakenError(name);
}

/** Within a transaction of the person's. Returns its ticker. Throws OwnAssetNameTakenError, QuotaExceededError. */
export async function insertOwnAsset(
  client: PoolClient,
  { clock, quotas = defaultQuotas }: OwnAssetContext,
  userId: number,
  { name, asset_class, currency }: OwnAssetInput,
): Promise<string> {
  requireCurrency(currency);
  await lockLedger(client, userId);
  await requireName(client, userId, name, null);
  const ticker = await nextTicker(client, userId);
  await client.query(
    `insert into bronze.raw_assets
       (ticker, owner_id, source, name, asset_class, quote_unit, currency, exchange_timezone, fetched_at)
     values ($1, $2, 'manual', $3, $4, $5, $5, 'UTC', $6)`,
    [ticker, userId, name, asset_class, currency, clock()],
  );
  const { rows } = await client.query<{ count: number }>(
    "select count(*) as count from bronze.raw_assets where owner_id = $1",
    [userId],
  );
  if (rows[0]!.count > quotas.ownAssets)
    throw new QuotaExceededError(
      quotas.ownAssets,
      "assets of one's own",
      "delete one that is not needed",
      "QUOTA_OWN_ASSETS",
    );
  return ticker;
}

/** Throws OwnAssetNotFoundError, OwnAssetNameTakenError, or OwnAssetInUseError for the currency of one that is traded. */
export function changeOwnAsset(
  { pool }: Pick<OwnAssetContext, "pool">,
  userId: number,
  ticker: string,
  change: OwnAssetChange,
): Promise<OwnAsset> {
  return personTransaction(pool, userId, async (client) => {
    await lockLedger(client, userId);
    const asset = await requireOwnAsset(client, userId, ticker);
    const { name = asset.name, asset_class = asset.asset_class, currency = asset.currency } = change;
    requireCurrency(currency);
    if (name !== asset.name) await requireName(client, userId, name, ticker);
    if (currency !== asset.currency && asset.transactions > 0)
      throw new OwnAssetInUseError(asset.name, asset.transactions, "get another currency");
    await client.query(
      `update bronze.raw_assets
       set name = $2, asset_class = $3, quote_unit = $4, currency = $4
       where ticker = $1
         and (name, asset_class, currency) is distinct from ($2, $3, $4)`,
      [ticker, name, asset_class, currency],
    );
    return requireOwnAsset(client, userId, ticker);
  });
}

/** With its prices. Throws OwnAssetNotFoundError, OwnAssetInUseError. */
export function deleteOwnAsset(
  { pool }: Pick<OwnAssetContext, "pool">,
  userId: number,
  ticker: string,
): Promise<OwnAsset> {
  return personTransaction(pool, userId, async (client) => {
    await lockLedger(client, userId);
    const asset = await requireOwnAsset(client, userId, ticker);
    if (asset.transactions > 0) throw new OwnAssetInUseError(asset.name, asset.transactions, "be deleted");
    await client.query("delete from bronze.raw_assets where ticker = $1", [ticker]);
    // What is no more is compared with no more, and not aimed at.
    await client.query(
      "update public.portfolio_choices set benchmark = null where user_id = $1 and benchmark = $2",
      [userId, ticker],
    );
    await client.query("delete from public.target_weights where user_id = $1 and ticker = $2", [
      userId,
      ticker,
    ]);
    return asset;
  });
}
