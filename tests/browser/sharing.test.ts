import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { AxeResults } from "axe-core";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { launchBrowser, waitForAnimations } from "../support/browser.ts";
import { type Program, startProgram } from "../support/program.ts";

// A person shares their portfolio by a link, and lets another person read it; with JavaScript and without.

const axe = readFileSync(fileURLToPath(import.meta.resolve("axe-core/axe.min.js")), "utf8");
/** `npm run screenshots` says so; else nothing is drawn. */
const folder = process.env.SCREENSHOTS;
const password = "correct horse battery";
const [anna, bert] = ["anna@example.org", "bert@example.org"] as const;

const looks = {
  light: { colorScheme: "light", width: 1440, height: 900 },
  dark: { colorScheme: "dark", width: 1440, height: 900 },
  phone: { colorScheme: "light", width: 360, height: 760 },
} as const;

let program: Program;
let browser: Browser;

beforeAll(async () => {
  program = await startProgram();
  browser = await launchBrowser();
  if (folder) mkdirSync(folder, { recursive: true });
  for (const email of [anna, bert])
    await fetch(`${program.url}/auth/register`, {
      method: "POST",
      headers: { Origin: program.url, "Content-Type": "application/json" },
      body: JSON.stringify({ email, password }),
    });
  await program.database.pool.query(
    `insert into transactions (user_id, ticker, transaction_type, quantity, price, transaction_date)
     select user_id, ticker, 'BUY', quantity * user_id, 120, '2022-05-05'
     from users, (values ('NORD', 1000), ('WRLD', 400), ('CURA', 30), ('SYNC-USD', 0.5)) as bought (ticker, quantity)`,
  );
  await program.engine.run({
    triggerKind: "manual",
    triggerName: "test",
    selection: "raw_prices+ raw_fred+",
  });
  await program.engine.refresh("transaction_sensor");
});
afterAll(() => browser.close());

async function newPage(options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext({ locale: "en-US", bypassCSP: true, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  return page;
}

async function signIn(email: string, options: BrowserContextOptions = {}): Promise<Page> {
  const page = await newPage(options);
  await page.goto(`${program.url}/sign-in`);
  await page.getByLabel("Email").fill(email);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL(/portfolio/);
  return page;
}

/** What axe and the edge of the window say of the page in every look; drawn, where that is asked for. */
async function expectSound(page: Page, name: string): Promise<void> {
  const problems: string[] = [];
  for (const [look, { colorScheme, ...viewport }] of Object.entries(looks)) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize(viewport);
    await waitForAnimations(page);
    await page.evaluate(axe);
    const { violations } = (await page.evaluate("axe.run()")) as AxeResults;
    for (const { id, nodes } of violations)
      problems.push(`${look}: ${id}: ${nodes.map(({ target }) => target.join(" ")).join(", ")}`);
    if (await page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))
      problems.push(`${look}: wider than the window`);
    if (folder) await page.screenshot({ path: join(folder, `${name}-${look}.png`), fullPage: true });
  }
  expect(problems, name).toEqual([]);
}

async function makeLink(page: Page, name: string, amounts: boolean): Promise<string> {
  await page.goto(`${program.url}/account/sharing`);
  await page.getByLabel("Name", { exact: true }).fill(name);
  if (amounts) await page.getByLabel("With amounts").check();
  await page.getByRole("button", { name: "Make link" }).click();
  return (await page.getByLabel("The new link").textContent())!;
}

describe.each([true, false])("with JavaScript %s", (javaScriptEnabled) => {
  test("a link is made, opened by a stranger, counted and revoked", async () => {
    const owner = await signIn(anna, { javaScriptEnabled });
    const name = `For our adviser ${javaScriptEnabled}`;
    const link = await makeLink(owner, name, false);
    const stranger = await newPage({ javaScriptEnabled });
    await stranger.goto(link);
    await stranger.getByRole("heading", { name, level: 1 }).waitFor();
    await stranger.getByRole("link", { name: "3M", exact: true }).click();
    await stranger.waitForURL(/range=3M/);
    await stranger.getByRole("rowheader", { name: /NORD/ }).first().waitFor();
    expect(await stranger.locator("main").textContent()).not.toMatch(/\$/);
    expect(await stranger.context().cookies()).toEqual([]);
    await owner.goto(`${program.url}/account/sharing`);
    await owner
      .getByText(/opened 2 times/)
      .first()
      .waitFor();
    await owner.getByRole("button", { name: `Revoke ${name}` }).click();
    await owner.getByText("The link is revoked").waitFor();
    await stranger.reload();
    await stranger.getByRole("heading", { name: "There is nothing at this link" }).waitFor();
    await owner.context().close();
    await stranger.context().close();
  });

  test("somebody is let read, accepts, looks, changes nothing, and it is ended", async () => {
    const [owner, reader] = [
      await signIn(anna, { javaScriptEnabled }),
      await signIn(bert, { javaScriptEnabled }),
    ];
    await owner.goto(`${program.url}/account/sharing`);
    await owner.getByLabel("Email of their account").fill(bert);
    await owner.getByRole("button", { name: "Offer" }).click();
    await owner.getByText("If this email has an account here").waitFor();
    await owner.getByText("Not accepted").waitFor();
    await reader.goto(`${program.url}/account/sharing`);
    await reader.getByRole("button", { name: `Accept to read for ${anna}` }).click();
    await reader.getByText("You may look at that portfolio now.").waitFor();
    await reader.getByText("Portfolios", { exact: true }).click();
    await reader
      .getByRole("link", { name: `Portfolio of ${anna}` })
      .first()
      .click();
    await reader.waitForURL(/\/reading\/[\w-]+\/portfolio$/);
    const note = reader.getByRole("note");
    await note.getByText(`You are looking at the portfolio of ${anna}`).waitFor();
    for (const tab of ["Performance", "Income", "Risk", "Tax"]) {
      await reader.getByRole("navigation", { name: "Portfolio" }).getByRole("link", { name: tab }).click();
      await reader.waitForURL(/\/reading\//);
      await note.waitFor();
      expect(await reader.title()).toContain(anna);
    }
    await reader
      .getByRole("navigation", { name: "Portfolio" })
      .getByRole("link", { name: "Overview" })
      .click();
    await reader.getByRole("link", { name: "1Y", exact: true }).click();
    await reader.waitForURL(/\/reading\/.*range=1Y/);
    await reader.getByRole("rowheader").getByRole("link", { name: "NORD" }).click();
    await reader.waitForURL(/\/reading\/.*\/tickers\/NORD/);
    await note.getByRole("link", { name: "Back to yours" }).click();
    await reader.waitForURL(/^[^?]*:\d+\/portfolio/);
    expect(await reader.getByRole("note").count()).toBe(0);
    await owner.reload();
    await owner.getByText("Reads", { exact: true }).waitFor();
    await owner.getByRole("button", { name: `End reading by ${bert}` }).click();
    await owner.getByText("It is ended").waitFor();
    await reader.reload();
    expect(await reader.getByText("Portfolios", { exact: true }).count()).toBe(0);
    await owner.context().close();
    await reader.context().close();
  });

  test("a form that is wrong comes back with all that was typed", async () => {
    const owner = await signIn(anna, { javaScriptEnabled });
    await owner.goto(`${program.url}/account/sharing`);
    await owner.getByLabel("Name", { exact: true }).fill("Too long");
    await owner.getByLabel("Risk").uncheck();
    await owner.getByLabel("Last day", { exact: true }).fill("2099-01-01");
    await owner.getByRole("button", { name: "Make link" }).click();
    await owner.getByText(/^Enter a day from today to/).waitFor();
    expect(await owner.getByLabel("Name", { exact: true }).inputValue()).toBe("Too long");
    expect(await owner.getByLabel("Risk").isChecked()).toBe(false);
    await owner.context().close();
  });
});

test("what is published for the other reaches an open page of who reads", async () => {
  const [owner, reader] = [await signIn(anna), await signIn(bert)];
  await owner.goto(`${program.url}/account/sharing`);
  await owner.getByLabel("Email of their account").fill(bert);
  await owner.getByRole("button", { name: "Offer" }).click();
  await reader.goto(`${program.url}/account/sharing`);
  await reader.getByRole("button", { name: /^Accept/ }).click();
  await reader.getByText("Portfolios", { exact: true }).click();
  const opened = reader.waitForResponse(/\/reading\/.*\/events$/);
  await reader
    .getByRole("link", { name: `Portfolio of ${anna}` })
    .first()
    .click();
  await opened;
  await reader.getByRole("link", { name: "CURA" }).first().waitFor();
  const before = await reader.locator(".headline .value").textContent();
  await program.database.pool.query(
    `insert into transactions (user_id, ticker, transaction_type, quantity, price, transaction_date)
     select user_id, 'NORD', 'BUY', 5000, 120, '2023-05-05' from users where email = $1`,
    [anna],
  );
  await program.engine.refresh("transaction_sensor");
  await reader.getByText(/^Updated /).waitFor();
  expect(await reader.locator(".headline .value").textContent()).not.toBe(before);
  await expectSound(reader, "reading");
  await reader.goto(`${program.url}/account/sharing`);
  await expectSound(reader, "sharing-reader");
  await owner.context().close();
  await reader.context().close();
}, 120_000);

test("the pages are sound in every look", async () => {
  const owner = await signIn(anna);
  const percentages = await makeLink(owner, "In percentages", false);
  const amounts = await makeLink(owner, "With all of it", true);
  await expectSound(owner, "sharing");
  const stranger = await newPage();
  await stranger.goto(`${percentages}?range=Max`);
  await expectSound(stranger, "shared-percentages");
  await stranger.goto(`${amounts}?range=1Y`);
  await expectSound(stranger, "shared-amounts");
  await stranger.goto(`${program.url}/shared/none`);
  await expectSound(stranger, "shared-none");
  await owner.context().close();
  await stranger.context().close();
}, 180_000); // axe, of every page in three looks
