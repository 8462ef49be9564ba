/** The one helper that turns a name into SQL. Values never pass here: they are parameters. */
export function quoteIdentifier(name: string): string {
  if (name === "" || name.includes("\0"))
    throw new TypeError(`expected an identifier, got: ${JSON.stringify(name)}`);
  return `"${name.replaceAll('"', '""')}"`;
}

/** For statements that define objects, which take no parameters. */
export function quoteLiteral(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** `"schema"."name"` */
export function quoteRelation(schema: string, name: string): string {
  return `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`;
}

/** `"a", "b"` or, with a prefix, `p."a", p."b"` */
export function quoteColumns(columns: readonly string[], prefix?: string): string {
  return columns.map((column) => (prefix ? `${prefix}.` : "") + quoteIdentifier(column)).join(", ");
}
