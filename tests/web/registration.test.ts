/** Who may make an account, and what those are told who may not. */
import { describe, expect, test } from "vitest";
import { commandLine, invite, inviteFirstOperator, startSession } from "../../src/accounts/index.ts";
import { emptyRegistry } from "./registry.ts";
import { type Answer, loopbackDeployment, password, startWebServer, type WebServer } from "./server.ts";

const start = (settings: Partial<typeof loopbackDeployment>): Promise<WebServer> =>
  startWebServer(emptyRegistry, { deployment: { ...loopbackDeployment, ...settings } });

const register = (server: WebServer, email: string, more: object = {}, headers = {}): Promise<Answer> =>
  server.call("POST", "/auth/register", { body: { email, password, ...more }, headers });

const page = (server: WebServer, query = ""): Promise<Answer> =>
  server.call("GET", `/create-account${query}`, { headers: { Accept: "text/html" } });

const submit = (server: WebServer, form: Record<string, string>): Promise<Answer> =>
  server.call("POST", "/create-account", { body: form, headers: { Accept: "text/html" } });

const code = ({ status, body }: Answer) => [status, body.error?.code];

const by = (userId: number) => ({ userId, via: "web", address: null, agent: null }) as const;

/** An account, without the seconds that a password takes; with a session of it. */
async function enter(server: WebServer, email: string, role: "operator" | "investor") {
  const { rows } = await server.database.pool.query(
    "insert into users (email, password_hash, role) values ($1, 'none', $2) returning user_id",
    [email, role],
  );
  const { token } = await startSession(server.context, rows[0].user_id, null);
  return { token, id: rows[0].user_id as number };
}

describe("the first account", () => {
  test("of an installation that others can reach is made by the link alone, once, and is an operator's", async () => {
    const server = await start({ host: "0.0.0.0", registration: "open" });
    expect(code(await register(server, "stranger@example.org"))).toEqual([403, "first_account"]);
    expect(code(await register(server, "stranger@example.org", { invitation: "guess" }))).toEqual([
      422,
      "invalid_invitation",
    ]);
    const closed = await page(server);
    expect(closed.body).toContain("made by the link that the program wrote to its log");
    expect(closed.body).not.toContain("<form");
    const refused = await submit(server, { email: "stranger@example.org", password });
    expect([refused.status, refused.body.includes("<form")]).toEqual([403, false]);

    // Each process that starts writes a link of its own.
    const [token, another] = [
      await inviteFirstOperator(server.context),
      await inviteFirstOperator(server.context),
    ];
    const form = await page(server, `?invitation=${token}`);
    expect(form.body).toContain("becomes the operator");
    expect(form.body).toContain(`name="invitation" value="${token}"`);
    const made = await submit(server, { email: "ada@example.org", password, invitation: token! });
    expect([made.status, made.headers.get("Location")]).toEqual([303, "/portfolio"]);
    const { rows } = await server.database.pool.query("select email, role from users");
    expect(rows).toEqual([{ email: "ada@example.org", role: "operator" }]);
    expect((await server.database.pool.query("select from invitations")).rowCount).toBe(0);
    expect(await inviteFirstOperator(server.context)).toBeNull();
    // Registration is open here: the other link makes an investor, as none does.
    const later = await register(server, "bob@example.org", { invitation: another });
    expect([later.status, later.body.user.role]).toEqual([201, "investor"]);
  });

  test("at the machine itself needs no link, unless a proxy passes the world on to it", async () => {
    const server = await start({ registration: "closed" });
    for (const header of ["X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"])
      expect(code(await register(server, "stranger@example.org", {}, { [header]: "127.0.0.1" }))).toEqual([
        403,
        "first_account",
      ]);
    // A proxy has been seen: what comes without the header may have come through it, too.
    expect(code(await register(server, "stranger@example.org"))).toEqual([403, "first_account"]);
    const alone = await start({ registration: "closed" });
    const { status, body } = await register(alone, "ada@example.org");
    expect([status, body.user.role]).toEqual([201, "operator"]);
    expect(code(await register(alone, "bob@example.org"))).toEqual([403, "registration_closed"]);
  });

  test("with a public address needs the link wherever the request comes from", async () => {
    const server = await start({ publicUrl: "https://portfolio.example.org", trustedProxies: 1 });
    expect(code(await register(server, "ada@example.org"))).toEqual([403, "first_account"]);
  });

  test("is one account, however many hold a link", async () => {
    const server = await start({ host: "0.0.0.0", registration: "invitation" });
    const tokens = await Promise.all([1, 2, 3].map(() => inviteFirstOperator(server.context)));
    const answers = await Promise.all(
      tokens.map((invitation, index) => register(server, `${index}@example.org`, { invitation })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 422, 422]);
  });
});

describe("by invitation", async () => {
  const server = await start({ registration: "invitation" });
  const operator = await enter(server, "operator@example.org", "operator");
  const investor = await enter(server, "investor@example.org", "investor");
  const post = (token: string, email: string) =>
    server.call("POST", "/api/invitations", { token, body: { email } });
  const tokenOf = (link: string) => new URL(link).searchParams.get("invitation")!;

  test("without one a plain sentence says what to do", async () => {
    const refused = await register(server, "stranger@example.org");
    expect(code(refused)).toEqual([403, "registration_closed"]);
    const sentence = "New accounts are made by invitation here; ask whoever runs this installation for one.";
    for (const shown of [
      await page(server),
      await submit(server, { email: "stranger@example.org", password }),
    ]) {
      expect(shown.body).toContain(sentence);
      expect(shown.body).not.toContain("<form");
    }
  });

  test("operators invite, and nobody else", async () => {
    expect(code(await post(investor.token, "x@example.org"))).toEqual([403, "forbidden"]);
    expect(code(await post(operator.token, "investor@example.org"))).toEqual([409, "email_taken"]);
    expect(code(await post(operator.token, "no email"))).toEqual([422, "invalid_email"]);
    // The web's role cannot make an operator by it, not even for one.
    await expect(
      invite(server.context, by(operator.id), { email: "x@example.org", role: "operator" }),
    ).rejects.toThrow("row-level security");
    await expect(
      invite(server.context, by(investor.id), { email: "x@example.org", role: "investor" }),
    ).rejects.toThrow("row-level security");
    expect((await server.pool.query("select from invitations")).rowCount).toBe(0);
  });

  test("on their page, too: the link is shown once, and can be taken back", async () => {
    const headers = { Accept: "text/html" };
    const invitation = (path: string, body: object = {}, token = operator.token) =>
      server.call("POST", `/people/invitations${path}`, { token, body, headers });
    expect((await invitation("", { email: "dan@example.org" }, investor.token)).status).toBe(403);
    expect((await invitation("", { email: "dan" })).body).toContain("Expected an email address");
    expect((await invitation("", { email: "investor@example.org" })).status).toBe(409);
    const made = await invitation("", { email: "dan@example.org" });
    expect(made.body).toMatch(/\/create-account\?invitation(=|&#x3D;)[\w-]{43}</);
    const shown = await server.call("GET", "/people/invitations", { token: operator.token, headers });
    expect(shown.body).toContain("dan@example.org");
    expect(shown.body).not.toContain("create-account?");
    const [, id] = /invitations\/([\w-]{36})\/revoke/.exec(shown.body)!;
    expect((await invitation(`/${id}/revoke`)).status).toBe(303);
    expect((await invitation(`/${id}/revoke`)).status).toBe(404);
    const { rows } = await server.database.pool.query(
      "select kind from security_events where kind like 'invitation%' and actor_id = $1 order by event_id",
      [operator.id],
    );
    expect(rows.map(({ kind }) => kind)).toEqual(["invitation_made", "invitation_revoked"]);
  });

  test("a link makes the one account that it is for, once", async () => {
    const first = await post(operator.token, " Cy@Example.org ");
    const { body } = await post(operator.token, "cy@example.org");
    expect(body.link).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/create-account\?invitation=[\w-]{43}$/);
    const listed = await server.call("GET", "/api/invitations", { token: operator.token });
    expect(listed.body.invitations).toEqual([body.invitation]);
    expect(JSON.stringify(listed.body)).not.toContain(tokenOf(body.link));
    const superseded = { invitation: tokenOf(first.body.link) };
    expect(code(await register(server, "cy@example.org", superseded))).toEqual([422, "invalid_invitation"]);

    const invitation = tokenOf(body.link);
    const form = await page(server, `?invitation=${invitation}`);
    expect(form.body).toContain('value="cy@example.org"');
    const other = await register(server, "other@example.org", { invitation });
    expect([...code(other), other.body.error.field]).toEqual([422, "invalid_email", "email"]);
    const made = await register(server, "CY@example.org", { invitation });
    expect([made.status, made.body.user.role]).toEqual([201, "investor"]);
    expect(code(await register(server, "cy@example.org", { invitation }))).toEqual([
      422,
      "invalid_invitation",
    ]);
    expect((await page(server, `?invitation=${invitation}`)).body).toContain(
      "This invitation was used already",
    );
  });

  test("a link ends with its week, or when it is taken back", async () => {
    const { body } = await post(operator.token, "dee@example.org");
    const path = `/api/invitations/${body.invitation.invitation_id}`;
    expect((await server.call("DELETE", path, { token: investor.token })).status).toBe(403);
    expect((await server.call("DELETE", path, { token: operator.token })).status).toBe(204);
    expect((await server.call("DELETE", path, { token: operator.token })).status).toBe(404);
    const late = await post(operator.token, "dee@example.org");
    await server.database.pool.query("update invitations set expires_at = $1", [server.context.clock()]);
    for (const link of [body.link, late.body.link])
      expect(code(await register(server, "dee@example.org", { invitation: tokenOf(link) }))).toEqual([
        422,
        "invalid_invitation",
      ]);
  });

  test("what is no invitation is none, whatever it is", async () => {
    for (const invitation of ["", "\0", "'", "x".repeat(100)])
      expect((await register(server, "eve@example.org", { invitation })).status).toBe(422);
    for (const invitation of [7, null, {}, "x".repeat(101)])
      expect(code(await register(server, "eve@example.org", { invitation }))).toEqual([
        422,
        "invalid_invitation",
      ]);
    expect((await page(server, "?invitation=a&invitation=b")).status).toBe(200);
  });
});

test("closed, nobody makes one and nobody is invited", async () => {
  const server = await start({ registration: "closed" });
  const operator = await enter(server, "operator@example.org", "operator");
  const { pool, clock } = { ...server.context, pool: server.database.pool };
  const { token } = await invite({ pool, clock }, commandLine, {
    email: "ada@example.org",
    role: "investor",
  });
  expect(code(await register(server, "ada@example.org", { invitation: token }))).toEqual([
    403,
    "registration_closed",
  ]);
  const answer = await server.call("POST", "/api/invitations", {
    token: operator.token,
    body: { email: "bob@example.org" },
  });
  expect(code(answer)).toEqual([403, "registration_closed"]);
  expect((await page(server)).body).toContain("No new accounts can be made here");
});
