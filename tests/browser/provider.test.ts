import { Secret, TOTP } from "otpauth";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { commandLine, invitationLink, invite } from "../../src/accounts/index.ts";
import { launchBrowser } from "../support/browser.ts";
import { type OpenIdProvider, startOpenIdProvider } from "../support/openid-provider.ts";
import { type Program, startProgram } from "../support/program.ts";

const password = "correct horse battery";

let provider: OpenIdProvider;
let program: Program;
let browser: Browser;
let context: BrowserContext;
let page: Page;

beforeAll(async () => {
  provider = await startOpenIdProvider();
  program = await startProgram({ identityProvider: provider.settings });
  provider.serve(`${program.url}/sign-in/provider/callback`);
  browser = await launchBrowser();
  await register("operator@example.com");
});
afterAll(() => browser.close());

beforeEach(async () => {
  await context?.close();
  context = await browser.newContext({ locale: "en-US" });
  page = await context.newPage();
  page.setDefaultTimeout(15_000);
  provider.isUp = true;
});

async function register(email: string): Promise<void> {
  await fetch(`${program.url}/auth/register`, {
    method: "POST",
    headers: { Origin: program.url, "Content-Type": "application/json" },
    body: JSON.stringify({ email, password }),
  });
}

const somebody = (name: string, isVerified = true) => ({
  subject: `subject of ${name}`,
  email: `${name}@example.com`,
  isVerified,
});

async function signInByProvider(): Promise<void> {
  await page.goto(`${program.url}/sign-in?next=%2Ftransactions`);
  await page.getByRole("button", { name: "Sign in with Example ID" }).click();
}

async function signInByPassword(email: string): Promise<void> {
  await page.getByLabel("Email").fill(email);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
}

async function signOut(): Promise<void> {
  await page.goto(`${program.url}/account`);
  await page.getByRole("button", { name: "Sign out", exact: true }).click();
  await page.waitForURL(/sign-in/);
}

async function anHourPasses(email: string): Promise<void> {
  await program.database.pool.query(
    `update sessions set proved_at = proved_at - interval '1 hour'
     from users where users.user_id = sessions.user_id and email = $1`,
    [email],
  );
}

const identitiesOf = async (email: string) =>
  (
    await program.database.pool.query(
      "select subject from identities join users using (user_id) where email = $1",
      [email],
    )
  ).rows;

describe("who is unknown", () => {
  test("gets an account without a password, proves themselves there, and may choose a password", async () => {
    provider.person = somebody("new");
    await signInByProvider();
    await page.waitForURL(`${program.url}/transactions`);
    await signOut();
    await signInByProvider();
    await page.waitForURL(`${program.url}/transactions`);
    expect(await identitiesOf("new@example.com")).toEqual([{ subject: "subject of new" }]);

    await anHourPasses("new@example.com");
    await page.goto(`${program.url}/account`);
    await page.getByText("This account has none yet").waitFor();
    await page.getByLabel("Name", { exact: true }).fill("backup script");
    await page.getByRole("button", { name: "Make token" }).click();
    expect(await page.getByLabel("Password").count()).toBe(0);
    const askings = provider.askings;
    await page.getByRole("button", { name: "Confirm with Example ID" }).click();
    await page.getByRole("heading", { name: "It is you" }).waitFor();
    expect(provider.askings).toBe(askings + 1); // although they were signed in there
    await page.getByRole("button", { name: "Go on" }).click();
    await page.getByText("backup script is made.").waitFor();

    // The provider is the only way in: it stays.
    await page.getByRole("button", { name: "Disconnect" }).click();
    await page.getByText("This account has no password").waitFor();
    await page.getByLabel("New password").fill(password);
    await page.getByRole("button", { name: "Set password" }).click();
    await page.getByText("Your password is changed.").waitFor();
    await page.getByRole("button", { name: "Disconnect" }).click();
    await page.getByText("The two accounts are no longer connected.").waitFor();
    await signOut();
    await signInByPassword("new@example.com");
    await page.waitForURL(/portfolio/);
  });

  test("gets none by an email that is not verified", async () => {
    provider.person = somebody("unverified", false);
    await signInByProvider();
    await page.getByText("Example ID has not verified your email").waitFor();
    await page.goto(`${program.url}/account`);
    expect(page.url()).toContain("/sign-in");
  });
});

describe("an account that is there already", () => {
  test("is connected by its own sign-in alone, never by its email", async () => {
    await register("old@example.com");
    provider.person = somebody("old");
    await signInByProvider();
    await page.getByText("old@example.com has an account here.").waitFor();
    expect(await identitiesOf("old@example.com")).toEqual([]);
    expect(await page.getByLabel("Email").inputValue()).toBe("old@example.com");
    await signInByPassword("operator@example.com"); // another one: nothing is connected to it
    await page.waitForURL(/account/);
    expect(await page.getByText("The two accounts are connected.").count()).toBe(0);
    expect(await identitiesOf("operator@example.com")).toEqual([]);
    await signOut();
    await page.getByText("old@example.com has an account here.").waitFor();
    await signInByPassword("old@example.com");
    await page.getByText("The two accounts are connected.").waitFor();
    expect(await identitiesOf("old@example.com")).toEqual([{ subject: "subject of old" }]);
    await signOut();
    await signInByProvider();
    await page.waitForURL(`${program.url}/transactions`);
  });

  test("is left alone when its person says so", async () => {
    await register("alone@example.com");
    provider.person = somebody("alone");
    await signInByProvider();
    await page.getByRole("button", { name: "Do not connect them" }).click();
    await signInByPassword("alone@example.com");
    await page.waitForURL(/portfolio/);
    expect(await identitiesOf("alone@example.com")).toEqual([]);
  });

  test("is connected on the account page, to one that nobody else has; then a second factor is still asked", async () => {
    await register("page@example.com");
    await page.goto(`${program.url}/sign-in`);
    await signInByPassword("page@example.com");
    await page.waitForURL(/portfolio/);
    provider.person = somebody("old"); // connected to another account
    await page.goto(`${program.url}/account`);
    await page.getByRole("button", { name: "Connect" }).click();
    await page.getByText("You, or somebody else, are connected there already").waitFor();
    provider.person = somebody("elsewhere");
    await context.clearCookies({ domain: "127.0.0.1", name: /^_/ }); // signed out there
    await page.goto(`${program.url}/account`);
    await page.getByRole("button", { name: "Connect" }).click();
    await page.getByText("The two accounts are connected.").waitFor();
    await page.getByRole("button", { name: "Set up an authenticator app" }).click();
    const secret = (await page.locator("code.secret").textContent())!.replaceAll(/\s/g, "");
    const codeIn = (seconds: number) =>
      new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: Date.now() + seconds * 1000 });
    await page.getByRole("textbox", { name: "Code" }).fill(codeIn(-30));
    await page.getByRole("button", { name: "Turn on" }).click();
    await page.getByRole("heading", { name: "Recovery codes" }).waitFor();
    await signOut();
    await signInByProvider();
    await page.waitForURL(/second-step/);
    await page.getByRole("textbox", { name: "Code" }).fill(codeIn(0));
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await page.waitForURL(`${program.url}/transactions`);

    await anHourPasses("page@example.com");
    await page.goto(`${program.url}/account`);
    await page.getByRole("button", { name: "Remove the authenticator app" }).click();
    await page.getByRole("button", { name: "Confirm with Example ID" }).click();
    await page.getByRole("heading", { name: "Is it you?" }).waitFor(); // half of it
    expect(await page.getByLabel("Password").count()).toBe(0);
    await page.getByRole("textbox", { name: "Code" }).fill(codeIn(30));
    await page.getByRole("button", { name: "Go on" }).click();
    await page.getByText("Your authenticator app no longer counts.").waitFor();

    await anHourPasses("page@example.com");
    provider.person = somebody("stranger");
    await page.getByLabel("Name", { exact: true }).fill("a thief's");
    await page.getByRole("button", { name: "Make token" }).click();
    await page.getByRole("button", { name: "Confirm with Example ID" }).click();
    await page.getByText("did not vouch for you as one who is known here").waitFor();
  });
});

describe("what goes wrong is a plain page", () => {
  test("the person refuses; the provider does not answer; an answer comes twice, or to nobody's question", async () => {
    provider.person = null;
    await signInByProvider();
    await page.getByText("Example ID did not vouch for you").waitFor();
    provider.person = somebody("once");
    const arriving = page.waitForRequest(/provider\/callback/);
    await signInByProvider();
    const address = (await arriving).url();
    await page.waitForURL(`${program.url}/transactions`);
    await page.goto(address);
    await page.getByText("That sign-in was begun more than ten minutes ago, or in another browser").waitFor();
    await signOut();
    // A way there, of which the browser has the cookie.
    const begin = async (): Promise<string> => {
      const headers = { Origin: program.url, Accept: "text/html" };
      const answer = await context.request.post(`${program.url}/sign-in/provider`, { headers });
      return /state&#x3D;([\w-]+)/.exec(await answer.text())![1]!;
    };
    const callback = (state: string) =>
      page.goto(
        `${program.url}/sign-in/provider/callback?code=guessed&state=${state}&iss=${encodeURIComponent(provider.settings.issuer)}`,
      );
    await begin();
    await callback("forged");
    await page.getByText("Example ID did not vouch for you").waitFor();
    await callback(await begin());
    await page.getByText("Example ID did not vouch for you").waitFor();
    const state = await begin();
    provider.isUp = false;
    await callback(state);
    await page.getByText("Example ID does not answer as it should").waitFor();
  });

  test("a provider that is away when it is first needed is asked again later", async () => {
    const other = await startOpenIdProvider();
    const away = await startProgram({ identityProvider: other.settings });
    other.serve(`${away.url}/sign-in/provider/callback`);
    other.isUp = false;
    other.person = somebody("patient");
    const signIn = () =>
      fetch(`${away.url}/sign-in/provider`, {
        method: "POST",
        headers: { Origin: away.url, Accept: "text/html" },
      });
    const refused = await signIn();
    expect([refused.status, refused.headers.get("Retry-After")]).toEqual([503, "30"]);
    expect(await refused.text()).toContain("Example ID does not answer as it should");
    other.isUp = true;
    expect((await signIn()).status).toBe(200);
  });

  test("an account is made by the rules for any other: where only who is invited may, by nobody else", async () => {
    const other = await startOpenIdProvider();
    const invited = await startProgram({ identityProvider: other.settings, registration: "invitation" });
    other.serve(`${invited.url}/sign-in/provider/callback`);
    const signIn = async (name: string) => {
      other.person = somebody(name);
      await context.clearCookies();
      await page.goto(`${invited.url}/sign-in`);
      await page.getByRole("button", { name: "Sign in with Example ID" }).click();
    };
    await signIn("first"); // at this machine: the first account may be theirs
    await page.waitForURL(/portfolio/);
    await signIn("second");
    await page.getByText("New accounts are made by invitation here").waitFor();
    const { rows } = await invited.database.pool.query("select email, role from users");
    expect(rows).toEqual([{ email: "first@example.com", role: "operator" }]);

    const open = async (email: string, role: "investor" | "operator") => {
      const owner = { pool: invited.database.pool, clock: () => new Date() };
      const { token } = await invite(owner, commandLine, { email, role });
      await context.clearCookies();
      await page.goto(invitationLink(invited.url, token));
    };
    const choose = () => page.getByRole("button", { name: "Sign in with Example ID" }).click();
    await open("invited@example.com", "operator");
    other.person = somebody("another");
    await choose();
    await page.getByText("Example ID knows you as another@example.com").waitFor();
    await open("invited@example.com", "operator");
    other.person = somebody("invited");
    await context.clearCookies();
    await choose();
    await page.waitForURL(/portfolio/);
    await page.goto(`${invited.url}/people`); // an operator's
    await page.getByRole("heading", { name: "People" }).waitFor();

    await open("third@example.com", "investor");
    other.person = somebody("third");
    await page.getByRole("link", { name: "Sign in" }).last().click();
    await page.waitForURL(/sign-in/);
    await choose();
    await page.waitForURL(/portfolio/);
    const made = await invited.database.pool.query("select email, role from users order by user_id");
    expect(made.rows.slice(1)).toEqual([
      { email: "invited@example.com", role: "operator" },
      { email: "third@example.com", role: "investor" },
    ]);
    expect((await invited.database.pool.query("select from invitations")).rowCount).toBe(0);
  });
});
