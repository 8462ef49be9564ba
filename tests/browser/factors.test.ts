import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { AxeResults } from "axe-core";
import { Secret, TOTP } from "otpauth";
import type { Browser, BrowserContext, CDPSession, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { launchBrowser } from "../support/browser.ts";
import { type Program, startProgram } from "../support/program.ts";

const axe = readFileSync(fileURLToPath(import.meta.resolve("axe-core/axe.min.js")), "utf8");
const password = "correct horse battery";

let program: Program;
let browser: Browser;
/** A passkey belongs to a name: browsers make none for a number. */
let url: string;

beforeAll(async () => {
  program = await startProgram();
  url = program.url.replace("127.0.0.1", "localhost");
  browser = await launchBrowser();
});
afterAll(() => browser.close());

async function signUp(context: BrowserContext, email: string): Promise<Page> {
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  await page.goto(`${url}/create-account`);
  await page.getByLabel("Email").fill(email);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Create account" }).click();
  await page.waitForURL(/portfolio/);
  return page;
}

async function signOut(page: Page): Promise<void> {
  await page.goto(`${url}/account`);
  await page.getByRole("button", { name: "Sign out", exact: true }).click();
  await page.waitForURL(/sign-in/);
}

async function firstStep(page: Page, email: string): Promise<void> {
  await page.goto(`${url}/sign-in?next=%2Ftransactions`);
  await page.getByLabel("Email").fill(email);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
}

/** Every session of theirs has not proved anything for an hour. */
async function anHourPasses(email: string): Promise<void> {
  await program.database.pool.query(
    `update sessions set proved_at = proved_at - interval '1 hour'
     from users where users.user_id = sessions.user_id and email = $1`,
    [email],
  );
}

const codeOf = (secret: string, seconds = 0): string =>
  new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: Date.now() + seconds * 1000 });

interface Authenticator {
  readonly session: CDPSession;
  readonly id: string;
}

/** A platform authenticator, as phones and laptops have it, whose person is at hand. */
async function addAuthenticator(page: Page): Promise<Authenticator> {
  const session = await page.context().newCDPSession(page);
  await session.send("WebAuthn.enable");
  const { authenticatorId } = await session.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2",
      transport: "internal",
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  return { session, id: authenticatorId };
}

async function addPasskey(page: Page, name: string): Promise<void> {
  await page.goto(`${url}/account`);
  await page.getByLabel("Name of a new passkey").fill(name);
  await page.getByRole("button", { name: "Add a passkey" }).click();
}

describe("passkeys", () => {
  test("are made, renamed, and sign in alone, but nobody else who has the device", async () => {
    const context = await browser.newContext({ locale: "en-US" });
    const page = await signUp(context, "passkey@example.com");
    const { session, id } = await addAuthenticator(page);
    await addPasskey(page, "my laptop");
    await page.getByRole("heading", { name: "Recovery codes" }).waitFor();
    await page.getByRole("link", { name: "I have kept them" }).click();
    await page.getByLabel("Name of the passkey my laptop").fill("the old laptop");
    await page.getByRole("button", { name: "Rename my laptop" }).click();
    await page.getByText("Your passkey has its new name.").waitFor();
    expect(await page.getByLabel("Name of the passkey the old laptop").inputValue()).toBe("the old laptop");

    // Where there is one already, the browser itself makes no second.
    await addPasskey(page, "again");
    await page.getByText("There is a passkey of yours already where this one was to be kept.").waitFor();

    await signOut(page);
    await page.goto(`${url}/sign-in?next=%2Ftransactions`);
    await session.send("WebAuthn.setUserVerified", { authenticatorId: id, isUserVerified: false });
    await page.getByRole("button", { name: "Use a passkey" }).click();
    await page.getByText("No passkey was given, or it took too long.").waitFor();
    await session.send("WebAuthn.setUserVerified", { authenticatorId: id, isUserVerified: true });
    await page.getByRole("button", { name: "Use a passkey" }).click();
    await page.waitForURL(`${url}/transactions`);
    await context.close();
  });

  test("are the second step after a password, until they are removed", async () => {
    const context = await browser.newContext({ locale: "en-US" });
    const email = "second@example.com";
    const page = await signUp(context, email);
    await addAuthenticator(page);
    await addPasskey(page, "a key");
    await page.getByRole("heading", { name: "Recovery codes" }).waitFor();
    const codes = await page.locator(".recovery-codes code").allTextContents();
    expect(codes).toHaveLength(10);
    await signOut(page);
    await firstStep(page, email);
    await page.waitForURL(/second-step/);
    await page.goto(`${url}/transactions`);
    expect(page.url()).toContain("/sign-in"); // nobody yet
    await page.goto(`${url}/sign-in/second-step?next=%2Ftransactions`);
    await page.getByRole("button", { name: "Use a passkey" }).click();
    await page.waitForURL(`${url}/transactions`);

    await signOut(page);
    await firstStep(page, email);
    await page.getByRole("textbox", { name: "Code" }).fill(codes[3]!);
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await page.waitForURL(`${url}/transactions`);

    await anHourPasses(email);
    await page.goto(`${url}/account`);
    await page.getByRole("button", { name: "Remove the passkey a key" }).click();
    await page.getByRole("heading", { name: "Is it you?" }).waitFor();
    await page.getByRole("button", { name: "Use a passkey" }).click();
    await page.getByText("That passkey no longer counts.").waitFor();
    await signOut(page);
    await page.getByRole("button", { name: "Use a passkey" }).click();
    await page.getByText("That passkey cannot be used here").waitFor();
    await firstStep(page, email);
    await page.waitForURL(`${url}/transactions`); // the password is enough again
    await context.close();
  });

  test("a copied authenticator, whose signatures stop counting up, is refused", async () => {
    const context = await browser.newContext({ locale: "en-US" });
    const page = await signUp(context, "copied@example.com");
    const { session, id } = await addAuthenticator(page);
    await addPasskey(page, "a key");
    await page.getByRole("heading", { name: "Recovery codes" }).waitFor();
    const { credentials } = await session.send("WebAuthn.getCredentials", { authenticatorId: id });
    const copy = credentials[0]!;
    const use = async () => {
      await signOut(page);
      await page.getByRole("button", { name: "Use a passkey" }).click();
    };
    await use();
    await page.waitForURL(/portfolio/);
    await session.send("WebAuthn.removeCredential", { authenticatorId: id, credentialId: copy.credentialId });
    await session.send("WebAuthn.addCredential", {
      authenticatorId: id,
      credential: { ...copy, signCount: 0 },
    });
    await use();
    await page.getByText("That passkey cannot be used here").waitFor();
    await context.close();
  });

  test("an answer is good once, and for the challenge of this site", async () => {
    const context = await browser.newContext({ locale: "en-US" });
    const page = await signUp(context, "replay@example.com");
    await addAuthenticator(page);
    await addPasskey(page, "a key");
    await page.getByRole("heading", { name: "Recovery codes" }).waitFor();
    await signOut(page);
    const sending = page.waitForRequest(/sign-in\/passkey/);
    await page.getByRole("button", { name: "Use a passkey" }).click();
    const body = (await sending).postData()!;
    await page.waitForURL(/portfolio/);
    const send = (form: URLSearchParams) =>
      fetch(`${url}/sign-in/passkey`, {
        method: "POST",
        headers: { Accept: "text/html", Origin: url },
        body: form,
        redirect: "manual",
      });
    expect((await send(new URLSearchParams(body))).status).toBe(422);
    const form = new URLSearchParams(body);
    const { ticket } = (await (
      await fetch(`${url}/auth/passkey/challenge`, { method: "POST", headers: { Origin: url } })
    ).json()) as { ticket: string };
    form.set("ticket", ticket);
    expect((await send(form)).status).toBe(422);
    await context.close();
  });
});

describe("an authenticator app", () => {
  test.each([true, false])(
    "is set up, asked for and removed, with JavaScript %s",
    async (javaScriptEnabled) => {
      const context = await browser.newContext({ locale: "en-US", javaScriptEnabled });
      const email = `totp-${javaScriptEnabled}@example.com`;
      const page = await signUp(context, email);
      await anHourPasses(email);
      await page.goto(`${url}/account`);
      await page.getByRole("button", { name: "Set up an authenticator app" }).click();
      await page.getByLabel("Password").fill("not this one");
      await page.getByRole("button", { name: "Go on" }).click();
      await page.getByText("That is not the current password of this account.").waitFor();
      await page.getByLabel("Password").fill(password);
      await page.getByRole("button", { name: "Go on" }).click();
      const secret = (await page.locator("code.secret").textContent())!.replaceAll(/\s/g, "");
      await page.getByRole("textbox", { name: "Code" }).fill("000 000");
      await page.getByRole("button", { name: "Turn on" }).click();
      await page.getByText("That is not a code that is good now").waitFor();
      await page.getByRole("textbox", { name: "Code" }).fill(codeOf(secret));
      await page.getByRole("button", { name: "Turn on" }).click();
      expect(await page.locator(".recovery-codes code").count()).toBe(10);
      await signOut(page);
      await firstStep(page, email);
      await page.getByRole("textbox", { name: "Code" }).fill(codeOf(secret, 30));
      await page.getByRole("button", { name: "Sign in", exact: true }).click();
      await page.waitForURL(`${url}/transactions`);
      await page.goto(`${url}/account`);
      await page.getByRole("button", { name: "Remove the authenticator app" }).click();
      await page.getByText("Your authenticator app no longer counts.").waitFor();
      await context.close();
    },
  );
});

describe("what was being done goes on after the proof, with what was typed", () => {
  test("a token, a password, the end of the account", async () => {
    const context = await browser.newContext({ locale: "en-US" });
    const email = "goes-on@example.com";
    const page = await signUp(context, email);
    await anHourPasses(email);
    await page.goto(`${url}/account`);
    await page.getByLabel("Name", { exact: true }).fill("backup script");
    await page.getByLabel("Write", { exact: true }).check();
    await page.getByRole("button", { name: "Make token" }).click();
    await page.getByLabel("Password").fill(password);
    await page.getByRole("button", { name: "Go on" }).click();
    await page.getByText("backup script is made.").waitFor();
    expect(await page.locator("#tokens li .tag").textContent()).toBe("write");

    await addAuthenticator(page);
    await addPasskey(page, "a key");
    await page.getByRole("heading", { name: "Recovery codes" }).waitFor();
    await anHourPasses(email);
    await page.goto(`${url}/account`);
    await page.getByLabel("Current password").fill(password);
    await page.getByLabel("New password").fill("battery horse correct");
    await page.getByRole("button", { name: "Change password" }).click();
    await page.getByRole("heading", { name: "Is it you?" }).waitFor();
    expect(await page.content()).not.toContain("battery horse correct");
    expect(await page.getByLabel("Password").count()).toBe(0); // it was right already
    await page.getByRole("button", { name: "Use a passkey" }).click();
    await page.getByText("Your password is changed.").waitFor();

    await anHourPasses(email);
    await page.getByLabel("Name of a new passkey").fill("another key");
    await page.getByRole("button", { name: "Add a passkey" }).click();
    await page.getByRole("button", { name: "Use a passkey" }).click();
    await page.getByText("Press the button once more to go on.").waitFor();
    expect(await page.getByLabel("Name of a new passkey").inputValue()).toBe("another key");

    await anHourPasses(email);
    await page.goto(`${url}/account/delete`);
    await page.getByLabel("Your email, to be sure").fill(email);
    await page.getByLabel("Password").fill("battery horse correct");
    await page.getByRole("button", { name: "Delete account" }).click();
    await page.getByRole("button", { name: "Use a passkey" }).click();
    await page.getByRole("heading", { name: "Your account is deleted" }).waitFor();
    await context.close();
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
      const email = `axe-${colorScheme}-${width}@example.com`;
      const page = await signUp(context, email);
      const problems: string[] = [];
      const inspect = async (heading: string): Promise<void> => {
        await page.getByRole("heading", { name: heading, exact: true }).waitFor();
        await page.evaluate(axe);
        const { violations } = (await page.evaluate("axe.run()")) as AxeResults;
        for (const { id, nodes } of violations)
          problems.push(`${heading}: ${id}: ${nodes.map(({ target }) => target.join(" ")).join(", ")}`);
        if (
          await page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
        )
          problems.push(`${heading}: wider than the window`);
      };
      await addAuthenticator(page);
      await addPasskey(page, "a device whose name is as long as names of devices may well be");
      await inspect("Recovery codes");
      await page.goto(`${url}/account?done=totp`);
      await inspect("Second factors");
      await page.getByRole("button", { name: "Set up an authenticator app" }).click();
      await inspect("Authenticator app");
      await anHourPasses(email);
      await page.goto(`${url}/account`);
      await page.getByRole("button", { name: "Make new codes" }).click();
      await inspect("Is it you?");
      await signOut(page);
      await inspect("Sign in");
      await firstStep(page, email);
      await inspect("Second step");
      expect(problems).toEqual([]);
      await context.close();
    },
  );
});
