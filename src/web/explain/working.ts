/** A figure's formula with a person's own numbers put in. */
import Big from "big.js";
import type { Format } from "../format.ts";
import { t } from "../messages/index.ts";
import { sayReason } from "../reasons.ts";

export interface Working {
  /** As it stands on the page that led here; null: it cannot be computed. */
  readonly value: string | null;
  /** Why there is no value; null: there is. */
  readonly reason: string | null;
  /** One step a line, each with its result; empty when there is no more to say than the value. */
  readonly steps: readonly string[];
}

export const computed = (value: string, ...steps: string[]): Working => ({ value, reason: null, steps });

export const impossible = (reason: string | null, ...steps: string[]): Working => ({
  value: null,
  reason: sayReason(reason ?? "not known"),
  steps,
});

/** A number with as many digits as a reader needs to check the next step by hand. */
export const precise = (format: Format, value: number, digits = 6): string =>
  format.quantity(value.toFixed(digits));

/** What exchange rates made of a return: they multiply what it is in the assets' own currencies. */
export function exchangeReturn(whole: number, local: number, rates: number, format: Format): Working {
  const value = format.signedPercent(rates);
  return computed(
    value,
    equation(`(1 + ${precise(format, whole)}) ÷ (1 + ${precise(format, local)}) − 1`, value),
  );
}

/** What a table of the page adds up to: `words`, "sum of the fees below", are the formula. */
export const summed = (words: string, value: string): Working => computed(value, equation(words, value));

/** What so many returns, a day each, deviate in a year. */
export function yearlyDeviation(
  { yearly, returns, periods_per_year }: { yearly: number; returns: number; periods_per_year: number },
  value: string,
  format: Format,
): Working {
  const root = precise(format, Math.sqrt(periods_per_year));
  const deviation = precise(format, yearly / Math.sqrt(periods_per_year));
  return computed(
    value,
    t(
      "{count, plural, one {# return} other {# returns}}: stddev(r) = {deviation}, sqrt({periods}) = {root}",
      { count: returns, deviation, periods: String(periods_per_year), root },
    ),
    equation(`${deviation} × ${root}`, value),
  );
}

/** A return of so many days as one of a year. */
export const perYear = (format: Format, whole: number, days: number): string =>
  `(1 + ${precise(format, whole)})^(${format.quantity("365.25")} ÷ ${format.count(days)}) − 1`;

/** A part of a sum. */
export interface Term {
  readonly name: string;
  readonly amount: Big | string;
  /** It is taken off. */
  readonly isTaken?: boolean;
}

/** "bought = $10.00, sold = $4.00" */
export const named = (terms: readonly Term[], write: (amount: string) => string): string =>
  terms.map(({ name, amount }) => `${name} = ${write(new Big(amount).toFixed())}`).join(", ");

/** "$10.00 − $4.00" */
export function addition(terms: readonly Term[], write: (amount: string) => string): string {
  const parts = terms.map(({ amount, isTaken }, index) => {
    const value = new Big(amount).times(isTaken ? -1 : 1);
    if (index === 0) return write(value.toFixed());
    return `${value.lt(0) ? " − " : " + "}${write(value.abs().toFixed())}`;
  });
  return parts.join("") || write("0");
}

/** Without those that are nothing. */
export const known = (terms: readonly Term[]): Term[] =>
  terms.filter(({ amount }) => !new Big(amount).round(12).eq(0));

/** `numbers` put together, with what they come to: "$1,020.00 − $1,001.00 = $19.00". */
export const equation = (numbers: string, result: string): string => `${numbers} = ${result}`;
