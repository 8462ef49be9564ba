/** Where a figure comes from: the columns it is computed from, back to the sources, and the run that last wrote them. */
import type { PoolClient } from "pg";
import type { Graph, Layer } from "../engine/index.ts";
import type { PublishedModels } from "./published-models.ts";

/** A column of a model. */
export interface Origin {
  readonly asset: string;
  readonly column: string;
}

export interface LineageStage {
  readonly layer: Layer;
  readonly assets: readonly string[];
}

/**
 * The assets that a column is computed from, itself included, sources first. Of a model whose file has moved on from what
 * is published, and so from what its columns were computed from, every asset that the published body reads.
 */
export function lineageStages(
  graph: Graph,
  { models, reads }: PublishedModels,
  origin: Origin,
): LineageStage[] {
  const seen = new Set<string>();
  const assets = new Set<string>();
  const visit = ({ asset, column }: Origin): void => {
    const id = `${asset}.${column}`;
    if (seen.has(id)) return;
    seen.add(id);
    assets.add(asset);
    const node = graph.get(asset);
    const published = models.get(asset)?.codeVersion ?? null;
    const isOther = published !== null && published !== node.codeVersion;
    if (isOther) {
      for (const read of reads.get(asset)!)
        for (const name of Object.keys(graph.nodes.get(read)?.asset.columns ?? {}))
          visit({ asset: read, column: name });
    } else for (const { column: name, from } of node.lineage) if (name === column) from.forEach(visit);
  };
  visit(origin);
  return graph.layers
    .map((layer) => ({ layer, assets: [...assets].filter((name) => graph.get(name).asset.layer === layer) }))
    .filter((stage) => stage.assets.length > 0);
}

export interface Publication {
  readonly run_id: number;
  readonly finished_at: Date;
}

/**
 * The last run that wrote what a figure of the person is read from for whom the transaction runs: the model itself, or, where
 * that is a view, the tables under it. null: its steps are kept no longer.
 */
export async function readPublication(
  client: PoolClient,
  graph: Graph,
  origin: Origin,
): Promise<Publication | null> {
  const stored = [origin.asset, ...graph.upstream(origin.asset)].filter((name) => {
    const { asset } = graph.get(name);
    return asset.kind === "model" && asset.materialized !== "view" && asset.partitionBy !== "ticker";
  });
  const { rows } = await client.query<Publication>(
    "select run_id, finished_at from public.own_last_write($1)",
    [stored],
  );
  return rows[0] ?? null;
}
