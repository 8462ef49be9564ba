/** What the market says of the prices of rows, and what would be right instead. */

import { mapInTurns } from "../../event-loop.ts";
import { type Plain, plain } from "../../plain.ts";
import type { LedgerContext } from "../context.ts";
import { isTradeInput, type TradeInput } from "../input.ts";
import {
  correctionOf,
  describeSuspicion,
  inAnother,
  type PriceEvidence,
  type Suspicion,
  suspectPrice,
} from "../price-check.ts";
import { readEvidence } from "../quoted-days.ts";
import { usualCurrencies } from "../quotes.ts";
import { suspectRate } from "../trade-check.ts";
import { type RateOn, readDayRates } from "./day-rates.ts";
import { isCoin } from "./instrument.ts";
import { assumedCurrency } from "./lookup.ts";
import type { ReadFile } from "./read.ts";
import { type Note, noteOf, type Remark, remarkIn } from "./remarks.ts";
import type { ImportRow, RowInput } from "./rows.ts";

type RowTradeInput = TradeInput & Pick<RowInput, "fx_currency">;

export interface PriceFinding {
  /** Of its price, and of its own exchange rate. */
  readonly remarks: readonly Remark[];
  /** What the trade would be; null: nobody can say. */
  readonly correction: RowTradeInput | null;
}

/** As it would fit the day; null: what it is cannot be told by the price alone, nor, of a file, by a currency that would fit. */
function correct(input: RowTradeInput, suspicion: Suspicion): RowTradeInput | null {
  const correction = suspicion.kind === "currency" ? null : correctionOf(input, suspicion);
  if (!correction || !suspicion.kind.startsWith("hundred")) return correction && { ...input, ...correction };
  // A rate that the sums implied was as far off as the price.
  const { fx_rate: _, fx_currency: __, ...rest }: RowTradeInput = input;
  return { ...rest, ...correction };
}

interface Market {
  readonly evidenceOf: (input: RowTrade) => PriceEvidence;
  readonly rateOn: RateOn;
}

/** A trade, and what it was paid in. */
type RowTrade = RowTradeInput & { readonly paidIn: string };

const unknown: PriceEvidence = { day: null, swappedDay: null, laterSplits: [] };

/** In what each ticker is quoted; of one that nobody has described nothing is known. */
async function readQuoteCurrencies(
  { pool }: Pick<LedgerContext, "pool">,
  tickers: readonly string[],
): Promise<Map<string, string>> {
  const { rows } = await pool.query<{ ticker: string; currency: string }>(
    "select ticker, currency from bronze.raw_assets where ticker = any ($1)",
    [tickers],
  );
  return new Map(rows.map(({ ticker, currency }) => [ticker, currency]));
}

/** What the market says of each trade's day, in what it was paid in. */
async function readMarket(
  context: LedgerContext,
  inputs: readonly RowTrade[],
  quotedIn: ReadonlyMap<string, string>,
  deadline: number,
): Promise<Market> {
  const evidenceOf = await readEvidence(context, inputs, deadline);
  const quoteOf = ({ ticker, paidIn }: RowTrade): string => quotedIn.get(ticker) ?? paidIn;
  const days = inputs.flatMap((input) => {
    const currencies = new Set([input.paidIn, quoteOf(input), input.fx_currency ?? input.paidIn]);
    return currencies.size === 1 ? [] : [...currencies].map((currency) => ({ currency, date: input.date }));
  });
  const rateOn = await readDayRates(context, days, deadline);
  return {
    rateOn,
    evidenceOf: (input) => {
      const quote = quoteOf(input);
      if (quote === input.paidIn) return evidenceOf(input);
      const rate = rateOn(quote, input.paidIn, input.date);
      return rate === null ? unknown : inAnother(evidenceOf(input), rate);
    },
  };
}

/** With exchange rates of the days of prices that nothing else explains. */
async function withRates(
  context: LedgerContext,
  inputs: readonly RowTrade[],
  { evidenceOf }: Pick<Market, "evidenceOf">,
  { quotedIn, base }: { readonly quotedIn: ReadonlyMap<string, string>; readonly base: string },
  deadline: number,
): Promise<Market["evidenceOf"]> {
  const isFar = (input: RowTrade): boolean =>
    !isCoin(input.ticker) && suspectPrice(input.price, evidenceOf(input))?.kind === "far";
  const judged = await mapInTurns(inputs, isFar);
  const far = inputs.filter((_, index) => judged[index]);
  if (far.length === 0) return evidenceOf;
  const candidatesOf = ({ ticker, paidIn }: RowTrade): string[] =>
    [...new Set([quotedIn.get(ticker) ?? paidIn, base, ...usualCurrencies])].filter(
      (currency) => currency !== paidIn,
    );
  const days = far.flatMap((input) =>
    [...candidatesOf(input), input.paidIn].map((currency) => ({ currency, date: input.date })),
  );
  const rateOn = await readDayRates(context, days, deadline);
  const isFarInput = new Set(far);
  return (input) => ({
    ...evidenceOf(input),
    ...(isFarInput.has(input) && {
      rates: new Map(
        candidatesOf(input).flatMap((currency) => {
          const rate = rateOn(currency, input.paidIn, input.date);
          return rate === null ? [] : [[currency, rate] as const];
        }),
      ),
    }),
  });
}

function judgePrice(input: RowTrade, evidence: PriceEvidence, isConverted: boolean) {
  const suspicion = suspectPrice(input.price, evidence);
  if (!suspicion) return null;
  const isFar = suspicion.kind === "far";
  const told = describeSuspicion(input, evidence.day!, suspicion, isConverted ? input.paidIn : undefined);
  const { ticker } = input;
  const words =
    isFar && isCoin(ticker)
      ? plain(
          "{ticker} traded at {range} on {day:day}, the price here is {price:number}; the coin itself is {ticker}-USD.",
          told.values,
        )
      : told;
  const remark = remarkIn(isFar ? "price_far" : "price_differs", words);
  const { paidIn: _, ...trade } = input;
  return { remark, correction: correct(trade, suspicion) };
}

function judgeRate({ paidIn, fx_rate, fx_currency, date }: RowTrade, rateOn: RateOn): Remark | null {
  const dayRate = fx_currency === undefined ? null : rateOn(paidIn, fx_currency, date);
  const doubt =
    dayRate && suspectRate({ currency: paidIn, fx_rate: fx_rate!, fx_currency: fx_currency!, date }, dayRate);
  return doubt ? remarkIn("rate_far", doubt) : null;
}

/** Of rows whose prices or exchange rates do not fit their days. `base`: the person's currency. Asks the price source until `deadline` (of performance.now()). */
export async function checkPrices(
  context: LedgerContext,
  base: string,
  rows: readonly ImportRow[],
  deadline: number,
): Promise<Map<ImportRow, PriceFinding>> {
  const trades = rows.flatMap((row) =>
    row.input && isTradeInput(row.input) ? [[row, row.input] as const] : [],
  );
  const tickers = [...new Set(trades.map(([, { ticker }]) => ticker))];
  const quotedIn = await readQuoteCurrencies(context, tickers);
  const inputOf = new Map<ImportRow, RowTrade>(
    trades.map(([row, input]) => [
      row,
      { ...input, paidIn: input.currency ?? quotedIn.get(input.ticker) ?? assumedCurrency },
    ]),
  );
  const inputs = [...inputOf.values()];
  const market = await readMarket(context, inputs, quotedIn, deadline);
  const evidenceOf = await withRates(context, inputs, market, { quotedIn, base }, deadline);
  const findings = new Map<ImportRow, PriceFinding>();
  await mapInTurns(rows, (row) => {
    const input = inputOf.get(row);
    if (!input) return;
    const isPlain = input.paidIn === "USD" && quotedIn.get(input.ticker) === "USD";
    const price = judgePrice(input, evidenceOf(input), !isPlain);
    const rate = judgeRate(input, market.rateOn);
    if (!price && !rate) return;
    findings.set(row, {
      remarks: [price?.remark ?? [], rate ?? []].flat(),
      correction: price?.correction ?? null,
    });
  });
  return findings;
}

/** The rows with those corrected that a person said to; the others as they are. */
export async function correctRows(
  context: LedgerContext,
  base: string,
  rows: readonly ImportRow[],
  lines: readonly number[] | "all",
  deadline: number,
): Promise<ImportRow[]> {
  const wanted = lines === "all" ? null : new Set(lines);
  const chosen = rows.filter(({ line, input }) => input !== null && (wanted === null || wanted.has(line)));
  if (chosen.length === 0) return [...rows];
  const findings = await checkPrices(context, base, chosen, deadline);
  return rows.map((row) => {
    const correction = findings.get(row)?.correction;
    if (!correction) return row;
    return {
      ...row,
      input: correction,
      isCorrected: true,
      notes: [
        ...row.notes,
        noteOf(plain("Corrected: {changes}.", { changes: differences(row.input!, correction) })),
      ],
    };
  });
}

/** "price 7000 -> 70". */
function differences(before: RowInput, after: TradeInput): Plain {
  const [from, to] = [before.price ?? "", after.price];
  if (before.date !== after.date)
    return plain("date {from:day} -> {to:day}", { from: before.date, to: after.date });
  return before.quantity === after.quantity
    ? plain("price {from:number} -> {to:number}", { from, to })
    : plain("quantity {oldQuantity:number} -> {quantity:number}, price {from:number} -> {to:number}", {
        oldQuantity: before.quantity ?? "",
        quantity: after.quantity,
        from,
        to,
      });
}

export const describeCorrection = (row: ImportRow, { correction }: PriceFinding): Note | null =>
  correction && noteOf(differences(row.input!, correction));

/** Of files that were read a moment ago (`LastRead`): by person, the lines of whose prices the market was asked about in time. */
const pricesTold = new WeakMap<ReadFile, Map<number, ReadonlySet<number>>>();

export function notePricesTold(file: ReadFile, userId: number, rows: readonly ImportRow[]): void {
  const byPerson = pricesTold.get(file) ?? new Map<number, ReadonlySet<number>>();
  pricesTold.set(file, byPerson.set(userId, new Set(rows.map(({ line }) => line))));
}

/** Whether a review has told this person what the market says of the prices of all these lines. */
export function arePricesTold(file: ReadFile, userId: number, lines: ReadonlySet<number>): boolean {
  const told = pricesTold.get(file)?.get(userId);
  return told !== undefined && [...lines].every((line) => told.has(line));
}
