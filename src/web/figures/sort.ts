/** The order of a table, as an address names it. */
import { z } from "zod";
import { parseInput } from "../route.ts";

export interface Sort<Name extends string = string> {
  readonly sort: Name;
  readonly order: "ascending" | "descending";
}

interface Heading<Name extends string> {
  readonly name: Name;
  readonly label: string;
}

type Cell = string | number | null | undefined;

/** By one of these columns; an address that names none: by `usual`, the largest first. */
export function sortBy<Name extends string>(names: readonly Name[], usual: NoInfer<Name>) {
  const query = z.object({
    sort: z.custom<Name>((asked) => names.some((name) => name === asked)).catch(usual),
    order: z.enum(["ascending", "descending"]).catch("descending"),
  });
  return {
    of: (asked: unknown): Sort<Name> => parseInput(query, asked),
    /** The usual order needs no name. */
    parameters: ({ sort, order }: Sort<Name>): Record<string, string> =>
      sort === usual && order === "descending" ? {} : { sort, order },
  };
}

/** `href`: the page with these parameters added. Figures are first wanted largest first, names from A. */
export function sortHeadings<Name extends string>(
  columns: readonly Heading<Name>[],
  current: Sort<Name>,
  href: (parameters: Record<string, string>) => string,
) {
  return columns.map(({ name, label }) => {
    const isCurrent = name === current.sort;
    const first = name === "ticker" ? "ascending" : "descending";
    const other = current.order === "ascending" ? "descending" : "ascending";
    return {
      name,
      label,
      isNumber: name !== "ticker",
      ariaSort: isCurrent ? current.order : null,
      href: href({ sort: name, order: isCurrent ? other : first }),
    };
  });
}

/** Rows that are equal stand by ticker. */
export function sorted<Name extends string, Row extends Record<Name, Cell> & { readonly ticker: string }>(
  rows: readonly Row[],
  { sort, order }: Sort<Name>,
): Row[] {
  const sign = order === "ascending" ? 1 : -1;
  return rows.toSorted(
    (left, right) => compare(left[sort], right[sort], sign) || compare(left.ticker, right.ticker, 1),
  );
}

/** What is not known comes last, whichever the order. */
function compare(left: Cell, right: Cell, sign: number): number {
  const [isUnknown, isOtherUnknown] = [left ?? null, right ?? null].map((cell) => cell === null);
  if (isUnknown || isOtherUnknown) return Number(isUnknown) - Number(isOtherUnknown);
  const [first, second] = [Number(left), Number(right)];
  const isNumber = !Number.isNaN(first) && !Number.isNaN(second);
  return sign * (isNumber ? first - second : String(left) < String(right) ? -1 : left === right ? 0 : 1);
}
