import { expect, test } from "vitest";
import { type Check, type CheckResult, type SqlAsset, sqlAsset } from "../../../src/engine/index.ts";
import { checkToPublish } from "../../../src/engine/publication/sample.ts";
import type { CurrentVersion } from "../../../src/engine/records/index.ts";
import { createTestDatabase } from "../../support/database.ts";

const { pool } = await createTestDatabase();

const asset = (name: string, materialized: "table" | "view") =>
  sqlAsset({
    name,
    layer: "gold",
    description: "Of shops.",
    columns: { shop_id: { type: "bigint", description: "Which." } },
    key: ["shop_id"],
    partitionBy: "shop_id",
    materialized,
    deps: [],
  });

const versions = new Map(
  ["of_few", "of_many"].map((name) => [
    name,
    { asset: asset(name, "table"), relation: name } as unknown as CurrentVersion,
  ]),
);

async function check(of: SqlAsset, checks: readonly Check[]): Promise<CheckResult[]> {
  const client = await pool.connect();
  try {
    return await checkToPublish(client, versions, of, checks, new Map());
  } finally {
    client.release();
  }
}

test("a view is checked on values of whichever table has some, and what fails of each is added up", async () => {
  await pool.query("create table of_few (shop_id bigint)");
  await pool.query(
    "create table of_many as select number::bigint as shop_id from generate_series(1, 100) number",
  );
  await pool.query(
    "create view doubled as select shop_id from of_many union all select shop_id from of_many",
  );
  const [checked] = await check(asset("doubled", "view"), [{ kind: "unique_key" }]);
  expect(checked).toMatchObject({ asset: "doubled", check: "unique_key" });
  expect(checked!.failingRows).toBeGreaterThanOrEqual(3);
  expect(checked!.failingRows).toBeLessThanOrEqual(50);
  expect(checked!.sample).toHaveLength(Math.min(checked!.failingRows, 5));
});

test("a key without the partition column is checked over several values at once", async () => {
  await pool.query("create view shared as select shop_id, 7::bigint as sale_id from of_many");
  const shared = sqlAsset({
    ...asset("shared", "view"),
    columns: {
      shop_id: { type: "bigint", description: "Which." },
      sale_id: { type: "bigint", description: "Of it." },
    },
    key: ["sale_id"],
  });
  expect(await check(shared, [{ kind: "unique_key" }])).toMatchObject([{ failingRows: 1 }]);
});

test("a table is checked whole", async () => {
  const results = await check(asset("of_many", "table"), [
    { kind: "expression", name: "even", expression: "shop_id % 2 = 0", description: "Even." },
  ]);
  expect(results).toMatchObject([{ check: "even", failingRows: 50 }]);
  expect(results[0]!.sample).toHaveLength(5);
});
