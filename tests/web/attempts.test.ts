/** Signing in while somebody guesses: what a browser and a program meet. The counters are tried in tests/accounts. */
import { describe, expect, test } from "vitest";
import { limitsOf } from "../../src/web/auth.ts";
import { emptyRegistry } from "./registry.ts";
import { loopbackDeployment, password, startWebServer, type WebServer } from "./server.ts";

const server = await startWebServer(emptyRegistry, {
  deployment: { ...loopbackDeployment, trustedProxies: ["loopback"] },
});

interface Attempt {
  readonly email: string;
  readonly guess?: string;
  readonly from?: string;
  readonly cookies?: string;
}

/** By way of a proxy that says who asks. */
const signIn = ({ email, guess = password, from = "203.0.113.7", cookies = "" }: Attempt) =>
  server.call("POST", "/auth/login", {
    body: { email, password: guess },
    headers: { "X-Forwarded-For": from, ...(cookies && { Cookie: cookies }) },
  });

async function guessOften(email: string, times: number, address: (index: number) => string): Promise<void> {
  const { signIn: limit } = limitsOf(server.context);
  for (let index = 0; index < times; index++) await limit.attempt(address(index), email).catch(() => null);
}

describe("an account under attack", () => {
  test("lets in the device that signed in before, whatever strangers do, and slows these down", async () => {
    const registered = await server.call("POST", "/auth/register", {
      body: { email: "ada@example.org", password },
    });
    const device = registered.headers
      .getSetCookie()
      .find((cookie) => cookie.startsWith("stratafolio_device="))!;
    expect(device).toMatch(/; Path=\/; Expires=[^;]+; HttpOnly; SameSite=Strict$/);
    const cookies = device.split(";")[0]!;
    await guessOften("ada@example.org", 100, (index) => `198.51.100.${index}`);
    const stranger = await signIn({ email: "ada@example.org", from: "192.0.2.9" });
    expect([stranger.status, stranger.body.error.code]).toEqual([429, "too_many_attempts"]);
    expect(Number(stranger.headers.get("Retry-After"))).toBeLessThanOrEqual(60);
    expect((await signIn({ email: "ada@example.org", cookies })).status).toBe(200);
    // The note is for that account alone, and no credential.
    await guessOften("bob@example.org", 30, (index) => `198.51.100.${index}`);
    expect((await signIn({ email: "bob@example.org", cookies })).status).toBe(429);
    expect((await server.call("GET", "/auth/me", { headers: { Cookie: cookies } })).status).toBe(401);
  });

  test("changes nothing for who is signed in and types the password again", async () => {
    const { token } = await server.register("cy@example.org");
    await guessOften("cy@example.org", 100, (index) => `198.51.100.${index}`);
    await guessOften("cy@example.org", 20, () => "127.0.0.1");
    const body = { current_password: "not it", new_password: password };
    const { status } = await server.call("POST", "/api/account/password", { token, body });
    expect(status).toBe(422);
  });
});

test("one who guesses behind a trusted proxy locks out nobody else there", async () => {
  await guessOften("dee@example.org", 10, () => "203.0.113.50");
  expect((await signIn({ email: "dee@example.org", from: "203.0.113.50" })).status).toBe(429);
  expect((await signIn({ email: "dee@example.org", from: "203.0.113.51" })).status).toBe(401);
});

test("nobody gets another address by saying so", async () => {
  const alone = await startWebServer(emptyRegistry);
  const { signIn: limit } = limitsOf(alone.context);
  for (let index = 0; index < 10; index++) await limit.attempt("127.0.0.1", "dee@example.org");
  const { status } = await alone.call("POST", "/auth/login", {
    body: { email: "dee@example.org", password },
    headers: { "X-Forwarded-For": "203.0.113.80", Forwarded: "for=203.0.113.81" },
  });
  expect(status).toBe(429);
});

test("who is asked for is answered alike, whether or not there is such an account", async () => {
  await server.register("known@example.org");
  const answers = async (email: string) => {
    await guessOften(email, 9, () => "203.0.113.60");
    const tenth = await signIn({ email, guess: "not it", from: "203.0.113.60" });
    const eleventh = await signIn({ email, guess: "not it", from: "203.0.113.60" });
    return [tenth, eleventh].map(({ status, headers, body }) => [status, headers.get("Retry-After"), body]);
  };
  const [known, unknown] = [await answers("known@example.org"), await answers("unknown@example.org")];
  expect(unknown).toEqual(known);
  expect(known.map(([status]) => status)).toEqual([401, 429]);
});

test("what is no email address is counted for its sender alone", async () => {
  const form = (from: string) =>
    server.call("POST", "/sign-in", {
      body: "email=nonsense&password=x",
      headers: {
        "X-Forwarded-For": from,
        Accept: "text/html",
        "Content-Type": "application/x-www-form-urlencoded",
      },
    });
  await guessOften("", 100, () => "203.0.113.70");
  expect((await form("203.0.113.70")).status).toBe(429);
  expect((await form("203.0.113.71")).status).toBe(401);
});

async function exhaustRegistrations({ context, database }: WebServer): Promise<void> {
  const { registration } = limitsOf(context);
  await registration.attempt("127.0.0.1");
  await database.pool.query("update attempts set attempts = 999");
  await registration.attempt("127.0.0.1");
}

test("who makes too many accounts is told until when, on the form too", async () => {
  const another = await startWebServer(emptyRegistry);
  await exhaustRegistrations(another);
  const credentials = { email: "late@example.org", password };
  const refused = await another.call("POST", "/auth/register", { body: credentials });
  expect([refused.status, refused.body.error.code]).toEqual([429, "too_many_attempts"]);
  expect(Number(refused.headers.get("Retry-After"))).toBeGreaterThan(60);
  const { status, body } = await another.call("POST", "/create-account", {
    body: credentials,
    headers: { Accept: "text/html" },
  });
  expect(status).toBe(429);
  expect(body).toMatch(/role="alert">.*Too many new accounts from this address/s);
  expect(body).toContain('value="late@example.org"');
});
