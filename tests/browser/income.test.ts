import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { AxeResults } from "axe-core";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { launchBrowser } from "../support/browser.ts";
import { type Program, startProgram } from "../support/program.ts";

// What dividends bring, and what a tax return asks for: in a real browser, on a phone, on paper.

const axe = readFileSync(fileURLToPath(import.meta.resolve("axe-core/axe.min.js")), "utf8");
const credentials = { email: "ada@example.org", password: "correct horse battery" };

let program: Program;
let browser: Browser;

beforeAll(async () => {
  program = await startProgram();
  browser = await launchBrowser();
  await fetch(`${program.url}/auth/register`, {
    method: "POST",
    headers: { Origin: program.url, "Content-Type": "application/json" },
    body: JSON.stringify(credentials),
  });
  const { pool } = program.database;
  await pool.query("update users set cost_basis_method = 'fifo'");
  await pool.query(
    "insert into accounts (user_id, name, tracks_cash, income) select user_id, 'Books', false, 'ledger' from users",
  );
  await pool.query(
    `insert into transactions (user_id, account_id, ticker, transaction_type, quantity, price, amount, fee, tax, currency, transaction_date)
     select u.user_id, a.account_id, t.ticker, t.type, t.quantity, t.price, t.amount, t.fee, t.tax, t.currency, t.day::date
     from users u
     cross join (values
       (true, 'NORD', 'BUY', 100, 100, null, 1.5, 0, null, '2021-05-05'),
       (true, 'WRLD', 'BUY', 40, 100, null, 0, 0, null, '2021-05-05'),
       (true, 'NORD', 'SELL', 15, 140, null, 2, 0, null, '2023-05-05'),
       (false, 'NORD', 'BUY', 80, 100, null, 0, 0, null, '2022-05-05'),
       (false, 'NORD', 'DIVIDEND', null, null, 120, 0.25, 18, null, '2023-06-20'),
       (false, null, 'INTEREST', null, null, 30, 0, 0, 'USD', '2023-07-03'),
       (true, 'CURA', 'BUY', 2, 100, null, 0, 0, 'ISK', '2022-06-01'),
       (true, 'CURA', 'SELL', 1, 100, null, 0, 0, 'ISK', '2023-08-01')
     ) as t (is_default, ticker, type, quantity, price, amount, fee, tax, currency, day)
     join accounts a on a.user_id = u.user_id and a.is_default = t.is_default`,
  );
  await program.engine.run({
    triggerKind: "manual",
    triggerName: "test",
    selection: "raw_prices+ raw_fred+",
  });
  await program.engine.refresh("transaction_sensor");
});
afterAll(() => browser.close());

async function open(options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext({ locale: "en-US", ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  await page.goto(`${program.url}/sign-in`);
  await page.getByLabel("Email").fill(credentials.email);
  await page.getByLabel("Password").fill(credentials.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL(/portfolio/);
  return page;
}

const phone = { viewport: { width: 360, height: 760 } };

describe.each([true, false])("with JavaScript %s", (javaScriptEnabled) => {
  test("from the overview to income: bars, an estimate, yields, a year by month, one account", async () => {
    const page = await open({ javaScriptEnabled });
    const tabs = page.getByRole("navigation", { name: "Portfolio" });
    await tabs.getByRole("link", { name: "Income" }).click();
    await page.waitForURL(/\/income/);
    const bars = page.locator("#received-chart rect.bar-dividend");
    await bars.first().waitFor();
    const months = await bars.count();
    expect(months).toBeGreaterThan(8);
    await page.getByRole("link", { name: "By year" }).click();
    await page.waitForURL(/by=year/);
    await bars.first().waitFor();
    expect(await bars.count()).toBeLessThan(months);
    await page.getByText("An estimate, before tax", { exact: true }).waitFor();
    expect(await page.locator("#expected-chart rect.bar-expected").count()).toBeGreaterThan(0);
    await page.getByRole("navigation", { name: "Year" }).getByRole("link", { name: "2023" }).click();
    await page.waitForURL(/year=2023/);
    await page.getByRole("heading", { name: "2023 by ticker and month" }).waitFor();
    await page.getByLabel("Account").selectOption({ label: "Books" });
    await page.getByRole("button", { name: "Show" }).click();
    await page.waitForURL(/account=\d/);
    const whole = page.locator("#year tfoot td").last();
    expect((await whole.textContent())?.trim()).toBe("$150.00");
    await page.getByRole("link", { name: "%" }).first().click();
    if (javaScriptEnabled) await page.locator(".explain-dialog").getByText("With your numbers").waitFor();
    else await page.waitForURL(/\/explain\/income_yield\?account=/);
    await page.context().close();
  });

  test("a tax year: its lots, what it lacks, its file, and the year before", async () => {
    const page = await open({ javaScriptEnabled });
    await page.goto(`${program.url}/realized`);
    await page.getByRole("navigation", { name: "Year" }).getByRole("link", { name: "2023" }).click();
    await page.getByRole("heading", { name: "Tax 2023", level: 1 }).waitFor();
    await page.getByRole("heading", { name: /These totals lack 1 sale of the year/ }).waitFor();
    const lot = page.locator("#sold tbody tr").first();
    expect(await lot.locator('[data-label="Days held"]').textContent()).toBe("730");
    expect(await lot.locator('[data-label="Term"]').textContent()).toBe("long");
    const download = page.waitForEvent("download");
    await page.getByRole("link", { name: "Export CSV of sales" }).click();
    expect((await download).suggestedFilename()).toBe("stratafolio-realized-2023.csv");
    await page.getByRole("navigation", { name: "Year" }).getByRole("link", { name: "2022" }).click();
    await page.getByText("Nothing was sold in 2022.").waitFor();
    await page.context().close();
  });
});

describe.each(["light", "dark"] as const)("in %s", (colorScheme) => {
  test("nothing is wider than a phone of 360 px, and axe finds nothing", async () => {
    const page = await open({ ...phone, colorScheme, bypassCSP: true });
    const problems: string[] = [];
    for (const path of [
      "/income",
      "/income?by=year",
      "/income?by=ticker",
      "/realized?year=2023",
      "/realized?year=2020",
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

test("on paper a tax year is its figures: no choices, no bar, and whose and of which days it is", async () => {
  const page = await open({ colorScheme: "dark" });
  await page.goto(`${program.url}/realized?year=2023`);
  await page.emulateMedia({ media: "print" });
  for (const hidden of [".chips", ".tabs", ".phone-bar", "form.range-form", "#sold .card-head a"])
    expect(await page.locator(hidden).first().isVisible(), hidden).toBe(false);
  expect(await page.locator(".printed").first().textContent()).toContain("Jan 1, 2023 to Dec 31, 2023");
  expect(await page.locator("#sold tfoot tr").count()).toBe(3);
  expect((await page.pdf({ preferCSSPageSize: true })).subarray(0, 5).toString()).toBe("%PDF-");
  await page.context().close();
});
