/** The rows of a SELECT and of what stands in its FROM, as far as a change can touch them. */
import type { CommonTableExpr, JoinExpr, JoinType } from "libpg-query";
import { close, type Facts, type Implication, intersectFacts, type Kind, kinds, noFacts } from "./facts.ts";
import type { Rowset } from "./name-scope.ts";
import { addedColumns, strings } from "./resolve.ts";

/** The relation whose change is followed. */
export interface Changed {
  readonly asset: string;
  /** Columns whose value is that of the change. */
  readonly partition: string | null;
  readonly day: string | null;
  /** A column that is not before the day of the change: the end of a period. */
  readonly onward: string | null;
}

/** Of one column: which kinds of facts hold of it. */
export type Known = Readonly<Record<Kind, boolean>>;

export const nothingKnown: Known = { same: false, day: false, onward: false };

/** What a SELECT gives. */
export interface Rows {
  readonly columns: readonly { readonly name: string; readonly known: Known }[];
  /** false: there may be columns that are not listed, or others at these places: they are known by their names alone. */
  readonly ordered: boolean;
  /** What is known of columns of the queries around it, for whose rows these come out otherwise. */
  readonly outer: Facts;
  /** false: it does not read the relation. */
  readonly touched: boolean;
}

/** What stands in FROM: the cases in which its rows are touched, and what holds of all its rows. */
export interface Part {
  readonly cases: readonly Facts[];
  readonly implications: readonly Implication[];
  readonly ids: ReadonlySet<string>;
}

export const nothingRead: Part = { cases: [], implications: [], ids: new Set() };

/** UNION, INTERSECT and EXCEPT, ALL or not: a row that comes or goes is one that does in an arm. */
export function unite(left: Rows, right: Rows): Rows {
  const touched = [left, right].filter((rows) => rows.touched);
  const ordered = left.ordered && right.ordered;
  const columns = left.columns.map(({ name }, index) => {
    const of = (kind: Kind): boolean =>
      ordered && touched.every((rows) => rows.columns[index]?.known[kind] ?? false);
    return { name, known: { same: of("same"), day: of("day"), onward: of("onward") } };
  });
  return {
    columns,
    ordered,
    outer: touched.length === 0 ? noFacts : intersectFacts(touched.map(({ outer }) => outer)),
    touched: touched.length > 0,
  };
}

/**
 * A side whose rows stay without a match is null where there is none, which every fact allows of its columns; but a row of the
 * other side that stays so does not meet `on`, so that nothing follows for it.
 */
export function joinParts(type: JoinType, left: Part, right: Part, on: readonly Implication[]): Part {
  const towards = ({ ids }: Part): Implication[] => on.filter(({ to }) => ids.has(to));
  const leftStays = type === "JOIN_LEFT" || type === "JOIN_FULL";
  const rightStays = type === "JOIN_RIGHT" || type === "JOIN_FULL";
  const casesOf = (part: Part, other: Part, stays: boolean): Facts[] =>
    part.cases.map((facts) =>
      close(close(facts, part.implications), [
        ...other.implications,
        ...(stays ? towards(other) : [...on, ...part.implications]),
      ]),
    );
  const always = leftStays && rightStays ? [] : leftStays ? towards(right) : rightStays ? towards(left) : on;
  return {
    cases: [...casesOf(left, right, leftStays), ...casesOf(right, left, rightStays)],
    implications: [...left.implications, ...right.implications, ...always],
    ids: new Set([...left.ids, ...right.ids]),
  };
}

/** The columns that USING or NATURAL makes one of two. */
export function usingColumns(join: JoinExpr, left: readonly Rowset[], right: readonly Rowset[]): string[] {
  if (!join.isNatural) return strings(join.usingClause);
  const names = new Set(right.flatMap(({ columns }) => [...columns.keys()]));
  return [...new Set(left.flatMap(({ columns }) => [...columns.keys()]))].filter((name) => names.has(name));
}

/** That a column of one side, which may be one of several already, equals one of the other. */
export function equalIds(left: readonly string[], right: readonly string[]): Implication[] {
  const imply = (from: readonly string[], to: readonly string[]): Implication[] =>
    to.map((id) => ({ from, to: id, relation: "equal" }));
  return [...imply(left, right), ...imply(right, left)];
}

/** The columns take the names of the list behind the CTE's name; nothing is known of what SEARCH and CYCLE add. */
export function cteRows(cte: CommonTableExpr, rows: Rows): Rows {
  const names = strings(cte.aliascolnames);
  const isNamed = names.length === 0 || rows.ordered;
  return {
    ...rows,
    columns: [
      ...rows.columns.map(({ name, known }, index) => ({
        name: names[index] ?? name,
        known: isNamed ? known : nothingKnown,
      })),
      ...addedColumns(cte).map((name) => ({ name, known: nothingKnown })),
    ],
  };
}

/** Equal for rows of which the same is known. */
export function summaryOf({ columns, outer, touched }: Rows): string {
  return JSON.stringify([columns, kinds.map((kind) => [...outer[kind]].sort()), touched]);
}
