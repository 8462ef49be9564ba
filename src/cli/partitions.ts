/** Which rows `--partition` means: values of which column, and whether anybody has them. */
import type { Pool } from "pg";
import {
  type AnyAsset,
  type Graph,
  quoteIdentifier,
  quoteRelation,
  readCurrentVersions,
  type Scope,
} from "../engine/index.ts";
import { AmbiguousPartitionError, ForeignPartitionError, UnknownPartitionError } from "./errors.ts";
import type { ScopeOptions } from "./options.ts";

/** What of the assets selected a command works on. */
export interface Part {
  /** Assets of which the scope says something, in the graph's order; all that are selected where none was asked for. */
  readonly names: readonly string[];
  /** null: no part of the rows was asked for. */
  readonly scope: Scope | null;
}

/** own: assets with the partition column. below: also what is below these, where a change of theirs is carried on. */
type Reach = "own" | "below";

/**
 * Reads `COLUMN=VALUE`, or values alone while only one partition column of the assets selected fits them. Throws a
 * UsageError where none or several do, and where no row has the value (unless it may be ingested now).
 */
export async function readPart(
  pool: Pool,
  graph: Graph,
  selected: readonly string[],
  { partition, since }: ScopeOptions,
  reach: Reach,
): Promise<Part> {
  if (partition.length === 0)
    return { names: selected, scope: since === undefined ? null : { partitions: null, since } };
  const assets = selected.map((name) => graph.get(name).asset);
  const columns = [...new Set(assets.flatMap(({ partitionBy }) => partitionBy ?? []))];
  const given = partition.map((text) => parse(graph, text));
  const values = given.map(({ value }) => value);
  const named = new Set(given.flatMap(({ column }) => column ?? []));
  const fitting = columns.filter(
    (column) => [...named].every((other) => other === column) && fits(graph, column, values),
  );
  if (fitting.length === 0) throw new ForeignPartitionError(partition, columns);
  const known = new Map<string, Set<string>>();
  for (const column of fitting) known.set(column, await knownValues(pool, graph, column, values));
  const knowing = fitting.filter((column) => values.every((value) => known.get(column)!.has(value)));
  const [column, ...others] = knowing.length > 0 ? knowing : fitting;
  if (others.length > 0 && knowing.length > 0) throw new AmbiguousPartitionError(partition, knowing);
  const mayBeNew = reach === "below" && others.length === 0 && assets.some((asset) => brings(asset, column!));
  if (knowing.length === 0 && !mayBeNew) {
    const unknown = values.filter((value) => fitting.every((one) => !known.get(one)!.has(value)));
    throw new UnknownPartitionError(fitting, unknown.length > 0 ? unknown : values);
  }
  const scope = { partitions: values, since: since ?? null };
  return { names: within(graph, assets, column!, reach), scope };
}

/** A value may contain `=` itself, as tickers of currencies do: only a partition column in front of it is one. */
function parse(graph: Graph, text: string): { column: string | null; value: string } {
  const [column = "", ...rest] = text.split("=");
  const isColumn = [...graph.nodes.values()].some(({ asset }) => asset.partitionBy === column);
  return rest.length > 0 && isColumn ? { column, value: rest.join("=") } : { column: null, value: text };
}

function typeOf(graph: Graph, column: string): string {
  const owner = [...graph.nodes.values()].find(({ asset }) => asset.partitionBy === column)!;
  return owner.asset.columns[column]!.type;
}

function fits(graph: Graph, column: string, values: readonly string[]): boolean {
  const type = typeOf(graph, column);
  if (type === "bigint" || type === "integer") return values.every((value) => /^-?\d{1,18}$/.test(value));
  return type !== "date" || values.every((value) => /^\d{4}-\d{2}-\d{2}$/.test(value));
}

function brings(asset: AnyAsset, column: string): boolean {
  if (asset.kind !== "source" || asset.partitionBy !== column) return false;
  return asset.ingest !== undefined || asset.producedBy !== undefined;
}

/** Those of the values that a row of any source or table has in the column. */
async function knownValues(
  pool: Pool,
  graph: Graph,
  column: string,
  values: readonly string[],
): Promise<Set<string>> {
  const published = await readCurrentVersions(pool, graph);
  const relations = [...graph.nodes.values()].flatMap(({ asset }) => {
    if (asset.partitionBy !== column) return [];
    if (asset.kind === "source") return [quoteRelation(asset.schema, asset.name)];
    return published.get(asset.name)?.table ?? [];
  });
  if (relations.length === 0) return new Set();
  const found = relations.map(
    (relation) =>
      `exists (select from ${relation} where ${quoteIdentifier(column)} = value::${typeOf(graph, column)})`,
  );
  const { rows } = await pool.query<{ value: string }>(
    `select value from unnest($1::text[]) as value where ${found.join(" or ")}`,
    [values],
  );
  return new Set(rows.map(({ value }) => value));
}

function within(graph: Graph, assets: readonly AnyAsset[], column: string, reach: Reach): string[] {
  const kept = new Set<string>();
  const steps = new Set<string>();
  for (const asset of assets) {
    const above = reach === "below" ? graph.upstream(asset.name) : new Set<string>();
    if (asset.partitionBy !== column && [...above].every((name) => !steps.has(name))) continue;
    kept.add(asset.name);
    if (asset.kind === "model" || brings(asset, column)) steps.add(asset.name);
  }
  return [...kept];
}
