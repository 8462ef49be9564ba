import type { PoolClient } from "pg";
import { describe, expect, test } from "vitest";
import { type Engine, listRuns, readStates, requestRun, validate } from "../../../src/engine/index.ts";
import { createTestDatabase, type TestDatabase } from "../../support/database.ts";
import {
  bodies,
  changesWaiting,
  createShops,
  createShopsEngine,
  loadShops,
  revenues,
  type Shape,
  sell,
} from "./shops.ts";

// What a process does last and the end of its run are one commit: whoever dies has done all of it or nothing.

const doubled = {
  "intermediate/daily_revenue": bodies["intermediate/daily_revenue"].replace("sum(", "2 * sum("),
};

async function shopsDatabase(): Promise<TestDatabase> {
  const database = await createTestDatabase();
  await createShops(database.pool);
  await sell(database.pool, 1, "2024-01-02");
  return database;
}

/** One sale of two, published by the first version, then doubled by the second. */
async function withTwoVersions(): Promise<{ database: TestDatabase; engine: Engine }> {
  const database = await shopsDatabase();
  const first = createShopsEngine(database, await loadShops());
  await first.deploy();
  await first.refresh("sales_sensor");
  const engine = createShopsEngine(database, await loadShops({}, doubled));
  await engine.deploy();
  expect(await revenues(database.pool)).toEqual({ "1 2024-01-02": "4" });
  return { database, engine };
}

/** Another session that has a lock; committing lets go of it. */
async function holding({ connect }: TestDatabase, statement: string): Promise<PoolClient> {
  const client = await connect().connect();
  await client.query(`begin; ${statement}`);
  return client;
}

async function release(client: PoolClient): Promise<void> {
  await client.query("commit");
  client.release();
}

/** Asks until it is so; each question is a round trip to the database. */
async function until({ pool }: TestDatabase, condition: string): Promise<void> {
  while ((await pool.query<{ met: boolean }>(`select ${condition} as met`)).rows[0]!.met !== true);
}

const barrier = "select pg_advisory_xact_lock_shared(hashtextextended('engine barrier', 0))";
const waitsForBarrier = `exists (
  select from pg_locks
  where locktype = 'advisory' and not granted and mode = 'ExclusiveLock'
    and database = (select oid from pg_database where datname = current_database())
)`;

async function raise(shape: Shape["ingest"] & object, database: TestDatabase): Promise<Engine> {
  return createShopsEngine(database, await loadShops({ ingest: shape }));
}

test("what an ingestion propagates while a rebuild fills its tables is in what the rebuild publishes", async () => {
  const database = await shopsDatabase();
  const engine = await raise(async ({ pool }) => {
    const { rowCount } = await pool.query("update shops.products set price = 3 where product = 'tea'");
    return { rowsInserted: 0, rowsUpdated: rowCount ?? 0, rowsDeleted: 0, failed: new Map() };
  }, database);
  await engine.deploy();
  await engine.refresh("sales_sensor");
  // The rebuild fills daily_revenue and is held at its next table, by a lock on the row of that step.
  const atBarrier = await holding(database, barrier);
  const rebuild = engine.run({
    triggerKind: "manual",
    triggerName: "rebuild",
    selection: "stg_sales+",
    fullRefresh: true,
  });
  const stepOf = (asset: string, what: string): string =>
    `exists (
       select from orchestrator.steps join orchestrator.runs using (run_id)
       where trigger_name = 'rebuild' and asset = '${asset}' and ${what}
     )`;
  await until(database, stepOf("shop_ranks", "true"));
  const atRanks = await holding(
    database,
    `select from orchestrator.steps where asset = 'shop_ranks' and run_id = (
       select run_id from orchestrator.runs where trigger_name = 'rebuild'
     ) for update`,
  );
  await release(atBarrier);
  await until(database, stepOf("daily_revenue", "filled_at is not null"));
  const ingestion = engine.run({ triggerKind: "manual", triggerName: "ingestion", selection: "products+" });
  await until(database, "exists (select from daily_revenue where revenue = 3)");
  await release(atRanks);
  expect((await Promise.all([rebuild, ingestion])).map(({ status }) => status)).toEqual([
    "succeeded",
    "succeeded",
  ]);
  expect(await revenues(database.pool)).toEqual({ "1 2024-01-02": "3" });
  expect(await engine.verify({ assets: ["daily_revenue", "shop_ranks"] })).toMatchObject([
    { differing: 0 },
    { differing: 0 },
  ]);
  expect(await changesWaiting(database.pool)).toBe(0);
});

describe("a rollback", () => {
  test("whose process dies before its commit has done nothing, and is taken up again as a rollback", async () => {
    const { database, engine } = await withTwoVersions();
    const holder = await holding(database, barrier);
    const killed = engine.rollback("daily_revenue");
    await until(database, waitsForBarrier);
    // All that vouches for the run, and its work, goes at once, as in a process that is killed.
    await database.pool.query(
      `select pg_terminate_backend(pid, 10000) from pg_locks
       where locktype = 'advisory' and pid <> pg_backend_pid() and mode = 'ExclusiveLock'
         and database = (select oid from pg_database where datname = current_database())`,
    );
    await release(holder);
    await killed;
    await database.pool.query(
      "update orchestrator.runs set status = 'running' where trigger_name = 'rollback'",
    );
    expect(await revenues(database.pool)).toEqual({ "1 2024-01-02": "4" });
    const other = createShopsEngine(database, await loadShops({}, doubled));
    await other.start();
    await until(
      database,
      "exists (select from orchestrator.runs where retry_of is not null and status = 'succeeded' and operation = 'rollback')",
    );
    await other.stop();
    expect(await revenues(database.pool)).toEqual({ "1 2024-01-02": "2" });
  });

  test("that is taken up again although it was done does nothing more", async () => {
    const { database, engine } = await withTwoVersions();
    const done = await engine.rollback("daily_revenue");
    expect(done).toMatchObject({ status: "succeeded", operation: "rollback" });
    const { withdrawn } = done;
    const again = await requestRun(database.pool, {
      operation: "rollback",
      triggerKind: "manual",
      triggerName: "again",
      selection: "daily_revenue",
      withdrawn: withdrawn!,
    });
    await engine.start();
    await until(database, `(select status = 'succeeded' from orchestrator.runs where run_id = ${again})`);
    await engine.stop();
    expect(await revenues(database.pool)).toEqual({ "1 2024-01-02": "2" });
  });

  test("leaves the request for the tables below it in the commit that published it", async () => {
    const { database, engine } = await withTwoVersions();
    await engine.rollback("daily_revenue");
    const [below, run] = await listRuns(database.pool, { limit: 2 });
    expect(below).toMatchObject({ selection: "shop_ranks", status: "succeeded", operation: "materialize" });
    expect(run).toMatchObject({ operation: "rollback", status: "succeeded" });
    const states = await readStates(database.pool, engine.registry.graph, new Date());
    expect(states.get("shop_ranks")).toMatchObject({ outdated: false });
  });
});

test("a run that others have taken for dead publishes nothing any more", async () => {
  const database = await shopsDatabase();
  const engine = createShopsEngine(database, await loadShops());
  await engine.deploy();
  await engine.refresh("sales_sensor");
  const holder = await holding(database, barrier);
  const other = createShopsEngine(database, await loadShops({}, doubled));
  const deployment = other.deploy();
  await until(database, waitsForBarrier);
  await database.pool.query("update orchestrator.runs set status = 'failed' where status = 'running'");
  await release(holder);
  expect(await deployment).toMatchObject({ status: "failed" });
  expect(await revenues(database.pool)).toEqual({ "1 2024-01-02": "2" });
});

describe("the triggers of a source", () => {
  test.each([
    "drop trigger capture_insert on shops.sales",
    "alter table shops.sales disable trigger capture_insert",
  ])(
    "are made from its declaration, and what was missed without them is caught up: %s",
    async (statement) => {
      const database = await shopsDatabase();
      const engine = createShopsEngine(database, await loadShops());
      await engine.deploy();
      await engine.refresh("sales_sensor");
      await database.pool.query(statement);
      await sell(database.pool, 1, "2024-01-03");
      expect(await changesWaiting(database.pool)).toBe(0);
      await engine.start();
      await until(database, "(select count(*) = 2 from daily_revenue)");
      await engine.stop();
      await sell(database.pool, 1, "2024-01-04");
      await engine.refresh("sales_sensor");
      expect(Object.keys(await revenues(database.pool))).toHaveLength(3);
    },
  );

  test("that say another column are replaced", async () => {
    const database = await shopsDatabase();
    await database.pool.query(
      `drop trigger capture_insert on shops.sales;
       create trigger capture_insert after insert on shops.sales referencing new table as new_rows
         for each statement execute function orchestrator.capture_changes('sales', 'sale_id', '')`,
    );
    await createShopsEngine(database, await loadShops()).deploy();
    await database.pool.query("delete from orchestrator.changes");
    await sell(database.pool, 7, "2024-01-03");
    const { rows } = await database.pool.query("select partition_value, since from orchestrator.changes");
    expect(rows).toEqual([{ partition_value: "7", since: "2024-01-03" }]);
  });
});

test("what the engine relies on and does not make is compared, and said with the way out", async () => {
  const database = await shopsDatabase();
  const engine = createShopsEngine(database, await loadShops());
  await engine.deploy();
  expect(await engine.inspect()).toEqual([]);
  await database.pool.query(`
    alter table shops.sales disable row level security;
    drop index shops.sales_shop_id_sold_on_idx;
    alter table shops.products alter column price type double precision;
    revoke select on shops.products from stratafolio_web;
    alter table shops.products drop constraint products_pkey;
    revoke select on "default".shop_totals from stratafolio_web`);
  const found = await engine.inspect();
  expect(found.map(({ code, asset }) => `${code} ${asset}`).sort()).toEqual([
    "reader_grant products",
    "reader_grant shop_totals",
    "row_security sales",
    "scope_index products",
    "scope_index sales",
    "source_column products",
    "source_key products",
  ]);
  const elsewhere = database.connect();
  await elsewhere.query("set timezone = 'Pacific/Auckland'; set search_path = public");
  const [session] = [createShopsEngine({ ...database, pool: elsewhere }, await loadShops())];
  const codes = (await session.inspect()).map(({ code }) => code);
  expect(codes).toContain("search_path");
  expect(codes).toContain("session_setting");
});

test("what asks for a state that nothing is in is a run with nothing to do", async () => {
  const engine = createShopsEngine(await shopsDatabase(), await loadShops());
  await engine.deploy();
  await engine.refresh("sales_sensor");
  const run = await engine.run({ triggerKind: "manual", triggerName: "again", selection: "state:stale" });
  expect([run.status, run.steps]).toEqual(["succeeded", []]);
});

test("a check that PostgreSQL does not take is an error that names its asset, not a bare one of PostgreSQL", async () => {
  const database = await shopsDatabase();
  const registry = await loadShops();
  await createShopsEngine(database, registry).deploy();
  const nodes = [...registry.graph.nodes.values()].map((node) =>
    node.asset.name === "daily_revenue"
      ? {
          ...node,
          asset: { ...node.asset, checks: [{ ...node.asset.checks[0]!, expression: "revenu >= 0" }] },
        }
      : node,
  );
  const misspelt = { ...registry, graph: registry.graph.with(nodes as never) };
  await expect(createShopsEngine(database, misspelt).check(["daily_revenue"])).rejects.toThrow(
    'daily_revenue: expected its checks to run on what is published, got: column "revenu" does not exist (Perhaps you meant',
  );
  const { problems, graph } = await validate(database.pool, misspelt);
  expect(problems.map(({ code, asset }) => `${code} ${asset}`)).toEqual(["check_refused daily_revenue"]);
  expect(graph.get("shop_totals").problems.map(({ message }) => message)).toEqual([
    "below broken daily_revenue",
  ]);
});
