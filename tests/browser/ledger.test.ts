import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchBrowser, recordTrade } from "../support/browser.ts";
import { type Program, startProgram } from "../support/program.ts";

let program: Program;
let browser: Browser;

beforeAll(async () => {
  program = await startProgram();
  browser = await launchBrowser();
});
afterAll(() => browser.close());

test("somebody opens an account that keeps cash, puts money in, buys there, and mends a slip", async () => {
  const page = await (await browser.newContext({ locale: "en-US" })).newPage();
  page.setDefaultTimeout(10_000);
  const problems: string[] = [];
  page.on("pageerror", (error) => problems.push(String(error)));
  await page.goto(`${program.url}/create-account`);
  await page.getByLabel("Email").fill("ada@example.com");
  await page.getByLabel("Password").fill("correct horse battery");
  await page.getByRole("button", { name: "Create account" }).click();
  await page.waitForURL(/portfolio/);

  await page.goto(`${program.url}/transactions`);
  expect(await page.getByLabel("Account", { exact: true }).count()).toBe(0);
  await page.getByRole("link", { name: "Accounts" }).click();
  await page.getByLabel("Name").fill("Broker");
  await page.getByLabel("Keeps cash").check();
  await page.getByRole("button", { name: "Open account" }).click();
  await page.getByText("Opened.").waitFor();

  await page.goto(`${program.url}/transactions`);
  await page.getByText("More types").click();
  await page.getByRole("link", { name: "Deposit" }).click();
  await page.getByText("Portfolio keeps no cash.").waitFor();
  await page.getByLabel("Account", { exact: true }).selectOption("Broker");
  await page.getByLabel("Amount").fill("1,5");
  await page.getByLabel("Date").fill("2024-03-04");
  await page.getByRole("button", { name: "Record" }).click();
  await page.getByText("“1,5” could be 1.5 or 15: write the one that you mean.").waitFor();
  await page.getByLabel("Amount").fill("1,000");
  await page.getByRole("button", { name: "Record" }).click();
  await page.getByText("Recorded. DEPOSIT $1,000.00 on Mar 4, 2024.").waitFor();

  // What can be sold is what the chosen account holds.
  await page.getByLabel("Ticker", { exact: true }).fill("NORD");
  await page.getByLabel("Account", { exact: true }).selectOption("Broker");
  await page.getByLabel("Quantity").fill("2");
  await page.getByLabel("Price, USD").fill("300");
  await page.getByLabel("Date").fill("2024-03-05");
  await recordTrade(page);
  await page.getByText("Recorded. BUY 2 NORD").waitFor();
  await page.getByLabel("Ticker", { exact: true }).fill("NORD");
  await page.getByLabel("Sell", { exact: true }).check();
  await page.getByLabel("Date").fill("2024-03-06");
  await page.getByText("Available: 0").waitFor();
  await page.getByLabel("Account", { exact: true }).selectOption("Broker");
  await page.getByText("Available: 2").waitFor();

  await page.getByRole("link", { name: /Edit BUY NORD/ }).click();
  await page.getByLabel("Quantity").fill("3");
  await page.getByRole("button", { name: "Save changes" }).click();
  await page.getByText("Changed. Now BUY 3 NORD at $300.00").waitFor();
  await page.getByRole("button", { name: "Undo" }).click();
  await page.getByText("Changed. Now BUY 2 NORD at $300.00").waitFor();

  // A slip is asked about, Enter or not, and what was typed can stay.
  await page.getByRole("link", { name: /Edit BUY NORD/ }).click();
  await page.getByLabel("Price").fill("7");
  await page.getByLabel("Price").press("Enter");
  await page.getByText("Not changed yet.").waitFor();
  expect(await page.evaluate("document.activeElement?.getAttribute('role')")).toBe("alert");
  await page.getByRole("button", { name: "Keep mine" }).click();
  await page.getByText("Changed. Now BUY 2 NORD at $7.00").waitFor();
  expect(problems).toEqual([]);
});
