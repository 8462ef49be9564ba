import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { AxeResults } from "axe-core";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { launchBrowser, recordTrade } from "../support/browser.ts";
import { type Program, startProgram } from "../support/program.ts";

let program: Program;
let browser: Browser;

beforeAll(async () => {
  program = await startProgram();
  await program.engine.run({
    triggerKind: "manual",
    triggerName: "test",
    selection: "raw_prices",
    partitions: ["NORD"],
  });
  const { rows } = await program.database.pool.query<{ close: string }>(
    // As it was quoted then: the synthetic market has split since.
    `select round(close * coalesce(ratio, 1), 2) as close
     from raw_prices
     left join raw_corporate_actions as splits
       on splits.ticker = raw_prices.ticker
       and action_type = 'split'
       and action_date > price_date
     where raw_prices.ticker = 'NORD'
       and price_date = '2024-02-02'`,
  );
  csv = csv.replace("PRICE", rows[0]!.close.replace(".", ","));
  browser = await launchBrowser();
});
afterAll(() => browser.close());

/** The ledger of somebody new; what goes wrong in its scripts fails the test that asks for `problems`. */
async function signUp(options: BrowserContextOptions = {}): Promise<{ page: Page; problems: string[] }> {
  const context = await browser.newContext({ locale: "en-US", ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  const problems: string[] = [];
  page.on("pageerror", (error) => problems.push(String(error)));
  await page.goto(`${program.url}/create-account`);
  await page.getByLabel("Email").fill(`${crypto.randomUUID()}@example.com`);
  await page.getByLabel("Password").fill("correct horse battery");
  await page.getByRole("button", { name: "Create account" }).click();
  await page.waitForURL(/\/portfolio/);
  await page.goto(`${program.url}/transactions`);
  return { page, problems };
}

let csv = `Datum;Typ;Symbol;Anzahl;Kurs;Gebühr
05.01.2024;Kauf;NORD;10;1.120,50;1,00
02.02.2024;Verkauf;NORD;4;PRICE;1,00
03.02.2024;Kauf;N_ORD;1;2;0
04.02.2024;Dividende;NORD;1;2;0
`;

const ledgerRows = (page: Page) => page.locator("table.ledger tbody tr");

test("a broker's file is chosen, previewed, corrected, imported, exported and imported again", async () => {
  const { page, problems } = await signUp();
  await page.getByRole("link", { name: "Import", exact: true }).click();
  // It is shown by the script that reads what is chosen.
  await page.getByLabel("CSV file").waitFor();
  // As Excel saves it: not in UTF-8.
  await page
    .getByLabel("CSV file")
    .setInputFiles({ name: "trades.csv", mimeType: "text/csv", buffer: Buffer.from(csv, "latin1") });
  await page.getByText("trades.csv, 5 lines, is ready").waitFor();
  await page.getByRole("button", { name: "Preview" }).click();
  await page.getByRole("heading", { name: "Rows" }).waitFor();
  expect(await page.getByLabel("Fee (optional)").inputValue()).toBe("Gebühr");
  expect(await page.locator("table .row-status").allInnerTexts()).toEqual(["✕ ERROR", "▲ WARNING", "✓ OK"]);
  await page.getByText("3 trades, 1 dividend; dates with the day first").waitFor();
  await page.getByText(/NORD traded at .* on Jan 5, 2024, the price here is 1,120\.5/).waitFor();
  await page.getByText("1 dividend (Dividende)").waitFor();
  await page
    .getByRole("row", { name: /Jan 5, 2024.*NORD.*\$1,120\.50/ })
    .first()
    .waitFor();

  await page.getByRole("button", { name: "Import 3 trades" }).click();
  await page.getByText("Nothing was imported.").waitFor();
  await page.getByLabel("Import line 4").uncheck();
  await page.getByRole("button", { name: "Import 2 trades" }).click();
  await page.getByText("2 trades are in the ledger.").waitFor();
  expect(await ledgerRows(page).count()).toBe(2);

  const download = page.waitForEvent("download");
  await page.getByRole("link", { name: "Export CSV" }).click();
  const path = await (await download).path();
  await page.goto(`${program.url}/transactions/import`);
  await page.getByLabel("CSV file").waitFor();
  await page.getByLabel("CSV file").setInputFiles(path);
  await page.getByRole("button", { name: "Preview" }).click();
  await page.getByText("Nothing new here.").waitFor();
  expect(problems).toEqual([]);
  await page.context().close();
});

test("a file is pasted, imported, and a deletion undone, without JavaScript", async () => {
  const { page } = await signUp({ javaScriptEnabled: false });
  await page.goto(`${program.url}/transactions/import`);
  expect(await page.getByLabel("CSV file").isVisible()).toBe(false);
  await page.getByLabel("Or paste its text").fill(csv);
  await page.getByRole("button", { name: "Preview" }).click();
  await page.getByRole("button", { name: "Leave out the 1 with errors" }).click();
  await page.getByRole("button", { name: "Import 2 trades" }).click();
  await page.getByText("2 trades are in the ledger.").waitFor();
  await page.getByRole("link", { name: "Quantity" }).click();
  expect(await page.getByRole("columnheader", { name: "Quantity" }).getAttribute("aria-sort")).toBe(
    "descending",
  );
  await page.getByLabel("Filter by Type").selectOption("Sell");
  await page.getByRole("button", { name: "Show" }).click();
  expect(await ledgerRows(page).count()).toBe(1);
  await page.getByRole("link", { name: /^Delete SELL NORD/ }).click();
  await page.getByRole("button", { name: "Delete trade" }).click();
  await page.getByRole("button", { name: "Undo" }).click();
  await page.getByText("is in the ledger again").waitFor();
  expect(await ledgerRows(page).count()).toBe(2);
  await page.context().close();
});

test("what is no trade is recorded with one choice for each kind, which the button counts", async () => {
  const { page, problems } = await signUp();
  await page.goto(`${program.url}/transactions/import`);
  await page.getByLabel("Or paste its text").fill(`date,type,ticker,quantity,price,amount,tax,currency
2024-01-05,Buy,NORD,10,1120.50,,,USD
2024-02-04,Dividend,NORD,,,20,3,USD
2024-01-04,Deposit,,,,12000,,USD
2024-02-05,Fee,,,,-5,,USD
2024-02-06,Split,NORD,10,,,,USD
`);
  await page.getByRole("button", { name: "Preview" }).click();
  await page.getByRole("button", { name: "Import 1 trade and 1 other row" }).waitFor();
  await page.getByLabel("Record 1 dividend, and count it instead of the market's").check();
  await page.getByRole("button", { name: "Import 1 trade and 2 other rows" }).waitFor();
  await page.getByLabel("Record 1 deposit, and keep this account's cash").check();
  await page.getByRole("button", { name: "Check again" }).last().click();
  // 12,000 less 11,205 for the shares and 5 of costs, and 20 of income.
  await page.getByText("The account's cash comes to $810.00.").waitFor();
  await page.getByRole("button", { name: "Import 1 trade and 3 other rows" }).click();
  await page.getByText("1 trade and 3 other rows are in the ledger.").waitFor();
  await program.engine.refresh("transaction_sensor");
  await page.goto(`${program.url}/cash`);
  await page.getByText("$810.00").first().waitFor();
  expect(problems).toEqual([]);
  await page.context().close();
});

describe("the trade form", () => {
  test("has a new ticker's prices fetched while it is filled in, and says what was traded on the day", async () => {
    const { page, problems } = await signUp();
    const form = page.locator("#trade");
    const facts = page.locator("#ticker-facts");
    await form.getByLabel("Date").fill("2024-03-05");
    await form.getByLabel("Ticker").fill("WRLD");
    await form.getByLabel("Ticker").blur();
    await facts.getByText(/\. Prices since [A-Z][a-z]{2} \d/).waitFor();
    await page.getByText(/^Traded on Mar 5, 2024: [\d.,]+ to [\d.,]+\.$/).waitFor();
    await page.getByText("Suggested price: the close of Mar 5, 2024.").waitFor();
    const { rows } = await program.database.pool.query("select from transactions where ticker = 'WRLD'");
    expect(rows).toEqual([]);

    await form.getByLabel("Date").fill("1980-01-04");
    await form.getByLabel("Date").blur();
    await facts.getByText("Before that day it is valued at the price paid.").waitFor();
    expect(await page.locator("#traded").textContent()).toBe("");

    await form.getByLabel("Ticker").fill("NOSUCH");
    await form.getByLabel("Ticker").blur();
    await facts.getByText(/has no ticker NOSUCH\.$/).waitFor();
    await form.getByLabel("Ticker").fill("");
    await form.getByLabel("Ticker").blur();
    await page.locator("#ticker-facts:empty").waitFor({ state: "attached" });
    expect(problems).toEqual([]);
    await page.context().close();
  });

  test("says what is available and suggests the close of the day, but never over what was typed", async () => {
    const { page, problems } = await signUp();
    const form = page.locator("#trade");
    const price = form.getByLabel("Price, USD");
    await form.getByLabel("Ticker").fill("NORD");
    await form.getByLabel("Date").fill("2024-01-05");
    await form.getByLabel("Date").blur();
    await page.getByText("Suggested price: the close of Jan 5, 2024.").waitFor();
    const first = await price.inputValue();
    expect(Number(first)).toBeGreaterThan(0);
    await form.getByLabel("Quantity").fill("2");
    expect(await page.locator("#total").textContent()).toMatch(/^\$\d/);
    await form.getByLabel("Date").fill("2024-02-05");
    await form.getByLabel("Date").blur();
    await page.getByText("Suggested price: the close of Feb 5, 2024.").waitFor();
    expect(await price.inputValue()).not.toBe(first);

    await price.fill("123.45");
    expect(await page.locator("#suggestion").textContent()).toBe("");
    await recordTrade(page);
    await form.getByLabel("Ticker").fill("nord");
    await price.fill("99");
    await form.getByLabel("Sell", { exact: true }).check();
    // Two then, four since the split of June 2024.
    await page.getByText("Available: 4").waitFor();
    expect(await price.inputValue()).toBe("99");
    await form.getByLabel("Date").fill("2024-01-05");
    await form.getByLabel("Date").blur();
    await page.getByText("Available: 0").waitFor();
    expect(problems).toEqual([]);
    await page.context().close();
  });
});

test("who types a ticker is told when not all of them can be offered, and keeps what was typed", async () => {
  const { page, problems } = await signUp();
  const ticker = page.locator("#trade").getByLabel("Ticker");
  const status = page.locator("#search-problem");
  const known = { ticker: "NORD", name: "Nordic", asset_class: "stock", exchange: null };
  await page.route("**/api/tickers?q=NO", (route) =>
    route.fulfill({ json: { tickers: [known], is_complete: false } }),
  );
  await ticker.fill("NO");
  await status.filter({ hasText: "does not answer: only tickers that are known here" }).waitFor();
  expect(await page.locator("#ticker-options li").allTextContents()).toEqual([
    "NORDStockNordic",
    await status.textContent(),
  ]);
  await page.keyboard.press("ArrowUp"); // the last of the offers, which the problem is not
  await page.keyboard.press("Enter");
  expect(await ticker.inputValue()).toBe("NORD");

  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  await page.route("**/api/tickers?q=NOR", async (route) => {
    await released;
    await route.abort();
  });
  await ticker.fill("NOR");
  await status.filter({ hasText: "is slow to answer. A ticker typed in full will do." }).waitFor();
  release();
  await status.filter({ hasText: "Tickers cannot be looked up now." }).waitFor();
  expect(await ticker.inputValue()).toBe("NOR");

  await page.route("**/api/tickers?q=N", (route) =>
    route.fulfill({ json: { tickers: [known], is_complete: true } }),
  );
  await ticker.fill("N");
  await page.getByRole("option", { name: "NORD" }).waitFor();
  expect(await status.textContent()).toBe("");
  expect(problems).toEqual([]);
  await page.context().close();
});

test("the rows of a preview are labelled cards on a phone, and a table where there is room", async () => {
  const { page } = await signUp({ viewport: { width: 360, height: 900 } });
  await page.goto(`${program.url}/transactions/import`);
  await page.getByLabel("Or paste its text").fill(csv);
  await page.getByRole("button", { name: "Preview" }).click();
  const row = page.getByRole("row", { name: /Jan 5, 2024.*NORD.*\$1,120\.50/ }).first();
  await row.waitFor();
  const labels = () =>
    page.evaluate(
      `[...document.querySelector(".import-rows tbody tr").children]
        .map(cell => getComputedStyle(cell, "::before").content.split('"')[1] ?? "")`,
    );
  const names = ["Import", "Line", "Status", "Date", "Type", "Ticker", "Quantity", "Price", "Fee"];
  expect(await labels()).toEqual(names);
  for (const cell of await row.locator("td, th").all())
    expect((await cell.boundingBox())!.x).toBeLessThan(300);
  await page.setViewportSize({ width: 1440, height: 900 });
  expect(await labels()).toEqual(names.map(() => ""));
  await page.getByRole("button", { name: "Leave out" }).click();
  await page.getByRole("button", { name: "Import 2 trades" }).click();
  const fee = page.locator("table.ledger td .summary").first();
  await fee.waitFor({ state: "attached" });
  expect(await fee.isVisible()).toBe(false);
  await page.setViewportSize({ width: 360, height: 900 });
  expect(await fee.isVisible()).toBe(true);
  await page.context().close();
});

const axe = readFileSync(fileURLToPath(import.meta.resolve("axe-core/axe.min.js")), "utf8");

describe.each(["light", "dark"] as const)("in %s", (colorScheme) => {
  test.each([360, 1440])("the pages break no rule of axe and stay within %i px", async (width) => {
    const { page } = await signUp({ colorScheme, viewport: { width, height: 900 }, bypassCSP: true });
    const problems: string[] = [];
    const inspect = async (): Promise<void> => {
      await page.evaluate(axe);
      const { violations } = (await page.evaluate("axe.run()")) as AxeResults;
      for (const { id, nodes } of violations)
        problems.push(`${page.url()}: ${id}: ${nodes.map(({ target }) => target.join(" ")).join(", ")}`);
      if (await page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))
        problems.push(`${page.url()}: wider than the window`);
    };
    await page.goto(`${program.url}/transactions/import`);
    await inspect();
    await page.getByLabel("Or paste its text").fill("a,b\n1,2");
    await page.getByRole("button", { name: "Preview" }).click();
    await page.getByText("It cannot be read yet.").waitFor();
    await inspect();
    await page.getByLabel("Text").fill(csv);
    await page.getByRole("button", { name: "Check again" }).last().click();
    await page.getByRole("heading", { name: "Rows" }).waitFor();
    await inspect();
    await page.getByRole("button", { name: "Leave out" }).click();
    await page.getByRole("button", { name: "Import 2 trades" }).click();
    await page.getByText("2 trades are in the ledger.").waitFor();
    await page.goto(`${program.url}/transactions?ticker=NORD&sort=-total&from=2024-06-01&to=2024-01-01`);
    await inspect();
    await page.goto(`${program.url}/transactions?sort=-total`);
    await inspect();
    await page.getByRole("link", { name: /^Delete BUY/ }).click();
    await page.getByText("A later sale of NORD needs it.").waitFor();
    await inspect();
    await page.goBack();
    await page.getByRole("link", { name: /^Delete SELL/ }).click();
    await inspect();
    await page.getByRole("button", { name: "Delete trade" }).click();
    await page.getByText("Deleted.").waitFor();
    await inspect();
    await page.goto(`${program.url}/transactions/deleted`);
    await inspect();
    expect(problems).toEqual([]);
    await page.context().close();
  });
});

test("how far the check has come is shown while the browser waits for it", async () => {
  const { page, problems } = await signUp();
  await page.goto(`${program.url}/transactions/import`);
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  await page.route("**/transactions/import/progress", (route) =>
    route.fulfill({ json: { rows: 12, checked: 3, total: 8 } }),
  );
  await page.route("**/transactions/import", async (route) => {
    await released;
    await route.continue();
  });
  await page.getByLabel("Or paste its text").fill(csv);
  // The page itself tells: whoever asks it from outside waits for the navigation to end.
  await page.evaluate(`{
    const lookups = document.getElementById("import-lookups");
    const bar = lookups.querySelector("progress");
    new MutationObserver(() => console.log(lookups.innerText.trim() + ", " + bar.value + "/" + bar.max))
      .observe(lookups, { childList: true, subtree: true });
  }`);
  const shown = page.waitForEvent("console");
  await page.getByRole("button", { name: "Preview" }).click({ noWaitAfter: true });
  expect((await shown).text()).toBe("3 of 8 new tickers looked up, for 12 rows, 3/8");
  release();
  await page.getByRole("heading", { name: "Rows" }).waitFor();
  expect(problems).toEqual([]);
  await page.context().close();
});
