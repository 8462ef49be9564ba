import type { AnyAsset } from "./declare.ts";
import type { Graph } from "./graph.ts";
import { type Reaches, reachesOf } from "./reach.ts";
import { findRelation } from "./relations.ts";
import { parseBody } from "./sql/index.ts";

const derived = new WeakMap<Graph, Map<string, Promise<Reaches>>>();

/** What changes can reach in an asset by a body that is not the graph's: an older version that is still published. */
export async function reachesOfBody(graph: Graph, asset: AnyAsset, text: string): Promise<Reaches> {
  const known = derived.get(graph) ?? new Map<string, Promise<Reaches>>();
  derived.set(graph, known);
  const key = JSON.stringify([asset.name, asset.partitionBy, asset.timeColumn, asset.timeEndColumn, text]);
  const assets = new Map([...graph.nodes].map(([name, node]) => [name, node.asset]));
  const reaches =
    known.get(key) ??
    parseBody({
      asset: asset.name,
      file: "",
      text,
      columns: Object.keys(asset.columns),
      find: findRelation(assets),
    }).then((body) => reachesOf(asset, body, assets));
  known.set(key, reaches);
  return await reaches;
}
