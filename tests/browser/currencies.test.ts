import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { AxeResults } from "axe-core";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { launchBrowser, recordTrade } from "../support/browser.ts";
import { insertNairobiLedger, insertNairobiMarket } from "../support/nairobi.ts";
import { type Program, startProgram } from "../support/program.ts";

const axe = readFileSync(fileURLToPath(import.meta.resolve("axe-core/axe.min.js")), "utf8");

let program: Program;
let browser: Browser;
let page: Page;
const problems: string[] = [];

beforeAll(async () => {
  program = await startProgram();
  await insertNairobiMarket(program.database.pool);
  await program.engine.refresh("transaction_sensor");
  browser = await launchBrowser();
  const context = await browser.newContext({ locale: "en-US" });
  page = await context.newPage();
  page.setDefaultTimeout(10_000);
  page.on("pageerror", (error) => problems.push(String(error)));
  await page.goto(`${program.url}/create-account`);
  await page.getByLabel("Email").fill("wanjiku@example.com");
  await page.getByLabel("Password").fill("correct horse battery");
  await page.getByRole("button", { name: "Create account" }).click();
  await page.getByRole("heading", { name: "Your portfolio starts with one trade" }).waitFor();
});
afterAll(() => browser.close());

/** The form with a ticker and a day chosen, as soon as it says in what the ticker is quoted. */
async function choose(ticker: string, unit: string): Promise<void> {
  await page.goto(`${program.url}/transactions`);
  await page.getByLabel("Date", { exact: true }).fill("2024-03-04");
  await page.getByLabel("Ticker", { exact: true }).fill(ticker);
  await page.getByLabel("Ticker", { exact: true }).blur();
  await page.getByLabel(`Price, ${unit}`, { exact: true }).waitFor();
}

const stored = async (ticker: string) => {
  const { rows } = await program.database.pool.query<Record<string, string | null>>(
    `select trim_scale(price) as price, trim_scale(fee) as fee, currency, fx_rate, fx_currency
     from bronze.transactions where ticker = $1 order by transaction_id desc limit 1`,
    [ticker],
  );
  return rows[0];
};

/** What `request` did, once it has been answered. */
const record = (): Promise<void> => recordTrade(page);

describe("the form of a trade", () => {
  test("asks for dollars, and nothing else, of who has nothing else", async () => {
    await choose("NORD", "USD");
    expect(await page.locator("#unit, #fx_rate").count()).toBe(0);
    expect(await page.getByLabel("Fee, USD").count()).toBe(1);
  });

  test("asks for pence where they are quoted, and takes pounds just as well", async () => {
    await choose("SMTT.L", "pence");
    const pence = await page.getByLabel("Price, pence").inputValue();
    expect(pence).toMatch(/^8\d\d(\.\d+)?$/);
    expect(await page.getByLabel("Fee, pence").count()).toBe(1);
    await page.getByLabel("GBP", { exact: true }).check();
    await page.getByLabel("Price, GBP").waitFor();
    expect(Number(await page.getByLabel("Price, GBP").inputValue())).toBeCloseTo(Number(pence) / 100, 10);
    await page.getByLabel("pence", { exact: true }).check();
    await page.getByLabel("Quantity").fill("10");
    await page.getByLabel("Price, pence").fill("805.5");
    await page.getByLabel("Fee, pence").fill("595");
    expect(await page.locator("#total").textContent()).toBe("£86.50");
    await record();
    expect(await stored("SMTT.L")).toMatchObject({ price: "8.055", fee: "5.95", currency: "GBP" });
    await page.getByText("at £8.055 on Mar 4, 2024").first().waitFor();
    await choose("SMTT.L", "pence");
    await page.getByLabel("GBP", { exact: true }).check();
    await page.getByLabel("Quantity").fill("10");
    await page.getByLabel("Price, GBP").fill("8.055");
    await page.getByLabel("Fee, GBP").fill("5.95");
    expect(await page.locator("#total").textContent()).toBe("£86.50");
    await record();
    expect(await stored("SMTT.L")).toMatchObject({ price: "8.055", fee: "5.95", currency: "GBP" });
  });

  test("offers a rate of one's own where the ticker's currency is not one's own, and says the day's", async () => {
    await insertNairobiLedger(program.database.pool, 1);
    await program.engine.refresh("transaction_sensor");
    await choose("SPFD", "USD");
    const rate = page.getByLabel("Exchange rate, KES for one USD");
    await page.getByText(/Leave it empty for the day’s: 126\.?\d*/).waitFor();
    await page.getByLabel("Quantity").fill("1");
    await page.getByLabel("Price, USD").fill("500");
    await rate.fill("131.5");
    await record();
    expect(await stored("SPFD")).toMatchObject({ price: "500", fx_rate: "131.5", fx_currency: "KES" });
    await choose("SCOM.XNAI", "KES");
    expect(await page.locator("#fx_rate").count()).toBe(0);
  });

  test("comes back as it was typed, with the unit and what is wrong", async () => {
    await choose("SMTT.L", "pence");
    await page.getByLabel("GBP", { exact: true }).check();
    await page.getByLabel("Quantity").fill("10");
    await page.getByLabel("Price, GBP").fill("8.05");
    await page.getByLabel("Exchange rate, KES for one GBP").fill("many");
    await page.getByRole("button", { name: "Record trade" }).click();
    await page.locator("#fx_rate-help .error").waitFor();
    expect(await page.getByLabel("Price, GBP").inputValue()).toBe("8.05");
    expect(await page.locator("#unit input:checked").inputValue()).toBe("GBP");
    expect(await page.getByLabel("Exchange rate, KES for one GBP").inputValue()).toBe("many");
  });

  test("asks for no currency that it cannot know", async () => {
    await page.goto(`${program.url}/transactions`);
    await page.getByLabel("Price", { exact: true }).waitFor();
    await page.getByLabel("Ticker", { exact: true }).fill("ELSE.PA");
    await page.getByLabel("Ticker", { exact: true }).blur();
    await page.getByText("In the currency that it is quoted in; not in pence or cents.").waitFor();
    expect(problems).toEqual([]);
  });
});

describe("the ledger", () => {
  test("shows each trade in what it was paid in", async () => {
    await page.goto(`${program.url}/transactions`);
    await page.getByRole("row", { name: /SCOM\.XNAI.*KES.23\.50.*KES.120\.00.*KES.235,120\.00/ }).waitFor();
    await page.getByRole("row", { name: /NASP\.JO.*R.3,050\.00.*R.60\.00.*R.24,460\.00/ }).waitFor();
    await page.getByRole("row", { name: /COIN-USD.*\$42,000\.00.*\$4\.20.*\$2,104\.20/ }).waitFor();
    await page.getByRole("link", { name: /Delete BUY NASP\.JO/ }).click();
    await page.getByText(/NASP\.JO at R.3,050\.00/).waitFor();
    await page.getByRole("button", { name: "Delete trade" }).click();
    await page.getByText("Deleted.").waitFor();
    await page.goto(`${program.url}/transactions/deleted`);
    await page.getByRole("row", { name: /NASP\.JO.*R.24,460\.00/ }).waitFor();
  });
});

describe("pages in several currencies", () => {
  test.each([1280, 360])(
    "break no rule of axe and do not run over the edge at %i px",
    async (width) => {
      const context = await browser.newContext({
        locale: "en-US",
        viewport: { width, height: 800 },
        bypassCSP: true, // axe is not one of our scripts
        storageState: await page.context().storageState(),
      });
      const looked = await context.newPage();
      const found: unknown[] = [];
      for (const path of [
        "/portfolio?from=2024-06-01&to=2025-05-31&benchmark=SPFD",
        "/portfolio/performance?from=2024-06-01&to=2025-05-31&benchmark=SPFD",
        "/tickers/SMTT.L",
        "/explain/currency_effect",
        "/explain/market_value?ticker=SPFD",
        "/transactions",
      ]) {
        await looked.goto(program.url + path);
        if (path === "/transactions") {
          await looked.getByLabel("Ticker", { exact: true }).fill("SMTT.L");
          await looked.getByLabel("Ticker", { exact: true }).blur();
          await looked.getByLabel("Price, pence", { exact: true }).waitFor();
        }
        await looked.evaluate(axe);
        const { violations } = (await looked.evaluate("axe.run()")) as AxeResults;
        const over = await looked.evaluate("document.documentElement.scrollWidth - innerWidth");
        found.push(
          ...violations.map(({ id, nodes }) => [path, id, nodes[0]?.html]),
          ...(Number(over) > 0 ? [[path, over]] : []),
        );
      }
      expect(found).toEqual([]);
      await context.close();
    },
    60_000,
  );
});

describe("the account", () => {
  test("chooses the base currency, and says what is none", async () => {
    await page.goto(`${program.url}/account`);
    expect(await page.getByLabel("Currency", { exact: true }).inputValue()).toBe("KES");
    await page.getByLabel("Currency", { exact: true }).fill("QQQ");
    await page.getByRole("button", { name: "Save currency" }).click();
    await page.getByText("Enter the three letters of a currency, such as USD, EUR or KES.").waitFor();
    expect(await page.getByLabel("Currency", { exact: true }).inputValue()).toBe("QQQ");
    await page.getByLabel("Currency", { exact: true }).fill("gbp");
    await page.getByRole("button", { name: "Save currency" }).click();
    await page.getByText("Your base currency is saved.").waitFor();
    await program.engine.refresh("transaction_sensor");
    await page.goto(`${program.url}/portfolio?range=Max`);
    expect(await page.locator(".headline .value").textContent()).toMatch(/^£[\d,]+\.\d\d$/);
  });
});
