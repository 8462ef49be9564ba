import type { Pool } from "pg";
import type { Context } from "./context.ts";
import { executeRun } from "./execute.ts";
import type { Graph } from "./graph.ts";
import { beginRun } from "./held-run.ts";
import { lockDeploy, unlockAll } from "./locks.ts";
import { stableName } from "./publish.ts";
import { withdrawnAssets } from "./rollback.ts";
import type { RunDetail } from "./runs.ts";
import { readStates } from "./state.ts";

/**
 * Makes what is published what the files say: builds models that were never built, whose code changed, that read
 * newer models, or whose view is gone, and the tables below them. null: nothing was to be done. One process at a time;
 * the others wait and then find nothing to do.
 */
export async function deploy(context: Context): Promise<RunDetail | null> {
  const client = await context.pool.connect();
  let lost: Error | undefined;
  const onError = (error: Error): void => {
    lost = error;
  };
  client.on("error", onError);
  try {
    await client.query(lockDeploy);
    await ensureAssets(context);
    const names = await modelsToBuild(context);
    if (names.length === 0) return null;
    const held = await beginRun(context.pool, {
      triggerKind: "deploy",
      triggerName: "deploy",
      selection: names.join(" "),
    });
    return await executeRun(context, held);
  } finally {
    client.off("error", onError);
    if (!lost) await client.query(unlockAll);
    client.release(lost);
  }
}

/** The engine keeps a row of each asset, schedule and sensor from the first time it sees them. */
export async function ensureAssets({ pool, registry, clock }: Context): Promise<void> {
  const declared = [...registry.schedules, ...registry.sensors];
  await pool.query(
    `insert into orchestrator.assets (asset)
     select asset
     from unnest($1::text[]) as asset
     on conflict (asset) do nothing`,
    [[...registry.graph.nodes.keys()]],
  );
  await pool.query(
    `insert into orchestrator.automations (automation, kind, updated_at)
     select automation, kind, $3
     from unnest($1::text[], $2::text[]) as automation (automation, kind)
     on conflict (automation) do nothing`,
    [declared.map(({ name }) => name), declared.map(({ kind }) => kind), clock()],
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
    [models, models.map(stableName)],
  );
  return new Set(rows.map(({ asset }) => asset));
}
