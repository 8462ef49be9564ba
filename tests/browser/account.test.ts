import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { AxeResults } from "axe-core";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { launchBrowser } from "../support/browser.ts";
import { type Program, startProgram } from "../support/program.ts";

const axe = readFileSync(fileURLToPath(import.meta.resolve("axe-core/axe.min.js")), "utf8");
const password = "correct horse battery";
const anotherPassword = "battery horse correct";

let program: Program;
let browser: Browser;

beforeAll(async () => {
  program = await startProgram();
  browser = await launchBrowser();
});
afterAll(() => browser.close());

async function signUp(context: BrowserContext, email: string): Promise<Page> {
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  await page.goto(`${program.url}/create-account`);
  await page.getByLabel("Email").fill(email);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Create account" }).click();
  await page.waitForURL(/portfolio/);
  return page;
}

async function signIn(page: Page, email: string, secret: string): Promise<void> {
  await page.goto(`${program.url}/sign-in`);
  await page.getByLabel("Email").fill(email);
  await page.getByLabel("Password").fill(secret);
  await page.getByRole("button", { name: "Sign in" }).click();
}

/** What axe finds wrong with the page as it stands, and whether it is wider than its window. */
async function problemsOf(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  const { violations } = (await page.evaluate("axe.run()")) as AxeResults;
  const isWide = await page.evaluate(
    "document.documentElement.scrollWidth > document.documentElement.clientWidth",
  );
  return [
    ...violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(" ")).join(", ")}`),
    ...(isWide ? ["wider than the window"] : []),
  ];
}

describe.each([true, false])("a person with JavaScript %s", (javaScriptEnabled) => {
  test("changes the password, makes and revokes a token, takes the data along, and leaves for good", async () => {
    const email = `leaver-${javaScriptEnabled}@example.com`;
    const context = await browser.newContext({ locale: "en-US", javaScriptEnabled });
    const phone = await browser.newContext({ locale: "en-US", javaScriptEnabled });
    const page = await signUp(context, email);
    const onPhone = await phone.newPage();
    await signIn(onPhone, email, password);
    await onPhone.waitForURL(/portfolio/);

    await page.getByRole("link", { name: "Account", exact: true }).click();
    expect(await page.locator("#sessions li").count()).toBe(2);
    await page.getByLabel("Current password").fill("not this one");
    await page.getByLabel("New password").fill(anotherPassword);
    await page.getByRole("button", { name: "Change password" }).click();
    await page.getByText("That is not the current password of this account.").waitFor();
    await page.getByLabel("Current password").fill(password);
    await page.getByLabel("New password").fill(anotherPassword);
    await page.getByRole("button", { name: "Change password" }).click();
    await page.getByText("Your password is changed.").waitFor();
    expect(await page.locator("#sessions li").count()).toBe(1);
    await onPhone.goto(`${program.url}/portfolio`);
    expect(onPhone.url()).toContain("/sign-in");

    await page.getByLabel(/First in, first out/).check();
    await page.getByRole("button", { name: "Save method" }).click();
    await page.getByText("Your cost basis method is saved.").waitFor();
    expect(await page.getByLabel(/First in, first out/).isChecked()).toBe(true);

    await page.getByLabel("Name", { exact: true }).fill("backup script");
    await page.getByLabel("Write", { exact: true }).check();
    await page.getByRole("button", { name: "Make token" }).click();
    const token = await page.locator("code.secret").textContent();
    const ask = () => fetch(`${program.url}/auth/me`, { headers: { Authorization: `Bearer ${token}` } });
    expect((await ask()).status).toBe(200);
    await page.getByRole("button", { name: "Revoke backup script" }).click();
    await page.getByText("No token yet.").waitFor();
    expect((await ask()).status).toBe(401);

    const downloading = page.waitForEvent("download");
    await page.getByRole("link", { name: "Export everything" }).click();
    const file = await (await downloading).path();
    expect(JSON.parse(readFileSync(file, "utf8"))).toMatchObject({
      account: { email, cost_basis_method: "fifo" },
      transactions: [],
    });

    await page.getByRole("link", { name: "Delete account…" }).click();
    await page.getByLabel("Your email, to be sure").fill(email);
    await page.getByLabel("Password").fill(anotherPassword);
    if (javaScriptEnabled) {
      // The first account is the installation's only operator, and stays while somebody else is here.
      await signUp(phone, "someone@example.com");
      await page.getByRole("button", { name: "Delete account" }).click();
      await page.getByText("This is the only operator; make an operator of another account first").waitFor();
      await program.database.pool.query("update users set role = 'operator'");
      await page.getByLabel("Password").fill(anotherPassword);
    }
    await page.getByRole("button", { name: "Delete account" }).click();
    await page.getByRole("heading", { name: "Your account is deleted" }).waitFor();
    await signIn(page, email, anotherPassword);
    await page.getByText("no account has this email and password").waitFor();
    await Promise.all([context.close(), phone.close()]);
  });
});

describe.each(["light", "dark"] as const)("in %s", (colorScheme) => {
  test.each([360, 768, 1440])(
    "nothing breaks a rule of axe or runs over the edge at %i px",
    async (width) => {
      const context = await browser.newContext({
        colorScheme,
        viewport: { width, height: 900 },
        bypassCSP: true, // axe is not one of our scripts
      });
      const page = await signUp(
        context,
        `a.long.name.that.fills.the.line-${colorScheme}-${width}@example.com`,
      );
      await page.goto(`${program.url}/account?done=token`);
      expect(await problemsOf(page)).toEqual([]);
      await page
        .getByLabel("Name", { exact: true })
        .fill("a program whose name is as long as names of programs may well be");
      await page.getByRole("button", { name: "Make token" }).click();
      await page.locator("code.secret").waitFor();
      expect(await problemsOf(page)).toEqual([]);
      await page.getByLabel("Current password").fill("not this one");
      await page.getByLabel("New password").fill(anotherPassword);
      await page.getByRole("button", { name: "Change password" }).click();
      await page.locator("#current_password-help .error").waitFor();
      expect(await problemsOf(page)).toEqual([]);
      await page.goto(`${program.url}/account/delete`);
      expect(await problemsOf(page)).toEqual([]);
      await page.goto(`${program.url}/account/deleted`);
      expect(await problemsOf(page)).toEqual([]);
      await context.close();
    },
  );
});
