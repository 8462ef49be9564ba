import type { ClientBase, Pool } from "pg";
import type { AnyAsset, SqlAsset } from "./declare.ts";
import type { Graph } from "./graph.ts";
import { quoteIdentifier, quoteRelation } from "./sql.ts";

/** Where the names that people query live, each a view. */
export const modelSchema = "default";
/** Where the tables behind them live, one for each version of an asset. */
export const tableSchema = "materialized";

/** What must be known of a version to keep its rows right after the code has moved on. */
type Definition = Pick<
  SqlAsset,
  "columns" | "key" | "partitionBy" | "timeColumn" | "timeEndColumn" | "materialized"
>;

/** What stands behind an asset's name. A change refreshes this, which need not be what the files say by now. */
export interface Published {
  readonly asset: AnyAsset;
  /** null: a source, or never published. */
  readonly body: string | null;
  readonly codeVersion: string | null;
  /** The table in schema `materialized`; null for views and sources. */
  readonly relation: string | null;
}

/** null stands for absent: JSON has no undefined. */
type StoredDefinition = { readonly [Property in keyof Definition]-?: Definition[Property] | null };

interface AssetRow {
  readonly asset: string;
  readonly code_version: string | null;
  readonly relation: string | null;
}

export const selectPublished = "select asset, code_version, relation from orchestrator.assets";

/**
 * What is published of every asset of the graph. Where that is not the version of the graph (a file was edited, or
 * the asset rolled back) body and columns come from the record of versions. `rows`: of `selectPublished`, if it was
 * asked already.
 */
export async function readPublished(
  client: ClientBase | Pool,
  graph: Graph,
  rows?: readonly AssetRow[],
): Promise<Map<string, Published>> {
  const known = rows ?? (await client.query<AssetRow>(selectPublished)).rows;
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
  return new Map(
    [...graph.nodes].map(([name, { asset, body, codeVersion }]): [string, Published] => {
      const row = byName.get(name);
      const { relation = null } = row ?? {};
      if (asset.kind === "source") return [name, { asset, body: null, codeVersion: null, relation: null }];
      if (!row?.code_version) return [name, { asset, body: null, codeVersion: null, relation: null }];
      if (row.code_version === codeVersion) return [name, { asset, body, codeVersion, relation }];
      const version = recorded.get(name);
      const before = version ? withDefinition(asset, version.definition) : asset;
      return [name, { asset: before, body: version?.body ?? null, codeVersion: row.code_version, relation }];
    }),
  );
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

/** A version that was published and can be again. */
export interface KeptVersion {
  readonly asset: SqlAsset;
  readonly body: string;
  readonly codeVersion: string;
  readonly relation: string | null;
}

/** The version of the asset that was published before the present one; null: none is kept. */
export async function readPreviousVersion(client: ClientBase, asset: AnyAsset): Promise<KeptVersion | null> {
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
  return { asset: withDefinition(asset, definition), body, codeVersion: code_version, relation };
}

function withDefinition(asset: SqlAsset, definition: StoredDefinition): SqlAsset {
  const { partitionBy: _, timeColumn: __, timeEndColumn: ___, ...rest } = asset;
  const present = Object.entries(definition).filter(([, value]) => value !== null);
  return { ...rest, ...(Object.fromEntries(present) as Definition) };
}

/** What is kept of a version in `asset_versions.columns`. */
export function definitionOf(asset: SqlAsset): StoredDefinition {
  return {
    columns: asset.columns,
    key: asset.key,
    partitionBy: asset.partitionBy ?? null,
    timeColumn: asset.timeColumn ?? null,
    timeEndColumn: asset.timeEndColumn ?? null,
    materialized: asset.materialized,
  };
}

/** The name to read an asset by: a source's table, or what the search path says of a model (being built, or published). */
export function readableName(asset: AnyAsset): string {
  return asset.kind === "source" ? quoteRelation(asset.schema, asset.name) : quoteIdentifier(asset.name);
}
