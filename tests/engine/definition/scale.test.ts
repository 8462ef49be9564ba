import { rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { type Shape, shapes, synthetic, writeBodies } from "../../../bench/synthetic.ts";
import { type CycleError, Graph, loadRegistry, select } from "../../../src/engine/definition/index.ts";
import { type PublishedState, plan, statesOf } from "../../../src/engine/planning/index.ts";
import { model, nodeOf } from "./library.ts";

const now = new Date("2024-03-02T12:00:00Z");
const waiting = new Map([["events", 1]]);

function graphOfShape(shape: Shape, models: number): Graph {
  return new Graph(synthetic(shape, models).definitions.assets.map(nodeOf));
}

function published(graph: Graph, changes: Partial<PublishedState> = {}): Map<string, PublishedState> {
  const rows = [...graph.nodes].map(([asset, { codeVersion }]): [string, PublishedState] => [
    asset,
    {
      asset,
      code_version: codeVersion,
      data_version: 1,
      read_versions: {},
      relation: null,
      last_run_id: 1,
      last_materialized_at: now,
      ...changes,
    },
  ]);
  return new Map(rows);
}

// By walking each model's ancestry anew, 25 levels of two models that read each other took longer than anybody waits.
test.each(shapes)("states, selection and plan of 5,000 models (%s) take moments", (shape) => {
  const graph = graphOfShape(shape, 5000);
  const began = performance.now();
  const fresh = statesOf(graph, { publications: published(graph), waiting, now });
  const selected = select(graph, { select: ["+*+"], stale: new Set() });
  expect(selected).toHaveLength(5001);
  expect(select(graph, { select: [selected.join(" ")], stale: new Set() })).toEqual(selected);
  const scope = { partitions: ["1"], since: null };
  const steps = plan(graph, fresh, { selected, scope, fullRefresh: false });
  expect(performance.now() - began).toBeLessThan(5000);
  expect(fresh.get("model_4999")!.reasons).toEqual(["1 change of events waiting"]);
  expect(steps).toHaveLength(5000);
  const edges = steps.reduce((sum, { after }) => sum + after.length, 0);
  expect(edges).toBeLessThan(4 * 5000);
});

test("a thousand cycles are found together", () => {
  const pairs = Array.from({ length: 1000 }, (_, index) => {
    const [a, b] = [model(`a${index}`, []), model(`b${index}`, [])];
    return [
      { ...a, deps: [{ asset: b }] },
      { ...b, deps: [{ asset: a }] },
    ];
  });
  try {
    new Graph(pairs.flat().map(nodeOf));
    expect.unreachable();
  } catch (error) {
    expect((error as CycleError).paths).toHaveLength(1000);
    expect((error as CycleError).path).toEqual(["a0", "b0", "a0"]);
  }
});

test("of thousands of stale models above, a state names a few and says that there are more", () => {
  const graph = graphOfShape("deep", 200);
  const publications = published(graph);
  for (const [name, row] of publications)
    if (name < "model_0100") publications.set(name, { ...row, code_version: "ffffffff" });
  const { reasons } = statesOf(graph, { publications, waiting, now }).get("model_0199")!;
  expect(reasons).toHaveLength(22);
  expect(reasons[0]).toBe("below stale model_0000");
  expect(reasons.slice(-3)).toEqual([
    "below stale model_0019",
    "below more that is stale",
    "1 change of events waiting",
  ]);
});

test("a body that was read is not read again until its text or what it reads changes", async () => {
  const folder = await mkdtemp(join(tmpdir(), "synthetic-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const made = synthetic("wide", 20);
  writeBodies(folder, made);
  const load = async () => (await loadRegistry(made.definitions, { bodiesFolder: folder })).graph;
  const [first, again] = [await load(), await load()];
  const lineageOf = (graph: Graph, name: string) => graph.get(name).lineage;
  expect(lineageOf(again, "model_0003")).toBe(lineageOf(first, "model_0003"));
  writeBodies(folder, {
    ...made,
    bodies: new Map([
      ["intermediate/model_0003.sql", "select person_id, day, sum(amount) from synthetic.events group by 1"],
    ]),
  });
  const edited = await load();
  expect(edited.get("model_0003").problems).not.toEqual([]);
  expect(lineageOf(edited, "model_0004")).toBe(lineageOf(first, "model_0004"));
});
