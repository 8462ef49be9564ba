import type { ClientBase } from "pg";
import type { Context } from "../context.ts";
import { stableName } from "../definition/index.ts";
import type { Scope } from "../planning/index.ts";
import {
  againAfterDeadlock,
  EngineError,
  lockBarrier,
  type OnBackend,
  sqlState,
  transaction,
} from "../postgres/index.ts";
import {
  type CheckResult,
  definitionOf,
  readPropagations,
  recordCheckResults,
  recordPropagations,
  recordVersions,
} from "../records/index.ts";
import { propagate, refuseFailures, runChecks, ScopeLocks } from "../refresh/index.ts";
import type { Group } from "./arrange.ts";
import { type Build, useSchema } from "./build.ts";
import { replaceViews } from "./stable-views.ts";

/** More relations at once than the server can lock. */
class PublicationTooLargeError extends EngineError {
  readonly code = "publication_too_large";

  constructor(models: number, cause: unknown) {
    super(
      `expected room for the locks of ${models} models that must be published together, got: out of shared memory; raise max_locks_per_transaction and run again`,
      { cause },
    );
  }
}

/** What the group could not be published for: its own fault. Anything else that is thrown is the fault of none of it. */
export class GroupError extends Error {
  readonly reason: Error;

  constructor(reason: Error) {
    super(reason.message, { cause: reason });
    this.reason = reason;
  }
}

export interface GroupPublication {
  readonly build: Build;
  readonly group: Group;
  readonly checks: readonly CheckResult[];
  /** What was propagated after it is in none of the new tables. */
  readonly barrier: number;
  readonly signal: AbortSignal;
  readonly onBackend: OnBackend;
  /** In the transaction that publishes, last. */
  readonly onPublish: (client: ClientBase) => Promise<void>;
}

/** Publishes a group in one short transaction: all of it is seen from its commit on. Throws GroupError. */
export async function publishGroup(context: Context, publication: GroupPublication): Promise<void> {
  const { build, group, checks, signal, onPublish } = publication;
  const { registry, pool, readerRole } = context;
  const work = async (client: ClientBase): Promise<void> => {
    signal.throwIfAborted();
    try {
      const { rows } = await client.query<{ path: string }>("select current_setting('search_path') as path");
      await useSchema(client, build.schema);
      await replay(client, context, publication);
      await client.query("select set_config('search_path', $1, true)", [rows[0]!.path]);
      const changed = await viewsToPublish(client, context, build, group);
      await replaceViews(client, registry.graph, build.versions(), changed, readerRole);
      await recordGroup(client, context, build, group);
      await recordCheckResults(client, build.runId, checks);
    } catch (error) {
      throw faultOf(error, group, signal);
    }
    await onPublish(client);
  };
  const options = { begin: `begin; ${lockBarrier}`, onBackend: publication.onBackend };
  await againAfterDeadlock(() => transaction(pool, work, options));
}

/** What the server or the engine says of the group; not that the connection is gone or the run was cancelled. */
function faultOf(error: unknown, group: Group, signal: AbortSignal): unknown {
  if (signal.aborted) return signal.reason;
  if (error instanceof EngineError) return new GroupError(error);
  const state = sqlState(error);
  if (state === null || /^(08|57P)/.test(state) || !(error instanceof Error)) return error;
  const isTooLarge = state === "53200"; // out_of_memory
  return new GroupError(isTooLarge ? new PublicationTooLargeError(group.names.length, error) : error);
}

/** Brings the new tables up to what refreshes committed to the old ones since the barrier, and checks that again. */
async function replay(
  client: ClientBase,
  { registry: { graph } }: Context,
  { build, group, barrier }: GroupPublication,
): Promise<void> {
  const tables = new Set(group.names.filter((name) => build.candidates.get(name)!.relation !== null));
  const changed = await readPropagations(client, graph, barrier, [...tables]);
  if (changed.size === 0) return;
  const locks = new ScopeLocks(client, { waits: true });
  const recompute = new Map<string, Scope>();
  const walk = { graph, published: build.versions(), locks, changed, recompute, tables };
  const affected = await propagate(client, walk);
  const members = new Set([...group.names, ...group.dependents]);
  for (const [name, step] of affected) {
    if (!step.changed || !members.has(name)) continue;
    refuseFailures(await runChecks(client, step.asset, step.asset.checks, step.changed));
  }
  // What is published after this group, and reads it, was filled from these tables as they were.
  const caughtUp = [...affected].flatMap(([asset, { changed: scope }]) =>
    tables.has(asset) && scope ? [{ asset, scope }] : [],
  );
  await recordPropagations(client, caughtUp);
}

/** Of the new versions, all but views that stand there already, unchanged: replacing those would only lock readers out. */
async function viewsToPublish(
  client: ClientBase,
  { registry: { graph } }: Context,
  build: Build,
  { names }: Group,
): Promise<string[]> {
  const { rows } = await client.query<{ asset: string }>(
    `select asset
     from orchestrator.assets
     join unnest($1::text[], $2::text[], $3::text[]) as version (asset, code, stable_name) using (asset)
     where code_version = code
       and relation is null
       and to_regclass(stable_name) is not null`,
    [
      names,
      names.map((name) => build.candidates.get(name)!.codeVersion),
      names.map((name) => stableName(graph.schemas, name)),
    ],
  );
  const standing = new Set(rows.map(({ asset }) => asset));
  return names.filter((name) => !standing.has(name));
}

async function recordGroup(
  client: ClientBase,
  { registry: { graph } }: Context,
  build: Build,
  { names }: Group,
): Promise<void> {
  const versions = names.map((name) => {
    const { asset, body, codeVersion, relation } = build.candidates.get(name)!;
    return {
      asset: name,
      code_version: codeVersion,
      relation,
      body,
      columns: definitionOf(asset),
      read: [...graph.reads(name)],
    };
  });
  await recordVersions(client, build.runId, versions);
}
