import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { AxeResults } from "axe-core";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchBrowser, recordTrade } from "../support/browser.ts";
import { type Program, startProgram } from "../support/program.ts";

const axe = readFileSync(fileURLToPath(import.meta.resolve("axe-core/axe.min.js")), "utf8");
let program: Program;
let browser: Browser;

beforeAll(async () => {
  program = await startProgram();
  browser = await launchBrowser();
});
afterAll(() => browser.close());

async function violationsOf(page: Page): Promise<string[]> {
  const { violations } = (await page.evaluate(`${axe}; axe.run()`)) as AxeResults;
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
}

/** Signed up, selling by FIFO, with two purchases of NORD. */
async function holder(hasScripts: boolean): Promise<Page> {
  const context = await browser.newContext({ locale: "en-US", javaScriptEnabled: hasScripts });
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  await page.goto(`${program.url}/create-account`);
  await page.getByLabel("Email").fill(`${crypto.randomUUID()}@example.com`);
  await page.getByLabel("Password").fill("correct horse battery");
  await page.getByRole("button", { name: "Create account" }).click();
  await page.waitForURL(/portfolio/);
  await page.goto(`${program.url}/account#cost-basis`);
  await page.getByLabel("First in, first out (FIFO)").check();
  await page.locator("#cost-basis").getByRole("button").click();
  for (const [quantity, price, day] of [
    ["10", "100", "2022-03-01"],
    ["10", "130", "2023-03-01"],
  ] as const) {
    await page.goto(`${program.url}/transactions`);
    await fillTrade(page, { quantity, price, day });
    await recordTrade(page);
  }
  return page;
}

async function fillTrade(page: Page, trade: { quantity: string; price: string; day: string }) {
  await page.getByLabel("Ticker", { exact: true }).fill("NORD");
  await page.getByLabel("Quantity", { exact: true }).fill(trade.quantity);
  await page.getByLabel(/^Price/).fill(trade.price);
  await page.getByLabel("Date", { exact: true }).fill(trade.day);
}

test.each([true, false])(
  "the purchases of a sale are chosen from its form, scripts: %s",
  async (hasScripts) => {
    const page = await holder(hasScripts);
    const problems: string[] = [];
    page.on("pageerror", (error) => problems.push(String(error)));
    await page.goto(`${program.url}/transactions`);
    const asking = page.getByRole("button", { name: "Choose the purchases sold" });
    expect(await asking.isVisible()).toBe(false);
    await fillTrade(page, { quantity: "5", price: "120", day: "2024-06-03" });
    await page.getByLabel("Sell", { exact: true }).check();
    await asking.click();
    await page.getByRole("heading", { name: "Purchases sold" }).waitFor();
    expect(await page.getByLabel("Quantity", { exact: true }).inputValue()).toBe("5");
    const rows = page.locator("#lots tbody tr");
    expect(await rows.count()).toBe(2);
    expect(await rows.nth(1).textContent()).toMatch(/Mar 1, 2023\s+10\s+\$1,300\.00\s+long\s+-\$100\.00/);
    if (hasScripts) {
      await page.getByLabel("Price", { exact: true }).fill("150");
      await page.getByLabel("Price", { exact: true }).blur();
      await page.getByText("+$200.00").waitFor();
      await page.getByLabel("Date", { exact: true }).fill("2022-06-03");
      await rows.nth(1).waitFor({ state: "detached" });
      await page.getByLabel("Date", { exact: true }).fill("2024-06-03");
      await rows.nth(1).waitFor();
      expect(await violationsOf(page)).toEqual([]);
    }
    await page.getByLabel(/of the purchase of Mar 1, 2023/).fill("7.5");
    if (hasScripts) await page.getByText("Chosen: 7.5.").waitFor();
    await page.getByLabel(/of the purchase of Mar 1, 2023/).press("Enter");
    await page.getByText("they are 7.5 together, more than the 5 that are sold").waitFor();
    await page.getByLabel(/of the purchase of Mar 1, 2023/).fill("4");
    await page.getByRole("button", { name: "Record" }).click();
    await page.getByRole("button", { name: "Keep mine" }).click(); // a price of no market
    await page.getByText("Recorded. SELL 5 NORD").waitFor();

    await page.getByRole("link", { name: /Edit SELL NORD/ }).click();
    expect(await page.getByLabel(/of the purchase of Mar 1, 2023/).inputValue()).toBe("4");
    if (hasScripts) {
      await page.getByLabel("Buy", { exact: true }).check();
      expect(await page.locator("#lots").isVisible()).toBe(false);
      await page.getByLabel("Sell", { exact: true }).check();
      expect(await violationsOf(page)).toEqual([]);
    }
    await page.getByLabel(/of the purchase of Mar 1, 2023/).fill("");
    await page.getByRole("button", { name: "Save changes" }).click();
    await page.getByText("Changed. Now SELL 5 NORD").waitFor();
    await page.getByRole("link", { name: /Edit SELL NORD/ }).click();
    if (hasScripts) {
      // Asked for on the page itself.
      await page.getByRole("button", { name: "Choose the purchases sold" }).click();
      await rows.nth(1).waitFor();
      expect(await page.evaluate("document.activeElement.id")).toMatch(/^lot-/);
    }
    expect(problems).toEqual([]);
  },
);
