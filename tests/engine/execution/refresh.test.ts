import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { type Engine, readRefreshTimes } from "../../../src/engine/index.ts";
import { createTestDatabase, type TestDatabase } from "../../support/database.ts";
import { changesWaiting, createShops, createShopsEngine, loadShops, revenues, sell } from "./shops.ts";

const database: TestDatabase = await createTestDatabase();
await createShops(database.pool);
let engine: Engine;

beforeEach(async () => {
  await database.pool.query(`
    delete from shops.sales;
    delete from shops.products where product not in ('tea', 'cup');
    update shops.products set price = 2 where product = 'tea' and price <> 2;
    delete from orchestrator.changes;`);
  engine = createShopsEngine(database, await loadShops());
  await engine.deploy();
  const run = await engine.run({
    triggerKind: "manual",
    triggerName: "test",
    selection: "daily_revenue+",
    fullRefresh: true,
  });
  expect(run.error).toBeNull();
});

/** Writes done in one transaction mark nothing as theirs: `xmin` tells which rows a refresh has written. */
async function rowVersions(relation: string): Promise<string[]> {
  const { rows } = await database.pool.query<{ relation: string }>(
    "select relation from orchestrator.assets where asset = $1",
    [relation],
  );
  const { rows: versions } = await database.pool.query<{ version: string }>(
    `select xmin::text || ' ' || shop_id as version from materialized."${rows[0]!.relation}" order by shop_id`,
  );
  return versions.map(({ version }) => version);
}

async function dataVersions(): Promise<Record<string, number>> {
  const { rows } = await database.pool.query<{ asset: string; data_version: number }>(
    "select asset, data_version from orchestrator.assets",
  );
  return Object.fromEntries(rows.map((row) => [row.asset, row.data_version]));
}

describe("a change", () => {
  test("reaches every dependent in one transaction, and is gone then", async () => {
    await sell(database.pool, 1, "2024-01-02", 3);
    expect(await engine.refresh("sales_sensor")).toMatchObject({ succeeded: 1, failed: 0, changes: 1 });
    expect(await revenues(database.pool)).toEqual({ "1 2024-01-02": "6" });
    expect((await database.pool.query("select revenue from shop_totals")).rows).toEqual([{ revenue: "6" }]);
    expect((await database.pool.query("select revenue from shop_ranks")).rows).toEqual([{ revenue: "6" }]);
    expect(await changesWaiting(database.pool)).toBe(0);
    expect(await engine.refresh("sales_sensor")).toMatchObject({ succeeded: 0 });
  });

  test("is recorded as a run with its steps, rows and checks", async () => {
    await sell(database.pool, 1, "2024-01-02");
    await engine.refresh("sales_sensor");
    const { rows } = await database.pool.query(
      `select trigger_kind, trigger_name, selection, runs.status, steps.asset, scope, rows_inserted
       from orchestrator.runs
       join orchestrator.steps using (run_id)
       where run_id = (select max(run_id) from orchestrator.runs)
       order by steps.asset`,
    );
    const run = {
      trigger_kind: "sensor",
      trigger_name: "sales_sensor",
      selection: "sales",
      status: "succeeded",
    };
    expect(rows).toEqual([
      { ...run, asset: "daily_revenue", scope: { partitions: ["1"], since: "2024-01-02" }, rows_inserted: 1 },
      { ...run, asset: "sales", scope: { partitions: ["1"], since: "2024-01-02" }, rows_inserted: null },
      { ...run, asset: "shop_ranks", scope: { partitions: ["1"], since: null }, rows_inserted: 1 },
    ]);
    const checks = await database.pool.query(
      `select asset, check_name, failing_rows
       from orchestrator.check_results
       where run_id = (select max(run_id) from orchestrator.runs)
       order by asset`,
    );
    expect(checks.rows).toEqual([
      { asset: "daily_revenue", check_name: "revenue_not_negative", failing_rows: 0 },
      { asset: "shop_totals", check_name: "unique_key", failing_rows: 0 },
    ]);
  });

  test("tells in the run's log what each table came to, and when within the run it worked", async () => {
    await sell(database.pool, 1, "2024-01-02");
    await engine.refresh("sales_sensor");
    const { rows } = await database.pool.query<{ asset: string | null; message: string }>(
      `select asset, regexp_replace(message, '[0-9.]+ m?s', 'no time') as message
       from orchestrator.step_logs
       where run_id = (select max(run_id) from orchestrator.runs)
       order by log_id`,
    );
    expect(rows).toEqual([
      { asset: "daily_revenue", message: "refresh succeeded in no time: rows inserted 1" },
      { asset: "shop_ranks", message: "refresh succeeded in no time: rows inserted 1" },
      { asset: null, message: "succeeded after no time" },
    ]);
    const inOrder = await database.pool.query(
      `select bool_and(ended_before) as in_order
       from (
         select lag(finished_at, 1, '-infinity') over (order by started_at) <= started_at as ended_before
         from orchestrator.steps
         where run_id = (select max(run_id) from orchestrator.runs)
       ) as step`,
    );
    expect(inOrder.rows).toEqual([{ in_order: true }]);
  });

  test("writes none but the rows that differ", async () => {
    for (const shop of [1, 2])
      for (const day of ["2024-01-02", "2024-01-03"]) await sell(database.pool, shop, day);
    await engine.refresh("sales_sensor");
    const before = await rowVersions("daily_revenue");
    await sell(database.pool, 1, "2024-01-03");
    await engine.refresh("sales_sensor");
    const after = await rowVersions("daily_revenue");
    expect(after.filter((version) => before.includes(version))).toHaveLength(3);
  });

  test("that comes to nothing stops there: dependents are not touched", async () => {
    await sell(database.pool, 1, "2024-01-02");
    await engine.refresh("sales_sensor");
    const before = await dataVersions();
    await database.pool.query("update shops.sales set quantity = quantity");
    expect(await engine.refresh("sales_sensor")).toMatchObject({ succeeded: 1 });
    const after = await dataVersions();
    expect(after.sales).toBe(before.sales! + 1);
    expect(after.daily_revenue).toBe(before.daily_revenue);
    expect(after.shop_ranks).toBe(before.shop_ranks);
    const { rows } = await database.pool.query(
      "select asset from orchestrator.steps where run_id = (select max(run_id) from orchestrator.runs) order by asset",
    );
    expect(rows).toEqual([{ asset: "daily_revenue" }, { asset: "sales" }]);
  });

  test("of another partition column is looked up: a price touches the shops that ever sold the thing", async () => {
    await sell(database.pool, 1, "2024-01-02", 1, "tea");
    await sell(database.pool, 2, "2024-01-02", 1, "cup");
    await engine.refresh("sales_sensor");
    const before = await rowVersions("daily_revenue");
    await database.pool.query("update shops.products set price = 3 where product = 'tea'");
    await engine.refresh("sales_sensor");
    expect(await revenues(database.pool)).toEqual({ "1 2024-01-02": "3", "2 2024-01-02": "5.50" });
    expect((await rowVersions("daily_revenue"))[1]).toBe(before[1]);
  });

  test("tells whoever listens which partitions of which assets are new", async () => {
    const client = await database.pool.connect();
    const heard = Promise.withResolvers<string>();
    client.once("notification", ({ payload }) => heard.resolve(payload!));
    await client.query("listen orchestrator_published");
    await sell(database.pool, 7, "2024-01-02");
    await engine.refresh("sales_sensor");
    expect(JSON.parse(await heard.promise)).toEqual({
      run_id: expect.any(Number),
      assets: expect.arrayContaining(["daily_revenue", "shop_ranks", "shop_totals"]),
      partition_column: "shop_id",
      partitions: ["7"],
    });
    await client.query("unlisten *");
    client.release();
  });

  test("is compared to the bit: 1.0 is not 1.00, NaN is NaN", async () => {
    await sell(database.pool, 1, "2024-01-02", "1.0");
    await sell(database.pool, 2, "2024-01-02", "NaN");
    await engine.refresh("sales_sensor");
    await database.pool.query("update shops.sales set quantity = 1.00 where shop_id = 1");
    await engine.refresh("sales_sensor");
    expect(await revenues(database.pool)).toEqual({ "1 2024-01-02": "2.00", "2 2024-01-02": "NaN" });
    const before = await rowVersions("daily_revenue");
    await database.pool.query("update shops.sales set quantity = quantity");
    await engine.refresh("sales_sensor");
    expect(await rowVersions("daily_revenue")).toEqual(before);
  });

  test("of a hundred and more partitions goes through in portions, larger ones while they are quick", async () => {
    await database.pool.query(
      "insert into shops.sales (shop_id, sold_on, product, quantity) select shop, '2024-01-02', 'tea', shop from generate_series(1, 250) as shop",
    );
    const { succeeded, changes } = await engine.refresh("sales_sensor");
    expect(changes).toBe(250);
    expect(succeeded).toBeGreaterThanOrEqual(5); // of 20, 40, 80, 100, and what is left
    expect(succeeded).toBeLessThanOrEqual(13); // of 20 each, on a slow day
    const [{ differing, rows } = { differing: -1, rows: 0 }] = await engine.verify({
      assets: ["daily_revenue"],
    });
    expect({ differing, rows }).toEqual({ differing: 0, rows: 250 });
  });
});

test("what refreshes took is told from when their changes were written, whole and step by step", async () => {
  const { pool } = database;
  await pool.query("update orchestrator.runs set finished_at = finished_at - interval '2 hours'");
  expect(await readRefreshTimes(pool)).toEqual({ whole: null, steps: [] });
  await sell(pool, 1, "2024-01-02", 3);
  await pool.query("update orchestrator.changes set created_at = created_at - interval '5 seconds'");
  await engine.refresh("sales_sensor");
  const { whole, steps } = await readRefreshTimes(pool, "sales_sensor");
  expect(whole).toEqual({ count: 1, p50: whole!.last, p99: whole!.last, last: whole!.last });
  expect(whole!.last).toBeGreaterThan(5);
  expect(whole!.last).toBeLessThan(30);
  expect(steps.map(({ asset }) => asset).sort()).toEqual(["daily_revenue", "shop_ranks"]);
  expect((await readRefreshTimes(pool, "another")).whole).toBeNull();
});

test("the version of a partition value grows with each change of its own, and of all when many change", async () => {
  const { pool } = database;
  const versions = async (): Promise<Record<string, number>> => {
    const { rows } = await pool.query<{ value: string; version: number }>(
      `select coalesce(partition_value, 'all') as value, version
       from orchestrator.partition_versions
       where partition_column = 'shop_id' and coalesce(partition_value, '1') in ('1', '2')`,
    );
    return { "1": 0, "2": 0, all: 0, ...Object.fromEntries(rows.map((row) => [row.value, row.version])) };
  };
  const before = await versions();
  await sell(pool, 1, "2024-01-02", 3);
  await engine.refresh("sales_sensor");
  expect(await versions()).toEqual({ ...before, "1": before["1"]! + 1 });
  await pool.query(
    "insert into shops.sales (shop_id, sold_on, product, quantity) select shop, '2024-01-03', 'tea', 1 from generate_series(1, 250) as shop",
  );
  await engine.refresh("sales_sensor");
  const sold = { ...before, "1": before["1"]! + 2, "2": before["2"]! + 1 };
  expect(await versions()).toEqual(sold);
  await pool.query("update shops.products set price = price + 1 where product = 'tea'");
  await engine.refresh("sales_sensor");
  expect(await versions()).toEqual({ ...sold, all: before.all! + 1 });
});

const day = fc.integer({ min: 1, max: 5 }).map((number) => `2024-01-0${number}`);
const shop = fc.integer({ min: 1, max: 3 });
const write = fc.oneof(
  fc.record({
    kind: fc.constant("sell"),
    shop,
    day,
    quantity: fc.integer({ min: 1, max: 9 }),
    product: fc.constantFrom("tea", "cup"),
  }),
  fc.record({ kind: fc.constant("move"), shop, day }),
  fc.record({ kind: fc.constant("take back"), shop, day }),
  fc.record({ kind: fc.constant("price"), price: fc.integer({ min: 0, max: 9 }) }),
  fc.record({ kind: fc.constant("refresh") }),
);

test("whatever is written in whatever order, refreshing gives what computing everything gives", async () => {
  const { pool } = database;
  await fc.assert(
    fc.asyncProperty(fc.array(write, { minLength: 1, maxLength: 12 }), async (writes) => {
      for (const step of writes) {
        if ("quantity" in step) await sell(pool, step.shop, step.day, step.quantity, step.product);
        else if ("price" in step)
          await pool.query("update shops.products set price = $1 where product = 'cup'", [step.price]);
        else if (step.kind === "refresh") await engine.refresh("sales_sensor");
        else if (step.kind === "move")
          await pool.query("update shops.sales set sold_on = $1 where shop_id = $2", [step.day, step.shop]);
        else if ("shop" in step)
          await pool.query("delete from shops.sales where shop_id = $1 and sold_on = $2", [
            step.shop,
            step.day,
          ]);
      }
      await engine.refresh("sales_sensor");
      const verifications = await engine.verify({ assets: ["daily_revenue", "shop_ranks"] });
      expect(verifications.map(({ differing, sample }) => ({ differing, sample }))).toEqual([
        { differing: 0, sample: [] },
        { differing: 0, sample: [] },
      ]);
      expect(await changesWaiting(pool)).toBe(0);
    }),
    { numRuns: 25 },
  );
});

describe("verify", () => {
  test("names the rows that differ, and what both sides say", async () => {
    await sell(database.pool, 1, "2024-01-02");
    await engine.refresh("sales_sensor");
    const { rows } = await database.pool.query<{ relation: string }>(
      "select relation from orchestrator.assets where asset = 'daily_revenue'",
    );
    await database.pool.query(`update materialized."${rows[0]!.relation}" set revenue = 1`);
    expect(await engine.verify({ assets: ["daily_revenue"] })).toEqual([
      {
        asset: "daily_revenue",
        rows: 1,
        differing: 1,
        waiting: 0,
        sample: [
          {
            key: { shop_id: 1, sold_on: "2024-01-02" },
            stored: { shop_id: 1, sold_on: "2024-01-02", revenue: 1, sales: 1 },
            computed: { shop_id: 1, sold_on: "2024-01-02", revenue: 2, sales: 1 },
          },
        ],
      },
    ]);
    expect(
      await engine.verify({ assets: ["daily_revenue"], scope: { partitions: ["2"], since: null } }),
    ).toMatchObject([{ rows: 0, differing: 0 }]);
  });
});
