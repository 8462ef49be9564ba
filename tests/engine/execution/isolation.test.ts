import { expect, test } from "vitest";
import { createEvents, synthetic } from "../../../bench/synthetic.ts";
import {
  type AnyAsset,
  type ColumnType,
  type Definitions,
  type RunDetail,
  sensor,
  sourceAsset,
  sqlAsset,
} from "../../../src/engine/index.ts";
import { createTestDatabase, type TestDatabase } from "../../support/database.ts";
import { createShopsEngine } from "./shops.ts";
import { loadDefinitions } from "./synthetic.ts";

// One bad thing harms only itself: what fails takes out itself and what is below it, and the rest of the run is published.

async function eventsDatabase(): Promise<TestDatabase> {
  const database = await createTestDatabase();
  await createEvents(database.pool, 2);
  return database;
}

function stepsOf(run: RunDetail | null): Record<string, string> {
  return Object.fromEntries(
    run!.steps.map(({ asset, status, error }) => [asset, error === null ? status : `${status}: ${error}`]),
  );
}

async function engineOf(database: TestDatabase, definitions: Definitions, bodies: Record<string, string>) {
  return createShopsEngine(database, await loadDefinitions(definitions, bodies));
}

async function tablesLeft({ pool }: TestDatabase): Promise<unknown[]> {
  const { rows } = await pool.query(
    `select relname from pg_class
     where relnamespace = 'materialized'::regnamespace and relkind = 'r'
       and relname not in (select relation from orchestrator.asset_versions)
     union all
     select nspname from pg_namespace where nspname like 'orchestrator\\_build\\_%'`,
  );
  return rows;
}

test("two bad models of twenty: the healthy are published, both failures told, and each below says which", async () => {
  const database = await eventsDatabase();
  const { definitions, bodies } = synthetic("wide", 20);
  const [bad, worse, healthy] = ["model_0003", "model_0007", "model_0004"].map(
    (name) => definitions.assets.find((asset) => asset.name === name)!,
  );
  const below = (name: string, deps: readonly AnyAsset[]) =>
    sqlAsset({ ...bad!, name, layer: "gold", materialized: "table", deps } as Parameters<typeof sqlAsset>[0]);
  const reading = (name: string): string => `select person_id, day, amount from ${name}`;
  const assets = [
    ...definitions.assets,
    below("below_bad", [bad!, healthy!]),
    below("below_worse", [worse!]),
    below("below_healthy", [healthy!]),
  ];
  const texts = Object.fromEntries(bodies);
  const source = "select person_id, day, amount from synthetic.events";
  const registry = await loadDefinitions(
    { ...definitions, assets },
    {
      ...texts,
      "intermediate/model_0003.sql": `${source} union all ${source}`,
      "intermediate/model_0007.sql":
        "select person_id, day, amount / (amount - 1) as amount from synthetic.events",
      "gold/below_bad.sql":
        "select person_id, day, b.amount from model_0003 b join model_0004 using (person_id, day)",
      "gold/below_worse.sql": reading("model_0007"),
      "gold/below_healthy.sql": reading("model_0004"),
    },
  );
  const run = await createShopsEngine(database, registry).deploy();
  expect(run).toMatchObject({ status: "failed", error: "failed: model_0003, model_0007" });
  const steps = stepsOf(run);
  expect(steps.model_0003).toContain("expected check unique_key to pass");
  expect(steps.model_0007).toContain("division by zero");
  expect(steps.below_bad).toBe("skipped: model_0003 was not materialized");
  expect(steps.below_worse).toBe("skipped: model_0007 was not materialized");
  expect(Object.values(steps).filter((status) => status === "succeeded")).toHaveLength(19);
  expect((await database.pool.query("select count(*) as rows from below_healthy")).rows).toEqual([
    { rows: 20 },
  ]);
  expect(run!.checks.filter(({ failingRows }) => failingRows > 0)).toMatchObject([{ asset: "model_0003" }]);
  expect(await tablesLeft(database)).toEqual([]);
});

const bigint = { type: "bigint", description: "" } as const;
const numeric = { type: "numeric", description: "" } as const;

/** A table, a view on it and a table beside; `columns`: those of the table besides its key. */
function tower(columns: Record<string, { type: ColumnType; description: string }>): Definitions {
  const events = sourceAsset({
    name: "events",
    schema: "synthetic",
    description: "",
    columns: { event_id: bigint, person_id: bigint, amount: numeric },
    key: ["event_id"],
    partitionBy: "person_id",
  });
  const make = (name: string, rest: Partial<Parameters<typeof sqlAsset>[0]>) =>
    sqlAsset({
      name,
      layer: "intermediate",
      description: "",
      columns: { person_id: bigint, amount: numeric },
      key: ["person_id"],
      partitionBy: "person_id",
      materialized: "incremental",
      deps: [events],
      ...rest,
    });
  const base = make("base", { columns: { person_id: bigint, ...columns } });
  const upper = make("upper", { layer: "gold", materialized: "view", deps: [base] });
  const watch = sensor({ name: "events_sensor", description: "", sources: [events] });
  return { assets: [events, base, upper, make("side", {})], schedules: [], sensors: [watch] };
}

const total = (what: string) => `select person_id, ${what} from synthetic.events group by person_id`;
const first = {
  "intermediate/base.sql": total("sum(amount) as amount, count(*)::numeric as extra"),
  "intermediate/side.sql": total("sum(amount) as amount"),
  "gold/upper.sql": "select person_id, amount + extra as amount from base",
};
const withExtra = tower({ amount: numeric, extra: numeric });
const edited = {
  "intermediate/base.sql": total("2 * sum(amount) as amount"),
  "intermediate/side.sql": total("3 * sum(amount) as amount"),
  "gold/upper.sql": "select person_id, amount::integer as amount from base",
};

async function amounts({ pool }: TestDatabase): Promise<string[]> {
  const { rows } = await pool.query<{ amounts: string[] }>(
    `select array[upper.amount, side.amount]::text[] as amounts
     from upper join side using (person_id) where person_id = 1`,
  );
  return rows[0]!.amounts;
}

test("a model is published below one that failed, if what is published of that works on it", async () => {
  const database = await eventsDatabase();
  await (await engineOf(database, withExtra, first)).deploy();
  expect(await amounts(database)).toEqual(["20", "10"]);
  const base = total("2 * sum(amount) as amount, 0::numeric as extra");
  const run = await (
    await engineOf(database, withExtra, { ...edited, "intermediate/base.sql": base })
  ).deploy();
  expect(run).toMatchObject({ status: "failed", error: "failed: upper" });
  expect(stepsOf(run)).toMatchObject({ base: "succeeded", side: "succeeded" });
  expect(await amounts(database)).toEqual(["20", "30"]);
});

test("else it is held back and says so, and what is beside it is published", async () => {
  const database = await eventsDatabase();
  await (await engineOf(database, withExtra, first)).deploy();
  const engine = await engineOf(database, tower({ amount: numeric }), edited);
  const run = await engine.deploy();
  expect(run).toMatchObject({ status: "failed", error: "failed: upper" });
  const steps = stepsOf(run);
  expect(steps.side).toBe("succeeded");
  expect(steps.base).toMatch(/^skipped: held back: upper, which was not materialized, .*column .*extra/);
  expect(await amounts(database)).toEqual(["20", "30"]);
  // A view that is not part of the run says that it must be.
  const alone = await engine.run({ triggerKind: "manual", triggerName: "test", selection: "base side" });
  expect(stepsOf(alone)).toMatchObject({
    base: expect.stringMatching(/^failed: expected view upper to work .*; select upper as well/),
    side: "succeeded",
  });
  expect(await amounts(database)).toEqual(["20", "30"]);
  expect(await tablesLeft(database)).toEqual([]);
});

test("what a process that was killed left of a build is dropped by the next", async () => {
  const database = await eventsDatabase();
  await database.pool.query(
    `create schema orchestrator_build_999999;
     create table materialized.base__0123abcd_999999 (amount numeric);
     create view orchestrator_build_999999.base as select amount from materialized.base__0123abcd_999999`,
  );
  await (await engineOf(database, withExtra, first)).deploy();
  expect(await tablesLeft(database)).toEqual([]);
});

test("more asset names than a notification takes are announced in several, for a run and for a trade", async () => {
  const database = await eventsDatabase();
  const prefix = "a_model_with_quite_a_long_name_in";
  const { definitions, bodies } = synthetic("wide", 220, prefix);
  const heard: { assets: string[]; partitions: string[] | null }[] = [];
  const listener = await database.pool.connect();
  listener.on("notification", ({ payload }) => heard.push(JSON.parse(payload!)));
  await listener.query("listen orchestrator_published");
  const engine = createShopsEngine(database, await loadDefinitions(definitions, bodies));
  expect(await engine.deploy()).toMatchObject({ status: "succeeded" });
  await database.pool.query(
    "delete from orchestrator.changes; insert into synthetic.events (person_id, day, amount) values (1, '2024-01-05', 7)",
  );
  expect(await engine.refresh("events_sensor")).toMatchObject({ succeeded: 1 });
  await listener.query("unlisten *");
  listener.removeAllListeners("notification");
  listener.release();
  const announced = heard.flatMap(({ assets }) => assets);
  expect(announced).toHaveLength(440);
  expect(new Set(announced).size).toBe(220);
  expect(heard.at(-1)!.partitions).toEqual(["1"]);
});
