/** Who sees which rows of a table: the policies that every table of a model gets. */
import type { ClientBase } from "pg";
import type { RowSecurity } from "../context.ts";
import { quoteIdentifier, quoteLiteral } from "../postgres/index.ts";

/** The column of the table that says whose a row is; null: nobody's, so that all are seen. */
export function ownerColumn(
  { column, privateValues }: RowSecurity,
  columns: readonly string[],
): string | null {
  if (columns.includes(column)) return column;
  return privateValues && columns.includes(privateValues.column) ? privateValues.column : null;
}

/**
 * Row-level security of a new table, unless its rows are nobody's. What is nobody's among private values is shown to every role that may
 * read the table: whom somebody else has let in, no policy of ours names.
 */
export async function secureRows(
  client: ClientBase,
  table: string,
  columns: readonly string[],
  readerRole: string,
  rowSecurity: RowSecurity | null,
): Promise<void> {
  if (rowSecurity === null) return;
  const owner = ownerColumn(rowSecurity, columns);
  if (owner === null) return;
  const column = quoteIdentifier(owner);
  const role = quoteIdentifier(readerRole);
  await client.query(`alter table ${table} enable row level security`);
  if (owner === rowSecurity.column) {
    await client.query(
      `create policy own_rows on ${table} for select to ${role} using (${column} = ${rowSecurity.value})`,
    );
    return;
  }
  const { pattern, own } = rowSecurity.privateValues!;
  await client.query(
    `create policy own_rows on ${table} for select to ${role} using (${column} like ${own})`,
  );
  await client.query(
    `create policy shared_rows on ${table} for select using (${column} not like ${quoteLiteral(pattern)})`,
  );
}
