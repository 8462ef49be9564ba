import type { ClientBase, Pool } from "pg";
import type { Context, RowSecurity } from "../context.ts";
import { type Graph, isView, type Schemas, type SqlAsset, tableName } from "../definition/index.ts";
import {
  EngineError,
  messageOf,
  type OnBackend,
  quoteColumns,
  quoteIdentifier,
  quoteRelation,
  transaction,
} from "../postgres/index.ts";
import { type CurrentVersion, readCurrentVersions } from "../records/index.ts";
import { asCheckFailure, BodyError } from "../refresh/index.ts";
import { enforceContract } from "./contract.ts";

/** A version that is being made and is not published yet. */
export interface NewVersion {
  readonly asset: SqlAsset;
  readonly body: string;
  readonly codeVersion: string;
  /** The name of the table being filled; null for a view. */
  readonly relation: string | null;
  /** The same to be read by: quoted, with its schema. */
  readonly table: string | null;
}

/** One that stores its rows. */
export interface NewTable extends NewVersion {
  readonly relation: string;
  readonly table: string;
}

/** What a run makes anew, apart from what people read, until it is published as a whole. */
export interface Build {
  readonly runId: number;
  /** Scratch schema: for each asset made anew, and each view that reads one, a view by the same name. */
  readonly schema: string;
  /** In topological order. */
  readonly versions: ReadonlyMap<string, NewVersion>;
  /** What stands behind every name when it is read through the scratch schema. */
  readonly published: ReadonlyMap<string, CurrentVersion>;
  /** Views that are not made anew but read what is. */
  readonly dependentViews: readonly string[];
  /** Assets whose body PostgreSQL does not take or that break their contract: not in `versions`. */
  readonly refused: ReadonlyMap<string, Error>;
  /** Assets left out because one that they read was: its name. */
  readonly blocked: ReadonlyMap<string, string>;
}

/** A view that is not part of a run could not be kept on what the run would publish. */
export class DependentViewError extends EngineError {
  readonly code = "dependent_view";

  constructor(view: string, cause: unknown) {
    super(
      `expected view ${view} to work on what is to be published, got: ${messageOf(cause)}; select ${view} as well`,
      { cause },
    );
  }
}

/** Longest part of an asset's name in that of its table: PostgreSQL cuts names at 63 bytes, and would cut the version. */
const longestName = 38;

/**
 * Makes the scratch schema and the empty tables of the assets `names`. Bodies are described by PostgreSQL, in
 * topological order and each over the new ones before it, and held against their contracts before anything is filled.
 */
export async function prepareBuild(
  context: Context,
  runId: number,
  names: ReadonlySet<string>,
  onBackend: OnBackend,
): Promise<Build> {
  return await transaction(
    context.pool,
    (client) => prepareVersions(client, context.registry.graph, runId, names),
    { onBackend },
  );
}

async function prepareVersions(
  client: ClientBase,
  graph: Graph,
  runId: number,
  names: ReadonlySet<string>,
): Promise<Build> {
  const schema = `build_${runId}`;
  await client.query(`create schema ${quoteIdentifier(schema)}`);
  await useSchema(client, schema);
  const published = new Map(await readCurrentVersions(client, graph));
  const versions = new Map<string, NewVersion>();
  const refused = new Map<string, Error>();
  const blocked = new Map<string, string>();
  const dependentViews: string[] = [];
  for (const [name, { asset, body, codeVersion }] of graph.nodes) {
    if (asset.kind === "source") continue;
    const reads = [...graph.reads(name)];
    if (names.has(name) && body !== null) {
      const missing = reads.find((read) => refused.has(read) || blocked.has(read));
      if (missing !== undefined) {
        blocked.set(name, missing);
        continue;
      }
      const relation = isView(asset) ? null : `${asset.name.slice(0, longestName)}__${codeVersion}_${runId}`;
      const table = relation && tableName(graph.schemas, relation);
      const version = { asset, body, codeVersion, relation, table };
      const error = await attempt(client, () => createVersion(client, schema, version));
      if (error) refused.set(name, error);
      else {
        versions.set(name, version);
        published.set(name, version);
      }
    } else if (
      isView(asset) &&
      published.get(name)!.body !== null &&
      reads.some((read) => versions.has(read))
    ) {
      const error = await attempt(client, () => createView(client, schema, published.get(name)!));
      if (error) throw new DependentViewError(name, error);
      dependentViews.push(name);
    }
  }
  return { runId, schema, versions, published, dependentViews, refused, blocked };
}

/** Names resolve to the scratch schema first, for the rest of the transaction. */
export async function useSchema(client: ClientBase, schema: string): Promise<void> {
  await client.query(
    "select set_config('search_path', quote_ident($1) || ', ' || current_setting('search_path'), true)",
    [schema],
  );
}

/** Undoes what failed and lets the transaction go on. */
async function attempt(client: ClientBase, work: () => Promise<void>): Promise<Error | null> {
  await client.query("savepoint attempt");
  try {
    await work();
    await client.query("release savepoint attempt");
    return null;
  } catch (error) {
    await client.query("rollback to savepoint attempt");
    return error instanceof Error ? error : new Error(String(error));
  }
}

async function createVersion(client: ClientBase, schema: string, version: NewVersion): Promise<void> {
  const { asset, body, table } = version;
  try {
    await enforceContract(client, asset, body);
  } catch (error) {
    throw error instanceof EngineError ? error : new BodyError(asset.name, error);
  }
  if (table !== null) {
    const columns = Object.entries(asset.columns).map(
      ([column, { type, nullable }]) => `${quoteIdentifier(column)} ${type}${nullable ? "" : " not null"}`,
    );
    await client.query(`create table ${table} (${columns.join(", ")})`);
  }
  await createView(client, schema, version);
}

async function createView(client: ClientBase, schema: string, version: CurrentVersion): Promise<void> {
  await client.query(`create view ${quoteRelation(schema, version.asset.name)} as ${viewBody(version)}`);
}

/** What the view by the asset's name selects: from its table, or the body itself. */
export function viewBody({ asset, body, table }: CurrentVersion): string {
  const from = table ?? `(${body}\n) as body`;
  return `select ${quoteColumns(Object.keys(asset.columns))} from ${from}`;
}

export interface FillOptions {
  readonly readerRole: string;
  readonly rowSecurity: RowSecurity | null;
  readonly onBackend: OnBackend;
}

/**
 * Fills the table of a new version, then adds key and indexes, which are made faster from all rows at once than
 * row by row, and says who may read it. Returns the rows written. Throws AssetCheckError when a row breaks the key.
 */
export async function fillTable(
  pool: Pool,
  build: Build,
  version: NewTable,
  options: FillOptions,
): Promise<number> {
  const { asset, body, table } = version;
  const columns = quoteColumns(Object.keys(asset.columns));
  const fill = async (client: ClientBase): Promise<number> => {
    await useSchema(client, build.schema);
    await client.query(`set local statement_timeout = ${asset.timeoutSeconds * 1000}`);
    // In the order of the key: a partition's rows then lie together. Unordered, one person's days were on 1,750 pages.
    const { rowCount } = await client.query(
      `insert into ${table} (${columns}) select ${columns} from (${body}\n) as body order by ${quoteColumns(asset.key)}`,
    );
    await client.query(`alter table ${table} add primary key (${quoteColumns(asset.key)})`);
    for (const index of asset.indexes)
      await client.query(`create index on ${table} (${quoteColumns(index)})`);
    await allowReading(client, version, options);
    await client.query(`analyze ${table}`);
    return rowCount ?? 0;
  };
  try {
    return await transaction(pool, fill, options);
  } catch (error) {
    const failure = asCheckFailure(error, asset.name);
    throw failure === error ? new BodyError(asset.name, error) : failure;
  }
}

async function allowReading(
  client: ClientBase,
  { asset, table }: NewTable,
  { readerRole, rowSecurity }: FillOptions,
): Promise<void> {
  const role = quoteIdentifier(readerRole);
  await client.query(`grant select on ${table} to ${role}`);
  if (!rowSecurity || !(rowSecurity.column in asset.columns)) return;
  const own = `${quoteIdentifier(rowSecurity.column)} = ${rowSecurity.value}`;
  await client.query(`alter table ${table} enable row level security`);
  await client.query(`create policy own_rows on ${table} for select to ${role} using (${own})`);
}

/** Nobody reads what was not published: whoever holds it for longer is not to hold up a start. */
const dropMilliseconds = 2_000;

/** Drops what a build made and did not publish: its scratch schema, and tables that no version is recorded for. */
async function dropUnpublished(pool: Pool, schemas: Schemas, runId: number): Promise<void> {
  await transaction(
    pool,
    async (client) => {
      await dropScratchSchema(client, `build_${runId}`);
      const { rows } = await client.query<{ relation: string }>(
        `select relname as relation
       from pg_class
       where relnamespace = to_regnamespace($1)
         and relkind = 'r'
         and relname ~ ('__[0-9a-f]{8}_' || $2 || '$')
         and not exists (
           select
           from orchestrator.asset_versions
           where asset_versions.relation = relname
         )`,
        [quoteIdentifier(schemas.tables), String(runId)],
      );
      for (const { relation } of rows) await client.query(`drop table ${tableName(schemas, relation)}`);
    },
    { begin: `begin; set local lock_timeout = ${dropMilliseconds}` },
  );
}

/** The same, by whoever has something else to do: what somebody holds is left to `dropOrphans`. */
export async function dropBuild({ pool, registry, log }: Context, runId: number): Promise<void> {
  try {
    await dropUnpublished(pool, registry.graph.schemas, runId);
  } catch (error) {
    log.warn({ error, runId }, `what run ${runId} was building could not be dropped; it will be tried again`);
  }
}

/** Drops the builds of runs that are over. */
export async function dropOrphans(context: Context): Promise<void> {
  const { rows } = await context.pool.query<{ run_id: number }>(
    `select substr(nspname, 7)::bigint as run_id
     from pg_namespace
     where nspname ~ '^build_[0-9]{1,18}$'
       and not exists (
         select
         from orchestrator.runs
         where runs.run_id = substr(nspname, 7)::bigint
           and status = 'running'
       )`,
  );
  for (const { run_id } of rows) await dropBuild(context, run_id);
}

/** View by view, the newest first, so that nothing needs CASCADE. */
export async function dropScratchSchema(client: ClientBase, schema: string): Promise<void> {
  const { rows } = await client.query<{ view: string }>(
    `select relname as view
     from pg_class
     where relnamespace = to_regnamespace($1)
       and relkind = 'v'
     order by oid desc`,
    [quoteIdentifier(schema)],
  );
  for (const { view } of rows) await client.query(`drop view ${quoteRelation(schema, view)}`);
  await client.query(`drop schema if exists ${quoteIdentifier(schema)}`);
}

/** The tables of a build that must be filled before `name`, by way of whatever views. */
export function tablesBefore(graph: Graph, build: Build, name: string): string[] {
  const above = graph.upstream(name);
  return [...build.versions.values()]
    .filter(({ asset, relation }) => relation !== null && above.has(asset.name))
    .map(({ asset }) => asset.name);
}
