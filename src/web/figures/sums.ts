/** Amounts added up, exactly. */
import { Big } from "big.js";

export const sumOf = (values: readonly string[]): string =>
  values.reduce((sum, value) => sum.plus(value), new Big(0)).toFixed();

/** What is left of an amount without others. */
export const less = (amount: string, ...others: string[]): string =>
  new Big(amount).minus(sumOf(others)).toFixed();
