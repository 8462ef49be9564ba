/** Which currency a price is in, and whether the ledger can take it. Pure. */

import { Big } from "big.js";
import { isCurrency, unitOf } from "../../market/currency.ts";
import { plain } from "../../plain.ts";
import { currencyOf, dollarTokens, isVague } from "./currencies.ts";
import type { Reading } from "./entry.ts";
import { AmbiguousCurrencyError, ForeignCurrencyError } from "./errors.ts";
import type { Texts } from "./format.ts";
import type { Figures } from "./money.ts";
import type { Remarks } from "./remarks.ts";

/** Written "$" at home. */
const dollars = new Set(["CAD", "AUD", "NZD", "HKD", "SGD", "TWD", "MXN", "CLP", "COP", "ARS"]);

/** Of the price, from whatever names it; null: nothing does, or two things name two. */
export function currencyFor(
  figures: Figures,
  texts: Texts,
  quote: string | null,
  { layout, surroundings, notation }: Reading,
  remarks: Remarks,
): string | null {
  const isDerived = figures.price === null;
  const own = (text: string | undefined): string | null =>
    text ? (currencyOf(text) ?? text.slice(0, 12)) : null;
  // Of two sums the one before costs is in the currency of the price.
  const isPaidAbroad = isDerived && (figures.gross === null || figures.amount === null);
  const [first, second] = isPaidAbroad
    ? [own(texts.amountCurrency), own(texts.currency)]
    : [own(texts.currency), own(texts.amountCurrency)];
  const unit = isDerived ? figures.moneyUnit : figures.priceUnit;
  const { gross, amount, price } = layout.headerCurrencies;
  const around = surroundings.currencies;
  const otherDollar = around.find((currency) => dollars.has(currency)) ?? null;
  // "$" is another dollar where a column says so, or what stands around the table.
  const beside = unit && !(isVague(unit) && (first ?? second ?? otherDollar)) ? currencyOf(unit) : null;
  const named = [...new Set([beside, quote, first].filter((currency) => currency !== null))];
  if (named.length > 1 && !(named.includes("GBX") && named.includes("GBP"))) {
    remarks.refuse(new AmbiguousCurrencyError(named));
    return null;
  }
  const header = isDerived ? (gross ?? amount) : price;
  const isHeaderVague = header === "USD" && otherDollar !== null && layout.areDollarsVague;
  const moneyUnit = figures.moneyUnit && !isVague(figures.moneyUnit) ? currencyOf(figures.moneyUnit) : null;
  if (named[0] && header && !contradicts(named[0], header, layout)) {
    // "Price (p)" beside a column that says GBP.
    if (unitOf(header)?.currency === named[0]) return header;
  } else if (named[0] && header) {
    remarks.refuse(
      new AmbiguousCurrencyError([
        named[0],
        plain("{currency} in the name of its column", { currency: header }),
      ]),
    );
    return null;
  }
  const stated = named[0] ?? (isHeaderVague ? null : header) ?? layout.format?.currency;
  if (stated) return stated;
  // A person's word stands for what the file does not say.
  if (notation.currency !== null) return notation.currency === "quoted" ? null : notation.currency;
  const paidIn =
    second ??
    moneyUnit ??
    gross ??
    amount ??
    (figures.moneyUnit && otherDollar === null ? currencyOf(figures.moneyUnit) : null);
  if (paidIn && (paidIn === "USD" || isDerived || isProduct(figures))) return paidIn;
  if (paidIn) {
    remarks.refuse(
      new AmbiguousCurrencyError([
        plain("none beside it"),
        plain("{currency} beside what was paid", { currency: paidIn }),
      ]),
    );
    return null;
  }
  if (around.length === 0 || (around.length === 1 && around[0] === "USD")) return around[0] ?? null;
  remarks.refuse(
    new AmbiguousCurrencyError([
      plain("none beside it"),
      plain("{currencies} around the table", { currencies: around.join(", ") }),
    ]),
  );
  return null;
}

/** What was paid is the price of all shares, as near as costs let it be: so the price is in the same currency. */
function isProduct({ quantity, price, gross, amount }: Figures): boolean {
  const paid = gross ?? amount;
  if (!quantity || !price || !paid || new Big(paid).eq(0)) return false;
  const ratio = new Big(quantity).times(price).div(paid).abs();
  return ratio.gte("0.97") && ratio.lte("1.03");
}

/** A column's name says another currency than its row does. A declared format knows which of them counts. */
function contradicts(named: string, header: string, { format, areDollarsVague }: Reading["layout"]): boolean {
  const [own, other] = [unitOf(named), unitOf(header)];
  if (format !== null || !own || !other || (header === "USD" && areDollarsVague)) return false;
  // Pence in a column of pounds: which of them it is nobody can tell; pounds in a column of pence are pence.
  return own.currency !== other.currency || (own.factor !== "1" && other.factor === "1");
}

/** What names no currency is in what each instrument is quoted in. */
export const isPricedAsQuoted = ({ layout, notation }: Reading): boolean =>
  notation.currency === "quoted" || layout.format?.isAsQuoted === true;

/** What a person can say of prices that name no currency. */
export const isNamedCurrency = (text: string): boolean => text === "quoted" || isCurrency(text);

/** Pence among them. */
export const isKnownCurrency = (name: string): boolean => isCurrency(unitOf(name)?.currency ?? "");

export function checkCurrency(
  currency: string | null,
  texts: Texts,
  { layout }: Reading,
  remarks: Remarks,
): void {
  if (currency === null || isKnownCurrency(currency)) return;
  if (dollarTokens.has(currency)) {
    remarks.warn("dollar_token", plain("Paid in {currency}, which is counted as a dollar.", { currency }));
    return;
  }
  const elsewhere = layout.format
    ? plain("as {format} writes it", { format: layout.format.name })
    : plain("beside the figure or in the column's name");
  remarks.refuse(
    new ForeignCurrencyError(
      currency,
      texts.currency || texts.amountCurrency ? plain("in its column") : elsewhere,
    ),
  );
}
