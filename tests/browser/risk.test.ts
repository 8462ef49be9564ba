import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchBrowser } from "../support/browser.ts";
import { type Program, startProgram } from "../support/program.ts";

// Risk of many holdings over many years, whose page comes in two parts.

const credentials = { email: "ada@example.org", password: "correct horse battery" };
const underWay = "The figures of each holding are being computed.";

let program: Program;
let browser: Browser;

beforeAll(async () => {
  program = await startProgram();
  browser = await launchBrowser();
  await fetch(`${program.url}/auth/register`, {
    method: "POST",
    headers: { Origin: program.url, "Content-Type": "application/json" },
    body: JSON.stringify(credentials),
  });
  const { pool } = program.database;
  await pool.query(
    `insert into raw_assets (ticker, name, asset_class, currency, exchange_timezone)
     select 'MANY' || number, 'Many', 'stock', 'USD', 'UTC' from generate_series(1, 16) number`,
  );
  await pool.query(
    `insert into raw_prices (ticker, price_date, close)
     select 'MANY' || number, '2010-01-04'::date + day, 10 + (day * number) % 7
     from generate_series(1, 16) number, generate_series(0, 6000, 5) day`,
  );
  await pool.query(
    `insert into transactions (user_id, ticker, transaction_type, quantity, price, transaction_date)
     select user_id, 'MANY' || number, 'BUY', 1, 10, '2010-01-04' from users, generate_series(1, 16) number`,
  );
  await program.engine.refresh("transaction_sensor");
});
afterAll(() => browser.close());

async function signIn(): Promise<Page> {
  const context = await browser.newContext({ locale: "en-US" });
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  await page.goto(`${program.url}/sign-in`);
  await page.getByLabel("Email").fill(credentials.email);
  await page.getByLabel("Password").fill(credentials.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL(/portfolio/);
  return page;
}

test("a page whose rest fails asks for it more and more seldom", async () => {
  const page = await signIn();
  /** Seconds from each failure to the next look. */
  const pauses: number[] = [];
  let failedAt: number | null = null;
  let second = 0;
  /** Of the look that is not answered yet: each takes five seconds to fail. */
  let waiting: { seconds: number; fail: () => void } | null = null;
  await page.route("**/portfolio/risk**", (route) => {
    if (route.request().headers()["x-fragment"] === undefined) return route.continue();
    if (failedAt !== null) pauses.push(second - failedAt);
    return new Promise<void>((resolve) => {
      waiting = { seconds: 5, fail: () => resolve(route.fulfill({ status: 503 })) };
    });
  });
  await page.clock.install();
  await page.goto(`${program.url}/portfolio/risk?range=Max&benchmark=`);
  await page.getByText(underWay).waitFor();
  for (; second < 100; second += 1) {
    await page.clock.runFor(1000);
    // What was asked has come here before the next second passes, and what was answered there: what was asked for later has.
    await page.evaluate("fetch('/healthz').then(() => {})");
    const look = waiting as { seconds: number; fail: () => void } | null;
    if (!look) continue;
    look.seconds -= 1;
    if (look.seconds > 0) continue;
    waiting = null;
    failedAt = second;
    look.fail();
    await page.evaluate("fetch('/healthz').then(() => {})");
  }
  // 2, 4, 8, 16 and 32; the page's clock is a little ahead of these.
  expect(pauses.length).toBeGreaterThanOrEqual(4);
  expect(pauses.filter((pause, failures) => pause < 2 ** failures)).toEqual([]);
  await page.context().close();
});

test("the page fills itself, without being loaded again", async () => {
  const page = await signIn();
  await page.goto(`${program.url}/portfolio/risk?from=2011-01-01&to=2026-01-01&benchmark=`);
  await page.evaluate("window.isTheSame = true");
  await page.getByLabel("Compare with").fill("SPY");
  await page.getByRole("heading", { name: "What each holding added" }).waitFor();
  expect(await page.getByLabel("Compare with").inputValue()).toBe("SPY");
  expect(await page.getByText(underWay).count()).toBe(0);
  expect(await page.evaluate("window.isTheSame")).toBe(true);
  await page.context().close();
});
