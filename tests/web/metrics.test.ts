/** What /metrics, the API and the pages say of an engine whose night failed. */
import { expect, test } from "vitest";
import type { Engine, Registry } from "../../src/engine/index.ts";
import {
  createShops,
  createShopsEngine,
  type IngestProducts,
  loadShops,
  sell,
} from "../engine/execution/shops.ts";
import { emptyRegistry } from "./registry.ts";
import { startWebServer } from "./server.ts";

let registry: Registry = emptyRegistry();
const server = await startWebServer(() => registry);
await createShops(server.database.pool);
const operator = await server.register("operator@example.org");
const done = { rowsInserted: 0, rowsUpdated: 0, rowsDeleted: 0, failed: new Map<string, string>() };

/** Name with labels -> value, once what was kept of the look before is too old. */
async function scrape(): Promise<Map<string, number>> {
  const { body } = await server.call("GET", "/metrics");
  const lines = (body as string).split("\n").filter((line) => line.startsWith("stratafolio_"));
  return new Map(
    lines.map((line) => [line.slice(12, line.lastIndexOf(" ")), Number(line.slice(line.lastIndexOf(" ")))]),
  );
}

async function nightly(engine: Engine) {
  return await engine.run({ triggerKind: "schedule", triggerName: "nightly", selection: "products" });
}

test("a failed night is seen by whoever looks", async () => {
  let ingest: IngestProducts = async () => done;
  registry = await loadShops({ ingest: (context) => ingest(context), freshnessHours: 26 });
  const engine = createShopsEngine(server.database, registry);
  await engine.deploy();
  await nightly(engine);
  const began = Date.now() / 1000;
  ingest = () => Promise.reject(new Error("fetch failed", { cause: new Error("connect ECONNREFUSED") }));
  await nightly(engine);
  await sell(server.database.pool, 3, "2024-01-02", -1);
  await engine.refresh("sales_sensor");

  const metrics = await scrape();
  expect(metrics.get('runs_total{status="failed"}')).toBe(2);
  expect(metrics.get('runs_total{status="succeeded"}')).toBe(2);
  expect(metrics.get('asset_status{asset="products",status="failed"}')).toBe(1);
  expect(metrics.get('asset_status{asset="products",status="fresh"}')).toBe(0);
  expect(metrics.get('asset_status{asset="stg_sales",status="stale"}')).toBe(1);
  expect(metrics.get('asset_overdue{asset="products"}')).toBe(0);
  const succeeded = metrics.get('asset_last_success_timestamp_seconds{asset="products"}')!;
  expect(Math.abs(succeeded - began)).toBeLessThan(5);
  expect(metrics.get('step_seconds_count{asset="products",action="ingest"}')).toBe(2);
  expect(metrics.get('step_seconds_sum{asset="daily_revenue",action="rebuild"}')).toBeGreaterThan(0);
  expect(metrics.get("changes_waiting")).toBe(1);
  expect(metrics.get("change_lag_seconds")).toBeGreaterThan(0);

  const { body } = await server.call("GET", "/api/assets/products", { token: operator.token });
  expect(body.asset ?? body).toMatchObject({
    status: "failed",
    error: "fetch failed: connect ECONNREFUSED",
    failed_since: expect.any(String),
    overdue: false,
  });
});

test("one scrape after another counts each run once, and checks that fail say in how many rows", async () => {
  const engine = createShopsEngine(server.database, registry);
  await server.database.pool.query("alter table shops.sales disable trigger user");
  await sell(server.database.pool, 5, "2024-01-02", -1);
  await server.database.pool.query("alter table shops.sales enable trigger user");
  await engine.run({
    triggerKind: "manual",
    triggerName: "test",
    selection: "daily_revenue",
    fullRefresh: true,
  });
  const expected = 'check_failures{asset="daily_revenue",check="revenue_not_negative",severity="error"}';
  await expect.poll(async () => (await scrape()).get(expected), { timeout: 10_000 }).toBe(2);
  expect((await scrape()).get('runs_total{status="failed"}')).toBe(3);
});
