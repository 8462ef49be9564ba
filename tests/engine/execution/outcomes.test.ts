import { expect, test } from "vitest";
import type { RunDetail } from "../../../src/engine/index.ts";
import { createTestDatabase, type TestDatabase } from "../../support/database.ts";
import {
  bodies,
  changesWaiting,
  createShops,
  createShopsEngine,
  type IngestProducts,
  loadShops,
  revenues,
  sell,
} from "./shops.ts";

// What a run says of itself is what it did: no step of a run that succeeded is left undone, and none that is done is said not to be.

const manual = { triggerKind: "manual", triggerName: "test" } as const;

const doubled = {
  "intermediate/daily_revenue": bodies["intermediate/daily_revenue"].replace("sum(", "2 * sum("),
};

const raisePrices: IngestProducts = async ({ pool }) => {
  const { rowCount } = await pool.query("update shops.products set price = 3 where product = 'tea'");
  return { rowsInserted: 0, rowsUpdated: rowCount ?? 0, rowsDeleted: 0, failed: new Map() };
};

/** One sale of two, published. */
async function publishedShops(): Promise<TestDatabase> {
  const database = await createTestDatabase();
  await createShops(database.pool);
  await sell(database.pool, 1, "2024-01-02");
  const engine = createShopsEngine(database, await loadShops());
  await engine.deploy();
  await engine.refresh("sales_sensor");
  return database;
}

/** The first transaction that would end a run as succeeded fails, after all that it did. A sequence outlives that. */
async function failFirstEnd({ pool }: TestDatabase, state: string): Promise<void> {
  await pool.query(`
    create sequence public.ends;
    create function public.fail_first_end() returns trigger language plpgsql as $$
    begin
      if nextval('public.ends') = 1 then
        raise exception 'the first end fails' using errcode = '${state}';
      end if;
      return new;
    end $$;
    create trigger fail_first_end before update on orchestrator.runs
      for each row when (new.status = 'succeeded') execute function public.fail_first_end();`);
}

function stepsOf(run: RunDetail | null): Record<string, string> {
  return Object.fromEntries(run!.steps.map(({ asset, action, status }) => [asset, `${action} ${status}`]));
}

test.each([true, false])(
  "a table that an ingestion changes is rebuilt where that was planned (fullRefresh %s)",
  async (fullRefresh) => {
    const database = await publishedShops();
    const engine = createShopsEngine(database, await loadShops({ ingest: raisePrices }, doubled));
    const run = await engine.run({ ...manual, selection: "products+", fullRefresh });
    expect(run.status).toBe("succeeded");
    expect(stepsOf(run)).toEqual({
      products: "ingest succeeded",
      daily_revenue: "rebuild succeeded",
      shop_ranks: "rebuild succeeded",
      shop_totals: "view succeeded",
    });
    expect(await revenues(database.pool)).toEqual({ "1 2024-01-02": "6" });
    expect(await changesWaiting(database.pool)).toBe(0);
  },
);

test("a refresh that is tried again after a deadlock says what the second attempt did", async () => {
  const database = await publishedShops();
  const engine = createShopsEngine(database, await loadShops());
  await failFirstEnd(database, "40P01");
  const run = await engine.run({ ...manual, selection: "stg_sales+", partitions: ["1"] });
  expect(run.status).toBe("succeeded");
  expect(new Set(Object.values(stepsOf(run)))).toEqual(new Set(["refresh succeeded"]));
});

test("models whose publication could not be committed have failed, each with why", async () => {
  const database = await publishedShops();
  await failFirstEnd(database, "XX000");
  const run = await createShopsEngine(database, await loadShops({}, doubled)).deploy();
  expect(run).toMatchObject({ status: "failed", error: "failed: daily_revenue, shop_ranks, shop_totals" });
  for (const step of run!.steps)
    expect(step).toMatchObject({ status: "failed", error: "the first end fails" });
  expect(await revenues(database.pool)).toEqual({ "1 2024-01-02": "2" });
});

test("what somebody reads of a build that died holds up no other build", async () => {
  const database = await publishedShops();
  await database.pool.query(
    "create schema orchestrator_build_999; create view orchestrator_build_999.left_over as select 1 as one",
  );
  const reader = await database.connect().connect();
  await reader.query("begin; select one from orchestrator_build_999.left_over");
  const run = await createShopsEngine(database, await loadShops({}, doubled)).deploy();
  await reader.query("commit");
  reader.release();
  expect(run).toMatchObject({ status: "succeeded" });
  expect(await revenues(database.pool)).toEqual({ "1 2024-01-02": "4" });
});

test("what a run that is over left of its build goes without another build, also where it was not found dead", async () => {
  const database = await publishedShops();
  await database.pool.query(
    "create schema orchestrator_build_999; create view orchestrator_build_999.left_over as select 1 as one",
  );
  expect(await createShopsEngine(database, await loadShops()).deploy()).toBeNull();
  const { rows } = await database.pool.query("select to_regnamespace('orchestrator_build_999') as schema");
  expect(rows).toEqual([{ schema: null }]);
});

test("code that takes what the published code cannot is published, though the same run ingested that", async () => {
  const database = await publishedShops();
  const priced = (price: string) => ({
    "intermediate/daily_revenue": bodies["intermediate/daily_revenue"].replace("p.price", price),
  });
  await createShopsEngine(database, await loadShops({}, priced("sqrt(p.price)"))).deploy();
  const ingest: IngestProducts = async ({ pool }) => {
    await pool.query("update shops.products set price = -4 where product = 'tea'");
    return { rowsInserted: 0, rowsUpdated: 1, rowsDeleted: 0, failed: new Map() };
  };
  const engine = createShopsEngine(database, await loadShops({ ingest }, priced("abs(p.price)")));
  const run = await engine.run({ ...manual, selection: "products+" });
  expect(run.status).toBe("succeeded");
  expect(run.logs.map(({ message }) => message)).toContainEqual(
    expect.stringContaining(
      "changes of products are left to the sensor, as what is published cannot take them: daily_revenue: cannot take square root",
    ),
  );
  expect(await revenues(database.pool)).toEqual({ "1 2024-01-02": "4" });
  await engine.refresh("sales_sensor");
  expect(await changesWaiting(database.pool)).toBe(0);
});

test("a run that others have taken for dead commits none of its portions any more", async () => {
  const database = await publishedShops();
  const shops = Array.from({ length: 41 }, (_, index) => index + 2);
  for (const shop of shops) await sell(database.pool, shop, "2024-01-02");
  await database.pool.query(`
    delete from orchestrator.changes;
    create function public.take_for_dead() returns trigger language plpgsql as $$
    begin
      update orchestrator.runs set status = 'failed', error = 'taken for dead' where status = 'running';
      return null;
    end $$;
    create trigger take_for_dead after insert on orchestrator.steps
      for each statement execute function public.take_for_dead();`);
  const engine = createShopsEngine(database, await loadShops());
  const run = await engine.run({ ...manual, selection: "stg_sales+", partitions: shops.map(String) });
  expect(run).toMatchObject({ status: "failed", error: "taken for dead" });
  expect(await revenues(database.pool)).toEqual({ "1 2024-01-02": "2" });
});

test("a publication and a rollback that are a deadlock's victims are tried again", async () => {
  const database = await publishedShops();
  await failFirstEnd(database, "40P01");
  const engine = createShopsEngine(database, await loadShops({}, doubled));
  const run = await engine.deploy();
  expect(run?.status).toBe("succeeded");
  expect(new Set(run!.steps.map(({ status }) => status))).toEqual(new Set(["succeeded"]));
  expect(await revenues(database.pool)).toEqual({ "1 2024-01-02": "4" });
  await database.pool.query("alter sequence public.ends restart");
  expect(await engine.rollback("daily_revenue")).toMatchObject({ status: "succeeded" });
  expect(await revenues(database.pool)).toEqual({ "1 2024-01-02": "2" });
});

test("schemas of somebody else's that are called nearly as a build is hold up no build, and stay", async () => {
  const database = await publishedShops();
  await database.pool.query(
    `create schema orchestrator_build_20240102030405060708;
     create schema build_7;
     create view build_7.theirs as select 1 as one`,
  );
  expect(await createShopsEngine(database, await loadShops({}, doubled)).deploy()).toMatchObject({
    status: "succeeded",
  });
  const { rows } = await database.pool.query("select one from build_7.theirs");
  expect(rows).toEqual([{ one: 1 }]);
});
