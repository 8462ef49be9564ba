import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { definitions } from "../../assets/index.ts";
import { loadRegistry, type Registry, readFunctionDefinitions, validate } from "../../src/engine/index.ts";
import { assetRoutes } from "../../src/web/api/assets.ts";
import { runRoutes } from "../../src/web/api/runs.ts";
import type { Route } from "../../src/web/route.ts";
import { startWebServer, type WebServer } from "./server.ts";

let registry: Registry;
let server: WebServer;
let operator: { token: string; id: number };
let investor: { token: string; id: number };

beforeAll(async () => {
  server = await startWebServer(() => registry);
  registry = await loadRegistry(definitions, {
    bodiesFolder: fileURLToPath(new URL("../../sql-models", import.meta.url)),
    functionDefinitions: readFunctionDefinitions(server.database.pool),
  });
  operator = await server.register("operator@example.org");
  investor = await server.register("investor@example.org");
});

const get = (path: string) => server.call("GET", path, { token: operator.token });
const post = (path: string, body: unknown = {}) => server.call("POST", path, { token: operator.token, body });

function answerOf(routes: readonly Route[], path: string) {
  return routes.find((route) => route.path === path && route.method === "get")!.answer!;
}

describe("assets", () => {
  test("are listed with their state, each after what it reads", async () => {
    const { status, body } = await get("/api/assets");
    expect(status).toBe(200);
    expect(answerOf(assetRoutes, "/api/assets").safeParse(body).error).toBeUndefined();
    const names = body.assets.map(({ asset }: { asset: string }) => asset);
    expect(names).toEqual([...registry.graph.nodes.keys()]);
    expect(names.indexOf("stg_transactions")).toBeLessThan(names.indexOf("gold_p_timeseries"));
    const gold = body.assets.find(({ asset }: { asset: string }) => asset === "gold_p_timeseries");
    expect(gold).toMatchObject({ layer: "gold", status: "stale", partition_column: "user_id", problems: [] });
    expect(gold.reasons.join()).toMatch(/never/);
  });

  test("that are broken tell where, and what is published and not declared any more is named", async () => {
    const sound = registry;
    const nodes = [...registry.graph.nodes.values()].map((node) =>
      node.asset.name === "stg_splits" && node.body !== null
        ? {
            ...node,
            body: node.body.replace("ln(a.numerator / a.denominator)", "lm(a.numerator / a.denominator)"),
          }
        : node,
    );
    registry = await validate(server.database.pool, { ...sound, graph: sound.graph.with(nodes) });
    await server.database.pool.query(
      "insert into orchestrator.assets (asset, code_version) values ('gone', '0a0a0a0a')",
    );
    const { body } = await get("/api/assets");
    expect(answerOf(assetRoutes, "/api/assets").safeParse(body).error).toBeUndefined();
    expect(body.undeclared).toEqual(["gone"]);
    const { asset } = (await get("/api/assets/stg_splits")).body;
    expect([asset.status, asset.problems]).toEqual([
      "broken",
      [
        {
          code: "body_refused",
          severity: "error",
          asset: "stg_splits",
          file: "sql-models/staging/stg_splits.sql",
          line: 26,
          column: 7,
          message: "PostgreSQL cannot run this: function lm(numeric) does not exist",
          hint: "No function matches the given name and argument types. You might need to add explicit type casts.",
          excerpt: "      lm(a.numerator / a.denominator) as ratio_move,",
        },
      ],
    ]);
    await server.database.pool.query("delete from orchestrator.assets where asset = 'gone'");
    registry = sound;
  });

  test("have a body, columns with their origin, checks and history", async () => {
    await server.database.pool.query(
      `insert into orchestrator.runs (trigger_kind, trigger_name, selection, status)
       values ('manual', 'a test', 'int_prices_daily', 'succeeded'), ('manual', 'a test', 'int_prices_daily', 'succeeded');
       insert into orchestrator.steps (run_id, asset, action, status, reason, rows_inserted)
       select run_id, 'int_prices_daily', 'rebuild', 'succeeded', 'never materialized', 3 from orchestrator.runs;
       insert into orchestrator.check_results (run_id, asset, check_name, severity, failing_rows, sample)
       select run_id, 'int_prices_daily', 'no_gap', 'warn', run_id, '[{"ticker": "ACME"}]' from orchestrator.runs`,
    );
    const { status, body } = await get("/api/assets/int_prices_daily");
    expect(status).toBe(200);
    expect(answerOf(assetRoutes, "/api/assets/:name").safeParse(body).error).toBeUndefined();
    const { asset } = body;
    expect(asset.body).toMatch(/select/);
    expect(asset.file).toMatch(/int_prices_daily\.sql$/);
    expect(asset.columns[0]).toMatchObject({ column: "ticker", type: "text", nullable: false });
    expect(asset.columns[0].from.length).toBeGreaterThan(0);
    expect(asset.dependencies).toContainEqual({
      asset: "stg_raw_prices",
      via: null,
      time: "onward",
      partitions: "same",
      reason: expect.stringContaining("the last one up to that day"),
    });
    expect(asset.dependents).toContain("int_daily_holdings");
    expect(asset.materializations.map(({ run_id }: { run_id: number }) => run_id)).toEqual([2, 1]);
    expect(asset.checks).toEqual([
      {
        check: "no_gap",
        severity: "warn",
        failing_rows: 2,
        sample: [{ ticker: "ACME" }],
        checked_at: expect.any(String),
        run_id: 2,
      },
    ]);
  });

  test("of no such name are 404, and the nearest is named", async () => {
    for (const answer of [await get("/api/assets/gold_p_timeserie"), await post("/api/assets/x/materialize")])
      expect([answer.status, answer.body.error.code]).toEqual([404, "unknown_asset"]);
    expect((await get("/api/assets/gold_p_timeserie")).body.error.message).toMatch(/gold_p_timeseries/);
    expect((await get("/api/assets/'%3B%20drop%20table%20users")).status).toBe(404);
  });

  test("have a lineage of edges and of columns", async () => {
    const { status, body } = await get("/api/lineage");
    expect(status).toBe(200);
    expect(answerOf(assetRoutes, "/api/lineage").safeParse(body).error).toBeUndefined();
    expect(body.edges).toContainEqual({ from: "int_portfolio_index", to: "gold_p_timeseries" });
    expect(body.columns).toContainEqual({
      asset: "gold_p_timeseries",
      column: "market_value",
      from: [{ asset: "int_portfolio_index", column: "market_value" }],
    });
  });
});

describe("materialize", () => {
  test("queues a run in the name of who asked", async () => {
    const { status, body } = await post("/api/assets/int_prices_daily/materialize", {
      partitions: ["ACME", "O'Brien"],
      since: "2024-01-02",
      full_refresh: true,
    });
    expect(status).toBe(202);
    expect(body).toEqual({ run_id: expect.any(Number) });
    const { run } = (await get(`/api/runs/${body.run_id}`)).body;
    expect(run).toMatchObject({
      status: "queued",
      trigger_kind: "manual",
      trigger_name: "operator@example.org",
      selection: "int_prices_daily",
      partitions: ["ACME", "O'Brien"],
      since: "2024-01-02",
      full_refresh: true,
    });
  });

  test.each([
    [{ partition: ["ACME"] }, "invalid_partition"],
    [{ partitions: "ACME" }, "invalid_partitions"],
    [{ partitions: [] }, "invalid_partitions"],
    [{ partitions: [""] }, "invalid_partitions"],
    [{ partitions: ["\0"] }, "invalid_partitions"],
    [{ since: "last week" }, "invalid_since"],
    [{ full_refresh: "yes" }, "invalid_full_refresh"],
  ])("refuses %j with %s", async (body, code) => {
    const answer = await post("/api/assets/int_prices_daily/materialize", body);
    expect([answer.status, answer.body.error.code]).toEqual([422, code]);
  });
});

describe("runs", () => {
  test("are listed page by page, the newest first", async () => {
    const first = (await get("/api/runs?limit=2")).body;
    expect(answerOf(runRoutes, "/api/runs").safeParse(first).error).toBeUndefined();
    expect(first.runs).toHaveLength(2);
    const second = (await get(`/api/runs?limit=2&before=${first.next}`)).body;
    const ids = [...first.runs, ...second.runs].map(({ run_id }) => run_id);
    expect(ids).toEqual([...ids].sort((a, b) => b - a));
    expect(new Set(ids).size).toBe(ids.length);
  });

  test("have steps, logs and checks", async () => {
    await server.database.pool.query(
      "insert into orchestrator.step_logs (run_id, asset, level, message) values (1, 'int_prices_daily', 'info', 'done')",
    );
    const { status, body } = await get("/api/runs/1");
    expect(status).toBe(200);
    expect(answerOf(runRoutes, "/api/runs/:id").safeParse(body).error).toBeUndefined();
    expect(body.run.steps).toMatchObject([
      { asset: "int_prices_daily", action: "rebuild", rows_inserted: 3 },
    ]);
    expect(body.run.logs).toMatchObject([{ level: "info", message: "done" }]);
    const { log_id } = body.run.logs[0];
    expect((await get(`/api/runs/1?logs_before=${log_id}`)).body.run.logs).toEqual([]);
    expect(body.run.checks).toMatchObject([{ check: "no_gap", failing_rows: 1 }]);
  });

  test("have their steps page by page, each once, in the order in which they began", async () => {
    const { rows } = await server.database.pool.query<{ run_id: number }>(
      `insert into orchestrator.runs (trigger_kind, trigger_name, selection, status, started_at, finished_at)
       values ('manual', 'test', '*', 'succeeded', now(), now())
       returning run_id`,
    );
    const { run_id } = rows[0]!;
    await server.database.pool.query(
      `insert into orchestrator.steps (run_id, asset, action, status, reason, started_at)
       select $1, format('asset_%s', number), 'refresh', 'succeeded', 'selected',
         case when number % 3 > 0 then now() - number % 3 * interval '1 s' end
       from generate_series(1, 25) as number`,
      [run_id],
    );
    const whole = (await get(`/api/runs/${run_id}`)).body.run;
    expect([whole.steps.length, whole.next_steps]).toEqual([25, null]);
    const paged: unknown[] = [];
    for (let after: string | null = ""; after !== null; ) {
      const { body } = await get(`/api/runs/${run_id}?step_limit=10${after && `&steps_after=${after}`}`);
      expect(answerOf(runRoutes, "/api/runs/:id").safeParse(body).error).toBeUndefined();
      expect(body.run.steps.length).toBeLessThanOrEqual(10);
      paged.push(...body.run.steps);
      after = body.run.next_steps;
    }
    expect(paged).toEqual(whole.steps);
    expect((await get(`/api/runs/${run_id}?step_limit=1001`)).status).toBe(422);
    await server.database.pool.query("delete from orchestrator.runs where run_id = $1", [run_id]);
  });

  test("can be asked to stop, also twice", async () => {
    const { run_id } = (await post("/api/assets/int_prices_daily/materialize")).body;
    for (let time = 0; time < 2; time++) {
      const { status, body } = await post(`/api/runs/${run_id}/cancel`);
      expect([status, body]).toEqual([202, { run_id }]);
    }
    expect((await get(`/api/runs/${run_id}`)).body.run.cancel_requested_at).toBeTypeOf("string");
  });

  test("that are not there are 404", async () => {
    for (const id of ["999999", "0", "x", "99999999999999999999"])
      for (const { status } of [await get(`/api/runs/${id}`), await post(`/api/runs/${id}/cancel`)])
        expect(status).toBe(404);
    expect((await get("/api/runs?before=x")).body.error.code).toBe("invalid_before");
  });
});

test("all of it is for operators", async () => {
  for (const { method, path } of [...assetRoutes, ...runRoutes]) {
    const url = path.replace(":name", "int_prices_daily").replace(":id", "1");
    const call = (token?: string) =>
      server.call(method.toUpperCase(), url, { token, body: method === "post" ? {} : undefined });
    expect((await call()).status, url).toBe(401);
    const { status, body } = await call(investor.token);
    expect([status, body.error.code], url).toEqual([403, "forbidden"]);
  }
});

test("the server is not ready before the models are built", async () => {
  const { status, body } = await server.call("GET", "/readyz");
  expect(status).toBe(503);
  expect(body.problem).toMatch(/^not built yet: .*gold_p_timeseries/);
  for (const path of ["/api/portfolio/performance", "/api/portfolio/drawdowns"]) {
    const early = await server.call("GET", path, { token: investor.token });
    expect([early.status, early.body.error.code], path).toEqual([503, "models_unavailable"]);
  }
});
