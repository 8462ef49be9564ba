import { beforeAll, describe, expect, test } from "vitest";
import { type Program, startProgram } from "../support/program.ts";
import { register, type Visitor } from "../support/visitor.ts";

let program: Program;
let operator: Visitor;

beforeAll(async () => {
  program = await startProgram();
  operator = await register(program, "operator@example.com");
});

/** A run as it stands in the record, ended or not. */
async function recordRun(
  run: {
    status: string;
    kind?: string;
    selection: string;
    partitions?: string[];
    error?: string;
    createdAt?: string;
  },
  steps: { asset: string; status: string; action?: string; scope?: object; error?: string }[] = [],
): Promise<number> {
  const { pool } = program.database;
  const { rows } = await pool.query<{ run_id: number }>(
    `insert into orchestrator.runs
       (trigger_kind, trigger_name, selection, options, status, error, created_at, started_at, finished_at)
     values ($1, 'somebody', $2, $3, $4, $5, coalesce($6, now()), now(), case when $4 <> 'running' then now() end)
     returning run_id`,
    [
      run.kind ?? "manual",
      run.selection,
      JSON.stringify({ partitions: run.partitions }),
      run.status,
      run.error,
      run.createdAt,
    ],
  );
  const { run_id } = rows[0]!;
  for (const { asset, status, action = "refresh", scope, error } of steps)
    await pool.query(
      `insert into orchestrator.steps (run_id, asset, action, status, reason, scope, error)
       values ($1, $2, $3, $4, 'selected', $5, $6)`,
      [run_id, asset, action, status, JSON.stringify(scope ?? null), error],
    );
  return run_id;
}

describe("a run of many steps", () => {
  test("shows a hundred at a time, and leads to the others", async () => {
    const { pool } = program.database;
    const runId = await recordRun({ status: "failed", selection: "*" }, [
      { asset: "zz_last", status: "failed", error: "zz_last: division by zero" },
    ]);
    await pool.query(
      `insert into orchestrator.steps (run_id, asset, action, status, reason)
       select $1, format('asset_%s', lpad(number::text, 3, '0')), 'refresh', 'skipped', 'selected'
       from generate_series(1, 220) as number`,
      [runId],
    );
    const shown = async (query: string) => {
      const { html } = await operator.get(`/runs/${runId}${query}`);
      return { html, steps: [...html.matchAll(/ id="step-([a-z_0-9]+)"/g)].map(([, asset]) => asset!) };
    };
    const pages = await Promise.all(["", "?steps=2", "?steps=3", "?steps=99", "?steps=x"].map(shown));
    expect(pages.map(({ steps }) => steps.length)).toEqual([100, 100, 21, 21, 100]);
    expect(new Set(pages.slice(0, 3).flatMap(({ steps }) => steps)).size).toBe(221);
    expect(pages[0]!.html).toContain("division by zero"); // what failed is told on each
    expect(pages[0]!.html).toMatch(/steps(=|&#x3D;)2#steps-heading" rel="next"/);
    expect(pages[2]!.html).toMatch(/steps(=|&#x3D;)2#steps-heading" rel="prev"/);
  });
});

describe("runs", () => {
  test("are filtered by state, trigger, asset and day, and the pages keep the filter", async () => {
    const old = await recordRun(
      { status: "failed", kind: "schedule", selection: "raw_fred", createdAt: "2020-02-03T23:59:59Z" },
      [{ asset: "raw_fred", status: "failed", action: "ingest" }],
    );
    const listed = async (query: string): Promise<number[]> =>
      [
        ...(await operator.get(`/runs?${query}`)).html.matchAll(/<th scope="row"><a href="\/runs\/(\d+)"/g),
      ].map(([, id]) => Number(id));
    expect(await listed("status=failed&trigger=schedule")).toEqual([old]);
    expect(await listed("asset=raw_fred&to=2020-02-03")).toEqual([old]);
    expect(await listed("from=2020-02-03&to=2020-02-03")).toEqual([old]);
    expect(await listed("from=2020-02-04&to=2020-12-31")).toEqual([]);
    expect((await operator.get("/runs?from=2020-02-04&to=2020-12-31")).html).toContain(
      "No run is like that.",
    );
    for (let count = 0; count < 51; count++) await recordRun({ status: "cancelled", selection: "raw_fred" });
    const { html } = await operator.get("/runs?status=cancelled");
    const older = /href="(\/runs\?[^"]+)" rel="next"/.exec(html)![1]!;
    expect(older).toMatch(/^\/runs\?status=cancelled&before=\d+$/);
    expect((await operator.get(older)).html).toMatch(/<a href="\/runs\?status=cancelled">Newest/);
  });

  test.each([
    ["asset=raw_fre", "the nearest is raw_fred"],
    ["status=lost", "Expected one of queued"],
    ["from=soon", "Expected a date"],
  ])("a filter that is none is told beside its field: %s", async (query, message) => {
    const { status, html } = await operator.get(`/runs?${query}`);
    expect(status).toBe(422);
    expect(html).toContain(message);
  });

  test("one that failed says what to do, and what failed of it is run again once", async () => {
    const runId = await recordRun(
      {
        status: "failed",
        selection: "int_portfolio_daily+",
        partitions: ["1"],
        error: "int_portfolio_daily: failed",
      },
      [
        {
          asset: "int_portfolio_daily",
          status: "failed",
          scope: { partitions: ["1"], since: null },
          error: "division by zero",
        },
        { asset: "gold_p_timeseries", status: "skipped", action: "view" },
        { asset: "gold_drawdowns", status: "succeeded", action: "view" },
      ],
    );
    const { html } = await operator.get(`/runs/${runId}`);
    expect(html).toContain("What to do.");
    expect(html).toContain("division by zero");
    expect(html).toContain("user_id 1");
    const again = await operator.post(`/runs/${runId}/rerun`, { only_failed: "true" });
    const twice = await operator.post(`/runs/${runId}/rerun`, { only_failed: "true" });
    expect(twice.location).toBe(again.location);
    const rerun = await operator.get(again.location!);
    expect(rerun.html).toMatch(
      /<code>(int_portfolio_daily gold_p_timeseries|gold_p_timeseries int_portfolio_daily)<\/code>/,
    );
    expect(rerun.html).toContain(`<a href="/runs/${runId}">run ${runId}</a>`);
    expect(rerun.html).toContain("<dd>1</dd>");
    await operator.post(`${again.location}/cancel`);
    const whole = await operator.post(`/runs/${runId}/rerun`);
    expect((await operator.get(whole.location!)).html).toContain("int_portfolio_daily+");
    await operator.post(`${whole.location}/cancel`);
  });

  test("what failed below another asset's partition values is run again for everybody", async () => {
    const runId = await recordRun({ status: "failed", selection: "raw_prices+", partitions: ["NORD"] }, [
      {
        asset: "raw_prices",
        status: "succeeded",
        action: "ingest",
        scope: { partitions: ["NORD"], since: null },
      },
      { asset: "int_portfolio_daily", status: "failed" },
    ]);
    const { location } = await operator.post(`/runs/${runId}/rerun`, { only_failed: "true" });
    const { html } = await operator.get(location!);
    expect(html).not.toContain("NORD");
    await operator.post(`${location}/cancel`);
  });

  test("one that succeeded shows when each step worked, its views together, and a log by step and level", async () => {
    const { rows } = await program.database.pool.query<{ run_id: number }>(
      "select min(run_id) as run_id from orchestrator.runs where trigger_kind = 'deploy'",
    );
    const path = `/runs/${rows[0]!.run_id}`;
    const { html } = await operator.get(path);
    expect(html).toMatch(/\d+ views defined/);
    expect(html).toMatch(/aria-label="began after [^"]+, took [^"]+"/);
    expect(html).toContain('id="of-int_portfolio_daily"');
    expect(html).not.toContain('id="of-gold_p_timeseries"');
    expect(html).toMatch(/started by deploy: \d+ steps/);
    expect(html).toMatch(/succeeded after [\d.]+ m?s/);
    const [, ofStep] = /<a href="([^"]+)">What it logged/.exec(html)!;
    const log = (await operator.get(ofStep!)).html;
    expect(log).toMatch(/<h2 id="logs-heading">Log of \w+/);
    expect(log).not.toContain("started by deploy");
    const errors = await operator.get(`${path}?level=errors`);
    expect(errors.html).toContain("No line is like that.");
  });

  test("are listed with what they came to: steps, rows written, the error in a line", async () => {
    const runId = await recordRun({ status: "failed", selection: "raw_prices", error: "out of paper" }, [
      { asset: "raw_prices", status: "failed", action: "ingest" },
      { asset: "stg_raw_prices", status: "skipped", action: "view" },
    ]);
    await program.database.pool.query(
      "update orchestrator.steps set rows_inserted = 1200, rows_deleted = 34 where run_id = $1 and asset = 'raw_prices'",
      [runId],
    );
    const { html } = await operator.get("/runs?status=failed");
    const row = html.slice(html.indexOf(`href="/runs/${runId}"`)).split("</tr>")[0]!;
    expect(row).toContain('2<span class="loss">, 1 failed</span>');
    expect(row).toContain("1,234");
    expect(row).toContain("out of paper");
  });

  test("a sensor's refresh that failed cannot be run again, and says who will", async () => {
    const runId = await recordRun(
      { status: "failed", kind: "sensor", selection: "transactions", error: "no" },
      [{ asset: "transactions", status: "failed" }],
    );
    const { html } = await operator.get(`/runs/${runId}`);
    expect(html).toContain("tried again by themselves");
    expect(html).not.toContain(">Run again</button>");
    const refused = await operator.post(`/runs/${runId}/rerun`);
    expect(refused.status).toBe(422);
    expect(refused.html).toContain("Nothing would be done");
  });

  test("tell their log line by line while they run, and that they have ended", async () => {
    const runId = await recordRun({ status: "running", selection: "raw_fred" });
    const { pool } = program.database;
    const log = (message: string) =>
      pool.query(
        "insert into orchestrator.step_logs (run_id, asset, level, message) values ($1, 'raw_fred', 'info', $2)",
        [runId, message],
      );
    await log("first");
    const { html } = await operator.get(`/runs/${runId}`);
    expect(html).toMatch(new RegExp(`data-stream="/runs/${runId}/logs\\?after=[1-9]\\d*"`));
    const told = operator.get(`/runs/${runId}/logs`);
    await log("second");
    await pool.query(
      "update orchestrator.runs set status = 'succeeded', finished_at = now() where run_id = $1",
      [runId],
    );
    const stream = (await told).html;
    expect([...stream.matchAll(/"message":"(\w+)"/g)].map(([, message]) => message)).toEqual([
      "first",
      "second",
    ]);
    expect(stream).toMatch(/event: end\ndata: \{"status":"succeeded"\}\n\n$/);
    expect((await operator.get("/runs/999999/logs")).status).toBe(404);
  });
});

describe("automation", () => {
  test("a schedule is run now, once however often it is asked", async () => {
    const { location } = await operator.post("/automation/monthly_fred_macro_refresh/run");
    expect((await operator.post("/automation/monthly_fred_macro_refresh/run")).location).toBe(location);
    expect((await operator.get(location!)).html).toContain("<code>raw_fred+</code>");
    await operator.post(`${location}/cancel`);
    expect((await operator.post("/automation/no_such/run")).status).toBe(404);
  });

  test("a sensor tells what waits, what was put off and why, and when it is tried again", async () => {
    const { pool } = program.database;
    await pool.query(
      `insert into orchestrator.changes (asset, partition_value, since, attempts, not_before, last_error)
       values ('transactions', '41', '2024-03-04', 3, now() + interval '5 minutes', 'division by zero'),
              ('raw_prices', 'NORD', null, 0, null, null)`,
    );
    const { html } = await operator.get("/automation");
    expect(html).toContain("Some changes could not be refreshed.");
    expect(html).toMatch(
      />transactions<.*?<td>41<\/td><td>Mar 4, 2024<\/td>.*?in [45] minutes?<.*?division by zero/s,
    );
    expect(html).toMatch(/>raw_prices<.*?<td>NORD<\/td><td>the beginning<\/td>.*?<td>next<\/td>/s);
    const { location } = await operator.post("/automation/transaction_sensor/run");
    const looked = await operator.get(location!);
    expect(looked.html).toContain("transaction_sensor has been woken.");
    expect(looked.html).toContain("1 change that was put off is tried again at once.");
    expect(looked.html).toMatch(/<td>41<\/td>.*?<td>next<\/td>.*?division by zero/s);
    await pool.query("delete from orchestrator.changes where partition_value in ('41', 'NORD')");
  });

  test("the watcher is off until it is switched on, and says so when nothing was edited", async () => {
    const isOn = async () => {
      const { html } = await operator.get("/automation");
      return !html.includes('aria-label="Switch on: model_watcher"');
    };
    expect(await isOn()).toBe(false);
    await operator.post("/automation/model_watcher", { enabled: "true" });
    expect(await isOn()).toBe(true);
    await operator.post("/automation/model_watcher", { enabled: "false" });
    const { location } = await operator.post("/automation/model_watcher/run");
    expect((await operator.get(location!)).html).toContain("Nothing is to be done.");
  });

  test("is the same by the API", async () => {
    const { pool } = program.database;
    await pool.query(
      `insert into orchestrator.changes (asset, partition_value, attempts, not_before)
       values ('transactions', '42', 1, now() + interval '5 minutes')`,
    );
    const asked = await operator.post("/api/automation/transaction_sensor/run");
    expect([asked.status, JSON.parse(asked.html)]).toEqual([202, { run_id: null, hastened: 1 }]);
    await pool.query("delete from orchestrator.changes where partition_value = '42'");
    const { automations } = JSON.parse((await operator.get("/api/automation")).html);
    expect(
      automations.map(({ name, enabled }: { name: string; enabled: boolean }) => [name, enabled]),
    ).toEqual([
      ["daily_market_data_ingestion", true],
      ["evening_market_data_ingestion", true],
      ["monthly_fred_macro_refresh", true],
      ["nightly_verification", true],
      ["transaction_sensor", true],
      ["model_watcher", false],
    ]);
    await operator.post("/automation/transaction_sensor", { enabled: "false" });
    const refused = await operator.post("/automation/transaction_sensor/run");
    expect(refused.status).toBe(409);
    expect(refused.html).toContain("switch it on, and it looks at once");
    await operator.post("/automation/transaction_sensor", { enabled: "true" });
  });
});
