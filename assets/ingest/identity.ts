/** Is what was fetched still what is stored: the same company, in the same currency? */
import type { ClientBase } from "pg";
import { unitOf } from "../../src/market/currency.ts";
import type { PriceHistory } from "../../src/market/source.ts";

/** What a fetch found that no price may be stored beside what is there. */
export interface Conflict {
  readonly defect: "other_currency" | "other_company" | "other_unit";
  readonly date: string;
  readonly detail: string;
}

interface StoredIdentity {
  readonly name: string;
  readonly currency: string;
  readonly asset_class: string;
  readonly exchange: string | null;
  /** Of the final bars; null: there is none. */
  readonly last_date: string | null;
  /** Some date is both stored and fetched, or none is stored that should have been. */
  readonly overlaps: boolean;
}

/** No exchange rests, and no share is halted, for so long without anybody's taking note of it. */
const longGapDays = 30;

const currencyOf = (quoteUnit: string): string => unitOf(quoteUnit)?.currency ?? quoteUnit;

async function readIdentity(
  client: ClientBase,
  ticker: string,
  { bars, datesWithoutClose }: PriceHistory,
  from: string | null,
): Promise<StoredIdentity | null> {
  const { rows } = await client.query<StoredIdentity>(
    `with stored as (
       select price_date
       from bronze.raw_prices
       where ticker = $1
         and is_final
         and ($3::date is null or price_date >= $3)
     )
     select
       name,
       currency,
       asset_class,
       exchange,
       (select max(price_date) from bronze.raw_prices where ticker = $1 and is_final) as last_date,
       not exists (select from stored) or exists (select from stored where price_date = any ($2::date[])) as overlaps
     from bronze.raw_assets
     where ticker = $1`,
    [ticker, [...bars.map(({ date }) => date), ...datesWithoutClose], from],
  );
  return rows[0] ?? null;
}

/**
 * null: nothing speaks against storing it. Another currency is a conflict whatever the closes do, unless it is another
 * unit of the same one (pence and pounds: see quote-unit.ts). Another name, exchange or
 * kind is one only together with a gap, and with nothing left of what is stored: companies do change their names.
 */
export async function findConflict(
  client: ClientBase,
  ticker: string,
  history: PriceHistory,
  from: string | null,
): Promise<Conflict | null> {
  const { description, bars } = history;
  const first = bars[0];
  if (!description || !first) return null;
  const stored = await readIdentity(client, ticker, history, from);
  if (!stored) return null;
  const { currency } = description;
  if (currency !== null && stored.last_date !== null && currencyOf(currency) !== stored.currency)
    return {
      defect: "other_currency",
      date: bars.at(-1)!.date,
      detail: `Yahoo Finance now quotes it in ${currency}, and its stored prices are in ${stored.currency}`,
    };
  if (stored.overlaps || stored.last_date === null) return null;
  const gapDays = Math.round((Date.parse(first.date) - Date.parse(stored.last_date)) / 86_400_000);
  const isOther =
    (description.name !== ticker && description.name !== stored.name) ||
    description.assetClass !== stored.asset_class ||
    (description.exchange !== null && stored.exchange !== null && description.exchange !== stored.exchange);
  if (!isOther || gapDays < longGapDays) return null;
  return {
    defect: "other_company",
    date: first.date,
    detail:
      `Yahoo Finance now has ${description.name} under this symbol, from ${first.date} on; what is stored, to ` +
      `${stored.last_date}, is ${stored.name}`,
  };
}

/** Final bars of the window of which the reply has none at all: a gap in the reply, and no reason to delete them. */
export async function lostDates(
  client: ClientBase,
  ticker: string,
  history: PriceHistory,
  from: string | null,
): Promise<string[]> {
  const stored = await readIdentity(client, ticker, history, from);
  if (stored === null || stored.overlaps) return [];
  const { rows } = await client.query<{ date: string }>(
    `select price_date as date
     from bronze.raw_prices
     where ticker = $1
       and is_final
       and ($2::date is null or price_date >= $2)`,
    [ticker, from],
  );
  return rows.map(({ date }) => date);
}

/** What stands of a ticker's conflicts becomes this one, or none. `isHeld`: nothing of it is stored. */
export async function keepConflict(
  client: ClientBase,
  ticker: string,
  conflict: Conflict | null,
  isHeld: boolean,
): Promise<void> {
  await client.query(
    `delete from bronze.market_defects
     where ticker = $1
       and defect in ('other_currency', 'other_company', 'other_unit')
       and defect is distinct from $2`,
    [ticker, conflict?.defect],
  );
  if (!conflict) return;
  await client.query(
    `insert into bronze.market_defects (ticker, defect_date, defect, is_kept_out, detail)
     select $1, $2, $3, $4, $5
     where not exists (select from bronze.market_defects where ticker = $1 and defect = $3)`,
    [ticker, conflict.date, conflict.defect, isHeld, conflict.detail],
  );
}
