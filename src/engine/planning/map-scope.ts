import type { ClientBase, Pool } from "pg";
import { type AnyAsset, type Dependency, type DependencyReach, readableName } from "../definition/index.ts";
import { quoteIdentifier } from "../postgres/index.ts";
import { outgoingScope, type Scope } from "./scope.ts";
import { arrayTypeOf } from "./scope-filter.ts";
/**
 * The scope of `dependent` that a change of `dependency` in `scope` may touch. null: nobody is touched.
 * `client` looks values up in the relation `via` where the partition columns differ.
 */
export async function mapScope(
  client: ClientBase | Pool,
  dependency: Dependency,
  reach: Pick<DependencyReach, "time" | "partitions">,
  dependent: AnyAsset,
  scope: Scope,
): Promise<Scope | null> {
  const changed = outgoingScope(dependency.asset, scope);
  if (changed.partitions?.length === 0) return null;
  const since = reach.time === "everything" ? null : changed.since;
  const partitions = await mapPartitions(client, dependency, reach.partitions, dependent, changed.partitions);
  return partitions?.length === 0 ? null : { partitions, since };
}

async function mapPartitions(
  client: ClientBase | Pool,
  { asset, via }: Dependency,
  reach: DependencyReach["partitions"],
  dependent: AnyAsset,
  values: readonly string[] | null,
): Promise<readonly string[] | null> {
  if (values === null || !asset.partitionBy || !dependent.partitionBy) return null;
  if (reach === "same") return values;
  if (reach === "all" || !via) return null;
  const { rows } = await client.query<{ value: string }>(
    `select distinct ${quoteIdentifier(dependent.partitionBy)}::text as value
     from ${readableName(via)}
     where ${quoteIdentifier(asset.partitionBy)} = any($1::${arrayTypeOf(via, asset.partitionBy)})
       and ${quoteIdentifier(dependent.partitionBy)} is not null
     order by value`,
    [values],
  );
  return rows.map((row) => row.value);
}
