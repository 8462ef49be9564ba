import type { ClientBase, Pool, QueryResult, QueryResultRow } from "pg";

/** Statements without parameters, in one round trip: the rows of each. */
export async function queryTogether<Rows extends readonly QueryResultRow[]>(
  client: Pool | ClientBase,
  statements: { readonly [Place in keyof Rows]: string },
): Promise<{ [Place in keyof Rows]: Rows[Place][] }> {
  const results: unknown = await client.query(statements.join(";\n"));
  return (results as QueryResult[]).map(({ rows }) => rows) as { [Place in keyof Rows]: Rows[Place][] };
}
