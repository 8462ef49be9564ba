import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { loadRegistry, readPushdown, sqlAsset } from "../../../src/engine/index.ts";
import { createTestDatabase } from "../../support/database.ts";
import { createShops, createShopsEngine, loadShops, sell, shops } from "./shops.ts";

test("two assets whose long names begin alike are built in one run, and each is named in full", async () => {
  const database = await createTestDatabase();
  await createShops(database.pool);
  await sell(database.pool, 1, "2024-01-02");
  const { bodiesFolder } = await loadShops();
  const definitions = shops();
  const revenue = definitions.assets.find(({ name }) => name === "daily_revenue")!;
  const twins = ["a", "b"].map((end) =>
    sqlAsset({
      name: `gold_two_models_whose_names_begin_alike_for_a_long_while_and_${end}`,
      layer: "gold",
      description: "",
      columns: { shop_id: revenue.columns.shop_id!, sold_on: revenue.columns.sold_on! },
      key: ["shop_id", "sold_on"],
      partitionBy: "shop_id",
      timeColumn: "sold_on",
      materialized: "incremental",
      deps: [revenue],
    }),
  );
  const below = sqlAsset({ ...twins[0]!, name: "below", deps: [twins[0]!] });
  await mkdir(join(bodiesFolder, "gold"), { recursive: true });
  for (const { name } of twins)
    await writeFile(join(bodiesFolder, `gold/${name}.sql`), "select shop_id, sold_on from daily_revenue");
  await writeFile(join(bodiesFolder, "gold/below.sql"), `select shop_id, sold_on from ${twins[0]!.name}`);
  const registry = await loadRegistry(
    { ...definitions, assets: [...definitions.assets, ...twins, below] },
    { bodiesFolder },
  );
  expect(registry.problems).toEqual([]);
  const engine = createShopsEngine(database, registry);
  expect((await engine.deploy())?.status).toBe("succeeded");
  const { rows } = await database.pool.query<{ asset: string; relation: string; rows: number }>(
    `select asset, relation, length(relation) as rows
     from orchestrator.assets
     where asset like 'gold_two%'
     order by asset`,
  );
  expect(rows.map(({ asset }) => asset)).toEqual(twins.map(({ name }) => name));
  expect(new Set(rows.map(({ relation }) => relation)).size).toBe(2);
  for (const { name } of twins)
    expect((await database.pool.query(`select * from ${name}`)).rows).toEqual([
      { shop_id: 1, sold_on: "2024-01-02" },
    ]);
  const reaches = await readPushdown(database.pool, registry.graph.get("below"));
  expect(reaches?.map(({ relation }) => relation)).toEqual([twins[0]!.name, twins[0]!.name]);
});
