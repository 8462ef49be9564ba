import type { ClientBase } from "pg";
import { inParallel } from "../concurrency/index.ts";
import type { Context } from "../context.ts";
import { type AnyAsset, isView, stableName } from "../definition/index.ts";
import { everything, type Scope } from "../planning/index.ts";
import {
  HeldSession,
  lockBarrier,
  lockRebuild,
  type OnBackend,
  quoteIdentifier,
  transaction,
} from "../postgres/index.ts";
import {
  type CheckResult,
  definitionOf,
  dropOldVersions,
  passBarrier,
  readPropagations,
  recordCheckResults,
  recordVersions,
} from "../records/index.ts";
import { allChecks, propagate, refuseFailures, runChecks, ScopeLocks } from "../refresh/index.ts";
import {
  type Build,
  dropBuild,
  dropScratchSchema,
  fillTable,
  type NewTable,
  type NewVersion,
  prepareBuild,
  tablesBefore,
  useSchema,
} from "./build.ts";
import { writeComments } from "./comments.ts";
import { replaceViews } from "./stable-views.ts";

export interface RebuildRequest {
  readonly runId: number;
  /** Tables to fill anew and views to publish again. */
  readonly assets: ReadonlySet<string>;
  readonly signal: AbortSignal;
  readonly onBackend: OnBackend;
  readonly onStart: (asset: string) => Promise<void>;
  readonly onFilled: (asset: string, rows: number) => Promise<void>;
  /** In the transaction that publishes, last: what is to be written with it or not at all. */
  readonly onPublish: (client: ClientBase, result: RebuildResult) => Promise<void>;
}

export interface RebuildResult {
  readonly published: readonly string[];
  readonly checks: readonly CheckResult[];
  readonly refused: ReadonlyMap<string, Error>;
  readonly blocked: ReadonlyMap<string, string>;
}

/** As many tables are filled at once: more only share the same disk and processors. */
const concurrency = 2;

/**
 * Makes assets anew beside what people read, checks them, and publishes all of them in one short transaction, or none:
 * any error drops what was made. One rebuild at a time in a database, since one reads what another would replace.
 */
export async function rebuild(context: Context, request: RebuildRequest): Promise<RebuildResult> {
  return await HeldSession.withLock(
    context.pool,
    lockRebuild,
    async ({ broken }) => {
      const signal = AbortSignal.any([request.signal, broken]);
      try {
        return await rebuildAndPublish(context, { ...request, signal });
      } catch (error) {
        await dropBuild(context, request.runId);
        throw error;
      }
    },
    request.onBackend,
  );
}

async function rebuildAndPublish(context: Context, request: RebuildRequest): Promise<RebuildResult> {
  request.signal.throwIfAborted();
  const barrier = await passBarrier(context.pool);
  const build = await prepareBuild(context, request.runId, request.assets, request.onBackend);
  await fillTables(context, build, request);
  const checks = await checkBuild(context, build, request);
  const result = {
    published: [...build.versions.keys()],
    checks,
    refused: build.refused,
    blocked: build.blocked,
  };
  await publish(context, build, result, barrier, request);
  return result;
}

async function fillTables(context: Context, build: Build, request: RebuildRequest): Promise<void> {
  const { graph } = context.registry;
  const tables = [...build.versions.values()].filter(isTable);
  const before = new Map(tables.map(({ asset }) => [asset.name, tablesBefore(graph, build, asset.name)]));
  await inParallel(
    tables.map(({ asset }) => asset.name),
    before,
    concurrency,
    async (name) => {
      request.signal.throwIfAborted();
      await request.onStart(name);
      const version = build.versions.get(name)!;
      const rows = await fillTable(context.pool, build, version as NewTable, {
        ...context,
        onBackend: request.onBackend,
      });
      await request.onFilled(name, rows);
    },
  );
}

function isTable(version: NewVersion): boolean {
  return version.relation !== null;
}

/** A view is computed to be checked. For this many partition values: for 1,000 people that took three minutes. */
const viewSampleSize = 50;

/** Some partition values of a view: those that a table with the same partition column has. */
async function sampleOf(client: ClientBase, build: Build, { partitionBy }: AnyAsset): Promise<Scope> {
  const table = [...build.published.values()].find(
    ({ asset, relation }) => relation !== null && asset.partitionBy === partitionBy,
  );
  if (!partitionBy || !table) return everything;
  const column = quoteIdentifier(partitionBy);
  const { rows } = await client.query<{ value: string }>(
    `select distinct ${column}::text as value
     from ${quoteIdentifier(table.asset.name)}
     where ${column} is not null
     limit ${viewSampleSize}`,
  );
  return { partitions: rows.map(({ value }) => value), since: null };
}

/** Everything that would be read differently is checked: what is made anew, and the views that read it. */
async function checkBuild(context: Context, build: Build, request: RebuildRequest): Promise<CheckResult[]> {
  const names = [...build.versions.keys(), ...build.dependentViews];
  const results: CheckResult[] = [];
  await inParallel(names, new Map(), concurrency, async (name) => {
    request.signal.throwIfAborted();
    const { asset } = build.published.get(name)!;
    const checks = build.versions.has(name) && isView(asset) ? allChecks(asset) : asset.checks;
    const run = async (client: ClientBase): Promise<CheckResult[]> => {
      await useSchema(client, build.schema);
      await client.query(`set local statement_timeout = ${asset.timeoutSeconds * 1000}`);
      const scope = isView(asset) ? await sampleOf(client, build, asset) : everything;
      return await runChecks(client, asset, checks, scope);
    };
    results.push(...(await transaction(context.pool, run, request)));
  });
  refuseFailures(results);
  return results;
}

/** The last transaction of a rebuild: all of it is seen from its commit on, and the run that asked for it has ended. */
async function publish(
  context: Context,
  build: Build,
  result: RebuildResult,
  barrier: number,
  request: RebuildRequest,
): Promise<void> {
  const { registry, pool, readerRole } = context;
  const work = async (client: ClientBase): Promise<void> => {
    request.signal.throwIfAborted();
    const { rows } = await client.query<{ path: string }>("select current_setting('search_path') as path");
    await useSchema(client, build.schema);
    await replay(client, context, build, barrier);
    await client.query("select set_config('search_path', $1, true)", [rows[0]!.path]);
    const changed = await viewsToPublish(client, context, build);
    await replaceViews(client, registry.graph, build.published, changed, readerRole);
    await recordPublication(client, context, build, result.checks);
    await dropScratchSchema(client, build.schema);
    await request.onPublish(client, result);
  };
  await transaction(pool, work, { begin: `begin; ${lockBarrier}`, runId: request.runId });
  await writeComments(context);
  await dropOldVersions(context, result.published);
}

/** Brings the new tables up to what refreshes committed to the old ones since the barrier, and checks that again. */
async function replay(client: ClientBase, context: Context, build: Build, barrier: number): Promise<void> {
  const { graph } = context.registry;
  const tables = new Set([...build.versions.values()].filter(isTable).map(({ asset }) => asset.name));
  const changed = await readPropagations(client, graph, barrier, [...tables]);
  if (changed.size === 0) return;
  const locks = new ScopeLocks(client);
  const recompute = new Map<string, Scope>();
  const walk = { graph, published: build.published, locks, changed, recompute, tables };
  for (const [name, step] of await propagate(client, walk)) {
    const isPublishedHere = build.versions.has(name) || build.dependentViews.includes(name);
    if (!step.changed || !isPublishedHere) continue;
    refuseFailures(await runChecks(client, step.asset, step.asset.checks, step.changed));
  }
}

/** Of the new versions, all but views that stand there already, unchanged: replacing those would only lock readers out. */
async function viewsToPublish(client: ClientBase, { registry }: Context, build: Build): Promise<string[]> {
  const { rows } = await client.query<{ asset: string }>(
    `select asset
     from orchestrator.assets
     where code_version = ($1::jsonb ->> asset)
       and relation is null
       and to_regclass($2::jsonb ->> asset) is not null`,
    [
      JSON.stringify(
        Object.fromEntries([...build.versions].map(([name, version]) => [name, version.codeVersion])),
      ),
      JSON.stringify(
        Object.fromEntries(
          [...build.versions.keys()].map((name) => [name, stableName(registry.graph.schemas, name)]),
        ),
      ),
    ],
  );
  const standing = new Set(rows.map(({ asset }) => asset));
  return [...build.versions.keys()].filter((name) => !standing.has(name));
}

async function recordPublication(
  client: ClientBase,
  { registry: { graph } }: Context,
  build: Build,
  checks: readonly CheckResult[],
): Promise<void> {
  const versions = [...build.versions.values()].map(({ asset, body, codeVersion, relation }) => ({
    asset: asset.name,
    code_version: codeVersion,
    relation,
    body,
    columns: definitionOf(asset),
    read: [...graph.reads(asset.name)],
  }));
  await recordVersions(client, build.runId, versions);
  await recordCheckResults(client, build.runId, checks);
}
