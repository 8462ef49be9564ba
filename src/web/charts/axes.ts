/** The labels of a chart's axes, none of which may run into another, however wide the page is. */
import type { Format } from "../format.ts";

export type Unit = "money" | "price" | "quantity" | "percent";

/** Of `text` in charts.css. */
const fontSize = 11.5;
const lineHeight = 13;
/** Between two labels beside each other. */
const gap = 8;

/**
 * The widths of a plot that labels are chosen for, in pixels, each the least of those that a container query of charts.css
 * has it for: a phone, half a page, a page.
 */
export const plotWidths = { narrow: 240, medium: 416, wide: 640 } as const;
export type PlotWidth = keyof typeof plotWidths;

/** How wide a label is at most, in pixels: wider than any font that the page falls back to draws it. */
export function widthOf(label: string): number {
  let ems = 0;
  for (const letter of label) {
    if (/[\u1100-\u{1ffff}]/u.test(letter)) ems += letter > "\u2fff" ? 1.05 : 0.7;
    else if (/[.,:;'’  \u202f|il]/.test(letter)) ems += 0.35;
    else if (/[MWmw%@]/.test(letter)) ems += 1;
    else ems += 0.68;
  }
  return ems * fontSize;
}

export interface DayLabel {
  /** Where it stands, from 0 to 1. */
  readonly fraction: number;
  readonly label: string;
  readonly anchor: "start" | "middle" | "end";
  /** The widths at which it is shown. */
  readonly shownAt: readonly PlotWidth[];
}

/** Where a label of a plot so wide begins and ends, in pixels. */
export function extentOf(
  { fraction, label, anchor }: Pick<DayLabel, "fraction" | "label" | "anchor">,
  plotWidth: number,
): readonly [from: number, to: number] {
  const [at, width] = [fraction * plotWidth, widthOf(label)];
  const from = anchor === "start" ? at : anchor === "end" ? at - width : at - width / 2;
  return [from, from + width];
}

/** Within the narrowest plot it would hang over an edge. */
function anchorOf(fraction: number, label: string): DayLabel["anchor"] {
  const half = widthOf(label) / 2 / plotWidths.narrow;
  return fraction < half ? "start" : fraction > 1 - half ? "end" : "middle";
}

const hasRoom = (
  labels: readonly Pick<DayLabel, "fraction" | "label" | "anchor">[],
  plotWidth: number,
): boolean =>
  labels.every((one, index) => {
    const next = labels[index + 1];
    return !next || extentOf(one, plotWidth)[1] + gap <= extentOf(next, plotWidth)[0];
  });

/** Every n-th, counted from `first`, with the least n for which they have room; one alone always has. */
function spread<Of extends Pick<DayLabel, "fraction" | "label" | "anchor">>(
  labels: readonly Of[],
  first: number,
  plotWidth: number,
): readonly Of[] {
  for (let step = 1; step < labels.length; step++) {
    const chosen = labels.filter((_, index) => index % step === first % step);
    if (hasRoom(chosen, plotWidth)) return chosen;
  }
  return labels.slice(0, 1);
}

/** `first`: the index of one that is kept before others, as a January is. Ascending in `fraction`. */
export function dayLabels(
  places: readonly { readonly fraction: number; readonly label: string }[],
  first: number,
): DayLabel[] {
  const labels = places.map((one) => ({ ...one, anchor: anchorOf(one.fraction, one.label) }));
  const widths = Object.entries(plotWidths) as [PlotWidth, number][];
  const chosen = widths.map(([name, width]) => [name, new Set(spread(labels, first, width))] as const);
  return labels.map((one) => ({
    ...one,
    shownAt: chosen.flatMap(([name, labelsOf]) => (labelsOf.has(one) ? [name] : [])),
  }));
}

export interface ValueLabel {
  readonly value: number;
  /** Of its line. */
  readonly y: number;
  readonly labelY: number;
  /** null: it would run into the one below. */
  readonly label: string | null;
}

const mostDigits = 15;

/** With as many decimals as tell them apart: between 1,000,000 and 1,000,400 all are "$1M" with two. */
export function writeValues(values: readonly number[], unit: Unit, format: Format): string[] {
  const write = {
    money: format.compactMoney,
    price: format.compactMoney,
    quantity: format.compactNumber,
    percent: format.compactPercent,
  }[unit];
  const first = values.map((value) => write(value));
  for (let digits = 2, labels = first; ; digits++) {
    if (new Set(labels).size === labels.length || digits > mostDigits) return labels;
    labels = values.map((value) => write(value, digits));
  }
}

/** From the lowest up, each above its line, or below it where it would leave the chart. */
export function valueLabels(
  values: readonly number[],
  y: (value: number) => number,
  written: readonly string[],
): ValueLabel[] {
  let below = Infinity;
  return values
    .map((value, index) => ({ value, at: y(value), label: written[index]! }))
    .sort((left, right) => right.at - left.at)
    .map(({ value, at, label }) => {
      const labelY = at + (at < 14 ? 13 : -5);
      const fits = labelY <= below - lineHeight;
      if (fits) below = labelY;
      return { value, y: at, labelY, label: fits ? label : null };
    });
}
