/**
 * Pictures of every page of the demo, light, dark and on a phone, into `screenshots/`: to be looked at before a release.
 * (Those of accounts, in every state, are drawn by tests/browser/account-states.test.ts.)
 * `npm run screenshots`; with `-- --readme` also the four of the README, as WebP, into `docs/`.
 */
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BrowserContext, Page } from "playwright-core";
import { launchBrowser } from "../support/browser.ts";

const pages = {
  portfolio: "/portfolio?range=Max",
  "portfolio-1Y": "/portfolio?range=1Y",
  performance: "/portfolio/performance?range=Max",
  risk: "/portfolio/risk?range=Max",
  transactions: "/transactions",
  deleted: "/transactions/deleted",
  import: "/transactions/import",
  ticker: "/tickers/WRLD",
  explain: "/explain/xirr",
  watchlist: "/watchlist",
  targets: "/portfolio/targets",
  assets: "/assets",
  asset: "/assets/int_portfolio_daily",
  runs: "/runs",
  run: "/runs/1",
  automation: "/automation",
  account: "/account",
  "account-security": "/account/security",
  sharing: "/account/sharing",
  people: "/people",
  person: "/people/1",
  "security-log": "/people/log",
  invitations: "/people/invitations",
  "not-found": "/nowhere",
};

/** Of the person with several currencies. */
const nairobiPages = {
  "nairobi-portfolio": "/portfolio?range=Max",
  "nairobi-performance": "/portfolio/performance?range=Max",
  "nairobi-transactions": "/transactions",
  "nairobi-ticker": "/tickers/THAM.L",
  "nairobi-explain": "/explain/currency_effect",
  accounts: "/accounts",
  cash: "/cash",
  income: "/income",
  "realized-gains": "/realized",
  deposit: "/transactions/new/deposit",
  transfer: "/transactions/new/transfer-cash",
  "nairobi-house": "/tickers/~2.1",
  "nairobi-own-assets": "/own-assets",
  "nairobi-own-asset": "/own-assets/~2.1",
};

const looks = {
  light: { colorScheme: "light", viewport: { width: 1440, height: 900 } },
  dark: { colorScheme: "dark", viewport: { width: 1440, height: 900 } },
  phone: { colorScheme: "light", viewport: { width: 390, height: 844 } },
} as const;

const inReadme: readonly (readonly [keyof typeof pages, keyof typeof looks])[] = [
  ["portfolio", "light"],
  ["ticker", "dark"],
  ["assets", "light"],
  ["transactions", "phone"],
];

/** Starts the demo in a folder of its own and returns once it has said its address. */
async function startDemo(folder: string): Promise<{ url: string; stop(): Promise<void> }> {
  const program = spawn("node", ["--liftoff-only", "--max-semi-space-size=4", "src/cli/start.js", "demo"], {
    env: { ...process.env, DATA_DIR: folder, PORT: "0", LOG_LEVEL: "error" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise<void>((resolve) => program.once("exit", () => resolve()));
  const url = await new Promise<string>((resolve, reject) => {
    let said = "";
    program.stdout.setEncoding("utf8").on("data", (text: string) => {
      said += text;
      const address = /ready at (\S+)/.exec(said)?.[1];
      if (address && said.includes("Sign in as")) resolve(address);
    });
    program.once("exit", (code) => reject(new Error(`expected the demo to start, it ended with ${code}`)));
  });
  const stop = async () => {
    program.kill("SIGTERM");
    await ended;
  };
  return { url, stop };
}

async function signIn(page: Page, url: string, email: string): Promise<void> {
  await page.goto(`${url}/sign-in`);
  await page.getByLabel("Email").fill(email);
  await page.getByLabel("Password").fill("demo-portfolio");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL((address) => address.pathname !== "/sign-in");
}

/** The demo's prices arrive while it runs: its pages are complete when no asset waits for any. */
async function settle(context: BrowserContext, url: string): Promise<void> {
  for (;;) {
    const response = await context.request.get(`${url}/api/assets`);
    const { assets } = (await response.json()) as { assets: { status: string }[] };
    if (assets.every(({ status }) => status === "fresh")) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function asWebp(page: Page): Promise<Buffer> {
  const session = await page.context().newCDPSession(page);
  const { data } = await session.send("Page.captureScreenshot", { format: "webp", quality: 80 });
  return Buffer.from(data, "base64");
}

const folder = mkdtempSync(join(tmpdir(), "stratafolio-screenshots-"));
const demo = await startDemo(folder);
const browser = await launchBrowser();
try {
  mkdirSync("screenshots", { recursive: true });
  for (const [look, options] of Object.entries(looks)) {
    const context = await browser.newContext(options);
    const page = await context.newPage();
    await signIn(page, demo.url, "demo@example.org");
    await settle(context, demo.url);
    for (const [name, path] of Object.entries(pages)) {
      await page.goto(demo.url + path);
      await page.screenshot({ path: join("screenshots", `${name}-${look}.png`), fullPage: true });
      const wanted = inReadme.some((entry) => entry[0] === name && entry[1] === look);
      if (wanted && process.argv.includes("--readme")) {
        writeFileSync(join("docs", `${name}-${look}.webp`), await asWebp(page));
      }
    }
    await context.clearCookies();
    await signIn(page, demo.url, "nairobi@example.org");
    for (const [name, path] of Object.entries(nairobiPages)) {
      await page.goto(demo.url + path);
      await page.screenshot({ path: join("screenshots", `${name}-${look}.png`), fullPage: true });
    }
    await context.close();
  }
  process.stdout.write(
    `screenshots/ has ${(Object.keys(pages).length + Object.keys(nairobiPages).length) * Object.keys(looks).length} pictures\n`,
  );
} finally {
  await browser.close();
  await demo.stop();
  rmSync(folder, { recursive: true, force: true });
}
