import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { AxeResults } from "axe-core";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { launchBrowser } from "../support/browser.ts";
import { type Program, startProgram } from "../support/program.ts";
import { settle, signUp } from "../web/reader.ts";

const axe = readFileSync(fileURLToPath(import.meta.resolve("axe-core/axe.min.js")), "utf8");

let program: Program;
let browser: Browser;

beforeAll(async () => {
  program = await startProgram();
  const ada = await signUp(program, "ada@example.com");
  await ada.trade("NORD", "BUY", "10", "200", "2022-05-05");
  await ada.trade("NORD", "SELL", "4", "210", "2023-05-05");
  await settle(program, "NORD");
  browser = await launchBrowser();
});
afterAll(() => browser.close());

async function signIn(context: BrowserContext, path: string): Promise<Page> {
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  await page.goto(`${program.url}/sign-in?next=${encodeURIComponent(path)}`);
  await page.getByLabel("Email").fill("ada@example.com");
  await page.getByLabel("Password").fill("correct horse battery");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL(program.url + path);
  return page;
}

const unrealized = 'a.explain[href="/explain/unrealized_pnl?ticker=NORD"]';

test("from the portfolio to a ticker to a figure's explanation, over the page, by keyboard", async () => {
  const context = await browser.newContext({ locale: "en-US" });
  const page = await signIn(context, "/portfolio");
  const problems: string[] = [];
  page.on("pageerror", (error) => problems.push(String(error)));
  page.on("console", (message) => message.type() === "error" && problems.push(message.text()));
  await page.getByRole("link", { name: "NORD", exact: true }).first().click();
  await page.getByRole("heading", { name: /^NORD/ }).waitFor();
  await page.waitForLoadState(); // until then a figure leads to its page
  const figure = await page.locator(unrealized).textContent();

  await page.locator(unrealized).focus();
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog", { name: /Unrealised gain/ });
  await dialog.waitFor();
  expect((await dialog.locator(".result").textContent())?.trim()).toBe(figure);
  expect(await dialog.locator(".working li").textContent()).toContain(" − ");
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "hidden" });
  expect(await page.evaluate("document.activeElement.getAttribute('href')")).toContain("unrealized_pnl");

  await page.locator(unrealized).click();
  await dialog.getByRole("link", { name: "Open as a page" }).click();
  await page.waitForURL(/\/explain\/unrealized_pnl/);
  expect((await page.locator(".result").textContent())?.trim()).toBe(figure);
  expect(problems).toEqual([]);
  await context.close();
});

test("without JavaScript a figure leads to a page, and a wrong address to a way out", async () => {
  const context = await browser.newContext({ locale: "en-US", javaScriptEnabled: false });
  const page = await signIn(context, "/tickers/NORD");
  const figure = await page.locator(unrealized).textContent();
  await page.locator(unrealized).click();
  await page.waitForURL(/\/explain\/unrealized_pnl/);
  expect((await page.locator(".result").textContent())?.trim()).toBe(figure);
  await page.goto(`${program.url}/tickers/NO-SUCH`);
  await page.getByRole("link", { name: "Go to the start page" }).click();
  await page.waitForURL(/\/portfolio/);
  await context.close();
});

describe.each(["light", "dark"] as const)("in %s", (colorScheme) => {
  test.each([360, 1440])(
    "no rule of axe is broken and nothing runs over the edge at %i px",
    async (width) => {
      const context = await browser.newContext({
        colorScheme,
        viewport: { width, height: 900 },
        bypassCSP: true, // axe is not one of our scripts
      });
      const page = await signIn(context, "/portfolio");
      const problems: string[] = [];
      const inspect = async (name: string): Promise<void> => {
        await page.evaluate(axe);
        const { violations } = (await page.evaluate("axe.run()")) as AxeResults;
        for (const { id, nodes } of violations)
          problems.push(`${name}: ${id}: ${nodes.map(({ target }) => target.join(" ")).join(", ")}`);
        if (
          await page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
        )
          problems.push(`${name}: wider than the window`);
      };
      for (const path of ["/tickers/NORD", "/tickers/NORD?range=1M", "/explain/xirr", "/explain/regime"]) {
        await page.goto(program.url + path);
        await inspect(path);
      }
      await page.goto(`${program.url}/tickers/NORD`);
      await page.locator(unrealized).click();
      await page.getByRole("dialog").waitFor();
      await inspect("the dialog");
      expect(problems).toEqual([]);
      await context.close();
    },
  );
});
