/** Is a reply in the unit it names? Yahoo calls pence pounds on one day and pence again on the next, with and without the figures. */
import type { ClientBase } from "pg";
import { type Unit, unitOf } from "../../src/market/currency.ts";
import type { PriceHistory } from "../../src/market/source.ts";
import type { Conflict } from "./identity.ts";
import type { StoredTicker } from "./price-tables.ts";

export interface QuotedUnit {
  /** What the reply's prices are in; null: it cannot be told, or there is no such unit. */
  readonly unit: Unit | null;
  /** What is odd about it; null: nothing. */
  readonly conflict: Conflict | null;
}

/** Nearer than this to one of the two explanations, which are 100 or 1,000 apart: a split of the same days may be in it. */
const tolerance = 5;

/** How many times the stored close the fetched one is, of the middle one of the days that are both; null: there is none. */
async function readScale(client: ClientBase, ticker: string, { bars }: PriceHistory): Promise<number | null> {
  const { rows } = await client.query<{ scale: number | null }>(
    `select (percentile_disc(0.5) within group (order by fetched.close / stored.close))::double precision as scale
     from unnest($2::date[], $3::numeric[]) as fetched (price_date, close)
     join bronze.raw_prices as stored using (price_date)
     where stored.ticker = $1
       and stored.is_final
       and stored.close > 0
       and fetched.close > 0`,
    [ticker, bars.map(({ date }) => date), bars.map(({ close }) => close)],
  );
  return rows[0]!.scale;
}

const isNear = (scale: number, expected: number): boolean =>
  scale < expected * tolerance && scale > expected / tolerance;

/**
 * The reply's unit where it is the stored one, or the first. Where it is another of the same currency the closes decide:
 * they moved by the factor (then the new unit holds, and the whole history is fetched in it, as after any rewrite), or they did
 * not (then the name is wrong, and the stored one holds).
 */
export async function judgeUnit(
  client: ClientBase,
  ticker: string,
  history: PriceHistory,
  stored: StoredTicker,
): Promise<QuotedUnit> {
  const said = history.description?.currency ?? stored.quoteUnit;
  const unit = said === null ? null : unitOf(said);
  const before = stored.quoteUnit === null ? null : unitOf(stored.quoteUnit);
  if (!unit || !before || unit.factor === before.factor || !stored.hasBars) return { unit, conflict: null };
  const date = history.bars.at(-1)?.date;
  if (date === undefined) return { unit: before, conflict: null };
  const scale = await readScale(client, ticker, history);
  if (scale !== null && isNear(scale, Number(before.factor) / Number(unit.factor)))
    return { unit, conflict: null };
  const fact = `Yahoo Finance now calls its prices ${unit.name}, and the stored ones are in ${before.name}`;
  const conflict = (verdict: string): Conflict => ({
    defect: "other_unit",
    date,
    detail: `${fact}; ${verdict}`,
  });
  if (scale !== null && isNear(scale, 1))
    return {
      unit: before,
      conflict: conflict(`the closes did not move with it, so that ${before.name} is kept`),
    };
  return { unit: null, conflict: conflict("no close that is in both tells which it is") };
}
