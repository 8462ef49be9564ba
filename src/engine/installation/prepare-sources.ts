import type { ClientBase } from "pg";
import type { Context } from "../context.ts";
import type { SourceAsset } from "../definition/index.ts";
import { quoteRelation, transaction } from "../postgres/index.ts";
import { ensureCaptures } from "./capture.ts";

/**
 * Makes the capture triggers of every source what its declaration says. What changed in a source that the engine has known
 * before while a trigger was missing is unknown: all that depends on it is then refreshed. A source without a table is left
 * to `inspect`.
 */
export async function prepareSources({ pool, registry, log }: Context): Promise<void> {
  const sources = [...registry.graph.nodes.values()].flatMap(({ asset }) =>
    asset.kind === "source" ? [asset] : [],
  );
  await transaction(pool, async (client) => {
    for (const source of await standing(client, sources)) {
      const mended = await ensureCaptures(client, source);
      if (mended.length === 0) continue;
      const { rowCount } = await client.query(
        `insert into orchestrator.changes (asset)
         select asset
         from orchestrator.assets
         where asset = $1`,
        [source.name],
      );
      await client.query("select pg_notify('orchestrator_changes', $1)", [source.name]);
      if (rowCount === 0) continue; // seen for the first time: nothing was made from it yet
      log.warn(
        { asset: source.name, triggers: mended },
        `${source.name}: its changes were not captured, for want of ${mended.join(", ")}; everything below it is refreshed`,
      );
    }
  });
}

async function standing(client: ClientBase, sources: readonly SourceAsset[]): Promise<SourceAsset[]> {
  const { rows } = await client.query<{ source: string }>(
    `select source
     from unnest($1::text[], $2::text[]) as declared (source, relation)
     where to_regclass(relation) is not null`,
    [sources.map(({ name }) => name), sources.map(({ schema, name }) => quoteRelation(schema, name))],
  );
  const names = new Set(rows.map(({ source }) => source));
  return sources.filter(({ name }) => names.has(name));
}
