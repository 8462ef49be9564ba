/** A figure's formula with a person's own numbers put in. */
import type { Format } from "../format.ts";

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
  reason: reason ?? "not known",
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

/** What a table of the page adds up to: the column is the formula. */
export const total = (column: string, value: string): Working =>
  computed(value, equation(`sum of ${column}`, value));

/** `numbers` put together, with what they come to: "$1,020.00 − $1,001.00 = $19.00". */
export const equation = (numbers: string, result: string): string => `${numbers} = ${result}`;
