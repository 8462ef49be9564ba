import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readPart } from "../../src/cli/partitions.ts";
import type { Registry } from "../../src/engine/index.ts";
import { createShops, createShopsEngine, loadShops, sell } from "../engine/execution/shops.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";

let database: TestDatabase;
let registry: Registry;

beforeAll(async () => {
  database = await createTestDatabase();
  await createShops(database.pool);
  await sell(database.pool, 7, "2024-01-02");
  await database.pool.query("insert into shops.products values ('7', 1), ('8', 1), ('EURUSD=X', 1)");
  const brought = { rowsInserted: 0, rowsUpdated: 0, rowsDeleted: 0, failed: new Map() };
  const folder = await mkdtemp(join(tmpdir(), "shops-"));
  afterAll(() => rm(folder, { recursive: true, force: true }));
  registry = await loadShops({ ingest: () => Promise.resolve(brought) }, {}, folder);
  await createShopsEngine(database, registry).deploy();
});

const everything = () => [...registry.graph.nodes.keys()];

function part(partition: string[], reach: "own" | "below" = "own", selected = everything()) {
  return readPart(database.pool, registry.graph, selected, { partition }, reach);
}

test("COLUMN=VALUE names the column; the assets without it are left out", async () => {
  const ofShops = ["sales", "stg_sales", "daily_revenue", "shop_ranks", "shop_totals"];
  expect(await part(["shop_id=7"])).toEqual({ names: ofShops, scope: { partitions: ["7"], since: null } });
  expect((await part(["product=7"])).names).toEqual(["products"]);
  // What a run does there is carried on below.
  expect((await part(["product=tea"], "below")).names).toEqual(["products", ...ofShops.slice(2)]);
});

test("a value alone is taken while only one column fits it, by type or by whose rows have it", async () => {
  expect((await part(["tea"])).names).toEqual(["products"]);
  expect((await part(["8"])).names).toEqual(["products"]);
  expect((await part(["EURUSD=X"])).scope?.partitions).toEqual(["EURUSD=X"]);
  expect((await part(["7"], "own", ["daily_revenue"])).names).toEqual(["daily_revenue"]);
  await expect(part(["7"])).rejects.toThrow(
    "expected a value that only one partition column has, got: 7; write product=7 or shop_id=7",
  );
});

test("a value that nobody has is named, unless it may be brought in now", async () => {
  await expect(part(["shop_id=99999"])).rejects.toThrow(
    "--partition: expected shop_id of a row that is there, got: 99999; no row has it",
  );
  await expect(part(["99999"])).rejects.toThrow("expected product or shop_id of a row that is there");
  await expect(part(["shop_id=7", "shop_id=99999"])).rejects.toThrow("got: 99999; no row has it");
  await expect(part(["coffee"])).rejects.toThrow("expected product of a row that is there");
  expect((await part(["coffee"], "below")).scope?.partitions).toEqual(["coffee"]);
});

test("a column or a value that is of nothing selected is refused", async () => {
  await expect(part(["product=tea"], "own", ["daily_revenue"])).rejects.toThrow(
    "expected partitions of what is selected (shop_id=VALUE), got: product=tea",
  );
  await expect(part(["tea"], "own", ["shop_totals"])).rejects.toThrow("got: tea");
  await expect(part(["shop_id=7", "product=tea"])).rejects.toThrow("got: shop_id=7, product=tea");
});
