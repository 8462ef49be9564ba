/** What the declarations say of assets and columns, as PostgreSQL's comments: `\d+` and BI tools show them. */
import type { ClientBase } from "pg";
import type { Context } from "../context.ts";
import { stableName } from "../definition/index.ts";
import { messageOf, transaction } from "../postgres/index.ts";

/** Somebody who analyzes a view, or comments on it, is not to hold anything up. */
const lockMilliseconds = 1_000;

/**
 * Writes the comments that differ on the stable views of models, and on their columns as far as they are published. They
 * are for people: a failure is logged, and the next deploy tries again.
 */
export async function writeComments({ pool, log, registry }: Context): Promise<void> {
  const { graph } = registry;
  const wanted = [...graph.nodes.values()].flatMap(({ asset }) => {
    if (asset.kind !== "model") return [];
    const relation = stableName(graph.schemas, asset.name);
    const columns = Object.entries(asset.columns).map(([column, { description }]) => ({
      relation,
      column,
      description,
    }));
    return [{ relation, column: null, description: asset.description }, ...columns];
  });
  const write = async (client: ClientBase): Promise<void> => {
    const { rows } = await client.query<{ statement: string }>(
      `select case
         when "column" is null then format('comment on view %s is %L', relation, description)
         else format('comment on column %s.%I is %L', relation, "column", description)
       end as statement
       from jsonb_to_recordset($1) as wanted (relation text, "column" text, description text)
       join pg_class as class on class.oid = to_regclass(relation) and relkind = 'v'
       left join pg_attribute on attrelid = class.oid and attname = "column" and not attisdropped
       where ("column" is null or attnum is not null)
         and coalesce(
           case when "column" is null then obj_description(class.oid, 'pg_class') else col_description(class.oid, attnum) end,
           ''
         ) <> description`,
      [JSON.stringify(wanted)],
    );
    const statements = rows.map(({ statement }) => statement);
    if (statements.length > 0) await client.query(statements.join(";\n"));
  };
  try {
    await transaction(pool, write, { begin: `begin; set local lock_timeout = ${lockMilliseconds}` });
  } catch (error) {
    log.warn({ error }, `descriptions could not be written as comments: ${messageOf(error)}`);
  }
}
