import { fileURLToPath } from "node:url";
import pg from "pg";
import { migrate as runMigrations } from "postgres-migrations";

export const migrationsFolder = fileURLToPath(new URL("../../migrations", import.meta.url));

/** Brings the database to the newest migration; a no-op when it is there. Safe to run by several processes at once. */
export async function migrate(connectionString: string, folder = migrationsFolder): Promise<string[]> {
  const client = new pg.Client({ connectionString, application_name: "stratafolio migrate" });
  await client.connect();
  try {
    const applied = await runMigrations({ client }, folder);
    return applied.map((migration) => migration.fileName);
  } finally {
    await client.end();
  }
}
