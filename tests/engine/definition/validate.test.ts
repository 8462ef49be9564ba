import { beforeAll, expect, test } from "vitest";
import { loadRegistry, type Registry, renderProblem, sqlAsset, validate } from "../../../src/engine/index.ts";
import { createTestDatabase, type TestDatabase } from "../../support/database.ts";
import { bodies, folderOf, gold_books, library, loadLibrary, loans, titles } from "./library.ts";

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
  await database.pool.query(`
    create function public.shelf_of(book text) returns text stable language sql as $$ select book $$;
    create function public.year_now() returns double precision immutable language sql as
      $$ select extract(year from now())::double precision; $$;
    create function public.age_of(book text) returns double precision immutable language sql as
      $$ select public.year_now() - length(book) $$;
    create function public.drawn(book text) returns double precision immutable language sql
      begin atomic select random() + length(book); end;
    create function public.spine_of(book text) returns text immutable language sql as $$ select left(book, 3) $$;
  `);
});

/** A model of one text for each expression over loans; the message about each that is refused. */
async function judged(expressions: readonly string[]): Promise<(string | null)[]> {
  const models = expressions.map((_, index) =>
    sqlAsset({
      name: `expression_${index}`,
      layer: "staging",
      description: "",
      columns: { member_id: loans.columns.member_id, v: titles.columns.book },
      key: ["member_id"],
      materialized: "view",
      deps: [loans],
    }),
  );
  const files = models.map(
    ({ name }, index) =>
      [
        `staging/${name}.sql`,
        `select member_id, (${expressions[index]})::text as v from bronze.loans`,
      ] as const,
  );
  const registry = await loadRegistry(
    { assets: [loans, ...models], schedules: [], sensors: [] },
    { bodiesFolder: folderOf(Object.fromEntries(files)) },
  );
  const { graph } = await validate(database.pool, registry);
  return models.map(({ name }) => {
    const { problems } = graph.get(name);
    return problems.length === 0
      ? null
      : problems.map(({ code, message }) => `${code}: ${message}`).join("\n");
  });
}

const impure = [
  // the clock
  "now()",
  "current_timestamp",
  "localtime",
  "date('now')",
  "timestamptz('now')",
  "'today 12:00'::timestamp",
  "('no' || 'w')::timestamptz",
  "loaned_on > 'yesterday'",
  "'{now}'::date[]",
  "daterange('[today,)')",
  "date_trunc('day', 'Now'::timestamptz)",
  "coalesce(loaned_on, 'tomorrow')",
  "E'\\x6eow'::date",
  "book::date",
  "book::timestamp",
  "cast(book as date[])",
  "age(loaned_on)",
  "statement_timestamp()",
  "(select d from json_to_record('{}'::json) as x (d date))",
  "timetz '12:00' at time zone 'Europe/Vienna'",
  "json_value('{}'::jsonb, '$.d' returning date)",
  // chance
  "random()",
  "random(1, 6)",
  "array_shuffle(array[1, 2, 3])",
  "array_sample(array[1, 2, 3], 1)",
  "gen_random_uuid()",
  "uuidv7()",
  // the session, the server, the catalog
  "pg_current_snapshot()",
  "txid_current_snapshot()",
  "pg_relation_size('bronze.loans')",
  "version()",
  "current_database()",
  "current_schema()",
  "current_user",
  "session_user",
  "pg_backend_pid()",
  "current_setting('work_mem')",
  "has_table_privilege('bronze.loans', 'select')",
  "'bronze.loans'::regclass",
  "to_regclass('bronze.loans')",
  "member_id::regtype",
  "pg_typeof(member_id)",
  "obj_description(member_id::oid, 'pg_class')",
  "nextval('orchestrator.runs_run_id_seq')",
  "txid_current()",
  // where a row happens to stand
  "ctid",
  "xmin",
  "loans.xmax",
  "tableoid",
  // what people made
  "shelf_of(book)",
  "age_of(book)",
  "drawn(book)",
];

const pure = [
  "lower(book)",
  "loaned_on + 1",
  "loaned_on + interval '1 month'",
  "loaned_on::timestamptz",
  "loaned_on::timestamptz::date",
  "timestamptz '2024-01-02 12:00+02' at time zone 'Europe/Vienna'",
  "to_char(loaned_on, 'YYYY-MM-DD')",
  "to_date(book, 'YYYY')",
  "date '2024-01-02'",
  "date 'infinity'",
  "loaned_on > '2020-01-01'",
  "book = 'now'",
  "coalesce(book, 'today')",
  "format('%s of %s', book, member_id)",
  "concat(book, loaned_on)",
  "book::interval",
  "book::numeric",
  "member_id::text",
  "jsonb_build_object('on', loaned_on)",
  "extract(year from loaned_on)",
  "date_trunc('month', loaned_on)",
  "array[member_id]",
  "spine_of(book)",
  "(select sum(n) from generate_series(1, 3) as n)",
  "(select jsonb_agg(x order by x) from unnest(array[1, 2]) as x)",
  "(select t from json_to_record('{}'::json) as x (t text, n numeric))",
  "age(loaned_on, date '2020-01-01')",
  "loaned_on between '2020-01-01' and timestamptz '2021-01-01'",
  "(select max(n) from (with recursive t (n) as (select 1 union all select n + 1 from t where n < 9) select n from t) as x)",
];

test("whatever reads the clock, chance, the session or the catalog is refused, by PostgreSQL's own volatility", async () => {
  const messages = await judged(impure);
  const accepted = impure.filter((_, index) => !messages[index]?.startsWith("impure_body"));
  expect(accepted).toEqual([]);
  // Declared immutable, which nobody verifies: what is inside is looked at all the same.
  expect(messages.at(-2)).toContain("got: now() within year_now()");
  expect(messages.at(-1)).toContain("got: random() within drawn()");
});

test("what depends on nothing but its arguments and the pinned settings is taken", async () => {
  const messages = await judged(pure);
  expect(messages.filter((message) => message !== null)).toEqual([]);
});

test("what the database's own settings say is of no consequence: those of the session are pinned", async () => {
  const name = (await database.pool.query<{ name: string }>("select current_database() as name")).rows[0]!
    .name;
  await database.pool.query(`alter database ${name} set timezone = 'Pacific/Auckland'`);
  await database.pool.query(`alter database ${name} set lc_monetary = 'POSIX'`);
  await database.pool.query(`alter database ${name} set bytea_output = 'escape'`);
  const { rows } = await database
    .connect()
    .query(`select timestamptz '2024-01-01 23:00+00'::date as day, '\\x00'::bytea::text as bytes`);
  expect(rows).toEqual([{ day: "2024-01-01", bytes: "\\x00" }]);
});

/** The library as PostgreSQL judges it, without any table of it. */
async function validated(changes: Parameters<typeof loadLibrary>[0] = {}): Promise<Registry> {
  return await validate(database.pool, await loadLibrary(changes));
}

const told = ({ problems, bodiesFolder }: Registry): string[] =>
  problems.map((found) => renderProblem(found).replaceAll(`${bodiesFolder}/`, ""));

test("definitions without a mistake: nothing to mend, nothing is left behind", async () => {
  const { problems } = await validated();
  expect(problems).toEqual([]);
  const { rows } = await database.pool.query("select from pg_class where relname in ('loans', 'stg_loans')");
  expect(rows).toEqual([]);
});

test("unknown functions, types that do not fit and columns of another type are told before anything runs", async () => {
  const registry = await validated({
    files: {
      "staging/stg_fees.sql": "select\n  book,\n  fee_date,\n  rond(fee) as fee\nfrom fees",
      "intermediate/int_charges.sql": bodies["intermediate/int_charges.sql"]!.replace(
        "f.book = p.book",
        "f.book = p.member_id",
      ),
      "gold/gold_members.sql":
        "select\n  member_id,\n  count(charge) as charged,\n  max(fee_date) as last_day\nfrom int_charges\ngroup by member_id",
    },
  });
  expect(told(registry)).toEqual([
    [
      "staging/stg_fees.sql:4:3: stg_fees: PostgreSQL cannot run this: function rond(numeric) does not exist",
      "  4 |   rond(fee) as fee",
      "    |   ^",
      "  hint: No function matches the given name and argument types. You might need to add explicit type casts.",
    ].join("\n"),
    [
      "intermediate/int_charges.sql:8:27: int_charges: PostgreSQL cannot run this: operator does not exist: text = bigint",
      "  8 | join stg_fees f on f.book = p.member_id",
      "    |                           ^",
      "  hint: No operator matches the given name and argument types. You might need to add explicit type casts.",
    ].join("\n"),
    [
      "gold/gold_members.sql:3:3: gold_members: column charged: expected numeric, as declared, got: bigint",
      "  3 |   count(charge) as charged,",
      "    |   ^",
    ].join("\n"),
  ]);
  expect(registry.graph.get("gold_books").problems.map(({ message }) => message)).toEqual([
    "below broken int_charges",
  ]);
});

test("a misspelt column of a check is told where the check is declared", async () => {
  const checked = sqlAsset({
    ...gold_books,
    deps: gold_books.deps,
    checks: [
      {
        kind: "expression",
        name: "earned_not_negative",
        description: "Nobody is paid to borrow.",
        expression: "earned is null or earnd >= 0",
      },
      { kind: "accepted_values", column: "title", values: ["Emma"] },
    ],
  });
  const registry = await validated({
    assets: library.map((asset) => (asset === gold_books ? checked : asset)),
  });
  expect(told(registry)).toEqual([
    expect.stringMatching(
      /^tests\/engine\/definition\/validate\.test\.ts:\d+:40: gold_books: check earned_not_negative: PostgreSQL cannot run this: column "earnd" does not exist\n +\d+ \| +expression: "earned is null or earnd >= 0",\n +\| +\^\n {2}hint: Perhaps you meant to reference the column "checked.earned"\.$/,
    ),
  ]);
  expect(registry.graph.get("gold_books").problems).toHaveLength(1);
});

test("a source's table that is not what is declared is told", async () => {
  await database.pool.query("create table bronze.titles (book text, title integer)");
  const { problems } = await validated();
  expect(problems.map(({ asset, message }) => `${asset}: ${message}`)).toEqual([
    "titles: column title of the table: expected text, as declared, got: integer; change the table or the declaration",
    "gold_books: column title: expected text, as declared, got: integer",
  ]);
});
