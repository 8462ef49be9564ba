import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { AxeResults } from "axe-core";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { commandLine, resetPath, startReset } from "../../src/accounts/index.ts";
import { launchBrowser } from "../support/browser.ts";
import { type Program, startProgram } from "../support/program.ts";

const axe = readFileSync(fileURLToPath(import.meta.resolve("axe-core/axe.min.js")), "utf8");
const credentials = { email: "ada@example.com", password: "correct horse battery" };

let program: Program;
let resetLink: string;
let browser: Browser;

beforeAll(async () => {
  program = await startProgram();
  browser = await launchBrowser();
  const headers = { Origin: program.url, "Content-Type": "application/json" };
  const post = (path: string, body: object, token?: string) =>
    fetch(program.url + path, {
      method: "POST",
      headers: { ...headers, ...(token && { Authorization: `Bearer ${token}` }) },
      body: JSON.stringify(body),
    });
  const { token } = (await (await post("/auth/register", credentials)).json()) as { token: string };
  for (const [ticker, type, quantity, date] of [
    ["NORD", "BUY", "10", "2021-05-05"],
    ["WRLD", "BUY", "4", "2022-05-05"],
    ["NORD", "SELL", "3", "2023-05-05"],
  ]) {
    const { status } = await post("/api/transactions", { ticker, type, quantity, price: "120", date }, token);
    expect(status).toBe(201);
  }
  const { pool } = program.database;
  const reset = await startReset({ pool, clock: () => new Date() }, credentials.email, commandLine);
  resetLink = resetPath(reset!.token);
  await program.engine.run({
    triggerKind: "manual",
    triggerName: "test",
    selection: "raw_prices+ raw_fred+",
  });
  await program.engine.refresh("transaction_sensor");
});
afterAll(() => browser.close());

const pages = [
  "/portfolio",
  "/portfolio?range=1M",
  "/portfolio/performance",
  "/portfolio/risk",
  "/transactions",
  "/transactions/1/delete",
  "/transactions/1/edit",
  "/transactions/new/dividend",
  "/transactions/new/conversion",
  "/transactions/new/sell?choose=yes",
  "/transactions/corporate-actions",
  "/transactions/corporate-actions/new/merger",
  "/accounts",
  "/own-assets",
  "/watchlist",
  "/portfolio/targets",
  "/accounts/1",
  "/cash",
  "/income",
  "/realized?year=2023",
  "/tickers/NORD/splits/2024-06-10?verdict=price",
  "/assets",
  "/assets/gold_p_timeseries",
  "/runs",
  "/runs/1",
  "/automation",
  "/account",
  "/account/security",
  "/account/sharing",
  "/people",
  "/people/1",
  "/people/log",
  "/people/invitations",
  "/no-such-page",
];

describe.each(["light", "dark"] as const)("in %s", (colorScheme) => {
  test.each([360, 768, 1440])(
    "no page breaks a rule of axe or runs over the edge at %i px",
    async (width) => {
      const context = await browser.newContext({
        colorScheme,
        viewport: { width, height: 900 },
        bypassCSP: true, // axe is not one of our scripts
      });
      const page = await context.newPage();
      const problems: string[] = [];
      const inspect = async (path: string): Promise<void> => {
        await page.goto(program.url + path);
        await page.evaluate(axe);
        const { violations } = (await page.evaluate("axe.run()")) as AxeResults;
        for (const { id, nodes } of violations)
          problems.push(`${path}: ${id}: ${nodes.map(({ target }) => target.join(" ")).join(", ")}`);
        if (
          await page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
        )
          problems.push(`${path}: wider than the window`);
      };
      await inspect("/create-account");
      await inspect("/forgot-password");
      await inspect("/confirm-account/whatever");
      await inspect(resetLink);
      await inspect("/sign-in");
      await page.getByLabel("Email").fill(credentials.email);
      await page.getByLabel("Password").fill(credentials.password);
      await page.getByRole("button", { name: "Sign in" }).click();
      await page.waitForURL(/portfolio/);
      for (const path of pages) await inspect(path);
      expect(problems).toEqual([]);
      await context.close();
    },
    120_000, // of all pages
  );
});
