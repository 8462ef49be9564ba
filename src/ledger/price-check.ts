/** What the market says against a price that somebody typed or a file gave. Nothing is refused for it. Pure. */
import { Big } from "big.js";
import { type Plain, plain } from "../plain.ts";
import type { Split } from "./position.ts";

/** A day of a ticker as it was quoted then; decimals, in the currency of its unit: pounds where the exchange has pence. */
export interface QuotedDay {
  /** Of the bar: the day itself, or the last session before it. */
  readonly date: string;
  readonly low: string;
  readonly high: string;
  readonly close: string;
}

export interface PriceEvidence {
  readonly day: QuotedDay | null;
  /** The day that the date is with day and month exchanged. */
  readonly swappedDay: QuotedDay | null;
  /** After the day. */
  readonly laterSplits: readonly Split[];
  /** What one of other currencies was worth on the day, in that of the day's prices. */
  readonly rates?: ReadonlyMap<string, string>;
}

export type Suspicion =
  | { readonly kind: "hundredfold" | "hundredth"; readonly price: string }
  | {
      readonly kind: "split_adjusted";
      readonly price: string;
      /** Of the splits together: a third has no exact decimal. */
      readonly numerator: string;
      readonly denominator: string;
    }
  | { readonly kind: "currency"; readonly currency: string }
  | { readonly kind: "swapped_date"; readonly date: string }
  | { readonly kind: "far" };

/** Beyond the day's range by more than this is worth a word. */
const tolerance = 0.25;
/** And so near to another explanation is one. */
const closeness = 0.03;

const Price = Big();
Price.DP = 12;

/** "2024-03-04" -> "2024-04-03"; null: it is the same day, or no day of the calendar. */
export function swapDayAndMonth(date: string): string | null {
  const [year, month, day] = date.split("-");
  return Number(day) > 12 || day === month ? null : `${year}-${day}-${month}`;
}

const isWithin = (price: Big, { low, high }: QuotedDay, share: number): boolean =>
  price.gte(new Price(low).times(1 - share)) && price.lte(new Price(high).times(1 + share));

/** As most prices are, so that exact arithmetic is left for the others: nearer to its bounds than this a double says nothing. */
const margin = 1e-9;

const isPlainlyWithin = (price: number, { low, high }: QuotedDay): boolean =>
  price >= Number(low) * (1 - tolerance) * (1 + margin) &&
  price <= Number(high) * (1 + tolerance) * (1 - margin);

/** Splits are few; of more than these a price says nothing. */
const mostSplits = 20;

interface Ratio {
  readonly numerator: Big;
  readonly denominator: Big;
}

/**
 * How much larger a price was before splits that it may have been scaled for: 4 to 1 for one of 4:1. An export is scaled for all until its own
 * day, which nobody knows, so any that follow one another may be it; all of them first.
 */
function ratiosOf(splits: readonly Split[]): Ratio[] {
  const inOrder = splits.toSorted((a, b) => (a.date < b.date ? -1 : 1)).slice(0, mostSplits);
  const ratios = inOrder.flatMap((_, from) => {
    let ratio: Ratio = { numerator: new Price(1), denominator: new Price(1) };
    return inOrder.slice(from).map((split) => {
      ratio = {
        numerator: ratio.numerator.times(split.numerator),
        denominator: ratio.denominator.times(split.denominator),
      };
      return ratio;
    });
  });
  return ratios
    .filter(({ numerator, denominator }) => !numerator.eq(denominator))
    .toSorted((a, b) => b.numerator.times(a.denominator).cmp(a.numerator.times(b.denominator)));
}

/** Whether two figures differ by more than is worth a word. */
export const isFarFrom = (left: string, right: string): boolean =>
  new Price(left).gt(new Price(right).times(1 + tolerance)) ||
  new Price(left).lt(new Price(right).times(1 - tolerance));

/** What the day's prices were in another currency, at so many of it for one. */
export function inAnother(evidence: PriceEvidence, rate: string): PriceEvidence {
  const convert = (day: QuotedDay | null): QuotedDay | null =>
    day && {
      date: day.date,
      low: new Price(day.low).times(rate).toFixed(),
      high: new Price(day.high).times(rate).toFixed(),
      close: new Price(day.close).times(rate).toFixed(),
    };
  return { ...evidence, day: convert(evidence.day), swappedDay: convert(evidence.swappedDay) };
}

/** null: the price fits its day, or nothing is known of it. */
export function suspectPrice(text: string, evidence: PriceEvidence): Suspicion | null {
  const { day, swappedDay, laterSplits, rates } = evidence;
  if (!day || isPlainlyWithin(Number(text), day) || !new Price(day.low).gt(0)) return null;
  const price = new Price(text);
  if (isWithin(price, day, tolerance)) return null;
  const explains = (factor: Big): boolean => isWithin(price.times(factor), day, closeness);
  if (explains(new Price("0.01"))) return { kind: "hundredfold", price: price.div(100).toFixed() };
  if (explains(new Price(100))) return { kind: "hundredth", price: price.times(100).toFixed() };
  const ratio = ratiosOf(laterSplits).find(({ numerator, denominator }) =>
    explains(numerator.div(denominator)),
  );
  if (ratio)
    return {
      kind: "split_adjusted",
      price: price.times(ratio.numerator).div(ratio.denominator).toFixed(),
      numerator: ratio.numerator.toFixed(),
      denominator: ratio.denominator.toFixed(),
    };
  if (swappedDay && isWithin(price, swappedDay, closeness)) {
    const date = swappedDay.date;
    return { kind: "swapped_date", date };
  }
  for (const [currency, rate] of rates ?? [])
    if (explains(new Price(rate))) return { kind: "currency", currency };
  return { kind: "far" };
}

/** What would fit in place of what was typed, in the unit that it was typed in. */
export interface Correction {
  readonly price?: string;
  readonly quantity?: string;
  readonly date?: string;
  readonly currency?: string;
}

/** Of a price and a quantity, in whatever unit they are; null: what it is cannot be told by the price alone. */
export function correctionOf(
  { price, quantity }: { readonly price: string; readonly quantity: string },
  suspicion: Suspicion,
): Correction | null {
  switch (suspicion.kind) {
    case "hundredfold":
      return { price: new Price(price).div(100).toFixed() };
    case "hundredth":
      return { price: new Price(price).times(100).toFixed() };
    case "split_adjusted": {
      const { numerator, denominator } = suspicion;
      return {
        price: new Price(price).times(numerator).div(denominator).toFixed(),
        quantity: new Price(quantity).times(denominator).div(numerator).toFixed(),
      };
    }
    case "swapped_date":
      return { date: suspicion.date };
    case "currency":
      return { currency: suspicion.currency };
    case "far":
      return null;
  }
}

const shown = (value: string): string => {
  const price = new Price(value);
  return price.round(price.lt(1) ? 6 : 2).toFixed();
};

function rangeOf({ low, high }: QuotedDay, currency: string | undefined): Plain {
  const values = { low: shown(low), high: shown(high), currency: currency ?? "" };
  // A price by itself is no message.
  if (values.low === values.high)
    return { text: currency ? "{low:number} {currency}" : "{low:number}", values };
  return currency
    ? plain("{low:number} to {high:number} {currency}", values)
    : plain("{low:number} to {high:number}", values);
}

/** In a sentence, with both figures and what it probably is. `currency`: of both, where that is worth saying. */
export function describeSuspicion(
  { ticker, price, date }: { readonly ticker: string; readonly price: string; readonly date: string },
  day: QuotedDay,
  suspicion: Suspicion,
  currency?: string,
): Plain {
  const values = { ticker, range: rangeOf(day, currency), day: day.date, price: shown(price) };
  switch (suspicion.kind) {
    case "hundredfold":
      return plain(
        "{ticker} traded at {range} on {day:day}, the price here is {price:number}: a hundred times as much, as if it were in cents or pence; {fitting:number} would fit.",
        { ...values, fitting: shown(suspicion.price) },
      );
    case "hundredth":
      return plain(
        "{ticker} traded at {range} on {day:day}, the price here is {price:number}: a hundredth of it; {fitting:number} would fit.",
        { ...values, fitting: shown(suspicion.price) },
      );
    case "split_adjusted":
      return plain(
        "{ticker} traded at {range} on {day:day}, the price here is {price:number}: it seems to be scaled for a later split ({numerator}:{denominator}), and so may the quantity be; {fitting:number} was paid then.",
        {
          ...values,
          numerator: suspicion.numerator,
          denominator: suspicion.denominator,
          fitting: shown(suspicion.price),
        },
      );
    case "swapped_date":
      return plain(
        "{ticker} traded at {range} on {day:day}, the price here is {price:number}: it fits {fitting:day}, so day and month may be exchanged in {date:day}.",
        { ...values, fitting: suspicion.date, date },
      );
    case "currency":
      return plain(
        "{ticker} traded at {range} on {day:day}, the price here is {price:number}: in {currency} it would fit.",
        { ...values, currency: suspicion.currency },
      );
    case "far":
      return plain("{ticker} traded at {range} on {day:day}, the price here is {price:number}.", values);
  }
}
