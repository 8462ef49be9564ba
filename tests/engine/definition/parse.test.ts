import { expect, test } from "vitest";
import { type Body, parseBody } from "../../../src/engine/definition/sql/index.ts";
import { createTestDatabase } from "../../support/database.ts";

const tables: Readonly<Record<string, readonly string[]>> = {
  loans: ["member_id", "book", "days"],
  fees: ["book", "fee", "fee_date"],
  titles: ["book", "title"],
};

const keys: Readonly<Record<string, readonly string[]>> = {
  loans: ["member_id", "book"],
  fees: ["book", "fee_date"],
};

function parse(text: string, columns: readonly string[] = []): Promise<Body> {
  return parseBody({
    asset: "report",
    file: "report.sql",
    text,
    columns,
    find: (schema, name) => {
      const found = schema === null || schema === "bronze" ? tables[name] : undefined;
      return found
        ? { asset: name, columns: found, isExact: true, ...(keys[name] && { key: keys[name] }) }
        : null;
    },
  });
}

async function relationsOf(text: string): Promise<string[]> {
  return (await parse(text)).relations.map(({ name }) => name).sort();
}

/** `output: asset.column asset.column`, a line for each output column. */
async function lineageOf(text: string): Promise<string[]> {
  const { lineage } = await parse(text);
  return lineage.map(({ column, from }) =>
    `${column}: ${from.map((origin) => `${origin.asset}.${origin.column}`).join(" ")}`.trim(),
  );
}

/** Codes and lines, those of the output columns left out. */
async function mistakesIn(text: string): Promise<string[]> {
  const { problems } = await parse(text);
  return problems.filter(({ code }) => code !== "output_columns").map(({ code, line }) => `${code}:${line}`);
}

test("the relations read are those outside the body, wherever they stand", async () => {
  expect(
    await relationsOf(
      "select 1 as one from loans, bronze.fees f, lateral (select from titles t where t.book = f.book) x",
    ),
  ).toEqual(["bronze.fees", "loans", "titles"]);
  expect(
    await relationsOf(
      "select (select max(fee) from fees) as a from loans where book in (select book from titles)",
    ),
  ).toEqual(["fees", "loans", "titles"]);
  expect(
    await relationsOf("select book from loans union (select book from fees except select book from titles)"),
  ).toEqual(["fees", "loans", "titles"]);
  expect(
    await relationsOf(
      "select 1 as a from loans order by (select max(fee) from fees) limit (select 1 from titles)",
    ),
  ).toEqual(["fees", "loans", "titles"]);
});

test("a CTE's name hides a relation only where the CTE can be seen", async () => {
  expect(await relationsOf("with loans as (select book from fees) select book from loans")).toEqual(["fees"]);
  // A CTE that is not recursive does not see itself, nor those after it.
  expect(await relationsOf("with loans as (select book from loans) select book from loans")).toEqual([
    "loans",
  ]);
  expect(
    await relationsOf("with a as (select book from b), b as (select book from fees) select book from a, b"),
  ).toEqual(["b", "fees"]);
  // Its scope ends with its query.
  expect(
    await relationsOf(
      "select book from (with fees as (select 1 as book) select book from fees) x union select book from fees",
    ),
  ).toEqual(["fees"]);
  // A qualified name is never a CTE.
  expect(await relationsOf("with fees as (select 1 as book) select book from bronze.fees")).toEqual([
    "bronze.fees",
  ]);
  expect(
    await relationsOf(
      "with recursive days as (select 1 as n union all select n + 1 from days where n < 9) select n from days",
    ),
  ).toEqual([]);
});

test("columns are followed through aliases, expressions, joins and stars", async () => {
  expect(
    await lineageOf("select member_id, days * 2 as twice, count(*) as loans from loans group by 1, 2"),
  ).toEqual(["member_id: loans.member_id", "twice: loans.days", "loans:"]);
  expect(
    await lineageOf(`
      with charged as (select l.*, f.fee from loans l join fees f on f.book = l.book)
      select member_id, sum(fee * days) over (partition by book) as total, coalesce(fee, 0)::numeric as fee
      from charged`),
  ).toEqual(["member_id: loans.member_id", "total: fees.fee loans.book loans.days", "fee: fees.fee"]);
  expect(await lineageOf("select book, title from loans join titles using (book)")).toEqual([
    "book: loans.book titles.book",
    "title: titles.title",
  ]);
  expect(await lineageOf("select j.b, j.title from (loans natural join titles) as j (b)")).toEqual([
    "b: loans.book titles.book",
    "title: titles.title",
  ]);
  expect(
    await lineageOf("select case when fee > 1 then book else 'x' end, extract(year from fee_date) from fees"),
  ).toEqual(["case: fees.book fees.fee", "extract: fees.fee_date"]);
});

test("columns are followed through set operations, laterals, values, functions and recursion", async () => {
  expect(await lineageOf("select book as name from loans union all select title from titles")).toEqual([
    "name: loans.book titles.title",
  ]);
  expect(
    await lineageOf(`
      select l.book, x.double, d.day, g.g
      from loans l
      cross join lateral (select l.days * 2 as double) x
      cross join lateral generate_series(1, l.days) with ordinality as d(day, n)
      cross join generate_series(1, 3) as g`),
  ).toEqual(["book: loans.book", "double: loans.days", "day: loans.days", "g:"]);
  expect(
    await lineageOf(
      "select v.a, v.b from loans l cross join lateral (values (l.book, 1), ('x', l.days)) v(a, b)",
    ),
  ).toEqual(["a: loans.book", "b: loans.days"]);
  expect(
    await lineageOf(`
      with recursive chain as (
        select book, 0 as n from titles
        union all
        select c.book, c.n + l.days from chain c join loans l using (book)
      )
      select book, n from chain`),
  ).toEqual(["book: titles.book", "n: loans.days"]);
});

test("a scalar sub-select gives its column, EXISTS what it reads, a correlated condition nothing", async () => {
  expect(
    await lineageOf(`
      select
        (select max(fee) from fees f where f.book = l.book) as highest,
        exists (select from titles t where t.book = l.book) as has_title,
        l.book in (select book from titles) as is_known,
        array(select title from titles) as titles
      from loans l`),
  ).toEqual([
    "highest: fees.fee",
    "has_title: loans.book titles.book",
    "is_known: loans.book titles.book",
    "titles: titles.title",
  ]);
});

test("named windows keep what partitions and orders them; EXISTS has its origin; (r).x is one column", async () => {
  expect(
    await lineageOf(`
      select sum(fee) over w as a, rank() over (v order by fee_date) as b, max(fee) over () as c
      from fees
      window v as (partition by book), w as (v order by fee_date)`),
  ).toEqual(["a: fees.book fees.fee fees.fee_date", "b: fees.book fees.fee_date", "c: fees.fee"]);
  expect(
    await lineageOf(`
      select
        exists (select from titles t join fees f using (book) where t.title = 'Emma' and f.fee > l.days) as a,
        exists (select from titles) as b,
        not exists (with t as (select book from titles) select from t where t.book = l.book) as c,
        exists (select book from fees union select title from titles) as d
      from loans l`),
  ).toEqual([
    "a: fees.fee loans.days titles.title",
    "b: titles.book titles.title",
    "c: loans.book titles.book",
    "d: fees.book titles.title",
  ]);
  expect(
    await lineageOf(
      "select (l).days as a, (l.book) as b, (x.f).fee as c, (l).* from loans l, (select f from fees f) x",
    ),
  ).toEqual(["a: loans.days", "b: loans.book", "c: fees.book fees.fee fees.fee_date"]);
});

test("a column that nothing in scope has is reported with its line and the nearest", async () => {
  const { problems } = await parse("select\n  l.bok,\n  fee_dat\nfrom loans l, fees");
  expect(problems.map(({ line, message }) => [line, message]).slice(0, 2)).toEqual([
    [2, "expected a column of what is read here, got: l.bok; the nearest is book"],
    [3, "expected a column of what is read here, got: fee_dat; the nearest is fee_date"],
  ]);
  // Output names in ORDER BY and GROUP BY, whole rows, a lateral function's row: all are columns.
  expect(
    await mistakesIn(`
      select days * 2 as twice, l, r.anything
      from loans l cross join lateral json_to_record(l.book) r
      group by twice
      order by twice`),
  ).toEqual([]);
});

test("the clock, chance, the session and parameters are refused, with line and reason", async () => {
  expect(
    await mistakesIn(
      "select\n now() as a,\n current_date as b,\n 'today'::date as c,\n age(fee_date) as d\nfrom fees",
    ),
  ).toEqual(["impure_body:2", "impure_body:3", "impure_body:4", "impure_body:5"]);
  expect(
    await mistakesIn("select random() as a, gen_random_uuid() as b, current_user as c, $1 as d"),
  ).toHaveLength(4);
  expect(await mistakesIn("select book from fees tablesample system (1)")).toEqual(["impure_body:1"]);
  expect(await mistakesIn("select age(fee_date, date '2020-01-01') as a, 'now' as b from fees")).toEqual([]);
  expect(await mistakesIn("select l.ctid as a, xmin as b from loans l")).toEqual([
    "impure_body:1",
    "impure_body:1",
  ]);
  // A column of that name that somebody made is none of PostgreSQL's.
  expect(await mistakesIn("select x.ctid as a from (select book as ctid from loans) as x")).toEqual([]);
  const { problems } = await parse("select clock_timestamp() as x", ["x"]);
  expect(problems[0]!.message).toBe(
    "expected a body that gives the same rows every time, got: clock_timestamp() (a model that reads the clock is not the same twice)",
  );
});

test.each([
  ["select book from loans limit 3", "unordered:1"],
  ["select book from loans\noffset 3", "unordered:2"],
  ["select book from loans fetch first 3 rows only", "unordered:1"],
  ["select book from (select book from loans limit 1) x", "unordered:1"],
  [
    "with a as (select book from loans limit 1) select book from a union select book from fees",
    "unordered:1",
  ],
  ["select distinct on (book) book, days from loans", "unordered:1"],
  ["select row_number() over () as n from loans", "unordered:1"],
  ["select lag(days) over w as n from loans window w as (partition by book)", "unordered:1"],
  [
    "select first_value(days) over (v) as n from loans window w as (partition by book), v as (w)",
    "unordered:1",
  ],
  ["select array_agg(book) as a from loans", "unordered:1"],
  ["select string_agg(book, ',') over (partition by member_id) as a from loans", "unordered:1"],
  ["select jsonb_agg(l) as a from loans l", "unordered:1"],
  ["select any_value(book) as a from loans", "unordered:1"],
  ["select book from loans order by days limit 3", "level_rows:1"],
  ["select book, member_id from loans order by book, days limit 3", "level_rows:1"],
  ["select distinct on (book) book from loans order by book, days", "level_rows:1"],
  ["select row_number() over (partition by book order by days) as n from loans", "level_rows:1"],
  ["select lead(days) over w as n from loans window w as (order by book)", "level_rows:1"],
  ["select sum(days) over (partition by book rows 2 preceding) as n from loans", "unordered:1"],
  ["select sum(days) over w as n from loans window w as (order by days rows 2 preceding)", "level_rows:1"],
])("%j leaves the order to chance: %s", async (text, expected) => {
  const { problems } = await parse(text);
  expect(
    problems.filter(({ code }) => code !== "output_columns").map(({ code, line }) => `${code}:${line}`),
  ).toEqual([expected]);
});

test.each([
  "select book from loans order by book, member_id limit 3",
  "select days from loans l where l.book = 'Emma' order by member_id limit 3",
  "select f.book, x.days from fees f cross join lateral (select days from loans l where l.book = f.book and 3 = l.member_id order by days limit 1) x",
  "select book from loans limit all offset 0",
  "select book from loans order by days fetch first 3 rows with ties",
  "select count(*) as n, max(days) as d from loans limit 1",
  "select exists (select from loans limit 1) as any",
  "select distinct book from loans",
  "select distinct on (member_id, book) book from loans order by member_id, book",
  "select rank() over (order by days) as n, count(*) over (partition by book) as m from loans",
  "select row_number() over (partition by book order by member_id) as n from loans",
  "select row_number() over w as n from loans window v as (partition by book), w as (v order by member_id)",
  "select array_agg(book order by days) as a, array_agg(distinct book) as b from loans",
  "select row_number() over (order by days + 1) as n from loans",
  "select sum(days) over (order by days) as n, sum(days) over w as m from loans window w as (rows between unbounded preceding and unbounded following)",
  "select sum(days) over (partition by book order by member_id rows 2 preceding) as n from loans",
])("%j gives the same rows every time", async (text) => {
  const { problems } = await parse(text);
  expect(problems.filter(({ code }) => code !== "output_columns")).toEqual([]);
});

test.each([
  ["", "statement_count:1"],
  ["-- nothing", "statement_count:1"],
  ["select 1 as a;\n\nselect 2 as a", "statement_count:3"],
  ["delete from loans", "not_select:1"],
  ["select 1 as a into other from loans", "not_select:1"],
  ["select book from loans for update", "not_select:1"],
  ["with gone as (\n  delete from loans returning book\n)\nselect book from gone", "not_select:1"],
  ["select 'é'\nfrm loans x y", "body_syntax:2"],
  ["select\n  *\nfrom loans", "star:2"],
  ["select l.* from loans l", "star:1"],
  ["select book from loans union select * from titles", "star:1"],
  ["select book, book from loans", "duplicate_output_column:1"],
])("%j is refused: %s", async (text, expected) => {
  expect(await mistakesIn(text)).toContain(expected);
});

test("the output columns must be those declared, in any order", async () => {
  expect((await parse("select title, book from titles", ["book", "title"])).problems).toEqual([]);
  const { problems } = await parse(
    "select\n  book, titel\nfrom (select book, title as titel from titles) t",
    ["book", "title"],
  );
  expect(problems.map(({ line, message }) => [line, message])).toEqual([
    [2, "expected exactly the declared columns, got them without title and with undeclared titel"],
  ]);
});

test("the SELECT is kept without what stands behind it; its normal form has neither comments nor layout", async () => {
  const body = await parse(
    "-- titles, as they are\nSELECT book,\n  title -- may be null\nFROM titles ; -- done\n",
  );
  expect(body.select).toBe("-- titles, as they are\nSELECT book,\n  title -- may be null\nFROM titles");
  expect(body.normalized).toBe("select book , title from titles");
  expect((await parse("select 'Two  Words' as \"A b\"")).normalized).toBe("select 'Two  Words' as \"A b\"");
});

test("PostgreSQL agrees on the output columns and on the relations read", async () => {
  const { pool } = await createTestDatabase();
  await pool.query(`
    create table bronze.loans (member_id bigint, book text, days integer);
    create table bronze.fees (book text, fee numeric, fee_date date);
    create table bronze.titles (book text, title text)`);
  const queries = [
    "select book, max(days), count(*) as loans, days::text, (select 1 as one), 'x'::varchar(3), days + 1 from loans group by book, days",
    "select case when fee > 1 then 'a' end, case when fee > 1 then 1 else fee end as c, case when fee > 1 then 1 else fee end, coalesce(fee, 1), greatest(fee, 2) from fees",
    "select least(fee, 2) as l, nullif(fee, 0), array[fee], row(fee, 1)::text, exists (select from titles), array(select title from titles) as t from fees",
    "select extract(year from fee_date), cast(fee as integer), fee_date at time zone 'UTC', book collate \"C\", trim(book), not true from fees",
    "with f as (select * from fees) select * from f join titles using (book) cross join lateral (select f.fee * 2 as double) x",
    "select x.book, l.days, t.title from loans l join titles t using (book) as x",
    "select j.a, j.days from (loans natural join titles) as j (a) where j.title > (select min(book) from fees)",
    "with loans as (select book from loans) select l.book, g, o.ordinality, u.v from loans l, generate_series(1, 2) g, generate_series(1, 2) with ordinality o, unnest(array[1]) as u(v)",
    `with recursive tree (book, parent, depth) as (
       select book, title, 0 from titles
       union all
       select t.book, t.title, depth + 1 from titles t join tree on tree.book = t.title
     ) search depth first by book set place cycle book set is_cycle using path
     select book, depth, place is not null as placed, is_cycle from tree`,
    "select v.* from (values (1, 'a'), (2, 'b')) as v (n) union all select days, book from loans order by n",
    "select rank() over w, sum(fee) over (w rows 2 preceding) as s, count(*) filter (where fee > 0) over () as c from fees window w as (partition by book order by fee_date)",
    "select book, grouping(book), sum(fee) from fees group by grouping sets ((book), ()) having sum(fee) > (select count(*) from loans)",
    "select (f).fee, f.book from (select fees as f, book from fees) f",
    "values (1, 'a')",
    "table titles",
  ];
  for (const query of queries) {
    await pool.query(`create view public.probe as ${query}`);
    const { rows: columns } = await pool.query<{ name: string }>(
      `select attname as name from pg_attribute where attrelid = 'public.probe'::regclass and attnum > 0 order by attnum`,
    );
    const { rows: relations } = await pool.query<{ name: string }>(
      `select distinct d.refobjid::regclass::text as name
       from pg_depend d
       join pg_rewrite r on r.oid = d.objid
       where d.classid = 'pg_rewrite'::regclass and d.refclassid = 'pg_class'::regclass
         and r.ev_class = 'public.probe'::regclass and d.refobjid <> r.ev_class
       order by name`,
    );
    await pool.query("drop view public.probe");
    const body = await parse(query);
    expect(
      body.lineage.map(({ column }) => column),
      query,
    ).toEqual(columns.map(({ name }) => name));
    expect(body.relations.map(({ name }) => name).sort(), query).toEqual(relations.map(({ name }) => name));
    expect(
      body.problems.filter(({ code }) => code === "unknown_body_column"),
      query,
    ).toEqual([]);
  }
});
