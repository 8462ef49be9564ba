import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { AxeResults } from "axe-core";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { launchBrowser } from "../support/browser.ts";
import { type Program, startProgram } from "../support/program.ts";

const axe = readFileSync(fileURLToPath(import.meta.resolve("axe-core/axe.min.js")), "utf8");
const credentials = { email: "operator@example.com", password: "correct horse battery" };

let program: Program;
let browser: Browser;
let failedRun: number;

beforeAll(async () => {
  program = await startProgram();
  browser = await launchBrowser();
  await fetch(`${program.url}/auth/register`, {
    method: "POST",
    headers: { Origin: program.url, "Content-Type": "application/json" },
    body: JSON.stringify(credentials),
  });
  await program.engine.run({ triggerKind: "manual", triggerName: "test", selection: "raw_fred+" });
  failedRun = await recordFailure();
});
afterAll(() => browser.close());

/** A run of which one step failed and its dependent was skipped, and a change that was put off. */
async function recordFailure(): Promise<number> {
  const { rows } = await program.database.pool.query<{ run_id: number }>(
    `with run as (
       insert into orchestrator.runs (trigger_kind, trigger_name, selection, status, started_at, finished_at, error)
       values ('manual', 'test', 'fct_macro_regimes+', 'failed', now() - interval '2 s', now(), 'fct_macro_regimes: division by zero')
       returning run_id
     ),
     step as (
       insert into orchestrator.steps (run_id, asset, action, status, reason, started_at, finished_at, error)
       select run_id, step.asset, step.action, step.status, 'selected', now() - interval '2 s', now(), step.error
       from run,
       (values
         ('fct_macro_regimes', 'rebuild', 'failed', 'division by zero'),
         ('gold_macro_context', 'view', 'skipped', null)
       ) as step (asset, action, status, error)
     ),
     checked as (
       insert into orchestrator.check_results (run_id, asset, check_name, severity, failing_rows, sample)
       select run_id, 'gold_macro_context', 'unique_key', 'warn', 2, '[{"date": "2024-01-02"}]'
       from run
     ),
     logged as (
       insert into orchestrator.step_logs (run_id, asset, level, message)
       select run_id, 'fct_macro_regimes', 'error', 'division by zero'
       from run
     ),
     waiting as (
       -- Of no ticker there is: once it is due, nothing comes of it.
       insert into orchestrator.changes (asset, partition_value, since, attempts, not_before, last_error)
       values ('raw_prices', 'NOSUCH', '2024-03-04', 3, now() + interval '1 hour', 'division by zero')
     )
     select run_id from run`,
  );
  return rows[0]!.run_id;
}

async function signIn(options: BrowserContextOptions): Promise<Page> {
  const context = await browser.newContext({ locale: "en-US", ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  await page.goto(`${program.url}/sign-in?next=/assets`);
  await page.getByLabel("Email").fill(credentials.email);
  await page.getByLabel("Password").fill(credentials.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { name: "Assets" }).waitFor();
  return page;
}

describe.each(["light", "dark"] as const)("in %s", (colorScheme) => {
  test.each([360, 1440])("no page breaks a rule of axe or runs over the edge at %i px", async (width) => {
    const page = await signIn({ colorScheme, viewport: { width, height: 900 }, bypassCSP: true }); // axe is not one of our scripts
    const problems: string[] = [];
    for (const path of [
      "/assets?closed=staging,intermediate",
      "/assets?focus=fct_macro_regimes&depth=1",
      "/assets?select=fct_macro_regime",
      "/assets/fct_macro_regimes?column=regime",
      "/assets/fct_macro_regimes/plan?reach=downstream",
      "/runs?status=failed&asset=fct_macro_regimes",
      "/runs?from=soon",
      `/runs/${failedRun}`,
      "/automation",
    ]) {
      await page.goto(program.url + path);
      await page.evaluate(axe);
      const { violations } = (await page.evaluate("axe.run()")) as AxeResults;
      for (const { id, nodes } of violations)
        problems.push(`${path}: ${id}: ${nodes.map(({ target }) => target.join(" ")).join(", ")}`);
      if (await page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))
        problems.push(`${path}: wider than the window`);
    }
    expect(problems).toEqual([]);
    await page.context().close();
  });
});

describe.each([true, false])("an operator, JavaScript %s,", (javaScriptEnabled) => {
  test("goes from the graph to an asset, its columns, its plan, and a filtered list of runs", async () => {
    const page = await signIn({ javaScriptEnabled });
    await page.getByLabel("Selection").fill("+gold_macro_contex");
    await page.getByRole("button", { name: "Show" }).click();
    await page.getByText("the nearest is gold_macro_context").waitFor();
    await page.getByLabel("Selection").fill("+gold_macro_context");
    await page.getByRole("button", { name: "Show" }).click();
    await page.getByRole("link", { name: "Collapse staging" }).click();
    await page.locator('.node[data-name="staging"]').click();
    await page.getByRole("link", { name: "Collapse staging" }).waitFor();
    await page.getByRole("link", { name: "Focus on fct_macro_regimes" }).click();
    await page.getByRole("heading", { name: "Lineage around fct_macro_regimes" }).waitFor();
    await page.locator('.node[data-name="fct_macro_regimes"]').click();
    await page.getByRole("link", { name: "Trace regime", exact: true }).click();
    await page.getByRole("heading", { name: "Lineage of column regime" }).waitFor();
    await page.getByLabel("This and everything downstream").check();
    await page.getByRole("button", { name: "Show the plan" }).click();
    await page.getByRole("heading", { name: "Plan of fct_macro_regimes" }).waitFor();
    await page.getByRole("row", { name: /gold_macro_context/ }).waitFor();
    await page.goto(`${program.url}/runs`);
    await page.getByLabel("State").selectOption("failed");
    await page.getByLabel("Asset").fill("fct_macro_regimes");
    await page.getByRole("button", { name: "Filter" }).click();
    expect(await page.locator("tbody tr").count()).toBe(1);
    await page.getByRole("link", { name: String(failedRun), exact: true }).click();
    await page.getByText("What to do.").waitFor();
    await page.context().close();
  });
});

test("a failed run is run again, and its log and steps come as they happen", async () => {
  const page = await signIn({});
  const problems: string[] = [];
  page.on("pageerror", (error) => problems.push(String(error)));
  await page.goto(`${program.url}/runs/${failedRun}`);
  await page.getByRole("button", { name: "Run again what failed" }).click();
  await page.getByText("Waiting for an orchestrator").waitFor();
  const runId = Number(/\d+$/.exec(page.url())![0]);
  await program.database.pool.query(
    "insert into orchestrator.step_logs (run_id, level, message) values ($1, 'info', 'a line of the log')",
    [runId],
  );
  await page.locator("#log").getByText("a line of the log").waitFor();
  await program.engine.start();
  await page.locator(".page-head .state.succeeded").waitFor();
  await page.locator("#of-fct_macro_regimes .state.succeeded").waitFor();
  await page
    .locator("#log")
    .getByText(/^succeeded after/)
    .waitFor();
  expect(await page.locator("#log").getByText("a line of the log").count()).toBe(1);
  expect(problems).toEqual([]);
  await page.context().close();
});
