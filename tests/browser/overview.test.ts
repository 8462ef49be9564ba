import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { launchBrowser } from "../support/browser.ts";
import { type Program, startProgram } from "../support/program.ts";

// What somebody sees first, on a phone and at a desk, and how they get about.

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
  await program.database.pool.query(
    `insert into transactions (user_id, ticker, transaction_type, quantity, price, transaction_date)
     select user_id, ticker, 'BUY', quantity, 120, '2022-05-05'
     from users, (values ('NORD', 1000), ('WRLD', 400), ('CURA', 30), ('SYNC-USD', 0.5)) as bought (ticker, quantity)`,
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

describe.each([true, false])("on a phone with JavaScript %s", (javaScriptEnabled) => {
  test("the value is in the first 200 pixels, and holdings take two lines each", async () => {
    const page = await open({ ...phone, javaScriptEnabled });
    await page.goto(`${program.url}/portfolio?range=Max&benchmark=`);
    const value = (await page.locator(".headline .value").boundingBox())!;
    expect(value.y + value.height).toBeLessThan(200);
    const rows = page.locator(".holdings tbody tr");
    expect(await rows.count()).toBe(4);
    for (const row of await rows.all()) {
      const [inRow, cells] = [(await row.boundingBox())!, await row.locator("th, td").all()];
      expect(inRow.height).toBeLessThan(1100 / 17);
      for (const cell of cells) {
        const { x, width } = (await cell.boundingBox())!;
        expect(x >= inRow.x && x + width <= inRow.x + inRow.width).toBe(true);
      }
    }
    await page.context().close();
  });

  test("range and comparison are behind one line", async () => {
    const page = await open({ ...phone, javaScriptEnabled });
    await page.goto(`${program.url}/portfolio?range=Max&benchmark=`);
    expect(await page.getByRole("link", { name: "1Y", exact: true }).isVisible()).toBe(false);
    await page.getByText("Range and comparison: Max").click();
    await page.getByRole("link", { name: "1Y", exact: true }).click();
    await page.waitForURL(/range=1Y/);
    await page.getByText("Range and comparison: 1Y").click();
    await page.getByLabel("Compare with").fill("WRLD");
    await page.getByRole("button", { name: "Compare" }).click();
    await page.getByText(/points (ahead|behind)/).waitFor();
    await page.goto(`${program.url}/portfolio?range=Max&benchmark=`);
    await page.context().close();
  });

  test("the bar at the foot leads to the form and the ledger, to the account, and out", async () => {
    const page = await open({ ...phone, javaScriptEnabled });
    const bar = page.getByRole("navigation", { name: "Main, at the foot" });
    const { y, height } = (await bar.boundingBox())!;
    expect(Math.round(y + height)).toBe(phone.viewport.height);
    await bar.getByRole("link", { name: "Add" }).click();
    await page.waitForURL(/#trade$/);
    expect(await page.getByLabel("Ticker", { exact: true }).first().isVisible()).toBe(true);
    await bar.getByRole("link", { name: "Trades" }).click();
    await page.waitForURL(/#ledger$/);
    await bar.getByText("More").click();
    for (const name of ["Cash", "Assets", "Runs", "Automation", "People"])
      expect(await bar.getByRole("link", { name, exact: true }).isVisible(), name).toBe(true);
    await bar.getByRole("link", { name: "Account", exact: true }).click();
    await page.waitForURL(/\/account$/);
    await bar.getByText("More").click();
    await bar.getByRole("button", { name: "Sign out" }).click();
    await page.waitForURL(/sign-in/);
    await page.context().close();
  });
});

test("at a desk the bar is above, and operators have one menu, which the keyboard opens and leaves", async () => {
  const page = await open({ viewport: { width: 1440, height: 900 } });
  expect(await page.getByRole("navigation", { name: "Main, at the foot" }).isVisible()).toBe(false);
  const main = page.getByRole("navigation", { name: "Main", exact: true });
  expect(await main.getByRole("link").allTextContents()).toEqual([
    "Portfolio",
    "Transactions",
    "Watchlist",
    "People",
    "Account",
  ]);
  await main.getByText("System").focus();
  await page.keyboard.press("Enter");
  await main.getByRole("link", { name: "Runs" }).waitFor();
  await page.keyboard.press("Escape");
  await main.getByRole("link", { name: "Runs" }).waitFor({ state: "hidden" });
  expect(await page.evaluate("document.activeElement.textContent")).toBe("System");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Holdings" }).click(); // elsewhere
  await main.getByRole("link", { name: "Runs" }).waitFor({ state: "hidden" });
  await main.getByText("System").click();
  await main.getByRole("link", { name: "Runs" }).click();
  await page.waitForURL(/\/runs$/);
  await page.context().close();
});

test("range and comparison are in sight at a desk, and holdings with all columns scroll beside their names", async () => {
  const page = await open({ viewport: { width: 700, height: 900 } });
  await page.goto(`${program.url}/portfolio?range=Max&benchmark=`);
  for (const name of ["1Y", "Max"])
    expect(await page.getByRole("link", { name, exact: true }).isVisible()).toBe(true);
  expect(await page.getByLabel("Compare with").isVisible()).toBe(true);
  await page.getByText("Columns", { exact: true }).click();
  for (const box of await page.getByRole("checkbox").all()) await box.check();
  await page.getByRole("button", { name: "Show these" }).click();
  await page.waitForURL(/portfolio/);
  const table = page.getByRole("group", { name: "Holdings" });
  expect(await table.getByRole("columnheader").count()).toBe(11);
  const name = table.getByRole("rowheader").first();
  const before = (await name.boundingBox())!.x;
  await page.evaluate("document.querySelector('.scroll:has(.holdings)').scrollLeft = 300");
  expect(await page.evaluate("document.querySelector('.scroll:has(.holdings)').scrollLeft")).toBeGreaterThan(
    0,
  );
  expect((await name.boundingBox())!.x).toBe(before);
  expect(await page.evaluate("document.documentElement.scrollWidth - innerWidth")).toBeLessThanOrEqual(0);
  await page.context().close();
});

test("what a reader opened and closed stays so while the page renews itself, on every tab", async () => {
  const page = await open({ viewport: { width: 1440, height: 900 } });
  await page.goto(`${program.url}/portfolio?range=Max&benchmark=`);
  const strip = page.locator("#value-regimes > svg");
  expect(await strip.isVisible()).toBe(true);
  await page.getByText("Macro regimes").click();
  expect(await strip.isVisible()).toBe(false);
  const others = [];
  for (const path of ["/portfolio/performance", "/portfolio/risk", "/income", "/realized"]) {
    const other = await page.context().newPage();
    await other.goto(`${program.url}${path}?range=Max&benchmark=`);
    const text = await other.locator("main").textContent();
    others.push({ path, other, text });
  }
  const before = await page.locator(".headline .value").textContent();
  await program.database.pool.query(
    `insert into transactions (user_id, ticker, transaction_type, quantity, price, transaction_date)
     select user_id, 'NORD', type, 500, 180, date::date
     from users, (values ('BUY', '2022-05-06'), ('SELL', '2024-05-06'), ('BUY', '2024-05-07')) as traded (type, date)`,
  );
  await program.engine.refresh("transaction_sensor");
  await page.locator(".headline .value", { hasNotText: before! }).waitFor();
  await page.locator("#updated", { hasText: "Updated" }).waitFor();
  expect(await strip.isVisible()).toBe(false);
  for (const { path, other, text } of others)
    await expect
      .poll(() => other.locator("main").textContent(), { message: path, timeout: 15_000 })
      .not.toBe(text);
  await page.context().close();
});
