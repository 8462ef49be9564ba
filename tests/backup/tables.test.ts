import { expect, test } from "vitest";
import { namedTables, savedTables } from "../../src/backup/index.ts";
import { createTestDatabase } from "../support/database.ts";

test("every table of public and bronze is named: saved, fetched, made or ended", async () => {
  const { pool } = await createTestDatabase();
  const { rows } = await pool.query<{ name: string }>(
    `select relnamespace::regnamespace || '.' || relname as name
     from pg_class
     where relkind in ('r', 'p')
       and relnamespace in ('public'::regnamespace, 'bronze'::regnamespace)
     order by name`,
  );
  const named = namedTables.filter((name) => !name.startsWith("orchestrator.")).toSorted();
  expect(named).toEqual(rows.map(({ name }) => name));
});

test("every column that names a person is of a table that is saved, or that ends with the installation", async () => {
  const { pool } = await createTestDatabase();
  const { rows } = await pool.query<{ name: string }>(
    `select distinct relnamespace::regnamespace || '.' || relname as name
     from pg_class
     join pg_attribute on attrelid = pg_class.oid
     where relkind = 'r' and attname = 'user_id' and relnamespace in ('public'::regnamespace, 'bronze'::regnamespace)`,
  );
  const saved = new Set(savedTables.map(({ name }) => name));
  expect(
    rows
      .map(({ name }) => name)
      .filter((name) => !saved.has(name))
      .sort(),
  ).toEqual(["public.new_tickers", "public.password_resets", "public.sessions"]);
});
