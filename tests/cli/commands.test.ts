import { beforeAll, expect, test } from "vitest";
import { createTestDatabase } from "../support/database.ts";
import { runCli } from "./run-cli.ts";

const secret = "a secret of at least thirty-two characters";
let variables: Record<string, string>;
let query: (text: string) => Promise<unknown[]>;

beforeAll(async () => {
  const { url, pool } = await createTestDatabase();
  variables = { DATABASE_URL: url, JWT_SECRET: secret, BENCHMARKS: "none" }; // nobody outside is asked
  query = async (text) => (await pool.query(text)).rows;
});

const stratafolio = (...parameters: string[]) => runCli(parameters, variables);

test.each([
  [["statsu"], /unknown command 'statsu'\s+\(Did you mean status\?\)/],
  [["list", "--outptu", "json"], /unknown option '--outptu'\s+\(Did you mean --output\?\)/],
  [["list", "--output", "xml"], /Allowed choices are text, json/],
  [["logs"], /missing required argument 'run'/],
  [["logs", "seven"], /expected the number of a run/],
  [["plan", "--since", "2024-02-30"], /expected a date as YYYY-MM-DD/],
])("bad usage %j is named, and exits with 2", async (parameters, message) => {
  const { code, stdout, stderr } = await runCli(parameters);
  expect([code, stdout]).toEqual([2, ""]);
  expect(stderr).toMatch(message);
});

test("bad settings are all listed, and exit with 2", async () => {
  const { code, stderr } = await runCli(["list"], { DATABASE_URL: "nonsense", PORT: "-1" });
  expect(code).toBe(2);
  expect(stderr).toMatch(
    /DATABASE_URL: expected postgres:[\s\S]*PORT: expected a port[\s\S]*JWT_SECRET: expected/,
  );
});

test("a database that does not answer exits with 2 and never shows the password", async () => {
  const { code, stderr } = await runCli(["list"], {
    DATABASE_URL: "postgres://me:hunter2@127.0.0.1:1/db",
    JWT_SECRET: secret,
  });
  expect(code).toBe(2);
  expect(stderr).toMatch(/^stratafolio: no database answers at me@127\.0\.0\.1:1\/db/);
  expect(stderr).not.toContain("hunter2");
});

test("list is data on stdout, by dbt's grammar", async () => {
  const { code, stdout } = await stratafolio(
    "list",
    "-s",
    "layer:staging",
    "stg_splits+",
    "--output",
    "json",
  );
  expect(code).toBe(2); // a space inside one value is union; a second word is no value
  expect(stdout).toBe("");
  const chosen = await stratafolio("list", "-s", "layer:staging", "-s", "transactions", "--output", "json");
  expect(chosen.code).toBe(0);
  const names = (JSON.parse(chosen.stdout) as { asset: string }[]).map(({ asset }) => asset);
  expect(names).toContain("stg_transactions");
  expect(names).toContain("transactions");
  expect(names).not.toContain("gold_p_timeseries");
});

test("a selection that matches nothing exits with 2 and names the nearest asset", async () => {
  const { code, stdout, stderr } = await stratafolio("materialize", "-s", "gold_ticker_kpi");
  expect([code, stdout]).toEqual([2, ""]);
  expect(stderr).toContain("gold_ticker_kpis");
});

test("plan and materialize: the last line counts, a dry run does nothing", async () => {
  const models = ["--exclude", "raw_prices raw_assets raw_corporate_actions raw_fred"];
  const dry = await stratafolio("materialize", ...models, "--dry-run");
  expect(dry.code).toBe(0);
  expect(dry.stdout).toMatch(/stg_transactions +(rebuild|view) /);
  expect(await query("select from orchestrator.runs")).toEqual([]);

  const done = await stratafolio("materialize", ...models);
  expect(done.stderr).toBe("");
  expect(done.last).toMatch(/^Done\. PASS=\d+ WARN=0 ERROR=0 SKIP=0 TOTAL=\d+$/);
  expect(done.code).toBe(0);

  const status = await stratafolio("status", "-s", "gold_p_timeseries", "--output", "json");
  expect(JSON.parse(status.stdout)).toMatchObject([{ asset: "gold_p_timeseries", status: "fresh" }]);
  const verified = await stratafolio("verify");
  expect(verified.last).toMatch(/^Done\. PASS=[1-9]\d* WARN=0 ERROR=0 SKIP=\d+ TOTAL=\d+$/);
  const checked = await stratafolio("check", "-s", "gold_p_timeseries", "--output", "json");
  expect(JSON.parse(checked.stdout)).toContainEqual(
    expect.objectContaining({ asset: "gold_p_timeseries", failing_rows: 0 }),
  );
  expect(checked.stderr).toMatch(/^Done\. PASS=/);

  const runs = await stratafolio("runs", "--output", "json");
  const [run] = JSON.parse(runs.stdout) as { run_id: number }[];
  const logs = await stratafolio("logs", String(run?.run_id));
  expect(logs.stdout).toMatch(/succeeded +manual /);
  const cancelled = await stratafolio("cancel", String(run?.run_id));
  expect([cancelled.code, cancelled.stderr]).toEqual([
    0,
    `Run ${run?.run_id} is succeeded; nothing to stop.\n`,
  ]);
});

test("stored rows that are not what the body says: verify shows them and exits with 1", async () => {
  const table = "select relation from orchestrator.assets where asset = 'int_last_day'";
  const [row] = (await query(table)) as { relation: string }[];
  await query(`insert into materialized."${row?.relation}" values ('1999-01-01')`);
  const { code, last } = await stratafolio("verify", "-s", "int_last_day");
  expect([code, last]).toEqual([1, "Done. PASS=0 WARN=0 ERROR=1 SKIP=0 TOTAL=1"]);
});

test("unknown runs, assets and columns are named with exit code 2", async () => {
  const run = await stratafolio("logs", "4711");
  expect([run.code, run.stderr]).toEqual([2, "stratafolio: expected the id of a run, got: 4711\n"]);
  const asset = await stratafolio("lineage", "gold_p_timeserie");
  expect([asset.code, asset.stderr]).toEqual([2, expect.stringContaining("gold_p_timeseries")]);
  const column = await stratafolio("lineage", "gold_p_timeseries.drawdwn");
  expect([column.code, column.stderr]).toEqual([2, expect.stringContaining("drawdown")]);
  const rollback = await stratafolio("rollback", "gold_p_timeseries");
  expect([rollback.code, rollback.stderr]).toEqual([2, expect.stringContaining("version published before")]);
});

test("lineage of an asset and of a column", async () => {
  const asset = await stratafolio("lineage", "stg_transactions", "--output", "json");
  expect(JSON.parse(asset.stdout)).toMatchObject({
    upstream: expect.arrayContaining(["transactions"]),
    downstream: expect.arrayContaining(["gold_p_timeseries"]),
  });
  const column = await stratafolio("lineage", "gold_p_timeseries.drawdown");
  expect(column.stdout).toMatch(/computed from:\n {2}gold_p_timeseries\.drawdown\n {4}\w+/);
});

test("schedules, sensors and the watcher are listed and switched", async () => {
  const off = await stratafolio("schedules", "--off", "daily_market_data_ingestion", "--output", "json");
  const schedules = JSON.parse(off.stdout) as {
    schedule: string;
    enabled: boolean;
    next_tick: string | null;
  }[];
  expect(schedules.map(({ schedule, enabled }) => [schedule, enabled])).toEqual([
    ["daily_market_data_ingestion", false],
    ["evening_market_data_ingestion", true],
    ["monthly_fred_macro_refresh", true],
    ["nightly_verification", true],
  ]);
  expect(schedules[2]?.next_tick).toMatch(/-01T06:00:00\.000Z$/);
  const sensors = await stratafolio("sensors");
  expect(sensors.stdout).toContain("transaction_sensor");
  await query(
    `insert into orchestrator.changes (asset, partition_value, attempts, not_before)
     values ('transactions', '1', 1, now() + interval '1 hour')`,
  );
  const looked = await stratafolio("sensors", "--now", "transaction_sensor");
  expect(looked.stderr).toContain("due now: 1.");
  expect(await query("delete from orchestrator.changes returning not_before")).toEqual([
    { not_before: null },
  ]);
  expect((await stratafolio("watchers")).stdout).toMatch(/model_watcher\s+off/);
  expect((await stratafolio("watchers", "--on", "model_watcher")).stdout).toMatch(/model_watcher\s+on/);
  await stratafolio("watchers", "--off", "model_watcher");
  const unknown = await stratafolio("sensors", "--on", "nobody");
  expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining("transaction_sensor")]);
});

test("accounts are made, promoted and listed; a password of one's own is not shown", async () => {
  const first = await stratafolio("user", "create", "Ada@Example.org", "--output", "json");
  expect(JSON.parse(first.stdout)).toMatchObject([{ email: "ada@example.org", role: "operator" }]);
  expect(first.stderr).toMatch(/^Password, shown this once: \S{16}\n$/);
  const second = await stratafolio("user", "create", "bob@example.org", "--password", "correct horse");
  expect([second.code, second.stderr]).toEqual([0, ""]);
  const taken = await stratafolio("user", "create", "bob@example.org");
  expect([taken.code, taken.stderr]).toEqual([2, expect.stringContaining("bob@example.org")]);
  expect((await stratafolio("user", "create", "nonsense")).code).toBe(2);
  expect((await stratafolio("user", "promote", "bob@example.org")).code).toBe(0);
  expect((await stratafolio("user", "promote", "eve@example.org")).code).toBe(2);
  const list = await stratafolio("user", "list", "--output", "json");
  expect((JSON.parse(list.stdout) as { role: string }[]).map(({ role }) => role)).toEqual([
    "operator",
    "operator",
  ]);
  const weak = await stratafolio("users", "create", "weak@example.org", "--password", "password1");
  expect([weak.code, weak.stderr]).toEqual([2, expect.stringContaining("tried first")]);
});

test("accounts are disabled, demoted, reset and deleted, but for the last operator; the log says so", async () => {
  const one = async (...parameters: string[]) => {
    const { code, stdout, stderr } = await stratafolio("users", ...parameters, "--output", "json");
    return code === 0 ? JSON.parse(stdout) : stderr;
  };
  const email = "cleo@example.org";
  await one("create", email);
  expect(await one("disable", email)).toMatchObject([{ email, disabled_at: expect.any(String) }]);
  expect(await one("reset", email)).toContain("not a disabled one");
  expect(await one("enable", email)).toMatchObject([{ email, disabled_at: null }]);
  const { link } = await one("reset", email);
  expect(link).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/reset-password\/[\w-]{43}$/);
  expect(await one("revoke", email)).toMatchObject([{ email, sessions: 0, api_tokens: 0 }]);
  await one("demote", "bob@example.org");
  for (const verb of [["demote"], ["disable"], ["delete", "--yes"]])
    expect(await one(verb[0]!, "ada@example.org", ...verb.slice(1))).toContain("the only operator");
  const kept = await stratafolio("users", "delete", email);
  expect([kept.code, kept.stderr]).toEqual([0, expect.stringContaining("--yes")]);
  const events = await one("log", "--email", email);
  expect(events.map(({ kind, via }: { kind: string; via: string }) => `${kind} ${via}`)).toEqual(
    [
      "sessions_ended",
      "password_reset_requested",
      "account_enabled",
      "account_disabled",
      "account_created",
    ].map((kind) => `${kind} command line`),
  );
  await one("delete", email, "--yes");
  expect(await one("log", "--email", email)).toEqual([]);
  expect(await one("log", "--limit", "1")).toMatchObject([
    { kind: "account_deleted", detail: expect.stringMatching(/^account \d+$/) },
  ]);
});

test("second factors of who has lost them are removed, by email", async () => {
  await query("insert into users (email, password_hash) values ('lost@example.org', 'x')");
  await query(
    `insert into passkeys
       (user_id, credential_id, public_key, sign_count, transports, name, created_at, last_challenge_at)
     select user_id, 'id', '', 0, '{}', 'a lost phone', now(), now() from users where email = 'lost@example.org'`,
  );
  const reset = await stratafolio("users", "reset-factors", "Lost@example.org");
  expect([reset.code, reset.stderr]).toEqual([0, expect.stringContaining("every session is signed out")]);
  expect(await query("select name from passkeys")).toEqual([]);
  expect((await stratafolio("users", "reset-factors", "eve@example.org")).code).toBe(2);
  await query("delete from users where email = 'lost@example.org'");
});

test("migrate brings an empty database up to date; other verbs say that it is not", async () => {
  const { url } = await createTestDatabase("template0");
  const empty = { DATABASE_URL: url, JWT_SECRET: secret };
  const before = await runCli(["list"], empty);
  expect([before.code, before.stderr]).toEqual([2, expect.stringMatching(/run `stratafolio migrate` first/)]);
  const migrated = await runCli(["migrate", "--output", "json"], empty);
  expect(JSON.parse(migrated.stdout)).toContain("001_schemas_and_roles.sql");
  const again = await runCli(["migrate", "--output", "json"], empty);
  expect(JSON.parse(again.stdout)).toEqual([]);
  expect((await runCli(["list"], empty)).code).toBe(0);
});
