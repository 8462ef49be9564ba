/** Columns that are costs although their names do not say so: what the rows' own sums lack is just what stands there. Pure. */
import { Big } from "big.js";
import { isNoMoney } from "./cost-names.ts";
import type { Entry, Notation } from "./entry.ts";
import { readFigure } from "./figures.ts";
import type { TextLine } from "./format.ts";
import { isTrade } from "./kinds.ts";
import type { Layout } from "./layout.ts";
import { precisionOf } from "./money.ts";

/** More columns than these are no list of costs, and pairs of many would fit by chance. */
const mostCandidates = 12;
/** Lines that are looked at. */
const looked = 500;
/** Of the rows that a column has a value in: a slip or two are no proof against it. */
const neededShare = 0.8;

interface Evidence {
  /** What was paid beyond quantity times price and the costs that are known; less received, for who sells. */
  readonly lacking: Big;
  /** How far the product may be off, since the price is rounded. */
  readonly rounding: Big;
  readonly values: ReadonlyMap<number, Big>;
}

/** Figures of columns that no field reads, by column. */
function figuresBeside({ beside = [] }: TextLine, { decimalMark }: Notation): Map<number, Big> {
  return new Map(
    beside.flatMap(({ index, name, text }) => {
      const figure = isNoMoney(name) ? null : readFigure(text.slice(0, 64), decimalMark);
      return figure && !figure.isAmbiguous ? [[index, new Big(figure.value)] as const] : [];
    }),
  );
}

/** null: the row has no sum of its own to be held against. */
function evidenceOf(line: TextLine, entry: Entry, layout: Layout, notation: Notation): Evidence | null {
  const { kind, quantity, price, amount, fee, errors, texts } = entry;
  if (!isTrade(kind) || errors.length > 0 || !quantity || !price || !amount || !texts.price) return null;
  const [count, paid] = [new Big(quantity).abs(), new Big(amount).abs()];
  if (paid.eq(0)) return null;
  const extra = paid.minus(count.times(price)).times(kind === "BUY" ? 1 : -1);
  const hasCosts = (layout.columns.fee?.length ?? 0) + (layout.columns.tax?.length ?? 0) > 0;
  return {
    // Without columns of costs the fee is what the amount shows already.
    lacking: extra.minus(hasCosts ? (fee ?? 0) : 0),
    rounding: count.times(precisionOf(price)),
    values: figuresBeside(line, notation),
  };
}

function subsetsOf(columns: readonly number[]): number[][] {
  const pairs = columns.flatMap((a, index) => columns.slice(index + 1).map((b) => [a, b]));
  return [...columns.map((column) => [column]), ...pairs, ...(columns.length > 2 ? [[...columns]] : [])];
}

/** How many rows' sums lack just what stands in these columns; 0 where too many contradict. */
function explained(
  columns: readonly number[],
  evidence: readonly Evidence[],
  signs: ReadonlyMap<number, 1 | -1>,
) {
  const told = evidence.flatMap(({ lacking, rounding, values }) => {
    const sum = columns.reduce(
      (total, column) => total.plus((values.get(column) ?? new Big(0)).times(signs.get(column) ?? 1)),
      new Big(0),
    );
    if (sum.abs().lt("0.01")) return [];
    const most = sum.abs().times("0.1");
    const tolerance = new Big("0.01").plus(rounding.lt(most) ? rounding : most);
    return [lacking.minus(sum).abs().lte(tolerance)];
  });
  const fitting = told.filter(Boolean).length;
  return fitting >= told.length * neededShare ? fitting : 0;
}

/** Columns of the table, in its order; none where a person has said which are its costs. */
export function findHiddenCosts(
  lines: readonly TextLine[],
  entries: readonly Entry[],
  layout: Layout,
  notation: Notation,
): number[] {
  if (layout.areCostsSaid) return [];
  const evidence = lines
    .slice(0, looked)
    .flatMap((line, index) => evidenceOf(line, entries[index]!, layout, notation) ?? []);
  const balance = new Map<number, number>();
  for (const { values } of evidence)
    for (const [column, value] of values)
      if (!value.eq(0)) balance.set(column, (balance.get(column) ?? 0) + (value.lt(0) ? -1 : 1));
  if (balance.size === 0 || balance.size > mostCandidates) return [];
  const signs = new Map([...balance].map(([column, sum]) => [column, sum < 0 ? -1 : 1] as const));
  let best: { columns: number[]; fitting: number } = { columns: [], fitting: 0 };
  for (const columns of subsetsOf([...balance.keys()].toSorted((a, b) => a - b))) {
    const fitting = explained(columns, evidence, signs);
    if (fitting > best.fitting) best = { columns, fitting };
  }
  return best.columns;
}

/** Columns of figures that no field reads, of the lines that are trades. */
export function unreadFigures(
  lines: readonly TextLine[],
  entries: readonly Entry[],
  layout: Layout,
): string[] {
  const counts = new Map<number, number>();
  for (const [index, { beside = [] }] of lines.entries()) {
    if (!isTrade(entries[index]!.kind)) continue;
    for (const { index: column, text } of beside) {
      const figure = readFigure(text.slice(0, 64).replace(/%$/, ""), "point");
      const isSaying = figure === null ? -1 : Number(figure.value) === 0 ? 0 : 1;
      counts.set(column, (counts.get(column) ?? 0) + isSaying);
    }
  }
  return [...counts]
    .filter(([, count]) => count > 0)
    .toSorted(([a], [b]) => a - b)
    .map(([column]) => layout.names[column]!);
}
