/** Which currency a file speaks of: in a cell, in the name of a column, beside a figure. Pure. */
import { minorUnitNames } from "../../market/currency.ts";
import { currencyAtEnd } from "./spelling.ts";

const iso = new Set([
  ...Intl.supportedValuesOf("currency"),
  "CNH",
  ...minorUnitNames.map((name) => name.toUpperCase()),
]);
/** What crypto is quoted in beside money; the first three are meant to be worth a dollar. */
export const dollarTokens: ReadonlySet<string> = new Set(["USDT", "USDC", "BUSD"]);
const tokens: ReadonlySet<string> = new Set([...dollarTokens, "BTC", "XBT", "ETH", "BNB", "DAI", "EURC"]);

const names: ReadonlyMap<string, string> = new Map([
  ["$", "USD"],
  ["US$", "USD"],
  ["€", "EUR"],
  ["£", "GBP"],
  ["¥", "JPY"],
  ["₹", "INR"],
  ["₿", "BTC"],
  ["₺", "TRY"],
  ["₩", "KRW"],
  ["₪", "ILS"],
  ["R$", "BRL"],
  ["C$", "CAD"],
  ["CA$", "CAD"],
  ["A$", "AUD"],
  ["AU$", "AUD"],
  ["NZ$", "NZD"],
  ["HK$", "HKD"],
  ["S$", "SGD"],
  ["ZŁ", "PLN"],
  ["KČ", "CZK"],
  ["FR.", "CHF"],
  ["EURO", "EUR"],
  ["EUROS", "EUR"],
  ["DOLLAR", "USD"],
  ["DOLLARS", "USD"],
  ["POUND", "GBP"],
  ["POUNDS", "GBP"],
  ["PENCE", "GBX"],
  ["RS", "INR"],
  ["RS.", "INR"],
  ["RUPEE", "INR"],
  ["RUPEES", "INR"],
  ["CAN$", "CAD"],
  ["JP¥", "JPY"],
  ["$US", "USD"],
  ["KSH", "KES"],
  ["CAN", "CAD"],
  ["P", "GBX"],
]);

/** Of a text that is nothing but a currency: its ISO code, or GBX for pence; null: it is none. */
export function currencyOf(text: string): string | null {
  const bare = text.trim();
  if (bare.length > 8) return null;
  if (bare === "GBp" || bare === "GBX") return "GBX";
  const upper = bare.toUpperCase();
  const name = names.get(upper);
  if (name) return name;
  return iso.has(upper) || tokens.has(upper) ? upper : null;
}

export const isMoney = (code: string): boolean => iso.has(code);

/** "$", which is another dollar where a column says so. */
export const isVague = (text: string): boolean => text.trim() === "$";

/** No currency in the name of a column, though codes: "Total ALL", "Price per TOP". */
const words = new Set(["P", "ALL", "TOP", "CAN", "MAD"]);

/** A sign that nobody knows is a currency all the same, and none that a price could be taken in. */
const signs = /[$€£¥₹]/;
const named = /^(usd|eur|gbp|chf|sek|cad|GBp|ZAc|zł|kč|euros?|dollars?|pounds?|pence|rs|rupees?)$/i;

/** In the name of a column: "price (EUR)", "Price in CHF", "Fee £", "amount_usd", "PriceEUR"; null: it names none. */
export function currencyInHeader(header: string): string | null {
  const name = header.slice(0, 120);
  if (/[([]\s?p\s?[)\]]/.test(name)) return "GBX";
  // Which crown it is does not matter: none is a dollar.
  if (/[([]\s?kr\.?\s?[)\]]/i.test(name)) return "KR";
  const parts = name.split(/[\s()[\]_/,:;.|=*-]+/);
  // The first word is what the column holds: "BTC Price".
  for (const part of parts.slice(1).toReversed()) {
    const isCode = /^[A-Z]{3,4}$/.test(part) || named.test(part);
    if ((!isCode && !signs.test(part)) || words.has(part)) continue;
    const currency = currencyOf(part) ?? (signs.test(part) ? part.slice(0, 12) : null);
    if (currency) return currency;
  }
  // What is left out of a name that is looked up says what it is in.
  return currencyAtEnd(name)?.toUpperCase() ?? null;
}
