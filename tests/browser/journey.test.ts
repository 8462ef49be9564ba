import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { launchBrowser, recordTrade } from "../support/browser.ts";
import { type Program, startProgram } from "../support/program.ts";

let program: Program;
let browser: Browser;

beforeAll(async () => {
  program = await startProgram();
  await program.engine.run({ triggerKind: "manual", triggerName: "test", selection: "raw_fred+" });
  await program.engine.start();
  browser = await launchBrowser();
});
afterAll(() => browser.close());

const password = "correct horse battery";

interface Trade {
  readonly ticker: string;
  readonly type?: "Buy" | "Sell";
  readonly quantity: string;
  readonly price: string;
  readonly date: string;
}

/** A page of somebody new; what goes wrong in its scripts fails the test. */
async function signUp(context: BrowserContext, email: string): Promise<{ page: Page; problems: string[] }> {
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  const problems: string[] = [];
  page.on("pageerror", (error) => problems.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error" && !message.text().includes("422")) problems.push(message.text());
  });
  await page.goto(`${program.url}/create-account`);
  await page.getByLabel("Email").fill(email);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Create account" }).click();
  await page.getByRole("heading", { name: "Your portfolio starts with one trade" }).waitFor();
  return { page, problems };
}

async function fillTrade(page: Page, { ticker, type = "Buy", quantity, price, date }: Trade): Promise<void> {
  await page.goto(`${program.url}/transactions`);
  await page.getByLabel("Ticker", { exact: true }).fill(ticker);
  await page.getByLabel(type, { exact: true }).check();
  await page.getByLabel("Quantity").fill(quantity);
  await page.getByLabel("Price, USD").fill(price);
  await page.getByLabel("Date").fill(date);
}

async function logTrade(page: Page, trade: Trade): Promise<void> {
  await fillTrade(page, trade);
  await recordTrade(page);
}

const portfolioValue = (page: Page) => page.locator(".headline .value").textContent();
const valueLine = (page: Page) => page.locator("#value path.series-value").getAttribute("d");

describe("an investor", () => {
  test("registers, logs a trade of a ticker nobody has used, and sees the chart; a second trade changes it at once", async () => {
    const context = await browser.newContext({ locale: "en-US" });
    const { page, problems } = await signUp(context, "ada@example.com");

    await page.getByRole("link", { name: "Log your first trade" }).click();
    await page.getByLabel("Ticker", { exact: true }).pressSequentially("wrl");
    await page.getByRole("option", { name: /WRLD/ }).waitFor();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    expect(await page.getByLabel("Ticker", { exact: true }).inputValue()).toBe("WRLD");
    await page.getByLabel("Quantity").fill("10");
    await page.getByLabel("Price, USD").fill("120.25");
    await page.getByLabel("Fee, USD").fill("1");
    await page.getByLabel("Date").fill("2022-05-05");
    expect(await page.locator("#total").textContent()).toBe("$1,203.50");
    await recordTrade(page);
    await page.getByRole("row", { name: /WRLD.*\$1,203\.50/ }).waitFor();

    await page.goto(`${program.url}/portfolio`);
    await page.locator("#value path.series-value").waitFor();
    await page.getByText("is being fetched").waitFor({ state: "detached" });
    const dashboard = page;
    await dashboard.evaluate("window.loadedOnce = true");
    const before = { value: await portfolioValue(dashboard), path: await valueLine(dashboard) };

    const second = await context.newPage();
    await logTrade(second, { ticker: "WRLD", quantity: "5", price: "150", date: "2023-05-05" });
    await dashboard.locator(".headline .value", { hasNotText: before.value! }).waitFor();
    await expect.poll(() => valueLine(dashboard)).not.toBe(before.path);
    expect(await dashboard.locator("#updated").textContent()).toMatch(/^Updated /);
    expect(await dashboard.evaluate("window.loadedOnce")).toBe(true);

    const after = await portfolioValue(dashboard);
    await second.getByRole("link", { name: /Delete BUY WRLD of May 5, 2023/ }).click();
    await second.getByText("WRLD held: from 15 to 10").waitFor();
    await second.getByRole("button", { name: "Delete trade" }).click();
    await second.getByText("Deleted.").waitFor();
    await dashboard.locator(".headline .value", { hasNotText: after! }).waitFor();
    expect(await portfolioValue(dashboard)).toBe(before.value);
    expect(problems).toEqual([]);
    await context.close();
  });

  test("who clicks twice has booked once", async () => {
    const context = await browser.newContext({ locale: "en-US" });
    const { page } = await signUp(context, "twice@example.com");
    await fillTrade(page, { ticker: "NORD", quantity: "1", price: "", date: "2024-01-05" });
    await page.getByLabel("Date").blur();
    await page.getByText("Suggested price: the close of Jan 5, 2024.").waitFor();
    // Faster than the script that disables the button: two submissions of one form.
    await page.evaluate(`(async () => {
      const send = () => fetch("/transactions", {
        method: "POST",
        body: new URLSearchParams(new FormData(document.getElementById("trade"))),
      });
      await Promise.all([send(), send()]);
    })()`);
    await page.goto(`${program.url}/transactions`);
    expect(await page.locator("table.ledger tbody tr").count()).toBe(1);
    await context.close();
  });

  test("keeps what was typed when it is refused, and is told why beside the field", async () => {
    const context = await browser.newContext({ locale: "en-US" });
    const { page, problems } = await signUp(context, "refused@example.com");
    await logTrade(page, { ticker: "NORD", quantity: "2", price: "100", date: "2024-01-05" });
    await fillTrade(page, { ticker: "NORD", type: "Sell", quantity: "3", price: "110", date: "2024-02-05" });
    await page.getByRole("button", { name: "Record trade" }).click();
    // Before its price is asked about.
    await page.locator("#quantity-help .error").waitFor();
    expect(await page.locator("#quantity-help").textContent()).toContain("You held 2 NORD on Feb 5, 2024");
    expect(await page.getByLabel("Quantity").inputValue()).toBe("3");
    expect(await page.getByLabel("Date").inputValue()).toBe("2024-02-05");
    expect(await page.getByLabel("Sell", { exact: true }).isChecked()).toBe(true);

    await page.getByLabel("Ticker", { exact: true }).fill("NO SUCH");
    await page.getByRole("button", { name: "Record trade" }).click();
    await page.locator("#ticker-help .error").waitFor();
    expect(await page.getByLabel("Ticker", { exact: true }).inputValue()).toBe("NO SUCH");
    expect(problems).toEqual([]);
    await context.close();
  });

  test("reads the chart with the arrow keys and with the pointer", async () => {
    const context = await browser.newContext({ locale: "en-US" });
    const { page } = await signUp(context, "keys@example.com");
    await logTrade(page, { ticker: "NORD", quantity: "2", price: "100", date: "2024-01-05" });
    await page.goto(`${program.url}/portfolio`);
    const plot = page.locator("#value .plot");
    const tooltip = page.locator("#value .tooltip");
    await plot.waitFor();
    // The trade's own figures may arrive, and the page be swapped, between any two of these: done again, they hold.
    const firstDay = async () => {
      await plot.focus();
      await page.keyboard.press("Home");
      return await tooltip.textContent();
    };
    await expect
      .poll(firstDay, { timeout: 20_000 })
      .toMatch(/^Jan 5, 2024Market value\$[\d,.]+Net deposits\$200\.00Gain-?\$[\d,.]+(Regime[A-Z][a-z]+)?$/);
    const visibleAfter = async (act: () => Promise<unknown>) => {
      await act();
      return await tooltip.isVisible();
    };
    await expect
      .poll(() => visibleAfter(() => page.keyboard.press("Escape")), { timeout: 20_000 })
      .toBe(false);
    await expect.poll(() => visibleAfter(() => plot.hover()), { timeout: 20_000 }).toBe(true);
    await context.close();
  });

  test("does all of it without JavaScript", async () => {
    const context = await browser.newContext({ locale: "en-US", javaScriptEnabled: false });
    const { page } = await signUp(context, "plain@example.com");
    await logTrade(page, { ticker: "NORD", quantity: "2", price: "100", date: "2024-01-05" });
    await page.goto(`${program.url}/portfolio`);
    while (!(await page.locator("#value path.series-value").isVisible())) await page.reload();
    await page.getByRole("link", { name: "1M", exact: true }).click();
    expect(page.url()).toContain("range=1M");
    await page.getByText("Figures as a table").first().click();
    expect(await page.locator("#value table tbody tr").count()).toBeGreaterThan(20);
    await page.goto(`${program.url}/transactions`);
    await page.getByRole("link", { name: /^Delete BUY NORD/ }).click();
    await page.getByRole("button", { name: "Delete trade" }).click();
    await page.getByText("No trades yet.").waitFor();
    await context.close();
  });
});

test("an operator materializes an asset and watches the run end without reloading", async () => {
  const context = await browser.newContext({ locale: "en-US" });
  const page = await context.newPage();
  await page.goto(`${program.url}/sign-in?next=/assets`);
  await page.getByLabel("Email").fill("ada@example.com");
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("link", { name: "fct_macro_regimes" }).first().click();
  await page.getByRole("heading", { name: /fct_macro_regimes/ }).waitFor();
  await page.getByRole("button", { name: "Show the plan" }).click();
  await page.getByRole("row", { name: /fct_macro_regimes/ }).waitFor();
  await page.getByRole("button", { name: "Materialize" }).click();
  await page.waitForURL(/\/runs\/\d+/);
  await page.locator(".page-head .state.succeeded").waitFor();
  await page.locator("#of-fct_macro_regimes .state.succeeded").waitFor();

  await page.goto(`${program.url}/automation`);
  await page.getByRole("button", { name: /Switch off: monthly_fred_macro_refresh/ }).click();
  await page.getByRole("button", { name: /Switch on: monthly_fred_macro_refresh/ }).waitFor();
  await context.close();
});
