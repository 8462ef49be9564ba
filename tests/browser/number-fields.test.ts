import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchBrowser, recordTrade } from "../support/browser.ts";
import { type Program, startProgram } from "../support/program.ts";

// Numbers as they are typed in a German browser, told beside the field while they are.

let program: Program;
let browser: Browser;

beforeAll(async () => {
  program = await startProgram();
  browser = await launchBrowser();
});
afterAll(() => browser.close());

test("what a number is read as stands beside it, counts in the total, and is what is recorded", async () => {
  const page = await (await browser.newContext({ locale: "de-DE" })).newPage();
  page.setDefaultTimeout(10_000);
  const problems: string[] = [];
  page.on("pageerror", (error) => problems.push(String(error)));
  await page.goto(`${program.url}/create-account`);
  await page.getByLabel("Email").fill("ada@example.com");
  await page.getByLabel("Password").fill("correct horse battery");
  await page.getByRole("button", { name: "Create account" }).click();
  await page.waitForURL(/portfolio/);

  await page.goto(`${program.url}/transactions`);
  await page.getByLabel("Ticker", { exact: true }).fill("WRLD");
  await page.getByLabel("Date").fill("2024-03-05");
  // The suggested price is written as everything else is.
  await page.getByText("Suggested price").waitFor();
  expect(await page.locator("#price").inputValue()).toMatch(/^\d+(,\d+)?$/);
  await page.getByLabel("Price, USD").fill("2,5");
  await page.getByLabel("Quantity").fill("1.000");
  await page.getByText("Read as 1.000,00.").waitFor();
  await page.getByLabel("Fee, USD").fill("0,5");
  expect((await page.locator("#total").textContent())?.replace(/\s/g, " ")).toBe("2.500,50 $");
  await page.getByLabel("Quantity").fill("1.00");
  await page.getByText("Not read as a number.").waitFor();
  expect(await page.locator("#total").textContent()).toBe("–");
  await page.getByRole("button", { name: "Record trade" }).click();
  await page.getByText("“1.00” could be 1 or 100").waitFor();
  expect(await page.locator("#quantity:focus").count()).toBe(1);
  expect(await page.locator("#quantity").inputValue()).toBe("1.00");

  await page.getByLabel("Quantity").fill("1.000");
  await recordTrade(page);
  await page.getByText("Recorded. BUY 1.000 WRLD").waitFor();
  await page.getByRole("link", { name: /Edit BUY WRLD/ }).click();
  expect(await page.locator("#quantity").inputValue()).toBe("1000");
  expect(await page.locator("#price").inputValue()).toBe("2,5");
  expect(problems).toEqual([]);
});
