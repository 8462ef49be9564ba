/** Figures as files write them, made into plain decimals. What is not understood is null, never another number. Pure. */
import { Big } from "big.js";
import { currencyOf } from "./currencies.ts";

export type DecimalMark = "point" | "comma";

export interface Figure {
  /** A plain decimal with a sign, nothing rounded. */
  readonly value: string;
  /** As it stands beside the figure: "€", "USD"; null: nothing does. */
  readonly unit: string | null;
  /** "1.500" and "1,500" are two numbers each, and this file does not say which. */
  readonly isAmbiguous: boolean;
}

/** Longer than any figure that a broker writes; what is longer is none. */
const longest = 64;
/** Of an exponent: no quantity and no price is beyond. */
const largestExponent = 30;

/** A figure without its sign and unit: digits and the marks between them, maybe an exponent. */
const shape = /^(?=\d|[.,]\d)([\d.,]{1,48})(?:e([+-]?\d{1,3}))?$/i;

interface Parts {
  readonly isNegative: boolean;
  readonly digits: string;
  readonly exponent: number;
  readonly unit: string | null;
}

/** null: it is no figure. */
function partsOf(text: string): Parts | null {
  if (text.length === 0 || text.length > longest) return null;
  const compact = text.replaceAll(/[\s'’\u00a0\u202f]/gu, "").replaceAll(/[−–]/g, "-");
  const inBrackets = /^\((.{1,60})\)$/.exec(compact);
  const bare = inBrackets ? inBrackets[1]! : compact;
  const match =
    /^([+-]?)([^\d.,+-]{0,6})([+-]?)([\d.,]{1,48}(?:[eE][+-]?\d{1,3})?)([^\d.,+-]{0,6})([+-]?)$/.exec(bare);
  if (!match) return null;
  const [, before = "", prefix = "", between = "", number = "", suffix = "", after = ""] = match;
  const sign = before + between + after;
  const unit = prefix || suffix || null;
  if (sign.length > 1 || (prefix && suffix) || (unit && !currencyOf(unit))) return null;
  const found = shape.exec(number);
  if (!found) return null;
  const exponent = Number(found[2] ?? 0);
  if (Math.abs(exponent) > largestExponent) return null;
  return { isNegative: sign === "-" || inBrackets !== null, digits: found[1]!, exponent, unit };
}

/** Which mark such digits can have: both for "1.500", none for "1.2,3.4". */
function marksOf(digits: string): ReadonlySet<DecimalMark> {
  const points = digits.split(".").length - 1;
  const commas = digits.split(",").length - 1;
  if (points + commas === 0) return new Set(["point", "comma"]);
  const marks = new Set<DecimalMark>();
  if (/^\d*\.?\d*$/.test(digits) || /^\d{1,3}(,\d{2,3})*,\d{3}(\.\d*)?$/.test(digits)) marks.add("point");
  if (/^\d*,?\d*$/.test(digits) || /^\d{1,3}(\.\d{3})+(,\d*)?$/.test(digits)) marks.add("comma");
  // Nobody groups a nought: "0.500" is a half.
  if (/^0+[.,]/.test(digits)) marks.delete(digits.includes(".") ? "comma" : "point");
  return marks;
}

/** The mark that figures of a file prove; null: none does, or they contradict one another. */
export function proveDecimalMark(texts: Iterable<string>): DecimalMark | null {
  const proven = new Set<DecimalMark>();
  for (const text of texts) {
    const parts = partsOf(text);
    const marks = parts && marksOf(parts.digits);
    if (marks?.size === 1) proven.add([...marks][0]!);
    if (proven.size > 1) return null;
  }
  return [...proven][0] ?? null;
}

/** null: it is no figure. `mark`: the file's, null where nothing says; a figure that speaks for itself needs none. */
export function readFigure(text: string, mark: DecimalMark | null): Figure | null {
  const parts = partsOf(text.trim());
  if (!parts) return null;
  const marks = marksOf(parts.digits);
  if (marks.size === 0) return null;
  const isEither = marks.size > 1 && /[.,]/.test(parts.digits);
  const chosen = marks.size === 1 ? [...marks][0]! : (mark ?? "point");
  const group = chosen === "point" ? "," : ".";
  const plain = parts.digits.replaceAll(group, "").replace(",", ".");
  if (!/^\d*\.?\d*$/.test(plain) || !/\d/.test(plain)) return null;
  const number = new Big(`${plain.replace(/^\./, "0.").replace(/\.$/, "")}e${parts.exponent}`);
  return {
    value: (parts.isNegative ? number.neg() : number).toFixed(),
    unit: parts.unit,
    isAmbiguous: isEither && mark === null,
  };
}

/** "--", "n/a" and the like, which brokers write for nothing. */
export const isBlank = (text: string): boolean =>
  /^(-{1,3}|–|n\/?a|null|none|not available|nan)?$/i.test(text);
