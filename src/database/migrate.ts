import { fileURLToPath } from "node:url";
import pg from "pg";
import { loadMigrationFiles, migrate as runMigrations } from "postgres-migrations";
import { endWhenLost, install, pendingInstallation } from "../engine/index.ts";
import { MigrationEditedError, MigrationFailedError } from "./errors.ts";
import { createPool } from "./pool.ts";
import { rowSecurity, webRole } from "./roles.ts";

export const migrationsFolder = fileURLToPath(new URL("../../migrations", import.meta.url));

/**
 * Brings the database to the newest migration, and the engine's own schema to its newest version. Returns the names of
 * the files that ran; a no-op when it is there. Safe to run by several processes at once. Throws MigrationEditedError or
 * MigrationFailedError.
 */
export async function migrate(connectionString: string, folder = migrationsFolder): Promise<string[]> {
  const client = new pg.Client({ connectionString, application_name: "stratafolio migrate" });
  await client.connect();
  try {
    await endWhenLost(client);
    const edited = await editedMigrations(client, folder);
    if (edited.length > 0) throw new MigrationEditedError(edited);
    const applied = await runMigrations({ client }, folder);
    const installed = await installEngine(connectionString);
    return [
      ...applied.filter(({ id }) => id > 0).map((migration) => migration.fileName), // 0: the record of them itself
      ...installed.map((file) => `engine ${file}`),
    ];
  } catch (error) {
    if (error instanceof MigrationEditedError || !(error instanceof Error)) throw error;
    throw new MigrationFailedError({ cause: error });
  } finally {
    await client.end();
  }
}

/** After the migrations, which made the first version of its tables and the role that reads them. */
async function installEngine(connectionString: string): Promise<string[]> {
  const pool = createPool({ connectionString, applicationName: "stratafolio migrate", max: 1 });
  try {
    return await install(pool, { readerRole: webRole, rowSecurity });
  } finally {
    await pool.end();
  }
}

/** Have all migrations of the program run? Asked by whoever does not run them itself. */
export async function pendingMigrations(
  client: pg.Pool | pg.Client,
  folder = migrationsFolder,
): Promise<string[]> {
  const applied = await appliedHashes(client);
  const files = await loadMigrationFiles(folder);
  return [
    ...files.filter((file) => !applied.has(file.id)).map((file) => file.fileName),
    ...(await pendingInstallation(client)).map((file) => `engine ${file}`),
  ];
}

async function editedMigrations(client: pg.Client, folder: string): Promise<string[]> {
  const applied = await appliedHashes(client);
  const files = await loadMigrationFiles(folder);
  return files
    .filter((file) => applied.has(file.id) && applied.get(file.id) !== file.hash)
    .map((file) => file.fileName);
}

async function appliedHashes(client: pg.Pool | pg.Client): Promise<Map<number, string>> {
  const { rows } = await client.query<{ exists: boolean }>(
    "select to_regclass('public.migrations') is not null as exists",
  );
  if (!rows[0]?.exists) return new Map();
  const applied = await client.query<{ id: number; hash: string }>("select id, hash from public.migrations");
  return new Map(applied.rows.map((row) => [row.id, row.hash]));
}
