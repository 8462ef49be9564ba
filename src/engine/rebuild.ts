import type { ClientBase } from "pg";
import {
  type Build,
  dropBuild,
  dropScratchSchema,
  fillTable,
  type NewVersion,
  type OnBackend,
  prepareBuild,
  tablesBefore,
  useSchema,
} from "./build.ts";
import { allChecks, type CheckResult, refuseFailures, runChecks } from "./checks.ts";
import type { Context } from "./context.ts";
import type { AnyAsset } from "./declare.ts";
import { isView } from "./graph.ts";
import { lockBarrier, lockRebuild, ScopeLocks, unlockAll } from "./locks.ts";
import { inParallel } from "./parallel.ts";
import { publishViews, stableName } from "./publish.ts";
import { definitionOf } from "./published.ts";
import { everything, type Scope, unionScopes } from "./scope.ts";
import { quoteIdentifier } from "./sql.ts";
import { backendOf, transaction } from "./transaction.ts";
import { dropOldVersions, recordVersions } from "./versions.ts";
import { walkDown } from "./walk.ts";

export interface RebuildRequest {
  readonly runId: number;
  /** Tables to fill anew and views to publish again. */
  readonly assets: ReadonlySet<string>;
  readonly signal: AbortSignal;
  readonly onBackend: OnBackend;
  readonly onStart: (asset: string) => Promise<void>;
  readonly onFilled: (asset: string, rows: number) => Promise<void>;
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
  const { runId, signal, onBackend } = request;
  const client = await context.pool.connect();
  const processId = backendOf(client);
  let lost: Error | undefined;
  const onError = (error: Error): void => {
    lost = error;
  };
  client.on("error", onError);
  try {
    onBackend(processId, true);
    await client.query(lockRebuild);
    onBackend(processId, false);
    signal.throwIfAborted();
    const barrier = await passBarrier(context);
    const build = await prepareBuild(context, runId, request.assets, onBackend);
    await fillTables(context, build, request);
    const checks = await checkBuild(context, build, request);
    if (lost) throw lost; // without the lock another rebuild may have begun
    await publish(context, build, checks, barrier, request);
    return {
      published: [...build.versions.keys()],
      checks,
      refused: build.refused,
      blocked: build.blocked,
    };
  } catch (error) {
    await dropBuild(context.pool, runId);
    throw error;
  } finally {
    onBackend(processId, false);
    client.off("error", onError);
    await client.query(unlockAll).catch(() => {});
    client.release(lost);
  }
}

/** Waits until every refresh that has begun is done. Refreshes recorded after the time returned are not in the build. */
async function passBarrier({ pool }: Context): Promise<string> {
  return await transaction(pool, async (client) => {
    await client.query(lockBarrier);
    const { rows } = await client.query<{ now: string }>("select clock_timestamp()::text as now");
    return rows[0]!.now;
  });
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
      const rows = await fillTable(context.pool, build, version as NewVersion & { relation: string }, {
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
    await transaction(context.pool, async (client) => {
      const processId = backendOf(client);
      try {
        request.onBackend(processId, true);
        await useSchema(client, build.schema);
        await client.query(`set local statement_timeout = ${asset.timeoutSeconds * 1000}`);
        const scope = isView(asset) ? await sampleOf(client, build, asset) : everything;
        results.push(...(await runChecks(client, asset, checks, scope)));
      } finally {
        request.onBackend(processId, false);
      }
    });
  });
  refuseFailures(results);
  return results;
}

async function publish(
  context: Context,
  build: Build,
  checks: readonly CheckResult[],
  barrier: string,
  request: RebuildRequest,
): Promise<void> {
  const { registry, pool, webRole } = context;
  await transaction(
    pool,
    async (client) => {
      request.signal.throwIfAborted();
      const { rows } = await client.query<{ path: string }>("select current_setting('search_path') as path");
      await useSchema(client, build.schema);
      await replay(client, context, build, barrier);
      await client.query("select set_config('search_path', $1, true)", [rows[0]!.path]);
      const stale = await viewsToPublish(client, build);
      await publishViews(client, registry.graph, build.published, stale, webRole);
      await recordPublication(client, context, build, checks);
      await dropScratchSchema(client, build.schema);
    },
    `begin; ${lockBarrier}`,
  );
  await dropOldVersions(context, [...build.versions.keys()]);
}

/** Brings the new tables up to what refreshes committed to the old ones since the barrier, and checks that again. */
async function replay(client: ClientBase, context: Context, build: Build, barrier: string): Promise<void> {
  const { graph } = context.registry;
  const tables = new Set([...build.versions.values()].filter(isTable).map(({ asset }) => asset.name));
  const { rows } = await client.query<{ asset: string; scope: Scope }>(
    `select asset, scope
     from orchestrator.steps
     where action = 'refresh'
       and status = 'succeeded'
       and finished_at >= $1::timestamptz
       and asset <> all($2)`,
    [barrier, [...tables]],
  );
  const changed = new Map<string, Scope>();
  for (const { asset, scope } of rows) {
    if (!graph.nodes.has(asset)) continue;
    const before = changed.get(asset);
    changed.set(asset, before ? unionScopes(before, scope) : scope);
  }
  if (changed.size === 0) return;
  const locks = new ScopeLocks(client);
  const recompute = new Map<string, Scope>();
  const walk = { graph, published: build.published, locks, changed, recompute, tables };
  for (const [name, step] of await walkDown(client, walk)) {
    const isPublishedHere = build.versions.has(name) || build.dependentViews.includes(name);
    if (!step.changed || !isPublishedHere) continue;
    refuseFailures(await runChecks(client, step.asset, step.asset.checks, step.changed));
  }
}

/** Of the new versions, all but views that stand there already, unchanged: replacing those would only lock readers out. */
async function viewsToPublish(client: ClientBase, build: Build): Promise<string[]> {
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
      JSON.stringify(Object.fromEntries([...build.versions.keys()].map((name) => [name, stableName(name)]))),
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
  await client.query(
    `insert into orchestrator.check_results (run_id, asset, check_name, severity, failing_rows, sample)
     select distinct on (asset, "check") $1::bigint, asset, "check", severity, "failingRows", sample
     from jsonb_to_recordset($2) as result (
       asset text, "check" text, severity text, "failingRows" bigint, sample jsonb
     )
     order by asset, "check", "failingRows" desc -- of two checks of one name, the one that tells more
     on conflict (run_id, asset, check_name) do update
     set failing_rows = excluded.failing_rows, sample = excluded.sample, checked_at = excluded.checked_at`,
    [build.runId, JSON.stringify(checks)],
  );
}
