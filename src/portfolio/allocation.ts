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
  readonly title: string;
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

const cashLabel = "Cash";

/**
 * Empty: nothing is held. By currency where there is another than `base`, the person's own, and by account where there are
 * several. What is owed is no part of anything.
 */
export function allocations(
  tickers: readonly TickerFigures[],
  standing: Standing,
  base: string,
): Allocation[] {
  const parts = partsOf(tickers, standing);
  if (parts.length === 0) return [];
  const isForeign = parts.some(({ currency }) => currency !== base);
  const accounts = standing.accounts.filter(isPositive);
  return [
    { respect: "ticker", title: "By ticker", slices: slices(parts, ({ ticker }) => ticker) },
    { respect: "class", title: "By asset class", slices: slices(parts, ({ assetClass }) => assetClass) },
    { respect: "sector", title: "By sector", slices: slices(parts, ({ sector }) => sector) },
    ...(isForeign
      ? [
          {
            respect: "currency" as const,
            title: "By currency",
            slices: slices(parts, ({ currency }) => currency),
          },
        ]
      : []),
    ...(accounts.length > 1
      ? [{ respect: "account" as const, title: "By account", slices: slices(accounts, ({ name }) => name) }]
      : []),
  ];
}

const partsOf = (tickers: readonly TickerFigures[], { cash }: Standing): Part[] =>
  [...tickers.map(partOf), ...cash.map(cashPart)].filter(isPositive);

/** The same, each thing that is held by itself. What is owed is no part of it. */
export function allocatedParts(
  tickers: readonly TickerFigures[],
  standing: Standing,
  respect: Respect,
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
  return partsOf(tickers, standing).map((part) => ({
    group: groupOf(part),
    label: part.ticker === cashLabel ? `${cashLabel} ${part.currency}` : part.ticker,
    name: part.name,
    value: part.value,
  }));
}

const partOf = ({ ticker, name, asset_class, sector, currency, current_value }: TickerFigures): Part => ({
  ticker,
  name: isOwnAsset(ticker) ? name : null,
  assetClass: classLabel(asset_class),
  sector: sector ?? "No sector",
  currency,
  value: current_value,
});

const cashPart = ({ currency, value }: Standing["cash"][number]): Part => ({
  ticker: cashLabel,
  name: null,
  assetClass: cashLabel,
  sector: cashLabel,
  currency,
  value,
});

const isPositive = ({ value }: { readonly value: string }): boolean => Number(value) > 0;

function slices<Of extends { readonly value: string }>(
  parts: readonly Of[],
  labelOf: (part: Of) => string,
): Slice[] {
  const sums = [...Map.groupBy(parts, labelOf)]
    .map(([label, members]) => ({ label, value: sum(members.map(({ value }) => value)) }))
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
  if (assetClass === "etf") return "ETF";
  const words = assetClass.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
