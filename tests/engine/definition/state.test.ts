import { expect, test } from "vitest";
import { Graph } from "../../../src/engine/definition/index.ts";
import * as problem from "../../../src/engine/definition/problems.ts";
import {
  type AssetState,
  type PublishedState,
  readStates,
  statesOf,
} from "../../../src/engine/planning/index.ts";
import { createTestDatabase } from "../../support/database.ts";
import { graphOf, library, nodeOf } from "./library.ts";

const graph = graphOf(library);
const now = new Date("2024-03-02T12:00:00Z");

/** As after a full run at noon the day before. */
function published(asset: string, rest: Partial<PublishedState> = {}): PublishedState {
  const reads = [...graph.reads(asset)].map((name) => [name, 1] as const);
  return {
    asset,
    code_version: "00000000",
    data_version: 1,
    read_versions: Object.fromEntries(reads),
    relation: null,
    last_run_id: 1,
    last_materialized_at: new Date("2024-03-01T12:00:00Z"),
    ...rest,
  };
}

function observe(changes: readonly PublishedState[] = [], waiting: Record<string, number> = {}, at = now) {
  const rows = [...library.map(({ name }) => published(name)), ...changes];
  return statesOf(graph, {
    publications: new Map(rows.map((row) => [row.asset, row])),
    waiting: new Map(Object.entries(waiting)),
    now: at,
  });
}

/** `asset: reason, reason` of all that is not fresh. */
function reasonsIn(states: ReadonlyMap<string, AssetState>): string[] {
  return [...states.values()]
    .filter(({ status }) => status !== "fresh")
    .map(({ asset, reasons }) => `${asset}: ${reasons.join(", ")}`);
}

test("after a full run everything is fresh", () => {
  expect(reasonsIn(observe())).toEqual([]);
});

test("before any run: models and what is ingested were never materialized; what people fill needs no run", () => {
  const states = statesOf(graph, { publications: new Map(), waiting: new Map(), now });
  expect(states.get("loans")).toMatchObject({ status: "fresh", codeVersion: null, dataVersion: 0 });
  expect(states.get("fees")).toMatchObject({
    status: "stale",
    reasons: ["never materialized"],
    outdated: false,
  });
  expect(states.get("titles")).toMatchObject({ status: "stale", reasons: ["never materialized"] });
  expect(states.get("gold_books")).toMatchObject({ reasons: ["never materialized"], outdated: true });
});

test("other code makes it stale, and those below it with that reason", () => {
  expect(reasonsIn(observe([published("int_charges", { code_version: "ffffffff" })]))).toEqual([
    "int_charges: code changed",
    "gold_books: below stale int_charges",
    "gold_members: below stale int_charges",
  ]);
});

test("a table is stale when a model it read has other content now, also behind a view", () => {
  const states = observe([published("int_loan_periods", { data_version: 2 })]);
  expect(reasonsIn(states)).toEqual([
    "int_charges: newer upstream int_loan_periods",
    "gold_books: below stale int_charges",
    "gold_members: below stale int_charges",
  ]);
  expect(reasonsIn(observe([published("stg_loans", { data_version: 2 })]))[0]).toBe(
    "int_loan_periods: newer upstream stg_loans",
  );
  // A view reads when it is read; a source's newer content stands in its change rows.
  expect(reasonsIn(observe([published("fees", { data_version: 9 })]))).toEqual([]);
});

test("waiting changes of a source make all models below it stale, and not the source", () => {
  expect(reasonsIn(observe([], { loans: 3, titles: 1 }))).toEqual([
    "stg_loans: 3 changes of loans waiting",
    "int_loan_periods: 3 changes of loans waiting",
    "int_charges: 3 changes of loans waiting",
    "gold_books: 3 changes of loans waiting, 1 change of titles waiting",
    "gold_members: 3 changes of loans waiting",
  ]);
});

test("overdue by its policy, at the hour", () => {
  expect(reasonsIn(observe([], {}, new Date("2024-03-02T12:00:00Z")))).toEqual([]);
  expect(reasonsIn(observe([], {}, new Date("2024-03-02T18:30:00Z")))).toEqual([
    "fees: overdue: last materialized 30 h ago, policy 24 h",
  ]);
});

test("of a view nothing is written down in a refresh: it was made anew with the newest of what it reads", () => {
  const refreshed = { last_run_id: 9, last_materialized_at: new Date("2024-03-02T11:00:00Z") };
  const states = observe([published("int_charges", refreshed)]);
  expect(states.get("gold_members")).toMatchObject({
    lastRunId: 9,
    lastMaterializedAt: refreshed.last_materialized_at,
    lastSuccessAt: refreshed.last_materialized_at,
    status: "fresh",
  });
  expect(states.get("gold_books")).toMatchObject({ lastRunId: 1 });
});

test("broken says why", () => {
  const nodes = library.map(nodeOf).map((node) =>
    node.asset.name === "gold_books"
      ? {
          ...node,
          problems: [problem.belowBroken({ asset: "gold_books", file: null, line: null }, "titles")],
        }
      : node,
  );
  const states = statesOf(new Graph(nodes), { publications: new Map(), waiting: new Map(), now });
  expect(states.get("gold_books")).toMatchObject({
    status: "broken",
    reasons: ["broken: below broken titles"],
  });
});

test("states are read from the record, in the order of the graph", async () => {
  const { pool } = await createTestDatabase();
  await pool.query(
    `insert into orchestrator.assets
       (asset, code_version, data_version, read_versions, relation, last_run_id, last_materialized_at)
     values ('stg_loans', '00000000', 4, '{}', null, 7, '2024-03-01T12:00:00Z'),
       ('int_loan_periods', '00000000', 2, '{"stg_loans": 3}', 'int_loan_periods__00000000_7', 7, '2024-03-01T12:00:00Z')`,
  );
  await pool.query(
    "insert into orchestrator.changes (asset, partition_value) values ('loans', '1'), ('loans', '2')",
  );
  const states = await readStates(pool, graph, now);
  expect([...states.keys()]).toEqual([...graph.nodes.keys()]);
  expect(states.get("int_loan_periods")).toEqual({
    asset: "int_loan_periods",
    codeVersion: "00000000",
    dataVersion: 2,
    relation: "int_loan_periods__00000000_7",
    lastRunId: 7,
    lastMaterializedAt: new Date("2024-03-01T12:00:00Z"),
    lastSuccessAt: new Date("2024-03-01T12:00:00Z"),
    status: "stale",
    reasons: ["newer upstream stg_loans", "2 changes of loans waiting"],
    failure: null,
    isStale: true,
    isOverdue: false,
    outdated: true,
  });
});

test("a view that was never made does not say when, whatever it reads", () => {
  const states = observe([
    published("gold_members", { code_version: null, last_run_id: null, last_materialized_at: null }),
  ]);
  expect(states.get("gold_members")).toMatchObject({
    lastRunId: null,
    lastMaterializedAt: null,
    reasons: ["never materialized"],
  });
});
