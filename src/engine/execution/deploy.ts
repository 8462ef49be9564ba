import type { Pool } from "pg";
import type { Context } from "../context.ts";
import { type Graph, stableName } from "../definition/index.ts";
import { prepareSources } from "../installation/index.ts";
import { readStates } from "../planning/index.ts";
import { HeldSession, lockDeploy } from "../postgres/index.ts";
import { withdrawnAssets, writeComments } from "../publication/index.ts";
import { beginRun, type RunDetail } from "../records/index.ts";
import { executeRun } from "./execute.ts";

/**
 * Makes what is published what the files say: builds models that were never built, whose code changed, that read
 * newer models, or whose view is gone, and the tables below them. null: nothing was to be done. One process at a time;
 * the others wait and then find nothing to do.
 */
export async function deploy(context: Context): Promise<RunDetail | null> {
  return await HeldSession.withLock(context.pool, lockDeploy, async () => {
    await prepareSources(context);
    await ensureAssets(context);
    const names = await modelsToBuild(context);
    if (names.length === 0) {
      await writeComments(context); // a description is not code: nothing is built for it
      return null;
    }
    const lease = await beginRun(context.pool, {
      triggerKind: "deploy",
      triggerName: "deploy",
      selection: names.join(" "),
    });
    return await executeRun(context, lease);
  });
}

/** The engine keeps a row of each asset, schedule and sensor from the first time it sees them. */
export async function ensureAssets({ pool, registry, clock }: Context): Promise<void> {
  const declared = [...registry.schedules, ...registry.sensors];
  await pool.query(
    `with new_assets as (
       insert into orchestrator.assets (asset)
       select asset
       from unnest($1::text[]) as asset
       on conflict (asset) do nothing
     )
     insert into orchestrator.automations (automation, kind, updated_at)
     select automation, kind, $4
     from unnest($2::text[], $3::text[]) as automation (automation, kind)
     on conflict (automation) do nothing`,
    [
      [...registry.graph.nodes.keys()],
      declared.map(({ name }) => name),
      declared.map(({ kind }) => kind),
      clock(),
    ],
  );
}

/** In the graph's order: never built, code changed, newer models read, view gone, or below one of these. */
export async function modelsToBuild(
  context: Pick<Context, "pool" | "registry" | "clock">,
): Promise<string[]> {
  const { graph } = context.registry;
  const states = await readStates(context.pool, graph, context.clock());
  const withdrawn = await withdrawnAssets(context);
  const missing = await missingViews(context.pool, graph);
  const wanted = new Set<string>();
  for (const [name, { asset, problems }] of graph.nodes) {
    if (asset.kind !== "model" || problems.length > 0 || withdrawn.has(name)) continue;
    const isBelow = [...graph.reads(name)].some((read) => wanted.has(read));
    if (states.get(name)!.outdated || missing.has(name) || isBelow) wanted.add(name);
  }
  return [...wanted];
}

async function missingViews(pool: Pool, graph: Graph): Promise<Set<string>> {
  const models = [...graph.nodes.values()].flatMap(({ asset }) =>
    asset.kind === "model" ? [asset.name] : [],
  );
  const { rows } = await pool.query<{ asset: string }>(
    `select asset
     from unnest($1::text[], $2::text[]) as model (asset, name)
     where to_regclass(name) is null`,
    [models, models.map((name) => stableName(graph.schemas, name))],
  );
  return new Set(rows.map(({ asset }) => asset));
}
