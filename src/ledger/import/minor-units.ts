/** Figures of a row in pounds where its file has pence: from here on there are currencies alone. Pure. */

import { Big } from "big.js";
import { inMajor, type Unit, unitOf } from "../../market/currency.ts";
import { plain } from "../../plain.ts";
import { UnnamedFeeUnitError } from "../currency-errors.ts";
import { type Cost, sumOf } from "./costs.ts";
import type { Figures } from "./money.ts";
import type { Remarks } from "./remarks.ts";

function minorUnitOf(currency: string | null): Unit | null {
  const unit = currency === null ? null : unitOf(currency);
  return unit && unit.factor !== "1" ? unit : null;
}

/** The ISO code of what a figure is in once it is in the major unit. */
const majorOf = (currency: string | null): string | null => minorUnitOf(currency)?.currency ?? currency;

export interface RowMoney {
  readonly figures: Figures;
  /** Of the price. */
  readonly currency: string | null;
  /** Of the sum that was paid; null: nothing names it. */
  readonly moneyCurrency: string | null;
}

const isNear = (left: Big, right: Big): boolean =>
  left.minus(right).abs().lte(right.times("0.1")) && right.gt(0);

/** A sum that names no unit is in pence where quantity times price is, as far as costs let tell; else in pounds. */
function isInMinor(sum: string, { quantity, price }: Figures): boolean {
  if (!quantity || !price) return true;
  return isNear(new Big(sum).abs(), new Big(quantity).times(price).abs());
}

/** Says so where the price was in the minor unit. */
export function inMajorUnits({ figures, currency, moneyCurrency }: RowMoney, remarks: Remarks): RowMoney {
  const [unit, named] = [minorUnitOf(currency), minorUnitOf(moneyCurrency)];
  if (!unit && !named) return { figures, currency, moneyCurrency };
  const sumUnit = (sum: string): Unit | null =>
    named ?? (moneyCurrency === null && unit && isInMinor(sum, figures) ? unit : null);
  const scaled = (sum: string | null): string | null => {
    const of = sum === null ? null : sumUnit(sum);
    return of ? inMajor(sum!, of) : sum;
  };
  const price = unit && figures.price !== null ? inMajor(figures.price, unit) : figures.price;
  if (price !== figures.price)
    remarks.note(
      plain("The price of {quoted} {unit} is {price} {currency}.", {
        quoted: figures.price!,
        unit: unit!.name,
        price: price!,
        currency: unit!.currency,
      }),
    );
  return {
    figures: { ...figures, price, gross: scaled(figures.gross), amount: scaled(figures.amount) },
    currency: majorOf(currency),
    moneyCurrency: majorOf(moneyCurrency),
  };
}

/** What costs are with each reading of those that name no unit beside a price in pence; the amount decides, where there is one. */
export function costsInMajor(
  costs: readonly Cost[],
  { currency, moneyCurrency, figures: { quantity, price, amount } }: RowMoney,
  stated: string | null,
  kind: "BUY" | "SELL",
  remarks: Remarks,
): Cost[] {
  const unit = minorUnitOf(stated);
  const inUnit = (cost: Cost, of: Unit | null): Cost =>
    of ? { ...cost, value: cost.value.times(of.factor), currency: of.currency } : cost;
  const read = (isMinor: boolean): Cost[] =>
    costs.map((cost) => inUnit(cost, cost.isAssumed && isMinor ? unit : minorUnitOf(cost.currency)));
  if (!unit || !costs.some(({ value, isAssumed }) => isAssumed && !value.eq(0))) return read(false);
  const isSame = moneyCurrency === null || moneyCurrency === currency;
  const fits = (isMinor: boolean): boolean => {
    if (!quantity || !price || !amount || !isSame) return false;
    const value = new Big(quantity).times(price).abs();
    const sum = sumOf(read(isMinor)).times(kind === "BUY" ? 1 : -1);
    return value.plus(sum).minus(new Big(amount).abs()).abs().lte("0.02");
  };
  const fitting = [false, true].filter(fits);
  if (fitting.length !== 1) remarks.refuse(new UnnamedFeeUnitError(unit.name, unit.currency));
  return read(fitting[0] ?? false);
}
