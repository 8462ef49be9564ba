/** Amounts by month or year as bars, parts of one stacked: geometry in percent of the width and in pixels of the height. */
import { scaleLinear } from "d3-scale";
import type { Format } from "../format.ts";
import { t } from "../messages/index.ts";

interface BarInput {
  /** "May 2024", in full: for who points at it. */
  readonly label: string;
  /** Below the axis; null: too many to name each. */
  readonly axisLabel: string | null;
  /** In the order in which they are stacked, away from 0. */
  readonly parts: readonly { readonly name: string; readonly amount: string }[];
  /** All of it, exactly. */
  readonly total: string;
}

export interface BarChartInput {
  readonly id: string;
  readonly title: string;
  readonly bars: readonly BarInput[];
  /** Of the parts, in their order; none where there is one part alone. */
  readonly legend: readonly { readonly name: string; readonly label: string }[];
  /** It is no more than an estimate. */
  readonly isEstimate?: boolean;
}

const height = 200;
/** Of the width: what the labels of the axis stand on. */
const left = 0.07;
/** Of its place. */
const barShare = 0.72;
/** What is not nothing can still be seen. */
const leastHeight = 1;
/** With more names than these every other one is left out on a phone. */
const namesOnPhone = 8;

const percentOf = (fraction: number): string => `${(fraction * 100).toFixed(3)}%`;
const round = (value: number): number => Math.round(value * 10) / 10;

/** Where the parts end, those above 0 and those below stacked by themselves. */
function stack(parts: BarInput["parts"]) {
  let [up, down] = [0, 0];
  const pieces = parts.map(({ name, amount }) => {
    const size = Number(amount);
    const from = size < 0 ? down : up;
    if (size < 0) down += size;
    else up += size;
    return { name, from, to: from + size };
  });
  return { pieces: pieces.filter(({ from, to }) => from !== to), up, down };
}

export function barChart({ id, title, bars, legend, isEstimate = false }: BarChartInput, format: Format) {
  const stacks = bars.map(({ parts }) => stack(parts));
  const top = Math.max(0, ...stacks.map(({ up }) => up));
  const bottom = Math.min(0, ...stacks.map(({ down }) => down));
  const y = scaleLinear()
    .domain(top === bottom ? [0, 1] : [bottom, top])
    .range([height, 16])
    .nice(4);
  const place = (1 - left) / Math.max(1, bars.length);
  const named = bars.flatMap(({ axisLabel }, index) => (axisLabel === null ? [] : [{ axisLabel, index }]));
  return {
    id,
    title,
    isEstimate,
    legend,
    height: height + 24,
    axisY: height + 18,
    description: describe(bars, format),
    yTicks: y.ticks(4).map((value) => ({
      y: round(y(value)),
      labelY: round(y(value) - 4),
      label: format.compactMoney(value),
      zero: value === 0,
    })),
    bars: bars.map(({ label, total }, index) => ({
      title: `${label}: ${format.money(total)}`,
      x: percentOf(left + place * (index + (1 - barShare) / 2)),
      width: percentOf(place * barShare),
      pieces: stacks[index]!.pieces.map(({ name, from, to }) => {
        const [high, low] = [Math.min(y(from), y(to)), Math.max(y(from), y(to))];
        return { name, y: round(high), height: round(Math.max(leastHeight, low - high)) };
      }),
    })),
    xTicks: named.map(({ axisLabel, index }, at) => ({
      label: axisLabel,
      x: percentOf(left + place * (index + 0.5)),
      isMinor: named.length > namesOnPhone && at % 2 === 1,
    })),
  };
}

function describe(bars: readonly BarInput[], format: Format): string {
  const [first, last] = [bars[0], bars.at(-1)];
  if (!first || !last) return "";
  const most = bars.reduce((best, bar) => (Number(bar.total) > Number(best.total) ? bar : best));
  return t("From {first} to {last}. Most in {most}: {amount}. The table beside it has every figure.", {
    first: first.label,
    last: last.label,
    most: most.label,
    amount: format.money(most.total),
  });
}
