import { appendFileSync, cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { MigrationEditedError, MigrationFailedError } from "../../src/database/errors.ts";
import { migrate, migrationsFolder, pendingMigrations } from "../../src/database/migrate.ts";
import { createTestDatabase } from "../support/database.ts";

const folder = mkdtempSync(join(tmpdir(), "stratafolio-migrations-"));
cpSync(migrationsFolder, folder, { recursive: true });
afterAll(() => rmSync(folder, { recursive: true }));

test("an empty database gets every migration, several processes at once do not disturb each other", async () => {
  const { url, pool } = await createTestDatabase("template0");
  expect(await pendingMigrations(pool)).toContain("001_schemas_and_roles.sql");
  const applied = await Promise.all([migrate(url), migrate(url)]);
  expect(applied.flat().filter((file) => file === "001_schemas_and_roles.sql")).toHaveLength(1);
  expect(await migrate(url)).toEqual([]);
  expect(await pendingMigrations(pool)).toEqual([]);
});

test("a migration edited after it ran is named, with the way out", async () => {
  const { url } = await createTestDatabase();
  appendFileSync(join(folder, "002_users.sql"), "\n-- an afterthought\n");
  const error = await migrate(url, folder).catch((failure: unknown) => failure);
  expect(error).toBeInstanceOf(MigrationEditedError);
  expect((error as MigrationEditedError).files).toEqual(["002_users.sql"]);
  expect(String(error)).toContain("write the change as a new migration");
  cpSync(join(migrationsFolder, "002_users.sql"), join(folder, "002_users.sql"));
});

test("a migration that fails leaves nothing of itself behind", async () => {
  const { url, pool } = await createTestDatabase();
  const last = await pool.query<{ id: number }>("select max(id) as id from migrations");
  const next = String((last.rows[0]?.id ?? 0) + 1).padStart(3, "0");
  writeFileSync(join(folder, `${next}_broken.sql`), "create table half (x int); select no_such_column;");
  await expect(migrate(url, folder)).rejects.toThrow(MigrationFailedError);
  const { rows } = await pool.query("select to_regclass($1) as relation", ["public.half"]);
  expect(rows).toEqual([{ relation: null }]);
});
