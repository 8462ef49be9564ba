/**
 * Keeps what a version of the program leaves behind, small: `npx node tests/database/landed/keep.ts [FOLDER]`, FOLDER being
 * a checkout of that version (default: this one). It migrates a database of its own, a few people trade, it materializes
 * its models, one more trade comes; all of that is written as SQL into a file named by the newest migration of the
 * application and of the engine, to be run after those migrations, which never change once they have landed.
 */
import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { gzipSync } from "node:zlib";
import pg from "pg";
import { startEmbedded } from "../../../src/database/embedded.ts";
import { keptWorld, lateTrade } from "./world.ts";

const program = resolve(process.argv[2] ?? join(import.meta.dirname, "../../.."));

const newest = (folder: string): string => {
  const files = existsSync(folder) ? readdirSync(folder) : [];
  return (
    files
      .filter((name) => name.endsWith(".sql"))
      .sort()
      .at(-1)
      ?.slice(0, 3) ?? "000"
  );
};

/** Statements that make of a migrated database what this one is, each a row. */
const dumped = `
  with relations as (
    select pg_class.oid, relkind, relname, nspname, relacl, reloptions, relrowsecurity, format('%I.%I', nspname, relname) as name
    from pg_class
    join pg_namespace on pg_namespace.oid = relnamespace
    where nspname in ('public', 'bronze', 'orchestrator', 'default', 'materialized')
      and relkind in ('r', 'v', 'S')
      and not (nspname = 'public' and relname = 'migrations')
  ),
  tables as (
    select *
    from relations
    where relkind = 'r'
  ),
  models as (
    select *
    from relations
    where nspname in ('default', 'materialized')
  )
  select 1 as part, models.oid as place, case relkind
      when 'r' then format(
        'create table %s (%s)',
        name,
        (
          select string_agg(
            format('%I %s%s', attname, format_type(atttypid, atttypmod), case when attnotnull then ' not null' else '' end),
            ', '
            order by attnum
          )
          from pg_attribute
          where attrelid = models.oid and attnum > 0 and not attisdropped
        )
      )
      else format(
        'create view %s%s as %s',
        name,
        coalesce(format(' with (%s)', array_to_string(reloptions, ', ')), ''),
        pg_get_viewdef(models.oid)
      )
    end as statement
  from models
  where relkind in ('r', 'v')
  union all
  select 2, pg_constraint.oid, format('alter table %s add constraint %I %s', name, conname, pg_get_constraintdef(pg_constraint.oid))
  from pg_constraint
  join models on models.oid = conrelid
  where contype <> 'n'
  union all
  select 2, indexrelid, pg_get_indexdef(indexrelid)
  from pg_index
  join models on models.oid = indrelid
  where not exists (select from pg_constraint where conindid = indexrelid)
  union all
  select 3, pg_proc.oid, pg_get_functiondef(pg_proc.oid)
  from pg_proc
  where pronamespace = 'orchestrator'::regnamespace
  union all
  select 4, pg_trigger.oid, format('drop trigger if exists %I on %s; %s', tgname, name, pg_get_triggerdef(pg_trigger.oid))
  from pg_trigger
  join tables on tables.oid = tgrelid
  where not tgisinternal
  union all
  select 5, oid, format('alter table %s enable row level security', name)
  from tables
  where relrowsecurity
  union all
  select 6, tables.oid, format(
      'drop policy if exists %1$I on %2$s; create policy %1$I on %2$s as %3$s for %4$s to %5$s %6$s %7$s',
      policyname, name, permissive, cmd, array_to_string(roles, ', '),
      'using (' || qual || ')', 'with check (' || with_check || ')'
    )
  from pg_policies
  join tables on nspname = schemaname and relname = tablename
  union all
  select 7, oid, format('revoke all on %s from public, stratafolio_web', name)
  from relations
  union all
  select 8, oid, format('grant %s on %s to %I', privilege_type, name, grantee::regrole)
  from relations, aclexplode(relacl)
  where grantee = 'stratafolio_web'::regrole
  union all
  select 8, attrelid, format('grant %s (%I) on %s to %I', privilege_type, attname, name, grantee::regrole)
  from pg_attribute
  join relations on relations.oid = attrelid, aclexplode(attacl)
  where grantee = 'stratafolio_web'::regrole
  union all
  select 7, oid, format('revoke all on function %s from public, stratafolio_web', oid::regprocedure)
  from pg_proc
  where pronamespace = 'orchestrator'::regnamespace
    and proacl is not null
  union all
  select 8, oid, format('grant execute on function %s to %s', oid::regprocedure, case grantee when 0 then 'public' else grantee::regrole::text end)
  from pg_proc, aclexplode(proacl)
  where pronamespace = 'orchestrator'::regnamespace
    and grantee in (0, 'stratafolio_web'::regrole)
  order by part, place, statement`;

interface Table {
  readonly name: string;
  readonly columns: string;
}

/** Of every table all rows, as JSON: beside those that migrations fill. */
async function rowsOf(client: pg.Client): Promise<string[]> {
  const { rows: tables } = await client.query<Table>(
    `select attrelid::regclass as name, string_agg(quote_ident(attname), ', ' order by attnum) as columns
     from pg_attribute
     join pg_class on pg_class.oid = attrelid
     where relnamespace::regnamespace::text in ('public', 'bronze', 'orchestrator', 'materialized')
       and relkind = 'r'
       and attnum > 0
       and not attisdropped
       and attgenerated = ''
       and attrelid <> all(array['public.migrations', 'bronze.raw_calendar']::regclass[])
     group by attrelid
     order by attrelid`,
  );
  const statements = [`truncate ${tables.map(({ name }) => name).join(", ")} cascade`];
  for (const { name, columns } of tables) {
    const { rows } = await client.query<{ rows: string | null }>(
      `select jsonb_agg(to_jsonb(stored))::text as rows from ${name} as stored`,
    );
    if (rows[0]!.rows === null) continue;
    const records = `jsonb_populate_recordset(null::${name}, ${pg.escapeLiteral(rows[0]!.rows)})`;
    statements.push(
      `insert into ${name} (${columns}) overriding system value select ${columns} from ${records}`,
    );
  }
  return statements;
}

async function statementsOf(client: pg.Client): Promise<string[]> {
  await client.query("set search_path = pg_catalog");
  const { rows } = await client.query<{ part: number; statement: string }>(dumped);
  const made = (parts: readonly number[]) =>
    rows.filter(({ part }) => parts.includes(part)).map(({ statement }) => statement);
  const { rows: sequences } = await client.query<{ statement: string }>(
    `select format('select setval(%L, %s)', format('%I.%I', schemaname, sequencename), last_value) as statement
     from pg_sequences
     where last_value is not null and schemaname in ('public', 'bronze', 'orchestrator')`,
  );
  return [
    "set session_replication_role = replica",
    "set search_path = pg_catalog",
    "set check_function_bodies = off",
    ...made([1]),
    ...(await rowsOf(client)),
    ...made([2, 3, 4, 5, 6, 7, 8]),
    ...sequences.map(({ statement }) => statement),
    "reset all",
  ];
}

const folder = mkdtempSync(join(tmpdir(), "stratafolio-keep-"));
chmodSync(folder, 0o755); // the server of a root user runs as another user, who must reach its data
const server = await startEmbedded({ dataDirectory: folder, durable: false });
const client = new pg.Client({ connectionString: server.connectionString });
try {
  const unreachable = "http://127.0.0.1:9";
  const variables = {
    PATH: process.env.PATH,
    HOME: folder,
    DATABASE_URL: server.connectionString,
    JWT_SECRET: "a secret of more than thirty-two characters",
    YAHOO_BASE_URL: unreachable,
    FRED_API_BASE_URL: unreachable,
    FRED_WEB_BASE_URL: unreachable,
  };
  const command = (...words: string[]): void => {
    const main = join(program, "src/cli/main.ts");
    execFileSync(process.execPath, ["--liftoff-only", main, ...words], { cwd: program, env: variables });
  };
  command("migrate");
  await client.connect();
  await client.query(keptWorld);
  command("materialize", "--exclude", "source:*", "--full-refresh");
  await client.query(lateTrade);
  const statements = await statementsOf(client);
  const name = `${newest(join(program, "migrations"))}-${newest(join(program, "src/engine/installation/sql"))}.sql.gz`;
  writeFileSync(join(import.meta.dirname, name), gzipSync(`${statements.join(";\n")};\n`, { level: 9 }));
  process.stdout.write(`${name}\n`);
} finally {
  await client.end();
  await server.stop();
  rmSync(folder, { recursive: true });
}
