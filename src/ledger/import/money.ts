/** What one share cost and what the trade cost besides, from whatever a file says of both. Pure. */

import { Big } from "big.js";
import { plain } from "../../plain.ts";
import { type Cost, sumOf } from "./costs.ts";
import type { Remarks } from "./remarks.ts";

export interface Figures {
  readonly quantity: string | null;
  readonly price: string | null;
  readonly gross: string | null;
  readonly amount: string | null;
  /** Beside the price, and beside the money. */
  readonly priceUnit: string | null;
  readonly moneyUnit: string | null;
}

/** As many decimals as the ledger's table has. */
export const ledgerDecimals = 12;

const Exact = Big();
Exact.DP = ledgerDecimals;
Exact.RM = Exact.roundHalfUp;

/** Plain decimals; null: the line does not say. */
export interface Money {
  readonly quantity: string | null;
  readonly price: string | null;
  readonly fee: string;
}

export interface Settlement {
  readonly kind: "BUY" | "SELL";
  readonly figures: Figures;
  readonly costs: readonly Cost[];
  /** The file has columns for them: what they do not say was not charged. */
  readonly hasCostColumns: boolean;
  readonly currency: string;
  readonly moneyCurrency: string | null;
  /** What is traded, where costs can be paid in it. */
  readonly coin: string | null;
}

const shown = (value: Big): string => value.round(value.abs().lt(1) ? 6 : 2).toFixed();

/** What costs leave of the price of everything: more for who buys, less for who sells. */
const netOf = (kind: "BUY" | "SELL", gross: Big, costs: Big): Big =>
  kind === "BUY" ? gross.plus(costs) : gross.minus(costs);

/** Half of the last decimal that a price shows: it may have been rounded by so much. Noughts at the end are often left out. */
export function precisionOf(price: string): Big {
  const decimals = Math.max(price.split(".")[1]?.length ?? 0, 2);
  return new Exact(5).div(new Exact(10).pow(Math.min(decimals, 20) + 1));
}

/** Costs in the price's currency, told how; what cannot be converted is left out, and said. */
function convertCosts(settlement: Settlement, remarks: Remarks): Big {
  const groups = Map.groupBy(settlement.costs, ({ currency }) => currency);
  return [...groups].reduce(
    (total, [currency, costs]) => total.plus(convert(sumOf(costs), currency, settlement, remarks)),
    new Exact(0),
  );
}

function convert(sum: Big, feeCurrency: string, settlement: Settlement, remarks: Remarks): Big {
  const { currency, moneyCurrency, figures, kind } = settlement;
  if (sum.eq(0) || feeCurrency === currency) return sum;
  const { quantity, price, amount, gross } = figures;
  const paid = amount ?? gross;
  const value =
    price && quantity
      ? new Exact(quantity).abs().times(price)
      : amount && gross
        ? new Exact(gross).abs()
        : null;
  if (feeCurrency === moneyCurrency && value && paid) {
    // What was paid abroad, without the fee, is what all shares cost: the row's own exchange rate.
    const abroad = amount
      ? netOf(kind === "BUY" ? "SELL" : "BUY", new Exact(paid).abs(), sum)
      : new Exact(paid).abs();
    if (abroad.gt(0)) {
      const rate = value.div(abroad);
      remarks.note(
        plain("The fee of {fee} {currency} is counted at this row's rate, {rate}.", {
          fee: shown(sum),
          currency: feeCurrency,
          rate: rate.round(6).toFixed(),
        }),
      );
      return sum.times(rate).round(ledgerDecimals);
    }
  }
  const told = shownInAmount(settlement);
  if (told) {
    remarks.note(
      plain("The fee of {fee} {feeCurrency} is counted as the {told} {currency} that the amount shows.", {
        fee: shown(sum),
        feeCurrency,
        told: shown(told),
        currency,
      }),
    );
    return told;
  }
  remarks.warn(
    "fee_left_out",
    plain("A fee of {fee} {feeCurrency} cannot be counted in {currency}: it is left out.", {
      fee: shown(sum),
      feeCurrency,
      currency,
    }),
  );
  return new Exact(0);
}

/** What an amount in the price's currency has beside the price and the costs in it: that of a fee abroad; null: it shows none. */
function shownInAmount({ kind, figures, costs, currency, moneyCurrency }: Settlement): Big | null {
  const { quantity, price, amount } = figures;
  const abroad = new Set(costs.filter(({ value }) => !value.eq(0)).map((cost) => cost.currency));
  abroad.delete(currency);
  if (!quantity || !price || !amount || moneyCurrency !== currency || abroad.size !== 1) return null;
  const value = new Exact(quantity).abs().times(price);
  const own = sumOf(costs.filter((cost) => cost.currency === currency));
  const extra = kind === "BUY" ? new Exact(amount).abs().minus(value) : value.minus(new Exact(amount).abs());
  const shownFee = extra.minus(own);
  return shownFee.gt("0.01") && shownFee.lte(value.times("0.03")) ? shownFee.round(ledgerDecimals) : null;
}

/** The price where the file has none: what was paid for all of them, by their number. */
function derivePrice({ kind, figures }: Settlement, costs: Big, remarks: Remarks): Big | null {
  const { quantity, gross, amount } = figures;
  if (!quantity || new Exact(quantity).eq(0)) return null;
  const whole = gross
    ? new Exact(gross).abs()
    : amount
      ? netOf(kind === "BUY" ? "SELL" : "BUY", new Exact(amount).abs(), costs)
      : null;
  if (!whole || whole.lte(0)) return null;
  remarks.note(plain("The price is the amount by the quantity."));
  return whole.div(new Exact(quantity).abs());
}

/**
 * Cents that a sale of whole shares lacks are no rounding of its price: the SEC takes up to 0.003 % of it (section 31 of the
 * Exchange Act) and FINRA up to 0.0002 dollars a share (TAF), each rounded up; brokers without commission show them nowhere else.
 */
function isRegulatoryFee(kind: "BUY" | "SELL", quantity: Big, value: Big, extra: Big): boolean {
  const most = value.times("0.00003").plus(quantity.times("0.0002")).plus("0.02");
  return kind === "SELL" && quantity.round(0).eq(quantity) && extra.gte("0.01") && extra.lte(most);
}

function tellFee(fee: Big, remarks: Remarks): Big {
  remarks.note(plain("The amount shows a fee of {fee}.", { fee: shown(fee) }));
  return fee.round(ledgerDecimals);
}

/** The file's own sum against ours: a cost that has no column shows there, and so does a slip. Returns the cost. */
function compareAmount(settlement: Settlement, costs: Big, remarks: Remarks): Big {
  const { kind, figures, currency, moneyCurrency, hasCostColumns } = settlement;
  const { quantity, price, gross, amount } = figures;
  const said = amount ?? gross;
  if (!quantity || !price || !said || moneyCurrency !== currency) return costs;
  const value = new Exact(quantity).abs().times(price);
  const paid = new Exact(said).abs();
  if (paid.eq(0)) return costs;
  const tolerance = new Exact(quantity).abs().times(precisionOf(price)).plus("0.01");
  const extra = kind === "BUY" ? paid.minus(value) : value.minus(paid);
  if (!hasCostColumns && isRegulatoryFee(kind, new Exact(quantity).abs(), value, extra))
    return tellFee(extra, remarks);
  const isNear = [new Exact(0), costs].some((expected) => extra.minus(expected).abs().lte(tolerance));
  if (isNear) return costs;
  if (!hasCostColumns && extra.gt(0) && extra.lte(value.times("0.03"))) return tellFee(extra, remarks);
  const values = {
    quantity: quantity.replace("-", ""),
    price,
    value: shown(value),
    paid: shown(paid),
    costs: shown(costs),
  };
  remarks.warn(
    "amount_differs",
    costs.eq(0)
      ? plain("{quantity} × {price} is {value}, but the file says {paid}.", values)
      : plain("{quantity} × {price} is {value}, but the file says {paid} with costs of {costs}.", values),
  );
  return costs;
}

/** A rebate larger than the costs lowers what was paid: the ledger has no fee below nought, so the price bears it. */
function bearRebate(price: Big, costs: Big, { kind, figures }: Settlement, remarks: Remarks): Money {
  const count = new Exact(figures.quantity ?? "1").abs();
  const rebate = costs.neg();
  remarks.warn(
    "rebate",
    plain("A rebate of {rebate} is counted in the price, since the ledger has no fee below 0.", {
      rebate: shown(rebate),
    }),
  );
  const share = rebate.div(count.eq(0) ? 1 : count);
  return {
    quantity: figures.quantity,
    price: (kind === "BUY" ? price.minus(share) : price.plus(share)).toFixed(),
    fee: "0",
  };
}

/** A fee in the coin itself: so many fewer came in, or more went out, for the same money. */
function settleInKind(settlement: Settlement, remarks: Remarks): Money | null {
  const { costs, figures, kind, coin } = settlement;
  const { quantity, price } = figures;
  const charged = costs.filter(({ value }) => !value.eq(0));
  const isInKind = charged.length > 0 && charged.every(({ currency }) => currency.toUpperCase() === coin);
  const sum = sumOf(charged);
  if (!isInKind || !quantity || !price || sum.lte(0)) return null;
  const whole = new Exact(quantity).abs();
  const net = kind === "BUY" ? whole.minus(sum) : whole.plus(sum);
  if (net.lte(0)) return null;
  remarks.note(
    plain("The fee of {fee} was paid in the coin: it is counted in the quantity.", { fee: sum.toFixed() }),
  );
  return { quantity: net.toFixed(), price: whole.times(price).div(net).toFixed(), fee: "0" };
}

/** Says in `remarks` whatever it concluded. */
export function settle(settlement: Settlement, remarks: Remarks): Money {
  const inKind = settleInKind(settlement, remarks);
  if (inKind) return inKind;
  const { quantity } = settlement.figures;
  const converted = convertCosts(settlement, remarks);
  const costs = compareAmount(settlement, converted, remarks);
  const stated = settlement.figures.price;
  const price = stated ? new Exact(stated).abs() : derivePrice(settlement, costs, remarks);
  if (price === null) return { quantity, price: null, fee: costs.abs().toFixed() };
  if (costs.lt(0)) return bearRebate(price, costs, settlement, remarks);
  return { quantity, price: price.toFixed(), fee: costs.toFixed() };
}
