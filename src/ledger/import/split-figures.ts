/** Figures that the delimiter may have cut in two: "1,1,500" is 1 and 1,500, or three values. Pure. */
import { readFigure } from "./figures.ts";
import type { Layout } from "./layout.ts";
import type { TableLine } from "./table.ts";

/** A line with more figures cut than these is none that could be read at all. */
const mostCuts = 4;

interface Shape {
  /** Columns of figures that a trade needs, and those that it may have. */
  readonly needed: readonly number[];
  readonly optional: readonly number[];
  readonly tail: RegExp;
}

const head = /^[-+(]?[$€£]?\d{1,3}$/;
const thousands = /^\d{3}(\.\d+)?\)?$/;
/** In a file without a decimal point a comma may be one. */
const decimals = /^\d{1,12}\)?$/;

const isFigure = (cell: string | undefined): boolean => readFigure(cell ?? "", "point") !== null;

function isPlausible(cells: readonly string[], { needed, optional }: Shape): boolean {
  return (
    needed.every((index) => isFigure(cells[index])) &&
    optional.every((index) => (cells[index] ?? "") === "" || isFigure(cells[index]))
  );
}

/** Where a figure may have been cut: before the value at each of these. */
function cutsIn(cells: readonly string[], { tail }: Shape): number[] {
  return cells.flatMap((cell, index) =>
    index > 0 && head.test(cells[index - 1]!) && tail.test(cell) ? [index] : [],
  );
}

/** Whether the line could be one of so many values less. */
function couldBeShorter(cells: readonly string[], by: number, shape: Shape): boolean {
  const cuts = cutsIn(cells, shape);
  // Which of several belong together is not tried: a line that has as many is asked about.
  if (by > 1) return cuts.filter((index) => !cuts.includes(index - 1)).length >= by || cuts.length > by;
  return cuts.some((index) => {
    const joined = `${cells[index - 1]}${shape.tail === thousands ? "," : "."}${cells[index]}`;
    return isPlausible([...cells.slice(0, index - 1), joined, ...cells.slice(index + 1)], shape);
  });
}

/** Lines of a table whose lines have different numbers of values, and which may be shorter ones with a figure cut in two. */
export function findSplitLines(lines: readonly TableLine[], { columns }: Layout): Set<TableLine> {
  const lengths = [...new Set(lines.map(({ cells }) => cells.length))];
  if (lengths.length < 2) return new Set();
  const of = (...fields: (keyof typeof columns)[]): number[] =>
    fields.flatMap((field) => columns[field] ?? []);
  const figures = of("quantity", "price", "gross", "amount", "fee", "tax");
  const texts = lines.flatMap(({ cells }) => figures.map((index) => (cells[index] ?? "").slice(0, 64)));
  // Who writes 1500, or quotes 1,500, does not leave its comma bare.
  if (texts.some((text) => /^\D{0,4}\d{4}|\d,\d/.test(text))) return new Set();
  const hasPoint = texts.some((text) => /\d\.\d/.test(text));
  const shape = {
    needed: of("quantity", "price"),
    optional: of("gross", "amount", "fee", "tax"),
    tail: hasPoint ? thousands : decimals,
  };
  const isSplit = ({ cells }: TableLine): boolean =>
    lengths.some((length) => {
      const by = cells.length - length;
      return by > 0 && by <= mostCuts && couldBeShorter(cells, by, shape);
    });
  return new Set(lines.filter(isSplit));
}
