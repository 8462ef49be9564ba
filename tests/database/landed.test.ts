/** What each landed version left behind, kept small in landed/, is opened by this one: nothing lost, everything right, and served. */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import pg from "pg";
import { migrate as runMigrations } from "postgres-migrations";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { raw_fx_rates } from "../../assets/bronze.ts";
import { migrate, migrationsFolder, pendingMigrations } from "../../src/database/migrate.ts";
import { readStates } from "../../src/engine/index.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { openProgram } from "../support/program.ts";
import { keptPassword } from "./landed/world.ts";

const landedFolder = join(import.meta.dirname, "landed");
const engineFolder = join(import.meta.dirname, "../../src/engine/installation/sql");
const kept = readdirSync(landedFolder).filter((name) => name.endsWith(".sql.gz"));

const upTo = (folder: string, last: number): string[] =>
  readdirSync(folder)
    .filter((file) => file.endsWith(".sql") && Number.parseInt(file, 10) <= last)
    .sort();

/** The files of that version, which are the first of ours, and then what it left in the tables. */
async function openKept(name: string): Promise<TestDatabase> {
  const [migrations, engine] = name.split(/[-.]/).map(Number) as [number, number];
  const database = await createTestDatabase("template0");
  const folder = mkdtempSync(join(tmpdir(), "stratafolio-landed-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const file of upTo(migrationsFolder, migrations))
    cpSync(join(migrationsFolder, file), join(folder, file));
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  await runMigrations({ client }, folder);
  // Its version 1 was made by the application's migrations.
  for (const file of upTo(engineFolder, engine).slice(1))
    await client.query(readFileSync(join(engineFolder, file), "utf8"));
  await client.query(gunzipSync(readFileSync(join(landedFolder, name))).toString());
  await client.end();
  return database;
}

type Row = Readonly<Record<string, unknown>>;

/** Of every table of the application and of the engine all rows. */
async function readRows({ pool }: TestDatabase): Promise<Map<string, readonly Row[]>> {
  const { rows: tables } = await pool.query<{ name: string }>(
    `select format('%I.%I', schemaname, tablename) as name
     from pg_tables
     where schemaname in ('public', 'bronze', 'orchestrator') and tablename not in ('migrations', 'installation', 'raw_calendar')`,
  );
  const read = async (name: string): Promise<[string, Row[]]> => {
    const { rows } = await pool.query<{ row: Row }>(`select to_jsonb(stored) as row from ${name} as stored`);
    return [name, rows.map(({ row }) => row)];
  };
  return new Map(await Promise.all(tables.map(({ name }) => read(name))));
}

/** What the schemas are made of, and who may do what in them. */
async function readCatalog({ pool }: TestDatabase): Promise<string[]> {
  const { rows } = await pool.query<{ line: string }>(
    `with relations as (
       select oid, relkind, relacl, relrowsecurity, oid::regclass::text as name
       from pg_class
       where relnamespace::regnamespace::text in ('public', 'bronze', 'orchestrator') and relkind in ('r', 'v', 'S')
     ),
     functions as (
       select oid, proacl, oid::regprocedure::text as name
       from pg_proc
       where pronamespace::regnamespace::text in ('public', 'bronze', 'orchestrator')
     )
     select concat_ws(' ', 'relation', name, relkind, relrowsecurity) as line from relations
     union all
     select concat_ws(' ', 'column', name, attname, format_type(atttypid, atttypmod), attnotnull, pg_get_expr(adbin, adrelid))
     from pg_attribute
     join relations on relations.oid = attrelid
     left join pg_attrdef on adrelid = attrelid and adnum = attnum
     where attnum > 0 and not attisdropped
     union all
     select concat_ws(' ', 'constraint', name, conname, pg_get_constraintdef(pg_constraint.oid))
     from pg_constraint
     join relations on relations.oid = conrelid
     union all
     select pg_get_indexdef(indexrelid) from pg_index join relations on relations.oid = indrelid
     union all
     select pg_get_triggerdef(pg_trigger.oid) from pg_trigger join relations on relations.oid = tgrelid where not tgisinternal
     union all
     select concat_ws(' ', 'policy', tablename, policyname, permissive, cmd, roles, qual, with_check)
     from pg_policies
     where schemaname in ('public', 'bronze', 'orchestrator')
     union all
     select pg_get_functiondef(pg_proc.oid) from pg_proc join functions using (oid) where prokind = 'f'
     union all
     select concat_ws(' ', 'grant', name, grantee::regrole, privilege_type)
     from relations, aclexplode(relacl)
     where grantee <> current_user::regrole
     union all
     select concat_ws(' ', 'grant', name, attname, grantee::regrole, privilege_type)
     from pg_attribute
     join relations on relations.oid = attrelid, aclexplode(attacl)
     union all
     select concat_ws(' ', 'execute', name, grantee::regrole)
     from functions, aclexplode(proacl)
     where grantee <> current_user::regrole
     order by line`,
  );
  return rows.map(({ line }) => line);
}

/** Every row of before is there: what it held it holds, whatever columns have come to it. */
function missingRows(before: readonly Row[], after: readonly Row[]): Row[] {
  const holds = (row: Row, other: Row): boolean =>
    Object.entries(row).every(
      ([column, value]) => !(column in other) || JSON.stringify(other[column]) === JSON.stringify(value),
    );
  return before.filter((row) => !after.some((other) => holds(row, other)));
}

let fresh: string[];
beforeAll(async () => {
  fresh = await readCatalog(await createTestDatabase());
});

test("the newest version is kept too", async () => {
  const newest = (folder: string): string => upTo(folder, Number.POSITIVE_INFINITY).at(-1)!.slice(0, 3);
  // `npx node tests/database/landed/keep.ts`, at a landing.
  expect(kept).toContain(`${newest(migrationsFolder)}-${newest(engineFolder)}.sql.gz`);
});

describe.each(kept)("%s", (name) => {
  test("every row is kept, every model equals a rebuild, and people are served", async () => {
    const database = await openKept(name);
    const { pool, url } = database;
    const before = await readRows(database);
    expect(before.get("bronze.transactions")).toHaveLength(5);

    await migrate(url);
    expect(await pendingMigrations(pool)).toEqual([]);
    expect(await migrate(url)).toEqual([]);
    const after = await readRows(database);
    for (const [table, rows] of before) expect(missingRows(rows, after.get(table) ?? []), table).toEqual([]);
    expect(await readCatalog(database)).toEqual(fresh);

    const { engine, url: address } = await openProgram(database);
    await engine.refresh("transaction_sensor");
    // A source that an earlier version did not have: the next daily run asks for it, and nobody here needs a rate.
    await engine.run({ triggerKind: "manual", triggerName: "test", selection: raw_fx_rates.name });
    const states = await readStates(pool, engine.registry.graph, new Date());
    expect([...states.values()].filter(({ status }) => status !== "fresh")).toEqual([]);
    const verified = await engine.verify({ assets: [...engine.registry.graph.nodes.keys()] });
    expect(verified.filter(({ differing, waiting }) => differing + waiting > 0)).toEqual([]);

    const quantities = async (email: string): Promise<Record<string, string>> => {
      const signedIn = await fetch(`${address}/auth/login`, {
        method: "POST",
        headers: { Origin: address, "Content-Type": "application/json" },
        body: JSON.stringify({ email, password: keptPassword }),
      });
      const { token } = (await signedIn.json()) as { token: string };
      const headers = { Authorization: `Bearer ${token}` };
      const answer = await fetch(`${address}/api/portfolio/tickers`, { headers });
      const { rows } = (await answer.json()) as { rows: { ticker: string; quantity: string }[] };
      return Object.fromEntries(rows.map(({ ticker, quantity }) => [ticker, String(Number(quantity))]));
    };
    expect((await fetch(`${address}/sign-in`)).status).toBe(200);
    expect(await quantities("ann@example.org")).toEqual({ ACME: "6", ZED: "2.5" });
    expect(await quantities("ben@example.org")).toEqual({ ACME: "3", ZED: "7" });
  });
});
