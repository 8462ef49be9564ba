/** Which currency a price is in, and whether the ledger can take it. Pure. */
import { isCurrency } from "../../market/currency.ts";
import { AmbiguousCurrencyError, ForeignCurrencyError } from "../errors.ts";
import { currencyOf, dollarTokens, isVague } from "./currencies.ts";
import type { Texts } from "./format.ts";
import type { Layout } from "./layout.ts";
import type { Figures } from "./money.ts";
import type { Remarks } from "./remarks.ts";
import type { Surroundings } from "./surroundings.ts";

interface Reading {
  readonly layout: Layout;
  readonly surroundings: Surroundings;
}

/** Written "$" at home. */
const dollars = new Set(["CAD", "AUD", "NZD", "HKD", "SGD", "TWD", "MXN", "CLP", "COP", "ARS"]);

/** Of the price, from whatever names it; null: nothing does, or two things name two. */
export function currencyFor(
  figures: Figures,
  texts: Texts,
  quote: string | null,
  { layout, surroundings }: Reading,
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
  const stated =
    named[0] ??
    (isHeaderVague ? null : header) ??
    layout.format?.currency ??
    second ??
    moneyUnit ??
    gross ??
    amount ??
    (figures.moneyUnit && otherDollar === null ? currencyOf(figures.moneyUnit) : null);
  if (stated !== null || around.length === 0) return stated;
  if (around.length === 1 && around[0] === "USD") return "USD";
  remarks.refuse(new AmbiguousCurrencyError(["none beside it", `${around.join(", ")} around the table`]));
  return null;
}

export function checkCurrency(
  currency: string | null,
  texts: Texts,
  { layout }: Reading,
  remarks: Remarks,
): void {
  if (currency === null || currency === "USD" || (layout.format?.isOwn && isCurrency(currency))) return;
  if (dollarTokens.has(currency)) {
    remarks.warn("dollar_token", `paid in ${currency}, which is counted as a dollar`);
    return;
  }
  const elsewhere = layout.format
    ? `as ${layout.format.name} writes it`
    : "beside the figure or in the column's name";
  remarks.refuse(
    new ForeignCurrencyError(currency, texts.currency || texts.amountCurrency ? "in its column" : elsewhere),
  );
}
