import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchBrowser } from "../support/browser.ts";
import { type Program, startProgram } from "../support/program.ts";

// Numbers as they are typed in a German browser, told beside the field while they are.

let program: Program;
let browser: Browser;

beforeAll(async () => {
  program = await startProgram();
  browser = await launchBrowser();
});
afterAll(() => browser.close());

test("in German, what a number is read as stands beside it, counts in the total, and is what is recorded", async () => {
  const page = await (await browser.newContext({ locale: "de-DE" })).newPage();
  page.setDefaultTimeout(10_000);
  const problems: string[] = [];
  page.on("pageerror", (error) => problems.push(String(error)));
  await page.goto(`${program.url}/create-account`);
  await page.getByLabel("E-Mail-Adresse").fill("ada@example.com");
  await page.getByLabel("Passwort").fill("correct horse battery");
  await page.getByRole("button", { name: "Konto anlegen" }).click();
  await page.waitForURL(/portfolio/);

  await page.goto(`${program.url}/transactions`);
  await page.getByLabel("Ticker", { exact: true }).fill("WRLD");
  await page.getByLabel("Datum").fill("2024-03-05");
  // The suggested price is written as everything else is.
  await page.getByText("Vorgeschlagener Kurs").waitFor();
  expect(await page.locator("#price").inputValue()).toMatch(/^\d+(,\d+)?$/);
  await page.getByLabel("Kurs, USD").fill("2,5");
  await page.getByLabel("Stückzahl").fill("1.000");
  await page.getByText("Gelesen als 1.000,00.").waitFor();
  await page.getByLabel("Gebühr, USD").fill("0,5");
  expect((await page.locator("#total").textContent())?.replace(/\s/g, " ")).toBe("2.500,50 $");
  await page.getByLabel("Stückzahl").fill("1.00");
  await page.getByText("Nicht als Zahl lesbar.").waitFor();
  expect(await page.locator("#total").textContent()).toBe("–");
  await page.getByRole("button", { name: "Trade erfassen" }).click();
  await page.getByText("„1.00“ kann 1 oder 100 heißen").waitFor();
  expect(await page.locator("#quantity:focus").count()).toBe(1);
  expect(await page.locator("#quantity").inputValue()).toBe("1.00");

  await page.getByLabel("Stückzahl").fill("1.000");
  await page.getByRole("button", { name: "Trade erfassen" }).click();
  await page.getByRole("button", { name: "Meine behalten" }).click();
  await page.getByText("Erfasst. KAUF 1.000 WRLD").waitFor();
  await page.getByRole("link", { name: /KAUF WRLD .* bearbeiten/ }).click();
  expect(await page.locator("#quantity").inputValue()).toBe("1000");
  expect(await page.locator("#price").inputValue()).toBe("2,5");
  expect(problems).toEqual([]);
});
