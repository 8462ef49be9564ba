/** In what prices are quoted: ISO currencies, and the hundredths and thousandths of them that some exchanges quote in. Pure. */
import { Big } from "big.js";

/** `factor` of the currency is one of the unit: GBp is 0.01 GBP. */
export interface Unit {
  /** As the source spells it. */
  readonly name: string;
  /** ISO code. */
  readonly currency: string;
  readonly factor: "1" | "0.01" | "0.001";
}

interface MinorUnit extends Omit<Unit, "name"> {
  /** As people call it. */
  readonly word: string;
}

/** Yahoo's spellings, the London exchange's GBX and the Chicago exchange's USX among them. */
const minorUnits: Readonly<Record<string, MinorUnit>> = {
  GBp: { currency: "GBP", factor: "0.01", word: "pence" },
  GBX: { currency: "GBP", factor: "0.01", word: "pence" },
  ZAc: { currency: "ZAR", factor: "0.01", word: "cents" },
  ZAC: { currency: "ZAR", factor: "0.01", word: "cents" },
  ILA: { currency: "ILS", factor: "0.01", word: "agorot" },
  USX: { currency: "USD", factor: "0.01", word: "cents" },
  KWF: { currency: "KWD", factor: "0.001", word: "fils" },
};

export const minorUnitNames: readonly string[] = Object.keys(minorUnits);

/** What a source quotes in; null: no unit that is known. Case tells pence (GBp) from pounds (GBP). */
export function unitOf(name: string): Unit | null {
  if (Object.hasOwn(minorUnits, name)) {
    const { currency, factor } = minorUnits[name]!;
    return { name, currency, factor };
  }
  return /^[A-Z]{3}$/.test(name) ? { name, currency: name, factor: "1" } : null;
}

/** "pence" for GBp; null: it is a currency itself. */
export const unitNameOf = (name: string): string | null =>
  Object.hasOwn(minorUnits, name) ? minorUnits[name]!.word : null;

const quotedInDollars: ReadonlySet<string> = new Set(["EUR", "GBP", "AUD", "NZD"]);

/**
 * Markets quote these in dollars and all others the other way round. Asked against that habit Yahoo has few digits: KESUSD=X is 0.0077, and
 * KES=X 129.25.
 */
export const isQuotedInDollars = (currency: string): boolean => quotedInDollars.has(currency);

const isoCodes: ReadonlySet<string> = new Set(Intl.supportedValuesOf("currency"));

/** Whether it is the code of a currency, one of the past among them. */
export const isCurrency = (code: string): boolean => isoCodes.has(code);

/** `amount` of the unit in the unit's currency, to the last digit. */
export const inMajor = (amount: string, { factor }: Pick<Unit, "factor">): string =>
  new Big(amount).times(factor).toFixed();
