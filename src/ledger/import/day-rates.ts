/** What currencies were worth on the days of a file's rows: as stored, else as the price source says, which nothing is written of. */
import { Big } from "big.js";
import { isQuotedInDollars } from "../../market/currency.ts";
import type { LedgerContext } from "../context.ts";
import { readEvidence } from "../quoted-days.ts";

/** What one of a currency was worth in another; null: not known. */
export type RateOn = (currency: string, other: string, date: string) => string | null;

export interface CurrencyDay {
  readonly currency: string;
  /** YYYY-MM-DD. */
  readonly date: string;
}

const Rate = Big();
Rate.DP = 20;

const pairOf = (currency: string): string =>
  isQuotedInDollars(currency) ? `${currency}USD=X` : `${currency}=X`;

const keyOf = ({ currency, date }: CurrencyDay): string => `${currency} ${date}`;

/** Dollars for one of each, on the day or the last one before it. */
async function readStored(
  { pool }: Pick<LedgerContext, "pool">,
  wanted: readonly CurrencyDay[],
): Promise<Map<string, string>> {
  const { rows } = await pool.query<CurrencyDay & { rate: string }>(
    `select wanted.currency, wanted.date, trim_scale(known.usd_per_unit) as rate
     from unnest($1::text[], $2::date[]) as wanted (currency, date)
     cross join lateral (
       select usd_per_unit
       from bronze.raw_fx_rates
       where raw_fx_rates.currency = wanted.currency
         and rate_date <= wanted.date
       order by rate_date desc
       limit 1
     ) as known`,
    [wanted.map(({ currency }) => currency), wanted.map(({ date }) => date)],
  );
  return new Map(rows.map(({ rate, ...day }) => [keyOf(day), rate]));
}

/** Asks the price source until `deadline` (of performance.now()) for what is not stored. */
export async function readDayRates(
  context: Pick<LedgerContext, "pool" | "prices">,
  days: readonly CurrencyDay[],
  deadline: number,
): Promise<RateOn> {
  const wanted = [...new Map(days.map((day) => [keyOf(day), day])).values()].filter(
    ({ currency }) => currency !== "USD",
  );
  const rates = wanted.length === 0 ? new Map<string, string>() : await readStored(context, wanted);
  const missing = wanted.filter((day) => !rates.has(keyOf(day)));
  const rateOf = await readEvidence(
    context,
    missing.map(({ currency, date }) => ({ ticker: pairOf(currency), date })),
    deadline,
  );
  for (const day of missing) {
    const quoted = rateOf({ ticker: pairOf(day.currency), date: day.date }).day;
    if (!quoted || !new Rate(quoted.close).gt(0)) continue;
    const isDirect = isQuotedInDollars(day.currency);
    rates.set(keyOf(day), isDirect ? quoted.close : new Rate(1).div(quoted.close).toFixed());
  }
  const inUsd = (currency: string, date: string): string | undefined =>
    currency === "USD" ? "1" : rates.get(keyOf({ currency, date }));
  return (currency, other, date) => {
    const [one, another] = [inUsd(currency, date), inUsd(other, date)];
    return one === undefined || another === undefined ? null : new Rate(one).div(another).toFixed();
  };
}
