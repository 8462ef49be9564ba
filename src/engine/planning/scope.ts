import type { AnyAsset } from "../definition/index.ts";

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

/** `shop_id 7, 8 from 2024-01-02`, or `everything`: what the scope comes to for this asset, for people. */
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

/** What an asset refreshed in `scope` may have changed: rows without a day say nothing of one, and no partition. */
export function outgoingScope(asset: AnyAsset, scope: Scope): Scope {
  return {
    partitions: asset.partitionBy ? scope.partitions : null,
    since: asset.timeColumn ? scope.since : null,
  };
}
