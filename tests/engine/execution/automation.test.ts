import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Scheduler } from "../../../src/engine/automation/index.ts";
import {
  type Engine,
  type EngineOptions,
  loadRegistry,
  modelWatcher,
  type Registry,
  runAutomation,
  watchBodies,
} from "../../../src/engine/index.ts";
import { createTestDatabase } from "../../support/database.ts";
import {
  bodies,
  createShops,
  createShopsEngine,
  type IngestProducts,
  loadShops,
  revenues,
  type Shape,
  sell,
  shops,
  silent,
} from "./shops.ts";

const database = await createTestDatabase();
await createShops(database.pool);
const started: Engine[] = [];

async function query<T = Record<string, unknown>>(text: string, values: unknown[] = []): Promise<T[]> {
  return (await database.pool.query(text, values)).rows as T[];
}

async function engineWith(shape: Shape = {}, options: Partial<EngineOptions> = {}): Promise<Engine> {
  const engine = createShopsEngine(database, await loadShops(shape), options);
  started.push(engine);
  return engine;
}

/** Resolves when a notification on the channel makes `condition` true, or it is already. */
async function until(channel: string, condition: () => Promise<boolean>): Promise<void> {
  const client = await database.pool.connect();
  const met = Promise.withResolvers<void>();
  const look = (): void => {
    condition().then((isMet) => isMet && met.resolve(), met.reject);
  };
  client.on("notification", look);
  await client.query(`listen ${channel}`);
  look();
  await met.promise;
  client.removeAllListeners("notification");
  await client.query("unlisten *");
  client.release();
}

const revenueIs = (expected: Record<string, string>) => async () =>
  JSON.stringify(await revenues(database.pool)) === JSON.stringify(expected);

const nothing: IngestProducts = async () => ({
  rowsInserted: 0,
  rowsUpdated: 0,
  rowsDeleted: 0,
  failed: new Map(),
});

beforeEach(async () => {
  await query("delete from shops.sales");
  await query("delete from orchestrator.changes");
  await query("delete from orchestrator.ticks");
  await query("delete from orchestrator.automations");
  const engine = await engineWith();
  await engine.deploy();
  await engine.run({
    triggerKind: "manual",
    triggerName: "test",
    selection: "stg_sales+",
    fullRefresh: true,
  });
});

afterEach(async () => {
  for (const engine of started.splice(0)) await engine.stop();
});

describe("the sensor", () => {
  test("carries on a sale as soon as it is committed, and writes down a tick", {
    timeout: 10_000,
  }, async () => {
    const engine = await engineWith();
    await engine.start();
    expect(engine.status).toMatchObject({ listening: true });
    await sell(database.pool, 1, "2024-01-02");
    await until("orchestrator_published", revenueIs({ "1 2024-01-02": "2" }));
    // By now it has looked for itself: nothing but the notification tells it of this one before the poll.
    await sell(database.pool, 1, "2024-01-02");
    await until("orchestrator_published", revenueIs({ "1 2024-01-02": "4" }));
    await engine.stop();
    // A look goes on until nothing is left, and the second sale may be committed before the first look is over: how
    // many ticks there are is chance, what they add up to is not.
    const ticks = await query(
      `select
         automation,
         status,
         sum(substring(detail from '^changes refreshed: (\\d+), runs requested: 0$')::integer) as changes
       from orchestrator.ticks
       group by automation, status`,
    );
    expect(ticks).toEqual([{ automation: "sales_sensor", status: "succeeded", changes: 2 }]);
  });

  test("finds what it was not told of when it comes up", async () => {
    await sell(database.pool, 1, "2024-01-02");
    await (await engineWith()).start();
    await until("orchestrator_published", revenueIs({ "1 2024-01-02": "2" }));
  });

  test("listens again after its connection was ended, and looks for what it missed", async () => {
    const engine = await engineWith();
    await engine.start();
    await query(
      "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and query like 'listen %' and pid <> pg_backend_pid()",
    );
    await query("alter table shops.sales disable trigger capture_insert");
    await sell(database.pool, 1, "2024-01-02");
    await query("alter table shops.sales enable trigger capture_insert");
    await query("insert into orchestrator.changes (asset, partition_value) values ('sales', '1')"); // without a NOTIFY
    await until("orchestrator_published", revenueIs({ "1 2024-01-02": "2" }));
  });

  test("that is switched off does nothing, and takes up what waits once it is on", async () => {
    const engine = await engineWith();
    await engine.start();
    await engine.setAutomationEnabled("sales_sensor", false);
    await sell(database.pool, 1, "2024-01-02");
    expect(await engine.refresh("sales_sensor")).toMatchObject({ succeeded: 0 });
    expect(await revenues(database.pool)).toEqual({});
    await engine.setAutomationEnabled("sales_sensor", true);
    await until("orchestrator_published", revenueIs({ "1 2024-01-02": "2" }));
    await expect(engine.setAutomationEnabled("sensor", true)).rejects.toThrow(
      "expected a schedule, a sensor or the watcher (sales_sensor, model_watcher)",
    );
  });

  test("asked to look now takes what was put off too, and says how much that is", async () => {
    const engine = await engineWith();
    await sell(database.pool, 1, "2024-01-02", -1); // a revenue below zero fails a check
    expect(await engine.refresh("sales_sensor")).toMatchObject({ failed: 1 });
    await query("alter table shops.sales disable trigger all");
    await query("update shops.sales set quantity = 3");
    await query("alter table shops.sales enable trigger all");
    expect(await engine.refresh("sales_sensor")).toMatchObject({ succeeded: 0, failed: 0 });
    await engine.start();
    // As the web asks, whose role may do no more to a change than this.
    const web = {
      pool: database.connect({ role: "stratafolio_web" }),
      registry: engine.registry,
      clock: () => new Date(),
    };
    expect(await runAutomation(web, "sales_sensor", "somebody")).toEqual({ runId: null, hastened: 1 });
    await until("orchestrator_published", revenueIs({ "1 2024-01-02": "6" }));
    expect(await query("select from orchestrator.changes")).toEqual([]);
    await engine.setAutomationEnabled("sales_sensor", false);
    await expect(runAutomation(web, "sales_sensor", "somebody")).rejects.toThrow(
      "expected a sensor that is on, got: sales_sensor, which is off",
    );
  });

  test("of two processes do each change once", async () => {
    const [one, two] = [await engineWith(), await engineWith({}, { pool: database.connect() })];
    await Promise.all([one.start(), two.start()]);
    for (let shop = 1; shop <= 20; shop++) await sell(database.pool, shop, "2024-01-02");
    await until(
      "orchestrator_published",
      async () => Object.keys(await revenues(database.pool)).length === 20,
    );
    expect(await one.verify({ assets: ["daily_revenue", "shop_ranks"] })).toMatchObject([
      { differing: 0 },
      { differing: 0 },
    ]);
  });

  test("asks for the runs it wants once, and waits after one that failed", async () => {
    const request = {
      selection: "products+",
      partitions: ["jug"],
      requestKey: "fetch jug",
      reason: "unseen",
    };
    const shape: Shape = { requests: async () => [request], ingest: nothing };
    const engine = await engineWith(shape);
    await engine.refresh("sales_sensor");
    await engine.refresh("sales_sensor");
    const open = await query<{ run_id: number }>(
      "select run_id from orchestrator.runs where request_key = 'fetch jug'",
    );
    expect(open).toHaveLength(1);
    await query(
      "update orchestrator.runs set status = 'failed', finished_at = now() where request_key = 'fetch jug'",
    );
    await engine.refresh("sales_sensor");
    expect(await query("select from orchestrator.runs where request_key = 'fetch jug'")).toHaveLength(1);
    await query(
      "update orchestrator.runs set finished_at = now() - interval '31 s' where request_key = 'fetch jug'",
    );
    await engine.refresh("sales_sensor");
    expect(await query("select from orchestrator.runs where request_key = 'fetch jug'")).toHaveLength(2);
  });
});

describe("a schedule", () => {
  const cron = "0 18 * * 1-5";
  let now = new Date("2024-01-04T12:00:00Z"); // a Thursday
  const clock = (): Date => now;
  const scheduler = async (): Promise<Scheduler> => {
    const registry: Registry = await loadShops({ cron, ingest: nothing });
    return new Scheduler({
      pool: database.pool,
      poolForRun: (runId) => database.connect({ runId }),
      registry,
      resources: null,
      clock,
      log: silent,
      readerRole: "stratafolio_web",
      rowSecurity: null,
    });
  };

  beforeEach(async () => {
    now = new Date("2024-01-04T12:00:00Z");
    await query("delete from orchestrator.runs where trigger_kind = 'schedule'");
  });

  test("runs once at each planned time, whoever asks, and not before it was first seen", async () => {
    const [one, two] = [await scheduler(), await scheduler()];
    expect(await one.check()).toEqual([]);
    now = new Date("2024-01-04T17:59:59Z");
    expect(await one.check()).toEqual([]);
    now = new Date("2024-01-04T18:00:00Z");
    const runs = (await Promise.all([one.check(), two.check()])).flat();
    expect(runs).toHaveLength(1);
    expect(await one.check()).toEqual([]);
    expect(await query("select planned_at, status, run_id from orchestrator.ticks")).toEqual([
      { planned_at: now, status: "started", run_id: runs[0] },
    ]);
  });

  test("runs only the last of the ticks missed while nobody was there", async () => {
    await (await scheduler()).check();
    now = new Date("2024-01-10T03:00:00Z");
    expect(await (await scheduler()).check()).toHaveLength(1);
    expect(await query("select planned_at from orchestrator.ticks")).toEqual([
      { planned_at: new Date("2024-01-09T18:00:00Z") },
    ]);
  });

  test("that is off misses its ticks for good", async () => {
    const one = await scheduler();
    await one.check();
    await query("update orchestrator.automations set enabled = false where automation = 'nightly'");
    now = new Date("2024-01-05T19:00:00Z");
    expect(await one.check()).toEqual([]);
    await query(
      "update orchestrator.automations set enabled = true, updated_at = $1 where automation = 'nightly'",
      [now],
    );
    expect(await one.check()).toEqual([]);
    now = new Date("2024-01-08T18:00:01Z");
    expect(await one.check()).toHaveLength(1);
  });

  test("has its run executed, and the tick says how it ended", async () => {
    const engine = await engineWith({ cron, ingest: nothing }, { clock });
    await engine.start();
    await engine.stop();
    now = new Date("2024-01-04T18:00:00Z");
    await engine.start();
    const ended = async () =>
      (await query("select from orchestrator.ticks where status = 'succeeded'")).length === 1;
    await until("orchestrator_runs", ended);
    expect(await engine.automations()).toMatchObject([
      {
        name: "nightly",
        enabled: true,
        nextTickAt: new Date("2024-01-05T18:00:00Z"),
        ticks: [{ status: "succeeded" }],
      },
      { name: "sales_sensor", nextTickAt: null },
      { name: "model_watcher", enabled: false },
    ]);
  });
});

describe("hot reload", () => {
  test("an edited body is loaded, and what was published is still refreshed until it is deployed", async () => {
    const registry = await loadShops();
    const engine = createShopsEngine(database, registry);
    const reloaded = Promise.withResolvers<readonly string[]>();
    const watcher = await watchBodies({
      folder: registry.bodiesFolder,
      load: () => loadRegistry(shops(), { bodiesFolder: registry.bodiesFolder }),
      current: () => engine.registry,
      onReload: async (next, changed) => {
        await engine.reload(next);
        reloaded.resolve(changed);
      },
      log: silent,
      quietMilliseconds: 20,
    });
    const doubled = bodies["intermediate/daily_revenue"].replace("sum(", "2 * sum(");
    await writeFile(join(registry.bodiesFolder, "intermediate/daily_revenue.sql"), doubled);
    expect(await reloaded.promise).toEqual(["daily_revenue"]);
    await watcher.close();
    await sell(database.pool, 1, "2024-01-02");
    expect(await engine.refresh("sales_sensor")).toMatchObject({ succeeded: 1 });
    expect(await revenues(database.pool)).toEqual({ "1 2024-01-02": "2" });
    await engine.deploy();
    expect(await revenues(database.pool)).toEqual({ "1 2024-01-02": "4" });
    await (await engineWith()).deploy();
  });

  test("with the watcher on, an edited body is materialized, once for each edit", async () => {
    const registry = await loadShops();
    const engine = await engineWith();
    await sell(database.pool, 1, "2024-01-02");
    await engine.start();
    await until("orchestrator_published", revenueIs({ "1 2024-01-02": "2" }));
    const edited = bodies["intermediate/daily_revenue"].replace("sum(", "2 * sum(");
    const reload = async (body: string): Promise<void> =>
      engine.reload(await loadShops({}, { "intermediate/daily_revenue": body }, registry.bodiesFolder));
    await reload(edited);
    const runs = () =>
      query<{ run_id: number; selection: string; status: string }>(
        "select run_id, selection, status from orchestrator.runs where trigger_kind = 'watcher'",
      );
    expect(await runs()).toEqual([]); // off, as it is at first
    await engine.setAutomationEnabled(modelWatcher.name, true);
    await until("orchestrator_published", revenueIs({ "1 2024-01-02": "4" }));
    const isTold = async () =>
      (
        await query(
          "select from orchestrator.ticks where automation = 'model_watcher' and status = 'succeeded'",
        )
      ).length === 1;
    await until("orchestrator_runs", isTold);
    await reload(`${edited} having 1 / 0 > count(*)`);
    const hasFailed = async () => (await runs()).some(({ status }) => status === "failed");
    await until("orchestrator_runs", hasFailed);
    await reload(`${edited} having 1 / 0 > count(*) -- saved again`);
    await engine.stop(); // it has looked by then
    expect(await runs()).toMatchObject([
      { selection: "daily_revenue shop_ranks shop_totals", status: "succeeded" },
      { selection: "daily_revenue shop_ranks shop_totals", status: "failed" },
    ]);
    await (await engineWith()).deploy();
  });
});
