import { expect, test } from "vitest";
import { Graph, select } from "../../../src/engine/definition/index.ts";
import * as problem from "../../../src/engine/definition/problems.ts";
import {
  type AssetState,
  MixedPartitionColumnsError,
  type PlanRequest,
  type PlanStep,
  type PublishedState,
  plan,
  statesOf,
} from "../../../src/engine/planning/index.ts";
import { graphOf, library, nodeOf } from "./library.ts";

const graph = graphOf(library);
const now = new Date("2024-03-02T12:00:00Z");

/** All published and fresh, but for these. */
function statesWith(
  changes: Readonly<Record<string, Partial<PublishedState> | null>> = {},
): Map<string, AssetState> {
  const publications = new Map<string, PublishedState>();
  for (const { name } of library) {
    const change = changes[name];
    if (change === null) continue;
    publications.set(name, {
      asset: name,
      code_version: "00000000",
      data_version: 1,
      read_versions: Object.fromEntries([...graph.reads(name)].map((read) => [read, 1])),
      relation: null,
      last_run_id: 1,
      last_materialized_at: now,
      ...change,
    });
  }
  return statesOf(graph, { publications, waiting: new Map(), now });
}

function steps(selection: string, request: Partial<PlanRequest> = {}, states = statesWith()): PlanStep[] {
  const selected = select(graph, { select: [selection], stale: new Set() });
  return plan(graph, states, { selected, scope: null, fullRefresh: false, ...request });
}

/** `action asset (reason)` */
function lines(planned: readonly PlanStep[]): string[] {
  return planned.map(({ action, asset, reason }) => `${action} ${asset} (${reason})`);
}

test("before any run: sources with a function are ingested, models made for the first time", () => {
  const nothing = Object.fromEntries(library.map(({ name }) => [name, null]));
  expect(lines(steps("*", {}, statesWith(nothing)))).toEqual([
    "ingest fees (selected)",
    "view stg_fees (never materialized)",
    "view stg_loans (never materialized)",
    "rebuild int_loan_periods (never materialized)",
    "rebuild int_charges (never materialized)",
    "rebuild gold_books (never materialized)",
    "view gold_members (never materialized)",
  ]);
});

test("below an ingestion, tables are refreshed by what it brings, unless something else is due", () => {
  const daily = steps("fees+");
  expect(lines(daily)).toEqual([
    "ingest fees (selected)",
    "view stg_fees (selected)",
    "refresh int_charges (what fees brings)",
    "refresh gold_books (what fees, titles brings)",
    "view gold_members (selected)",
  ]);
  expect(daily.map(({ scope }) => scope?.partitions ?? scope)).toEqual([
    { partitions: null, since: null },
    { partitions: null, since: null },
    null,
    null,
    { partitions: null, since: null },
  ]);
  expect(lines(steps("fees+", {}, statesWith({ int_charges: { code_version: "ffffffff" } })))).toEqual([
    "ingest fees (selected)",
    "view stg_fees (selected)",
    "rebuild int_charges (code changed)",
    "rebuild gold_books (below int_charges, made anew)",
    "view gold_members (selected)",
  ]);
});

test("without a scope a table is rebuilt, and with it every selected table below, also behind a view", () => {
  expect(lines(steps("stg_loans+1"))).toEqual([
    "view stg_loans (selected)",
    "rebuild int_loan_periods (selected)",
  ]);
  const changed = statesWith({ stg_loans: { code_version: "ffffffff" } });
  expect(lines(steps("stg_loans+", { scope: { partitions: ["1"], since: null } }, changed))).toEqual([
    "view stg_loans (code changed)",
    "rebuild int_loan_periods (below stg_loans, made anew)",
    "rebuild int_charges (below int_loan_periods, made anew)",
    "rebuild gold_books (below int_charges, made anew)",
    "view gold_members (selected)",
  ]);
  // A table in between that is not selected stays as it is, and so does what reads it.
  expect(
    lines(
      steps(
        "int_loan_periods gold_books",
        { scope: { partitions: null, since: "2024-01-01" } },
        statesWith({ int_loan_periods: null }),
      ),
    ),
  ).toEqual(["rebuild int_loan_periods (never materialized)", "refresh gold_books (everything)"]);
});

test("a scope is refreshed; it is of the first assets selected, and those below get what it comes to", () => {
  const scope = { partitions: ["1", "2"], since: "2024-01-01" };
  const planned = steps("int_loan_periods+", { scope });
  expect(lines(planned)).toEqual([
    "refresh int_loan_periods (member_id 1, 2 from 2024-01-01)",
    "refresh int_charges (member_id 1, 2 from 2024-01-01)",
    "refresh gold_books (what the steps before it change)",
    "refresh gold_members (member_id 1, 2)",
  ]);
  expect(planned.map((step) => step.scope)).toEqual([scope, scope, null, scope]);
  const books = steps("fees+", { scope: { partitions: ["emma"], since: null } });
  expect(books.map((step) => [step.asset, step.scope])).toEqual([
    ["fees", { partitions: ["emma"], since: null }],
    ["stg_fees", { partitions: ["emma"], since: null }],
    ["int_charges", null],
    ["gold_books", null],
    ["gold_members", null],
  ]);
});

test("values of two partition columns cannot be told apart", () => {
  const scope = { partitions: ["1"], since: null };
  expect(() => steps("fees int_loan_periods", { scope })).toThrow(MixedPartitionColumnsError);
  expect(() => steps("fees int_loan_periods", { scope })).toThrow(
    "got: book (fees), member_id (int_loan_periods)",
  );
  // loans has no function: nothing is done to it, and its column decides nothing.
  expect(lines(steps("loans stg_fees", { scope }))).toEqual(["refresh stg_fees (book 1)"]);
});

test("a full refresh rebuilds whatever else holds", () => {
  const scope = { partitions: ["1"], since: null };
  expect(lines(steps("int_charges", { scope, fullRefresh: true }))).toEqual([
    "rebuild int_charges (full refresh)",
  ]);
});

test("a source written by another's function is that one step; its readers wait for it", () => {
  const planned = steps("titles+");
  expect(lines(planned)).toEqual([
    "ingest fees (writes titles)",
    "refresh gold_books (what fees, titles brings)",
  ]);
  expect(planned[1]!.after).toEqual(["fees"]);
  expect(lines(steps("fees titles"))).toEqual(["ingest fees (selected)"]);
});

test("a step waits for all it reads, by way of assets that are not selected too", () => {
  expect(steps("fees gold_members int_loan_periods").map(({ asset, after }) => [asset, after])).toEqual([
    ["fees", []],
    ["int_loan_periods", []],
    ["gold_members", ["fees", "int_loan_periods"]],
  ]);
});

test("a broken asset keeps its step, with the problem", () => {
  const place = { asset: "gold_books", file: "gold_books.sql", line: 1 };
  const nodes = library
    .map(nodeOf)
    .map((node) =>
      node.asset.name === "gold_books"
        ? { ...node, problems: [problem.unknownRelation(place, "tiles", ["titles"])] }
        : node,
    );
  const planned = plan(new Graph(nodes), statesWith(), {
    selected: ["gold_books", "gold_members"],
    scope: null,
    fullRefresh: false,
  });
  expect(planned.map(({ asset, problem }) => [asset, problem])).toEqual([
    ["gold_books", expect.stringContaining("the body reads tiles")],
    ["gold_members", null],
  ]);
});
