/**
 * What depends on the order of rows where none is said, or one that leaves rows level: which rows LIMIT keeps,
 * which number a row gets, what an array begins with. The same rows in, other rows out.
 */
import type { FuncCall, RangeVar, SelectStmt, Node as Tree, WindowDef } from "libpg-query";
import type { Place } from "../places.ts";
import type { DefinitionError } from "../problems.ts";
import * as problem from "../problems.ts";
import type { FindRelation } from "./resolve.ts";

/** Of window functions, those whose result changes with the order of level rows. rank() is not one of them. */
const orderedWindowFunctions = new Set(
  "row_number ntile lag lead first_value last_value nth_value".split(" "),
);

const orderedAggregates = new Set(
  (
    "array_agg string_agg xmlagg json_agg json_agg_strict jsonb_agg jsonb_agg_strict " +
    "json_object_agg json_object_agg_strict"
  ).split(" "),
);

/** A query of nothing but these gives one row, of which LIMIT keeps all. */
const plainAggregates = new Set("count sum avg min max bool_and bool_or every".split(" "));

interface Ordering {
  readonly partition: readonly Tree[];
  readonly order: readonly Tree[];
}

/** Errors where no order is said, warnings where the one that is said does not reach to the key of what is read. */
export function orderingProblems(
  statement: SelectStmt,
  find: FindRelation,
  placeAt: (location: number | undefined) => Place,
): DefinitionError[] {
  const found: DefinitionError[] = [];
  const report = (what: string, location: number | undefined, missing: readonly string[] | null): void => {
    if (missing === null) found.push(problem.unordered(placeAt(location), what));
    else if (missing.length > 0) found.push(problem.levelRows(placeAt(location), what, missing));
  };
  walk({ SelectStmt: statement }, null, false, {
    statement: (content, isTested) => judgeStatement(content, isTested, find, report),
    call: (call, within) => judgeCall(call, within, find, report),
  });
  return found;
}

type Report = (what: string, location: number | undefined, missing: readonly string[] | null) => void;

interface Visitor {
  readonly statement: (statement: SelectStmt, isTested: boolean) => void;
  readonly call: (call: FuncCall, within: SelectStmt | null) => void;
}

/** isTested: only whether there are rows counts, as in EXISTS. */
function walk(part: unknown, within: SelectStmt | null, isTested: boolean, visitor: Visitor): void {
  if (Array.isArray(part)) for (const item of part) walk(item, within, isTested, visitor);
  else if (typeof part === "object" && part !== null) {
    for (const [kind, content] of Object.entries(part)) {
      if (kind === "SelectStmt" || kind === "larg" || kind === "rarg") {
        visitor.statement(content as SelectStmt, isTested);
        walk(content, content as SelectStmt, false, visitor);
        continue;
      }
      if (kind === "FuncCall") visitor.call(content as FuncCall, within);
      const tests =
        kind === "SubLink" && (content as { subLinkType?: string }).subLinkType === "EXISTS_SUBLINK";
      walk(content, within, isTested || tests, visitor);
    }
  }
}

function judgeStatement(statement: SelectStmt, isTested: boolean, find: FindRelation, report: Report): void {
  const { sortClause = [], distinctClause = [], limitCount, limitOffset, limitOption } = statement;
  const distinctOn = distinctClause.filter((node) => Object.keys(node).length > 0);
  const order = sortClause.map(sortedBy);
  if (distinctOn.length > 0) {
    const location = locationOf(distinctOn[0]!);
    report(
      "distinct on",
      location,
      order.length === 0 ? null : level(statement, { partition: distinctOn, order }, find),
    );
  }
  const cuts = [limitCount, limitOffset].find(
    (node) => node !== undefined && !keepsAll(node, node === limitCount),
  );
  if (!cuts || isTested || limitOption === "LIMIT_OPTION_WITH_TIES" || isSingleRow(statement)) return;
  if (showsNothingElse(statement, order)) return;
  const what = cuts === limitCount ? "limit" : "offset";
  report(
    what,
    locationOf(cuts),
    order.length === 0 ? null : level(statement, { partition: [], order }, find),
  );
}

/** Rows that are level in all that is put out are the same row to whoever reads it. */
function showsNothingElse({ targetList = [] }: SelectStmt, order: readonly Tree[]): boolean {
  const sorted = new Set(order.map(textOf));
  return targetList.every(
    (target) =>
      "ResTarget" in target && target.ResTarget.val !== undefined && sorted.has(textOf(target.ResTarget.val)),
  );
}

/** The expression without its place. */
function textOf(node: Tree): string {
  return JSON.stringify(node, (name, value: unknown) => (name === "location" ? undefined : value));
}

/** LIMIT ALL, OFFSET 0, and LIMIT 0, which keeps none whatever the order. */
function keepsAll(node: Tree, isLimit: boolean): boolean {
  if (!("A_Const" in node)) return false;
  const { isnull, ival } = node.A_Const as { isnull?: boolean; ival?: { ival?: number } };
  return isnull === true || (ival !== undefined && (ival.ival ?? 0) === 0) || (isLimit && ival === undefined);
}

function isSingleRow({ fromClause, groupClause, targetList = [], valuesLists, larg }: SelectStmt): boolean {
  if (valuesLists || larg || groupClause) return false;
  if (!fromClause) return true;
  return targetList.every((target) => {
    const value = "ResTarget" in target ? target.ResTarget.val : undefined;
    return (
      value !== undefined &&
      "FuncCall" in value &&
      !value.FuncCall.over &&
      plainAggregates.has(nameOf(value.FuncCall))
    );
  });
}

function judgeCall(call: FuncCall, within: SelectStmt | null, find: FindRelation, report: Report): void {
  const name = nameOf(call);
  if (name === "any_value") {
    report("any_value()", call.location, null);
    return;
  }
  const isAggregate = orderedAggregates.has(name);
  const countsRows = call.over !== undefined && windowOf(call.over, within).countsRows;
  if (!isAggregate && !countsRows && !(call.over && orderedWindowFunctions.has(name))) return;
  if (isAggregate && !call.over) {
    // Sorted by its argument to be made distinct, or told the order: rows that are level there most often give the same.
    if (!call.agg_order && !call.agg_distinct) report(`${name}()`, call.location, null);
    return;
  }
  const { partition, order } = windowOf(call.over!, within);
  const missing = order.length === 0 || !within ? null : level(within, { partition, order }, find);
  report(`${name}() over`, call.location, missing);
}

// PostgreSQL's FRAMEOPTION_ROWS, _START_UNBOUNDED_PRECEDING and _END_UNBOUNDED_FOLLOWING.
const frameOfRows = 0x4;
const frameOfAll = 0x20 | 0x100;

interface Window extends Ordering {
  /** Its frame begins or ends at a number of rows, and so may divide rows that are level. */
  readonly countsRows: boolean;
}

/** A window as a call has it: named, or written in place, perhaps going on from a named one. */
function windowOf(over: WindowDef, within: SelectStmt | null): Window {
  const named = (within?.windowClause ?? []).flatMap((node) => ("WindowDef" in node ? [node.WindowDef] : []));
  const defined = over.name === undefined ? over : named.find(({ name }) => name === over.name);
  const begun = named.find(({ name }) => name === defined?.refname);
  const inherited = begun && defined?.refname !== undefined ? windowOf({ name: begun.name! }, within) : null;
  const frame = defined?.frameOptions ?? 0;
  return {
    partition: [...(inherited?.partition ?? []), ...(defined?.partitionClause ?? [])],
    order: [...(inherited?.order ?? []), ...(defined?.orderClause ?? []).map(sortedBy)],
    countsRows: (frame & frameOfRows) !== 0 && (frame & frameOfAll) !== frameOfAll,
  };
}

/**
 * The columns of the key that neither the order nor anything else settles: rows that differ only there are level. None
 * where that cannot be told: what is read is more than one relation, or none that declares its key.
 */
function level(statement: SelectStmt, { partition, order }: Ordering, find: FindRelation): string[] {
  const [item, ...others] = statement.fromClause ?? [];
  if (!item || others.length > 0 || !("RangeVar" in item) || statement.groupClause) return [];
  const { schemaname, relname = "", alias } = item.RangeVar as RangeVar;
  const key = find(schemaname ?? null, relname)?.key;
  if (!key) return [];
  const own = alias?.aliasname ?? relname;
  const columns = [...partition, ...order].map((node) => columnOf(node, own));
  const settled = new Set([...columns, ...settledBy(statement.whereClause, own)]);
  // An expression may well tell rows apart: only where all are columns is it known that they do not.
  return columns.includes(null) ? [] : key.filter((column) => !settled.has(column));
}

/** Columns that WHERE makes equal to something that is not of the same row. */
function settledBy(condition: Tree | undefined, own: string): string[] {
  if (!condition) return [];
  if ("BoolExpr" in condition)
    return condition.BoolExpr.boolop === "AND_EXPR"
      ? (condition.BoolExpr.args ?? []).flatMap((part) => settledBy(part, own))
      : [];
  if (!("A_Expr" in condition) || condition.A_Expr.kind !== "AEXPR_OP") return [];
  const { name = [], lexpr, rexpr } = condition.A_Expr;
  const [operator] = name;
  if (!operator || !("String" in operator) || operator.String.sval !== "=" || !lexpr || !rexpr) return [];
  const [left, right] = [columnOf(lexpr, own), columnOf(rexpr, own)];
  return [left, right].filter(
    (column): column is string => column !== null && (left === null || right === null),
  );
}

/** The column's name if the expression is one of the relation's own; null: anything else. */
function columnOf(node: Tree, own: string): string | null {
  if (!("ColumnRef" in node)) return null;
  const fields = (node.ColumnRef.fields ?? []).flatMap((field) =>
    "String" in field ? [field.String.sval ?? ""] : [],
  );
  return fields.length === 1 || fields.at(-2) === own ? (fields.at(-1) ?? null) : null;
}

function sortedBy(node: Tree): Tree {
  return "SortBy" in node && node.SortBy.node ? node.SortBy.node : node;
}

function nameOf({ funcname }: FuncCall): string {
  const last = funcname?.at(-1);
  return last && "String" in last ? (last.String.sval ?? "") : "";
}

/** The first place that stands in the tree of an expression. */
function locationOf(node: Tree): number | undefined {
  const content = Object.values(node)[0] as object;
  if ("location" in content) return content.location as number;
  const inner = Object.values(content).find((value) => typeof value === "object" && value !== null);
  return inner === undefined ? undefined : locationOf(inner as Tree);
}
