/** Figures beside what the least possible takes for the same, and what they are to come to. */
import { type Aim, aims, type Measure } from "./aims.ts";
import { median, percentile, printTable } from "./table.ts";

export interface Figure {
  readonly measure: Measure;
  readonly ours: readonly number[];
  /** The same done by hand, or by what does nothing else; absent: there is no such thing. */
  readonly floor?: readonly number[];
  /** Of the samples: 0.99 for the slowest of a hundred. Default: the median. */
  readonly share?: number;
  /** Default `ms`. */
  readonly unit?: string;
}

export const headings = ["", "aim", "ours", "min–max (n)", "floor", "min–max (n)", "ratio", "kept"] as const;

const number = new Intl.NumberFormat("en-US", { maximumSignificantDigits: 3 });
const write = (value: number): string => number.format(value);

function describeAim({ timesFloor, most, least }: Aim, unit: string): string {
  return [
    timesFloor === undefined ? "" : `≤ ${timesFloor} × floor`,
    most === undefined ? "" : `≤ ${write(most)} ${unit}`,
    least === undefined ? "" : `≥ ${write(least)} ${unit}`,
  ]
    .filter(Boolean)
    .join(" or ");
}

/** Of several aims one is enough: a small floor is not to be had twice, and a large one is nobody's fault. */
function isKept({ timesFloor, most, least }: Aim, ours: number, floor: number): boolean {
  if (least !== undefined) return ours >= least;
  return ours <= Math.max(most ?? 0, timesFloor === undefined ? 0 : timesFloor * floor);
}

function cellsOf(values: readonly number[] | undefined, figure: Figure): [value: string, spread: string] {
  if (!values) return ["–", ""];
  const { unit = "ms" } = figure;
  const range = `${write(Math.min(...values))}–${write(Math.max(...values))} (${values.length})`;
  return [`${write(figureOf(values, figure))} ${unit}`, values.length > 1 ? range : "(1)"];
}

function figureOf(values: readonly number[], { share }: Figure): number {
  return share === undefined ? median(values) : percentile(values, share);
}

/** One row for each figure. */
export function printYardsticks(title: string, figures: readonly Figure[]): void {
  const rows = figures.map((figure) => {
    const aim = aims[figure.measure];
    const [ours, floor] = [figureOf(figure.ours, figure), figureOf(figure.floor ?? [], figure)];
    return [
      figure.measure,
      describeAim(aim, figure.unit ?? "ms"),
      ...cellsOf(figure.ours, figure),
      ...cellsOf(figure.floor, figure),
      floor > 0 ? (ours / floor).toFixed(2) : "",
      isKept(aim, ours, floor) ? "yes" : "no",
    ];
  });
  printTable(title, headings, rows);
}
