import { createHash } from "node:crypto";
import type { ClientBase, Pool } from "pg";
import type { Context, RowSecurity } from "../context.ts";
import { type Graph, isView, type Reaches, type SqlAsset, tableName } from "../definition/index.ts";
import { secureRows } from "../installation/index.ts";
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
import { scratchSchema } from "./drop-build.ts";

/** A version that is being made and is not published yet. */
export interface NewVersion {
  readonly asset: SqlAsset;
  readonly body: string;
  readonly codeVersion: string;
  /** The name of the table being filled; null for a view. */
  readonly relation: string | null;
  /** The same to be read by: quoted, with its schema. */
  readonly table: string | null;
  readonly reaches: Reaches;
}

/** One that stores its rows. */
export interface NewTable extends NewVersion {
  readonly relation: string;
  readonly table: string;
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

/** What a run makes anew, apart from what people read, until it is published. What fails goes out of it, step by step. */
export class Build {
  readonly runId: number;
  /** Scratch schema: for each asset made anew, and each view that reads one, a view by the same name. */
  readonly schema: string;
  /** All that was to be made. */
  readonly names: ReadonlySet<string>;
  /** In topological order: what is made anew and can still be published. */
  readonly candidates: Map<string, NewVersion>;
  /** What is published now of every asset. */
  readonly current: Map<string, CurrentVersion>;
  /** Assets that have a view in the scratch schema. */
  readonly created = new Set<string>();
  /** Assets whose view there reads, or is, a version that has gone out of the build. */
  readonly takenOut = new Set<string>();
  /** Views that are published, not made anew (any more), and read what is. */
  readonly dependents = new Set<string>();
  readonly failed = new Map<string, Error>();
  /** Assets left out because one above them was: its name. */
  readonly below = new Map<string, string>();
  /** Assets that are right themselves, but would break what is published on top of them: why. */
  readonly heldBack = new Map<string, string>();
  readonly #graph: Graph;

  constructor(
    graph: Graph,
    runId: number,
    names: ReadonlySet<string>,
    current: ReadonlyMap<string, CurrentVersion>,
  ) {
    this.#graph = graph;
    this.runId = runId;
    this.schema = scratchSchema(runId);
    this.names = names;
    this.current = new Map(current);
    this.candidates = new Map(
      [...graph.nodes].flatMap(([name, { asset, body, codeVersion, reaches }]): [string, NewVersion][] => {
        if (asset.kind === "source" || body === null || !names.has(name)) return [];
        const relation = relationOf(asset, codeVersion, runId);
        const table = relation && tableName(graph.schemas, relation);
        return [[name, { asset, body, codeVersion, relation, table, reaches }]];
      }),
    );
  }

  /** What stands behind the name when it is read through the scratch schema. */
  versionOf(name: string): CurrentVersion {
    return this.candidates.get(name) ?? this.current.get(name)!;
  }

  /** The same of every asset of the graph. */
  versions(): Map<string, CurrentVersion> {
    return new Map([...this.current, ...this.candidates]);
  }

  fail(name: string, error: Error): void {
    if (!this.candidates.has(name)) return;
    this.failed.set(name, error);
    this.#takeOut(name);
  }

  holdBack(name: string, why: string): void {
    if (!this.candidates.has(name)) return;
    this.heldBack.set(name, why);
    this.#takeOut(name);
  }

  /** It is published: no candidate any more, and what the others read. */
  settle(names: Iterable<string>): void {
    for (const name of names) {
      this.current.set(name, this.candidates.get(name)!);
      this.candidates.delete(name);
    }
  }

  /** With it goes what was made from it, also by way of views that are not made anew. */
  #takeOut(cause: string): void {
    const out = new Set([cause]);
    this.candidates.delete(cause);
    this.takenOut.add(cause);
    for (const name of this.#graph.inOrder(this.#graph.downstream(cause))) {
      const { asset } = this.#graph.get(name);
      if (!asset.deps.some((dependency) => out.has(dependency.asset.name))) continue;
      if (this.candidates.delete(name)) this.below.set(name, cause);
      else if (!isView(asset)) continue;
      this.takenOut.add(name);
      out.add(name);
    }
  }
}

/** Longest part of an asset's name in that of its table: PostgreSQL cuts names at 63 bytes, and would cut the version. */
const longestName = 38;
const hashLength = 8;

/** The table of a version; names that begin alike are told apart by a hash of all of them. */
export function relationName(asset: string, codeVersion: string, runId: number): string {
  const hash = createHash("sha256").update(asset).digest("hex").slice(0, hashLength);
  const stem =
    asset.length <= longestName ? asset : `${asset.slice(0, longestName - hashLength - 1)}_${hash}`;
  return `${stem}__${codeVersion}_${runId}`;
}

/** So many new relations are made, or dropped, in one transaction: the lock table of the server is finite. */
const batchSize = 100;

/** The name of the table of a version; null: a view. */
function relationOf(asset: SqlAsset, codeVersion: string, runId: number): string | null {
  return isView(asset) ? null : relationName(asset.name, codeVersion, runId);
}

/**
 * Makes the scratch schema, and in it the empty tables of the assets `names` and the views by their names. Bodies are
 * described by PostgreSQL, in topological order and each over the new ones before it, and held against their contracts
 * before anything is filled; one that fails is out of the build, with what is below it.
 */
export async function prepareBuild(
  { pool, registry: { graph } }: Context,
  runId: number,
  names: ReadonlySet<string>,
  onBackend: OnBackend,
): Promise<Build> {
  const build = new Build(graph, runId, names, await readCurrentVersions(pool, graph));
  await transaction(pool, (client) => client.query(`create schema ${quoteIdentifier(build.schema)}`), {
    onBackend,
  });
  for (const batch of batchesOf([...build.candidates.keys()], batchSize)) {
    const work = async (client: ClientBase): Promise<void> => {
      await useSchema(client, build.schema);
      for (const name of batch) {
        const version = build.candidates.get(name);
        if (!version) continue; // below one that failed
        const error = await attempt(client, () => createVersion(client, build.schema, version));
        if (error) build.fail(name, error);
        else build.created.add(name);
      }
    };
    await transaction(pool, work, { onBackend });
  }
  return build;
}

export function batchesOf<T>(values: readonly T[], size: number): T[][] {
  const batches: T[][] = [];
  for (let start = 0; start < values.length; start += size) batches.push(values.slice(start, start + size));
  return batches;
}

/** Names resolve to the scratch schema first, for the rest of the transaction. */
export async function useSchema(client: ClientBase, schema: string): Promise<void> {
  await client.query(
    "select set_config('search_path', quote_ident($1) || ', ' || current_setting('search_path'), true)",
    [schema],
  );
}

/** Undoes what failed and lets the transaction go on. */
export async function attempt(client: ClientBase, work: () => Promise<void>): Promise<Error | null> {
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

export async function createView(client: ClientBase, schema: string, version: CurrentVersion): Promise<void> {
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
    // What is looked up for one row is hardly ever looked up for another: with it remembered, the longest of the models took a third more.
    await client.query(
      `set local enable_memoize = off; set local statement_timeout = ${asset.timeoutSeconds * 1000}`,
    );
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
  await client.query(`grant select on ${table} to ${quoteIdentifier(readerRole)}`);
  await secureRows(client, table, Object.keys(asset.columns), readerRole, rowSecurity);
}

/** Of each asset, the tables of the build that must be filled before it, by way of whatever views. */
export function tablesBefore(graph: Graph, build: Build): Map<string, readonly string[]> {
  return graph.nearestAbove((name) => (build.candidates.get(name)?.relation ? name : null));
}
