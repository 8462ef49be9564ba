/** The engine's own schema: made, brought up to date, and opened to the roles that the application names. */
import { readdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { ClientBase, Pool } from "pg";
import type { RowSecurity } from "../context.ts";
import { defaultSchemas, type Schemas } from "../definition/index.ts";
import {
  lockInstallation,
  quoteIdentifier,
  quoteLiteral,
  quoteRelation,
  transaction,
} from "../postgres/index.ts";
import { secureRows } from "./row-policies.ts";

const sqlFolder = fileURLToPath(new URL("sql", import.meta.url));

export interface InstallOptions {
  /** May read what is published and the record of it, ask for runs, and cancel them. It must exist. */
  readonly readerRole: string;
  readonly rowSecurity: RowSecurity | null;
  readonly schemas?: Schemas;
}

/**
 * Makes the schema `orchestrator` and those of the models, or brings them to this version of the engine; a no-op when they
 * are there. Returns the names of the files that ran. All or nothing; safe to be called by several processes at once.
 */
export async function install(pool: Pool, options: InstallOptions): Promise<string[]> {
  const { readerRole, rowSecurity, schemas = defaultSchemas } = options;
  const wanted = JSON.stringify({ readerRole, rowSecurity, schemas });
  const work = async (client: ClientBase): Promise<string[]> => {
    for (const schema of ["orchestrator", schemas.models, schemas.tables]) await ensureSchema(client, schema);
    const installed = await readInstallation(client);
    const files = (await installationFiles()).filter((file) => versionOf(file) > installed.version);
    if (files.length === 0 && installed.options === wanted) return [];
    for (const file of files) await client.query(await readFile(`${sqlFolder}/${file}`, "utf8"));
    await openToReader(client, { readerRole, rowSecurity, schemas });
    await client.query(
      `insert into orchestrator.installation (version, options)
       values ($1, $2)
       on conflict (is_only) do update
       set version = excluded.version, options = excluded.options, installed_at = clock_timestamp()`,
      [Math.max(installed.version, ...files.map(versionOf)), wanted],
    );
    return files;
  };
  return await transaction(pool, work, { begin: `begin; ${lockInstallation}` });
}

/** The files that `install` would run: asked by whoever does not install. */
export async function pendingInstallation(client: Pool | ClientBase): Promise<string[]> {
  const { version } = await readInstallation(client);
  return (await installationFiles()).filter((file) => versionOf(file) > version);
}

/** Rewriting a schema that is there needs the right to create schemas, which an owner need not have. */
async function ensureSchema(client: ClientBase, schema: string): Promise<void> {
  const { rows } = await client.query<{ exists: boolean }>(
    "select to_regnamespace($1) is not null as exists",
    [quoteIdentifier(schema)],
  );
  if (!rows[0]!.exists) await client.query(`create schema ${quoteIdentifier(schema)}`);
}

/** version 0: nothing is installed. options: as they were the last time. */
async function readInstallation(
  client: Pool | ClientBase,
): Promise<{ version: number; options: string | null }> {
  const { rows } = await client.query<{ installation: boolean; tables: boolean }>(
    `select
       to_regclass('orchestrator.installation') is not null as installation,
       to_regclass('orchestrator.partition_versions') is not null as tables`,
  );
  // Before the engine had its own numbering its tables were made by an application's migrations: these are version 1.
  if (!rows[0]!.installation) return { version: rows[0]!.tables ? 1 : 0, options: null };
  const installed = await client.query<{ version: number; options: string }>(
    "select version, options from orchestrator.installation",
  );
  return installed.rows[0] ?? { version: 1, options: null };
}

async function installationFiles(): Promise<string[]> {
  return (await readdir(sqlFolder)).filter((file) => file.endsWith(".sql")).sort();
}

function versionOf(file: string): number {
  return Number.parseInt(file, 10);
}

/**
 * The reader sees what is published and, where the application lets it, the record; asks for runs and cancels them; it never
 * writes what a run found. A change it may make due ("look now"), and nothing more of it.
 */
async function openToReader(
  client: ClientBase,
  { readerRole, rowSecurity, schemas }: InstallOptions & { readonly schemas: Schemas },
): Promise<void> {
  const role = quoteIdentifier(readerRole);
  const named = ["orchestrator", schemas.models, schemas.tables].map(quoteIdentifier).join(", ");
  await client.query(`grant usage on schema ${named} to ${role}`);
  await client.query(
    `grant select on ${readable.map((table) => `orchestrator.${table}`).join(", ")} to ${role}`,
  );
  await client.query(
    `grant insert (operation, trigger_kind, trigger_name, selection, options, request_key), update (cancel_requested_at)
     on orchestrator.runs to ${role}`,
  );
  await client.query(`grant insert, update on orchestrator.automations to ${role}`);
  await client.query(`grant update (not_before) on orchestrator.changes to ${role}`);
  await client.query(`grant execute on function ${callable.join(", ")} to ${role}`);
  // Partition values say whose rows changed, and more than that.
  const sees = rowSecurity?.record ?? "true";
  for (const table of record) {
    await client.query(`alter table orchestrator.${table} enable row level security`);
    await client.query(`drop policy if exists record on orchestrator.${table}`);
    await client.query(
      `create policy record on orchestrator.${table} to ${role} using (${sees}) with check (${sees})`,
    );
  }
  // When somebody else's rows changed is nobody's business.
  await client.query(`drop policy if exists own_versions on orchestrator.partition_versions`);
  await client.query(
    `create policy own_versions on orchestrator.partition_versions for select to ${role} using (${ownVersions(rowSecurity)})`,
  );
  await securePublished(client, readerRole, rowSecurity, schemas);
}

function ownVersions(rowSecurity: RowSecurity | null): string {
  if (rowSecurity === null) return "true";
  const { column, value, privateValues } = rowSecurity;
  const own = [
    `(partition_column <> ${quoteLiteral(column)}
       or partition_value is null
       or partition_value = ${value}::text)`,
    privateValues &&
      `(partition_column <> ${quoteLiteral(privateValues.column)}
       or partition_value is null
       or partition_value not like ${quoteLiteral(privateValues.pattern)}
       or partition_value like ${privateValues.own})`,
  ];
  return own.filter(Boolean).join(" and ");
}

/** Tables from before there were private values. */
async function securePublished(
  client: ClientBase,
  readerRole: string,
  rowSecurity: RowSecurity | null,
  { tables }: Schemas,
): Promise<void> {
  if (!rowSecurity?.privateValues) return;
  const { rows } = await client.query<{ name: string; columns: string[] }>(
    `select relname as name, array_agg(attname) as columns
     from pg_class
     join pg_attribute on attrelid = pg_class.oid and attnum > 0 and not attisdropped
     where relnamespace = to_regnamespace($1)
       and relkind in ('r', 'p')
       and not exists (select from pg_policy where polrelid = pg_class.oid and polname = 'own_rows')
     group by relname`,
    [quoteIdentifier(tables)],
  );
  for (const { name, columns } of rows)
    await secureRows(client, quoteRelation(tables, name), columns, readerRole, rowSecurity);
}

const readable = [
  "changes",
  "runs",
  "steps",
  "step_logs",
  "check_results",
  "assets",
  "asset_versions",
  "automations",
  "ticks",
  "partition_versions",
  "installation",
];

/** What names partition values, or is for those alone who see these. */
const record = ["changes", "runs", "steps", "step_logs", "check_results", "ticks", "automations"];

const callable = [
  "code_stamp()",
  "data_stamp(text, text, text[])",
  "makes_good(orchestrator.steps, orchestrator.steps)",
  "request_run(text, text, text, text, jsonb, text)",
  "cancel_run(bigint)",
  "last_success()",
  "ingestions(text[])",
  "last_write(text[], text)",
].map((signature) => `orchestrator.${signature}`);
