/** A process that is killed with work going on in the database, and what comes after it. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, expect, test } from "vitest";
import { createTestDatabase } from "../../support/database.ts";
import { bodies, createShops, createShopsEngine, loadShops, revenues, sell } from "./shops.ts";

const database = await createTestDatabase();
await createShops(database.pool);
/** More rows than anybody waits for, each of which has nothing to do with the sales. */
const endless = bodies["intermediate/daily_revenue"]
  .replace(
    "sum(s.quantity * p.price)",
    "sum(s.quantity * p.price) + (select count(*) from generate_series(1, 1000000) as a, generate_series(1, 1000000) as b where a <> b and s.shop_id > 0) * 0",
  )
  .replace("group by s.shop_id, s.sold_on", "group by s.shop_id, s.sold_on, (s.shop_id > 0)");
const folder = await mkdtemp(join(tmpdir(), "shops-doomed-"));
afterAll(() => rm(folder, { recursive: true }));
for (const [model, body] of Object.entries({ ...bodies, "intermediate/daily_revenue": endless })) {
  await mkdir(join(folder, model, ".."), { recursive: true });
  await writeFile(join(folder, `${model}.sql`), body);
}

beforeEach(async () => {
  await database.pool.query("truncate orchestrator.runs cascade; delete from shops.sales");
  const engine = createShopsEngine(database, await loadShops());
  await engine.deploy();
  await sell(database.pool, 1, "2024-01-02");
  await engine.refresh("sales_sensor");
});

/** Server processes of the doomed program that fill its table. */
async function filling(): Promise<number[]> {
  const { rows } = await database.pool.query<{ pid: number }>(
    `select pid
     from pg_stat_activity
     where datname = current_database()
       and application_name = 'doomed'
       and state = 'active'
       and query like 'insert into "materialized"%'`,
  );
  return rows.map(({ pid }) => pid);
}

async function startDoomed(): Promise<ChildProcess> {
  const child = fork(join(import.meta.dirname, "rebuilding-program.ts"), [database.url, folder], {
    execArgv: [],
  });
  await expect.poll(filling, { timeout: 30_000 }).toHaveLength(1);
  return child;
}

test("killed in a long rebuild: what it left at work is ended, and who comes next is ready within 5 s", async () => {
  const child = await startDoomed();
  child.kill("SIGKILL");
  await once(child, "exit");
  const began = performance.now();
  const engine = createShopsEngine(database, await loadShops());
  await engine.deploy();
  await engine.start();
  expect(performance.now() - began).toBeLessThan(5000);
  expect(await filling()).toEqual([]);
  // Its run is taken up again, by who has other code now, and nothing of the dead one stands about.
  const again = () =>
    database.pool
      .query("select status from orchestrator.runs where retry_of is not null")
      .then(({ rows }) => rows.map(({ status }) => status));
  await expect.poll(again, { timeout: 20_000 }).toEqual(["succeeded"]);
  await engine.stop();
  expect(await revenues(database.pool)).toEqual({ "1 2024-01-02": "2" });
  const { rows } = await database.pool.query(
    "select nspname from pg_namespace where nspname like 'orchestrator\\_build\\_%'",
  );
  expect(rows).toEqual([]);
}, 90_000);

test("the server itself ends a statement whose client is gone, though nobody starts again", async () => {
  const child = await startDoomed();
  child.kill("SIGKILL");
  await once(child, "exit");
  await expect.poll(filling, { timeout: 10_000 }).toEqual([]);
}, 90_000);

test("a session that works for a dead run is ended before the run is queued anew, and no other is", async () => {
  const { rows } = await database.pool.query<{ run_id: number }>(
    `insert into orchestrator.runs (trigger_kind, trigger_name, selection, status, started_at)
     select 'manual', 'x', 'daily_revenue', 'running', now() from generate_series(1, 2)
     returning run_id`,
  );
  const [dead, alive] = rows.map(({ run_id }) => run_id);
  const lease = await database.pool.connect();
  await lease.query("select pg_advisory_lock(7246010, $1)", [alive]);
  const left = await database.connect({ runId: dead! }).connect();
  const ended = new Promise<Error>((resolve) => void left.on("error", resolve));
  const working = await database.connect({ runId: alive! }).connect();
  const engine = createShopsEngine(database, await loadShops());
  await engine.deploy();
  await ended;
  left.release(true);
  expect((await working.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
  working.release();
  const runs = await database.pool.query("select run_id, status from orchestrator.runs order by run_id");
  expect(runs.rows.slice(-3).map(({ status }) => status)).toEqual(["failed", "running", "queued"]);
  await lease.query("select pg_advisory_unlock_all()");
  lease.release();
});
