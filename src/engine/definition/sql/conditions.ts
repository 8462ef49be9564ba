/** What a condition says of columns, where it holds: which are equal, and which day is not before which. */
import type { Node as Tree } from "libpg-query";
import type { Implication } from "./facts.ts";

/** The ids of the column that an expression is; none: it is none, or one of which nothing is known. */
export type ColumnIds = (expression: Tree | undefined) => readonly string[];

/** The conditions that must all hold. */
export function conjuncts(condition: Tree | undefined): Tree[] {
  if (!condition) return [];
  if ("BoolExpr" in condition && condition.BoolExpr.boolop === "AND_EXPR")
    return (condition.BoolExpr.args ?? []).flatMap(conjuncts);
  return [condition];
}

/** `=`, `<`, ...; null: not an operator by itself. */
export function operatorOf(expression: Tree): string | null {
  if (!("A_Expr" in expression) || expression.A_Expr.kind !== "AEXPR_OP") return null;
  const name = expression.A_Expr.name?.at(-1);
  return name && "String" in name ? (name.String.sval ?? null) : null;
}

/** A comparand: a column, or days from one. */
interface Term {
  readonly ids: readonly string[];
  /** It is the column's value. */
  readonly exact: boolean;
  /** Never after the column's day, to the day. */
  readonly atMost: boolean;
  /** Never before it. */
  readonly atLeast: boolean;
}

const timeTypes = new Set(["date", "timestamp", "timestamptz"]);

/** `date`, of a cast. */
export function castType(expression: Extract<Tree, { TypeCast: unknown }>): string | null {
  const name = expression.TypeCast.typeName?.names?.at(-1);
  return name && "String" in name ? (name.String.sval ?? null) : null;
}

function termOf(expression: Tree | undefined, idsOf: ColumnIds): Term | null {
  if (!expression) return null;
  const ids = idsOf(expression);
  if (ids.length > 0) return { ids, exact: true, atMost: true, atLeast: true };
  if ("TypeCast" in expression && timeTypes.has(castType(expression) ?? "")) {
    const term = termOf(expression.TypeCast.arg, idsOf);
    return term && { ...term, exact: false };
  }
  if ("FuncCall" in expression) {
    const name = expression.FuncCall.funcname?.at(-1);
    const isTruncation = name !== undefined && "String" in name && name.String.sval === "date_trunc";
    const term = isTruncation ? termOf(expression.FuncCall.args?.[1], idsOf) : null;
    return term && { ...term, exact: false, atLeast: false };
  }
  const operator = operatorOf(expression);
  if ("A_Expr" in expression && (operator === "+" || operator === "-")) {
    const { lexpr, rexpr } = expression.A_Expr;
    const term = isSpan(rexpr) ? termOf(lexpr, idsOf) : null;
    if (!term) return null;
    return operator === "+"
      ? { ...term, exact: false, atMost: false }
      : { ...term, exact: false, atLeast: false };
  }
  return null;
}

/** A number of days, or an interval, that is not below 0. */
function isSpan(expression: Tree | undefined): boolean {
  if (!expression) return false;
  if ("TypeCast" in expression && castType(expression) === "interval") {
    const { arg } = expression.TypeCast;
    const text = arg && "A_Const" in arg ? arg.A_Const.sval?.sval : undefined;
    return text !== undefined && !/-|ago/.test(text);
  }
  return "A_Const" in expression && isCount(expression);
}

/** A constant integer that is not below 0: `0` has no value in the tree. */
export function isCount(expression: Tree): boolean {
  return (
    "A_Const" in expression &&
    expression.A_Const.ival !== undefined &&
    (expression.A_Const.ival.ival ?? 0) >= 0
  );
}

/** Whether the expression is a column or days after one, all of whose days are known not to be before the change. */
export function daysAfter(expression: Tree, idsOf: ColumnIds): readonly string[] {
  const term = termOf(expression, idsOf);
  return term?.atLeast ? term.ids : [];
}

/** What follows from the conditions, all of which hold. */
export function implicationsOf(conditions: readonly Tree[], idsOf: ColumnIds): Implication[] {
  return conditions.flatMap((condition) => {
    if (!("A_Expr" in condition)) return [];
    const { kind, lexpr, rexpr } = condition.A_Expr;
    if (kind === "AEXPR_BETWEEN" && rexpr && "List" in rexpr) {
      const [low, high] = rexpr.List.items ?? [];
      return [...compare(">=", lexpr, low, idsOf), ...compare("<=", lexpr, high, idsOf)];
    }
    const operator = operatorOf(condition);
    return operator === null ? [] : compare(operator, lexpr, rexpr, idsOf);
  });
}

function compare(
  operator: string,
  left: Tree | undefined,
  right: Tree | undefined,
  idsOf: ColumnIds,
): Implication[] {
  if (operator === "=" && left && right && "RowExpr" in left && "RowExpr" in right) {
    const values = right.RowExpr.args ?? [];
    return (left.RowExpr.args ?? []).flatMap((value, index) => compare("=", value, values[index], idsOf));
  }
  const a = termOf(left, idsOf);
  const b = termOf(right, idsOf);
  if (!a || !b) return [];
  switch (operator) {
    case "=":
      return a.exact && b.exact
        ? [...imply(a, b, "equal"), ...imply(b, a, "equal")]
        : [...notBefore(a, b), ...notBefore(b, a)];
    case ">":
    case ">=":
      return notBefore(a, b);
    case "<":
    case "<=":
      return notBefore(b, a);
    default:
      return [];
  }
}

/** From `later >= earlier`. */
function notBefore(later: Term, earlier: Term): Implication[] {
  return later.atMost && earlier.atLeast ? imply(earlier, later, "notBefore") : [];
}

function imply(from: Term, to: Term, relation: Implication["relation"]): Implication[] {
  return to.ids.map((id) => ({ from: from.ids, to: id, relation }));
}
