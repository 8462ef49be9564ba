/** Weights as a form has them: in percent, as plain decimals. */
import { Big } from "big.js";

const percent = /^\s*\d{1,3}(?:\.\d{1,6})?\s*$/;

/** "12.5" -> "0.125"; null: it is no percentage from 0 to 100. */
export function weightOf(text: string): string | null {
  if (!percent.test(text)) return null;
  const weight = new Big(text.trim()).div(100);
  return weight.lte(1) ? weight.toFixed() : null;
}

/** "0.125" -> "12.5". */
export const percentOf = (weight: string): string => new Big(weight).times(100).toFixed();
