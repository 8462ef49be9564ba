import type { ClientBase } from "pg";
import { type AnyAsset, type Check, isView } from "../definition/index.ts";
import { quoteIdentifier } from "../postgres/index.ts";
import type { CheckResult, CurrentVersion } from "../records/index.ts";
import { runChecks } from "../refresh/index.ts";

/** A view is computed to be checked. For so many partition values: all views of one person take two seconds. */
const sampleSize = 3;

/** Runs the checks before the asset is published: of a table on all rows, of a view on those of some partition values. */
export async function checkToPublish(
  client: ClientBase,
  versions: ReadonlyMap<string, CurrentVersion>,
  asset: AnyAsset,
  checks: readonly Check[],
): Promise<CheckResult[]> {
  const values = isView(asset) && checks.length > 0 ? await sampleOf(client, versions, asset) : [];
  if (values.length === 0) return await runChecks(client, asset, checks);
  const results: CheckResult[][] = [];
  // One by one, since an equality goes to both sides of a join.
  for (const value of values)
    results.push(await runChecks(client, asset, checks, { partitions: [value], since: null }));
  return results[0]!.map((first, index) => {
    const same = results.map((each) => each[index]!);
    return {
      ...first,
      failingRows: same.reduce((sum, { failingRows }) => sum + failingRows, 0),
      sample: same.flatMap(({ sample }) => sample).slice(0, mostNamed),
    };
  });
}

/** How many failing rows are named. */
const mostNamed = 5;

/** Partition values that the tables with the same partition column have. Not those of the first alone: it may be of few, or empty. */
async function sampleOf(
  client: ClientBase,
  versions: ReadonlyMap<string, CurrentVersion>,
  { partitionBy }: AnyAsset,
): Promise<string[]> {
  const found = new Set<string>();
  if (!partitionBy) return [];
  const column = quoteIdentifier(partitionBy);
  for (const { asset, relation } of versions.values()) {
    if (relation === null || asset.partitionBy !== partitionBy) continue;
    const { rows } = await client.query<{ value: string }>(
      `select distinct ${column}::text as value
       from ${quoteIdentifier(asset.name)}
       where ${column} is not null
       limit ${sampleSize}`,
    );
    for (const { value } of rows) if (found.size < sampleSize) found.add(value);
    if (found.size === sampleSize) break;
  }
  return [...found];
}
