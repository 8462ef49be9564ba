import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { PoolClient } from "pg";
import { expect, onTestFinished, test } from "vitest";
import { type Engine, loadRegistry, readRun, sqlAsset } from "../../../src/engine/index.ts";
import { createTestDatabase, type TestDatabase } from "../../support/database.ts";
import { changesWaiting, createShops, createShopsEngine, loadShops, revenues, sell, shops } from "./shops.ts";

// Many partition values are refreshed a few at a time, each few in a transaction of their own.

async function shopsEngine(): Promise<{ database: TestDatabase; engine: Engine }> {
  const database = await createTestDatabase();
  await createShops(database.pool);
  const engine = createShopsEngine(database, await loadShops());
  await engine.deploy();
  return { database, engine };
}

/** A sale in each of the shops 1 to `shops`, in one statement. */
async function sellEverywhere({ pool }: TestDatabase, shops: number): Promise<void> {
  await pool.query(
    `insert into shops.sales (shop_id, sold_on, product, quantity)
     select shop, '2024-01-02', 'tea', 1
     from generate_series(1, $1::integer) shop`,
    [shops],
  );
}

/** Another session that holds what a refresh of the shop needs. */
async function holdShop({ connect }: TestDatabase, shop: number): Promise<PoolClient> {
  const client = await connect().connect();
  await client.query("begin");
  await client.query("select pg_advisory_xact_lock(hashtextextended($1, 0))", [`value shop_id ${shop}`]);
  return client;
}

async function release(client: PoolClient): Promise<void> {
  await client.query("commit");
  client.release();
}

async function until({ pool }: TestDatabase, condition: string): Promise<void> {
  while ((await pool.query<{ met: boolean }>(`select ${condition} as met`)).rows[0]!.met !== true);
}

async function messages({ pool }: TestDatabase): Promise<string> {
  const { rows } = await pool.query<{ message: string }>(
    "select message from orchestrator.step_logs order by log_id",
  );
  return rows.map(({ message }) => message).join("\n");
}

test("a single sale overtakes a batch that is going on, and the batch says how far it is", async () => {
  const { database, engine } = await shopsEngine();
  const holder = await holdShop(database, 1);
  await sellEverywhere(database, 100);
  await engine.start();
  onTestFinished(() => engine.stop());
  const waitsForShop = `exists (
    select from pg_locks where locktype = 'advisory' and not granted
      and database = (select oid from pg_database where datname = current_database())
  )`;
  await until(database, waitsForShop);
  await sell(database.pool, 500, "2024-01-02");
  await until(database, "exists (select from daily_revenue where shop_id = 500)");
  expect((await database.pool.query("select from daily_revenue where shop_id = 1")).rowCount).toBe(0);
  await release(holder);
  await until(database, "(select count(*) = 101 from daily_revenue)");
  await until(database, "not exists (select from orchestrator.changes)");
  expect(await messages(database)).toMatch(/rows inserted \d+ \(\d+ of \d+ shop_id\)/);
  expect(await engine.verify({ assets: ["daily_revenue", "shop_ranks"] })).toMatchObject([
    { differing: 0 },
    { differing: 0 },
  ]);
});

test("a batch is one that has several changes of each value, too", async () => {
  const { database, engine } = await shopsEngine();
  for (let shop = 1; shop <= 30; shop += 1)
    for (const day of ["2024-01-02", "2024-01-03"]) await sell(database.pool, shop, day);
  expect(await engine.refresh("sales_sensor")).toMatchObject({ failed: 0, changes: 60 });
  expect(await messages(database)).toMatch(/ \(\d+ of 30 shop_id\)/);
});

test("all that waits of a value is done with it, whatever else waits", async () => {
  const { database, engine } = await shopsEngine();
  await sellEverywhere(database, 30);
  for (const day of ["2024-01-03", "2024-01-04"]) await sell(database.pool, 1, day);
  expect(await engine.refresh("sales_sensor")).toMatchObject({ succeeded: 2, failed: 0, changes: 32 });
  const { rows } = await database.pool.query(
    `select scope -> 'partitions' ? '1' as has_first, progress
     from orchestrator.steps
     where asset = 'sales'
     order by run_id`,
  );
  expect(rows).toEqual([
    { has_first: true, progress: { done: 20, total: 30, label: "shop_id" } },
    { has_first: false, progress: { done: 30, total: 30, label: "shop_id" } },
  ]);
});

test("a run of many values commits portion by portion, and is taken up again where it was killed", async () => {
  const { database, engine } = await shopsEngine();
  await sellEverywhere(database, 60);
  await database.pool.query("delete from orchestrator.changes");
  const values = Array.from({ length: 60 }, (_, index) => String(index + 1)).sort();
  const holder = await holdShop(database, Number(values[45]));
  const running = engine.run({
    triggerKind: "manual",
    triggerName: "test",
    selection: "daily_revenue shop_ranks shop_totals",
    partitions: values,
  });
  await until(database, "(select count(*) = 40 from daily_revenue)");
  const steps = await database.pool.query(
    "select status, rows_inserted, progress from orchestrator.steps where asset = 'shop_ranks' and action = 'refresh'",
  );
  const progress = { done: 40, total: 60, label: "shop_id" };
  expect(steps.rows).toEqual([{ status: "running", rows_inserted: 40, progress }]);
  // All that vouches for the run, and its work, goes at once, as in a process that is killed; and is gone before the rest may go on.
  await database.pool.query(
    `select pg_terminate_backend(pid, 10000) from pg_locks
     where locktype = 'advisory' and pid <> pg_backend_pid() and pid <> $1
       and database = (select oid from pg_database where datname = current_database())`,
    [(holder as PoolClient & { processID: number }).processID],
  );
  // Released only then: what is tried again before the run has noticed would go on.
  const { runId } = await running;
  await release(holder);
  expect(Object.keys(await revenues(database.pool)).length).toBe(40);
  await database.pool.query("update orchestrator.runs set status = 'running' where run_id = $1", [runId]);
  await engine.start();
  onTestFinished(() => engine.stop());
  await until(
    database,
    `exists (select from orchestrator.runs where retry_of = ${runId} and status = 'succeeded')`,
  );
  expect(Object.keys(await revenues(database.pool)).length).toBe(60);
  const { rows } = await database.pool.query<{ run_id: number }>(
    "select run_id from orchestrator.runs where retry_of is not null",
  );
  const again = await readRun(database.pool, rows[0]!.run_id);
  expect(again.steps.find(({ asset }) => asset === "shop_ranks")).toMatchObject({
    status: "succeeded",
    rowsInserted: 20,
    progress: { done: 60, total: 60 },
  });
  expect(await changesWaiting(database.pool)).toBe(0);
});

test("many values of what is ingested are those of no portion: what came of them is carried on as a whole", async () => {
  const database = await createTestDatabase();
  await createShops(database.pool);
  const ingest = async ({ pool }: { pool: TestDatabase["pool"] }) => {
    const { rowCount } = await pool.query("update shops.products set price = price + 1");
    return { rowsInserted: 0, rowsUpdated: rowCount ?? 0, rowsDeleted: 0, failed: new Map() };
  };
  const engine = createShopsEngine(database, await loadShops({ ingest }));
  await engine.deploy();
  await sellEverywhere(database, 30);
  await engine.refresh("sales_sensor");
  const partitions = ["tea", ...Array.from({ length: 30 }, (_, index) => `thing ${index}`)];
  const manual = { triggerKind: "manual", triggerName: "test", partitions } as const;
  expect(await engine.run({ ...manual, selection: "products" })).toMatchObject({ status: "succeeded" });
  await engine.refresh("sales_sensor");
  const run = await engine.run({ ...manual, selection: "products+" });
  expect(run).toMatchObject({ status: "succeeded", error: null });
  expect(run.steps.find(({ asset }) => asset === "daily_revenue")).toMatchObject({ rowsUpdated: 30 });
  expect((await revenues(database.pool))["1 2024-01-02"]).toBe("4");
});

test("a scope that is asked for reaches views: not published again, and checked in the scope", async () => {
  const { database, engine } = await shopsEngine();
  await sellEverywhere(database, 3);
  await engine.refresh("sales_sensor");
  // Whatever would publish waits for this.
  const publishing = await database.connect().connect();
  await publishing.query("select pg_advisory_lock(hashtextextended('engine rebuild', 0))");
  const run = await engine.run({
    triggerKind: "manual",
    triggerName: "test",
    selection: "stg_sales+",
    partitions: ["2"],
  });
  await publishing.query("select pg_advisory_unlock_all()");
  publishing.release();
  expect(run).toMatchObject({ status: "succeeded", error: null });
  expect(run.steps.map(({ asset, action, status }) => `${asset} ${action} ${status}`).sort()).toEqual([
    "daily_revenue refresh succeeded",
    "shop_ranks refresh succeeded",
    "shop_totals refresh succeeded",
    "stg_sales refresh succeeded",
  ]);
  expect(run.checks).toMatchObject([{ asset: "shop_totals", check: "unique_key", failingRows: 0 }]);
});

test("portions that want what the other holds begin again, and nobody waits until a deadlock is found", async () => {
  const { database, engine } = await shopsEngine();
  const { pool } = database;
  await pool.query(
    `do $$ begin execute format('alter database %I set deadlock_timeout = %L', current_database(), '1h'); end $$`,
  );
  const fresh = createShopsEngine({ ...database, pool: database.connect() }, await loadShops());
  await fresh.start();
  onTestFinished(() => fresh.stop());
  for (let round = 1; round <= 5; round += 1) {
    // Sales hold their shops; a price is of whoever sold the product, and wants them all.
    await sellEverywhere(database, 60);
    await pool.query("update shops.products set price = price + 1");
    await sellEverywhere(database, 3);
    await until(database, "(select count(*) = 0 from orchestrator.changes)");
  }
  const { rows } = await pool.query<{ deadlocks: number }>(
    "select deadlocks from pg_stat_database where datname = current_database()",
  );
  expect(rows).toEqual([{ deadlocks: 0 }]);
  const verified = await engine.verify({ assets: ["daily_revenue", "shop_ranks"] });
  expect(verified.map(({ differing }) => differing)).toEqual(verified.map(() => 0));
});

/** The shops, and a table of one row that reads a view: `last_sale`. */
async function loadWithLastSale() {
  const bodiesFolder = await mkdtemp(join(tmpdir(), "shops-"));
  onTestFinished(() => rm(bodiesFolder, { recursive: true, force: true }));
  await loadShops({}, {}, bodiesFolder);
  await writeFile(
    join(bodiesFolder, "gold/last_sale.sql"),
    "select 1::bigint as one, max(last_sale_on) as sold_on from shop_totals",
  );
  const { assets, ...others } = shops();
  const shopTotals = assets.find((asset) => asset.name === "shop_totals")!;
  const lastSale = sqlAsset({
    name: "last_sale",
    layer: "gold",
    description: "The day of the last sale anywhere.",
    materialized: "table",
    columns: {
      one: { type: "bigint", description: "Always 1." },
      sold_on: { type: "date", description: "When.", nullable: true },
    },
    key: ["one"],
    deps: [shopTotals],
  });
  const registry = await loadRegistry({ ...others, assets: [...assets, lastSale] }, { bodiesFolder });
  expect(registry.problems).toEqual([]);
  return registry;
}

test("what has no partitions is compared beside others only where no table changed, be it behind a view", async () => {
  const database = await createTestDatabase();
  await createShops(database.pool);
  const engine = createShopsEngine(database, await loadWithLastSale());
  await engine.deploy();
  await sell(database.pool, 1, "2024-01-05");
  await engine.refresh("sales_sensor");
  const holder = await database.connect().connect();
  await holder.query("begin");
  await holder.query("select pg_advisory_xact_lock_shared(hashtextextended('asset last_sale', 0))");
  await sell(database.pool, 1, "2024-01-02"); // the last day stays what it is
  const refreshed = engine.refresh("sales_sensor").then(() => "done");
  const waits = until(
    database,
    "exists (select from pg_locks where locktype = 'advisory' and not granted)",
  ).then(() => "waits");
  expect(await Promise.race([refreshed, waits])).toBe("waits");
  await release(holder);
  expect(await refreshed).toBe("done");
});
