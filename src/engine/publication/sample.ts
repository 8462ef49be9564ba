import type { ClientBase } from "pg";
import { type AnyAsset, type Check, isView } from "../definition/index.ts";
import { quoteIdentifier } from "../postgres/index.ts";
import type { CheckResult, CurrentVersion } from "../records/index.ts";
import { mostNamed, runChecks } from "../refresh/index.ts";

/** A view is computed to be checked: for so many partition values at least, and for so many as are quickly done. */
const least = 3;
const most = 50;
const quickMilliseconds = 100;

/** By table: values of its partition column, for all checks of one publication. */
export type Samples = Map<string, Promise<readonly string[]>>;

/** What a sample is taken from: versions that are filled. */
type Versions = ReadonlyMap<string, CurrentVersion>;

/** Runs the checks before the asset is published: of a table on all rows, of a view on those of some partition values. */
export async function checkToPublish(
  client: ClientBase,
  versions: Versions,
  asset: AnyAsset,
  checks: readonly Check[],
  samples: Samples,
): Promise<CheckResult[]> {
  const { partitionBy } = asset;
  const values = isView(asset) && partitionBy ? await sampleOf(client, versions, partitionBy, samples) : [];
  if (values.length === 0 || checks.length === 0) return await runChecks(client, asset, checks);
  // What of a key is said to be one over all values is no matter of one of them.
  const overAll = asset.key.includes(partitionBy!) ? [] : checks.filter(({ kind }) => kind === "unique_key");
  const results = await runChecks(client, asset, overAll, { partitions: values, since: null });
  const each = await checkOneByOne(
    client,
    asset,
    checks.filter((check) => !overAll.includes(check)),
    values,
  );
  return [...results, ...each];
}

/** An equality goes to both sides of a join, a list of values to one: the other would be computed for everybody. */
async function checkOneByOne(
  client: ClientBase,
  asset: AnyAsset,
  checks: readonly Check[],
  values: readonly string[],
): Promise<CheckResult[]> {
  if (checks.length === 0) return [];
  await client.query("set local plan_cache_mode = force_generic_plan"); // planned once, not for each value
  const until = performance.now() + quickMilliseconds;
  const results: CheckResult[][] = [];
  for (const value of values) {
    if (results.length >= least && performance.now() > until) break;
    results.push(await runChecks(client, asset, checks, { partitions: [value], since: null }));
  }
  return results[0]!.map((first, index) => {
    const same = results.map((result) => result[index]!);
    return {
      ...first,
      failingRows: same.reduce((sum, { failingRows }) => sum + failingRows, 0),
      sample: same.flatMap(({ sample }) => sample).slice(0, mostNamed),
    };
  });
}

/** In turn from every table that has the column: those of one may all be of a kind, and it may be empty. */
async function sampleOf(
  client: ClientBase,
  versions: Versions,
  column: string,
  samples: Samples,
): Promise<readonly string[]> {
  const found: { value: string; place: number }[] = [];
  for (const { asset, relation } of versions.values()) {
    if (relation === null || asset.partitionBy !== column) continue;
    const known = samples.get(relation) ?? readSample(client, asset);
    samples.set(relation, known);
    known.catch(() => samples.delete(relation)); // the next one reads it anew
    found.push(...(await known).map((value, place) => ({ value, place })));
  }
  const inTurn = found.sort((a, b) => a.place - b.place).map(({ value }) => value);
  return [...new Set(inTurn)].slice(0, most);
}

async function readSample(client: ClientBase, { name, partitionBy }: AnyAsset): Promise<readonly string[]> {
  const values = quoteIdentifier(partitionBy!);
  // As text afterwards: the distinct ones come off the index of the key.
  const { rows } = await client.query<{ value: string }>(
    `select value::text
     from (
       select distinct ${values} as value
       from ${quoteIdentifier(name)}
       where ${values} is not null
       limit ${most}
     ) as listed`,
  );
  return rows.map(({ value }) => value);
}
