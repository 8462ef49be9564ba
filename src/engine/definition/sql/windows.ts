/** Which rows a window function reads beside its own. */
import type { FuncCall, Node as Tree, WindowDef } from "libpg-query";
import type { ColumnIds } from "./conditions.ts";
import { isCount } from "./conditions.ts";

/** Bits of `frameOptions` (nodes/parsenodes.h): the frame ends at the current row, or a number of rows or days before it. */
const endsByCurrentRow = 0x400 | 0x1000;

/** Whatever their frame: they look at rows up to their own only. */
const countsBackward = new Set(["row_number", "rank", "dense_rank"]);
/** Whatever their frame: they depend on how many rows there are in all, or on later ones. */
const readsAll = new Set(["percent_rank", "cume_dist", "ntile", "lead"]);

export interface WindowReads {
  /** The columns that all rows it reads have in common with its own. */
  readonly partition: readonly (readonly string[])[];
  /** The column that no row it reads is after its own by; null: it may read any row of the partition. */
  readonly order: readonly string[] | null;
  /** Why there is no such column, for people. */
  readonly why: string;
}

/** Every call of a window function in a part of a tree, sub-selects left out: they are judged by themselves. */
export function windowCalls(part: unknown): FuncCall[] {
  if (Array.isArray(part)) return part.flatMap(windowCalls);
  if (typeof part !== "object" || part === null) return [];
  return Object.entries(part).flatMap(([kind, content]) => {
    if (kind === "SubLink") return [];
    const below = windowCalls(content);
    return kind === "FuncCall" && (content as FuncCall).over ? [content as FuncCall, ...below] : below;
  });
}

/** named: the WINDOW clause. */
export function windowReads(call: FuncCall, named: readonly Tree[], idsOf: ColumnIds): WindowReads {
  const window = definitionOf(call.over!, named);
  const partition = (window.partitionClause ?? []).map((column) => idsOf(column));
  const name = lastName(call);
  const why = forwardReason(call, window, name);
  const order = why === null ? ascendingColumn(window, idsOf) : null;
  return { partition, order, why: why ?? `${name}() over a window that is not in the order of days` };
}

function lastName({ funcname }: FuncCall): string {
  const name = funcname?.at(-1);
  return name && "String" in name ? (name.String.sval ?? "") : "";
}

/** `over w` is the window named so; `over (w order by ..)` adds to it. */
function definitionOf(window: WindowDef, named: readonly Tree[]): WindowDef {
  const base = window.name ?? window.refname;
  if (base === undefined) return window;
  const found = named.find((node) => "WindowDef" in node && node.WindowDef.name === base);
  if (!found || !("WindowDef" in found)) return window;
  const { name: _, ...definition } = found.WindowDef;
  const resolved = definitionOf(definition, named);
  if (window.name !== undefined) return resolved;
  return {
    ...window,
    ...(resolved.partitionClause && { partitionClause: resolved.partitionClause }),
    ...(resolved.orderClause && { orderClause: resolved.orderClause }),
  };
}

/** Why rows after its own may be read; null: they are not. */
function forwardReason(call: FuncCall, window: WindowDef, name: string): string | null {
  if (readsAll.has(name)) return `${name}() reads later days`;
  if (!window.orderClause?.length) return `${name}() over a window without order by reads all its days`;
  if (countsBackward.has(name)) return null;
  if (name === "lag") {
    const offset = call.args?.[1];
    return offset === undefined || isCount(offset) ? null : "lag() by a number that is not a constant";
  }
  return ((window.frameOptions ?? 0) & endsByCurrentRow) === 0
    ? `the frame of ${name}() reaches past its own row`
    : null;
}

/** The first column of its order, if that ascends and has nulls last: rows before are then of no later day. */
function ascendingColumn({ orderClause }: WindowDef, idsOf: ColumnIds): readonly string[] | null {
  const first = orderClause?.[0];
  if (!first || !("SortBy" in first)) return null;
  const { node, sortby_dir: direction, sortby_nulls: nulls } = first.SortBy;
  const ascends = direction === "SORTBY_DEFAULT" || direction === "SORTBY_ASC";
  if (!ascends || nulls === "SORTBY_NULLS_FIRST") return null;
  const ids = idsOf(node);
  return ids.length > 0 ? ids : null;
}
