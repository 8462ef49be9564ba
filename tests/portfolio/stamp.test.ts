import { expect, test } from "vitest";
import { definitions } from "../../assets/index.ts";
import { loadRegistry } from "../../src/engine/index.ts";
import { personalAssets } from "../../src/portfolio/stamp.ts";

// A refresh writes down of a view nothing, and of what is single people's only the versions of these: of a view of everybody's over
// what is somebody's, the stamp of another person would stay as it is.
test("no view that is everybody's reads what is of single people", async () => {
  const registry = await loadRegistry(definitions, { bodiesFolder: "sql-models" });
  const personal = new Set(personalAssets(registry));
  const views = [...registry.graph.nodes.values()].filter(
    ({ asset }) => asset.kind === "model" && asset.materialized === "view" && !personal.has(asset.name),
  );
  expect(views.length).toBeGreaterThan(3);
  const wrong = views.flatMap(({ asset }) =>
    [...registry.graph.reads(asset.name)]
      .filter((name) => personal.has(name))
      .map((name) => `${asset.name} reads ${name}`),
  );
  expect(wrong).toEqual([]);
});
