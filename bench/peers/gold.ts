/** Whether two databases say the same in gold, to the last character. */
import type { Pool } from "pg";
import { type Graph, quoteColumns, quoteIdentifier, type SqlAsset } from "../../src/engine/index.ts";

export interface Compared {
  readonly model: string;
  readonly rows: number;
}

interface Place {
  readonly pool: Pool;
  readonly schema: string;
}

/** Every gold model, of some people one after the other. Throws where they differ. */
export async function compareGold(
  graph: Graph,
  ours: Place,
  theirs: Place,
  people: number,
): Promise<Compared[]> {
  const compared: Compared[] = [];
  for (const { asset } of graph.nodes.values()) {
    if (asset.kind !== "model" || asset.layer !== "gold") continue;
    let rows = 0;
    for (const person of asset.partitionBy === "user_id" ? rangeTo(people) : [null]) {
      const [a, b] = [await read(ours, asset, person), await read(theirs, asset, person)];
      if (a.text !== b.text)
        throw new Error(
          `${asset.name} of ${person ?? "everybody"}: ${a.rows} rows here, ${b.rows} there, not the same`,
        );
      rows += a.rows;
    }
    compared.push({ model: asset.name, rows });
  }
  return compared;
}

const rangeTo = (people: number): number[] => Array.from({ length: people }, (_, index) => index + 1);

async function read({ pool, schema }: Place, asset: SqlAsset, person: number | null) {
  const columns = quoteColumns(Object.keys(asset.columns));
  const { rows } = await pool.query<{ rows: number; text: string | null }>(
    `select count(*) as rows, md5(string_agg(line, chr(10) order by line collate "C")) as text
     from (
       select row(${columns})::text as line
       from ${schema}.${quoteIdentifier(asset.name)}
       ${person === null ? "" : "where user_id = $1"}
     ) as gold`,
    person === null ? [] : [person],
  );
  return rows[0]!;
}
