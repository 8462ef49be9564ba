/** Amounts added up, exactly. */
import { Big } from "big.js";

export const sumOf = (values: readonly string[]): string =>
  values.reduce((sum, value) => sum.plus(value), new Big(0)).toFixed();

/** Of those that are known; null: none is. */
export function sumOfKnown(values: readonly (string | null)[]): string | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : sumOf(known);
}

/** What is left of an amount without others. */
export const less = (amount: string, ...others: string[]): string =>
  new Big(amount).minus(sumOf(others)).toFixed();
