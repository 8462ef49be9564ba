import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { AxeResults } from "axe-core";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchBrowser } from "../support/browser.ts";
import { type Program, startProgram } from "../support/program.ts";

const axe = readFileSync(fileURLToPath(import.meta.resolve("axe-core/axe.min.js")), "utf8");

let program: Program;
let browser: Browser;

beforeAll(async () => {
  program = await startProgram();
  browser = await launchBrowser();
});
afterAll(() => browser.close());

const credentials = { email: "ada@example.org", password: "correct horse battery" };

async function trade(ticker: string, type: string, quantity: string, date: string): Promise<void> {
  await program.database.pool.query(
    `insert into transactions (user_id, ticker, transaction_type, quantity, price, transaction_date)
     select user_id, $1, $2, $3, 120, $4 from users`,
    [ticker, type, quantity, date],
  );
}

async function inspect(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  const { violations } = (await page.evaluate("axe.run()")) as AxeResults;
  return violations.map(
    ({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(" ")).join(", ")}`,
  );
}

test("a range and a benchmark are chosen, remembered, and kept while the page renews itself", async () => {
  await fetch(`${program.url}/auth/register`, {
    method: "POST",
    headers: { Origin: program.url, "Content-Type": "application/json" },
    body: JSON.stringify(credentials),
  });
  await trade("NORD", "BUY", "10", "2021-05-05");
  await trade("WRLD", "BUY", "4", "2022-05-05");
  await program.engine.run({
    triggerKind: "manual",
    triggerName: "test",
    selection: "raw_prices+ raw_fred+",
  });
  await program.engine.refresh("transaction_sensor");

  const context = await browser.newContext({ locale: "en-US", bypassCSP: true });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const problems: string[] = [];
  page.on("pageerror", (error) => problems.push(String(error)));
  await page.goto(`${program.url}/sign-in`);
  await page.getByLabel("Email").fill(credentials.email);
  await page.getByLabel("Password").fill(credentials.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("link", { name: "1Y" }).click();
  await page.getByLabel("Compare with").fill("wrld");
  await page.getByRole("button", { name: "Compare" }).click();
  await page.locator("#returns path.series-benchmark").waitFor();
  expect(new URL(page.url()).search).toBe("?benchmark=wrld&range=1Y");

  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    expect(await inspect(page)).toEqual([]);
  }

  await page.evaluate("window.loadedOnce = true");
  await page.getByRole("link", { name: "Ticker", exact: true }).click();
  const order = () => page.locator("[data-sortable] tbody th > a").allTextContents();
  expect(await order()).toEqual(["NORD", "WRLD"]);
  await page.getByRole("link", { name: "Ticker", exact: true }).click();
  expect(await order()).toEqual(["WRLD", "NORD"]);
  expect(page.url()).toContain("order=descending");

  const before = await page.locator(".headline .value").textContent();
  await trade("WRLD", "BUY", "5", "2024-05-06");
  await program.engine.refresh("transaction_sensor");
  await page.locator(".headline .value", { hasNotText: before! }).waitFor();
  expect(await page.locator(".ranges [aria-current]").textContent()).toBe("1Y");
  await page.locator("#returns path.series-benchmark").waitFor();
  expect(await order()).toEqual(["WRLD", "NORD"]);
  expect(await page.evaluate("window.loadedOnce")).toBe(true);

  await page.goto(`${program.url}/portfolio`);
  expect(new URL(page.url()).search).toBe("?range=1Y&benchmark=WRLD");
  await page.getByLabel("From", { exact: true }).fill("2022-01-01");
  await page.getByLabel("To", { exact: true }).fill("2022-12-31");
  await page.getByRole("button", { name: "Show", exact: true }).click();
  await page.getByText("Dec 31, 2021 to Dec 31, 2022").first().waitFor();
  expect(problems).toEqual([]);
  await context.close();
});
