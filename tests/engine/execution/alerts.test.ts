import { beforeEach, expect, test } from "vitest";
import type { Alert, AlertSender, Engine } from "../../../src/engine/index.ts";
import { readStates, select, selectable } from "../../../src/engine/index.ts";
import { createTestDatabase } from "../../support/database.ts";
import { createShops, createShopsEngine, type IngestProducts, loadShops, sell } from "./shops.ts";

const database = await createTestDatabase();
await createShops(database.pool);
const sent: string[] = [];
let refuse: string | null = null;
const sender: AlertSender = {
  name: "list",
  async send({ event, message }: Alert) {
    if (refuse) throw new Error(refuse);
    sent.push(`${event}: ${message}`);
  },
};
/** What the source of products does; set by each test. */
let ingest: IngestProducts = () => Promise.reject(new Error("not set"));
let now = new Date();
let engine: Engine;
let other: Engine;

const done = { rowsInserted: 0, rowsUpdated: 0, rowsDeleted: 0, failed: new Map<string, string>() };

beforeEach(async () => {
  await database.pool.query(
    "truncate orchestrator.alerts, orchestrator.runs cascade; delete from shops.sales; delete from orchestrator.changes",
  );
  sent.length = 0;
  refuse = null;
  now = new Date();
  const registry = await loadShops({ ingest: (context) => ingest(context), freshnessHours: 26 });
  const options = { clock: () => now, alertSenders: [sender] };
  engine = createShopsEngine(database, registry, options);
  other = createShopsEngine(database, registry, options);
  await engine.deploy();
  ingest = async () => done;
  await nightly();
});

function nightly(partitions?: string[]) {
  return engine.run({
    triggerKind: "schedule",
    triggerName: "nightly",
    selection: "products",
    ...(partitions && { partitions }),
  });
}

async function stateOf(asset: string) {
  return (await readStates(database.pool, engine.registry.graph, now)).get(asset)!;
}

/** fetch's own error: what happened is two causes down. */
async function unreachable(): Promise<never> {
  await fetch("http://127.0.0.1:2/").catch((error: unknown) => {
    throw new Error("prices could not be fetched", { cause: error });
  });
  throw new Error("something listens on port 2");
}

test("an asset whose newest run failed says so, since when, and why, to the bottom", async () => {
  expect(await stateOf("products")).toMatchObject({ status: "fresh", failure: null });
  ingest = unreachable;
  const { steps } = await nightly();
  await nightly();
  const error = "prices could not be fetched: fetch failed: connect ECONNREFUSED 127.0.0.1:2";
  const failed = await stateOf("products");
  expect(failed).toMatchObject({ status: "failed", isStale: false });
  expect(failed.failure).toMatchObject({ since: steps[0]!.finishedAt, error });
  expect(failed.reasons[0]).toContain(`UTC: ${error}`);
  const { graph } = engine.registry;
  const states = await readStates(database.pool, graph, now);
  expect(select(graph, { select: ["state:failed"], ...selectable(states) })).toEqual(["products"]);
  ingest = async () => done;
  await nightly();
  expect(await stateOf("products")).toMatchObject({ status: "fresh", failure: null });
});

test("what was done of a part does not make good what failed of all, nor of another part", async () => {
  ingest = unreachable;
  await nightly();
  ingest = async () => done;
  await nightly(["tea"]);
  expect(await stateOf("products")).toMatchObject({ status: "failed" });
  await nightly();
  expect(await stateOf("products")).toMatchObject({ status: "fresh" });
  ingest = unreachable;
  await nightly(["tea"]);
  ingest = async () => done;
  await nightly(["cup"]);
  expect(await stateOf("products")).toMatchObject({ status: "failed" });
  await nightly(["cup", "tea"]);
  expect(await stateOf("products")).toMatchObject({ status: "fresh" });
});

test("a source of which a part did not come has failed, although the rest was carried on", async () => {
  ingest = async ({ pool }) => {
    await pool.query("update shops.products set price = price + 1 where product = 'tea'");
    return { ...done, rowsUpdated: 1, failed: new Map([["cup", "no such cup"]]) };
  };
  await engine.run({ triggerKind: "schedule", triggerName: "nightly", selection: "products+" });
  const state = await stateOf("products");
  expect(state.status).toBe("failed");
  expect(state.failure!.error).toContain("cup (no such cup)");
});

test("a failed run is said once by two orchestrators, and once more when it is well again", async () => {
  ingest = unreachable;
  const first = await nightly();
  await nightly();
  await Promise.all([engine.alert(), other.alert(), engine.alert()]);
  await nightly();
  await other.alert();
  expect(sent).toHaveLength(1);
  expect(sent[0]).toMatch(/^raised: run \d+ \(schedule nightly materialize products\) failed: /);
  expect(sent[0]).toContain("connect ECONNREFUSED 127.0.0.1:2");
  expect(first.status).toBe("failed");
  ingest = async () => done;
  await engine.run({ triggerKind: "manual", triggerName: "somebody", selection: "products" });
  await Promise.all([engine.alert(), other.alert()]);
  expect(sent.slice(1)).toEqual([sent[0]!.replace("raised", "recovered")]);
  ingest = unreachable;
  await nightly();
  await engine.alert();
  expect(sent).toHaveLength(3);
});

test("a failed check of a refresh that waits, and an overdue asset", async () => {
  const bad = await sell(database.pool, 3, "2024-01-02", -1);
  await engine.refresh("sales_sensor");
  await engine.alert();
  expect(sent).toEqual([
    'raised: 1 change of sales could not be carried on: daily_revenue: expected check revenue_not_negative to pass; 1 row fails, for instance {"shop_id":3,"sold_on":"2024-01-02"}',
  ]);
  expect(await stateOf("sales")).toMatchObject({ status: "failed" });
  await sell(database.pool, 4, "2024-01-02"); // somebody else's goes through, and makes nothing good
  await engine.refresh("sales_sensor");
  await engine.alert();
  expect(sent).toHaveLength(1);
  await database.pool.query("delete from shops.sales where sale_id = $1", [bad]);
  await database.pool.query("update orchestrator.changes set not_before = null");
  await engine.refresh("sales_sensor");
  now = new Date(now.getTime() + 27 * 3_600_000);
  await engine.alert();
  expect(sent.slice(1).sort()).toEqual([
    expect.stringMatching(
      /^raised: products is overdue: last brought up to date at .*, its policy is every 26 hours$/,
    ),
    sent[0]!.replace("raised", "recovered"),
  ]);
});

test("a check that fails in a run is an alert of its own until it passes", async () => {
  await database.pool.query("alter table shops.sales disable trigger user");
  const bad = await sell(database.pool, 3, "2024-01-02", -1);
  await database.pool.query("alter table shops.sales enable trigger user");
  const run = { triggerKind: "manual", triggerName: "test", selection: "daily_revenue" } as const;
  await engine.run({ ...run, fullRefresh: true });
  await engine.alert();
  expect(sent.map((line) => line.replaceAll(/\d+/g, "N"))).toEqual([
    expect.stringContaining("raised: run N (manual materialize daily_revenue"),
    "raised: check revenue_not_negative (error) of daily_revenue failed in run N: N row",
  ]);
  await database.pool.query("delete from shops.sales where sale_id = $1", [bad]);
  await engine.run({ ...run, fullRefresh: true });
  await engine.alert();
  expect(sent.slice(2).map((line) => line.split(":")[0])).toEqual(["recovered", "recovered"]);
});

test("what could not be sent waits with its error, and goes out in its order", async () => {
  ingest = unreachable;
  await nightly();
  refuse = "the webhook is down";
  await engine.alert();
  ingest = async () => done;
  await nightly();
  await engine.alert();
  const { rows } = await database.pool.query(
    "select event, attempts, last_error, not_before > now() as waits from orchestrator.alert_messages order by event",
  );
  expect(rows).toEqual([
    { event: "raised", attempts: 1, last_error: "the webhook is down", waits: true },
    { event: "recovered", attempts: 0, last_error: null, waits: false },
  ]);
  refuse = null;
  await database.pool.query("update orchestrator.alert_messages set not_before = now()");
  await engine.alert();
  expect(sent.map((line) => line.split(":")[0])).toEqual(["raised", "recovered"]);
});
