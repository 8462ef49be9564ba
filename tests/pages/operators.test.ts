import { beforeAll, describe, expect, test } from "vitest";
import { type Program, startProgram } from "../support/program.ts";

let program: Program;
let operator: Visitor;
let investor: Visitor;

interface Answer {
  readonly status: number;
  readonly location: string | null;
  readonly html: string;
}

class Visitor {
  readonly #token: string;

  constructor(token: string) {
    this.#token = token;
  }

  get(path: string): Promise<Answer> {
    return this.#send(path, {});
  }

  post(path: string, form: Record<string, string> = {}): Promise<Answer> {
    return this.#send(path, { method: "POST", body: new URLSearchParams(form) });
  }

  async #send(path: string, init: RequestInit): Promise<Answer> {
    const response = await fetch(program.url + path, {
      ...init,
      headers: { Accept: "text/html", "Accept-Language": "en-US", Authorization: `Bearer ${this.#token}` },
      redirect: "manual",
    });
    const location = response.headers.get("Location");
    return { status: response.status, location, html: unescaped(await response.text()) };
  }
}

/** As a browser reads it, where tests look at addresses. */
const unescaped = (html: string): string => html.replaceAll("&#x3D;", "=").replaceAll("&amp;", "&");

async function register(email: string): Promise<Visitor> {
  const response = await fetch(`${program.url}/auth/register`, {
    method: "POST",
    headers: { Origin: program.url, "Content-Type": "application/json" },
    body: JSON.stringify({ email, password: "correct horse battery" }),
  });
  return new Visitor(((await response.json()) as { token: string }).token);
}

beforeAll(async () => {
  program = await startProgram();
  operator = await register("operator@example.com");
  investor = await register("investor@example.com");
});

/** Node names of the drawing, in its order. */
const drawn = (html: string): string[] => [...html.matchAll(/data-name="([^"]+)"/g)].map(([, name]) => name!);

test.each([
  ["GET", "/assets"],
  ["GET", "/assets/int_portfolio_daily/plan"],
  ["POST", "/assets/int_portfolio_daily/materialize"],
  ["GET", "/runs/1/logs"],
  ["POST", "/runs/1/rerun"],
  ["POST", "/automation/transaction_sensor/run"],
])("%s %s is for operators alone", async (method, path) => {
  const { status, html } = method === "GET" ? await investor.get(path) : await investor.post(path);
  expect(status).toBe(403);
  expect(html).toContain("expected an operator");
});

describe("the asset graph", () => {
  test("is filtered by a selection, also where its + was read as a space", async () => {
    const encoded = await operator.get("/assets?select=%2Bstg_raw_prices");
    expect(drawn(encoded.html)).toEqual(["raw_prices", "stg_raw_prices"]);
    expect(encoded.html).toContain('value="+stg_raw_prices"');
    expect(drawn((await operator.get("/assets?select=+stg_raw_prices")).html)).toEqual(drawn(encoded.html));
    expect(drawn((await operator.get("/assets?select=layer:gold")).html)).not.toContain("raw_prices");
  });

  test("says what is wrong with a selection beside it, naming the nearest, and filters nothing", async () => {
    const misspelt = await operator.get("/assets?select=gold_ticker_kpi");
    expect(misspelt.status).toBe(422);
    expect(misspelt.html).toContain("the nearest is gold_ticker_kpis");
    expect(misspelt.html).toContain('value="gold_ticker_kpi"');
    expect(drawn(misspelt.html)).toEqual(drawn((await operator.get("/assets")).html));
    expect((await operator.get("/assets?select=size:big")).html).toContain("expected one of the methods");
  });

  test("shows so many steps around one asset", async () => {
    const near = await operator.get("/assets?focus=int_portfolio_daily&depth=1");
    expect(drawn(near.html)).toContain("int_portfolio_index");
    expect(drawn(near.html)).not.toContain("transactions");
    expect(near.html).toContain('depth=1" aria-current="true"');
    expect(drawn((await operator.get("/assets?focus=int_portfolio_daily&depth=all")).html)).toContain(
      "transactions",
    );
    const unknown = await operator.get("/assets?focus=int_portfolio_dayly");
    expect(unknown.status).toBe(404);
    expect(unknown.html).toContain("the nearest is int_portfolio_daily");
  });

  test("draws a collapsed layer as one node that opens it, and keeps the focus by itself", async () => {
    const { html } = await operator.get("/assets?closed=bronze,gold");
    expect(drawn(html)).toEqual(expect.arrayContaining(["bronze", "gold", "stg_raw_prices"]));
    expect(drawn(html)).not.toContain("raw_prices");
    expect(html).toContain('href="/assets?closed=bronze" aria-label="Expand gold"');
    expect(html).toContain('data-from="bronze" data-to="stg_raw_prices"');
    const focused = await operator.get("/assets?focus=dim_assets&closed=bronze,gold");
    expect(drawn(focused.html)).toContain("dim_assets");
  });

  test("that is empty says why", async () => {
    const { html } = await operator.get("/assets?select=raw_fred&focus=stg_transactions&depth=1");
    expect(html).toContain("Nothing is in both.");
  });
});

describe("an asset", () => {
  test("leads from a column to all it is computed from and all that is computed from it", async () => {
    const { html } = await operator.get("/assets/int_portfolio_daily?column=market_value");
    const trace = html.slice(html.indexOf('id="trace"'));
    expect(trace).toContain('href="/assets/raw_prices?column=close#trace"');
    expect(trace).toContain('href="/assets/gold_p_timeseries?column=market_value#trace"');
    const unknown = await operator.get("/assets/int_portfolio_daily?column=market_valu");
    expect(unknown.status).toBe(404);
    expect(unknown.html).toContain("the nearest is market_value");
  });

  test("shows its body in colours, the assets it reads as links, and nothing inline", async () => {
    const { html } = await operator.get("/assets/int_portfolio_daily");
    expect(html).toContain('<span class="keyword">with</span>');
    expect(html).toMatch(/<span class="comment">-- [^<]+<\/span>/);
    expect(html).toContain('<a href="/assets/int_daily_holdings">int_daily_holdings</a>');
    expect(html).not.toMatch(/<script(?![^>]* src=)|<style|\sstyle=|\son[a-z]+=/);
  });

  test("tells its materializations as bars and as a table, with what set them off", async () => {
    const { html } = await operator.get("/assets/int_portfolio_daily");
    expect(html).toMatch(/<rect class="succeeded"[^>]*><title>run \d+, succeeded: [\d.]+ m?s<\/title>/);
    expect(html).toContain("<td>deploy: ");
  });

  test("is materialized only after its plan was shown; nothing has run until then", async () => {
    const countRuns = async () =>
      (await program.database.pool.query("select run_id from orchestrator.runs")).rowCount;
    const before = await countRuns();
    const plan = await operator.get(
      "/assets/int_portfolio_daily/plan?reach=downstream&partitions=1+2&since=2024-01-01",
    );
    expect(plan.status).toBe(200);
    expect(plan.html).toContain("user_id 1, 2 from 2024-01-01");
    expect(plan.html).toContain('href="/assets/gold_p_timeseries"');
    expect(await countRuns()).toBe(before);
    const form = Object.fromEntries(
      [...plan.html.matchAll(/type="hidden" name="([^"]+)" value="([^"]*)"/g)].map(([, name, value]) => [
        name!,
        value!,
      ]),
    );
    const { status, location } = await operator.post("/assets/int_portfolio_daily/materialize", form);
    expect(status).toBe(303);
    const run = await operator.get(location!);
    expect(run.html).toContain("int_portfolio_daily+");
    expect(run.html).toContain("<dd>1, 2</dd>");
    await operator.post(`${location}/cancel`);
  });

  test.each([
    ["reach=this&partitions=anna", "Expected values of user_id to be whole numbers, got: anna"],
    ["reach=this&since=2024-02-30", "Expected a date, or nothing for all days."],
    [
      "reach=upstream&partitions=1",
      "Expected no values, because the plan begins with raw_prices, which goes by ticker and not by user_id, got: 1",
    ],
    ["reach=sideways", "Expected how far it reaches."],
  ])("keeps a form that cannot be planned, with the reason: %s", async (query, message) => {
    const { status, html } = await operator.get(`/assets/int_portfolio_daily/plan?${query}`);
    expect(status).toBe(422);
    expect(html).toContain(message);
  });

  test("whose rows come from outside has an empty plan, and no button", async () => {
    const { html } = await operator.get("/assets/transactions/plan?reach=this");
    expect(html).toContain("would do nothing");
    expect(html).not.toContain(">Materialize</button>");
  });
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
    expect((await operator.get(location!)).html).toContain("transaction_sensor has been woken.");
    await pool.query("delete from orchestrator.changes where partition_value in ('41', 'NORD')");
  });
});
