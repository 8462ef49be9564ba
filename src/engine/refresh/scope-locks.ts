import type { ClientBase } from "pg";
import type { AnyAsset } from "../definition/index.ts";
import type { Scope } from "../planning/index.ts";

/** Above this many values the whole column is locked: the lock table of the server is finite. */
const mostValues = 100;

/** The scopes that one transaction holds. A second refresh of the same rows would not see what the first inserts. */
export class ScopeLocks {
  readonly #client: ClientBase;
  readonly #shared = new Set<string>();
  readonly #exclusive = new Set<string>();

  constructor(client: ClientBase) {
    this.#client = client;
  }

  /** Waits until no other transaction holds any of the scope. */
  async lock(asset: AnyAsset, { partitions }: Scope): Promise<void> {
    if (!asset.partitionBy) return this.#take([], [`asset ${asset.name}`]);
    const column = columnLock(asset.partitionBy);
    if (partitions === null || partitions.length > mostValues) return this.#take([], [column]);
    if (this.#exclusive.has(column)) return;
    await this.#take(
      [column],
      partitions.map((value) => `value ${asset.partitionBy} ${value}`),
    );
  }

  /**
   * Waits until nobody is changing rows of any value of the column. Needed before values are looked up in another
   * relation: a row being inserted there now would not be found, and its owner is reading what we are changing.
   */
  async lockColumn(column: string): Promise<void> {
    await this.#take([], [columnLock(column)]);
  }

  async #take(shared: readonly string[], exclusive: readonly string[]): Promise<void> {
    const wantedShared = shared.filter((name) => !this.#shared.has(name));
    const wanted = exclusive.filter((name) => !this.#exclusive.has(name));
    if (wantedShared.length + wanted.length === 0) return;
    await this.#client.query({
      name: "lock_scopes",
      text: `select case when exclusive then pg_advisory_xact_lock(key) else pg_advisory_xact_lock_shared(key) end
             from (
               select hashtextextended(name, 0) as key, exclusive
               from unnest($1::text[], $2::boolean[]) as wanted (name, exclusive)
               order by exclusive, key -- everybody in the same order
               offset 0
             ) ordered`,
      values: [
        [...wantedShared, ...wanted],
        [...wantedShared.map(() => false), ...wanted.map(() => true)],
      ],
    });
    for (const name of wantedShared) this.#shared.add(name);
    for (const name of wanted) this.#exclusive.add(name);
  }
}

function columnLock(column: string): string {
  return `column ${column}`;
}
