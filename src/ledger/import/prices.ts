/** What the market says of the prices of rows, and what would be right instead. */
import { Big } from "big.js";
import { mapInTurns } from "../../event-loop.ts";
import type { LedgerContext } from "../context.ts";
import type { TransactionInput } from "../input.ts";
import {
  describeSuspicion,
  inAnother,
  type PriceEvidence,
  type Suspicion,
  suspectPrice,
} from "../price-check.ts";
import { readEvidence } from "../quoted-days.ts";
import { isCoin } from "./instrument.ts";
import { ledgerDecimals } from "./money.ts";
import type { Remark } from "./remarks.ts";
import type { ImportRow } from "./rows.ts";

/** Currencies that a price without one is most often in, as Yahoo Finance quotes them in dollars. */
const currencies = ["EUR", "GBP", "CAD", "CHF", "AUD", "SEK", "JPY", "INR"] as const;
const rateTicker = (currency: string): string => `${currency}USD=X`;

export interface PriceFinding {
  readonly remark: Remark;
  /** What the trade would be; null: nobody can say. */
  readonly correction: TransactionInput | null;
}

function divide(quantity: string, ratio: string): string {
  const Quantity = Big();
  Quantity.DP = ledgerDecimals;
  return new Quantity(quantity).div(ratio).toFixed();
}

/** As it would fit the day; null: what it is cannot be told by the price alone. */
function correct(input: TransactionInput, suspicion: Suspicion): TransactionInput | null {
  switch (suspicion.kind) {
    case "hundredfold":
    case "hundredth":
      return { ...input, price: suspicion.price };
    case "split_adjusted":
      return { ...input, price: suspicion.price, quantity: divide(input.quantity, suspicion.ratio) };
    case "swapped_date":
      return { ...input, date: suspicion.date };
    default:
      return null;
  }
}

type EvidenceOf = (input: TransactionInput) => PriceEvidence;

/** Of one day, what one of the ticker's currency was worth in the trade's. */
const conversionKey = ({
  ticker,
  currency,
  date,
}: Pick<TransactionInput, "ticker" | "currency" | "date">): string => `${ticker} ${currency} ${date}`;

/** In what each trade was paid in, where that is not the ticker's own; nothing is known where a rate is missing. */
async function inItsCurrency(
  { pool }: LedgerContext,
  inputs: readonly TransactionInput[],
  evidenceOf: EvidenceOf,
): Promise<EvidenceOf> {
  const named = inputs.filter(({ currency }) => currency !== undefined);
  if (named.length === 0) return evidenceOf;
  const { rows } = await pool.query<{ ticker: string; currency: string; date: string; rate: string | null }>(
    `with foreign_trades as (
       select distinct trade.ticker, trade.currency, trade.date, assets.currency as quoted_in
       from unnest($1::text[], $2::text[], $3::date[]) as trade (ticker, currency, date)
       join bronze.raw_assets assets
         on assets.ticker = trade.ticker
         and assets.currency <> trade.currency
     )
     select ticker, currency, date, trim_scale(round(own.usd_per_unit / paid.usd_per_unit, 12)) as rate
     from foreign_trades as trade
     left join lateral (
       select usd_per_unit
       from bronze.raw_fx_rates
       where raw_fx_rates.currency = trade.quoted_in
         and rate_date <= trade.date
       order by rate_date desc
       limit 1
     ) own on true
     left join lateral (
       select usd_per_unit
       from bronze.raw_fx_rates
       where raw_fx_rates.currency = trade.currency
         and rate_date <= trade.date
       order by rate_date desc
       limit 1
     ) paid on true`,
    [named.map(({ ticker }) => ticker), named.map(({ currency }) => currency), named.map(({ date }) => date)],
  );
  const rates = new Map(rows.map(({ rate, ...trade }) => [conversionKey(trade), rate]));
  return (input) => {
    const rate = rates.get(conversionKey(input));
    if (rate === undefined) return evidenceOf(input);
    return rate === null
      ? { day: null, swappedDay: null, laterSplits: [] }
      : inAnother(evidenceOf(input), rate);
  };
}

/** With exchange rates of the days of prices that nothing else explains. */
async function withRates(
  context: LedgerContext,
  inputs: readonly TransactionInput[],
  evidenceOf: EvidenceOf,
  deadline: number,
): Promise<EvidenceOf> {
  const isFar = (input: TransactionInput): boolean =>
    !isCoin(input.ticker) && suspectPrice(input.price, evidenceOf(input))?.kind === "far";
  const judged = await mapInTurns(inputs, isFar);
  const far = inputs.filter((_, index) => judged[index]);
  if (far.length === 0) return evidenceOf;
  const days = [...new Set(far.map(({ date }) => date))];
  const asked = currencies.flatMap((currency) =>
    days.map((date) => ({ ticker: rateTicker(currency), date })),
  );
  const rateOn = await readEvidence(context, asked, deadline);
  const ratesOn = (date: string): ReadonlyMap<string, string> =>
    new Map(
      currencies.flatMap((currency) => {
        const { day } = rateOn({ ticker: rateTicker(currency), date });
        return day ? [[currency, day.close] as const] : [];
      }),
    );
  const rates = new Map(days.map((date) => [date, ratesOn(date)]));
  return (input) => ({
    ...evidenceOf(input),
    ...(rates.has(input.date) && { rates: rates.get(input.date)! }),
  });
}

/** Of rows whose prices do not fit their days. Asks the price source until `deadline` (of performance.now()). */
export async function checkPrices(
  context: LedgerContext,
  rows: readonly ImportRow[],
  deadline: number,
): Promise<Map<ImportRow, PriceFinding>> {
  const inputs = rows.flatMap(({ input }) => input ?? []);
  const evidenceOf = await withRates(
    context,
    inputs,
    await inItsCurrency(context, inputs, await readEvidence(context, inputs, deadline)),
    deadline,
  );
  const findings = new Map<ImportRow, PriceFinding>();
  await mapInTurns(rows, (row) => {
    const { input } = row;
    const evidence = input && evidenceOf(input);
    const suspicion = input && evidence && suspectPrice(input.price, evidence);
    if (!suspicion) return;
    const isFar = suspicion.kind === "far";
    const coin = isFar && isCoin(input.ticker) ? `; the coin itself is ${input.ticker}-USD` : "";
    findings.set(row, {
      remark: {
        code: isFar ? "price_far" : "price_differs",
        message: describeSuspicion(input, evidence!.day!, suspicion) + coin,
      },
      correction: correct(input, suspicion),
    });
  });
  return findings;
}

/** The rows with those corrected that a person said to; the others as they are. */
export async function correctRows(
  context: LedgerContext,
  rows: readonly ImportRow[],
  lines: readonly number[] | "all",
  deadline: number,
): Promise<ImportRow[]> {
  const wanted = lines === "all" ? null : new Set(lines);
  const chosen = rows.filter(({ line, input }) => input !== null && (wanted === null || wanted.has(line)));
  if (chosen.length === 0) return [...rows];
  const findings = await checkPrices(context, chosen, deadline);
  return rows.map((row) => {
    const correction = findings.get(row)?.correction;
    if (!correction) return row;
    return {
      ...row,
      input: correction,
      isCorrected: true,
      notes: [...row.notes, `corrected: ${differences(row.input!, correction)}`],
    };
  });
}

/** "price 7000 -> 70". */
function differences(before: TransactionInput, after: TransactionInput): string {
  const fields = ["date", "quantity", "price"] as const;
  return fields
    .filter((field) => before[field] !== after[field])
    .map((field) => `${field} ${before[field]} -> ${after[field]}`)
    .join(", ");
}

export const describeCorrection = (row: ImportRow, { correction }: PriceFinding): string | null =>
  correction && differences(row.input!, correction);
