import fc from "fast-check";
import { expect, test } from "vitest";
import {
  type AnyAsset,
  CycleError,
  defaultLayers,
  nearestName,
  type SqlAsset,
  UnknownAssetError,
} from "../../../src/engine/definition/index.ts";
import { graphOf, library, model } from "./library.ts";

/** Any graph without a cycle: each model may read those made before it. Given in a random order. */
const anyAssets = fc
  .array(fc.array(fc.nat(11), { maxLength: 3 }), { minLength: 1, maxLength: 12 })
  .map((reads) => {
    const made: SqlAsset[] = [];
    for (const [index, indexes] of reads.entries()) {
      const deps = [...new Set(indexes)].filter((dep) => dep < index).map((dep) => made[dep]!);
      made.push(model(`m${index}`, deps, { layer: defaultLayers[index % 4]! }));
    }
    return made;
  });

test("every asset stands after all it depends on, in the same order however the assets were listed", () => {
  fc.assert(
    fc.property(anyAssets, fc.infiniteStream(fc.nat()), (assets, random) => {
      const order = [...graphOf(assets).nodes.keys()];
      for (const { name, deps } of assets) {
        for (const { asset } of deps) expect(order.indexOf(asset.name)).toBeLessThan(order.indexOf(name));
      }
      const shuffled = assets
        .map((asset) => [random.next().value as number, asset] as const)
        .sort(([a], [b]) => a - b)
        .map(([, asset]) => asset);
      expect([...graphOf(shuffled).nodes.keys()]).toEqual(order);
    }),
  );
});

test("upstream and downstream are each other's converse, and one step of either is what is declared", () => {
  fc.assert(
    fc.property(anyAssets, (assets) => {
      const graph = graphOf(assets);
      for (const { name, deps } of assets) {
        expect([...graph.upstream(name, 1)].sort()).toEqual(deps.map(({ asset }) => asset.name).sort());
        for (const above of graph.upstream(name)) expect(graph.downstream(above)).toContain(name);
        for (const below of graph.downstream(name)) expect(graph.upstream(below)).toContain(name);
        expect(
          graph
            .dependents(name)
            .map(({ asset }) => asset.name)
            .sort(),
        ).toEqual([...graph.downstream(name, 1)].sort());
      }
    }),
  );
});

test("where dependencies leave a choice, order is by layer, then by name", () => {
  expect([...graphOf([...library].reverse()).nodes.keys()]).toEqual([
    "fees",
    "loans",
    "titles",
    "stg_fees",
    "stg_loans",
    "int_loan_periods",
    "int_charges",
    "gold_books",
    "gold_members",
  ]);
});

test("neighbours are limited to a depth", () => {
  const graph = graphOf(library);
  expect(graph.upstream("gold_members", 0)).toEqual(new Set());
  expect(graph.upstream("gold_members", 2)).toEqual(new Set(["int_charges", "int_loan_periods", "stg_fees"]));
  expect(graph.downstream("loans", 2)).toEqual(new Set(["stg_loans", "int_loan_periods"]));
});

test("what a stored table was made from is looked for behind views, and no further than tables", () => {
  const graph = graphOf(library);
  expect(graph.reads("int_charges")).toEqual(new Set(["int_loan_periods", "stg_fees", "fees"]));
  expect(graph.reads("gold_books")).toEqual(new Set(["int_charges", "titles"]));
});

test("a cycle is named by its path", () => {
  const [a, b, c] = [model("a", []), model("b", []), model("c", [])];
  const cyclic: AnyAsset[] = [
    { ...a, deps: [{ asset: c }] },
    { ...b, deps: [{ asset: a }] },
    { ...c, deps: [{ asset: b }] },
    model("d", [c]),
  ];
  expect(() => graphOf(cyclic)).toThrow(new CycleError(["a", "c", "b", "a"]));
  expect(new CycleError(["a", "c", "b", "a"]).message).toBe(
    "expected assets without a cycle, got: [a > c > b > a]",
  );
  expect(() => graphOf([{ ...a, deps: [{ asset: a }] }])).toThrow("[a > a]");
});

test("an unknown asset is answered with the nearest by edit distance", () => {
  expect(() => graphOf(library).get("gold_member")).toThrow(UnknownAssetError);
  expect(() => graphOf(library).upstream("gold_member")).toThrow(
    "expected the name of an asset, got: gold_member; the nearest is gold_members",
  );
  expect(nearestName("x", [])).toBeNull();
  expect(nearestName("STG_LOANS", ["stg_fees", "stg_loans"])).toBe("stg_loans");
});
