import type { ClientBase, Pool } from "pg";
import { type AnyAsset, type Dependency, type DependencyReach, readableName } from "../definition/index.ts";
import { mostPrepared, namedStatement, quoteIdentifier } from "../postgres/index.ts";
import { outgoingScope, type Scope } from "./scope.ts";
import { arrayTypeOf } from "./scope-filter.ts";

/** Partition values of one column by those of another, as relations have them. Asked once for the same, until the relation changes. */
export class ValueLookups {
  readonly #client: ClientBase | Pool;
  readonly #found = new Map<string, { readonly via: string; readonly values: Promise<readonly string[]> }>();

  constructor(client: ClientBase | Pool) {
    this.#client = client;
  }

  /** The values of `to` in rows of the relation that have one of `values` in `from`: sorted. */
  valuesOf(via: AnyAsset, from: string, to: string, values: readonly string[]): Promise<readonly string[]> {
    const key = JSON.stringify([via.name, from, to, values]);
    const known = this.#found.get(key);
    if (known) return known.values;
    const found = this.#lookUp(via, from, to, values);
    this.#found.set(key, { via: via.name, values: found });
    return found;
  }

  /** What was found in the relations that `isChanged` says may have other rows now. */
  forget(isChanged: (relation: string) => boolean): void {
    for (const [key, { via }] of this.#found) if (isChanged(via)) this.#found.delete(key);
  }

  async #lookUp(
    via: AnyAsset,
    from: string,
    to: string,
    values: readonly string[],
  ): Promise<readonly string[]> {
    const text = `
      select distinct ${quoteIdentifier(to)}::text as value
      from ${readableName(via)}
      where ${quoteIdentifier(from)} = any($1::${arrayTypeOf(via, from)})
        and ${quoteIdentifier(to)} is not null
      order by value`;
    const { rows } = await this.#client.query<{ value: string }>(
      values.length <= mostPrepared ? namedStatement(text, [values]) : { text, values: [values] },
    );
    return rows.map((row) => row.value);
  }
}

/**
 * The scope of `dependent` that a change of `dependency` in `scope` may touch. null: nobody is touched.
 * Values are looked up in the relation `via` where a declaration names one.
 */
export async function mapScope(
  lookups: ValueLookups,
  dependency: Dependency,
  reach: Pick<DependencyReach, "time" | "partitions">,
  dependent: AnyAsset,
  scope: Scope,
): Promise<Scope | null> {
  const changed = outgoingScope(dependency.asset, scope);
  if (changed.partitions?.length === 0) return null;
  const since = reach.time === "everything" ? null : changed.since;
  const partitions = await mapPartitions(
    lookups,
    dependency,
    reach.partitions,
    dependent,
    changed.partitions,
  );
  return partitions?.length === 0 ? null : { partitions, since };
}

async function mapPartitions(
  lookups: ValueLookups,
  { asset, via }: Dependency,
  reach: DependencyReach["partitions"],
  dependent: AnyAsset,
  values: readonly string[] | null,
): Promise<readonly string[] | null> {
  if (values === null || !asset.partitionBy || !dependent.partitionBy) return null;
  if (reach === "same") return values;
  if (reach === "all" || !via) return null;
  return await lookups.valuesOf(via, asset.partitionBy, dependent.partitionBy, values);
}
