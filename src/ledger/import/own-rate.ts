/** The exchange rate at which a row's own sum was paid for its price: as its file states it, else as both figures imply it. Pure. */

import { Big } from "big.js";
import { isCurrency } from "../../market/currency.ts";
import { plain } from "../../plain.ts";
import { type Cost, sumOf } from "./costs.ts";
import type { Figures } from "./money.ts";
import type { Remarks } from "./remarks.ts";

export interface OwnRate {
  /** What one of the price's currency was worth in `fx_currency`. */
  readonly fx_rate: string;
  readonly fx_currency: string;
}

export interface RatedRow {
  readonly kind: "BUY" | "SELL";
  readonly figures: Figures;
  readonly costs: readonly Cost[];
  /** Of the price. */
  readonly currency: string | null;
  /** Of what was paid. */
  readonly moneyCurrency: string | null;
  /** In whichever direction, of pence or of pounds; null: the file states none. */
  readonly stated: string | null;
}

const Rate = Big();
Rate.DP = 12;
Rate.RM = Rate.roundHalfUp;

/** A stated rate is that of the sums where it differs by no more: banks keep a share in either. */
const closeness = "0.03";
const isNear = (left: Big, right: Big): boolean => left.minus(right).abs().lte(right.times(closeness));

/** What was paid without its own costs, for what was bought with those in the price's currency; null: the row does not say. */
function implied({ kind, figures, costs, currency, moneyCurrency }: RatedRow): Big | null {
  const { quantity, price, gross, amount } = figures;
  const said = amount ?? gross;
  // Of two sums the one before costs is in the currency of the price.
  const value =
    price && quantity
      ? new Rate(quantity).abs().times(price)
      : amount && gross
        ? new Rate(gross).abs()
        : null;
  if (!value || !said) return null;
  const costsIn = (of: string | null): Big => sumOf(costs.filter((cost) => cost.currency === of));
  const sign = kind === "BUY" ? 1 : -1;
  const isNet = amount !== null;
  const bought = isNet ? value.plus(costsIn(currency).times(sign)) : value;
  const paid = new Rate(said).abs().minus(isNet ? costsIn(moneyCurrency).times(sign) : 0);
  return bought.gt(0) && paid.gt(0) ? paid.div(bought) : null;
}

/** Either way round, and of a hundredth: a rate of pence is a hundred times that of pounds. */
const readings = (stated: Big): Big[] =>
  [stated, new Rate(1).div(stated)].flatMap((one) => [one, one.times(100), one.div(100)]);

/** null: both are of one currency, or nothing tells. */
export function readOwnRate(row: RatedRow, remarks: Remarks): OwnRate | null {
  const { currency, moneyCurrency, stated } = row;
  if (currency === null || moneyCurrency === null || currency === moneyCurrency) return null;
  if (!isCurrency(currency) || !isCurrency(moneyCurrency)) return null;
  const rate = implied(row);
  if (!rate?.gt(0)) return null;
  const named = stated === null ? null : new Rate(stated).abs();
  const fitting = named?.gt(0) ? readings(named).filter((one) => isNear(one, rate)) : [];
  if (named?.gt(0) && fitting.length === 0) {
    remarks.warn(
      "rate_differs",
      plain(
        "The file's exchange rate is {stated}, but its sums say that one {currency} was {rate} {other}: the day's rate counts.",
        { stated: stated ?? "", currency, rate: rate.prec(6).toFixed(), other: moneyCurrency },
      ),
    );
    return null;
  }
  const nearest = fitting.toSorted((a, b) => (a.minus(rate).abs().lt(b.minus(rate).abs()) ? -1 : 1))[0];
  const fx_rate = (nearest ?? rate).round(12, Big.roundHalfUp);
  return fx_rate.gt(0) ? { fx_rate: fx_rate.toFixed(), fx_currency: moneyCurrency } : null;
}
