import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { AxeResults } from "axe-core";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Places, walkAccountStates } from "../support/account-states.ts";
import { launchBrowser } from "../support/browser.ts";
import { openMailbox } from "../support/mailbox.ts";
import { startOpenIdProvider } from "../support/openid-provider.ts";
import { startProgram } from "../support/program.ts";

const axe = readFileSync(fileURLToPath(import.meta.resolve("axe-core/axe.min.js")), "utf8");

/** `npm run screenshots` says so; else nothing is drawn. */
const folder = process.env.SCREENSHOTS;

const looks = {
  light: { colorScheme: "light", width: 1440, height: 900 },
  dark: { colorScheme: "dark", width: 1440, height: 900 },
  phone: { colorScheme: "light", width: 390, height: 844 },
  narrow: { colorScheme: "dark", width: 360, height: 800 },
} as const;

let places: Places;
let browser: Browser;

beforeAll(async () => {
  const provider = await startOpenIdProvider();
  const mailbox = await openMailbox();
  const ordinary = await startProgram({ identityProvider: provider.settings });
  const mailing = await startProgram({ smtpUrl: mailbox.url, publicUrl: "http://localhost" });
  const closed = await startProgram({ registration: "closed" });
  provider.serve(`${ordinary.url}/sign-in/provider/callback`);
  places = { ordinary, mailing, closed, provider };
  browser = await launchBrowser();
  if (folder) mkdirSync(folder, { recursive: true });
});
afterAll(() => browser.close());

/** What axe, and the edge of the window, say of a page as it stands. */
async function problemsOf(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  const { violations } = (await page.evaluate("axe.run()")) as AxeResults;
  const problems = violations.map(
    ({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(" ")).join(", ")}`,
  );
  const isWider = "document.documentElement.scrollWidth > document.documentElement.clientWidth";
  return (await page.evaluate(isWider)) ? [...problems, "wider than the window"] : problems;
}

test("in no state does a page of accounts break a rule of axe or run over the edge", async () => {
  const problems: string[] = [];
  await walkAccountStates(browser, places, async (name, page) => {
    await page.evaluate("scrollTo(0, 0)");
    for (const [look, { colorScheme, ...viewport }] of Object.entries(looks)) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize(viewport);
      if (look === "light" || look === "narrow")
        problems.push(...(await problemsOf(page)).map((problem) => `${name}, ${look}: ${problem}`));
      if (folder && look !== "narrow")
        await page.screenshot({ path: join(folder, `${name}-${look}.png`), fullPage: true });
    }
  });
  expect(problems).toEqual([]);
}, 600_000);
