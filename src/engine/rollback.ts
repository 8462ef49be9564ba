import type { ClientBase } from "pg";
import type { Context } from "./context.ts";
import { EngineError } from "./errors.ts";
import { beginRun, letGo } from "./held-run.ts";
import { lockBarrier, ScopeLocks } from "./locks.ts";
import { publishViews } from "./publish.ts";
import { definitionOf, type Published, readPreviousVersion, readPublished } from "./published.ts";
import { appendLog, endLine } from "./run-log.ts";
import { type RunDetail, readRun } from "./runs.ts";
import { everything } from "./scope.ts";
import { messageOf, transaction } from "./transaction.ts";
import { recordVersions } from "./versions.ts";
import { walkDown } from "./walk.ts";

/** There is no version to go back to. */
export class NoPreviousVersionError extends EngineError {
  readonly code = "no_previous_version";
  readonly asset: string;

  constructor(asset: string) {
    super(`${asset}: expected a version published before the present one, got: none is kept`);
    this.asset = asset;
  }
}

/**
 * Publishes the version of an asset before the present one again: its view, or its table, brought up to date with its
 * own body first. Tables below it are stale then, as they are after any change of code. `deploy` leaves the asset be
 * until its code changes. Throws NoPreviousVersionError.
 */
export async function rollback(context: Context, name: string): Promise<RunDetail> {
  context.registry.graph.get(name);
  const held = await beginRun(context.pool, {
    triggerKind: "manual",
    triggerName: "rollback",
    selection: name,
  });
  let error: string | null = null;
  try {
    await transaction(
      context.pool,
      (client) => goBack(client, context, name, held.runId),
      `begin; ${lockBarrier}`,
    );
  } catch (caught) {
    error = messageOf(caught);
    throw caught;
  } finally {
    await context.pool.query(
      `update orchestrator.runs
       set status = case when $2::text is null then 'succeeded' else 'failed' end, error = $2, finished_at = clock_timestamp()
       where run_id = $1`,
      [held.runId, error],
    );
    const line = endLine(error === null ? "succeeded" : "failed", null, error);
    await appendLog(context.pool, held.runId, null, line);
    await letGo(held);
  }
  return await readRun(context.pool, held.runId);
}

async function goBack(client: ClientBase, context: Context, name: string, runId: number): Promise<void> {
  const { graph } = context.registry;
  const published = await readPublished(client, graph);
  const present = published.get(name)!;
  const previous = await readPreviousVersion(client, graph.get(name).asset);
  if (!previous) throw new NoPreviousVersionError(name);
  const versions = new Map<string, Published>(published).set(name, previous);
  if (previous.relation !== null) await catchUp(client, context, versions, name);
  await publishViews(client, graph, versions, [name], context.webRole);
  await client.query(
    `with run as (
       update orchestrator.runs
       set options = options || jsonb_build_object('withdrawn', $2::text)
       where run_id = $1
     )
     insert into orchestrator.steps (run_id, asset, action, status, reason, code_version, started_at, finished_at)
     values ($1, $3, $4, 'succeeded', 'rolled back', $5, now(), clock_timestamp())`,
    [runId, present.codeVersion, name, previous.relation === null ? "view" : "rebuild", previous.codeVersion],
  );
  const { asset, body, codeVersion, relation } = previous;
  await recordVersions(client, runId, [
    {
      asset: name,
      code_version: codeVersion,
      relation,
      body,
      columns: definitionOf(asset),
      read: [...graph.reads(name)],
    },
  ]);
}

/** The table has not been refreshed since it was replaced. */
async function catchUp(
  client: ClientBase,
  { registry: { graph } }: Context,
  published: ReadonlyMap<string, Published>,
  name: string,
): Promise<void> {
  await walkDown(client, {
    graph,
    published,
    locks: new ScopeLocks(client),
    changed: new Map(),
    recompute: new Map([[name, everything]]),
    tables: new Set([name]),
  });
}

/** Assets whose present code was published and then rolled back from. */
export async function withdrawnAssets(context: Pick<Context, "pool" | "registry">): Promise<Set<string>> {
  const { rows } = await context.pool.query<{ asset: string; withdrawn: string }>(
    `select asset, options ->> 'withdrawn' as withdrawn
     from orchestrator.asset_versions
     join orchestrator.runs using (run_id)
     where retired_at is null
       and options ? 'withdrawn'`,
  );
  const { graph } = context.registry;
  return new Set(
    rows
      .filter(({ asset, withdrawn }) => graph.nodes.get(asset)?.codeVersion === withdrawn)
      .map(({ asset }) => asset),
  );
}
