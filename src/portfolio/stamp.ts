/** Of what a person's figures are: equal stamps, equal answers of all that is published. */
import type { Pool, PoolClient } from "pg";
import { personRows } from "../database/person.ts";
import type { Graph, Registry } from "../engine/index.ts";

export interface Stamp {
  /** Of the rows, as far as they are the person's or nobody's. */
  readonly data: string;
  /** Of the code that made them. */
  readonly code: string;
}

const known = new WeakMap<Graph, readonly string[]>();

/** Those whose rows are of single people. */
export function personalAssets({ graph }: Registry): readonly string[] {
  const names =
    known.get(graph) ??
    [...graph.nodes.values()].flatMap(({ asset }) => (asset.partitionBy === "user_id" ? [asset.name] : []));
  known.set(graph, names);
  return names;
}

const statementOf = (registry: Registry, userId: number) => ({
  name: "read_stamp", // prepared: it precedes every look at what is kept
  text: "select orchestrator.data_stamp('user_id', $1::bigint::text, $2) as data, orchestrator.code_stamp() as code",
  values: [userId, personalAssets(registry)],
});

/** In one round trip. */
export async function readStamp(pool: Pool, registry: Registry, userId: number): Promise<Stamp> {
  const [stamp] = await personRows<Stamp>(pool, userId, statementOf(registry, userId));
  return stamp!;
}

/** The same within a transaction of the person's. */
export async function readStampWithin(
  client: PoolClient,
  registry: Registry,
  userId: number,
): Promise<Stamp> {
  const { rows } = await client.query<Stamp>(statementOf(registry, userId));
  return rows[0]!;
}
