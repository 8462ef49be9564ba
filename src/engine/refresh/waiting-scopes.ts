import type { ClientBase } from "pg";
import { type Graph, isView } from "../definition/index.ts";
import { everything, type Scope, unionScopes, ValueLookups } from "../planning/index.ts";
import type { CurrentVersion } from "../records/index.ts";
import { type ClaimedChanges, scopesOf } from "./changes.ts";
import { scopeReached } from "./propagate.ts";

/**
 * The rows of each table that may differ from what its body gives because something it reads has changed and has not been
 * carried on: changes of sources wait, or a model above it was made anew without it. Seen as the client's snapshot has it.
 */
export async function readWaitingScopes(
  client: ClientBase,
  graph: Graph,
  published: ReadonlyMap<string, CurrentVersion>,
): Promise<Map<string, Scope>> {
  const changes = await client.query<ClaimedChanges>(
    `select asset, partition_value as partition, case when bool_and(since is not null) then min(since) end as since
     from orchestrator.changes
     group by asset, partition_value`,
  );
  const behind = await readBehind(client, graph);
  const changed = scopesOf(changes.rows);
  const lookups = new ValueLookups(client);
  const waiting = new Map<string, Scope>();
  for (const [name, version] of published) {
    let scope: Scope | null = behind.has(name) ? everything : null;
    for (const dependency of version.asset.kind === "source" ? [] : version.asset.deps) {
      const above = changed.get(dependency.asset.name);
      const reached =
        above && (await scopeReached(lookups, { graph, published }, version, dependency, above));
      if (reached) scope = scope ? unionScopes(scope, reached) : reached;
    }
    if (!scope) continue;
    // What a table stores has not changed yet, and what is below it was made from that.
    if (version.table !== null) waiting.set(name, scope);
    else if (isView(version.asset)) changed.set(name, scope);
  }
  return waiting;
}

/** Tables that read an older version of a model than is published now. */
async function readBehind(client: ClientBase, graph: Graph): Promise<Set<string>> {
  const models = [...graph.nodes.values()].filter(({ asset }) => asset.kind === "model");
  const tables = models.filter(({ asset }) => !isView(asset));
  const { rows } = await client.query<{ asset: string }>(
    `select distinct stored.asset
     from orchestrator.assets as stored
     cross join lateral jsonb_each_text(stored.read_versions) as read (asset, data_version)
     join orchestrator.assets as above on above.asset = read.asset
     where above.data_version > read.data_version::bigint
       and above.asset = any($1)
       and stored.asset = any($2)`,
    [models.map(({ asset }) => asset.name), tables.map(({ asset }) => asset.name)],
  );
  return new Set(rows.map(({ asset }) => asset));
}
