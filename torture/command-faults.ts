/** Commands that are killed half-way: migrations, backups, restores. Each has a database of its own on the same server. */
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { checkBackup } from "../src/backup/index.ts";
import { createPool } from "../src/database/pool.ts";
import type { Fault } from "./faults.ts";
import { runCommand } from "./processes.ts";
import type { Random } from "./random.ts";
import type { World } from "./world.ts";

let databases = 0;

/** A database of its own, empty, dropped after `work`. */
async function withEmpty(
  { pool, serverUrl }: World,
  work: (url: string) => Promise<string[]>,
): Promise<string[]> {
  const name = `torture_${++databases}`;
  await pool.query(`create database ${name}`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  try {
    return await work(url.href);
  } finally {
    await pool.query(`drop database ${name} with (force)`);
  }
}

/** What a database is made of, to be compared with another's. */
async function catalogOf(url: string): Promise<string> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ catalog: string }>(
      `select string_agg(line, E'\\n' order by line) as catalog
       from (
         select concat_ws(' ', attrelid::regclass, attname, format_type(atttypid, atttypmod), attnotnull) as line
         from pg_attribute
         join pg_class on pg_class.oid = attrelid
         where relnamespace::regnamespace::text in ('public', 'bronze', 'orchestrator') and attnum > 0 and not attisdropped
         union all
         select pg_get_functiondef(oid)
         from pg_proc
         where pronamespace::regnamespace::text in ('public', 'bronze', 'orchestrator') and prokind = 'f'
         union all
         select concat_ws(' ', conrelid::regclass, pg_get_constraintdef(oid))
         from pg_constraint
         where connamespace::regnamespace::text in ('public', 'bronze', 'orchestrator')
       ) as described`,
    );
    return rows[0]!.catalog;
  } finally {
    await client.end();
  }
}

const migration: Fault = {
  name: "kill -9 of a migration",
  inject: (world, random) =>
    withEmpty(world, async (url) => {
      const variables = { ...world.variables, DATABASE_URL: url };
      const migrate = (killAfter?: number) => runCommand(world.program, ["migrate"], variables, killAfter);
      await migrate(random.between(600, 2500));
      const { code, stderr } = await migrate();
      if (code !== 0) return [`migrate after a kill ended with ${code}: ${stderr}`];
      const isSame = (await catalogOf(url)) === (await catalogOf(world.serverUrl));
      return isSame ? [] : ["a database whose migration was killed is not as another"];
    }),
};

const backup: Fault = {
  name: "kill -9 of a backup",
  inject: async (world, random) => {
    const folder = join(world.folder, "backups");
    mkdirSync(folder, { recursive: true });
    const write = (name: string, killAfter?: number) =>
      runCommand(world.program, ["backup", join(folder, name)], world.variables, killAfter);
    await write("killed", random.between(500, 2500));
    const files = readdirSync(folder).filter((name) => !name.endsWith(".part"));
    const problems: string[] = [];
    for (const name of files)
      await checkBackup(join(folder, name), null).catch((error: Error) => problems.push(error.message));
    rmSync(folder, { recursive: true });
    return problems;
  },
};

/** Sums over the ledger and the number of people, as one text. */
async function contentOf(url: string): Promise<string> {
  const pool = createPool({ connectionString: url, applicationName: "torture", max: 1 });
  try {
    const { rows } = await pool.query<{ content: string }>(
      `select concat_ws(' ',
         (select count(*) from public.users),
         (select count(*) from bronze.transactions),
         (select sum(quantity) from bronze.transactions),
         (select count(*) from bronze.raw_prices),
         (select count(*) from bronze.transactions_audit)) as content`,
    );
    return rows[0]!.content;
  } finally {
    await pool.end();
  }
}

const restore: Fault = {
  name: "kill -9 of a restore",
  inject: async (world, random) => {
    const folder = join(world.folder, "restores");
    mkdirSync(folder, { recursive: true });
    const file = join(folder, "whole");
    const made = await runCommand(world.program, ["backup", file], world.variables);
    if (made.code !== 0) return [`backup ended with ${made.code}: ${made.stderr}`];
    try {
      return await withEmpty(world, (url) => restoreTwice(world, random, file, url));
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
};

/** After a kill the database holds all of it or nothing: then the command is given again, and does it. */
async function restoreTwice(world: World, random: Random, file: string, url: string): Promise<string[]> {
  const variables = { ...world.variables, DATABASE_URL: url };
  const command = (killAfter?: number) => runCommand(world.program, ["restore", file], variables, killAfter);
  await command(random.between(500, 6000));
  const before = await contentOf(url).catch(() => null); // no tables yet
  const isEmpty = before === null || before.startsWith("0 0 0 0") || before === "0 0";
  const { code, stderr } = await command();
  if (code === 2 && !isEmpty) return []; // it was all there: refused, since it is not fresh
  if (code !== 0) return [`restore after a kill ended with ${code}: ${stderr}`];
  return isEmpty ? [] : [`a killed restore left ${before}`];
}

export const commandFaults: readonly Fault[] = [migration, backup, restore];
