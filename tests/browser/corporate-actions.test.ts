import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { AxeResults } from "axe-core";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchBrowser, recordTrade } from "../support/browser.ts";
import { type Program, startProgram } from "../support/program.ts";

const axe = readFileSync(fileURLToPath(import.meta.resolve("axe-core/axe.min.js")), "utf8");
const root = "/transactions/corporate-actions";
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

async function signUp(hasScripts: boolean): Promise<Page> {
  const context = await browser.newContext({ locale: "en-US", javaScriptEnabled: hasScripts });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  await page.goto(`${program.url}/create-account`);
  await page.getByLabel("Email").fill(`${crypto.randomUUID()}@example.com`);
  await page.getByLabel("Password").fill("correct horse battery");
  await page.getByRole("button", { name: "Create account" }).click();
  await page.waitForURL(/portfolio/);
  return page;
}

async function buy(page: Page, ticker: string, quantity: string, price: string, day: string): Promise<void> {
  await page.goto(`${program.url}/transactions`);
  await page.getByLabel("Ticker", { exact: true }).fill(ticker);
  await page.getByLabel("Quantity", { exact: true }).fill(quantity);
  await page.getByLabel(/^Price/).fill(price);
  await page.getByLabel("Date", { exact: true }).fill(day);
  await recordTrade(page);
}

/** Of each kind: what is typed in its form, and the rows that are shown then, as type and ticker. */
const kinds = [
  {
    name: "Spin-off",
    fields: { Parent: "NORD", "Spun off": "CURA", "New shares": "1", "For shares held": "4" },
    rows: ["TRANSFER OUT NORD", "TRANSFER IN CURA"],
  },
  {
    name: "Merger or takeover",
    fields: { "What was held": "NORD", "What it became": "CURA", "New shares": "1", "For shares held": "2" },
    rows: ["TRANSFER OUT NORD", "TRANSFER IN CURA"],
  },
  {
    name: "Renamed ticker",
    fields: { "Old symbol": "NORD", "New symbol": "CURA" },
    rows: [],
  },
  {
    name: "Rights issue",
    fields: { Ticker: "NORD", "Shares on offer": "1", "For shares held": "5", "Price of one": "90" },
    rows: ["BUY NORD"],
  },
  {
    name: "Cash for a fraction",
    fields: { Ticker: "NORD", "Cash for one whole share": "80" },
    rows: ["SELL NORD"],
  },
];

test.each([true, false])(
  "each kind is asked for, shown, written and undone, scripts: %s",
  async (hasScripts) => {
    const page = await signUp(hasScripts);
    const problems: string[] = [];
    page.on("pageerror", (error) => problems.push(String(error)));
    const accessible = async () => {
      if (hasScripts) expect(await violationsOf(page), page.url()).toEqual([]);
    };
    await buy(page, "NORD", "10.5", "120", "2023-01-05");
    for (const { name, fields, rows } of kinds) {
      await page.goto(`${program.url}${root}`);
      await page.getByRole("link", { name, exact: true }).click();
      await page.getByRole("heading", { name, exact: true }).waitFor();
      await accessible();
      // Nothing is lost by a field that is missing.
      const entries = Object.entries(fields);
      const [last] = entries.at(-1)!;
      for (const [label, value] of entries.slice(0, -1))
        await page.getByLabel(label, { exact: true }).fill(value);
      await page.locator("#date").fill("2024-03-04");
      await page.getByRole("button", { name: "See what is written" }).click();
      await page.locator("form .error").first().waitFor();
      expect(await page.getByLabel(entries[0]![0], { exact: true }).inputValue()).toBe(entries[0]![1]);
      await accessible();
      await page.getByLabel(last, { exact: true }).fill(fields[last as never]);
      await page.getByRole("button", { name: "See what is written" }).click();
      await page.getByRole("heading", { name: "What will be written on Mar 4, 2024" }).waitFor();
      const shown = page.locator("tbody tr");
      if (rows.length === 0) await page.getByText("1 of your transactions gets the symbol CURA").waitFor();
      else
        for (const [index, row] of rows.entries())
          expect((await shown.nth(index).textContent())!.replaceAll(/\s+/g, " ")).toContain(row);
      await accessible();
      await page.getByRole("button", { name: "Change it" }).click();
      expect(await page.getByLabel(last, { exact: true }).inputValue()).toBe(fields[last as never]);
      await page.getByRole("button", { name: "See what is written" }).click();
      await page.getByRole("button", { name: "Write it" }).click();
      await page.getByText("Written. Figures are being computed anew.").waitFor();
      await accessible();
      await page.getByRole("button", { name: "Undo it" }).click();
      await page.getByText("Undone. The ledger is as it was before.").waitFor();
      await accessible();
    }
    expect(problems).toEqual([]);
  },
);

test("who records the ticker after it was written for everybody is offered it at once", async () => {
  const operator = await signUp(true);
  const { rows } = await program.database.pool.query<{ email: string }>(
    "update users set role = 'operator' where user_id = (select max(user_id) from users) returning email",
  );
  expect(rows).toHaveLength(1);
  await operator.goto(`${program.url}${root}/new/spin-off`);
  await operator.getByLabel("For everybody who holds it").check();
  for (const [label, value] of Object.entries(kinds[0]!.fields))
    await operator.getByLabel(label, { exact: true }).fill(value);
  await operator.locator("#date").fill("2024-03-04");
  await operator.getByRole("button", { name: "See what is written" }).click();
  expect(await violationsOf(operator)).toEqual([]);
  await operator.getByRole("button", { name: "Write it for all of them" }).click();
  await operator.getByText(/^Written for /).waitFor();
  expect(await violationsOf(operator)).toEqual([]);

  const page = await signUp(true);
  await buy(page, "NORD", "8", "120", "2023-01-05");
  await page.getByText("Spin-off: NORD and CURA does not count it.").waitFor();
  await page.getByRole("link", { name: "Apply it to this too" }).click();
  await page.getByText("before you recorded yours").waitFor();
  expect(await violationsOf(page)).toEqual([]);
  await page.getByRole("button", { name: /Apply to mine too/ }).click();
  await page.getByText("Written. Figures are being computed anew.").waitFor();
  // And what is recorded after that is counted on request.
  await buy(page, "NORD", "4", "120", "2023-02-06");
  await page.getByRole("link", { name: "Apply it to this too" }).click();
  await page.getByRole("button", { name: "Apply to this too" }).click();
  await page.getByText("Applied. It counts everything").waitFor();
  expect(await violationsOf(page)).toEqual([]);
});
