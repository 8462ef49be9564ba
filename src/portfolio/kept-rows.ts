/**
 * A person's rows of a published model, kept in the process until their stamp is another one. The stamp is asked for each time, so no
 * event has to arrive, and of several processes none is behind.
 */
import type { Pool, QueryResultRow } from "pg";
import { personTransaction } from "../database/person.ts";
import type { Graph, Registry } from "../engine/index.ts";
import { type PublishedModels, readPublishedModels } from "./published-models.ts";
import { versionedStatement } from "./range-models.ts";
import { Recent } from "./recent.ts";
import { readStamp, readStampWithin, type Stamp } from "./stamp.ts";

/** Fields of rows, of 40 bytes or so: some 10 MB. */
const mostFields = 250_000;

interface Read {
  readonly rows: readonly QueryResultRow[];
  /** null: they may be of another stamp than they were asked for with. */
  readonly fields: number | null;
}

/** By the pool, which is of one database and one role. */
const kept = new WeakMap<Pool, Recent<Read>>();

function keptOf(pool: Pool): Recent<Read> {
  const known = kept.get(pool) ?? new Recent<Read>(mostFields, ({ fields }) => fields);
  kept.set(pool, known);
  return known;
}

interface Wanted {
  readonly pool: Pool;
  readonly registry: Registry;
  readonly userId: number;
  /** The asset of which the rows are, and nothing else is in the statement. */
  readonly asset: string;
  readonly text: string;
  readonly values: readonly unknown[];
}

/** To be called within `acrossPublications`. */
export async function readKeptRows<R extends QueryResultRow>(wanted: Wanted): Promise<R[]> {
  const { pool, registry, userId, text, values } = wanted;
  const stamp = await readStamp(pool, registry, userId);
  const key = JSON.stringify([userId, stamp, text, values]);
  const { rows } = await keptOf(pool).get(key, () => read(wanted, stamp));
  return rows as R[];
}

function read({ pool, registry, userId, asset, text, values }: Wanted, stamp: Stamp): Promise<Read> {
  return personTransaction(
    pool,
    userId,
    async (client) => {
      const published = await readPublishedModels(client, registry, stamp.code);
      const { name } = versionedStatement(published, text);
      const { rows } = await client.query<QueryResultRow>({ name, text, values: [...values] });
      const after = await readStampWithin(client, registry, userId);
      const isOfStamp = after.data === stamp.data && after.code === stamp.code;
      const fields = rows.length * Object.keys(rows[0] ?? {}).length + 1;
      return { rows, fields: isOfStamp && isOfTables(published, registry.graph, asset) ? fields : null };
    },
    { isPlannedOnce: true },
  );
}

/**
 * Is all that it is computed from tables of models? Their rows change with the stamp, in the transaction that writes it; those of a
 * source change before, and the stamp follows once they were taken up.
 */
function isOfTables(published: PublishedModels, graph: Graph, name: string): boolean {
  const model = published.models.get(name);
  if (!model || model.asset.kind === "source" || model.body === null) return false;
  if (model.asset.materialized === "view")
    return published.reads.get(name)!.every((read) => isOfTables(published, graph, read));
  // Another version may be of everybody where the one that is known here is of each person: the stamp would not tell.
  return model.codeVersion === graph.get(name).codeVersion;
}
