import { beforeAll, expect, test } from "vitest";
import { readFunctionDefinitions } from "../../../src/engine/definition/index.ts";
import { pushdownWarning, readPushdown } from "../../../src/engine/planning/index.ts";
import { createTestDatabase } from "../../support/database.ts";
import { loadLibrary } from "./library.ts";

let pool: Awaited<ReturnType<typeof createTestDatabase>>["pool"];

beforeAll(async () => {
  ({ pool } = await createTestDatabase());
  await pool.query(`
    create table bronze.loans (loan_id bigint, member_id bigint, book text, loaned_on date);
    create index on bronze.loans (member_id, loaned_on);
    create table bronze.fees (book text, fee_date date, fee numeric, primary key (book, fee_date));
    create view "default".stg_loans as select member_id, lower(book) as book, loaned_on from bronze.loans;
    create view "default".stg_fees as select book, fee_date, fee from bronze.fees;
    create table materialized.int_loan_periods__0a1b2c3d_4 (
      member_id bigint, book text, valid_from date, valid_to date, primary key (member_id, book, valid_from));
    create view "default".int_loan_periods as select * from materialized.int_loan_periods__0a1b2c3d_4`);
});

async function reachesOf(asset: string, files: Record<string, string> = {}) {
  const { graph, problems } = await loadLibrary({ files });
  expect(problems).toEqual([]);
  return readPushdown(pool, graph.get(asset));
}

test("a scope goes through views, windows and joins on the partition column", async () => {
  expect(await reachesOf("int_loan_periods")).toEqual([
    { relation: "loans", column: "member_id", reached: true },
  ]);
  const reaches = await reachesOf("int_charges");
  expect(reaches).toContainEqual({ relation: "int_loan_periods", column: "member_id", reached: true });
  expect(reaches).toContainEqual({ relation: "fees", column: "fee_date", reached: true });
  expect(pushdownWarning("int_charges", reaches!)).toBeNull();
});

test("a window over more than the partition stops it, and a warning says where", async () => {
  const reaches = await reachesOf("int_loan_periods", {
    "intermediate/int_loan_periods.sql": `
      select member_id, book, loaned_on as valid_from,
        lead(loaned_on) over (partition by book order by loaned_on) as valid_to
      from stg_loans`,
  });
  expect(reaches).toEqual([{ relation: "loans", column: "member_id", reached: false }]);
  expect(pushdownWarning("int_loan_periods", reaches!)).toBe(
    "int_loan_periods: the scope is not pushed down to loans (by member_id): a refresh of a few values reads all of it",
  );
});

test("what is not a table in a scope, or reads what is not there yet, has no answer", async () => {
  expect(await reachesOf("stg_loans")).toBeNull();
  expect(await reachesOf("gold_books")).toBeNull();
  await pool.query('drop view "default".stg_fees');
  expect(await reachesOf("int_charges")).toBeNull();
});

test("functions and aggregates that people made are read with those they call; built-in ones are not", async () => {
  const read = readFunctionDefinitions(pool);
  const define = (plus: number) =>
    pool.query(`
      create or replace function public.step(x integer) returns integer language sql immutable as 'select x + ${plus}';
      create or replace function public.add_step(total integer, x integer) returns integer language sql immutable
        as 'select total + step(x)';
      create or replace aggregate public.sum_of_steps(integer) (sfunc = public.add_step, stype = integer, initcond = '0')`);
  await define(1);
  const first = await read(["lower", "step", "sum_of_steps", "nothing"]);
  expect([...first.keys()]).toEqual(["step", "sum_of_steps"]);
  expect(first.get("sum_of_steps")).toContain("select x + 1");
  await define(2);
  const second = await read(["sum_of_steps"]);
  expect(second.get("sum_of_steps")).not.toBe(first.get("sum_of_steps"));
  expect(await read([])).toEqual(new Map());
});
