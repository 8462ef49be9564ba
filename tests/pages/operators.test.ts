import { beforeAll, describe, expect, test } from "vitest";
import { type Program, startProgram } from "../support/program.ts";
import { register, type Visitor } from "../support/visitor.ts";

let program: Program;
let operator: Visitor;
let investor: Visitor;

beforeAll(async () => {
  program = await startProgram();
  operator = await register(program, "operator@example.com");
  investor = await register(program, "investor@example.com");
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
  expect(html).toContain("That is for operators of this installation.");
});

describe("the asset graph", () => {
  test("is filtered by a selection, also where its + was read as a space", async () => {
    const encoded = await operator.get("/assets?select=%2Bstg_fred_macro");
    expect(drawn(encoded.html)).toEqual(["raw_fred", "stg_fred_macro"]);
    expect(encoded.html).toContain('value="+stg_fred_macro"');
    expect(drawn((await operator.get("/assets?select=+stg_fred_macro")).html)).toEqual(drawn(encoded.html));
    expect(drawn((await operator.get("/assets?select=layer:gold")).html)).not.toContain("raw_prices");
  });

  test("says what is wrong with a selection beside it, naming the nearest, and filters nothing", async () => {
    const misspelt = await operator.get("/assets?select=gold_tickr_kpis");
    expect(misspelt.status).toBe(422);
    expect(misspelt.html).toContain("the nearest is gold_ticker_kpis");
    expect(misspelt.html).toContain('value="gold_tickr_kpis"');
    expect(drawn(misspelt.html)).toEqual(drawn((await operator.get("/assets")).html));
    expect((await operator.get("/assets?select=size:big")).html).toContain("expected one of the methods");
    expect((await operator.get("/assets?select=(")).status).toBe(422);
  });

  test("is searched by a part of a name", async () => {
    expect(drawn((await operator.get("/assets?select=Drawdown")).html)).toEqual(["gold_drawdowns"]);
    expect(drawn((await operator.get("/assets?select=splits drawdown")).html)).toEqual([
      "stg_splits",
      "gold_drawdowns",
    ]);
  });

  test("sums up what is not fresh and why, above states by layer with the worst first", async () => {
    const { pool } = program.database;
    await pool.query("insert into orchestrator.changes (asset, partition_value) values ('raw_fred', 'DFF')");
    const { html } = await operator.get("/assets");
    expect(html).toMatch(/1 change of raw_fred waiting<span class="aside">\d+ assets/);
    const gold = html.slice(html.indexOf('layer-gold">gold</span><span class="aside">'));
    expect(gold.indexOf(">gold_macro_context</a>")).toBeLessThan(gold.indexOf(">dim_assets</a>"));
    await pool.query("delete from orchestrator.changes where partition_value = 'DFF'");
  });

  test("leaves out reads that other ways tell as well, until they are asked for", async () => {
    const edge = 'data-from="int_calendar" data-to="int_portfolio_daily"';
    const { html } = await operator.get("/assets");
    expect(html).not.toContain(edge);
    const [, all] = /<a href="([^"]+)">Draw them too/.exec(html)!;
    expect((await operator.get(all!)).html).toContain(edge);
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
    expect(html).toContain('data-from="bronze" data-to="stg_splits"');
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
    expect(html).toMatch(
      /<rect class="succeeded"[^>]*><title>run \d+, succeeded: [\d.]+ m?s, deployment<\/title>/,
    );
    expect(html).toContain("<td>deployment");
  });

  test("that was edited shows what changed since it was published, and what may be done", async () => {
    const { pool } = program.database;
    const edit = (from: string, to: string, version: string) =>
      pool.query(
        `with edited as (
           update orchestrator.asset_versions
           set body = replace(body, $1, $2)
           where asset = 'gold_drawdowns' and retired_at is null
         )
         update orchestrator.assets
         set code_version = case $3 when '' then (
           select code_version from orchestrator.asset_versions where asset = 'gold_drawdowns' and retired_at is null
         ) else $3 end
         where asset = 'gold_drawdowns'`,
        [from, to, version],
      );
    await edit("select", "select -- as it was", "00000000");
    const { html } = await operator.get("/assets/gold_drawdowns");
    expect(html).toContain("Edited since it was published");
    expect(html).toContain("-- as it was");
    expect(html).toMatch(/<span class="removed"><span class="hidden">removed: .*?select -- as it was/s);
    expect(html).toMatch(/<span class="added"><span class="hidden">added: /);
    await edit("select -- as it was", "select", "");
    expect((await operator.get("/assets/gold_drawdowns")).html).not.toContain("Edited since");
  });

  test("tells its freshness, and how each check came out before", async () => {
    const { html } = await operator.get("/assets/raw_prices");
    expect(html).toContain("hours old)");
    const portfolio = await operator.get("/assets/int_portfolio_daily");
    expect(portfolio.html).toMatch(/aria-label="\d+ of the last \d+ did not pass"/);
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
      "expected the first assets selected to share one partition column, got: ticker (market_defects), currency (raw_fx_rates)",
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

test("an asset whose last ingestion failed says so, since when and why, and is found by that", async () => {
  const { pool } = program.database;
  const { rows } = await pool.query<{ run_id: number }>(
    `with run as (
       insert into orchestrator.runs (trigger_kind, trigger_name, selection, status, finished_at)
       values ('schedule', 'daily_market_data_ingestion', 'raw_prices+', 'failed', now())
       returning run_id
     )
     insert into orchestrator.steps (run_id, asset, action, status, reason, finished_at, error)
     select run_id, 'raw_prices', 'ingest', 'failed', 'selected', '2024-03-01 18:02Z', 'fetch failed: no route to host'
     from run
     returning run_id`,
  );
  const list = await operator.get("/assets?select=state:failed");
  expect(drawn(list.html)).toEqual(["raw_prices"]);
  const reason = "failed since 2024-03-01 18:02 UTC: fetch failed: no route to host";
  expect(list.html).toContain(reason);
  expect((await operator.get("/assets")).html).toContain('href="/assets?select=state:failed"');
  expect((await operator.get("/assets/raw_prices")).html).toContain(reason);
  await pool.query("delete from orchestrator.runs where run_id = $1", [rows[0]!.run_id]);
  expect((await operator.get("/assets?select=state:failed")).html).not.toContain(reason);
});
