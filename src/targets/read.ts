/** What a person holds, watches and aims at, with what to buy or sell: valued at the last day known. */
import type { Pool, PoolClient } from "pg";
import { priceBounds } from "../../assets/price-bounds.ts";
import { personTransaction } from "../database/person.ts";
import { isOwnAsset } from "../market/ticker.ts";
import { type RateState, readRateStates } from "../portfolio/index.ts";
import { type Part, type Plan, type PlannedPart, plan } from "./plan.ts";
import { readTargetWeights } from "./targets.ts";

export interface TargetedPart extends PlannedPart {
  readonly name: string | null;
  /** ISO code of what its prices are in; null: nobody knows. */
  readonly currency: string | null;
  /** Of all accounts together; "0": it is watched, or only aimed at. */
  readonly quantity: string;
  /** In the base currency; null: it is in no figure. */
  readonly value: string | null;
  /** The last close, in its own currency, and its day; null: there is none. */
  readonly close: string | null;
  readonly close_date: string | null;
  readonly target: string | null;
  readonly is_whole: boolean;
}

export interface Targets {
  /** ISO code of the base currency. */
  readonly currency: string;
  /** The last day known; null: there is none yet. */
  readonly as_of: string | null;
  readonly plan: Plan;
  /** What is held first, the most valuable before the others; then what is watched, or aimed at. */
  readonly parts: readonly TargetedPart[];
  /** null: no account keeps any. */
  readonly cash:
    | (NonNullable<Plan["cash"]> & { readonly value: string; readonly target: string | null })
    | null;
  /** In which some cash is that is in no figure, since no exchange rate is known. */
  readonly cashLeftOut: readonly string[];
}

/** `added`: money to invest, in the base currency; "0": none. Throws what a model that is not built yet does. */
export function readTargets(pool: Pool, userId: number, added: string): Promise<Targets> {
  return personTransaction(pool, userId, async (client) => {
    const leftOut = (await readRateStates(client, userId)).filter(({ is_left_out }) => is_left_out);
    const targets = await readTargetWeights(client, userId);
    const rows = await readRows(client, userId, [...new Set(leftOut.flatMap(({ ticker }) => ticker ?? []))]);
    const { currency, as_of, cash } = await readStanding(client, userId);
    const parts = rows.map((row) => describe(row, currency, leftOut, targets.get(row.ticker) ?? null));
    const ofCash = cash === null ? null : { value: cash, target: targets.get("") ?? null };
    const planned = plan({ parts, cash: ofCash, added });
    return {
      currency,
      as_of,
      plan: planned,
      parts: parts.map(({ isWhole, ...part }, at) => ({
        ...part,
        ...planned.parts[at]!,
        is_whole: isWhole,
      })),
      cash: ofCash && planned.cash && { ...planned.cash, ...ofCash },
      cashLeftOut: [...new Set(leftOut.flatMap(({ ticker, currency: of }) => (ticker === null ? of : [])))],
    };
  });
}

interface Row {
  readonly ticker: string;
  readonly name: string | null;
  readonly asset_class: string | null;
  readonly currency: string | null;
  readonly is_active: boolean | null;
  readonly quantity: string | null;
  readonly value: string | null;
  readonly close: string | null;
  readonly close_date: string | null;
  readonly is_stale: boolean | null;
  /** What one of the currency is in the base currency on the last day; null: not known. */
  readonly rate: string | null;
  /** Of one of the two currencies no rate was observed lately: the last one was carried forward. */
  readonly is_rate_stale: boolean;
  readonly price: string | null;
}

/** `leftOut`: tickers that are traded and in no figure. */
async function readRows(client: PoolClient, userId: number, leftOut: readonly string[]): Promise<Row[]> {
  const { rows } = await client.query<Row>({
    name: "read_target_rows",
    text: `with held as materialized (
             select ticker, quantity, current_value, currency, local_price, is_priced
             from int_position_values
             where user_id = $1
               and quantity <> 0
           ),
           wanted as (
             select ticker from held
             union
             select ticker from public.watchlist where user_id = $1
             union
             select ticker from public.target_weights where user_id = $1 and ticker <> ''
             union
             select unnest($2::text[])
           ),
           priced as (
             select
               wanted.ticker,
               assets.name,
               assets.asset_class,
               assets.is_active,
               coalesce(held.currency, assets.currency) as currency,
               held.quantity,
               held.current_value,
               case when held.is_priced then held.local_price else assets.last_close end as close,
               assets.last_price_date as close_date,
               assets.last_price_date < last.last_day - $3::integer as is_stale,
               last.last_day,
               base.base_currency
             from wanted
             cross join int_last_day as last
             cross join (select base_currency from users where user_id = $1) as base
             left join held on held.ticker = wanted.ticker
             left join dim_assets as assets on assets.ticker = wanted.ticker
           )
           select
             priced.ticker,
             name,
             asset_class,
             priced.currency,
             is_active,
             trim_scale(quantity) as quantity,
             current_value as value,
             trim_scale(close) as close,
             close_date,
             is_stale,
             converted.rate,
             converted.is_rate_stale,
             close * converted.rate as price
           from priced
           cross join lateral (
             select
               case
                 when priced.currency = base_currency then 1
                 else (
                   select own.usd_per_unit / base.usd_per_unit
                   from int_fx_daily as own
                   join int_fx_daily as base on base.rate_date = own.rate_date
                   where own.currency = priced.currency
                     and base.currency = base_currency
                     and own.rate_date = last_day
                 )
               end as rate,
               -- A dollar is a dollar on any day: its rate is a definition.
               priced.currency <> base_currency and exists (
                 select
                 from unnest(array[priced.currency, base_currency]) as used (currency)
                 where used.currency <> 'USD'
                   and not exists (
                     select
                     from int_fx_daily as observed
                     where observed.currency = used.currency
                       and observed.rate_date between last_day - $3::integer and last_day
                       and observed.is_observed
                   )
               ) as is_rate_stale
           ) as converted
           order by current_value desc nulls last, ticker`,
    values: [userId, leftOut, priceBounds.staleDays],
  });
  return rows;
}

interface Standing {
  readonly currency: string;
  readonly as_of: string | null;
  readonly cash: string | null;
}

async function readStanding(client: PoolClient, userId: number): Promise<Standing> {
  const { rows } = await client.query<Standing>({
    name: "read_target_standing",
    text: `select
             users.base_currency as currency,
             (select last_day from int_last_day) as as_of,
             case
               when exists (select from public.accounts where user_id = $1 and tracks_cash)
                 then (select coalesce(sum(market_value), 0) from gold_cash where user_id = $1)
             end as cash
           from users
           where user_id = $1`,
    values: [userId],
  });
  return rows[0]!;
}

/** Why nothing can be suggested for what the row is about; null: it can. */
function reasonOf(row: Row, base: string, leftOut: readonly RateState[]): string | null {
  const unrated = leftOut.find(({ ticker }) => ticker === row.ticker)?.currency;
  if (unrated !== undefined) return `no exchange rate of ${unrated} is known, so it is in no figure`;
  if (row.close === null) return "no price of it is known yet";
  if (row.rate === null) return `no exchange rate of ${row.currency} into ${base} is known`;
  if (row.is_rate_stale)
    return `the last exchange rate of ${row.currency} into ${base} is more than ${priceBounds.staleDays} days old`;
  if (isOwnAsset(row.ticker)) return null;
  if (row.is_active === false) return "it is no longer quoted";
  if (row.is_stale) return `its last close is more than ${priceBounds.staleDays} days old`;
  return null;
}

/** Coins come in fractions, and so does what somebody has a fraction of. */
const isWhole = ({ asset_class, quantity }: Row): boolean =>
  asset_class !== "crypto" && /^-?\d+$/.test(quantity ?? "0");

function describe(row: Row, base: string, leftOut: readonly RateState[], target: string | null) {
  const reason = reasonOf(row, base, leftOut);
  const isInNoFigure = leftOut.some(({ ticker }) => ticker === row.ticker);
  return {
    ticker: row.ticker,
    name: row.name,
    currency: row.currency,
    quantity: row.quantity ?? "0",
    value: row.value ?? (isInNoFigure ? null : "0"),
    close: row.close,
    close_date: row.close_date,
    price: reason === null ? row.price : null,
    reason,
    target,
    isWhole: isWhole(row),
  } satisfies Part & Record<string, unknown>;
}
