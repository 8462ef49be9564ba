import type { AnyAsset } from "../definition/index.ts";
import { quoteIdentifier } from "../postgres/index.ts";
import type { Scope } from "./scope.ts";
export interface ScopeFilter {
  /** `"shop_id" = any($1::bigint[]) and "sold_on" >= $2::date`, of one value `"shop_id" = $1::bigint`, or `true`. */
  readonly condition: string;
  readonly values: unknown[];
}

/**
 * The scope as a condition on the asset's own columns, its parameters numbered from `firstParameter` on. Arrays
 * and constants only: PostgreSQL pushes these through views, grouping and windows, and does not push a join. An equality goes
 * to the other side of a join, too, which a list of one does not: of one person's contributions everybody's were computed.
 */
export function scopeFilter(asset: AnyAsset, scope: Scope, firstParameter = 1): ScopeFilter {
  const conditions: string[] = [];
  const values: unknown[] = [];
  const parameter = (value: unknown): string => `$${firstParameter + values.push(value) - 1}`;
  if (asset.partitionBy && scope.partitions !== null) {
    const column = quoteIdentifier(asset.partitionBy);
    const { partitions } = scope;
    conditions.push(
      partitions.length === 1
        ? `${column} = ${parameter(partitions[0])}::${typeOf(asset, asset.partitionBy)}`
        : `${column} = any(${parameter(partitions)}::${arrayTypeOf(asset, asset.partitionBy)})`,
    );
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

/** `bigint[]`: the type of a parameter that holds values of the column. */
export function arrayTypeOf(asset: AnyAsset, column: string): string {
  return `${typeOf(asset, column)}[]`;
}

function typeOf(asset: AnyAsset, column: string): string {
  const declared = asset.columns[column];
  if (!declared) throw new TypeError(`expected a declared column of ${asset.name}, got: ${column}`);
  return declared.type;
}
