import type { Layer } from "./declare.ts";
import { UnknownAssetColumnError } from "./errors.ts";
import type { Graph } from "./graph.ts";

export interface LineageNode {
  readonly asset: string;
  readonly layer: Layer;
  readonly kind: "source" | "model";
  /** null: a source. */
  readonly materialized: "view" | "table" | "incremental" | null;
  readonly tags: readonly string[];
  readonly broken: boolean;
}

export interface Lineage {
  readonly nodes: readonly LineageNode[];
  /** to reads from. */
  readonly edges: readonly { readonly from: string; readonly to: string }[];
}

/** What reads what, for drawing; nodes in topological order. */
export function lineageOf(graph: Graph): Lineage {
  const nodes = [...graph.nodes.values()];
  return {
    nodes: nodes.map(({ asset, problems }) => ({
      asset: asset.name,
      layer: asset.layer,
      kind: asset.kind,
      materialized: asset.kind === "model" ? asset.materialized : null,
      tags: asset.tags,
      broken: problems.length > 0,
    })),
    edges: nodes.flatMap(({ asset }) =>
      [...graph.upstream(asset.name, 1)].map((from) => ({ from, to: asset.name })),
    ),
  };
}

export type Direction = "upstream" | "downstream";

/** A column and those it is computed from (upstream) or that are computed from it (downstream). */
export interface ColumnTree {
  readonly asset: string;
  readonly column: string;
  /** Its own columns stand at its first place in the tree: repeated, trees of a wide graph grow without bound. */
  readonly repeated: boolean;
  readonly columns: readonly ColumnTree[];
}

interface ColumnName {
  readonly asset: string;
  readonly column: string;
}

/** Throws UnknownAssetError and UnknownAssetColumnError, each naming the nearest. */
export function columnTree(graph: Graph, asset: string, column: string, direction: Direction): ColumnTree {
  const known = Object.keys(graph.get(asset).asset.columns);
  if (!known.includes(column)) throw new UnknownAssetColumnError(asset, column, known);
  const next = direction === "upstream" ? computedFrom(graph) : usedBy(graph);
  const seen = new Set<string>();
  const grow = (name: ColumnName): ColumnTree => {
    const id = columnId(name);
    const repeated = seen.has(id);
    seen.add(id);
    return { ...name, repeated, columns: repeated ? [] : (next.get(id) ?? []).map(grow) };
  };
  return grow({ asset, column });
}

function columnId({ asset, column }: ColumnName): string {
  return `${asset}.${column}`;
}

function computedFrom(graph: Graph): Map<string, readonly ColumnName[]> {
  const entries = [...graph.nodes.values()].flatMap(({ asset, lineage }) =>
    lineage.map(({ column, from }) => [columnId({ asset: asset.name, column }), from] as const),
  );
  return new Map(entries);
}

function usedBy(graph: Graph): Map<string, ColumnName[]> {
  const uses = new Map<string, ColumnName[]>();
  for (const { asset, lineage } of graph.nodes.values()) {
    for (const { column, from } of lineage) {
      for (const read of from) {
        const id = columnId(read);
        const users = uses.get(id);
        if (users) users.push({ asset: asset.name, column });
        else uses.set(id, [{ asset: asset.name, column }]);
      }
    }
  }
  return uses;
}
