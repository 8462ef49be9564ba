/** Where the rate of a currency to the US dollar is to be had, and which way round. Pure. */
import { isQuotedInDollars } from "../../src/market/currency.ts";

export interface Pair {
  readonly symbol: string;
  /** What its prices are in, which the reply has to say too. */
  readonly quotedIn: string;
  /** Its prices are units of the currency for a dollar. */
  readonly isInverse: boolean;
}

/** In the order in which they are to be asked. */
export function pairsOf(currency: string): readonly Pair[] {
  const direct: Pair = { symbol: `${currency}USD=X`, quotedIn: "USD", isInverse: false };
  const inverse: Pair = { symbol: `${currency}=X`, quotedIn: currency, isInverse: true };
  return isQuotedInDollars(currency) ? [direct, inverse] : [inverse, direct];
}

/** Daily noon rates of the Federal Reserve's release H.10, as FRED names them. */
const h10: Readonly<Record<string, string>> = {
  AUD: "DEXUSAL",
  BRL: "DEXBZUS",
  CAD: "DEXCAUS",
  CHF: "DEXSZUS",
  CNY: "DEXCHUS",
  DKK: "DEXDNUS",
  EUR: "DEXUSEU",
  GBP: "DEXUSUK",
  HKD: "DEXHKUS",
  INR: "DEXINUS",
  JPY: "DEXJPUS",
  KRW: "DEXKOUS",
  LKR: "DEXSLUS",
  MXN: "DEXMXUS",
  MYR: "DEXMAUS",
  NOK: "DEXNOUS",
  NZD: "DEXUSNZ",
  SEK: "DEXSDUS",
  SGD: "DEXSIUS",
  THB: "DEXTHUS",
  TWD: "DEXTAUS",
  ZAR: "DEXSFUS",
};

/** null: the release has no such currency. DEXUS..: dollars for one of it. */
export function h10SeriesOf(currency: string): { readonly id: string; readonly isInverse: boolean } | null {
  const id = h10[currency];
  return id === undefined ? null : { id, isInverse: !id.startsWith("DEXUS") };
}
