import { expect, test } from "vitest";
import {
  type AnyAsset,
  describeProblem,
  type Registry,
  renderProblem,
  schedule,
  sensor,
  sourceAsset,
  sqlAsset,
} from "../../../src/engine/definition/index.ts";
import {
  bodies,
  fees,
  gold_books,
  gold_members,
  int_charges,
  int_loan_periods,
  library,
  loadLibrary,
  loans,
  model,
  stg_loans,
  titles,
} from "./library.ts";

/** `asset code`, of everything to be mended; with the line where that is one of a body. */
function mistakes({ problems }: Registry): string[] {
  return problems.map(({ asset, code, file, line }) =>
    [asset ?? "-", line === null || !file?.endsWith(".sql") ? code : `${code}:${line}`].join(" "),
  );
}

function withAsset(changed: AnyAsset): readonly AnyAsset[] {
  return library.map((asset) => (asset.name === changed.name ? changed : asset));
}

test("a library without a mistake: bodies, lineage and code versions, nothing to mend", async () => {
  const { graph, problems } = await loadLibrary();
  expect(problems).toEqual([]);
  const node = graph.get("int_loan_periods");
  expect(node.body).toMatch(/^\n-- one period[^;]*from stg_loans$/);
  expect(node.file).toMatch(/intermediate\/int_loan_periods\.sql$/);
  expect(node.codeVersion).toMatch(/^[0-9a-f]{8}$/);
  expect(graph.get("gold_books").lineage).toEqual([
    {
      column: "book",
      from: [
        { asset: "int_charges", column: "book" },
        { asset: "titles", column: "book" },
      ],
    },
    { column: "title", from: [{ asset: "titles", column: "title" }] },
    { column: "earned", from: [{ asset: "int_charges", column: "charge" }] },
  ]);
  expect(graph.get("loans").body).toBeNull();
});

test("a broken body breaks what is below it, with the reason, and nothing else", async () => {
  const { graph, problems } = await loadLibrary({
    files: { "staging/stg_fees.sql": "select book,\n  fee_date fee,,\nfrom fees" },
  });
  expect(problems.map((problem) => problem.toString())).toEqual([
    expect.stringMatching(
      /staging\/stg_fees\.sql:2:16 stg_fees: PostgreSQL cannot parse this: syntax error at or near ","$/,
    ),
  ]);
  expect(graph.get("int_charges").problems.map(({ message }) => message)).toEqual(["below broken stg_fees"]);
  expect(graph.get("gold_members").problems.map(({ message }) => message)).toEqual([
    "below broken int_charges",
  ]);
  expect(graph.get("int_loan_periods").problems).toEqual([]);
});

test("a mistake is told with its line, a caret below its column, and as fields", async () => {
  const { problems, bodiesFolder } = await loadLibrary({
    files: { "staging/stg_fees.sql": "\uFEFFselect book,\r\n\tfee_date fee,,\r\nfrom fees" },
  });
  expect(renderProblem(problems[0]!)).toBe(
    [
      `${bodiesFolder}/staging/stg_fees.sql:2:15: stg_fees: PostgreSQL cannot parse this: syntax error at or near ","`,
      "  2 | \tfee_date fee,,",
      "    | \t             ^",
    ].join("\n"),
  );
  expect(describeProblem(problems[0]!)).toEqual({
    code: "body_syntax",
    severity: "error",
    asset: "stg_fees",
    file: `${bodiesFolder}/staging/stg_fees.sql`,
    line: 2,
    column: 15,
    message: 'PostgreSQL cannot parse this: syntax error at or near ","',
    hint: null,
    excerpt: "\tfee_date fee,,",
  });
});

test("a declaration's mistake stands where it was declared, seen from here", async () => {
  const { problems } = await loadLibrary({
    assets: [...library.filter((asset) => asset !== titles), sourceAsset({ ...titles, key: ["bok"] })],
  });
  const { file, line, excerpt } = describeProblem(problems[0]!);
  expect([file, excerpt]).toEqual([
    "tests/engine/definition/registry.test.ts",
    '    assets: [...library.filter((asset) => asset !== titles), sourceAsset({ ...titles, key: ["bok"] })],',
  ]);
  expect(renderProblem(problems[0]!)).toContain(`registry.test.ts:${line}:`);
});

test("a byte-order mark in front of a body is no part of it", async () => {
  const { graph, problems } = await loadLibrary({
    files: { "staging/stg_fees.sql": `\uFEFF${bodies["staging/stg_fees.sql"]}` },
  });
  expect(problems).toEqual([]);
  expect(graph.get("stg_fees").codeVersion).toBe((await loadLibrary()).graph.get("stg_fees").codeVersion);
});

test("what a body reads must be what is declared, both ways", async () => {
  const registry = await loadLibrary({
    files: {
      "staging/stg_loans.sql":
        "select l.member_id, f.book, l.loaned_on\nfrom loans l\njoin fees f on f.book = l.book",
      "staging/stg_fees.sql": "select book, fee_date, fee from lones",
      "gold/gold_members.sql":
        "select member_id, sum(charge) as charged, max(fee_date) as last_day from bronze.int_charges group by 1",
    },
  });
  expect(mistakes(registry)).toEqual([
    "stg_fees unknown_relation:1",
    "stg_fees unused_dependency",
    "stg_loans undeclared_dependency:3",
    "gold_members unknown_relation:1",
    "gold_members unused_dependency",
  ]);
  expect(registry.problems[0]!.message).toContain("the body reads lones: expected an asset");
  expect(registry.problems[0]!.message).toContain("the nearest is loans");
});

test("files without a declaration and declarations without a file are both reported", async () => {
  const registry = await loadLibrary({
    assets: [...library, model("stg_shelves", [])],
    files: {
      "staging/stg_lones.sql": "select 1 as id",
      "gold/stg_loans.sql": "select 1 as id",
      "notes.txt": "",
    },
  });
  expect(mistakes(registry)).toEqual(["stg_shelves missing_body", "- orphan_body", "- orphan_body"]);
  expect(registry.problems[2]!.message).toContain("the nearest is staging/stg_loans.sql");
});

test.each<[string, AnyAsset, string[]]>([
  ["an empty key", { ...titles, key: [] }, ["titles empty_key"]],
  ["a key column that is none", { ...titles, key: ["bok"] }, ["titles unknown_column"]],
  ["a partition column that is none", { ...titles, partitionBy: "member" }, ["titles unknown_column"]],
  ["a time column that is no date", { ...titles, timeColumn: "title" }, ["titles time_column_type"]],
  [
    "the end of a period without its start",
    { ...loans, timeColumn: undefined, timeEndColumn: "loaned_on" } as never,
    ["loans missing_time_column"],
  ],
  [
    "a table whose key lacks its partition column",
    { ...int_loan_periods, key: ["book", "valid_from"] },
    ["int_loan_periods partition_outside_key"],
  ],
  [
    "incremental without a scope",
    { ...gold_books, materialized: "incremental" },
    ["gold_books missing_scope_column"],
  ],
  [
    "an index on a column that is none",
    { ...gold_books, indexes: [["book"], ["titel"]] },
    ["gold_books unknown_column"],
  ],
  [
    "a check of a column that is none",
    {
      ...gold_books,
      checks: [
        { kind: "not_null", columns: ["titel"] },
        { kind: "accepted_values", column: "titel", values: [] },
      ],
    },
    ["gold_books unknown_column", "gold_books unknown_column"],
  ],
  [
    "a relationship to a column that is none",
    { ...gold_books, checks: [{ kind: "relationship", column: "book", to: titles, toColumn: "isbn" }] },
    ["gold_books unknown_column"],
  ],
  [
    "via that is not upstream",
    {
      ...int_charges,
      deps: [{ asset: int_loan_periods }, { asset: int_charges.deps[1]!.asset, via: gold_members }],
    },
    ["int_charges via_not_upstream"],
  ],
  [
    "via without the columns",
    { ...int_charges, deps: [{ asset: int_loan_periods }, { asset: int_charges.deps[1]!.asset, via: fees }] },
    ["int_charges unknown_column"],
  ],
  ["a producer without a function", { ...titles, producedBy: loans }, ["titles producer_without_ingest"]],
])("%s is reported", async (_, changed, expected) => {
  const registry = await loadLibrary({ assets: withAsset(changed) });
  expect(mistakes(registry).filter((mistake) => !mistake.includes("dependency"))).toEqual(expected);
});

test("names are snake_case: PostgreSQL would fold or cut others", async () => {
  const long = "a".repeat(64);
  const shelves = [
    { ...titles, name: "Shelves" },
    { ...titles, name: long },
    { ...titles, columns: { ...titles.columns, "shelf no": titles.columns.book } },
  ];
  const registry = await loadLibrary({
    assets: [...library.filter((asset) => asset !== titles), ...shelves],
  });
  expect(mistakes(registry)).toEqual(["Shelves invalid_name", `${long} invalid_name`, "titles invalid_name"]);
});

test("an asset that others refer to must be among the definitions", async () => {
  const registry = await loadLibrary({
    assets: library.filter((asset) => asset !== titles),
    sensors: [sensor({ name: "some", description: "", sources: [loans, fees] })],
  });
  expect(mistakes(registry)).toEqual(["gold_books unregistered_asset"]);
});

test("two assets with one name: the first stays, broken", async () => {
  const twin = sqlAsset({ ...gold_members, description: "another", deps: gold_members.deps });
  const registry = await loadLibrary({ assets: [...library, twin] });
  expect(mistakes(registry)).toEqual(["gold_members duplicate_asset"]);
  expect(registry.graph.get("gold_members").asset).toBe(gold_members);
});

test("a cycle, forced by two declarations of one name, is named; the rest goes on", async () => {
  const stg_cycle = model("stg_cycle", [model("int_cycle", [])]);
  const int_cycle = model("int_cycle", [stg_cycle], { layer: "intermediate" });
  const gold_below = model("gold_below", [int_cycle], { layer: "gold" });
  const { graph, problems } = await loadLibrary({
    assets: [...library, stg_cycle, int_cycle, gold_below],
    files: {
      "staging/stg_cycle.sql": "select id from int_cycle",
      "intermediate/int_cycle.sql": "select id from stg_cycle",
      "gold/gold_below.sql": "select id from int_cycle",
    },
  });
  const cycle = "expected no cycle, got: [stg_cycle > int_cycle > stg_cycle]";
  expect(problems.map(({ asset, message }) => [asset, message])).toEqual([
    ["stg_cycle", cycle],
    ["int_cycle", cycle],
  ]);
  // They stand in the graph, broken: who asks for one is told what is wrong with it.
  expect(graph.get("stg_cycle").problems.map(({ message }) => message)).toEqual([cycle]);
  expect(graph.get("gold_below").problems.map(({ message }) => message)).toEqual(["below broken int_cycle"]);
  expect(graph.get("gold_members").problems).toEqual([]);
});

test("a source that has dependents and that no sensor watches is reported, unless it never changes", async () => {
  const watching = (...sources: AnyAsset[]) => [sensor({ name: "some", description: "", sources })];
  expect(mistakes(await loadLibrary({ sensors: watching(loans, fees) }))).toEqual([
    "titles unwatched_source",
  ]);
  expect(
    mistakes(
      await loadLibrary({
        assets: withAsset(sourceAsset({ ...titles, captures: [] })),
        sensors: watching(loans, fees),
      }),
    ),
  ).toEqual([]);
  const alone = sourceAsset({ ...titles, name: "shelves" });
  expect(mistakes(await loadLibrary({ assets: [...library, alone] }))).toEqual([]);
});

test("schedules and sensors are checked: cron, time zone, selection, sources", async () => {
  const nightly = schedule({
    name: "nightly",
    description: "",
    cron: "0 18 * * 1-5",
    timeZone: "UTC",
    selection: "fees+",
  });
  const registry = await loadLibrary({
    schedules: [
      nightly,
      { ...nightly, name: "often", cron: "*/10 * * * * *" },
      { ...nightly, name: "never", cron: "61 * * * *", timeZone: "Mars/Olympus" },
      { ...nightly, name: "nothing", selection: "state:stale feess" },
      { ...nightly, name: "stale", selection: "state:stale" },
    ],
    sensors: [
      sensor({ name: "desk", description: "", sources: [loans] }),
      sensor({
        name: "wrong",
        description: "",
        sources: [stg_loans, sourceAsset({ ...loans, name: "other" })],
      }),
      sensor({ name: "nightly", description: "", sources: [loans, fees, titles] }),
    ],
  });
  expect(registry.problems.map(({ code }) => code)).toEqual([
    "duplicate_automation",
    "invalid_cron",
    "invalid_time_zone",
    "invalid_cron",
    "invalid_schedule_selection",
    "invalid_sensor_source",
    "invalid_sensor_source",
  ]);
  expect(registry.problems[4]!.message).toBe(
    "schedule nothing: selection matches no asset: feess; the nearest is fees",
  );
});

test("the code version changes when what makes the rows does, and only then", async () => {
  const versionOf = async (changed: AnyAsset, body?: string): Promise<string> => {
    const files: Record<string, string> = body === undefined ? {} : { "gold/gold_books.sql": body };
    const { graph } = await loadLibrary({ assets: withAsset(changed), files });
    return graph.get("gold_books").codeVersion;
  };
  const body = bodies["gold/gold_books.sql"]!;
  const version = await versionOf(gold_books);
  expect(await versionOf(gold_books)).toBe(version);
  expect(
    await versionOf(gold_books, `-- why\n${body.replaceAll("\n", "\n  ").replaceAll("select", "SELECT")};`),
  ).toBe(version);
  expect(
    await versionOf({ ...gold_books, description: "other", tags: ["x"], checks: [{ kind: "unique_key" }] }),
  ).toBe(version);
  const others = await Promise.all([
    versionOf(gold_books, body.replace("sum", "max")),
    versionOf(gold_books, body.replace("e.earned", "(e.earned) as earned")),
    versionOf({ ...gold_books, materialized: "view" }),
    versionOf({ ...gold_books, key: ["book", "title"] }),
    versionOf({ ...gold_books, indexes: [["title"]] }),
    versionOf({ ...gold_books, partitionBy: "book" }),
    versionOf({
      ...gold_books,
      columns: { ...gold_books.columns, earned: { type: "integer", description: "" } },
    }),
  ]);
  expect(new Set([version, ...others]).size).toBe(8);
});

test("the code version changes with the functions that the body calls", async () => {
  const asked: string[][] = [];
  const versions = (definition: string) =>
    loadLibrary({
      files: { "staging/stg_loans.sql": "select member_id, tidy(book) as book, loaned_on from loans" },
      functionDefinitions: async (names) => {
        asked.push(names);
        return new Map([["tidy", definition]]);
      },
    }).then(({ graph }) => [graph.get("stg_loans").codeVersion, graph.get("stg_fees").codeVersion]);
  const [first, second] = [await versions("lower(x)"), await versions("upper(x)")];
  expect(asked[0]).toEqual(["lead", "max", "sum", "tidy"]);
  expect(first[0]).not.toBe(second[0]);
  expect(first[1]).toBe(second[1]);
});
