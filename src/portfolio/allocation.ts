/** What the portfolio consists of on the last day of the range: by ticker, by asset class, by sector, by currency, by account. */
import Big from "big.js";
import { isOwnAsset } from "../market/ticker.ts";
import type { TickerFigures } from "./figures.ts";
import type { Standing } from "./overview.ts";

export interface Slice {
  readonly label: string;
  readonly value: string;
  /** A ratio, in whole hundredths of a percent. */
  readonly weight: number;
  /** Of its bar, in percent of the largest one's. */
  readonly width: string;
}

/** In which respect. */
export const respects = ["ticker", "class", "sector", "currency", "account"] as const;
export type Respect = (typeof respects)[number];

export interface Allocation {
  readonly respect: Respect;
  readonly slices: readonly Slice[];
}

/** Something that is held, and what it belongs to in a respect. Of accounts it is the account as a whole. */
export interface AllocatedPart {
  readonly group: string;
  readonly label: string;
  /** Of an asset of one's own, whose label is a ticker that nobody knows it by. */
  readonly name: string | null;
  readonly value: string;
}

/** More bars than these are not compared any more: the smallest ones become one. */
const slicesShown = 12;

/** What has a value on the last day, and what it is in each respect. */
interface Part {
  readonly ticker: string;
  readonly name: string | null;
  readonly assetClass: string;
  readonly sector: string;
  readonly currency: string;
  readonly value: string;
}

/** What parts that are no data are called, in the language of who reads. */
export interface AllocationWords {
  readonly cash: string;
  /** One currency of it, by itself. */
  cashIn(currency: string): string;
  /** So many that are too small to be shown by themselves. */
  others(count: number): string;
  classOf(assetClass: string | null): string;
  sectorOf(sector: string | null): string;
}

/**
 * Empty: nothing is held. By currency where there is another than `base`, the person's own, and by account where there are
 * several. What is owed is no part of anything.
 */
export function allocations(
  tickers: readonly TickerFigures[],
  standing: Standing,
  base: string,
  words: AllocationWords,
): Allocation[] {
  const parts = partsOf(tickers, standing, words);
  const { others } = words;
  if (parts.length === 0) return [];
  const isForeign = parts.some(({ currency }) => currency !== base);
  const accounts = standing.accounts.filter(isPositive);
  return [
    { respect: "ticker", slices: slices(parts, ({ ticker }) => ticker, others) },
    { respect: "class", slices: slices(parts, ({ assetClass }) => assetClass, others) },
    { respect: "sector", slices: slices(parts, ({ sector }) => sector, others) },
    ...(isForeign
      ? [{ respect: "currency" as const, slices: slices(parts, ({ currency }) => currency, others) }]
      : []),
    ...(accounts.length > 1
      ? [{ respect: "account" as const, slices: slices(accounts, ({ name }) => name, others) }]
      : []),
  ];
}

const partsOf = (tickers: readonly TickerFigures[], { cash }: Standing, words: AllocationWords): Part[] =>
  [...tickers.map((ticker) => partOf(ticker, words)), ...cash.map((one) => cashPart(one, words.cash))].filter(
    isPositive,
  );

/** The same, each thing that is held by itself. What is owed is no part of it. */
export function allocatedParts(
  tickers: readonly TickerFigures[],
  standing: Standing,
  respect: Respect,
  words: AllocationWords,
): AllocatedPart[] {
  if (respect === "account")
    return standing.accounts
      .filter(isPositive)
      .map(({ name, value }) => ({ group: name, label: name, name: null, value }));
  const groupOf = {
    ticker: ({ ticker }: Part) => ticker,
    class: ({ assetClass }: Part) => assetClass,
    sector: ({ sector }: Part) => sector,
    currency: ({ currency }: Part) => currency,
  }[respect];
  return partsOf(tickers, standing, words).map((part) => ({
    group: groupOf(part),
    label: part.ticker === words.cash ? words.cashIn(part.currency) : part.ticker,
    name: part.name,
    value: part.value,
  }));
}

const partOf = (
  { ticker, name, asset_class, sector, currency, current_value }: TickerFigures,
  { classOf, sectorOf }: AllocationWords,
): Part => ({
  ticker,
  name: isOwnAsset(ticker) ? name : null,
  assetClass: classOf(asset_class),
  sector: sectorOf(sector),
  currency,
  value: current_value,
});

const cashPart = ({ currency, value }: Standing["cash"][number], cash: string): Part => ({
  ticker: cash,
  name: null,
  assetClass: cash,
  sector: cash,
  currency,
  value,
});

const isPositive = ({ value }: { readonly value: string }): boolean => Number(value) > 0;

function slices<Of extends { readonly value: string }>(
  parts: readonly Of[],
  labelOf: (part: Of) => string,
  others: AllocationWords["others"],
): Slice[] {
  const sums = [...Map.groupBy(parts, labelOf)]
    .map(([label, members]) => ({ label, value: sum(members.map(({ value }) => value)) }))
    .sort((left, right) => right.value.cmp(left.value));
  const small = sums.length > slicesShown ? sums.splice(slicesShown - 1) : [];
  if (small.length > 0)
    sums.push({ label: others(small.length), value: sum(small.map(({ value }) => value)) });
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
