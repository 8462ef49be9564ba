import type { Node as Tree } from "libpg-query";

function lastString(nodes: readonly Tree[] | undefined): string | null {
  const last = nodes?.findLast((node) => "String" in node);
  return last && "String" in last ? (last.String.sval ?? null) : null;
}

/** The name PostgreSQL gives to an output column that has no AS (FigureColname in parse_target.c). */
export function outputName(value: Tree): string {
  return strongName(value) ?? weakName(value) ?? "?column?";
}

function strongName(value: Tree): string | null {
  if ("ColumnRef" in value) return lastString(value.ColumnRef.fields);
  if ("A_Indirection" in value) {
    const { indirection, arg } = value.A_Indirection;
    return lastString(indirection) ?? (arg ? strongName(arg) : null);
  }
  if ("FuncCall" in value) return lastString(value.FuncCall.funcname);
  if ("A_Expr" in value) return value.A_Expr.kind === "AEXPR_NULLIF" ? "nullif" : null;
  if ("TypeCast" in value) return value.TypeCast.arg ? strongName(value.TypeCast.arg) : null;
  if ("CollateClause" in value) return value.CollateClause.arg ? strongName(value.CollateClause.arg) : null;
  if ("CoalesceExpr" in value) return "coalesce";
  if ("MinMaxExpr" in value) return value.MinMaxExpr.op === "IS_LEAST" ? "least" : "greatest";
  if ("GroupingFunc" in value) return "grouping";
  if ("A_ArrayExpr" in value) return "array";
  if ("RowExpr" in value) return "row";
  if ("CaseExpr" in value) return value.CaseExpr.defresult ? strongName(value.CaseExpr.defresult) : null;
  if ("SubLink" in value) return subLinkName(value);
  return null;
}

/** A name that a better one further out would replace. */
function weakName(value: Tree): string | null {
  if ("TypeCast" in value) return lastString(value.TypeCast.typeName?.names);
  return "CaseExpr" in value ? "case" : null;
}

function subLinkName(value: Extract<Tree, { SubLink: unknown }>): string | null {
  const { subLinkType, subselect } = value.SubLink;
  if (subLinkType === "EXISTS_SUBLINK") return "exists";
  if (subLinkType === "ARRAY_SUBLINK") return "array";
  if (subLinkType !== "EXPR_SUBLINK" || !subselect || !("SelectStmt" in subselect)) return null;
  const [target] = subselect.SelectStmt.targetList ?? [];
  if (!target || !("ResTarget" in target)) return null;
  return target.ResTarget.name ?? (target.ResTarget.val ? outputName(target.ResTarget.val) : null);
}
