/** In which language people are spoken to: on pages as they chose, or as their browser asks; by email as who reads it chose. */
import { beforeAll, describe, expect, test } from "vitest";
import { catalogues } from "../../src/web/messages/catalogue.ts";
import { type Mailbox, openMailbox } from "../support/mailbox.ts";
import { emptyRegistry } from "./registry.ts";
import { loopbackDeployment, password, startWebServer, type WebServer } from "./server.ts";

const deployment = { ...loopbackDeployment, publicUrl: "https://money.example.org" };

let mailbox: Mailbox;
let server: WebServer;
let operator: string;

beforeAll(async () => {
  // Says which language it is, of every message.
  for (const code of ["de", "fr"] as const)
    catalogues.set(code, new Proxy({}, { get: (_, message) => `${code}: ${String(message)}` }));
  mailbox = await openMailbox();
  server = await startWebServer(emptyRegistry, { mail: mailbox.mail, deployment });
  operator = (await server.register("first@example.org")).token;
});

const browser = (languages: string) => ({ Accept: "text/html", "Accept-Language": languages });

async function join(email: string, language: string | null = null): Promise<string> {
  await server.call("POST", "/auth/register", { body: { email, password } });
  const token = (await mailbox.link(email, "/confirm-account/")).split("/").at(-1);
  const made = await server.call("POST", "/auth/confirm", { body: { token } });
  const chosen = await choose(made.body.token, language);
  expect(chosen.status).toBe(200);
  return made.body.token;
}

const choose = (token: string, language: string | null) =>
  server.call("POST", "/api/account/language", { token, body: { language } });

const lastLetter = async (email: string) => (await mailbox.of(email)).at(-1)!;

describe("a page", () => {
  test("is in the first language of a stranger's browser that is known, with its places", async () => {
    const page = async (languages: string) =>
      (await server.call("GET", "/sign-in", { headers: browser(languages) })).body as string;
    expect(await page("nl, de-AT;q=0.8, fr;q=0.5")).toMatch(/<html lang="de" data-locale="de-AT">/);
    expect(await page("de-AT;q=0.4, fr;q=0.5")).toMatch(/<html lang="fr" data-locale="fr">/);
    expect(await page("en-GB, de")).toMatch(/<html lang="en" data-locale="en-GB">/);
    // Who reads English for want of their own language writes numbers as they are used to.
    expect(await page("nl-NL")).toMatch(/<html lang="en" data-locale="nl-NL">/);
    expect(await page("nl, de")).toContain("<title>de: de: Sign in · Stratafolio</title>");
  });

  test("is in the language that its person chose, whatever the browser asks, until they choose none", async () => {
    const token = await join("page@example.org");
    const send = (language: string) =>
      server.call("POST", "/account/language", { token, body: { language }, headers: browser("en-US") });
    const read = async () =>
      (await server.call("GET", "/account", { token, headers: browser("en-US, de-CH;q=0.5") }))
        .body as string;
    const monthOf = (html: string) => /<dt>[^<]*Since<\/dt>\s*<dd><time [^>]*>([^<]*)</.exec(html)?.[1];
    const english = await read();
    expect(english).toContain('<html lang="en" data-locale="en-US">');
    expect(english).toMatch(/<option value="" selected>\s*As my browser asks/);
    const { headers } = await send("de");
    expect(headers.get("Location")).toBe("/account?done=language#language");
    const german = await read();
    expect(german).toContain('<html lang="de" data-locale="de-CH">');
    expect(german).toMatch(/<option value="de" selected>\s*Deutsch/);
    expect(monthOf(german)).not.toBe(monthOf(english));
    expect(german).toMatch(/<option value="03"[^>]*>\s*März/);
    await send("");
    expect(await read()).toBe(english.replaceAll(/(?<=name="csrf_token" value=")[^"]*/g, (csrf) => csrf));
  });

  test("is in English where the language is none that is known, which cannot be chosen", async () => {
    const token = await join("unknown@example.org", "de");
    const asProgram = await choose(token, "xx");
    expect([asProgram.status, asProgram.body.error.code]).toEqual([422, "invalid_language"]);
    const asForm = await server.call("POST", "/account/language", {
      token,
      body: { language: "xx" },
      headers: browser("en"),
    });
    expect(asForm.status).toBe(422);
    const { body } = await server.call("GET", "/api/account", { token });
    expect(body.account.language).toBe("de");
    expect((await server.call("GET", "/sign-in", { headers: browser("xx") })).body).toContain(
      '<html lang="en"',
    );
  });

  test("says in it what is wrong, of what was typed and of what was not found", async () => {
    const token = await join("wrong@example.org", "de");
    const call = (method: string, path: string, body?: object) =>
      server.call(method, path, { token, body, headers: browser("en") });
    const refused = await call("POST", "/account/password", {
      current_password: "?",
      new_password: "long enough",
    });
    expect(refused.body).toContain("de: That is not the current password of this account.");
    expect((await call("GET", "/nowhere")).body).toContain("de: There is no page /nowhere.");
    const asProgram = await server.call("GET", "/api/nowhere", {
      token,
      headers: { "Accept-Language": "de" },
    });
    expect(asProgram.body.error.message).toBe("there is no GET /api/nowhere");
  });
});

describe("an email", () => {
  const forget = (email: string, languages: string) =>
    server.call("POST", "/auth/forgot-password", {
      body: { email },
      headers: { "Accept-Language": languages },
    });

  test("is in the language of the account, whoever asks for it", async () => {
    await join("german@example.org", "de");
    await forget("german@example.org", "fr");
    const { subject, text } = await lastLetter("german@example.org");
    expect(subject).toBe("de: Choose a new password for Stratafolio");
    expect(text).toContain("de: Somebody, you we hope, has asked for a new password of your account.");
    expect(text).toContain("de: The link is good for 60 minutes, once.");
  });

  test("is in the language of the request where its reader has chosen none, or has no account", async () => {
    await join("browser@example.org");
    await forget("browser@example.org", "fr-CA, de");
    expect((await lastLetter("browser@example.org")).subject).toMatch(/^fr: /);
    await server.call("POST", "/auth/register", {
      body: { email: "newcomer@example.org", password },
      headers: { "Accept-Language": "de" },
    });
    expect((await lastLetter("newcomer@example.org")).subject).toBe("de: Confirm your Stratafolio account");
  });

  test("is in the language of its reader where another caused it", async () => {
    await join("reader@example.org", "fr");
    await server.call("POST", "/api/account/readers", {
      token: operator,
      body: { email: "reader@example.org" },
    });
    expect((await lastLetter("reader@example.org")).text).toContain("fr: Nothing is asked of you");
    await server.call("POST", "/auth/login", {
      body: { email: "reader@example.org", password },
      headers: { "Accept-Language": "de", "User-Agent": "a new phone" },
    });
    expect((await lastLetter("reader@example.org")).subject).toBe(
      "fr: A sign-in from a new device (Stratafolio)",
    );
  });
});
