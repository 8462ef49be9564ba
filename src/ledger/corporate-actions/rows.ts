/** The rows that a corporate action is, for one holding. Pure. */
import { Big } from "big.js";
import type { TransactionToInsert } from "../rows.ts";
import type { CostPart } from "../transfers.ts";
import type { Terms } from "./terms.ts";

/** The terms with all prices that their rows need, and what these are in. */
export interface Resolved extends Terms {
  /** Of `ticker` and `new_ticker`: ISO codes. */
  readonly currency: string;
  readonly newCurrency: string;
  /** One of newCurrency in `currency`, on the day. */
  readonly rate: string;
  /** The person's. */
  readonly base: string;
}

const Exact = Big();
Exact.DP = 40;
const decimals = 12;

/** To the ledger's last decimal. */
const rounded = (value: Big): Big => value.round(decimals, Big.roundHalfUp);

export const wholeOf = (quantity: Big | string): Big => new Big(quantity).round(0, Big.roundDown);

/** How many new shares come for so many. */
export function newQuantity({ numerator, denominator }: Terms, quantity: string): Big {
  return new Exact(quantity).times(numerator!).div(denominator!).round(decimals, Big.roundDown);
}

/** What part of the cost goes with the new shares. */
export function costShareOf(terms: Resolved): Big {
  if (terms.cost_share !== undefined) return new Exact(terms.cost_share);
  const ofNew = new Exact(terms.new_price!).times(terms.rate).times(terms.numerator!).div(terms.denominator!);
  return ofNew.div(ofNew.plus(terms.price!)).round(decimals, Big.roundHalfUp);
}

/** What the shares are worth on the day, in the currency of each side. */
export function valuesOf(terms: Resolved, quantity: Big): { readonly came: Big; readonly left: Big } {
  const came = rounded(quantity.times(terms.new_price!));
  return { came, left: rounded(came.times(terms.rate)) };
}

/** Of a purchase: how much of what is new, what it costs, and when it was bought. */
export interface Part {
  readonly quantity: Big;
  readonly value: Big;
  readonly acquiredOn: string | null;
  readonly cost: Big;
  readonly localCost: Big;
}

/** Each part's share by its quantity; the last one has the rest, so that nothing is lost. */
function divided(
  total: Big,
  parts: readonly CostPart[],
  mode: typeof Big.roundDown | typeof Big.roundHalfUp,
) {
  const all = parts.reduce((sum, { quantity }) => sum.plus(quantity), new Exact(0));
  let left = total;
  return parts.map(({ quantity }, index) => {
    const part =
      index === parts.length - 1 ? left : new Exact(total).times(quantity).div(all).round(decimals, mode);
    left = left.minus(part);
    return part;
  });
}

export function partsOf(cost: readonly CostPart[], share: Big, quantity: Big, value: Big): Part[] {
  const quantities = divided(quantity, cost, Big.roundDown);
  const values = divided(value, cost, Big.roundDown);
  return cost.map((part, index) => ({
    quantity: quantities[index]!,
    value: values[index]!,
    acquiredOn: part.acquiredOn,
    cost: share.eq(1) ? new Exact(part.cost) : rounded(share.times(part.cost)),
    localCost: share.eq(1) ? new Exact(part.localCost) : rounded(share.times(part.localCost)),
  }));
}

type Row = TransactionToInsert;
/** Of every row: its account and day. */
type Common = Pick<Row, "account_id" | "date" | "fee" | "note">;

/** What makes of a cost in the ticker's currency the one in the person's. */
function ratedBy(cost: Big, localCost: Big, currency: string, base: string): Partial<Row> {
  if (currency === base || cost.eq(0) || localCost.eq(0)) return {};
  return { fx_rate: new Exact(cost).div(localCost).toFixed(), fx_currency: base };
}

/** The cost that leaves the parent, which keeps its shares. */
export function costOut(terms: Resolved, common: Common, parts: readonly Part[], value: Big): Row {
  const cost = parts.reduce((sum, part) => sum.plus(part.cost), new Exact(0));
  const localCost = parts.reduce((sum, part) => sum.plus(part.localCost), new Exact(0));
  const { currency, base } = terms;
  return {
    ...common,
    type: "TRANSFER_OUT",
    ticker: terms.ticker,
    amount: localCost.toFixed(),
    currency,
    ...ratedBy(cost, localCost, currency, base),
    market_value: value.toFixed(),
  };
}

/** All shares leave, and their cost with them. */
export const sharesOut = (terms: Resolved, common: Common, quantity: string, value: Big): Row => ({
  ...common,
  type: "TRANSFER_OUT",
  ticker: terms.ticker,
  quantity,
  currency: terms.currency,
  market_value: value.toFixed(),
});

/** The new shares, one row for each purchase. In another currency than the old ones' the cost is the base currency's. */
export function sharesIn(terms: Resolved, common: Common, parts: readonly Part[]): Row[] {
  const { currency, newCurrency, base, date } = terms;
  return parts
    .filter(({ quantity }) => quantity.gt(0))
    .map(({ quantity, value, acquiredOn, cost, localCost }) => ({
      ...common,
      type: "TRANSFER_IN",
      ticker: terms.new_ticker!,
      quantity: quantity.toFixed(),
      ...(currency === newCurrency
        ? { amount: localCost.toFixed(), currency, ...ratedBy(cost, localCost, currency, base) }
        : { amount: cost.toFixed(), currency: base }),
      ...(acquiredOn !== null && acquiredOn <= date && { acquired_on: acquiredOn }),
      market_value: value.toFixed(),
    }));
}

/** Cash for what is less than a share; []: there is no fraction. */
export function fractionSold(
  {
    ticker,
    currency,
    price,
  }: { readonly ticker: string; readonly currency: string; readonly price: string | undefined },
  common: Common,
  quantity: Big,
): Row[] {
  const fraction = quantity.minus(wholeOf(quantity));
  if (price === undefined || fraction.eq(0)) return [];
  return [{ ...common, type: "SELL", ticker, quantity: fraction.toFixed(), price, currency }];
}

/** Cash for each share, which lowers what they cost; what exceeds it is a gain. */
export const cashPaid = (terms: Resolved, common: Common, amount: Big): Row => ({
  ...common,
  type: "RETURN_OF_CAPITAL",
  ticker: terms.ticker,
  amount: amount.toFixed(),
  currency: terms.currency,
});

/** Bought with rights, or what the rights were sold for. []: not one whole right's share. */
export function rightsRows(terms: Resolved, common: Common, quantity: string): Row[] {
  const { ticker, currency, price } = terms;
  const shares = wholeOf(newQuantity(terms, quantity));
  if (shares.eq(0)) return [];
  if (terms.is_exercised === false) return [cashPaid(terms, common, rounded(shares.times(price!)))];
  return [{ ...common, type: "BUY", ticker, quantity: shares.toFixed(), price: price!, currency }];
}
