import { beforeAll, expect, test } from "vitest";
import { textOf } from "../support/html.ts";
import { type Program, startProgram } from "../support/program.ts";
import { bracketMessages, unspoken } from "../support/unspoken.ts";

// Accounts, and who looks after them, on the pages that show them: with every message in brackets, nothing else has letters but data.

let program: Program;
const tokens: Record<"operator" | "ada", string> = { operator: "", ada: "" };

const data = [
  "operator@example.org",
  "ada@example.org",
  "grace@example.org",
  "script",
  "adviser",
  "node",
  "Bearer",
  "Authorization",
];

const call = (who: keyof typeof tokens, method: string, path: string, body?: object, accept = "text/html") =>
  fetch(program.url + path, {
    method,
    headers: {
      Accept: accept,
      "Accept-Language": "de",
      Origin: program.url,
      Authorization: `Bearer ${tokens[who]}`,
      ...(body && { "Content-Type": "application/json" }),
    },
    redirect: "manual",
    ...(body && { body: JSON.stringify(body) }),
  });

beforeAll(async () => {
  bracketMessages();
  program = await startProgram();
  for (const who of ["operator", "ada"] as const) {
    const body = { email: `${who}@example.org`, password: "correct horse battery" };
    const answer = await call(who, "POST", "/auth/register", body, "application/json");
    tokens[who] = ((await answer.json()) as { token: string }).token;
  }
  await call("ada", "POST", "/account/password", { current_password: "wrong", new_password: "long enough" });
  await call("ada", "POST", "/account/tokens", { name: "script", scope: "read", expires_in_days: "90" });
  const link = { name: "adviser", holdings: "on", shows: "percentages", expires_on: soon() };
  await call("ada", "POST", "/account/sharing/links", link);
  await call("operator", "POST", "/account/sharing/readers", {
    email: "ada@example.org",
    expires_on: soon(),
  });
  await call("ada", "POST", "/account/sharing/readers", { email: "grace@example.org" });
  await call("operator", "POST", "/people/invitations", { email: "grace@example.org" });
});

const soon = (): string => new Date(Date.now() + 20 * 86_400_000).toISOString().slice(0, 10);

const expectSpoken = async (answer: Response, status = 200): Promise<void> => {
  expect(answer.status).toBe(status);
  expect(unspoken(await textOf(answer), data)).toEqual([]);
};

test.each([
  ...[
    "password",
    "cost-basis",
    "base-currency",
    "language",
    "tax-year",
    "session",
    "token",
    "passkey-name",
  ].map((done) => `/account?done=${done}`),
  "/account/security",
  "/account/sharing?done=revoked",
  "/account/delete",
  "/account/deleted",
])("%s", async (path) => {
  await expectSpoken(await call("ada", "GET", path));
});

test.each([
  "/account",
  "/people",
  "/people?email=nobody",
  "/people/1",
  "/people/2?done=enable",
  "/people/log",
  "/people/log?kind=sign_in&outcome=refused",
  "/people/invitations",
])("%s, for operators", async (path) => {
  await expectSpoken(await call("operator", "GET", path));
});

test.each<[method: string, path: string, status: number, body?: object]>([
  ["GET", "/nowhere", 404],
  ["GET", "/people", 403],
  ["POST", "/account/password", 422, { current_password: "wrong", new_password: "long enough" }],
  [
    "POST",
    "/account/password",
    422,
    { current_password: "correct horse battery", new_password: "password1" },
  ],
  ["POST", "/account/password", 422, { current_password: "correct horse battery", new_password: "short" }],
  ["POST", "/account/tokens", 409, { name: "script", scope: "read", expires_in_days: "never" }],
  ["POST", "/account/base-currency", 422, { base_currency: "?" }],
  ["POST", "/account/tax-year", 422, { month: "02", day: "31" }],
  ["POST", "/account/delete", 422, { email: "somebody@example.org", password: "?" }],
  ["POST", "/account/sharing/links", 422, { name: "", shows: "amounts", expires_on: "2000-01-01" }],
  ["POST", "/account/sharing/readers", 422, { email: "ada@example.org" }],
  ["POST", "/account/totp", 200, {}],
  ["POST", "/account/recovery-codes", 409, {}],
])("%s %s: %i", async (method, path, status, body) => {
  const answer = await call("ada", method, path, body);
  expect(answer.status).toBe(status);
  const html = await textOf(answer);
  // What only whoever reads it can know: the key of an app, typed by hand.
  expect(unspoken(html.replace(/<code[\s\S]*?<\/code>/g, ""), data)).toEqual([]);
});

test.each([
  "/sign-in?done=reset",
  "/create-account",
  "/create-account?invitation=nonsense",
  "/forgot-password",
  "/reset-password/nonsense",
  "/confirm-account/nonsense",
])("%s, for strangers", async (path) => {
  const headers = { Accept: "text/html", "Accept-Language": "de" };
  const answer = await fetch(program.url + path, { headers });
  expect(unspoken(await textOf(answer), data)).toEqual([]);
});

test.each<[path: string, body: Record<string, string>]>([
  ["/sign-in", { email: "ada@example.org", password: "wrong" }],
  ["/create-account", { email: "?", password: "?" }],
  ["/create-account", { email: "ada@example.org", password: "long enough, to be sure" }],
  ["/create-account", { email: "new@example.org", password: "12345678" }],
  ["/forgot-password", { email: "ada@example.org" }],
])("%s, refused to strangers", async (path, body) => {
  const headers = { Accept: "text/html", "Accept-Language": "de", Origin: program.url };
  const answer = await fetch(program.url + path, {
    method: "POST",
    headers,
    body: new URLSearchParams(body),
  });
  expect(answer.status).toBeGreaterThan(399);
  expect(unspoken(await textOf(answer), [...data, "new@example.org"])).toEqual([]);
});

test("an error of the API is in English, and in brackets for the script of a page that shows it", async () => {
  const ask = async (headers: Record<string, string>): Promise<string> => {
    const answer = await fetch(`${program.url}/auth/passkey/challenge`, {
      method: "POST",
      headers: { "Accept-Language": "de", Origin: program.url, ...headers },
    });
    return ((await answer.json()) as { error: { message: string } }).error.message;
  };
  expect(await ask({})).toMatch(/^passkeys need a host name/);
  expect(await ask({ "X-Shown": "1" })).toMatch(/^⟦Passkeys need a host name[^⟧]*⟧$/);
});

test("what Express itself refuses is said in the page's words", async () => {
  await expectSpoken(await call("ada", "GET", "/tickers/%E0%A4%A"), 400);
});
