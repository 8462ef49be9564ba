import type { ClientBase } from "pg";
import type { AnyAsset } from "../definition/index.ts";
import { everything, type Scope } from "../planning/index.ts";
import { quoteIdentifier } from "../postgres/index.ts";
import type { CurrentVersion } from "../records/index.ts";

/** A view is computed to be checked. For this many partition values: for 1,000 people that took three minutes. */
const sampleSize = 50;

/** Some partition values of a view: those that the first table with the same partition column has. */
export async function sampleOf(
  client: ClientBase,
  versions: ReadonlyMap<string, CurrentVersion>,
  { partitionBy }: AnyAsset,
): Promise<Scope> {
  const hasValues = ({ asset, relation }: CurrentVersion): boolean =>
    relation !== null && asset.partitionBy === partitionBy;
  const table = partitionBy && [...versions.values()].find(hasValues);
  if (!table) return everything;
  const column = quoteIdentifier(partitionBy);
  const { rows } = await client.query<{ value: string }>(
    `select distinct ${column}::text as value
     from ${quoteIdentifier(table.asset.name)}
     where ${column} is not null
     limit ${sampleSize}`,
  );
  return { partitions: rows.map(({ value }) => value), since: null };
}
