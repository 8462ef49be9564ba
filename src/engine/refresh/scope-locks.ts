import type { ClientBase } from "pg";
import type { AnyAsset } from "../definition/index.ts";
import type { Scope } from "../planning/index.ts";

/** Above this many values the whole column is locked: the lock table of the server is finite. */
export const mostLockedValues = 100;

/** By name, whether it is exclusive. */
type Locks = ReadonlyMap<string, boolean>;

/** Another transaction holds locks that this one came to want. It is to begin again, and to take them first. */
export class LockHeldError extends Error {
  readonly locks: Locks;

  constructor(locks: Locks) {
    super(`expected ${[...locks.keys()].join(", ")} to be free, got: held by another transaction`);
    this.locks = locks;
  }
}

/**
 * The scopes that one transaction holds. A second refresh of the same rows would not see what the first inserts.
 *
 * What a refresh must lock it learns on its way. Who waits with locks in hand may be waited for: two portions of one new day stood in each other's
 * way until PostgreSQL had looked for a deadlock, a second later. So all that is known is taken first, in one order, and what is
 * wanted later is taken if it is free; where it is not, LockHeldError says what to begin with the next time.
 */
export class ScopeLocks {
  readonly #client: ClientBase;
  readonly #waits: boolean;
  readonly #held = new Map<string, boolean>();

  /** waits: for whatever is wanted, whenever. For who works while nobody else does. */
  constructor(client: ClientBase, { waits = false } = {}) {
    this.#client = client;
    this.#waits = waits;
  }

  /** Before any other: waits until no other transaction holds any of them, or of the scopes. */
  async takeFirst(locks: Locks, scopes: Iterable<readonly [AnyAsset, Scope]>): Promise<void> {
    const wanted = [locks, ...[...scopes].map(([asset, scope]) => locksOf(asset, scope))];
    await this.#wait(this.#notHeld(union(wanted)));
  }

  /** That nobody else writes any of the scope. */
  async lock(asset: AnyAsset, scope: Scope): Promise<void> {
    await this.lockAll([[asset, scope]]);
  }

  /** The same of several: what is not free of them is told together. */
  async lockAll(scopes: Iterable<readonly [AnyAsset, Scope]>): Promise<void> {
    await this.#take(union([...scopes].map(([asset, scope]) => locksOf(asset, scope))));
  }

  /** That nobody else writes the asset, which has no partitions; it may be read with the same lock. */
  async lockShared(asset: AnyAsset): Promise<void> {
    await this.#take(new Map([[assetLock(asset), false]]));
  }

  /**
   * That nobody is changing rows of any value of the column. Needed before values are looked up in another
   * relation: a row being inserted there now would not be found, and its owner is reading what we are changing.
   */
  async lockColumn(column: string): Promise<void> {
    await this.#take(new Map([[columnLock(column), true]]));
  }

  async #take(locks: Locks): Promise<void> {
    const wanted = this.#notHeld(locks);
    if (wanted.size === 0) return;
    if (this.#waits) return await this.#wait(wanted);
    const { rows } = await this.#client.query({
      name: "try_lock_scopes",
      text: `select
             from (
               select
                 case
                   when exclusive then pg_try_advisory_xact_lock(hashtextextended(name, 0))
                   else pg_try_advisory_xact_lock_shared(hashtextextended(name, 0))
                 end as is_free
               from unnest($1::text[], $2::boolean[]) as wanted (name, exclusive)
               offset 0
             ) tried
             where not is_free`,
      values: [[...wanted.keys()], [...wanted.values()]],
    });
    if (rows.length > 0) throw new LockHeldError(this.#wantedFirst(wanted));
    this.#hold(wanted);
  }

  async #wait(wanted: Locks): Promise<void> {
    if (wanted.size === 0) return;
    await this.#client.query({
      name: "lock_scopes",
      text: `select case when exclusive then pg_advisory_xact_lock(key) else pg_advisory_xact_lock_shared(key) end
             from (
               select hashtextextended(name, 0) as key, exclusive
               from unnest($1::text[], $2::boolean[]) as wanted (name, exclusive)
               order by key -- everybody in the same order
               offset 0
             ) ordered`,
      values: [[...wanted.keys()], [...wanted.values()]],
    });
    this.#hold(wanted);
  }

  /** And what was free on the way until now, or each of them would be found to be held in turn. What else is claimed has other values. */
  #wantedFirst(wanted: Locks): Locks {
    const isValue = (name: string): boolean => name.startsWith(anyValuePrefix);
    return union([wanted, new Map([...this.#held].filter(([name]) => !isValue(name)))]);
  }

  #hold(locks: Locks): void {
    for (const [name, exclusive] of locks) this.#held.set(name, exclusive);
  }

  /** A value is held with its column, and what is held exclusively is held in common, too. */
  #notHeld(locks: Locks): Locks {
    const columns = [...locks, ...this.#held].flatMap(([name, exclusive]) =>
      exclusive && name.startsWith(columnPrefix) ? [name.slice(columnPrefix.length)] : [],
    );
    return new Map(
      [...locks].filter(([name, exclusive]) => {
        if (columns.some((column) => name.startsWith(valuePrefix(column)))) return false;
        const held = this.#held.get(name);
        return held === undefined || (exclusive && !held);
      }),
    );
  }
}

function locksOf(asset: AnyAsset, { partitions }: Scope): Locks {
  const { partitionBy } = asset;
  if (!partitionBy) return new Map([[assetLock(asset), true]]);
  if (partitions === null || partitions.length > mostLockedValues)
    return new Map([[columnLock(partitionBy), true]]);
  return new Map([
    [columnLock(partitionBy), false],
    ...partitions.map((value): [string, boolean] => [`${valuePrefix(partitionBy)}${value}`, true]),
  ]);
}

/** Each as it is wanted most. */
export function union(all: readonly Locks[]): Locks {
  const locks = new Map<string, boolean>();
  for (const each of all)
    for (const [name, exclusive] of each) locks.set(name, exclusive || (locks.get(name) ?? false));
  return locks;
}

const assetLock = ({ name }: AnyAsset): string => `asset ${name}`;

const columnPrefix = "column ";

const columnLock = (column: string): string => `${columnPrefix}${column}`;

const anyValuePrefix = "value ";

const valuePrefix = (column: string): string => `${anyValuePrefix}${column} `;
