import { beforeEach, expect, test } from "vitest";
import { Scheduler } from "../../../src/engine/automation/index.ts";
import { executeRun } from "../../../src/engine/execution/index.ts";
import { type Engine, type Registry, type RunDetail, runAutomation } from "../../../src/engine/index.ts";
import { takeRun } from "../../../src/engine/records/index.ts";
import { createTestDatabase } from "../../support/database.ts";
import { bodies, createShops, createShopsEngine, loadShops, sell, silent } from "./shops.ts";

const database = await createTestDatabase();
await createShops(database.pool);
const night = new Date("2026-01-10T03:30:00Z");
const context = {
  pool: database.pool,
  poolForRun: () => database.pool,
  resources: null,
  log: silent,
  readerRole: "stratafolio_web",
  rowSecurity: null,
};

let registry: Registry;
let engine: Engine;

beforeEach(async () => {
  await database.pool.query("truncate shops.sales");
  await database.pool.query("delete from orchestrator.ticks");
  registry = await loadShops({ cron: "30 3 * * *", verifies: 3 });
  engine = createShopsEngine(database, registry);
  await engine.deploy();
  for (let shop = 1; shop <= 8; shop++) await sell(database.pool, shop, "2024-01-02");
  await engine.refresh("sales_sensor");
});

const tables = ["daily_revenue", "shop_ranks"];

/** The table behind the asset, of which a row is made wrong behind the engine's back. */
async function corrupt(shop: number): Promise<void> {
  const { rows } = await database.pool.query<{ relation: string }>(
    "select relation from orchestrator.assets where asset = 'daily_revenue'",
  );
  await database.pool.query(
    `update materialized."${rows[0]!.relation}" set revenue = 1000 where shop_id = $1`,
    [shop],
  );
}

/** What `verify` counts of each table: rows that differ although fresh, and rows that wait. */
async function counts(): Promise<Record<string, [differing: number, waiting: number]>> {
  const found = await engine.verify({ assets: tables });
  return Object.fromEntries(found.map(({ asset, differing, waiting }) => [asset, [differing, waiting]]));
}

async function executeNext(): Promise<RunDetail> {
  const lease = await takeRun(database.pool);
  return await executeRun({ ...context, registry, clock: () => night }, lease!);
}

/** The schedule, first seen at noon, at half past three. */
async function tickAtNight(): Promise<RunDetail> {
  await database.pool.query("delete from orchestrator.automations where automation = 'nightly'");
  for (const now of [new Date("2026-01-09T12:00:00Z"), night])
    await new Scheduler({ ...context, registry, clock: () => now }).check();
  return await executeNext();
}

test("a row that waits to be refreshed is told from one that differs although it is fresh", async () => {
  expect(await counts()).toEqual({ daily_revenue: [0, 0], shop_ranks: [0, 0] });
  await sell(database.pool, 1, "2024-01-03");
  expect(await counts()).toEqual({ daily_revenue: [0, 1], shop_ranks: [0, 0] });
  await corrupt(2);
  const [daily] = await engine.verify({ assets: tables });
  expect([daily?.differing, daily?.waiting]).toEqual([1, 1]);
  expect(daily?.sample.map(({ key }) => key)).toEqual([
    { shop_id: 2, sold_on: "2024-01-02" },
    { shop_id: 1, sold_on: "2024-01-03" },
  ]);
  expect(daily?.sample[1]).toMatchObject({ stored: null, computed: { shop_id: 1, sales: 1 } });
});

test("a price that waits reaches, through a view, the shops that ever sold the thing", async () => {
  await sell(database.pool, 9, "2024-01-04", 1, "cup");
  await engine.refresh("sales_sensor");
  await database.pool.query("update shops.products set price = price + 1 where product = 'cup'");
  expect(await counts()).toEqual({ daily_revenue: [0, 1], shop_ranks: [0, 0] });
  await engine.refresh("sales_sensor");
  expect(await counts()).toEqual({ daily_revenue: [0, 0], shop_ranks: [0, 0] });
});

test("a schedule that verifies compares a sample, writes nothing, and succeeds while nothing differs", async () => {
  const before = await database.pool.query("select * from orchestrator.assets order by asset");
  const run = await tickAtNight();
  expect(run).toMatchObject({
    operation: "verify",
    status: "succeeded",
    triggerKind: "schedule",
    triggerName: "nightly",
    sample: { values: 3, seed: night.toISOString() },
  });
  expect(run.steps.map(({ asset, action, status }) => [asset, action, status])).toEqual(
    tables.map((table) => [table, "verify", "succeeded"]),
  );
  const sampled = run.steps.map(({ scope }) => scope?.partitions);
  expect(sampled[0]).toHaveLength(3);
  expect(sampled[1]).toEqual(sampled[0]);
  expect(run.checks.map(({ asset, check, failingRows }) => [asset, check, failingRows])).toEqual(
    tables.map((table) => [table, "equals_rebuild", 0]),
  );
  expect((await database.pool.query("select * from orchestrator.assets order by asset")).rows).toEqual(
    before.rows,
  );
  const tick = await database.pool.query(
    "select status, run_id from orchestrator.ticks where automation = 'nightly'",
  );
  expect(tick.rows).toEqual([{ status: "succeeded", run_id: run.runId }]);
});

test("the run fails when a row of the sample differs, and says which; one that only waits is said and harms nothing", async () => {
  const [step] = (await tickAtNight()).steps;
  const [wrong, waits] = step!.scope!.partitions!.map(Number);
  await sell(database.pool, waits!, "2024-01-03");
  await database.pool.query("delete from orchestrator.ticks");
  const waiting = await tickAtNight();
  expect(waiting.status).toBe("succeeded");
  expect(waiting.logs.map(({ message }) => message)).toContain(
    "3 rows compared, 0 differ, 1 wait to be refreshed",
  );
  await corrupt(wrong!);
  await database.pool.query("delete from orchestrator.ticks");
  const run = await tickAtNight();
  expect(run).toMatchObject({ status: "failed", error: "differ although fresh: daily_revenue, shop_ranks" });
  expect(run.checks.filter(({ failingRows }) => failingRows > 0)).toMatchObject([
    {
      asset: "daily_revenue",
      check: "equals_rebuild",
      severity: "error",
      failingRows: 1,
      sample: [{ key: { shop_id: wrong }, stored: { revenue: 1000 } }, { key: { shop_id: waits } }],
    },
    // Made from the row as it was.
    { asset: "shop_ranks", check: "equals_rebuild", failingRows: 1 },
  ]);
  const tick = await database.pool.query(
    "select status, detail from orchestrator.ticks where automation = 'nightly'",
  );
  expect(tick.rows).toEqual([
    { status: "failed", detail: "differ although fresh: daily_revenue, shop_ranks" },
  ]);
});

test("the same moment samples the same values, another one others", async () => {
  const sampleOf = async (moment: string) => {
    const now = { ...context, registry, clock: () => new Date(moment) };
    await runAutomation(now, "nightly", "an operator");
    const run = await executeNext();
    expect(run).toMatchObject({ operation: "verify", triggerKind: "manual", status: "succeeded" });
    return run.steps[0]!.scope!.partitions;
  };
  const first = await sampleOf("2026-01-10T03:30:00Z");
  expect(await sampleOf("2026-01-10T03:30:00Z")).toEqual(first);
  const others = [await sampleOf("2026-01-11T03:30:00Z"), await sampleOf("2026-01-12T03:30:00Z")];
  expect(others.some((values) => JSON.stringify(values) !== JSON.stringify(first))).toBe(true);
});

test("a table that cannot be computed fails alone: the others are compared", async () => {
  const body = bodies["intermediate/daily_revenue"].replace("sum(s.quantity * p.price)", "sum(1 / p.price)");
  const inverse = createShopsEngine(database, await loadShops({}, { "intermediate/daily_revenue": body }));
  await inverse.deploy();
  await database.pool.query("update shops.products set price = 0 where product = 'tea'");
  const run = await inverse.run({
    operation: "verify",
    triggerKind: "manual",
    triggerName: "test",
    selection: "*",
  });
  await database.pool.query("update shops.products set price = 2 where product = 'tea'");
  expect(run).toMatchObject({ status: "failed", error: "could not be computed: daily_revenue" });
  expect(new Map(run.steps.map(({ asset, status, error }) => [asset, [status, error]]))).toEqual(
    new Map([
      ["daily_revenue", ["failed", "daily_revenue: division by zero"]],
      ["shop_ranks", ["succeeded", null]],
    ]),
  );
});
