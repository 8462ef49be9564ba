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

/** Yahoo's spellings, the London exchange's GBX and the Chicago exchange's USX among them. */
const minorUnits: Readonly<Record<string, Omit<Unit, "name">>> = {
  GBp: { currency: "GBP", factor: "0.01" },
  GBX: { currency: "GBP", factor: "0.01" },
  ZAc: { currency: "ZAR", factor: "0.01" },
  ZAC: { currency: "ZAR", factor: "0.01" },
  ILA: { currency: "ILS", factor: "0.01" },
  USX: { currency: "USD", factor: "0.01" },
  KWF: { currency: "KWD", factor: "0.001" },
};

export const minorUnitNames: readonly string[] = Object.keys(minorUnits);

/** What a source quotes in; null: no unit that is known. Case tells pence (GBp) from pounds (GBP). */
export function unitOf(name: string): Unit | null {
  if (Object.hasOwn(minorUnits, name)) return { name, ...minorUnits[name]! };
  return /^[A-Z]{3}$/.test(name) ? { name, currency: name, factor: "1" } : null;
}

const isoCodes: ReadonlySet<string> = new Set(Intl.supportedValuesOf("currency"));

/** Whether it is the code of a currency, one of the past among them. */
export const isCurrency = (code: string): boolean => isoCodes.has(code);

/** `amount` of the unit in the unit's currency, to the last digit. */
export const inMajor = (amount: string, { factor }: Pick<Unit, "factor">): string =>
  new Big(amount).times(factor).toFixed();
