import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchBrowser } from "../support/browser.ts";
import { keptTrade } from "../support/kept-trade.ts";
import { type Program, startProgram } from "../support/program.ts";
import { register } from "../support/visitor.ts";

// Labels of charts as a browser draws them: they fit what the server has counted on, at every width of a page.

let program: Program;
let browser: Browser;

beforeAll(async () => {
  program = await startProgram();
  const visitor = await register(program, "ada@example.org");
  const trade = { ticker: "NORD", type: "BUY", quantity: "3", price: "100", fee: "0", date: "2021-03-04" };
  await visitor.post("/transactions", keptTrade(trade));
  await visitor.post("/transactions", keptTrade({ ...trade, ticker: "WRLD", quantity: "40" }));
  await program.engine.refresh("transaction_sensor");
  browser = await launchBrowser();
});

afterAll(() => browser.close());

/** Of every pair of texts that are shown in one picture, those that run into one another. */
function findCollisions(): string[] {
  const { document } = globalThis as unknown as {
    document: { querySelectorAll(selector: string): Iterable<never> };
  };
  type Shape = {
    querySelectorAll(selector: string): Iterable<Shape>;
    getBoundingClientRect(): { left: number; right: number; top: number; bottom: number; width: number };
    textContent: string;
  };
  const within = (picture: Shape, selector: string) =>
    [...picture.querySelectorAll(selector)].filter((text) => text.getBoundingClientRect().width > 0);
  return [...(document.querySelectorAll(".plot, .bar-rows svg, .treemap > svg") as Iterable<Shape>)].flatMap(
    (picture) =>
      ["text.tick.day", "text.tick:not(.day)", ".bar-rows text", ".treemap text"].flatMap((selector) => {
        const texts = within(picture, selector);
        return texts.flatMap((one, index) =>
          texts.slice(index + 1).flatMap((other) => {
            const [a, b] = [one.getBoundingClientRect(), other.getBoundingClientRect()];
            const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
            const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
            return across > 0 && down > 2.5
              ? [`${one.textContent.trim()} | ${other.textContent.trim()}`]
              : [];
          }),
        );
      }),
  );
}

test.each([360, 768, 1440])(
  "no label of a picture runs into another on a page of %i pixels",
  async (width) => {
    const context = await browser.newContext({ viewport: { width, height: 900 }, locale: "en-US" });
    const page = await context.newPage();
    await page.goto(`${program.url}/sign-in`);
    await page.getByLabel("Email").fill("ada@example.org");
    await page.getByLabel("Password").fill("correct horse battery");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.waitForURL(/portfolio/);
    for (const path of [
      "/portfolio?range=Max",
      "/portfolio?range=1M",
      "/portfolio/performance?range=Max",
      "/portfolio/performance?range=6M",
      "/portfolio/risk?range=3Y",
      "/tickers/NORD",
    ]) {
      await page.goto(program.url + path);
      expect(await page.locator("text.tick.day").count(), path).toBeGreaterThan(0);
      expect(await page.locator("text.tick.day:visible").count(), path).toBeGreaterThan(0);
      expect(await page.evaluate(findCollisions), `${path} at ${width}`).toEqual([]);
    }
    await context.close();
  },
);
