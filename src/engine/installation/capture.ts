/** Change capture: the triggers by which a source's table says what changed in it, made from the source's declaration. */
import type { ClientBase } from "pg";
import type { CapturedOperation, SourceAsset } from "../definition/index.ts";
import { quoteIdentifier, quoteRelation } from "../postgres/index.ts";

interface Capture {
  readonly trigger: string;
  /** As `pg_get_triggerdef` gives it back, which is also what creates it. */
  readonly definition: string;
}

const transitionTables: Readonly<Record<CapturedOperation, string>> = {
  insert: "REFERENCING NEW TABLE AS new_rows ",
  update: "REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows ",
  delete: "REFERENCING OLD TABLE AS old_rows ",
  truncate: "",
};

const everyOperation: readonly CapturedOperation[] = ["insert", "update", "delete", "truncate"];

/** The triggers that the source declares; none where nothing of it is to be captured. */
async function declaredCaptures(client: ClientBase, source: SourceAsset): Promise<Capture[]> {
  const { schema, name, partitionBy = "", timeColumn = "", captures = everyOperation } = source;
  const { rows } = await client.query<{ table: string; args: string }>(
    "select format('%I.%I', $1::text, $2::text) as table, format('%L, %L, %L', $2::text, $3::text, $4::text) as args",
    [schema, name, partitionBy, timeColumn],
  );
  const { table, args } = rows[0]!;
  return captures.map((operation) => {
    const call =
      operation === "truncate" ? `capture_truncate(${args.split(", ")[0]})` : `capture_changes(${args})`;
    const timing = `AFTER ${operation.toUpperCase()} ON ${table} ${transitionTables[operation]}`;
    const trigger = `capture_${operation}`;
    return {
      trigger,
      definition: `CREATE TRIGGER ${trigger} ${timing}FOR EACH STATEMENT EXECUTE FUNCTION orchestrator.${call}`,
    };
  });
}

/**
 * Makes the triggers of the source what its declaration says: missing ones are created, switched-off ones switched on,
 * others by our names replaced or dropped. Returns the names of those that were not right. The table must exist.
 */
export async function ensureCaptures(client: ClientBase, source: SourceAsset): Promise<string[]> {
  const declared = await declaredCaptures(client, source);
  const standing = await standingCaptures(client, source);
  const table = quoteRelation(source.schema, source.name);
  const mended: string[] = [];
  for (const { trigger, definition } of declared) {
    const found = standing.get(trigger);
    standing.delete(trigger);
    if (found?.definition === definition && found.enabled) continue;
    mended.push(trigger);
    if (found) await client.query(`drop trigger ${quoteIdentifier(trigger)} on ${table}`);
    await client.query(definition);
  }
  for (const trigger of standing.keys()) {
    mended.push(trigger);
    await client.query(`drop trigger ${quoteIdentifier(trigger)} on ${table}`);
  }
  return mended;
}

async function standingCaptures(
  client: ClientBase,
  { schema, name }: SourceAsset,
): Promise<Map<string, { readonly definition: string; readonly enabled: boolean }>> {
  const { rows } = await client.query<{ trigger: string; definition: string; enabled: boolean }>(
    `select tgname as trigger, pg_get_triggerdef(oid) as definition, tgenabled in ('O', 'A') as enabled
     from pg_trigger
     where tgrelid = to_regclass($1)
       and not tgisinternal
       and tgname like 'capture\\_%'`,
    [quoteRelation(schema, name)],
  );
  return new Map(rows.map((row) => [row.trigger, row]));
}
