/** What was begun before an account's credentials changed does not outlive the change. */
import { Secret, TOTP } from "otpauth";
import { beforeAll, describe, expect, test } from "vitest";
import {
  commandLine,
  connectIdentity,
  createAccount,
  listOwnSecurityEvents,
  sealTicket,
  setDisabled,
  startReset,
} from "../../src/accounts/index.ts";
import { openMailbox } from "../support/mailbox.ts";
import { emptyRegistry } from "./registry.ts";
import { type Answer, loopbackDeployment, password, startWebServer, type WebServer } from "./server.ts";

const issuer = "https://id.example.org/";
const identityProvider = { issuer, clientId: "x", clientSecret: "x", name: "Example ID" };
const another = "another horse battery";

let server: WebServer;
let secondsOn = 0;

beforeAll(async () => {
  server = await startWebServer(emptyRegistry, {
    clock: () => new Date(Date.parse("2026-11-27T12:00:00Z") + secondsOn * 1000),
    identityProvider,
  });
  await server.register("first@example.org");
});

const outcome = ({ status, body }: Answer) => [status, body.error?.code];

const login = (email: string): Promise<Answer> =>
  server.call("POST", "/auth/login", { body: { email, password } });

const press = (
  path: string,
  body: object,
  { token, cookie = "" }: { token?: string; cookie?: string } = {},
) => server.call("POST", path, { token, body, headers: { Accept: "text/html", Cookie: cookie } });

const changePassword = (token: string) =>
  server.call("POST", "/api/account/password", {
    token,
    body: { current_password: password, new_password: another },
  });

const cookieOf = ({ headers }: Answer): string => headers.getSetCookie()[0]!.split(";")[0]!;

function codeOf(secret: string): string {
  const totp = new TOTP({ secret: Secret.fromBase32(secret) });
  return totp.generate({ timestamp: server.context.clock().getTime() });
}

/** Turns an authenticator app on; returns recovery codes. */
async function enroll(token: string): Promise<string[]> {
  const draft = await server.call("POST", "/api/account/totp/draft", { token });
  const { secret, ticket } = draft.body;
  const body = { ticket, code: codeOf(secret) };
  return (await server.call("POST", "/api/account/totp", { token, body })).body.recovery_codes;
}

/** Begins `second` when `first` has come to the account's row, and lets both go on when `second` has, too. */
async function beside(email: string, first: () => Promise<Answer>, second: () => Promise<Answer>) {
  const client = await server.database.pool.connect();
  const waiting = (sessions: number) =>
    expect
      .poll(
        async () => (await server.database.pool.query("select from pg_locks where not granted")).rowCount,
        { timeout: 10_000 },
      )
      .toBeGreaterThanOrEqual(sessions);
  try {
    await client.query("begin");
    await client.query("select from public.users where email = $1 for update", [email]);
    const one = first();
    await waiting(1);
    const other = second();
    await waiting(2);
    await client.query("commit");
    return await Promise.all([one, other]);
  } finally {
    client.release();
  }
}

describe("a sign-in that is under way", () => {
  test("by the former password, when another one is set, ends there, and stands in the log", async () => {
    const { token, id } = await server.register("changed@example.org");
    const [changed, signedIn] = await beside(
      "changed@example.org",
      () => changePassword(token),
      () => login("changed@example.org"),
    );
    expect(changed.status).toBe(204);
    expect(outcome(signedIn)).toEqual([401, "wrong_credentials"]);
    const [last] = await listOwnSecurityEvents(server.pool, id, { limit: 1 });
    expect([last!.kind, last!.outcome, last!.detail]).toEqual([
      "sign_in",
      "refused",
      "the password or a second factor was changed meanwhile",
    ]);
  });

  test("by a password alone, when the first factor is added, ends there", async () => {
    const { token } = await server.register("added@example.org");
    const draft = await server.call("POST", "/api/account/totp/draft", { token });
    const { secret, ticket } = draft.body;
    const [enabled, signedIn] = await beside(
      "added@example.org",
      () => server.call("POST", "/api/account/totp", { token, body: { ticket, code: codeOf(secret) } }),
      () => login("added@example.org"),
    );
    expect(enabled.status).toBe(201);
    expect(outcome(signedIn)).toEqual([401, "wrong_credentials"]);
  });

  test("between its two steps, when another password is set, begins anew", async () => {
    const { token } = await server.register("steps@example.org");
    const recoveryCodes = await enroll(token);
    const cookie = cookieOf(await press("/sign-in", { email: "steps@example.org", password }));
    await changePassword(token);
    const late = await press("/sign-in/second-step", { code: recoveryCodes[0] }, { cookie });
    expect(late.status).toBe(401);
    expect(late.body).toContain("has just been changed");
    expect(late.headers.getSetCookie().join()).not.toContain("stratafolio_session");
    expect(late.headers.getSetCookie().join()).toContain("stratafolio_step=;");
  });
});

describe("a link to a new password", () => {
  const use = (token: string) =>
    server.call("POST", "/auth/reset-password", { body: { token, password: "a thief's horse" } });

  test("ends when the password is changed by who knows it", async () => {
    const { token } = await server.register("link@example.org");
    const reset = await startReset(server.context, "link@example.org", commandLine);
    await changePassword(token);
    expect(outcome(await use(reset!.token))).toEqual([422, "spent_link"]);
  });

  test("ends when the account is disabled, though it is enabled again within the hour", async () => {
    const { id } = await server.register("barred@example.org");
    const reset = await startReset(server.context, "barred@example.org", commandLine);
    for (const isDisabled of [true, false])
      await setDisabled(server.database.pool, id, isDisabled, commandLine);
    expect(outcome(await use(reset!.token))).toEqual([422, "spent_link"]);
  });
});

describe("an operator's session that proved nothing lately", () => {
  test("changes nobody's account, its own neither, before it has", async () => {
    const operator = (await login("first@example.org")).body.token;
    const { id } = await server.register("other@example.org");
    const own = await server.call("GET", "/auth/me", { token: operator });
    secondsOn += 660;
    for (const person of [id, own.body.user.id])
      for (const action of [
        "reset-factors",
        "reset-link",
        "promote",
        "demote",
        "disable",
        "revoke",
        "delete",
      ]) {
        const path = `/people/${person}/${action}`;
        const answer = await press(path, { email: "other@example.org" }, { token: operator });
        expect([action, answer.status]).toEqual([action, 403]);
        expect(answer.body).toContain("Is it you?");
      }
    const asked = await press(`/people/${id}/promote`, {}, { token: operator });
    const pending = /name="pending" value="([\w-]+)"/.exec(asked.body)![1]!;
    const wrong = await press(`/people/${id}/promote`, { pending, password: "wrong" }, { token: operator });
    expect(wrong.status).toBe(422);
    const done = await press(`/people/${id}/promote`, { pending, password }, { token: operator });
    expect(done.headers.get("Location")).toBe(`/people/${id}?done=promote`);
  });
});

describe("an OpenID provider", () => {
  test("that is disconnected takes along what began by way of it: every other session", async () => {
    const { token, id } = await server.register("provider@example.org");
    const other = (await login("provider@example.org")).body.token;
    await connectIdentity(server.context, id, { issuer, subject: "theirs" }, commandLine);
    const done = await press("/account/provider/disconnect", {}, { token });
    expect(done.headers.get("Location")).toBe("/account?done=disconnected#provider");
    const statuses = await Promise.all(
      [token, other].map(async (one) => (await server.call("GET", "/auth/me", { token: one })).status),
    );
    expect(statuses).toEqual([200, 401]);
  });

  test("is a way in: its connection and its end are told by email", async () => {
    const mailbox = await openMailbox();
    const deployment = { ...loopbackDeployment, publicUrl: "https://folio.example.com" };
    const mailing = await startWebServer(emptyRegistry, { mail: mailbox.mail, deployment, identityProvider });
    const email = "told@example.org";
    await createAccount(mailing.database.pool, { email, password });
    const waiting = { identity: { issuer, subject: "theirs" }, email };
    const cookie = `__Host-stratafolio_identity=${sealTicket(mailing.context, "identity", waiting)}`;
    const { body } = await mailing.call("POST", "/auth/login", {
      body: { email, password },
      headers: { Cookie: cookie },
    });
    await mailing.call("POST", "/account/provider/disconnect", {
      token: body.token,
      body: {},
      headers: { Accept: "text/html" },
    });
    expect((await mailbox.of(email)).map(({ subject }) => subject)).toEqual([
      "A new way to sign in (Stratafolio)",
      "A way to sign in was removed (Stratafolio)",
    ]);
  });
});

test("where to go on after signing in is on this site, whatever browsers leave out of addresses", async () => {
  for (const next of ["/%09/evil.example", "/%0a/evil.example", "/%5cevil.example", "//evil.example"]) {
    const answer = await press(`/sign-in?next=${next}`, { email: "first@example.org", password });
    expect(answer.headers.get("Location")).toMatch(/^\/(portfolio|%0[9A]\/evil\.example)$/);
  }
});
