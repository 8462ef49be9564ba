import type { PoolClient } from "pg";
import { beforeEach, describe, expect, test } from "vitest";
import type { Engine } from "../../../src/engine/index.ts";
import { createTestDatabase } from "../../support/database.ts";
import { changesWaiting, createShops, createShopsEngine, loadShops, revenues, sell } from "./shops.ts";

const database = await createTestDatabase();
await createShops(database.pool);
let engine: Engine;

beforeEach(async () => {
  await database.pool.query("delete from shops.sales; delete from orchestrator.changes");
  engine = createShopsEngine(database, await loadShops());
  await engine.deploy();
  await engine.run({
    triggerKind: "manual",
    triggerName: "test",
    selection: "daily_revenue+",
    fullRefresh: true,
  });
});

async function query<T>(text: string, values: unknown[] = []): Promise<T[]> {
  return (await database.pool.query(text, values)).rows as T[];
}

/** Resolves once a session, another than `not`, waits for an advisory lock. */
async function someoneWaits(not = 0): Promise<number> {
  for (;;) {
    const [row] = await query<{ pid: number }>(
      "select pid from pg_locks where locktype = 'advisory' and not granted and database = (select oid from pg_database where datname = current_database()) and pid <> $1",
      [not],
    );
    if (row) return row.pid;
  }
}

/** Holds what a refresh needs before it records, so that it stops in the middle of its work. */
async function holdAssets(): Promise<PoolClient> {
  const client = await database.pool.connect();
  await client.query("begin");
  await client.query("select pg_advisory_xact_lock(hashtextextended('value shop_id 1', 0))");
  return client;
}

async function release(client: PoolClient): Promise<void> {
  await client.query("commit");
  client.release();
}

describe("a refresh that is killed", () => {
  test("leaves its changes where they were, and they are done once", async () => {
    await sell(database.pool, 1, "2024-01-02");
    const holder = await holdAssets();
    const killed = engine.refresh("sales_sensor");
    const pid = await someoneWaits();
    await database.pool.query("select pg_terminate_backend($1)", [pid]);
    await someoneWaits(pid); // it tries again on another connection
    expect(await changesWaiting(database.pool)).toBe(1);
    expect(await revenues(database.pool)).toEqual({});
    await release(holder);
    expect(await killed).toMatchObject({ succeeded: 1, failed: 0, changes: 1 });
    expect(await changesWaiting(database.pool)).toBe(0);
    expect(await revenues(database.pool)).toEqual({ "1 2024-01-02": "2" });
  });
});

describe("refreshes at the same time", () => {
  test("of one shop wait for each other and come out right", async () => {
    const other = createShopsEngine({ ...database, pool: database.connect() }, await loadShops());
    for (let round = 0; round < 5; round++) {
      await Promise.all([
        ...[engine, other].map(async (each, index) => {
          await sell(database.pool, 1, `2024-02-0${index + 1}`);
          await each.refresh("sales_sensor");
        }),
      ]);
    }
    await engine.refresh("sales_sensor");
    expect(await revenues(database.pool)).toEqual({ "1 2024-02-01": "10", "1 2024-02-02": "10" });
    expect(await engine.verify({ assets: ["daily_revenue", "shop_ranks"] })).toMatchObject([
      { differing: 0 },
      { differing: 0 },
    ]);
  });

  test("of two shops do not wait for each other", async () => {
    const holder = await holdAssets(); // of shop 1
    await sell(database.pool, 2, "2024-01-02");
    expect(await engine.refresh("sales_sensor")).toMatchObject({ succeeded: 1 });
    await release(holder);
  });

  test("of a price and of a sale that is being carried on miss nothing", async () => {
    const other = createShopsEngine({ ...database, pool: database.connect() }, await loadShops());
    await sell(database.pool, 1, "2024-01-02");
    const holder = await holdAssets();
    const selling = engine.refresh("sales_sensor");
    await someoneWaits();
    await database.pool.query("update shops.products set price = 4 where product = 'tea'");
    const pricing = other.refresh("sales_sensor");
    await release(holder);
    await Promise.all([selling, pricing]);
    await engine.refresh("sales_sensor");
    expect(await revenues(database.pool)).toEqual({ "1 2024-01-02": "4" });
    await database.pool.query("update shops.products set price = 2 where product = 'tea'");
  });
});

describe("a refresh that fails", () => {
  test("holds up none but the partition at fault, which waits and says why", async () => {
    for (const shop of [1, 2, 3, 4]) await sell(database.pool, shop, "2024-01-02", shop === 3 ? -1 : 1);
    const result = await engine.refresh("sales_sensor");
    expect(result).toMatchObject({ failed: 1, changes: 3 });
    expect(Object.keys(await revenues(database.pool))).toEqual([
      "1 2024-01-02",
      "2 2024-01-02",
      "4 2024-01-02",
    ]);
    const message =
      'daily_revenue: expected check revenue_not_negative to pass; 1 row fails, for instance {"shop_id":3,"sold_on":"2024-01-02"}';
    expect(
      await query(
        "select partition_value, attempts, not_before > now() as waits, last_error from orchestrator.changes",
      ),
    ).toEqual([{ partition_value: "3", attempts: 1, waits: true, last_error: message }]);
    expect(await query("select status, error from orchestrator.runs where status = 'failed'")).toEqual([
      { status: "failed", error: message },
    ]);
  });

  test("goes through once what was wrong is right, together with what came meanwhile", async () => {
    const bad = await sell(database.pool, 3, "2024-01-02", -1);
    expect(await engine.refresh("sales_sensor")).toMatchObject({ failed: 1 });
    await query("delete from shops.sales where sale_id = $1", [bad]);
    await sell(database.pool, 3, "2024-01-02", 1);
    expect(await engine.refresh("sales_sensor")).toMatchObject({ failed: 0, succeeded: 1 });
    await query("update orchestrator.changes set not_before = now()");
    expect(await engine.refresh("sales_sensor")).toMatchObject({ failed: 0, succeeded: 1 });
    expect(await revenues(database.pool)).toEqual({ "3 2024-01-02": "2" });
    expect(await changesWaiting(database.pool)).toBe(0);
  });

  test("stops asking shop by shop when it is not the shops that are at fault", async () => {
    await database.pool.query(
      "insert into shops.sales (shop_id, sold_on, product, quantity) select shop, '2024-01-02', 'tea', -1 from generate_series(1, 200) as shop",
    );
    const { failed } = await engine.refresh("sales_sensor");
    expect(failed).toBeLessThan(30);
    expect(await query("select count(*) as waiting from orchestrator.changes where attempts = 1")).toEqual([
      { waiting: 200 },
    ]);
  });
});

test("changes of a run that is alive are left to it, and are anybody's when it is gone", async () => {
  const [run] = await query<{ run_id: number }>(
    "insert into orchestrator.runs (trigger_kind, trigger_name, selection, status) values ('manual', 'x', 'x', 'running') returning run_id",
  );
  await sell(database.connect({ runId: run!.run_id }), 1, "2024-01-02");
  expect(await engine.refresh("sales_sensor")).toMatchObject({ succeeded: 0 });
  await query("update orchestrator.runs set status = 'failed' where run_id = $1", [run!.run_id]);
  expect(await engine.refresh("sales_sensor")).toMatchObject({ succeeded: 1, changes: 1 });
});
