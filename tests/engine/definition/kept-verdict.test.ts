/** Definitions that were found sound are not read again, until anything changes that their reading depended on. */
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import {
  type Definitions,
  type Keep,
  loadRegistry,
  type Registry,
  readFunctionDefinitions,
  renderProblem,
  sqlAsset,
  validate,
  validatedRegistry,
} from "../../../src/engine/index.ts";
import { createTestDatabase, type TestDatabase } from "../../support/database.ts";
import { bodies, folderOf, int_charges, librarian, library, stg_fees } from "./library.ts";

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
  await database.pool.query(`
    create schema if not exists bronze;
    create table bronze.fees (book text, fee_date date, fee numeric);
    create function public.rounded(fee numeric) returns numeric immutable language sql as $$ select round(fee, 2) $$;
  `);
});

const files = {
  ...bodies,
  "staging/stg_fees.sql": "select book, fee_date, rounded(fee) as fee from fees",
};

/** One text, as a file would be, and how often it was written. */
class Kept implements Keep {
  text: string | null = null;
  writes = 0;
  edition = "1";
  read(): string | null {
    return this.text;
  }
  write(text: string | null): void {
    this.text = text;
    this.writes += 1;
  }
}

function definitionsOf(assets: Definitions["assets"] = library): Definitions {
  return { assets, schedules: [], sensors: [librarian] };
}

const optionsFor = (bodiesFolder: string) => ({
  bodiesFolder,
  functionDefinitions: readFunctionDefinitions(database.pool),
});

const ask = (keep: Keep, bodiesFolder: string, assets?: Definitions["assets"]): Promise<Registry> =>
  validatedRegistry(database.pool, definitionsOf(assets), optionsFor(bodiesFolder), keep);

test("what is kept says the same as reading anew", async () => {
  const keep = new Kept();
  const folder = folderOf(files);
  const read = await validate(database.pool, await loadRegistry(definitionsOf(), optionsFor(folder)));
  await ask(keep, folder);
  const known = await ask(keep, folder);
  expect(keep.writes).toBe(1);
  expect([...known.graph.nodes.values()]).toEqual([...read.graph.nodes.values()]);
  expect([known.problems, known.warnings]).toEqual([[], []]);
});

test("whatever a reading depends on, it is read anew once that is another", async () => {
  const keep = new Kept();
  const folder = folderOf(files);
  let writes = 0;
  const expectAnew = async (what: string, assets?: Definitions["assets"]): Promise<void> => {
    await ask(keep, folder, assets);
    expect(keep.writes, what).toBe(++writes);
    await ask(keep, folder, assets);
    expect(keep.writes, `${what}, the second time`).toBe(writes);
  };
  await expectAnew("the first time");

  writeFileSync(join(folder, "staging/stg_fees.sql"), `${files["staging/stg_fees.sql"]} where fee > 0`);
  await expectAnew("a body");

  const nullable = { ...int_charges.columns, charge: { ...int_charges.columns.charge!, nullable: true } };
  const charges = sqlAsset({ ...int_charges, columns: nullable });
  await expectAnew(
    "a declaration",
    library.map((asset) => (asset.name === charges.name ? charges : asset)),
  );
  await expectAnew("the declaration as it was");

  await database.pool.query(
    "create or replace function public.rounded(fee numeric) returns numeric immutable language sql as $$ select round(fee, 4) $$",
  );
  await expectAnew("a function");

  for (const [what, statement] of [
    ["a type", "create domain public.price as numeric"],
    ["a composite type", "create type public.span as (since date)"],
    ["a composite type's attribute", "alter type public.span alter attribute since type timestamp"],
    ["an attribute that is dropped", "alter type public.span drop attribute since"],
    ["a source's columns", "alter table bronze.fees add column currency text"],
    ["a column's collation", 'alter table bronze.fees alter column book type text collate "C"'],
    ["a source's key", "alter table bronze.fees add primary key (book, fee_date)"],
    ["a configuration of text search", "create text search configuration public.plain (copy = simple)"],
    [
      "a class of operators",
      "create operator class public.digits for type numeric using hash as operator 1 =, function 1 hash_numeric(numeric)",
    ],
  ] as const) {
    await database.pool.query(statement);
    await expectAnew(what);
  }

  writeFileSync(join(folder, "staging/.#stg_fees.txt"), "");
  await ask(keep, folder);
  expect(keep.writes, "what is no body").toBe(writes);

  keep.edition = "2";
  await expectAnew("the packages");

  keep.text = keep.text!.slice(0, 100);
  await expectAnew("half of a text");
});

test("a mistake is never kept: it is told each time, and so is one that comes by the database alone", async () => {
  const keep = new Kept();
  const folder = folderOf({
    ...files,
    "staging/stg_fees.sql": "select book, fee_date, rond(fee) as fee from fees",
  });
  for (const _ of ["once", "again"]) {
    const { problems, graph } = await ask(keep, folder);
    expect(problems.map(renderProblem).join()).toContain("function rond(numeric) does not exist");
    expect(graph.get(stg_fees.name).problems).toHaveLength(1);
  }
  expect(keep.writes).toBe(0);

  const sound = folderOf(files);
  expect((await ask(keep, sound)).problems).toEqual([]);
  await database.pool.query("alter function public.rounded(numeric) volatile");
  expect((await ask(keep, sound)).problems.map(({ code }) => code)).toEqual(["impure_body"]);
  await database.pool.query("alter function public.rounded(numeric) immutable");
});

test.for(["search_path=bronze,public", "standard_conforming_strings=off"])(
  "what a session has set is part of it: %s",
  async (setting) => {
    const folder = folderOf(files);
    const keep = new Kept();
    const askWith = async (options: string) => {
      const pool = new pg.Pool({ connectionString: database.url, options });
      onTestFinished(() => pool.end());
      await validatedRegistry(pool, definitionsOf(), optionsFor(folder), keep);
      return keep.writes;
    };
    expect(await askWith("")).toBe(1);
    expect(await askWith("-c application_name=other")).toBe(1);
    expect(await askWith(`-c ${setting}`)).toBe(2);
  },
);

test("what lies beside bodies fails nothing: links that lead nowhere, and folders", async () => {
  const folder = folderOf(files);
  symlinkSync("somebody@somewhere.4711", join(folder, "staging/.#stg_fees.sql")); // as Emacs locks
  mkdirSync(join(folder, "staging/older.sql"));
  const keep = new Kept();
  for (const _ of ["once", "again"]) expect((await ask(keep, folder)).problems).toEqual([]);
  expect(keep.writes).toBe(1);
});

test("a body that is linked from elsewhere is read anew once that is another", async () => {
  const folder = folderOf(files);
  const elsewhere = folderOf(files);
  rmSync(join(folder, "staging"), { recursive: true });
  symlinkSync(join(elsewhere, "staging"), join(folder, "staging"));
  const keep = new Kept();
  await ask(keep, folder);
  expect(keep.writes).toBe(1);
  writeFileSync(join(elsewhere, "staging/stg_fees.sql"), "select book, fee_date, rond(fee) as fee from fees");
  expect((await ask(keep, folder)).problems).toHaveLength(1);
});

test("whatever is kept, nothing fails by it", async () => {
  const folder = folderOf(files);
  const keep = new Kept();
  await ask(keep, folder);
  const whole = keep.text!;
  const head = whole.slice(0, whole.indexOf("\n"));
  const elsewhere = whole.replace("rounded(fee)", "rounded(2.0)"); // as a disk may give it back
  expect(elsewhere).not.toBe(whole);
  for (const text of ["", "null", "[]", head, `${head}\n`, `${head}\n[null]`, elsewhere]) {
    keep.text = text;
    expect((await ask(keep, folder)).problems, text).toEqual([]);
    expect(keep.text, text).toContain("rounded(fee)");
    expect(keep.text.length, text).toBe(whole.length);
  }
});

test("what changes while it is validated is not kept under what was before", async () => {
  const folder = folderOf(files);
  const keep = new Kept();
  const options = {
    ...optionsFor(folder),
    functionDefinitions: async (names: string[]) => {
      await database.pool.query("create type public.meanwhile as enum ()");
      return readFunctionDefinitions(database.pool)(names);
    },
  };
  await validatedRegistry(database.pool, definitionsOf(), options, keep);
  expect(keep.text).toBeNull();
});

test("asked anew, it takes the place of what is kept, or removes it", async () => {
  const folder = folderOf(files);
  const keep = new Kept();
  const askAnew = () =>
    validatedRegistry(database.pool, definitionsOf(), optionsFor(folder), keep, { anew: true });
  await askAnew();
  await askAnew();
  expect([keep.writes, keep.text === null]).toEqual([2, false]);
  await ask(keep, folder);
  expect(keep.writes).toBe(2);
  writeFileSync(join(folder, "staging/stg_fees.sql"), "select book, fee_date, rond(fee) as fee from fees");
  expect((await askAnew()).problems).toHaveLength(1);
  expect(keep.text).toBeNull();
});
