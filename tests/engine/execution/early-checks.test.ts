/** What stands on tables that are filled is checked while others are filled yet: it must see what it would see later. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { inParallel } from "../../../src/engine/concurrency/index.ts";
import { type Check, loadRegistry, type SqlAsset } from "../../../src/engine/index.ts";
import { createTestDatabase } from "../../support/database.ts";
import { type Bodies, bodies, createShops, createShopsEngine, loadShops, sell, shops } from "./shops.ts";

/** A first build in which `daily_revenue` has one more check, of those that are given the table below it. */
async function build(checkOf: (below: SqlAsset) => Check, changed: Partial<Bodies> = {}) {
  const database = await createTestDatabase();
  await createShops(database.pool);
  for (const shop of [1, 2, 3]) await sell(database.pool, shop, "2024-01-02");
  const definitions = shops();
  const named = (name: string) => definitions.assets.find((asset) => asset.name === name) as SqlAsset;
  const upper = named("daily_revenue");
  Object.assign(upper, { checks: [...upper.checks, checkOf(named("shop_ranks"))] });
  const bodiesFolder = mkdtempSync(join(tmpdir(), "shops-"));
  onTestFinished(() => rmSync(bodiesFolder, { recursive: true, force: true }));
  await loadShops({}, changed, bodiesFolder);
  const registry = await loadRegistry(definitions, { bodiesFolder });
  expect(registry.problems).toEqual([]);
  return (await createShopsEngine(database, registry).deploy())!;
}

test("a check that names another table waits until that is filled", async () => {
  const related = await build((to) => ({ kind: "relationship", column: "shop_id", to, toColumn: "shop_id" }));
  expect([related.status, related.error]).toEqual(["succeeded", null]);
  const asked = await build(() => ({
    kind: "expression",
    name: "ranked",
    description: "Every shop has its rank.",
    expression: "shop_id in (select shop_id from shop_ranks)",
  }));
  expect([asked.status, asked.error]).toEqual(["succeeded", null]);
});

test("what fails early takes out what is below it, and nothing of it is published", async () => {
  const run = await build(() => ({
    kind: "expression",
    name: "cheap",
    description: "Nothing costs much.",
    expression: "revenue < 1",
  }));
  expect(run.status).toBe("failed");
  expect(Object.fromEntries(run.steps.map(({ asset, status }) => [asset, status]))).toEqual({
    stg_sales: "succeeded",
    daily_revenue: "failed",
    shop_ranks: "skipped",
    shop_totals: "skipped",
  });
});

test("a view whose own key is doubled fails, whenever it is looked at", async () => {
  const run = await build(() => ({ kind: "not_null", columns: ["revenue"] }), {
    "gold/shop_totals": `${bodies["gold/shop_totals"]} union all ${bodies["gold/shop_totals"]}`,
  });
  expect(run.steps.filter(({ status }) => status === "failed").map(({ asset }) => asset)).toEqual([
    "shop_totals",
  ]);
});

test("of what is free the most urgent is begun, and else in the order of names", async () => {
  const begun: string[] = [];
  const before = new Map([
    ["last", ["first"]],
    ["urgent", ["first"]],
  ]);
  await inParallel(
    ["idle", "also idle", "first", "last", "urgent"],
    before,
    1,
    async (name) => void begun.push(name),
    new Map([
      ["first", 3],
      ["urgent", 2],
      ["last", 1],
    ]),
  );
  expect(begun).toEqual(["first", "urgent", "last", "idle", "also idle"]);
});
