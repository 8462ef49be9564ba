import fc from "fast-check";
import { expect, test } from "vitest";
import { type Engine, readStates } from "../../../src/engine/index.ts";
import { createTestDatabase, type TestDatabase } from "../../support/database.ts";
import { bodies, changesWaiting, createShops, createShopsEngine, loadShops, sell } from "./shops.ts";

// The law: whatever runs beside whatever, in whichever order it commits, what is stored in the end is what a rebuild
// would store.

const doubled = {
  "intermediate/daily_revenue": bodies["intermediate/daily_revenue"].replace("sum(", "2 * sum("),
};

interface World {
  readonly database: TestDatabase;
  /** Each with connections of its own, as processes have. */
  readonly engines: readonly Engine[];
}

type Act = (world: World, engine: Engine) => Promise<unknown>;

const shop = fc.integer({ min: 1, max: 3 });
const day = fc.integer({ min: 1, max: 5 }).map((date) => `2024-01-0${date}`);

const sale = fc.tuple(shop, day, fc.constantFrom("tea", "cup")).map(
  ([at, on, product]): Act =>
    ({ database }) =>
      sell(database.pool, at, on, 1, product),
);
const correction = shop.map(
  (at): Act =>
    ({ database }) =>
      database.pool.query(
        "delete from shops.sales where sale_id = (select max(sale_id) from shops.sales where shop_id = $1)",
        [at],
      ),
);
const run =
  (selection: string, fullRefresh = false): Act =>
  async (_, engine) => {
    await engine.run({ triggerKind: "manual", triggerName: "test", selection, fullRefresh });
  };
const act = fc.oneof(
  { weight: 4, arbitrary: sale },
  { weight: 1, arbitrary: correction },
  { weight: 3, arbitrary: fc.constant<Act>((_, engine) => engine.refresh("sales_sensor")) },
  { weight: 2, arbitrary: fc.constant(run("products+")) },
  { weight: 2, arbitrary: fc.constant(run("stg_sales+", true)) },
  { weight: 1, arbitrary: fc.constant(run("shop_ranks", true)) },
  { weight: 1, arbitrary: fc.constant<Act>((_, engine) => engine.rollback("daily_revenue")) },
);

async function createWorld(): Promise<World> {
  const database = await createTestDatabase();
  await createShops(database.pool);
  const ingest = async ({ pool }: { pool: TestDatabase["pool"] }) => {
    const { rowCount } = await pool.query(
      "update shops.products set price = price + 1 where product = 'tea'",
    );
    return { rowsInserted: 0, rowsUpdated: rowCount ?? 0, rowsDeleted: 0, failed: new Map() };
  };
  await createShopsEngine(database, await loadShops({ ingest })).deploy();
  const registry = await loadShops({ ingest }, doubled);
  const engines = [1, 2, 3].map(() => createShopsEngine({ ...database, pool: database.connect() }, registry));
  await engines[0]!.deploy();
  return { database, engines };
}

async function settle({ database, engines: [engine] }: World): Promise<void> {
  for (let looks = 0; looks < 20; looks++) {
    await engine!.refresh("sales_sensor");
    const states = [...(await readStates(database.pool, engine!.registry.graph, new Date())).values()];
    const outdated = states.filter(({ outdated }) => outdated && states.length > 0).map(({ asset }) => asset);
    const behind = outdated.filter((name) => name === "shop_ranks");
    if (behind.length > 0) await run("shop_ranks")(undefined as never, engine!);
    else if ((await changesWaiting(database.pool)) === 0) return;
  }
  throw new Error("it does not settle");
}

test("rebuilds beside ingestions, refreshes and rollbacks: what is stored is what a rebuild gives", async () => {
  const world = await createWorld();
  const waves = fc.array(fc.array(act, { minLength: 2, maxLength: 5 }), { minLength: 1, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(waves, async (each) => {
      for (const wave of each)
        await Promise.all(
          wave.map((work, index) => work(world, world.engines[index % world.engines.length]!)),
        );
      await settle(world);
      const verified = await world.engines[0]!.verify({ assets: ["daily_revenue", "shop_ranks"] });
      expect(verified).toMatchObject([{ differing: 0 }, { differing: 0 }]);
      const { rows } = await world.database.pool.query(
        "select count(*) as open from orchestrator.runs where status in ('queued', 'running')",
      );
      expect(rows).toEqual([{ open: 0 }]);
    }),
    { numRuns: 10 },
  );
}, 240_000);
