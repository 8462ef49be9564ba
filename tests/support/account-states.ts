/** Every page by which people get in, and by which operators let them in: empty, filled, and when something is wrong. */
import { Secret, TOTP } from "otpauth";
import type { Browser, Page } from "playwright-core";
import { commandLine, createAccount, resetPath, startReset } from "../../src/accounts/index.ts";
import type { OpenIdProvider } from "./openid-provider.ts";
import type { Program } from "./program.ts";
import { register } from "./visitor.ts";

/** Is shown each state as it comes; the page stays as it is. */
export type Look = (name: string, page: Page) => Promise<void>;

/** Where the states are: nobody has an account yet in any of them. */
export interface Places {
  /** With the provider, and without emails. */
  readonly ordinary: Program;
  /** Sends emails. */
  readonly mailing: Program;
  /** Makes no accounts. */
  readonly closed: Program;
  readonly provider: OpenIdProvider;
}

const password = "correct horse battery";
const operator = "ada@example.com";
const investor = "bob@example.com";
const longEmail = "a.person.whose.name.is.as.long.as.a.name.may.well.be@accounts.example.com";

const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true }).click();

/** Of this machine by its name: a passkey belongs to one. */
const named = (program: Program): string => program.url.replace("127.0.0.1", "localhost");

async function open(browser: Browser): Promise<Page> {
  // axe is not one of our scripts.
  const context = await browser.newContext({ locale: "en-US", bypassCSP: true });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  return page;
}

async function signIn(page: Page, url: string, email: string, typed = password): Promise<void> {
  await page.goto(`${url}/sign-in`);
  await page.getByLabel("Email").fill(email);
  await page.getByLabel("Password").fill(typed);
  await button(page, "Sign in");
}

async function signOut(page: Page, url: string): Promise<void> {
  await page.goto(`${url}/account`);
  await button(page, "Sign out");
  await page.waitForURL(/sign-in/);
}

/** Every session has not proved anything for an hour. */
async function anHourPasses({ database }: Program): Promise<void> {
  await database.pool.query("update sessions set proved_at = proved_at - interval '1 hour'");
}

async function addAuthenticator(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page);
  await session.send("WebAuthn.enable");
  await session.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2",
      transport: "internal",
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
}

export async function walkAccountStates(browser: Browser, places: Places, look: Look): Promise<void> {
  await createAccounts(browser, places.ordinary, look);
  await secondFactors(browser, places, look);
  await account(browser, places.ordinary, look);
  await operatorPages(browser, places.ordinary, look);
  await providerPages(browser, places, look);
  await passwordPages(browser, places.ordinary, look);
  await emails(browser, places.mailing, look);
  await closedInstallation(browser, places.closed, look);
}

async function createAccounts(browser: Browser, program: Program, look: Look): Promise<void> {
  const page = await open(browser);
  const url = named(program);
  await page.goto(`${url}/create-account`);
  await look("create-account", page);
  await page.getByLabel("Email").fill(operator);
  await page.getByLabel("Password").fill("password");
  await button(page, "Create account");
  await page.locator(".error:visible").waitFor();
  await look("create-account-error", page);
  await page.getByLabel("Password").fill(password);
  await button(page, "Create account");
  await page.waitForURL(/portfolio/);
  await page.goto(`${url}/people/log?email=nobody`);
  await look("security-log-empty", page);
  await page.goto(`${url}/people/invitations`);
  await look("invitations-empty", page);
  for (const email of [investor, longEmail, "carol@example.com"]) await register(program, email);
  await signOut(page, url);
  await look("sign-in", page);
  await signIn(page, url, operator, "not this one");
  await page.getByRole("alert").waitFor();
  await look("sign-in-error", page);
  await page.goto(`${url}/create-account?invitation=of-yesterday`);
  await look("create-account-old-invitation", page);
  await page.context().close();
}

async function secondFactors(browser: Browser, { ordinary: program }: Places, look: Look): Promise<void> {
  const page = await open(browser);
  const url = named(program);
  await signIn(page, url, investor);
  await page.waitForURL(/portfolio/);
  await page.goto(`${url}/account`);
  await look("account-empty", page);
  await addAuthenticator(page);
  await button(page, "Set up an authenticator app");
  const secret = (await page.locator("code.secret").textContent())!.replaceAll(/\s/g, "");
  await look("authenticator-app", page);
  const code = page.getByRole("textbox", { name: "Code" });
  await code.fill("000 000");
  await button(page, "Turn on");
  await page.getByText("That is not a code that is good now").waitFor();
  await look("authenticator-app-error", page);
  await code.fill(new TOTP({ secret: Secret.fromBase32(secret) }).generate());
  await button(page, "Turn on");
  await page.getByRole("heading", { name: "Recovery codes" }).waitFor();
  await look("recovery-codes", page);
  for (const name of ["my laptop", "again"]) {
    await page.goto(`${url}/account`);
    await page.getByLabel("Name of a new passkey").fill(name);
    await button(page, "Add a passkey");
    await page.locator(name === "again" ? "form .error:visible" : ".notice.good").waitFor();
  }
  await look("account-passkey-error", page);
  await anHourPasses(program);
  await page.goto(`${url}/account`);
  await button(page, "Make new codes");
  await page.getByRole("heading", { name: "Is it you?" }).waitFor();
  await look("proof", page);
  await page.getByLabel("Password").fill("not this one");
  await code.fill("000000");
  await button(page, "Go on");
  await page.getByRole("alert").waitFor();
  await look("proof-error", page);
  await signOut(page, url);
  await signIn(page, url, investor);
  await page.waitForURL(/second-step/);
  await look("second-step", page);
  await code.fill("000000");
  await button(page, "Sign in");
  await page.getByRole("alert").waitFor();
  await look("second-step-error", page);
  await page.context().close();
}

async function account(browser: Browser, program: Program, look: Look): Promise<void> {
  const page = await open(browser);
  const url = named(program);
  await signIn(page, url, "carol@example.com");
  await page.waitForURL(/portfolio/);
  await page.goto(`${url}/account`);
  await page.getByLabel("Name", { exact: true }).fill("backup script");
  await button(page, "Make token");
  await page.getByText("backup script is made.").waitFor();
  await look("account-token", page);
  await page.goto(`${url}/account`);
  await page.getByLabel("Current password").fill(password);
  await page.getByLabel("New password").fill("password");
  await button(page, "Change password");
  await page.locator(".error:visible").first().waitFor();
  await look("account-password-error", page);
  await page.goto(`${url}/account/security`);
  await look("account-security", page);
  await page.goto(`${url}/account/security?before=1`);
  await look("account-security-empty", page);
  await page.goto(`${url}/account/delete`);
  await look("account-delete", page);
  await page.getByLabel("Your email, to be sure").fill("somebody@example.com");
  await page.getByLabel("Password").fill(password);
  await button(page, "Delete account");
  await page.locator(".error:visible").first().waitFor();
  await look("account-delete-error", page);
  await page.getByLabel("Your email, to be sure").fill("carol@example.com");
  await page.getByLabel("Password").fill(password);
  await button(page, "Delete account");
  await page.getByRole("heading", { name: "Your account is deleted" }).waitFor();
  await look("account-deleted", page);
  await page.context().close();
}

async function operatorPages(browser: Browser, program: Program, look: Look): Promise<void> {
  const page = await open(browser);
  const url = named(program);
  await signIn(page, url, operator);
  await page.waitForURL(/portfolio/);
  await page.goto(`${url}/people`);
  await look("people", page);
  await page.goto(`${url}/people?email=nobody`);
  await look("people-empty", page);
  await page.goto(`${url}/people/1`);
  await page.getByText("Make an investor…").click();
  await button(page, "Yes, take the role away");
  await page.getByRole("alert").waitFor();
  await look("person-error", page);
  await page.goto(`${url}/people/2`);
  await look("person", page);
  await button(page, "Make a link");
  await page.getByText("The link is made.").waitFor();
  await look("person-link", page);
  for (const summary of await page.locator("main summary").all()) await summary.click();
  await look("person-choices", page);
  await page.getByLabel("The account’s email, to be sure").fill("somebody@example.com");
  await button(page, "Delete account");
  await page.locator(".error:visible").waitFor();
  await look("person-delete-error", page);
  await page.goto(`${url}/people/3`);
  await page.getByText("Disable…").click();
  await button(page, "Yes, disable the account");
  await page.getByRole("status").first().waitFor();
  await look("person-disabled", page);
  await page.goto(`${url}/people?done=delete`);
  await look("people-deleted", page);
  await page.goto(`${url}/people/invitations`);
  for (const email of [`other.${longEmail}`, "dora@example.com", investor]) {
    await page.getByLabel("Email").fill(email);
    await button(page, "Make a link");
    await page.getByText(email === investor ? /has an account/ : "The link is made.").waitFor();
    await look(email === investor ? "invitations-error" : "invitations-link", page);
  }
  await page.goto(`${url}/people/invitations`);
  await look("invitations", page);
  await page.goto(`${url}/people/log`);
  await look("security-log", page);
  await page.context().close();
}

async function providerPages(browser: Browser, { ordinary, provider }: Places, look: Look): Promise<void> {
  const page = await open(browser);
  const { url } = ordinary; // where the provider leads back to
  const somebody = (email: string) => ({ subject: `subject of ${email}`, email, isVerified: true });
  const begin = async (): Promise<void> => {
    await page.goto(`${url}/sign-in`);
    await button(page, "Sign in with Example ID");
  };
  const away = `${new URL(provider.settings.issuer).origin}/**`;
  await page.route(away, (route) => route.abort("aborted"));
  await begin();
  await page.getByRole("heading", { name: "On to Example ID" }).waitFor();
  await look("to-provider", page);
  await page.unroute(away);
  provider.person = null;
  await begin();
  await page.getByText("Example ID did not vouch for you").waitFor();
  await look("provider-error", page);
  provider.person = somebody(operator);
  await begin();
  await page.getByText(`${operator} has an account here.`).waitFor();
  await look("sign-in-connecting", page);
  await button(page, "Do not connect them");
  await page.context().clearCookies();
  provider.person = somebody("only@example.com");
  await begin();
  await page.waitForURL(/portfolio/);
  await page.goto(`${url}/account`);
  await look("account-of-provider", page);
  await anHourPasses(ordinary);
  await button(page, "Set up an authenticator app");
  await page.getByRole("heading", { name: "Is it you?" }).waitFor();
  await look("proof-by-provider", page);
  await button(page, "Confirm with Example ID");
  await page.getByRole("heading", { name: "It is you" }).waitFor();
  await look("proved", page);
  await page.context().close();
}

async function passwordPages(browser: Browser, program: Program, look: Look): Promise<void> {
  const page = await open(browser);
  const url = named(program);
  await page.goto(`${url}/forgot-password`);
  await look("forgot-password-without-email", page);
  const { pool } = program.database;
  const reset = await startReset({ pool, clock: () => new Date() }, operator, commandLine);
  const link = url + resetPath(reset!.token);
  await page.goto(link);
  await look("reset-password", page);
  await page.getByRole("textbox", { name: "New password" }).fill("password");
  await button(page, "Set password");
  await page.locator(".error:visible").waitFor();
  await look("reset-password-error", page);
  await page.getByRole("textbox", { name: "New password" }).fill("battery horse correct");
  await button(page, "Set password");
  await page.getByText("Your new password is set.").waitFor();
  await look("sign-in-after-reset", page);
  await page.goto(link);
  await look("reset-password-old-link", page);
  await page.context().close();
}

async function emails(browser: Browser, program: Program, look: Look): Promise<void> {
  await register(program, operator);
  const page = await open(browser);
  const { url } = program;
  await page.goto(`${url}/create-account`);
  await page.getByLabel("Email").fill(investor);
  await page.getByLabel("Password").fill(password);
  await button(page, "Create account");
  await page.getByRole("heading", { name: "Check your email" }).waitFor();
  await look("account-asked", page);
  await page.goto(`${url}/confirm-account/of-last-week`);
  await look("confirm-account", page);
  await button(page, "Make my account");
  await page.waitForLoadState();
  await look("confirm-account-error", page);
  await page.goto(`${url}/forgot-password`);
  await look("forgot-password", page);
  await page.getByLabel("Email").fill(investor);
  await button(page, "Send the link");
  await page.getByRole("status").first().waitFor();
  await look("forgot-password-asked", page);
  await page.context().close();
}

async function closedInstallation(browser: Browser, program: Program, look: Look): Promise<void> {
  const page = await open(browser);
  const { url } = program;
  await createAccount(program.database.pool, { email: operator, password });
  await page.goto(`${url}/create-account`);
  await look("create-account-closed", page);
  // What a proxy adds, of which no setting speaks.
  await fetch(url, { headers: { "X-Forwarded-For": "203.0.113.7" } });
  await signIn(page, url, operator);
  await page.waitForURL(/portfolio/);
  await page.goto(`${url}/people/invitations`);
  await look("invitations-closed", page);
  await page.goto(`${url}/people`);
  await look("missing-settings", page);
  await page.context().close();
}
