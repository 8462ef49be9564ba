import { beforeEach, describe, expect, test } from "vitest";
import { type Engine, readStates } from "../../../src/engine/index.ts";
import { createTestDatabase } from "../../support/database.ts";
import {
  type Bodies,
  bodies,
  createShops,
  createShopsEngine,
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

async function engineWith(shape: Shape = {}, changed: Partial<Bodies> = {}): Promise<Engine> {
  return createShopsEngine(database, await loadShops(shape, changed));
}

const doubled = {
  "intermediate/daily_revenue": bodies["intermediate/daily_revenue"].replace("sum(", "2 * sum("),
};
const everything = { triggerKind: "manual", triggerName: "test", selection: "stg_sales+" } as const;

beforeEach(async () => {
  await query("delete from shops.sales");
  await query("delete from orchestrator.changes");
  const engine = await engineWith();
  await engine.deploy();
  await engine.run({ ...everything, fullRefresh: true });
});

describe("deploy", () => {
  test("builds all models in one run, then has nothing to do", async () => {
    const other = await createTestDatabase();
    await createShops(other.pool);
    await sell(other.pool, 1, "2024-01-02");
    const registry = await loadShops();
    const [first, second] = await Promise.all([1, 2].map(() => createShopsEngine(other, registry).deploy()));
    const run = first ?? second;
    expect([first, second].filter(Boolean)).toHaveLength(1);
    expect(run).toMatchObject({ status: "succeeded", triggerKind: "deploy", error: null });
    expect(run!.steps.map(({ asset, action, status }) => `${asset} ${action} ${status}`).sort()).toEqual([
      "daily_revenue rebuild succeeded",
      "shop_ranks rebuild succeeded",
      "shop_totals view succeeded",
      "stg_sales view succeeded",
    ]);
    expect(await revenues(other.pool)).toEqual({ "1 2024-01-02": "2" });
    const states = await readStates(other.pool, registry.graph, new Date());
    expect([...states.values()].filter(({ outdated }) => outdated)).toEqual([]);
  });

  test("builds what changed and the tables below it, and makes a view again that is gone", async () => {
    await sell(database.pool, 1, "2024-01-02");
    const engine = await engineWith({}, doubled);
    const run = await engine.deploy();
    expect(run).toMatchObject({ status: "succeeded", error: null });
    expect(run!.steps.map(({ asset }) => asset).sort()).toEqual([
      "daily_revenue",
      "shop_ranks",
      "shop_totals",
    ]);
    expect(await query("select revenue from shop_ranks")).toEqual([{ revenue: "4" }]);
    await query("drop view shop_totals");
    expect((await engine.deploy())!.steps.map(({ asset }) => asset)).toEqual(["shop_totals"]);
    expect(await query("select revenue from shop_totals")).toEqual([{ revenue: "4" }]);
  });

  test("a broken model is left out with what is below it; the rest is published", async () => {
    const engine = await engineWith({}, { "gold/shop_totals": "select nonsense from", ...doubled });
    const run = await engine.deploy();
    expect(run).toMatchObject({ status: "succeeded" });
    expect(engine.registry.problems).not.toEqual([]);
    expect(await query("select to_regclass('shop_totals') is not null as stands")).toEqual([
      { stands: true },
    ]);
  });

  test("the web's role reads its own rows and no others", async () => {
    await sell(database.pool, 1, "2024-01-02");
    await sell(database.pool, 2, "2024-01-02");
    await (await engineWith()).refresh("sales_sensor");
    const web = await database.connect({ role: "stratafolio_web" }).connect();
    await web.query("begin; set local app.user_id = '2'");
    expect((await web.query("select shop_id from daily_revenue")).rows).toEqual([{ shop_id: 2 }]);
    expect((await web.query("select shop_id from shop_totals")).rows).toEqual([{ shop_id: 2 }]);
    await web.query("commit");
    web.release();
  });
});

describe("a contract", () => {
  test.each([
    [
      "another type",
      "2 * sum(s.quantity * p.price)",
      "count(*)",
      "column revenue: expected numeric, got: bigint",
    ],
    ["another type of text", "sum(s.quantity * p.price)", "sum(s.quantity * p.price)::text", "got: text"],
  ])("that the body breaks with %s is refused before anything is built", async (_, __, revenue, message) => {
    const broken = bodies["intermediate/daily_revenue"].replace("sum(s.quantity * p.price)", revenue);
    const run = await (await engineWith({}, { "intermediate/daily_revenue": broken })).deploy();
    expect(run).toMatchObject({ status: "failed", error: "failed: daily_revenue" });
    expect(run!.steps.find(({ asset }) => asset === "daily_revenue")!.error).toContain(message);
    expect(run!.steps.find(({ asset }) => asset === "shop_ranks")).toMatchObject({
      status: "skipped",
      error: "daily_revenue was not materialized",
    });
  });
});

describe("write, audit, publish", () => {
  test("a failed check publishes nothing of the run, names the rows, and leaves nothing behind", async () => {
    await sell(database.pool, 1, "2024-01-02");
    await (await engineWith()).refresh("sales_sensor");
    const negative = bodies["intermediate/daily_revenue"].replace("sum(", "-1 * sum(");
    const run = await (await engineWith({}, { "intermediate/daily_revenue": negative })).deploy();
    expect(run).toMatchObject({ status: "failed" });
    expect(run!.steps.find(({ asset }) => asset === "daily_revenue")).toMatchObject({
      status: "failed",
      error: expect.stringMatching(/expected check revenue_not_negative to pass; 1 row fails.*"shop_id":1/),
    });
    expect(run!.steps.find(({ asset }) => asset === "shop_ranks")!.status).toBe("skipped");
    expect(run!.checks).toMatchObject([{ check: "revenue_not_negative", failingRows: 1 }]);
    expect(await revenues(database.pool)).toEqual({ "1 2024-01-02": "2" });
    expect(await query("select from pg_namespace where nspname like 'orchestrator\\_build\\_%'")).toEqual([]);
    expect(
      await query(
        "select relname from pg_class where relnamespace = 'materialized'::regnamespace and relkind = 'r' and relname not in (select relation from orchestrator.asset_versions)",
      ),
    ).toEqual([]);
  });

  test("a key that comes twice is a failed check", async () => {
    await sell(database.pool, 1, "2024-01-02");
    await (await engineWith()).refresh("sales_sensor");
    await sell(database.pool, 1, "2024-01-02");
    const twice = `${bodies["intermediate/shop_ranks"]} union all select shop_id, 1.5 from daily_revenue`;
    const run = await (await engineWith({}, { "intermediate/shop_ranks": twice })).deploy();
    expect(run!.steps.find(({ asset }) => asset === "shop_ranks")!.error).toMatch(
      /check unique_key .*\(shop_id\)=\(1\)/,
    );
  });

  test("readers see all old or all new", async () => {
    for (const shop of [1, 2, 3]) await sell(database.pool, shop, "2024-01-02");
    await (await engineWith()).refresh("sales_sensor");
    const reader = database.connect();
    const seen = new Set<string>();
    let done = false;
    const reading = (async () => {
      while (!done) {
        const { rows } = await reader.query(
          "select t.revenue = r.revenue as agree, r.revenue from shop_totals t join shop_ranks r using (shop_id) where shop_id = 1",
        );
        seen.add(JSON.stringify(rows));
      }
    })();
    await (await engineWith({}, doubled)).deploy();
    await (await engineWith()).deploy();
    done = true;
    await reading;
    for (const rows of seen) expect(JSON.parse(rows)).toMatchObject([{ agree: true }]);
    expect(seen.size).toBeLessThanOrEqual(2);
  });

  test("a refresh committed while the new table is being filled is not lost", async () => {
    const engine = await engineWith();
    await sell(database.pool, 1, "2024-01-02");
    await engine.refresh("sales_sensor");
    // The fill stops at a lock that the test holds; the refresh needs none of that kind.
    const holder = await database.pool.connect();
    await holder.query("select pg_advisory_lock(4711)");
    await query(`create or replace function public.wait_for_test() returns integer language plpgsql volatile as $$
      begin
        if current_setting('search_path') like '%build%' then
          perform pg_advisory_lock(4711);
          perform pg_advisory_unlock(4711);
        end if;
        return 0;
      end $$`);
    const waiting = bodies["intermediate/daily_revenue"].replace(
      "count(*) as",
      "count(*) + public.wait_for_test() as",
    );
    const rebuilding = (await engineWith({}, { "intermediate/daily_revenue": waiting })).deploy();
    while (
      (
        await query(
          "select from pg_locks where database = (select oid from pg_database where datname = current_database()) and locktype = 'advisory' and not granted and objid = 4711",
        )
      ).length === 0
    );
    await sell(database.pool, 1, "2024-01-02");
    await sell(database.pool, 2, "2024-01-03");
    expect(await engine.refresh("sales_sensor")).toMatchObject({ succeeded: 1 });
    expect(await revenues(database.pool)).toEqual({ "1 2024-01-02": "4", "2 2024-01-03": "2" });
    await holder.query("select pg_advisory_unlock(4711)");
    holder.release();
    expect(await rebuilding).toMatchObject({ status: "succeeded" });
    expect(await revenues(database.pool)).toEqual({ "1 2024-01-02": "4", "2 2024-01-03": "2" });
    expect(await query("select shop_id, revenue from shop_ranks order by 1")).toEqual([
      { shop_id: 1, revenue: "4" },
      { shop_id: 2, revenue: "2" },
    ]);
  });
});

const more = { note: { type: "text", description: "Why." } } as const;
const withNote =
  "select shop_id, sum(revenue) as revenue, max(sold_on) as last_sale_on, ''::text as note from daily_revenue group by shop_id";

describe("a view that changes columns", () => {
  test("is replaced in place when a column comes at its end, whoever depends on it", async () => {
    await query("create view public.report as select revenue from shop_totals");
    const run = await (await engineWith({ moreTotals: more }, { "gold/shop_totals": withNote })).deploy();
    expect(run).toMatchObject({ status: "succeeded" });
    expect(await query("select note from shop_totals")).toEqual([]);
    await query("drop view public.report");
  });

  test("is not dropped from under a view of somebody else's: the error names that", async () => {
    const engine = await engineWith({ moreTotals: more }, { "gold/shop_totals": withNote });
    await engine.deploy();
    await query("create view public.report as select revenue from shop_totals");
    const back = await (await engineWith()).deploy();
    expect(back!.steps[0]!.error).toContain("view report");
    expect(await query("select note from public.report join shop_totals using (revenue)")).toEqual([]);
    await query("drop view public.report");
  });

  test("is made again with the grants it had", async () => {
    await (await engineWith({ moreTotals: more }, { "gold/shop_totals": withNote })).deploy();
    await query("do $$ begin create role analyst nologin; exception when duplicate_object then null; end $$");
    await query("grant select on shop_totals to analyst");
    expect(await (await engineWith()).deploy()).toMatchObject({ status: "succeeded" });
    expect(
      await query("select has_table_privilege('analyst', '\"default\".shop_totals', 'select') as may"),
    ).toEqual([{ may: true }]);
    await query("drop owned by analyst");
  });
});

describe("what people granted on a table", () => {
  const access = `
    select
      has_table_privilege('reader', class.oid, 'select') as reads,
      has_column_privilege('clerk', class.oid, 'revenue', 'select') as "readsColumn",
      has_column_privilege('clerk', class.oid, 'sales', 'select') as "readsOther",
      array(select polname::text || ' ' || polroles::regrole[]::text from pg_policy where polrelid = class.oid order by 1) as policies
    from orchestrator.assets
    join pg_class as class on class.oid = to_regclass('materialized.' || quote_ident(relation))
    where asset = 'daily_revenue'`;

  test("is given to the one that takes its place, by a rebuild and by a rollback", async () => {
    for (const role of ["reader", "clerk"]) {
      await query(
        `do $$ begin create role ${role} nologin; exception when duplicate_object then null; end $$`,
      );
      await query(`grant usage on schema "default", materialized, shops to ${role}`);
    }
    await (await engineWith()).deploy();
    const [{ relation } = { relation: "" }] = await query<{ relation: string }>(
      "select relation from orchestrator.assets where asset = 'daily_revenue'",
    );
    const table = `materialized."${relation}"`;
    await query(`grant select on ${table}, "default".daily_revenue to reader`);
    await query(`grant select (revenue) on ${table} to clerk with grant option`);
    await query(
      `create policy "two shops" on ${table} for select to reader, clerk using (shop_id in (1, 2))`,
    );
    const before = await query(access);
    expect(before).toEqual([
      {
        reads: true,
        readsColumn: true,
        readsOther: false,
        policies: ["own_rows {stratafolio_web}", "two shops {reader,clerk}"],
      },
    ]);
    for (const shop of [1, 2, 3]) await sell(database.pool, shop, "2024-01-02");
    const changed = await engineWith({}, doubled);
    await changed.refresh("sales_sensor");
    await changed.deploy();
    expect(await query(access)).toEqual(before);
    const client = await database.pool.connect();
    await client.query("begin; set local role reader");
    const { rows } = await client.query('select shop_id, revenue from "default".daily_revenue order by 1');
    await client.query("rollback");
    client.release();
    expect(rows).toEqual([
      { shop_id: 1, revenue: "4" },
      { shop_id: 2, revenue: "4" },
    ]);
    await changed.rollback("daily_revenue");
    expect(await query(access)).toEqual(before);
    for (const role of ["reader", "clerk"]) await query(`drop owned by ${role}`);
  });

  test("a role that may read a table and sees no row of it is named", async () => {
    const engine = await engineWith();
    await engine.deploy();
    const [{ relation } = { relation: "" }] = await query<{ relation: string }>(
      "select relation from orchestrator.assets where asset = 'daily_revenue'",
    );
    await query(`grant select on materialized."${relation}" to reader`);
    const hidden = (await engine.inspect()).filter(({ code }) => code === "hidden_rows");
    expect(hidden.map(({ message }) => message)).toEqual([
      expect.stringMatching(/daily_revenue__.*: expected a row-level policy for reader, .* it reads no row/),
    ]);
    await query("drop owned by reader");
  });
});

describe("descriptions", () => {
  const comments = `
    select
      obj_description('"default".shop_totals'::regclass, 'pg_class') as asset,
      (
        select jsonb_object_agg(attname, col_description(attrelid, attnum))
        from pg_attribute
        where attrelid = '"default".shop_totals'::regclass and attnum > 0
      ) as columns`;

  test("are comments of the view and its columns, kept as the declarations are", async () => {
    await (await engineWith()).deploy();
    const columns = { shop_id: "Where.", revenue: "What it took in all.", last_sale_on: "When last." };
    expect(await query(comments)).toEqual([{ asset: "What a shop took in all.", columns }]);
    await query(`comment on view "default".shop_totals is 'somebody''s own'`);
    expect(await (await engineWith()).deploy()).toBeNull();
    expect(await query(comments)).toEqual([{ asset: "What a shop took in all.", columns }]);
    await (await engineWith({ moreTotals: more }, { "gold/shop_totals": withNote })).deploy();
    expect(await query(comments)).toEqual([
      { asset: "What a shop took in all.", columns: { ...columns, note: "Why." } },
    ]);
    await (await engineWith()).deploy();
  });
});

describe("rollback", () => {
  test("publishes the version before again, brought up to date, and deploy leaves it be", async () => {
    await sell(database.pool, 1, "2024-01-02");
    const changed = await engineWith({}, doubled);
    await changed.deploy();
    await sell(database.pool, 2, "2024-01-03");
    await changed.refresh("sales_sensor");
    expect(await revenues(database.pool)).toEqual({ "1 2024-01-02": "4", "2 2024-01-03": "4" });
    const run = await changed.rollback("daily_revenue");
    expect(run).toMatchObject({ status: "succeeded", triggerName: "rollback" });
    expect(await revenues(database.pool)).toEqual({ "1 2024-01-02": "2", "2 2024-01-03": "2" });
    expect(await query("select sum(revenue) as revenue from shop_ranks")).toEqual([{ revenue: "4" }]);
    expect(await changed.deploy()).toBeNull();
    await sell(database.pool, 1, "2024-01-05");
    expect(await changed.refresh("sales_sensor")).toMatchObject({ succeeded: 1, failed: 0 });
    expect((await revenues(database.pool))["1 2024-01-05"]).toBe("2");
    expect(await changed.verify({ assets: ["daily_revenue", "shop_ranks"] })).toMatchObject([
      { differing: 0 },
      { differing: 0 },
    ]);
  });

  test("to a version that today's rows do not pass is refused, and says why", async () => {
    const gross = {
      "intermediate/daily_revenue": bodies["intermediate/daily_revenue"].replace(
        "s.quantity",
        "abs(s.quantity)",
      ),
    };
    const changed = await engineWith({}, gross);
    await changed.deploy();
    await sell(database.pool, 1, "2024-01-02", -1);
    await changed.refresh("sales_sensor");
    const published = await revenues(database.pool);
    const run = await changed.rollback("daily_revenue");
    expect(run).toMatchObject({ status: "failed" });
    expect(run.error).toContain("daily_revenue: expected check revenue_not_negative to pass; 1 row fails");
    expect(await revenues(database.pool)).toEqual(published);
  });

  test("of what has no version before says so", async () => {
    const other = await createTestDatabase();
    await createShops(other.pool);
    const engine = createShopsEngine(other, await loadShops());
    await engine.deploy();
    await expect(engine.rollback("shop_ranks")).rejects.toThrow(
      "shop_ranks: expected a version published before",
    );
  });
});

test("what is published is checked by its own checks while a file says something else already", async () => {
  const edited = await engineWith({}, doubled);
  await sell(database.pool, 1, "2024-01-02", -1);
  expect(await edited.refresh("sales_sensor")).toMatchObject({
    failed: 1,
    error: expect.stringContaining(
      "daily_revenue: expected check revenue_not_negative to pass; 1 row fails",
    ) as string,
  });
  expect(await revenues(database.pool)).toEqual({});
});

test("two versions of a table are kept, and no more", async () => {
  for (const factor of [3, 4, 5]) {
    const body = bodies["intermediate/daily_revenue"].replace("sum(", `${factor} * sum(`);
    await (await engineWith({}, { "intermediate/daily_revenue": body })).deploy();
  }
  expect(
    await query(
      "select count(*) as tables from pg_class where relnamespace = 'materialized'::regnamespace and relkind = 'r' and relname like 'daily\\_revenue%'",
    ),
  ).toEqual([{ tables: 2 }]);
});
