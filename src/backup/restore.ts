/** Brings a backup into a fresh database: all of it in one transaction, or nothing. */
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { type ClientBase, DatabaseError, type Pool } from "pg";
import { from as copyFrom } from "pg-copy-streams";
import { loadMigrationFiles } from "postgres-migrations";
import { migrate, migrationsFolder } from "../database/migrate.ts";
import { createPool } from "../database/pool.ts";
import { transaction } from "../database/transaction.ts";
import { quoteColumns } from "../engine/index.ts";
import { deletionsBeside, readDeletions } from "./deletions.ts";
import { BackupDamagedError, BackupTooNewError, NotFreshError } from "./errors.ts";
import type { BackupHeader, BackupTable } from "./format.ts";
import { readBackup } from "./read.ts";
import { namedTables, savedTables } from "./tables.ts";

export interface RestoreOptions {
  readonly file: string;
  readonly passphrase: string | null;
  /** A list of accounts that have been deleted since; besides the one that lies beside the file. */
  readonly deletions: string | null;
}

export interface Restored {
  readonly rows: number;
  /** Accounts that were deleted after the backup was made, and are deleted again. */
  readonly deleted: number;
  /** API tokens, passkeys, invitations and recovery codes that were revoked or used up after it, and end again. */
  readonly ended: number;
}

/**
 * `header`: what checkBackup found. The database is brought to the migration that the backup had, filled, and then brought
 * to the newest, as that of any upgrade. Throws NotFreshError, BackupTooNewError or BackupDamagedError.
 */
export async function restoreBackup(
  connectionString: string,
  header: BackupHeader,
  options: RestoreOptions,
): Promise<Restored> {
  await refuseUnlessFresh(connectionString);
  await migrateTo(connectionString, header, options.file);
  const pool = createPool({ connectionString, applicationName: "stratafolio restore", max: 1 });
  try {
    const keys = await deletedSince(options);
    const restored = await transaction(pool, (client) => fill(client, options, keys));
    await migrate(connectionString);
    return restored;
  } finally {
    await pool.end();
  }
}

/** Of tables that are not there yet, as in an empty database, none has a row. */
async function refuseUnlessFresh(connectionString: string): Promise<void> {
  const pool = createPool({ connectionString, applicationName: "stratafolio restore", max: 1 });
  try {
    await refuseRows(pool);
  } finally {
    await pool.end();
  }
}

async function refuseRows(client: Pool | ClientBase): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    "select name from unnest($1::text[]) as name where to_regclass(name) is not null",
    [savedTables.map(({ name }) => name)],
  );
  const present = new Set(rows.map(({ name }) => name));
  for (const { name, own } of savedTables) {
    if (!present.has(name)) continue;
    const found = await client.query<{ has_rows: boolean }>(
      `select exists (select from ${name} where ${own ?? "true"}) as has_rows`,
    );
    if (found.rows[0]!.has_rows) throw new NotFreshError(`rows in ${name}`);
  }
}

/** Runs the migrations that the backup had, and no others: those after them change rows, too. */
async function migrateTo(
  connectionString: string,
  { migrations }: BackupHeader,
  file: string,
): Promise<void> {
  const known = await loadMigrationFiles(migrationsFolder);
  const unknown = migrations.find(({ id, hash }) => known.find((each) => each.id === id)?.hash !== hash);
  if (unknown) {
    const last = known.at(-1)!.id;
    throw new BackupTooNewError(file, `migrations up to ${last}`, `migration ${unknown.id} of another kind`);
  }
  const last = Math.max(...migrations.map(({ id }) => id));
  const folder = mkdtempSync(join(tmpdir(), "stratafolio-restore-"));
  try {
    for (const { id, fileName } of known)
      if (id > 0 && id <= last) cpSync(join(migrationsFolder, fileName), join(folder, fileName));
    await migrate(connectionString, folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
  const pool = createPool({ connectionString, applicationName: "stratafolio restore", max: 1 });
  try {
    const { rows } = await pool.query<{ id: number }>("select max(id) as id from public.migrations");
    if (rows[0]!.id > last)
      throw new NotFreshError(`migration ${rows[0]!.id}, which is newer than the backup's ${last}`);
  } finally {
    await pool.end();
  }
}

async function deletedSince({ file, deletions }: RestoreOptions): Promise<string[]> {
  const beside = await readDeletions(deletionsBeside(dirname(file)));
  if (deletions === null) return beside ?? [];
  const given = await readDeletions(deletions);
  if (given === null) throw new BackupDamagedError(deletions, "there is no such list of deleted accounts");
  return [...(beside ?? []), ...given];
}

async function fill(
  client: ClientBase,
  { file, passphrase }: RestoreOptions,
  deletedKeys: readonly string[],
): Promise<Restored> {
  const tables = await presentTables(client);
  for (const name of tables) await client.query(`lock table ${name} in access exclusive mode`);
  await refuseRows(client); // again, now that nobody else can write
  // What triggers do with a row (audit, changes, verdicts) was done when it was first written, and is in the file.
  for (const name of tables) await client.query(`alter table ${name} disable trigger user`);
  let rows = 0;
  await readBackup(file, passphrase, () => async (table, lines) => {
    if (!tables.includes(table.table))
      throw new BackupDamagedError(file, `an unknown table in it: ${table.table}`);
    const copied = await copy(client, table, lines).catch((error: unknown) => {
      throw asUntakeable(file, table, error);
    });
    rows += copied;
    return copied;
  });
  for (const name of tables) await client.query(`alter table ${name} enable trigger user`);
  const deleted = await deleteAgain(client, deletedKeys);
  const ended = await endAgain(client, tables, deletedKeys);
  return { rows, deleted, ended };
}

/** Data of another kind, or that contradicts itself, or columns that are not there: it was not written as it is by a backup. */
const untakeable = /^(22|23|42)/;

function asUntakeable(file: string, { table }: BackupTable, error: unknown): unknown {
  if (!(error instanceof DatabaseError) || !untakeable.test(error.code ?? "")) return error;
  return new BackupDamagedError(file, `the database does not take its ${table}: ${error.message}`, {
    cause: error,
  });
}

async function presentTables(client: ClientBase): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    "select name from unnest($1::text[]) as name where to_regclass(name) is not null",
    [savedTables.map(({ name }) => name)],
  );
  return rows.map(({ name }) => name);
}

async function copy(
  client: ClientBase,
  { table, columns, sequence }: BackupTable,
  lines: AsyncIterable<Buffer>,
): Promise<number> {
  if (!namedTables.includes(table)) throw new TypeError(`expected a table that is saved, got: ${table}`);
  const target = client.query(copyFrom(`copy ${table} (${quoteColumns(columns)}) from stdin`));
  await pipeline(Readable.from(lines), target);
  if (sequence)
    await client.query("select setval(pg_get_serial_sequence($1, $2), $3, $4)", [
      table,
      sequence.column,
      sequence.value,
      sequence.is_called,
    ]);
  return target.rowCount ?? 0;
}

/** As their owners did: by the function that an account ends by. */
async function deleteAgain(client: ClientBase, keys: readonly string[]): Promise<number> {
  const { rows } = await client.query<{ user_id: number }>(
    "select user_id from public.users where public.account_key(user_id, created_at) = any($1) order by user_id",
    [keys],
  );
  for (const { user_id } of rows)
    await client.query(`set local app.user_id = '${user_id}'; select public.delete_own_account()`);
  if (rows.length > 0) await client.query("set local app.user_id = ''");
  return rows.length;
}

/** What lets somebody in, each by the column that tells it from all others: as the triggers that remember their ends have it. */
const credentials = [
  { table: "public.api_tokens", kind: "api_token", column: "token_id" },
  { table: "public.passkeys", kind: "passkey", column: "passkey_id" },
  { table: "public.invitations", kind: "invitation", column: "invitation_id" },
  { table: "public.shared_links", kind: "shared_link", column: "link_id" },
  { table: "public.reading_grants", kind: "reading_grant", column: "grant_id" },
  { table: "public.recovery_codes", kind: "recovery_code", column: "code_hash" },
] as const;

/** What was revoked or used up since does not let anybody in again. `tables`: that the backup's migrations know. */
async function endAgain(
  client: ClientBase,
  tables: readonly string[],
  keys: readonly string[],
): Promise<number> {
  let ended = 0;
  for (const { table, kind, column } of credentials.filter((each) => tables.includes(each.table))) {
    const { rowCount } = await client.query(
      `delete from ${table}
       where encode(sha256(convert_to($1 || ' ' || ${column}::text, 'UTF8')), 'hex') = any($2)`,
      [kind, keys],
    );
    ended += rowCount ?? 0;
  }
  return ended;
}
