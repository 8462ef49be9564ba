/** What the portfolio consists of on the last day of the range: by ticker, by asset class, by sector, by currency. */
import Big from "big.js";
import type { TickerFigures } from "./figures.ts";

export interface Slice {
  readonly label: string;
  readonly value: string;
  /** A ratio, in whole hundredths of a percent. */
  readonly weight: number;
  /** Of its bar, in percent of the largest one's. */
  readonly width: string;
}

export interface Allocation {
  readonly title: string;
  readonly slices: readonly Slice[];
}

/** More bars than these are not compared any more: the smallest ones become one. */
const slicesShown = 12;

/** Empty: nothing is held. By currency where there is another than `base`, the person's own. */
export function allocations(tickers: readonly TickerFigures[], base: string): Allocation[] {
  const held = tickers.filter(({ current_value }) => Number(current_value) > 0);
  if (held.length === 0) return [];
  const isForeign = held.some(({ currency }) => currency !== base);
  return [
    { title: "By ticker", slices: slices(held, ({ ticker }) => ticker) },
    { title: "By asset class", slices: slices(held, ({ asset_class }) => classLabel(asset_class)) },
    { title: "By sector", slices: slices(held, ({ sector }) => sector ?? "No sector") },
    ...(isForeign ? [{ title: "By currency", slices: slices(held, ({ currency }) => currency) }] : []),
  ];
}

function slices(held: readonly TickerFigures[], labelOf: (ticker: TickerFigures) => string): Slice[] {
  const sums = [...Map.groupBy(held, labelOf)]
    .map(([label, members]) => ({ label, value: sum(members.map(({ current_value }) => current_value)) }))
    .sort((left, right) => right.value.cmp(left.value));
  const small = sums.length > slicesShown ? sums.splice(slicesShown - 1) : [];
  if (small.length > 0)
    sums.push({ label: `${small.length} others`, value: sum(small.map(({ value }) => value)) });
  const weights = weightsOf(sums.map(({ value }) => value));
  const largest = Math.max(...weights);
  return sums.map(({ label, value }, index) => ({
    label,
    value: value.toFixed(),
    weight: weights[index]!,
    width: `${((weights[index]! / largest) * 100).toFixed(2)}%`,
  }));
}

/**
 * Shares in hundredths of a percent that sum to 100 %: all are rounded down, and what is then missing goes, a hundredth
 * each, to those that lost most by it.
 */
export function weightsOf(values: readonly Big[]): number[] {
  const total = sum(values);
  const exact = values.map((value) => Number(value.div(total).times(10_000)));
  const whole = exact.map(Math.floor);
  const missing = 10_000 - whole.reduce((left, right) => left + right, 0);
  const byLoss = exact
    .map((share, index) => ({ index, loss: share - Math.floor(share) }))
    .sort((left, right) => right.loss - left.loss);
  for (const { index } of byLoss.slice(0, missing)) whole[index]! += 1;
  return whole.map((share) => share / 10_000);
}

const sum = (values: readonly (Big | string)[]): Big =>
  values.reduce<Big>((total, value) => total.plus(value), new Big(0));

/** As people write it. */
export function classLabel(assetClass: string | null): string {
  if (assetClass === null) return "Not known yet";
  return assetClass === "etf" ? "ETF" : assetClass.charAt(0).toUpperCase() + assetClass.slice(1);
}
