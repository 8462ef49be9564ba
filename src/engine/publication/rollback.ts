import type { ClientBase } from "pg";
import type { Context } from "../context.ts";
import { type Graph, isView } from "../definition/index.ts";
import { everything } from "../planning/index.ts";
import {
  againAfterDeadlock,
  EngineError,
  HeldSession,
  lockBarrier,
  lockRebuild,
  type OnBackend,
  transaction,
} from "../postgres/index.ts";
import {
  appendLog,
  type CheckResult,
  type CurrentVersion,
  definitionOf,
  type RunRecord,
  type RunStatus,
  readCurrentVersions,
  readPreviousVersion,
  recordCheckResults,
  recordVersions,
  requestRun,
} from "../records/index.ts";
import { allChecks, propagate, refuseFailures, ScopeLocks } from "../refresh/index.ts";
import { dependentsOf } from "./arrange.ts";
import { writeComments } from "./comments.ts";
import { checkToPublish, type Samples } from "./sample.ts";
import { replaceViews } from "./stable-views.ts";

/** There is no version to go back to. */
export class NoPreviousVersionError extends EngineError {
  readonly code = "no_previous_version";
  readonly asset: string;

  constructor(asset: string) {
    super(`${asset}: expected a version published before the present one, got: none is kept`);
    this.asset = asset;
  }
}

/** The code version that a rollback of the asset would take back. Throws NoPreviousVersionError. */
export async function readWithdrawable({ pool, registry }: Context, name: string): Promise<string> {
  const { graph } = registry;
  const present = (await readCurrentVersions(pool, graph)).get(name)!.codeVersion;
  const previous = await readPreviousVersion(pool, graph, name);
  if (present === null || previous === null) throw new NoPreviousVersionError(name);
  return present;
}

export interface RollbackRequest {
  readonly context: Context;
  /** Its selection is the asset; its withdrawn version the one to take back. */
  readonly run: RunRecord;
  readonly signal: AbortSignal;
  readonly onBackend: OnBackend;
  /** Ends the run in the transaction that publishes. */
  end(client: ClientBase, status: RunStatus, error: string | null): Promise<void>;
}

/**
 * The operation `rollback`: publishes the version of an asset before the present one again, its view or its table,
 * brought up to date with its own body and checked first, and asks for the tables below it to be built anew, in the
 * transaction that also ends the run. `deploy` leaves the asset be until its code changes. Done again, after a death or by
 * two people at once, it does nothing: the version that it was to take back is not published any more. Throws
 * NoPreviousVersionError, AssetCheckError.
 */
export async function rollback({ context, run, signal, onBackend, end }: RollbackRequest): Promise<void> {
  const name = run.selection;
  const { pool, registry } = context;
  registry.graph.get(name);
  const publish = async (client: ClientBase): Promise<void> => {
    signal.throwIfAborted();
    const present = (await readCurrentVersions(client, registry.graph)).get(name)!.codeVersion;
    if (present === run.withdrawn) {
      await goBack(client, context, name, run.runId);
      await requestBelow(client, registry.graph, run);
    } else {
      const message = `${name} is not at ${run.withdrawn} any more: nothing to roll back`;
      await appendLog(client, run.runId, null, { level: "warn", message });
    }
    await end(client, "succeeded", null);
  };
  await HeldSession.withLock(
    pool,
    lockRebuild,
    () => againAfterDeadlock(() => transaction(pool, publish, { begin: `begin; ${lockBarrier}`, onBackend })),
    onBackend,
  );
  await writeComments(context);
}

/** The key of the run that builds the tables below an asset that was rolled back. */
export function belowRollback(runId: number): string {
  return `below rollback ${runId}`;
}

async function requestBelow(client: ClientBase, graph: Graph, run: RunRecord): Promise<void> {
  const tables = [...graph.downstream(run.selection)].filter((name) => {
    const { asset, problems } = graph.get(name);
    return asset.kind === "model" && !isView(asset) && problems.length === 0;
  });
  if (tables.length === 0) return;
  await requestRun(client, {
    triggerKind: run.triggerKind,
    triggerName: run.triggerName,
    selection: tables.join(" "),
    requestKey: belowRollback(run.runId),
  });
}

async function goBack(client: ClientBase, context: Context, name: string, runId: number): Promise<void> {
  const { graph } = context.registry;
  const published = await readCurrentVersions(client, graph);
  const previous = await readPreviousVersion(client, graph, name);
  if (!previous) throw new NoPreviousVersionError(name);
  const versions = new Map<string, CurrentVersion>(published).set(name, previous);
  if (previous.relation !== null) await catchUp(client, context, versions, name);
  await replaceViews(client, graph, versions, [name], context.readerRole);
  await recordCheckResults(client, runId, await check(client, graph, versions, name));
  await client.query(
    `insert into orchestrator.steps (run_id, asset, action, status, reason, code_version, started_at, finished_at)
     values ($1, $2, $3, 'succeeded', 'rolled back', $4, now(), clock_timestamp())`,
    [runId, name, previous.relation === null ? "view" : "rebuild", previous.codeVersion],
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

/**
 * It passed when it was published; the rows, and the views on top, may be others by now. The tables below are checked when
 * they are built. Throws AssetCheckError.
 */
async function check(
  client: ClientBase,
  graph: Graph,
  versions: ReadonlyMap<string, CurrentVersion>,
  name: string,
): Promise<CheckResult[]> {
  const results: CheckResult[] = [];
  const samples: Samples = new Map();
  for (const read of [name, ...dependentsOf(graph, versions, new Set([name]))]) {
    const { asset } = versions.get(read)!;
    const checks = read === name && isView(asset) ? allChecks(asset) : asset.checks;
    results.push(...(await checkToPublish(client, versions, asset, checks, samples)));
  }
  refuseFailures(results);
  return results;
}

/** The table has not been refreshed since it was replaced. */
async function catchUp(
  client: ClientBase,
  { registry: { graph } }: Context,
  published: ReadonlyMap<string, CurrentVersion>,
  name: string,
): Promise<void> {
  await propagate(client, {
    graph,
    published,
    locks: new ScopeLocks(client, { waits: true }),
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
