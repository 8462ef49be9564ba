/**
 * The record of what refreshes carried on: append-only, a row for each asset whose content a transaction changed, written
 * in that transaction. A rebuild reads from it what was committed while it filled its tables (see publication/rebuild).
 * Steps are no such record: they are for display, one for each run and asset, and what a run does twice overwrites them.
 */
import type { ClientBase, Pool } from "pg";
import type { Graph } from "../definition/index.ts";
import { type Scope, unionScopes } from "../planning/index.ts";
import { lockBarrier, lockRebuildIfFree, transaction } from "../postgres/index.ts";

export interface Propagation {
  readonly asset: string;
  /** What of its content changed. */
  readonly scope: Scope;
}

/** A statement that appends; to stand in a WITH. propagations: SQL of a jsonb array of Propagation. */
export function insertPropagations(propagations: string): string {
  return `
    insert into orchestrator.propagations (asset, scope)
    select asset, scope
    from jsonb_to_recordset(${propagations}) as propagation (asset text, scope jsonb)`;
}

export async function recordPropagations(
  client: ClientBase,
  propagations: readonly Propagation[],
): Promise<void> {
  if (propagations.length > 0)
    await client.query(insertPropagations("$1::jsonb"), [JSON.stringify(propagations)]);
}

/**
 * Waits until every refresh that has begun is done, and returns the last sequence number. Propagations with a greater
 * one were committed later than anything that is read from now on.
 */
export async function passBarrier(pool: Pool): Promise<number> {
  return await transaction(
    pool,
    async (client) => {
      const { rows } = await client.query<{ sequence: number }>(
        "select coalesce(max(sequence), 0) as sequence from orchestrator.propagations",
      );
      return rows[0]!.sequence;
    },
    { begin: `begin; ${lockBarrier}` },
  );
}

/** What was carried on after the barrier of each asset of the graph but those `without`, as one scope. */
export async function readPropagations(
  client: ClientBase,
  graph: Graph,
  barrier: number,
  without: readonly string[],
): Promise<Map<string, Scope>> {
  const { rows } = await client.query<Propagation>(
    `select asset, scope
     from orchestrator.propagations
     where sequence > $1
       and asset <> all($2)`,
    [barrier, without],
  );
  const changed = new Map<string, Scope>();
  for (const { asset, scope } of rows) {
    if (!graph.nodes.has(asset)) continue;
    const before = changed.get(asset);
    changed.set(asset, before ? unionScopes(before, scope) : scope);
  }
  return changed;
}

/** Only a rebuild that is going on reads the record: while there is none, what stands in it is nobody's. */
export async function dropPropagations(pool: Pool): Promise<void> {
  await transaction(pool, async (client) => {
    const { rows } = await client.query<{ free: boolean }>(lockRebuildIfFree);
    if (rows[0]!.free) await client.query("delete from orchestrator.propagations");
  });
}
