import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { launchBrowser } from "../support/browser.ts";
import { type Program, startProgram } from "../support/program.ts";

// What somebody watches, and which weights they aim at: with and without JavaScript, on a phone and at a desk.

const password = "correct horse battery";
let program: Program;
let browser: Browser;

beforeAll(async () => {
  program = await startProgram();
  await program.engine.run({
    triggerKind: "manual",
    triggerName: "test",
    selection: "raw_prices",
    partitions: ["AGGB"],
  });
  for (const name of ["with", "without"])
    await fetch(`${program.url}/auth/register`, {
      method: "POST",
      headers: { Origin: program.url, "Content-Type": "application/json" },
      body: JSON.stringify({ email: `${name}@example.org`, password }),
    });
  await program.database.pool.query(
    `insert into transactions (user_id, ticker, transaction_type, quantity, price, transaction_date)
     select user_id, ticker, 'BUY', quantity, 120, '2022-05-05'
     from users, (values ('NORD', 100), ('WRLD', 40), ('SYNC-USD', 0.5)) as bought (ticker, quantity)`,
  );
  await program.engine.refresh("transaction_sensor");
  browser = await launchBrowser();
});
afterAll(() => browser.close());

async function open(email: string, options: BrowserContextOptions): Promise<Page> {
  const context = await browser.newContext({ locale: "en-US", ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  await page.goto(`${program.url}/sign-in`);
  await page.getByLabel("Email").fill(email);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL(/portfolio/);
  return page;
}

const phone = { viewport: { width: 360, height: 760 } };
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** By rule. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  return page.evaluate("axe.run().then(({ violations }) => violations.map(({ id }) => id))");
}

const isWiderThanScreen = (page: Page): Promise<boolean> =>
  page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth");

describe.each([
  { name: "with", javaScriptEnabled: true },
  { name: "without", javaScriptEnabled: false },
])("$name JavaScript", ({ name, javaScriptEnabled }) => {
  let page: Page;
  beforeAll(async () => {
    page = await open(`${name}@example.org`, { javaScriptEnabled });
  });
  afterAll(() => page.context().close());

  test("a ticker is watched, told of, bought from there, removed, and brought back", async () => {
    await page.getByRole("link", { name: "Watchlist", exact: true }).first().click();
    await page.getByText("Nothing is watched yet.").waitFor();
    const field = page.getByRole(javaScriptEnabled ? "combobox" : "textbox", { name: "Watch a ticker" });
    await field.fill("no such");
    await page.getByRole("button", { name: "Watch" }).click();
    await page.locator("#ticker-help .error").waitFor();
    await field.fill("aggb");
    if (javaScriptEnabled) await page.getByRole("option", { name: /AGGB/ }).click();
    await page.getByRole("button", { name: "Watch" }).click();
    await page.getByText("Watching AGGB.").waitFor();
    const row = page.getByRole("row", { name: /AGGB/ });
    expect(await row.getByRole("img", { name: /Price over a year/ }).count()).toBe(1);
    expect(await row.textContent()).toMatch(/[+−-]\d+\.\d\d%/);
    await row.getByRole("link", { name: "Buy AGGB" }).click();
    await page.waitForURL(/transactions/);
    expect(await page.getByLabel("Ticker", { exact: true }).inputValue()).toBe("AGGB");
    await page.goto(`${program.url}/watchlist`);
    await page.getByRole("button", { name: "Remove AGGB" }).click();
    await page.getByText("You no longer watch AGGB.").waitFor();
    await page.getByRole("button", { name: "Undo" }).click();
    await page.getByText("Watching AGGB.").waitFor();
  });

  test("targets are said at once, refused above the whole, and what to buy or sell stands beside them", async () => {
    await page.goto(`${program.url}/portfolio`);
    await page.getByRole("link", { name: "Targets", exact: true }).first().click();
    await page.getByText("Say below which part of the whole").waitFor();
    const target = (ticker: string) => page.getByLabel(`Target of ${ticker}, in percent`);
    await target("NORD").fill("70");
    await target("AGGB").fill("40.5");
    await page.getByRole("button", { name: "Save targets" }).click();
    await page
      .getByText("The targets come to 110.5 %, and there is only 100 % to give; take 10.5 points off")
      .waitFor();
    expect(await target("AGGB").inputValue()).toBe("40.5");
    await target("NORD").fill("30");
    await target("WRLD").fill("a third");
    await page.getByRole("button", { name: "Save targets" }).click();
    await page.getByText("is no number").waitFor();
    await target("WRLD").fill("9.5");
    await target("SYNC-USD").fill("20");
    await page.getByRole("button", { name: "Save targets" }).click();
    await page.getByText("Saved.").waitFor();
    const rowOf = (ticker: string) => page.getByRole("row", { name: new RegExp(`^${ticker}`) });
    expect(await rowOf("AGGB").textContent()).toMatch(/Buy \d+/);
    expect(await page.getByText("Sales bring").count()).toBe(1);
    await page.getByLabel(/^Money to add/).fill("1,000");
    await page.getByRole("button", { name: "Work it out" }).click();
    await page.getByText("With what you add").waitFor();
    expect(await page.locator(".targets").textContent()).not.toMatch(/Sell/);
    const purchase = rowOf("AGGB").getByRole("link", { name: /^Buy \d/ });
    const shares = (await purchase.textContent())?.replace(/\D/g, "");
    await purchase.click();
    await page.waitForURL(/transactions/);
    expect(await page.getByLabel("Quantity").inputValue()).toBe(shares);
  });

  test("both are read on a phone without scrolling sideways, and found under More", async () => {
    const small = await open(`${name}@example.org`, { ...phone, javaScriptEnabled });
    await small.locator(".phone-bar summary").click();
    await small.locator(".phone-bar").getByRole("link", { name: "Watchlist" }).click();
    await small.getByText("What you watch").waitFor();
    expect(await isWiderThanScreen(small)).toBe(false);
    await small.locator(".phone-bar summary").click();
    await small.locator(".phone-bar").getByRole("link", { name: "Target weights" }).click();
    await small.getByRole("heading", { name: "Target weights" }).waitFor();
    expect(await isWiderThanScreen(small)).toBe(false);
    await small.context().close();
  });
});

test.each(["light", "dark"] as const)("nothing bars anybody's way, %s", async (colorScheme) => {
  for (const viewport of [{ width: 1440, height: 900 }, phone.viewport]) {
    const page = await open("with@example.org", { colorScheme, viewport });
    for (const path of [
      "/watchlist?removed=NORD",
      "/portfolio/targets?invest=500",
      "/portfolio/targets?invest=x",
    ]) {
      await page.goto(program.url + path);
      expect(await violations(page), `${path} ${viewport.width}`).toEqual([]);
    }
    await page.context().close();
  }
});
