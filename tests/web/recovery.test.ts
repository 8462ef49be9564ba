/** Forgotten passwords, accounts that are asked for and news of accounts: by email, to a real SMTP server, and without. */
import { beforeAll, describe, expect, test } from "vitest";
import { type Mailbox, openMailbox } from "../support/mailbox.ts";
import { emptyRegistry } from "./registry.ts";
import { loopbackDeployment, password, startWebServer, type WebServer } from "./server.ts";

const another = "another horse battery";
const publicUrl = "https://money.example.org";
const deployment = { ...loopbackDeployment, publicUrl };

let mailbox: Mailbox;
let server: WebServer;
let operator: { token: string; id: number };

beforeAll(async () => {
  mailbox = await openMailbox();
  server = await startWebServer(emptyRegistry, { mail: mailbox.mail, deployment });
  operator = await server.register("first@example.org");
});

const signIn = (email: string, secret = password, agent = "a phone") =>
  server.call("POST", "/auth/login", {
    body: { email, password: secret },
    headers: { "User-Agent": agent },
  });

/** An account that is made by the link in the email. */
async function join(email: string): Promise<{ token: string; id: number }> {
  const asked = await server.call("POST", "/auth/register", { body: { email, password } });
  expect(asked.status).toBe(202);
  const path = await mailbox.link(email, "/confirm-account/");
  const token = path.split("/").at(-1)!;
  const made = await server.call("POST", "/auth/confirm", {
    body: { token },
    headers: { "User-Agent": "a phone" },
  });
  expect(made.status).toBe(201);
  return { token: made.body.token, id: made.body.user.id };
}

const kinds = async (token: string) => {
  const { body } = await server.call("GET", "/api/account/security-events", { token });
  return body.security_events.map(
    ({ kind, outcome, by }: { kind: string; outcome: string; by: string }) => `${kind} ${outcome} by ${by}`,
  );
};

describe("an account that is asked for", () => {
  test("is made by the link, once; the answer is the same for an email that has one, whose owner is told", async () => {
    const asked = await server.call("POST", "/auth/register", {
      body: { email: "new@example.org", password },
    });
    const taken = await server.call("POST", "/auth/register", {
      body: { email: "first@example.org", password: another },
    });
    expect([asked.status, asked.body]).toEqual([taken.status, taken.body]);
    expect(asked.headers.get("Set-Cookie")).toBeNull();
    expect((await mailbox.of("first@example.org")).map(({ subject }) => subject)).toEqual([
      "You have a Stratafolio account already",
    ]);
    expect((await signIn("new@example.org")).status).toBe(401); // nothing was made yet
    expect((await signIn("first@example.org")).status).toBe(200); // nothing was changed
    const path = await mailbox.link("new@example.org", "/confirm-account/");
    const page = await server.call("GET", path, { headers: { Accept: "text/html" } });
    expect([page.status, page.body]).toEqual([200, expect.stringContaining("Make my account")]);
    const made = await server.call("POST", path, { headers: { Accept: "text/html" } });
    expect([made.status, made.headers.get("Location")]).toEqual([303, "/portfolio"]);
    expect((await signIn("new@example.org")).body.user.role).toBe("investor");
    expect((await server.call("POST", path, { headers: { Accept: "text/html" } })).status).toBe(422);
  });

  test("is told nothing by time, on the page and for a forgotten password: all is done after the answer", async () => {
    const held = Promise.withResolvers<null>();
    for (let place = 0; place < 2; place++) mailbox.mail.add(() => held.promise); // nothing else gets its turn
    const ask = async (path: string, email: string) => {
      const body = { email, password };
      const answer = await server.call("POST", path, { body, headers: { Accept: "text/html" } });
      return { status: answer.status, body: answer.body.replaceAll(email, "EMAIL") };
    };
    const count = async () =>
      (
        await server.database.pool.query(
          "select (select count(*) from pending_accounts) + (select count(*) from password_resets) as rows",
        )
      ).rows[0].rows;
    const before = await count();
    for (const path of ["/create-account", "/forgot-password"]) {
      const known = await ask(path, "first@example.org");
      expect(known).toEqual(await ask(path, "unknown@example.org"));
      expect([known.status, known.body]).toEqual([200, expect.stringContaining("on its way")]);
    }
    expect(await count()).toBe(before);
    held.resolve(null);
    await mailbox.mail.idle();
    expect(await count()).toBeGreaterThan(before);
  });

  test("fills nobody's mailbox", async () => {
    for (let asked = 0; asked < 6; asked++)
      await server.call("POST", "/auth/register", { body: { email: "often@example.org", password } });
    expect(await mailbox.of("often@example.org")).toHaveLength(3);
  });
});

describe("a forgotten password", () => {
  const forget = (email: string) => server.call("POST", "/auth/forgot-password", { body: { email } });
  const reset = (body: object) => server.call("POST", "/auth/reset-password", { body });

  test("is replaced by a link, once, which ends every session and, where asked, the tokens", async () => {
    const { token } = await join("forgot@example.org");
    const made = await server.call("POST", "/api/account/tokens", {
      token,
      body: { name: "script", scope: "read" },
    });
    expect((await forget("forgot@example.org")).status).toBe(202);
    const path = await mailbox.link("forgot@example.org", "/reset-password/");
    const page = await server.call("GET", path, { headers: { Accept: "text/html" } });
    expect(page.body).toContain("forgot@example.org");
    const link = path.split("/").at(-1)!;
    const weak = await reset({ token: link, password: "password1" });
    expect([weak.status, weak.body.error.code, weak.body.error.field]).toEqual([
      422,
      "weak_password",
      "password",
    ]);
    const same = await reset({ token: link, password });
    expect(same.body.error.message).toContain("the password that you have now");
    const answers = await Promise.all(
      [1, 2, 3].map(() => reset({ token: link, password: another, revoke_tokens: true })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([204, 422, 422]);
    expect((await server.call("GET", "/auth/me", { token })).status).toBe(401);
    expect((await server.call("GET", "/auth/me", { token: made.body.token })).status).toBe(401);
    expect((await signIn("forgot@example.org")).status).toBe(401);
    const again = await signIn("forgot@example.org", another);
    expect(again.status).toBe(200);
    expect(await kinds(again.body.token)).toEqual([
      "sign_in done by yourself",
      "sign_in refused by stranger",
      "tokens_revoked done by yourself",
      "sessions_ended done by yourself",
      "password_reset done by yourself",
      "password_reset_requested done by stranger",
      "token_made done by yourself",
      "sign_in done by yourself",
      "account_created done by stranger",
    ]);
    const subjects = (await mailbox.of("forgot@example.org")).map(({ subject }) => subject);
    expect(subjects.slice(1)).toEqual([
      "A new API token (Stratafolio)",
      "Choose a new password for Stratafolio",
      "Your password was changed (Stratafolio)",
    ]);
  });

  test("is forgotten by nobody: the answer is the same, and nothing is sent or kept", async () => {
    const [known, unknown] = [await forget("first@example.org"), await forget("nobody@example.org")];
    expect([unknown.status, unknown.body]).toEqual([known.status, known.body]);
    expect(await mailbox.of("nobody@example.org")).toEqual([]);
    const { rows } = await server.database.pool.query(
      "select encode(token_hash, 'hex') as hash from password_resets",
    );
    const [letter] = (await mailbox.of("first@example.org")).slice(-1);
    for (const { hash } of rows) expect(letter?.text).not.toContain(hash);
  });

  test("has an hour", async () => {
    const late = await startWebServer(emptyRegistry, { mail: mailbox.mail, deployment });
    await late.register("late@example.org");
    await late.call("POST", "/auth/forgot-password", { body: { email: "late@example.org" } });
    const token = (await mailbox.link("late@example.org", "/reset-password/")).split("/").at(-1)!;
    await late.database.pool.query(
      "update password_resets set expires_at = expires_at - interval '61 minutes'",
    );
    const answer = await late.call("POST", "/auth/reset-password", { body: { token, password: another } });
    expect([answer.status, answer.body.error.code]).toEqual([422, "spent_link"]);
  });

  test("names the public address, whatever host the request names", async () => {
    await join("host@example.org");
    await server.call("POST", "/auth/forgot-password", {
      body: { email: "host@example.org" },
      origin: null,
      headers: { "X-Forwarded-Host": "evil.example.net", Origin: server.url },
    });
    const [letter] = (await mailbox.of("host@example.org")).slice(-1);
    expect(letter?.text).toContain(`${publicUrl}/reset-password/`);
    expect(letter?.text).not.toContain("evil");
  });
});

describe("without a public address, or without a mail server", () => {
  test.each([
    { mail: "none", changes: () => ({ deployment }), says: "SMTP_URL is not set" },
    { mail: "there", changes: () => ({ mail: mailbox.mail }), says: "PUBLIC_URL is not" },
  ])(
    "no email is sent ($says), operators are told why, and an operator's link is the way",
    async ({ changes, says }) => {
      const quiet = await startWebServer(emptyRegistry, changes());
      const before = mailbox.letters.length;
      const { token } = await quiet.register("boss@example.org");
      const person = await quiet.register("quiet@example.org"); // signed in at once
      const asked = await quiet.call("POST", "/auth/forgot-password", {
        body: { email: "quiet@example.org" },
      });
      expect([asked.status, asked.body.error.code]).toEqual([503, "mail_unavailable"]);
      const asPage = { Accept: "text/html" };
      const people = await quiet.call("GET", "/people", { token, headers: asPage });
      expect(people.body).toContain(says);
      const made = await quiet.call("POST", `/people/${person.id}/reset-link`, { token, headers: asPage });
      const link = /http[^<\s]+\/reset-password\/([\w-]{43})/.exec(made.body)!;
      const finished = await quiet.call("POST", "/auth/reset-password", {
        body: { token: link[1], password: another },
      });
      expect(finished.status).toBe(204);
      expect((await quiet.call("GET", "/auth/me", { token: person.token })).status).toBe(401);
      const refused = await quiet.call("POST", `/people/${person.id}/reset-link`, {
        token: (
          await quiet.call("POST", "/auth/login", { body: { email: "quiet@example.org", password: another } })
        ).body.token,
        headers: asPage,
      });
      expect(refused.status).toBe(403);
      await mailbox.mail.idle();
      expect(mailbox.letters.length).toBe(before);
    },
  );
});

describe("a sign-in from a new device", () => {
  test("is told by email and in the log; the same device again is not", async () => {
    await join("device@example.org");
    const count = (await mailbox.of("device@example.org")).length;
    await signIn("device@example.org", password, "a phone");
    expect(await mailbox.of("device@example.org")).toHaveLength(count);
    const firefox = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:130.0) Gecko/20100101 Firefox/130.0";
    const { body } = await signIn("device@example.org", password, firefox);
    await signIn("device@example.org", password, firefox.replaceAll("130", "131"));
    const [letter, ...more] = (await mailbox.of("device@example.org")).slice(count);
    expect(letter?.subject).toBe("A sign-in from a new device (Stratafolio)");
    expect(letter?.text).toContain("Firefox on Windows has signed in");
    expect(more).toEqual([]);
    const page = await server.call("GET", "/account", {
      token: body.token,
      headers: { Accept: "text/html" },
    });
    expect(page.body).toContain("New device");
  });
});

test("the operator is told of none of it, and sees all of it in the log", async () => {
  const page = await server.call("GET", "/people/log?kind=password_reset", {
    token: operator.token,
    headers: { Accept: "text/html" },
  });
  expect([page.status, page.body]).toEqual([200, expect.stringContaining("forgot@example.org")]);
});

test("offers to read take nothing from the mails that let somebody back in", async () => {
  await join("offered@example.org");
  const offers = "Somebody lets you read their portfolio (Stratafolio)";
  for (let offer = 0; offer < 5; offer += 1) {
    const options = { token: operator.token, body: { email: "offered@example.org" } };
    expect((await server.call("POST", "/api/account/readers", options)).status).toBe(204);
    const { body } = await server.call("GET", "/api/account/readers", { token: operator.token });
    const [{ grant_id }] = body.readers;
    const ended = await server.call("DELETE", `/api/account/readers/${grant_id}`, { token: operator.token });
    expect(ended.status).toBe(204);
  }
  const asked = await server.call("POST", "/auth/forgot-password", {
    body: { email: "offered@example.org" },
  });
  expect(asked.status).toBe(202);
  await mailbox.link("offered@example.org", "/reset-password/");
  const subjects = (await mailbox.of("offered@example.org")).map(({ subject }) => subject);
  expect(subjects.filter((subject) => subject === offers)).toHaveLength(3);
});
