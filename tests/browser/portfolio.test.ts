import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { AxeResults } from "axe-core";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchBrowser } from "../support/browser.ts";
import { type Program, startProgram } from "../support/program.ts";

const axe = readFileSync(fileURLToPath(import.meta.resolve("axe-core/axe.min.js")), "utf8");

let program: Program;
let browser: Browser;

const credentials = { email: "ada@example.org", password: "correct horse battery" };

async function trade(ticker: string, type: string, quantity: string, date: string): Promise<void> {
  await program.database.pool.query(
    `insert into transactions (user_id, ticker, transaction_type, quantity, price, transaction_date)
     select user_id, $1, $2, $3, 120, $4 from users`,
    [ticker, type, quantity, date],
  );
}

beforeAll(async () => {
  program = await startProgram();
  browser = await launchBrowser();
  await fetch(`${program.url}/auth/register`, {
    method: "POST",
    headers: { Origin: program.url, "Content-Type": "application/json" },
    body: JSON.stringify(credentials),
  });
  await trade("NORD", "BUY", "10", "2021-05-05");
  await trade("WRLD", "BUY", "4", "2022-05-05");
  await program.engine.run({
    triggerKind: "manual",
    triggerName: "test",
    selection: "raw_prices+ raw_fred+",
  });
  await program.engine.refresh("transaction_sensor");
});
afterAll(() => browser.close());

/** The page of somebody who has just signed in; `problems`: what its scripts threw. */
async function openPortfolio(options: BrowserContextOptions = {}) {
  const context = await browser.newContext({ locale: "en-US", ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const problems: string[] = [];
  page.on("pageerror", (error) => problems.push(String(error)));
  await page.goto(`${program.url}/sign-in`);
  await page.getByLabel("Email").fill(credentials.email);
  await page.getByLabel("Password").fill(credentials.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  return { page, problems };
}

async function inspect(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  const { violations } = (await page.evaluate("axe.run()")) as AxeResults;
  return violations.map(
    ({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(" ")).join(", ")}`,
  );
}

test("a range and a benchmark are chosen, remembered, and kept while the page renews itself", async () => {
  const { page, problems } = await openPortfolio({ bypassCSP: true });
  await page.getByRole("link", { name: "Performance", exact: true }).click();
  await page.getByRole("link", { name: "1Y" }).click();
  await page.getByLabel("Compare with").fill("wrld");
  await page.getByRole("button", { name: "Compare" }).click();
  await page.locator("#returns path.series-benchmark").waitFor();
  expect(new URL(page.url()).search).toBe("?benchmark=wrld&range=1Y");

  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    expect(await inspect(page)).toEqual([]);
  }

  await page.evaluate("window.loadedOnce = true");
  await page.getByRole("link", { name: "Ticker", exact: true }).click();
  const order = () => page.locator("[data-sortable] tbody th > a").allTextContents();
  expect(await order()).toEqual(["NORD", "WRLD"]);
  await page.getByRole("link", { name: "Ticker", exact: true }).click();
  expect(await order()).toEqual(["WRLD", "NORD"]);
  expect(page.url()).toContain("order=descending");

  const value = page.locator(".bridge .sum").last();
  const before = await value.textContent();
  await trade("WRLD", "BUY", "5", "2024-05-06");
  await program.engine.refresh("transaction_sensor");
  await page.locator(".bridge .sum:last-child", { hasNotText: before! }).waitFor();
  expect(await page.locator(".ranges [aria-current]").textContent()).toBe("1Y");
  await page.locator("#returns path.series-benchmark").waitFor();
  expect(await order()).toEqual(["WRLD", "NORD"]);
  expect(await page.evaluate("window.loadedOnce")).toBe(true);

  await page.goto(`${program.url}/portfolio`);
  expect(new URL(page.url()).search).toBe("?range=1Y&benchmark=WRLD");
  await page.getByLabel("From", { exact: true }).fill("2022-01-01");
  await page.getByLabel("To", { exact: true }).fill("2022-12-31");
  await page.getByRole("button", { name: "Show", exact: true }).click();
  await page.locator(".headline").getByText("Dec 31, 2021 to Dec 31, 2022").waitFor();
  expect(problems).toEqual([]);
  await page.context().close();
});

/** The middle of a chart's lines, and how wide they are. */
async function plotOf(page: Page, id: string) {
  const plot = page.locator(`#${id} .plot`);
  await plot.scrollIntoViewIfNeeded();
  const { x, y, width } = (await plot.boundingBox())!;
  return { plot, y: y + 60, at: (fraction: number) => x + width * fraction };
}

test("a chart is read with the pointer: the day, its regime, the gain; the other charts read the same day", async () => {
  const { page, problems } = await openPortfolio();
  await page.goto(`${program.url}/portfolio?range=1Y&benchmark=`);
  const { y, at } = await plotOf(page, "value");
  await page.mouse.move(at(0.5), y);
  const tooltip = page.locator("#value .tooltip");
  const rows = await tooltip.locator("p").allTextContents();
  expect(rows[0]).toMatch(/^[A-Z][a-z]{2} \d+, \d{4}$/);
  expect(rows.slice(1).map((row) => row.replace(/-?[$][\d.,]+$/, ""))).toEqual([
    "Market value",
    "Value at the start and net deposits",
    "Gain",
    expect.stringMatching(/^Regime(Expansion|Slowdown|Contraction|Recovery)$/),
  ]);
  await page.mouse.move(0, 0);
  await tooltip.waitFor({ state: "hidden" });
  await page.goto(`${program.url}/portfolio/performance?range=1Y&benchmark=`);
  const returns = await plotOf(page, "returns");
  await page.mouse.move(returns.at(0.5), returns.y);
  const day = await page.locator("#returns .tooltip p").first().textContent();
  expect(await page.locator("#drawdown .tooltip p").first().textContent()).toBe(day);
  expect(await page.locator("#drawdown .crosshair").isVisible()).toBe(true);
  expect(await page.locator("#drawdown .tooltip").getAttribute("aria-hidden")).toBe("true");
  expect(problems).toEqual([]);
  await page.context().close();
});

test("dragging over a chart shows those days alone, measured from the close where it began; back leads back", async () => {
  const { page, problems } = await openPortfolio();
  const whole = `${program.url}/portfolio/performance?range=1Y&benchmark=WRLD`;
  await page.goto(whole);
  const { y, at } = await plotOf(page, "drawdown");
  await page.mouse.move(at(0.25), y);
  await page.mouse.down();
  await page.mouse.move(at(0.75), y, { steps: 5 });
  expect(await page.locator("#drawdown .chosen-days").isVisible()).toBe(true);
  const period = (await page.locator("#drawdown .tooltip p").first().textContent())!;
  expect(period).toMatch(/ to /);
  await page.mouse.up();
  await page.waitForURL(/from=/);
  expect(await page.locator("section:has(.bridge) .card-head .aside").textContent()).toBe(period);
  expect(new URL(page.url()).searchParams.get("benchmark")).toBe("WRLD");
  expect(new URL(page.url()).searchParams.has("range")).toBe(false);
  await page.goBack();
  expect(page.url()).toBe(whole);
  await page.locator("#returns .plot").click(); // a click selects nothing
  expect(await page.locator("#returns .chosen-days").isVisible()).toBe(false);
  expect(page.url()).toBe(whole);
  expect(problems).toEqual([]);
  await page.context().close();
});

test("with the keyboard: arrows read, Shift selects, Escape leaves, Enter goes; the whole time is a click away", async () => {
  const { page } = await openPortfolio();
  await page.goto(`${program.url}/portfolio?range=Max&benchmark=`);
  const { plot } = await plotOf(page, "value");
  const tooltip = page.locator("#value .tooltip");
  await plot.focus();
  await page.keyboard.press("Home");
  expect(await tooltip.locator("p").first().textContent()).toBe("May 5, 2021");
  await page.keyboard.press("Shift+End");
  expect(await tooltip.locator("p").first().textContent()).toMatch(/^May 5, 2021 to /);
  await page.keyboard.press("Escape");
  expect(await page.locator("#value .chosen-days").isVisible()).toBe(false);
  expect(await tooltip.isVisible()).toBe(true);
  await page.keyboard.press("Escape");
  expect(await tooltip.isVisible()).toBe(false);
  await page.keyboard.press("Home");
  await page.keyboard.press("Shift+ArrowRight");
  await page.keyboard.press("Enter");
  // The first trade's own day belongs to the range that begins with it.
  await page.waitForURL(/from=2021-05-05&to=2021-05-\d\d/);
  await page.getByRole("link", { name: "Whole time" }).click();
  await page.waitForURL(/range=Max/);
  await page.context().close();
});

test("charts of risk show the days selected on them, too: dragged over, and with the keyboard", async () => {
  const { page, problems } = await openPortfolio();
  const whole = `${program.url}/portfolio/risk?range=1Y&benchmark=WRLD`;
  await page.goto(whole);
  expect(await page.locator("[data-chart]").count()).toBe(3);
  expect(await page.locator("[data-chart][data-zoom=close]").count()).toBe(3);
  const { y, at } = await plotOf(page, "rolling-drawdown");
  await page.mouse.move(at(0.25), y);
  const day = await page.locator("#rolling-drawdown .tooltip p").first().textContent();
  for (const other of ["rolling-volatility", "rolling-sharpe"])
    expect(await page.locator(`#${other} .tooltip p`).first().textContent()).toBe(day);
  await page.mouse.down();
  await page.mouse.move(at(0.75), y, { steps: 5 });
  expect(await page.locator("#rolling-drawdown .chosen-days").isVisible()).toBe(true);
  const period = (await page.locator("#rolling-drawdown .tooltip p").first().textContent())!;
  await page.mouse.up();
  await page.waitForURL(/from=/);
  const contribution = page.locator("section[aria-labelledby=risk-contribution-heading] .card-head .aside");
  expect((await contribution.textContent())!.trim().startsWith(`${period}.`)).toBe(true);
  expect(new URL(page.url()).searchParams.get("benchmark")).toBe("WRLD");
  await page.goBack();
  expect(page.url()).toBe(whole);
  const { plot } = await plotOf(page, "rolling-volatility");
  expect(await plot.getAttribute("aria-label")).toContain("with Shift they select days");
  await plot.focus();
  await page.keyboard.press("Home");
  await page.keyboard.press("Shift+End");
  const all = (await page.locator("#rolling-volatility .tooltip p").first().textContent())!;
  await page.keyboard.press("Enter");
  await page.waitForURL(/from=/);
  // From the close of the 63rd return on, as the selection says.
  expect((await contribution.textContent())!.trim().startsWith(`${all}.`)).toBe(true);
  await page.getByRole("link", { name: "Whole time" }).click();
  await page.waitForURL(/range=Max/);
  expect(problems).toEqual([]);
  await page.context().close();
});

test("a finger reads a chart and selects nothing; the page can be scrolled over it", async () => {
  const { page } = await openPortfolio({ hasTouch: true, viewport: { width: 360, height: 800 } });
  await page.goto(`${program.url}/portfolio?range=1Y&benchmark=`);
  const { y, at } = await plotOf(page, "value");
  await page.touchscreen.tap(at(0.4), y);
  await page.locator("#value .tooltip").waitFor();
  expect(await page.locator("#value .chosen-days").isVisible()).toBe(false);
  const touchAction = "getComputedStyle(document.querySelector('#value .plot')).touchAction";
  expect(await page.evaluate(touchAction)).toBe("pan-y pinch-zoom");
  await page.touchscreen.tap(10, 10);
  await page.locator("#value .tooltip").waitFor({ state: "hidden" });
  await page.context().close();
});

test.each([360, 768])("at %i px every figure is in sight, and tables are still tables", async (width) => {
  const { page } = await openPortfolio({ bypassCSP: true, viewport: { width, height: 800 } });
  for (const path of [
    ...["", "/performance", "/risk"].map((tab) => `/portfolio${tab}?range=Max&benchmark=`),
    ...["/tickers/NORD", "/explain/xirr", "/transactions", "/income", "/realized"],
  ]) {
    await page.goto(program.url + path);
    const hidden = await page.evaluate<string[]>(`[...document.querySelectorAll("main, .scroll")]
      .filter((part) => part.scrollWidth > part.clientWidth + 1 && !part.querySelector(":scope > [data-sortable]"))
      .map((part) => part.getAttribute("aria-labelledby") ?? part.getAttribute("aria-label") ?? part.id)`);
    expect(hidden, path).toEqual([]);
    expect(await inspect(page), path).toEqual([]);
  }
  await page.goto(`${program.url}/portfolio/performance?range=Max&benchmark=`);
  const tickers = page.getByRole("group", { name: "Tickers" }).getByRole("table");
  expect(await tickers.getByRole("rowheader").count()).toBe(2);
  expect(await tickers.getByRole("row").nth(1).getByRole("cell").count()).toBe(11);
  expect(await tickers.getByRole("columnheader", { name: "Return" }).count()).toBe(1);
  if (width > 400) {
    // There are too many columns for cards to be needed yet: they scroll, the ticker stays.
    const position = 'getComputedStyle(document.querySelector("[data-sortable] tbody th")).position';
    expect(await page.evaluate(position)).toBe("sticky");
  } else {
    await tickers.getByRole("link", { name: "Return", exact: true }).click();
    expect(page.url()).toContain("sort=total_return");
  }
  await page.context().close();
});

test.each([
  ["", ["Portfolio", "Since your first trade", "Holdings", "Allocation", "all figures in US dollars"]],
  ["performance", ["Worst drawdowns", "By macro regime", "A drawdown is the fall", "Returns by month"]],
  ["risk", ["Volatility is the standard deviation", "Sharpe ratio"]],
])(
  "a printed tab is a report: whose, of which days, as of when, without navigation, light and uncut: %s",
  async (tab, printed) => {
    const { page } = await openPortfolio({ colorScheme: "dark" });
    await page.goto(`${program.url}/portfolio?range=1Y&benchmark=WRLD`);
    const period = (await page.locator(".headline .period").textContent())!;
    // On a Saturday the newest prices are of the day before.
    const pricesAsOf = await page.locator(".headline > .aside time").textContent();
    await page.goto(`${program.url}/portfolio/${tab}?range=1Y&benchmark=WRLD`);
    await page.emulateMedia({ media: "print" });
    await page.setViewportSize({ width: 696, height: 1000 }); // what margins leave of A4
    const text = await page.evaluate<string>("document.body.innerText"); // as it is laid out
    expect(text).toContain(`${credentials.email} · ${period} · prices as of ${pricesAsOf}`);
    for (const expected of printed) expect(text).toContain(expected);
    for (const unwanted of [
      "Transactions",
      "Columns",
      "More",
      "Compare with",
      "Figures as a table",
      "Drag over one",
      "Remove",
    ])
      expect(text).not.toContain(unwanted);
    expect(await page.evaluate("getComputedStyle(document.body).backgroundColor")).toBe("rgb(255, 255, 255)");
    expect(await page.evaluate("document.documentElement.scrollWidth - innerWidth")).toBeLessThanOrEqual(0);
    // The trend of a ticker alone stands elsewhere: every figure is on paper.
    const left = await page.evaluate<string[]>(`[...document.querySelectorAll("[data-sortable] thead th")]
    .filter((heading) => !heading.checkVisibility())
    .map((heading) => heading.textContent.trim())`);
    expect(left).toEqual(tab === "performance" ? ["Trend"] : []);
    const cut = await page.evaluate<string[]>(`[...document.querySelectorAll("figure, .card, tr")]
    .filter((part) => !part.querySelector("[data-sortable]") && getComputedStyle(part).breakInside !== "avoid")
    .map((part) => part.outerHTML.slice(0, 80))`);
    expect(cut).toEqual([]);
    expect((await page.pdf({ preferCSSPageSize: true })).subarray(0, 5).toString()).toBe("%PDF-");
    await page.context().close();
  },
);

test("the ticker's price is read with what happened on the day, and the position with it", async () => {
  const { page } = await openPortfolio();
  await page.goto(`${program.url}/tickers/NORD?range=Max`);
  const marker = page.locator("#price .plot .marker-buy .marker").first();
  await marker.scrollIntoViewIfNeeded();
  const { x, width } = (await marker.boundingBox())!;
  const { y } = (await page.locator("#price .plot").boundingBox())!;
  await page.mouse.move(x + width / 2, y + 20);
  const rows = () => page.locator("#price .tooltip p").allTextContents();
  expect(await rows()).toEqual([
    "May 5, 2021",
    expect.stringMatching(/^Close, adjusted for splits\$/),
    "BUY 10 at $120.00 on May 5, 2021, $60.00 in today’s shares",
  ]);
  expect(await page.locator("#position-value .crosshair").isVisible()).toBe(true);
  await page.locator("#price .plot").focus();
  await page.keyboard.press("Home");
  // Years before the position began: it has nothing to say of that day.
  expect(await page.locator("#position-value .crosshair").isVisible()).toBe(false);
  expect((await rows())[1]).toMatch(/^Close, adjusted for splits\$/);
  await page.keyboard.press("Shift+ArrowRight");
  expect(await page.locator("#price .chosen-days").isVisible()).toBe(false);
  await page.context().close();
});
