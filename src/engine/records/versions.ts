import type { ClientBase, Pool } from "pg";
import type { Context } from "../context.ts";
import {
  type AnyAsset,
  type Check,
  type Graph,
  type Reaches,
  reachesOfBody,
  type SqlAsset,
  tableName,
} from "../definition/index.ts";
import { transaction } from "../postgres/index.ts";
import { announcedSeparately } from "./announcements.ts";

/** What must be known of a version to keep its rows right after the code has moved on. */
type Definition = Pick<
  SqlAsset,
  "columns" | "key" | "partitionBy" | "timeColumn" | "timeEndColumn" | "endColumns" | "materialized"
>;

/** What stands behind an asset's name. A change refreshes this, which need not be what the files say by now. */
export interface CurrentVersion {
  readonly asset: AnyAsset;
  /** null: a source, or never published. */
  readonly body: string | null;
  readonly codeVersion: string | null;
  /** The name of its table, as it is recorded; null for views and sources. */
  readonly relation: string | null;
  /** The same to be read by: quoted, with its schema. */
  readonly table: string | null;
  /** What a change of each of its dependencies can reach in it. */
  readonly reaches: Reaches;
}

const noReaches: Reaches = new Map();

type Relationship = Extract<Check, { kind: "relationship" }>;

/** A check as JSON: an asset is its name. */
type StoredCheck = Exclude<Check, Relationship> | (Omit<Relationship, "to"> & { readonly to: string });

/** null stands for absent: JSON has no undefined. */
type StoredDefinition = { readonly [Property in keyof Definition]-?: Definition[Property] | null } & {
  /** Absent in what was recorded before versions kept their checks. */
  readonly checks?: readonly StoredCheck[];
};

interface AssetRow {
  readonly asset: string;
  readonly code_version: string | null;
  readonly relation: string | null;
}

export const selectCurrentVersions = "select asset, code_version, relation from orchestrator.assets";

/**
 * What is published of every asset of the graph. Where that is not the version of the graph (a file was edited, or
 * the asset rolled back) body and columns come from the record of versions. `rows`: of `selectCurrentVersions`, if it was
 * asked already.
 */
export async function readCurrentVersions(
  client: ClientBase | Pool,
  graph: Graph,
  rows?: readonly AssetRow[],
): Promise<Map<string, CurrentVersion>> {
  const known = rows ?? (await client.query<AssetRow>(selectCurrentVersions)).rows;
  const byName = new Map(known.map((row) => [row.asset, row]));
  const other = known.filter(
    ({ asset, code_version }) =>
      code_version !== null && graph.nodes.get(asset)?.codeVersion !== code_version,
  );
  const recorded =
    other.length > 0
      ? await readVersions(
          client,
          other.map(({ asset }) => asset),
        )
      : new Map();
  const versions = [...graph.nodes].map(async ([name, node]): Promise<[string, CurrentVersion]> => {
    const { asset, body, codeVersion, reaches } = node;
    const row = byName.get(name);
    const relation = row?.relation ?? null;
    const table = relation && tableName(graph.schemas, relation);
    if (asset.kind === "source" || !row?.code_version)
      return [
        name,
        { asset, body: null, codeVersion: null, relation: null, table: null, reaches: noReaches },
      ];
    if (row.code_version === codeVersion)
      return [name, { asset, body, codeVersion, relation, table, reaches }];
    const version = recorded.get(name);
    const before = version ? withDefinition(graph, asset, version.definition) : asset;
    const text = version?.body ?? null;
    const its = text === null ? noReaches : await reachesOfBody(graph, before, text);
    return [
      name,
      { asset: before, body: text, codeVersion: row.code_version, relation, table, reaches: its },
    ];
  });
  return new Map(await Promise.all(versions));
}

async function readVersions(
  client: ClientBase | Pool,
  assets: readonly string[],
): Promise<Map<string, { body: string; definition: StoredDefinition }>> {
  const { rows } = await client.query<{ asset: string; body: string; definition: StoredDefinition }>(
    `select asset, body, columns as definition
     from orchestrator.asset_versions
     where asset = any($1)
       and retired_at is null`,
    [assets],
  );
  return new Map(rows.map((row) => [row.asset, row]));
}

/** Published assets that are not declared any more: their names, sorted. */
export async function readUndeclared(client: ClientBase | Pool, graph: Graph): Promise<string[]> {
  const { rows } = await client.query<{ asset: string }>(
    `select asset
     from orchestrator.assets
     where code_version is not null
       and asset <> all($1)
     order by asset`,
    [[...graph.nodes.keys()]],
  );
  return rows.map(({ asset }) => asset);
}

/** A version that was published and can be again. */
export interface KeptVersion extends CurrentVersion {
  readonly asset: SqlAsset;
  readonly body: string;
  readonly codeVersion: string;
}

/** The version of the asset that was published before the present one; null: none is kept. */
export async function readPreviousVersion(
  client: ClientBase | Pool,
  graph: Graph,
  name: string,
): Promise<KeptVersion | null> {
  const { asset } = graph.get(name);
  if (asset.kind === "source") return null;
  const { rows } = await client.query<{
    body: string;
    definition: StoredDefinition;
    code_version: string;
    relation: string | null;
  }>(
    `select body, columns as definition, code_version, nullif(relation, '') as relation
     from orchestrator.asset_versions
     where asset = $1
       and retired_at is not null
     order by retired_at desc
     limit 1`,
    [asset.name],
  );
  const [row] = rows;
  if (!row) return null;
  const { body, definition, code_version, relation } = row;
  const table = relation && tableName(graph.schemas, relation);
  const before = withDefinition(graph, asset, definition);
  const reaches = await reachesOfBody(graph, before, body);
  return { asset: before, body, codeVersion: code_version, relation, table, reaches };
}

/** With its own checks: those of another version may speak of columns that it lacks. */
function withDefinition(graph: Graph, asset: SqlAsset, definition: StoredDefinition): SqlAsset {
  const { partitionBy: _, timeColumn: __, timeEndColumn: ___, endColumns: ____, ...rest } = asset;
  const { checks = [], ...others } = definition;
  const present = Object.entries(others).filter(([, value]) => value !== null);
  return {
    ...rest,
    ...(Object.fromEntries(present) as Definition),
    checks: checks.flatMap((check): Check[] => {
      if (check.kind !== "relationship") return [check];
      const to = graph.nodes.get(check.to)?.asset; // not declared any more: there is nothing to relate to
      return to ? [{ ...check, to }] : [];
    }),
  };
}

/** What is kept of a version in `asset_versions.columns`. */
export function definitionOf(asset: SqlAsset): StoredDefinition {
  return {
    columns: asset.columns,
    key: asset.key,
    partitionBy: asset.partitionBy ?? null,
    timeColumn: asset.timeColumn ?? null,
    timeEndColumn: asset.timeEndColumn ?? null,
    endColumns: asset.endColumns ?? null,
    materialized: asset.materialized,
    checks: asset.checks.map((check) =>
      check.kind === "relationship" ? { ...check, to: check.to.name } : check,
    ),
  };
}

export interface PublishedVersion {
  readonly asset: string;
  readonly code_version: string;
  readonly relation: string | null;
  readonly body: string;
  readonly columns: unknown;
  readonly read: readonly string[];
}

/** Writes down that versions are published now, in place of those before, and announces it. */
export async function recordVersions(
  client: ClientBase,
  runId: number,
  versions: readonly PublishedVersion[],
): Promise<void> {
  const listed = JSON.stringify(versions);
  const recordset = `jsonb_to_recordset($2) as version (
    asset text, code_version text, relation text, body text, columns jsonb, read text[]
  )`;
  await client.query(
    `update orchestrator.asset_versions as before
     set retired_at = clock_timestamp()
     from ${recordset}
     where before.asset = version.asset
       and before.retired_at is null
       and $1::bigint is not null`,
    [runId, listed],
  );
  await client.query(
    `insert into orchestrator.asset_versions (asset, code_version, relation, body, columns, run_id)
     select asset, code_version, coalesce(relation, ''), body, columns, $1
     from ${recordset}
     on conflict (asset, code_version, relation) do update
     set
       run_id = excluded.run_id,
       body = excluded.body,
       columns = excluded.columns,
       published_at = clock_timestamp(),
       retired_at = null`,
    [runId, listed],
  );
  await client.query(
    `insert into orchestrator.assets as stored
       (asset, code_version, data_version, relation, last_run_id, last_materialized_at)
     select asset, code_version, 1, relation, $1, clock_timestamp()
     from ${recordset}
     order by asset
     on conflict (asset) do update
     set
       -- A view that is published again as it was says nothing new.
       data_version = stored.data_version
         + (excluded.relation is not null or stored.code_version is distinct from excluded.code_version)::integer,
       code_version = excluded.code_version,
       relation = excluded.relation,
       last_run_id = excluded.last_run_id,
       last_materialized_at = excluded.last_materialized_at`,
    [runId, listed],
  );
  // After all of them have their new data versions: these are what the new rows were made from.
  await client.query(
    `update orchestrator.assets as stored
     set read_versions = coalesce(
       (
         select jsonb_object_agg(upstream.asset, upstream.data_version)
         from orchestrator.assets as upstream
         where upstream.asset = any(version.read)
       ),
       '{}'
     )
     from ${recordset}
     where stored.asset = version.asset
       and $1::bigint is not null`,
    [runId, listed],
  );
  const announcements = announcedSeparately({
    assets: versions.map(({ asset }) => asset),
    partition_column: null,
    partitions: null,
  });
  await client.query(
    `select
       pg_notify('orchestrator_runs', $1::text),
       (
         select count(pg_notify(
           'orchestrator_published',
           (jsonb_build_object('run_id', $1::bigint) || announcement)::text
         ))
         from jsonb_array_elements($2) as announcement
       )`,
    [runId, JSON.stringify(announcements)],
  );
}

/** Keeps of each asset what is published and the version before it, for rollback; a table in use is left to the next time. */
export async function dropOldVersions(
  { pool, log, registry }: Context,
  assets: readonly string[],
): Promise<void> {
  const { rows } = await pool.query<{ asset: string; code_version: string; relation: string }>(
    `select asset, code_version, relation
     from (
       select
         asset, code_version, relation, retired_at,
         row_number() over (partition by asset order by retired_at is null desc, published_at desc) as position
       from orchestrator.asset_versions
       where asset = any($1)
     ) as ranked
     where position > 2
       and retired_at is not null`,
    [assets],
  );
  for (const version of rows) {
    try {
      await transaction(
        pool,
        async (client) => {
          if (version.relation !== "") {
            await client.query(`drop table if exists ${tableName(registry.graph.schemas, version.relation)}`);
          }
          await client.query(
            `delete from orchestrator.asset_versions
             where asset = $1
               and code_version = $2
               and relation = $3`,
            [version.asset, version.code_version, version.relation],
          );
        },
        { begin: "begin; set local lock_timeout = '2s'" },
      );
    } catch (error) {
      log.warn(
        { error, relation: version.relation },
        "an old version could not be dropped; it will be tried again",
      );
    }
  }
}
