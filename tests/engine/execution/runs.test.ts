import { getEventListeners } from "node:events";
import pg from "pg";
import { beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { createPool } from "../../../src/database/pool.ts";
import {
  cancelRun,
  type Engine,
  type EngineOptions,
  readRun,
  requestRun,
} from "../../../src/engine/index.ts";
import { createTestDatabase } from "../../support/database.ts";
import { startRelay } from "../../support/relay.ts";
import {
  changesWaiting,
  createShops,
  createShopsEngine,
  type IngestProducts,
  loadShops,
  revenues,
  type Shape,
  sell,
} from "./shops.ts";

const database = await createTestDatabase();
await createShops(database.pool);

async function query<T = Record<string, unknown>>(text: string, values: unknown[] = []): Promise<T[]> {
  return (await database.pool.query(text, values)).rows as T[];
}

async function engineWith(shape: Shape = {}, options: Partial<EngineOptions> = {}): Promise<Engine> {
  return createShopsEngine(database, await loadShops(shape), options);
}

/** Doubles the price of tea, in the connections of the run. */
const raisePrices: IngestProducts = async ({ pool }) => {
  const { rowCount } = await pool.query("update shops.products set price = 4 where product = 'tea'");
  return { rowsInserted: 0, rowsUpdated: rowCount ?? 0, rowsDeleted: 0, failed: new Map() };
};

const manual = { triggerKind: "manual", triggerName: "test" } as const;

beforeEach(async () => {
  await query("delete from shops.sales");
  await query("update shops.products set price = 2 where product = 'tea'");
  await query("delete from orchestrator.changes");
  await query("delete from orchestrator.runs where status in ('queued', 'running')");
  const engine = await engineWith();
  await engine.deploy();
  await sell(database.pool, 1, "2024-01-02");
  await engine.run({ ...manual, selection: "stg_sales+", fullRefresh: true });
  await query("delete from orchestrator.changes");
});

test("a run that finds nothing to write asks the database little: each statement is a round trip, most a commit", async () => {
  const engine = await engineWith();
  const statements = vi.spyOn(pg.Client.prototype, "query");
  onTestFinished(() => statements.mockRestore());
  const run = await engine.run({ ...manual, selection: "daily_revenue", partitions: ["1"] });
  expect(run).toMatchObject({
    status: "succeeded",
    steps: [{ rowsInserted: 0, rowsUpdated: 0, rowsDeleted: 0 }],
  });
  const texts = statements.mock.calls.map(([given]: readonly unknown[]) =>
    typeof given === "string" ? given : (given as { text: string }).text,
  );
  // Whether it is to be cancelled is asked whenever somebody says something of it, beside the work.
  const own = texts.filter((text) => !text.includes("cancel_requested_at is not null"));
  expect(own.length).toBeLessThanOrEqual(24);
  expect(own.filter((text) => /insert|update|delete|commit/.test(text)).length).toBeLessThanOrEqual(9);
  expect(run.logs.map(({ message }) => message.replace(/\d+ ms/, "0 ms"))).toEqual([
    "started by manual test: 1 step (refresh 1)",
    "refresh succeeded in 0 ms: no row written",
    "succeeded after 0 ms",
  ]);
});

describe("a run that ingests", () => {
  test("carries on what it wrote itself, in the same run", async () => {
    const run = await (await engineWith({ ingest: raisePrices })).run({ ...manual, selection: "products+" });
    expect(run).toMatchObject({ status: "succeeded", error: null });
    expect(run.steps.map(({ asset, action, status }) => `${asset} ${action} ${status}`).sort()).toEqual([
      "daily_revenue refresh succeeded",
      "products ingest succeeded",
      "shop_ranks refresh succeeded",
      "shop_totals view succeeded",
    ]);
    expect(run.steps.find(({ asset }) => asset === "daily_revenue")).toMatchObject({ rowsUpdated: 1 });
    expect(await revenues(database.pool)).toEqual({ "1 2024-01-02": "4" });
    expect(await changesWaiting(database.pool)).toBe(0);
  });

  test("leaves its changes to the sensor when not all that depends on them was selected", async () => {
    const engine = await engineWith({ ingest: raisePrices });
    const run = await engine.run({ ...manual, selection: "products" });
    expect(run.status).toBe("succeeded");
    expect(await changesWaiting(database.pool)).toBe(1);
    expect(await engine.refresh("sales_sensor")).toMatchObject({ succeeded: 1 });
    expect(await revenues(database.pool)).toEqual({ "1 2024-01-02": "4" });
  });

  test("that fails skips what is below, says why, and is retried with what failed", async () => {
    const attempts: (readonly string[] | null)[] = [];
    const failing: IngestProducts = ({ partitions, log }) => {
      attempts.push(partitions);
      log("info", "asking");
      throw new Error("no answer");
    };
    const retry = { attempts: 2, backoffSeconds: 0.01 };
    const run = await (await engineWith({ ingest: failing, retry })).run({
      ...manual,
      selection: "products+",
    });
    expect(attempts).toHaveLength(2);
    expect(run).toMatchObject({ status: "failed", error: "failed: products" });
    expect(run.steps.find(({ asset }) => asset === "products")).toMatchObject({
      attempt: 2,
      error: "no answer",
    });
    expect(run.steps.find(({ asset }) => asset === "daily_revenue")).toMatchObject({
      status: "skipped",
      error: "products was not materialized",
    });
    const told = run.logs.map(({ level, asset, message }) => [
      level,
      asset,
      message.replaceAll(/[\d.]+ m?s\b/g, "no time"),
    ]);
    const after = "products was not materialized";
    expect(told.slice(0, 5)).toEqual([
      ["info", null, "started by manual test: 4 steps (ingest 1, refresh 2, view 1)"],
      ["info", "products", "asking"],
      ["warn", "products", "attempt 1 failed: no answer; trying again"],
      ["info", "products", "asking"],
      ["error", "products", "ingest failed in no time: no answer"],
    ]);
    expect(told).toContainEqual(["warn", "daily_revenue", `refresh skipped: ${after}`]);
    expect(told.at(-1)).toEqual(["error", null, "failed after no time: failed: products"]);
  });

  test("of which some partitions fail publishes the others, and lists those", async () => {
    const asked: (readonly string[] | null)[] = [];
    const partial: IngestProducts = async (context) => {
      asked.push(context.partitions);
      const result = await raisePrices(context);
      context.progress(1, 2, "tea");
      return { ...result, failed: new Map([["cup", "no such cup"]]) };
    };
    const retry = { attempts: 2, backoffSeconds: 0.01 };
    const run = await (await engineWith({ ingest: partial, retry })).run({
      ...manual,
      selection: "products+",
    });
    expect(asked).toEqual([null, ["cup"]]);
    expect(run.status).toBe("failed");
    expect(run.steps.find(({ asset }) => asset === "products")).toMatchObject({
      status: "failed",
      error: "products: expected every partition to be ingested, got 1 failed: cup (no such cup)",
      progress: { done: 1, total: 2, label: "tea" },
    });
    expect(run.steps.find(({ asset }) => asset === "daily_revenue")).toMatchObject({
      status: "succeeded",
      rowsUpdated: 1,
    });
    expect(await revenues(database.pool)).toEqual({ "1 2024-01-02": "4" });
  });

  test("is ended when it takes longer than it may", async () => {
    const endless: IngestProducts = ({ signal }) =>
      new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    const run = await (await engineWith({ ingest: endless, timeoutSeconds: 0.05 })).run({
      ...manual,
      selection: "products",
    });
    expect(run.steps[0]).toMatchObject({
      status: "failed",
      error: expect.stringContaining("to end within 0.05 s"),
    });
  });
});

test("a scope that is asked for is computed anew, and what differs goes on to what was selected", async () => {
  await sell(database.pool, 2, "2024-01-02");
  const run = await (await engineWith()).run({ ...manual, selection: "daily_revenue", partitions: ["2"] });
  expect(run.steps).toMatchObject([
    { asset: "daily_revenue", action: "refresh", status: "succeeded", rowsInserted: 1 },
  ]);
  expect(await query("select shop_id from shop_ranks")).toEqual([{ shop_id: 1 }]);
});

describe("cancelling", () => {
  test("reaches the function that is ingesting", async () => {
    const begun = Promise.withResolvers<number>();
    const waiting: IngestProducts = ({ signal, runId }) =>
      new Promise((_, reject) => {
        begun.resolve(runId);
        signal.addEventListener("abort", () => reject(signal.reason));
      });
    const running = (await engineWith({ ingest: waiting })).run({ ...manual, selection: "products+" });
    expect(await cancelRun(database.pool, await begun.promise)).toBe(true);
    const run = await running;
    expect(run).toMatchObject({ status: "cancelled" });
    expect(new Set(run.steps.map(({ status }) => status))).toEqual(new Set(["cancelled"]));
  });

  test("reaches the statement that runs in the database", async () => {
    const holder = await database.pool.connect();
    await holder.query("begin; lock table shops.products in access exclusive mode");
    const running = (await engineWith()).run({ ...manual, selection: "daily_revenue" });
    for (let cancelled = false; !cancelled; ) {
      const waiting = await query<{ run_id: number }>(
        "select run_id from orchestrator.steps where status <> 'succeeded' and exists (select from pg_locks where database = (select oid from pg_database where datname = current_database()) and relation = 'shops.products'::regclass and not granted) order by run_id desc",
      );
      if (waiting[0]) cancelled = await cancelRun(database.pool, waiting[0].run_id);
    }
    expect(await running).toMatchObject({ status: "cancelled", steps: [{ status: "cancelled" }] });
    await holder.query("rollback");
    holder.release();
    expect(await query("select from pg_namespace where nspname like 'orchestrator\\_build\\_%'")).toEqual([]);
  });

  test("of a queued run keeps it from ever beginning; of one that ended does nothing", async () => {
    const runId = await requestRun(database.pool, { ...manual, selection: "products" });
    await cancelRun(database.pool, runId);
    const engine = await engineWith({ ingest: raisePrices });
    await engine.start();
    await engine.stop();
    expect(await readRun(database.pool, runId)).toMatchObject({ status: "cancelled" });
    expect(await cancelRun(database.pool, runId)).toBe(false);
    await expect(cancelRun(database.pool, 999_999)).rejects.toThrow("expected the id of a run, got: 999999");
  });
});

describe("requests", () => {
  test("with the key of an open run give that run", async () => {
    const request = { ...manual, selection: "products", requestKey: "once" };
    const first = await requestRun(database.pool, request);
    expect(await requestRun(database.pool, request)).toBe(first);
    await query("update orchestrator.runs set status = 'succeeded' where run_id = $1", [first]);
    expect(await requestRun(database.pool, request)).toBeGreaterThan(first);
  });

  test("may be made by the web's role", async () => {
    const web = database.connect({ role: "stratafolio_web" });
    const runId = await requestRun(web, { ...manual, selection: "products", partitions: ["tea"] });
    expect(await cancelRun(web, runId)).toBe(true);
    expect(await readRun(web, runId)).toMatchObject({
      selection: "products",
      partitions: ["tea"],
      since: null,
    });
  });

  test("that select nothing fail as a run that says so", async () => {
    const run = await (await engineWith()).run({ ...manual, selection: "shop_total" });
    expect(run).toMatchObject({
      status: "failed",
      error: expect.stringContaining("the nearest is shop_totals"),
    });
  });
});

describe("the tick that asked for a run", () => {
  test.each([
    ["its last attempt died", "'running', now(), 3, null", "the process that ran it is gone"],
    ["it was cancelled before it began", "'queued', null, 1, now()", "cancelled before it began"],
  ])("ends with it, also where %s", async (_, values, detail) => {
    await query(
      `with run as (
         insert into orchestrator.runs
           (trigger_kind, trigger_name, selection, status, started_at, attempt, cancel_requested_at)
         values ('schedule', 'nightly', 'stg_sales', ${values})
         returning run_id
       )
       insert into orchestrator.ticks (automation, planned_at, status, run_id)
       select $1, now(), 'started', run_id
       from run`,
      [detail],
    );
    const engine = await engineWith();
    await engine.start();
    const ticks = "select status, detail, finished_at is not null as ended from orchestrator.ticks";
    const ended = async () => await query(`${ticks} where automation = $1 and status <> 'started'`, [detail]);
    await vi.waitFor(async () => expect(await ended()).toEqual([{ status: "failed", detail, ended: true }]));
    await engine.stop();
  });
});

test("a run that has ended listens no longer to the signal that it was given", async () => {
  const { signal } = new AbortController();
  await (await engineWith()).run({ ...manual, selection: "stg_sales" }, signal);
  expect(getEventListeners(signal, "abort")).toEqual([]);
});

describe("a run whose process is gone", () => {
  test("is found by its free lock, marked as failed, and taken up again", async () => {
    const [dead] = await query<{ run_id: number }>(
      `insert into orchestrator.runs (trigger_kind, trigger_name, selection, status, started_at)
       values ('manual', 'x', 'products+', 'running', now()) returning run_id`,
    );
    await query(
      "insert into orchestrator.steps (run_id, asset, action, status, reason) values ($1, 'products', 'ingest', 'running', 'x')",
      [dead!.run_id],
    );
    const listener = await database.pool.connect();
    const done = Promise.withResolvers<number>();
    listener.on("notification", async ({ payload }) => {
      const [run] = await query<{ run_id: number }>(
        "select run_id from orchestrator.runs where retry_of = $1 and status = 'succeeded' and run_id = $2",
        [dead!.run_id, payload],
      );
      if (run) done.resolve(run.run_id);
    });
    await listener.query("listen orchestrator_runs");
    const engine = await engineWith({ ingest: raisePrices });
    await engine.start();
    const again = await readRun(database.pool, await done.promise);
    await engine.stop();
    listener.removeAllListeners("notification");
    await listener.query("unlisten *");
    listener.release();
    expect(again).toMatchObject({ attempt: 2, retryOf: dead!.run_id, status: "succeeded" });
    expect(await readRun(database.pool, dead!.run_id)).toMatchObject({
      status: "failed",
      error: "the process that ran it is gone",
      steps: [{ status: "failed" }],
    });
    expect(await revenues(database.pool)).toEqual({ "1 2024-01-02": "4" });
  });

  test("ends itself when it loses the connection that vouches for it", async () => {
    const begun = Promise.withResolvers<number>();
    const waiting: IngestProducts = ({ signal, runId }) =>
      new Promise((_, reject) => {
        begun.resolve(runId);
        signal.addEventListener("abort", () => reject(signal.reason));
      });
    const running = (await engineWith({ ingest: waiting })).run({ ...manual, selection: "products" });
    const runId = await begun.promise;
    await query(
      "select pg_terminate_backend(pid) from pg_locks where database = (select oid from pg_database where datname = current_database()) and locktype = 'advisory' and classid = 7246010 and objid = $1",
      [runId],
    );
    expect(await running).toMatchObject({
      status: "failed",
      error: expect.stringContaining("lost a connection"),
    });
  });

  test("ends although the connection that vouches for it is gone without a word", async () => {
    const relay = await startRelay(database.url);
    onTestFinished(() => relay.close());
    const pool = createPool({ connectionString: relay.url, applicationName: "behind a relay" });
    onTestFinished(() => pool.end());
    const ingesting = Promise.withResolvers<number>();
    const goOn = Promise.withResolvers<void>();
    const ingest: IngestProducts = async ({ runId }) => {
      ingesting.resolve(runId);
      await goOn.promise;
      return { rowsInserted: 0, rowsUpdated: 0, rowsDeleted: 0, failed: new Map() };
    };
    const engine = createShopsEngine({ ...database, pool }, await loadShops({ ingest }));
    const running = engine.run({ ...manual, selection: "products" });
    const runId = await ingesting.promise;
    const [lease] = await query<{ port: number }>(
      `select client_port as port
       from pg_locks
       join pg_stat_activity using (pid)
       where database = (select oid from pg_database where datname = current_database())
         and locktype = 'advisory' and classid = 7246010 and objid = $1`,
      [runId],
    );
    relay.swallow(lease!.port);
    goOn.resolve();
    expect(await running).toMatchObject({ status: "succeeded" });
  });

  test("ends what it is filling when it loses the connection that keeps other rebuilds out", async () => {
    const holder = await database.pool.connect();
    await holder.query("begin; lock table shops.products in access exclusive mode");
    const running = (await engineWith()).run({ ...manual, selection: "daily_revenue", fullRefresh: true });
    const isFilling = () =>
      query("select from pg_locks where relation = 'shops.products'::regclass and not granted");
    while ((await isFilling()).length === 0);
    await query(
      `select pg_terminate_backend(pid)
       from pg_locks
       where database = (select oid from pg_database where datname = current_database())
         and locktype = 'advisory'
         and objsubid = 1
         and (classid::bigint << 32) | objid::bigint = hashtextextended('engine rebuild', 0)`,
    );
    expect(await running).toMatchObject({
      status: "failed",
      error: expect.stringContaining("lost a connection"),
    });
    await holder.query("rollback");
    holder.release();
    expect(await query("select from pg_namespace where nspname like 'orchestrator\\_build\\_%'")).toEqual([]);
  });
});
