import { expect, test } from "vitest";
import { loadRegistry, readRemains, readUndeclared } from "../../../src/engine/index.ts";
import { createTestDatabase } from "../../support/database.ts";
import { createShops, createShopsEngine, loadShops, sell, shops } from "./shops.ts";

test("a model that is gone from the declarations is named, and dropped with what it left, without CASCADE", async () => {
  const database = await createTestDatabase();
  await createShops(database.pool);
  await sell(database.pool, 1, "2024-01-02");
  const whole = await loadShops();
  await createShopsEngine(database, whole).deploy();
  const definitions = shops();
  const without = await loadRegistry(
    { ...definitions, assets: definitions.assets.filter(({ name }) => name !== "shop_ranks") },
    { bodiesFolder: whole.bodiesFolder },
  );
  const engine = createShopsEngine(database, without);
  const { graph } = without;
  expect(await readUndeclared(database.pool, graph)).toEqual(["shop_ranks"]);
  await expect(engine.drop("daily_revenue")).rejects.toThrow(
    "which is declared: remove its declaration first",
  );
  await expect(engine.drop("shop_rank")).rejects.toThrow("the nearest is shop_ranks");

  await database.pool.query('create view public.best as select shop_id from "default".shop_ranks');
  const { tables, dependents } = await readRemains(database.pool, graph, "shop_ranks");
  expect(tables).toEqual([expect.stringMatching(/^"materialized"\."shop_ranks__[0-9a-f]{8}_\d+"$/)]);
  expect(dependents).toEqual(["view best"]);
  await expect(engine.drop("shop_ranks")).rejects.toThrow(
    "shop_ranks: expected nothing to stand on its view and tables, got: view best; drop that first",
  );
  expect((await database.pool.query("select * from shop_ranks")).rows).toHaveLength(1);

  await database.pool.query("drop view public.best");
  await engine.drop("shop_ranks");
  const { rows } = await database.pool.query(
    `select relname from pg_class where relname like 'shop_ranks%'
     union all
     select asset from orchestrator.assets where asset = 'shop_ranks'
     union all
     select asset from orchestrator.asset_versions where asset = 'shop_ranks'`,
  );
  expect(rows).toEqual([]);
  expect(await readUndeclared(database.pool, graph)).toEqual([]);
  // Declared again, it is built again.
  expect((await createShopsEngine(database, whole).deploy())?.status).toBe("succeeded");
});
