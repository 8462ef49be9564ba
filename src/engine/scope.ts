import type { ClientBase, Pool } from "pg";
import type { AnyAsset, Dependency } from "./declare.ts";
import { readableName } from "./published.ts";
import { quoteIdentifier } from "./sql.ts";

/** Some partition values from some day on. partitions null: all of them; since null: from the beginning. */
export interface Scope {
  readonly partitions: readonly string[] | null;
  /** `YYYY-MM-DD` */
  readonly since: string | null;
}

export const everything: Scope = { partitions: null, since: null };

/** The smallest scope that holds both: all values of either, from the earlier day on. */
export function unionScopes(a: Scope, b: Scope): Scope {
  return {
    partitions:
      a.partitions === null || b.partitions === null
        ? null
        : [...new Set([...a.partitions, ...b.partitions])].sort(),
    since: a.since === null || b.since === null ? null : [a.since, b.since].sort()[0]!,
  };
}

/** `user_id 7, 8 from 2024-01-02`, or `everything`: what the scope comes to for this asset, for people. */
export function describeScope(asset: AnyAsset, scope: Scope): string {
  const { partitions, since } = outgoingScope(asset, scope);
  const parts = [
    partitions === null ? "" : `${asset.partitionBy} ${listShortly(partitions)}`,
    since === null ? "" : `from ${since}`,
  ];
  return parts.filter(Boolean).join(" ") || "everything";
}

function listShortly(values: readonly string[]): string {
  return values.length <= 5
    ? values.join(", ")
    : `${values.slice(0, 4).join(", ")} and ${values.length - 4} more`;
}

/** What an asset refreshed in `scope` may have changed: no day can be told of rows without one, and no partition. */
export function outgoingScope(asset: AnyAsset, scope: Scope): Scope {
  return {
    partitions: asset.partitionBy ? scope.partitions : null,
    since: asset.timeColumn ? scope.since : null,
  };
}

/**
 * The scope of `dependent` that a change of `dependency` in `scope` may touch. null: nobody is touched.
 * `client` looks values up in the relation `via` where the partition columns differ.
 */
export async function mapScope(
  client: ClientBase | Pool,
  dependency: Dependency,
  dependent: AnyAsset,
  scope: Scope,
): Promise<Scope | null> {
  const changed = outgoingScope(dependency.asset, scope);
  if (changed.partitions?.length === 0) return null;
  const since = dependency.time === "everything" ? null : changed.since;
  const partitions = await mapPartitions(client, dependency, dependent, changed.partitions);
  return partitions?.length === 0 ? null : { partitions, since };
}

async function mapPartitions(
  client: ClientBase | Pool,
  { asset, via }: Dependency,
  dependent: AnyAsset,
  values: readonly string[] | null,
): Promise<readonly string[] | null> {
  if (values === null || !asset.partitionBy || !dependent.partitionBy) return null;
  if (asset.partitionBy === dependent.partitionBy) return values;
  if (!via) return null;
  const { rows } = await client.query<{ value: string }>(
    `select distinct ${quoteIdentifier(dependent.partitionBy)}::text as value
     from ${readableName(via)}
     where ${quoteIdentifier(asset.partitionBy)} = any($1::${arrayOf(via, asset.partitionBy)})
       and ${quoteIdentifier(dependent.partitionBy)} is not null
     order by value`,
    [values],
  );
  return rows.map((row) => row.value);
}

export interface ScopeFilter {
  /** `"user_id" = any($1::bigint[]) and "price_date" >= $2::date`, or `true`. */
  readonly condition: string;
  readonly values: unknown[];
}

/**
 * The scope as a condition on the asset's own columns, its parameters numbered from `firstParameter` on. Arrays
 * and constants only: PostgreSQL pushes these through views, grouping and windows, and does not push a join.
 */
export function scopeFilter(asset: AnyAsset, scope: Scope, firstParameter = 1): ScopeFilter {
  const conditions: string[] = [];
  const values: unknown[] = [];
  const parameter = (value: unknown): string => `$${firstParameter + values.push(value) - 1}`;
  if (asset.partitionBy && scope.partitions !== null) {
    const type = arrayOf(asset, asset.partitionBy);
    conditions.push(`${quoteIdentifier(asset.partitionBy)} = any(${parameter(scope.partitions)}::${type})`);
  }
  if (asset.timeEndColumn && scope.since !== null) {
    // A period that ends on the day is taken too: it may be the one that a change of that day cut off.
    const end = quoteIdentifier(asset.timeEndColumn);
    conditions.push(`(${end} is null or ${end} >= ${parameter(scope.since)}::date)`);
  } else if (asset.timeColumn && scope.since !== null) {
    conditions.push(`${quoteIdentifier(asset.timeColumn)} >= ${parameter(scope.since)}::date`);
  }
  return { condition: conditions.join(" and ") || "true", values };
}

function arrayOf(asset: AnyAsset, column: string): string {
  const declared = asset.columns[column];
  if (!declared) throw new TypeError(`expected a declared column of ${asset.name}, got: ${column}`);
  return `${declared.type}[]`;
}
