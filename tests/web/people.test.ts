/** What operators do with accounts on their pages, and what an account's owner sees of it. */
import { beforeAll, describe, expect, test } from "vitest";
import { listOwnSecurityEvents } from "../../src/accounts/index.ts";
import { openEvents } from "./event-stream.ts";
import { emptyRegistry } from "./registry.ts";
import { password, startWebServer, type WebServer } from "./server.ts";

let server: WebServer;
let operator: { token: string; id: number };

beforeAll(async () => {
  server = await startWebServer(emptyRegistry);
  operator = await server.register("boss@example.org");
});

const asPage = { Accept: "text/html" };
const page = (token: string, path: string) => server.call("GET", path, { token, headers: asPage });
const press = (token: string, path: string, body: object = {}) =>
  server.call("POST", path, { token, body, headers: asPage });
const statusFor = async (token: string) => (await server.call("GET", "/auth/me", { token })).status;
const signIn = (email: string) => server.call("POST", "/auth/login", { body: { email, password } });

async function makeToken(token: string, body: object = {}): Promise<string> {
  const made = await server.call("POST", "/api/account/tokens", {
    token,
    body: { name: crypto.randomUUID(), scope: "read", ...body },
  });
  expect(made.status).toBe(201);
  return made.body.token;
}

describe("an operator", () => {
  test("disables an account: sessions, tokens and streams stop at once, and who knows the password is told", async () => {
    const { token, id } = await server.register("ann@example.org");
    const program = await makeToken(token);
    const streams = [await openEvents(server.url, token), await openEvents(server.url, program)];
    const { headers } = await press(operator.token, `/people/${id}/disable`);
    expect(headers.get("Location")).toBe(`/people/${id}?done=disable`);
    await Promise.all(streams.map((stream) => stream.ended()));
    expect(await Promise.all([token, program].map(statusFor))).toEqual([401, 401]);
    const refused = await signIn("ann@example.org");
    expect([refused.status, refused.body.error.code]).toEqual([403, "account_disabled"]);
    const guess = await server.call("POST", "/auth/login", {
      body: { email: "ann@example.org", password: "not this one" },
    });
    expect([guess.status, guess.body.error.code]).toEqual([401, "wrong_credentials"]);
    expect((await page(operator.token, "/people")).body).toContain("Disabled");
    await press(operator.token, `/people/${id}/enable`);
    expect((await signIn("ann@example.org")).status).toBe(200);
    expect(await Promise.all([token, program].map(statusFor))).toEqual([401, 200]);
  });

  test("promotes and demotes, which counts at once, but not the last one", async () => {
    const { token, id } = await server.register("bob@example.org");
    expect((await page(token, "/people")).status).toBe(403);
    await press(operator.token, `/people/${id}/promote`);
    expect((await page(token, "/people")).status).toBe(200);
    await press(token, `/people/${id}/demote`);
    expect((await page(token, "/people")).status).toBe(403);
    for (const action of ["demote", "disable"]) {
      const { status, body } = await press(operator.token, `/people/${operator.id}/${action}`);
      expect([status, body]).toEqual([409, expect.stringContaining("This is the only operator")]);
    }
    const last = await press(operator.token, `/people/${operator.id}/delete`, { email: "boss@example.org" });
    expect(last.status).toBe(409);
  });

  test("ends sessions and tokens, and deletes with the email typed", async () => {
    const { token, id } = await server.register("cy@example.org");
    const program = await makeToken(token);
    await press(operator.token, `/people/${id}/revoke`);
    expect(await Promise.all([token, program].map(statusFor))).toEqual([401, 401]);
    const mistyped = await press(operator.token, `/people/${id}/delete`, { email: "ann@example.org" });
    expect([mistyped.status, mistyped.body]).toEqual([422, expect.stringContaining("Enter the email")]);
    const { headers } = await press(operator.token, `/people/${id}/delete`, { email: "cy@example.org" });
    expect(headers.get("Location")).toBe("/people?done=delete");
    expect((await signIn("cy@example.org")).status).toBe(401);
    expect((await page(operator.token, `/people/${id}`)).status).toBe(404);
  });

  test("acts by POST alone, from this site, on people that there are", async () => {
    const { id } = await server.register("dee@example.org");
    expect((await page(operator.token, `/people/${id}/disable`)).status).toBe(404);
    const foreign = await server.call("POST", `/people/${id}/disable`, {
      headers: { ...asPage, Cookie: `stratafolio_session=${operator.token}` },
      origin: "https://evil.example.net",
    });
    expect(foreign.status).toBe(403);
    expect((await press(operator.token, "/people/999999/disable")).status).toBe(404);
    expect((await press(operator.token, `/people/${id}/explode`)).status).toBe(404);
    expect((await press(operator.token, "/people/one/disable")).status).toBe(422);
  });

  test.each(["disable", "promote", "revoke", "reset-link", "delete"])(
    "is who may %s: an investor is refused, on their own account too",
    async (action) => {
      const { token, id } = await server.register(`${action}-me@example.org`);
      for (const target of [id, operator.id])
        expect(
          (await press(token, `/people/${target}/${action}`, { email: "boss@example.org" })).status,
        ).toBe(403);
      expect(await statusFor(token)).toBe(200);
    },
  );

  test("proves anew who they are before each act on an account or an invitation, and it goes on from there", async () => {
    const { id } = await server.register("eli@example.org");
    const invited = await server.call("POST", "/api/invitations", {
      token: operator.token,
      body: { email: "ivy@example.org" },
    });
    const invitation = invited.body.invitation.invitation_id;
    await server.database.pool.query("update public.sessions set proved_at = proved_at - interval '11 min'");
    const acts = [
      "disable",
      "enable",
      "promote",
      "demote",
      "revoke",
      "reset-factors",
      "reset-link",
      "delete",
    ];
    const paths = acts.map((act) => `/people/${id}/${act}`);
    for (const path of [...paths, "/people/invitations", `/people/invitations/${invitation}/revoke`]) {
      const { status, body } = await press(operator.token, path, { email: "eli@example.org" });
      expect([path, status, body]).toEqual([path, 403, expect.stringContaining("Is it you?")]);
      expect(body).not.toContain('href="/account">Leave');
    }
    for (const [method, path] of [
      ["POST", "/api/invitations"],
      ["DELETE", `/api/invitations/${invitation}`],
    ] as const) {
      const body = { email: "joe@example.org" };
      const { status, body: told } = await server.call(method, path, { token: operator.token, body });
      expect([status, told.error.code]).toEqual([403, "reauthentication_required"]);
    }
    const { rows } = await server.database.pool.query(
      `select role, disabled_at is null as is_enabled, (select count(*)::int from public.invitations) as invitations
       from public.users where user_id = $1`,
      [id],
    );
    expect(rows).toEqual([{ role: "investor", is_enabled: true, invitations: 1 }]);

    const asked = await press(operator.token, `/people/${id}/delete`, { email: "eli@example.org" });
    const pending = /name="pending" value="([^"]+)"/.exec(asked.body)![1]!.replaceAll("&#x3D;", "=");
    const wrong = await press(operator.token, `/people/${id}/delete`, { pending, password: "not this one" });
    expect([wrong.status, wrong.body]).toEqual([422, expect.stringContaining("Is it you?")]);
    const done = await press(operator.token, `/people/${id}/delete`, { pending, password });
    expect([done.status, done.headers.get("Location")]).toEqual([303, "/people?done=delete"]);
    const revoke = `/api/invitations/${invitation}`;
    expect((await server.call("DELETE", revoke, { token: operator.token })).status).toBe(204);
  });

  test("reads the log page by page, of one person or kind", async () => {
    for (let attempt = 0; attempt < 3; attempt++)
      await server.database.pool.query(
        `insert into public.security_events (kind, outcome, via, user_id)
         select 'sign_out', 'done', 'web', $1 from generate_series(1, 20)`,
        [operator.id],
      );
    const first = await page(operator.token, "/people/log?kind=sign_out&email=boss@example.org");
    const older = /href="([^"]*before[^"]*)"/
      .exec(first.body)![1]!
      .replaceAll("&amp;", "&")
      .replaceAll("&#x3D;", "=");
    const rows = (html: string) => html.match(/<th scope="row">/g)?.length;
    expect([rows(first.body), rows((await page(operator.token, older)).body)]).toEqual([50, 10]);
    expect((await page(operator.token, "/people/log?kind=nonsense&before=x")).status).toBe(200);
  });

  test("finds people by a part of the email, page by page", async () => {
    await server.database.pool.query(
      `insert into public.users (email, password_hash)
       select format('many-%s@example.com', number), 'x' from generate_series(1, 60) as number`,
    );
    const found = await page(operator.token, "/people?email=MANY-");
    const next = /href="([^"]*after[^"]*)"/
      .exec(found.body)![1]!
      .replaceAll("&amp;", "&")
      .replaceAll("&#x3D;", "=");
    const count = (html: string) => html.match(/many-\d+@/g)?.length;
    expect([count(found.body), count((await page(operator.token, next)).body)]).toEqual([50, 10]);
  });
});

describe("an API token", () => {
  test("ends: by default after 90 days, at a date that is shown, with a warning before", async () => {
    let now = new Date("2026-01-01T00:00:00Z");
    const another = await startWebServer(emptyRegistry, { clock: () => now });
    const { token: first } = await another.register("eve@example.org");
    const make = async (body: object) =>
      (await another.call("POST", "/api/account/tokens", { token: first, body: { scope: "read", ...body } }))
        .body;
    const [usual, short, endless] = [
      await make({ name: "usual" }),
      await make({ name: "short", expires_in_days: 30 }),
      await make({ name: "endless", expires_in_days: null }),
    ];
    expect([usual, short, endless].map(({ api_token }) => api_token.expires_at)).toEqual([
      "2026-04-01T00:00:00.000Z",
      "2026-01-31T00:00:00.000Z",
      null,
    ]);
    expect((await make({ name: "week", expires_in_days: 7 })).error).toMatchObject({
      code: "invalid_expires_in_days",
      message: expect.stringContaining("30, 90, 365"),
    });
    const status = async ({ token }: { token: string }) =>
      (await another.call("GET", "/auth/me", { token })).status;
    now = new Date("2026-01-20T00:00:00Z");
    expect((await another.call("GET", "/account", { token: first, headers: asPage })).body).toContain(
      "Ends soon",
    );
    now = new Date("2026-01-31T00:00:00Z");
    expect([await status(usual), await status(short), await status(endless)]).toEqual([200, 401, 200]);
    now = new Date("2026-02-02T00:00:00Z");
    const { body } = await another.call("POST", "/auth/login", {
      body: { email: "eve@example.org", password },
    });
    expect((await another.call("GET", "/account", { token: body.token, headers: asPage })).body).toContain(
      "Expired: it no longer works",
    );
    const again = await another.call("POST", "/account/tokens", {
      token: body.token,
      body: { name: "short", scope: "read", expires_in_days: "never" },
      headers: asPage,
    });
    expect([again.status, again.body]).toEqual([200, expect.stringContaining("never expires")]);
  });

  test("ends with all sessions where that is asked, on the page and by the API, and not otherwise", async () => {
    for (const [ends, sign] of [
      [false, (token: string) => server.call("POST", "/api/account/sign-out-everywhere", { token })],
      [
        true,
        (token: string) => server.call("POST", "/api/account/sign-out-everywhere?tokens=true", { token }),
      ],
      [false, (token: string) => press(token, "/account/sessions/sign-out")],
      [true, (token: string) => press(token, "/account/sessions/sign-out", { tokens: "true" })],
    ] as const) {
      const { token } = await server.register(`${crypto.randomUUID()}@example.org`);
      const program = await makeToken(token);
      await sign(token);
      expect(await Promise.all([token, program].map(statusFor))).toEqual([401, ends ? 401 : 200]);
    }
  });
});

describe("a new password", () => {
  test("that is easily guessed, or the old one, is refused where it is typed; an old one goes on working", async () => {
    const weak = await server.call("POST", "/auth/register", {
      body: { email: "fay@example.org", password: "password1" },
    });
    expect([weak.status, weak.body.error.code, weak.body.error.field]).toEqual([
      422,
      "weak_password",
      "password",
    ]);
    const form = await server.call("POST", "/create-account", {
      body: { email: "fay@example.org", password: "fay@example.org" },
      headers: asPage,
    });
    expect([form.status, form.body]).toEqual([422, expect.stringContaining("This is your email address")]);
    const { token, id } = await server.register("fay@example.org");
    const change = (new_password: string) =>
      server.call("POST", "/api/account/password", {
        token,
        body: { current_password: password, new_password },
      });
    for (const refused of [password, "fay@example.org", "12345678"]) {
      const { status, body } = await change(refused);
      expect([status, body.error.code, body.error.field]).toEqual([422, "weak_password", "new_password"]);
    }
    const bcrypt = await import("bcrypt");
    const { createHash } = await import("node:crypto");
    const old = await bcrypt.hash(createHash("sha256").update("password1").digest("base64"), 4);
    await server.database.pool.query("update public.users set password_hash = $2 where user_id = $1", [
      id,
      old,
    ]);
    const { status } = await server.call("POST", "/auth/login", {
      body: { email: "fay@example.org", password: "password1" },
    });
    expect(status).toBe(200);
  });
});

test("the log says what a person did, and keeps no secret", async () => {
  const email = "gil@example.org";
  const { token, id } = await server.register(email);
  const program = await makeToken(token, { name: "script" });
  const { body } = await server.call("GET", "/api/account/tokens", { token });
  await server.call("DELETE", `/api/account/tokens/${body.api_tokens[0].token_id}`, { token });
  const typed = "something typed in vain";
  // By somebody who is signed in as another person: a stranger here all the same.
  const { token: other } = await server.register("other@example.org");
  await server.call("POST", "/auth/login", { body: { email, password: typed }, token: other });
  await server.call("POST", "/auth/login", {
    body: { email: "a-password-in-the-wrong-field@x.org", password: typed },
  });
  await server.call("POST", "/api/account/password", {
    token,
    body: { current_password: typed, new_password: "another horse battery" },
  });
  await server.call("DELETE", "/api/account", { token, body: { email, password: typed } });
  await server.call("POST", "/auth/logout", { token });
  const { rows } = await server.database.pool.query(
    "select kind, outcome, detail from public.security_events where user_id = $1 order by event_id",
    [id],
  );
  const own = await listOwnSecurityEvents(server.pool, id, { limit: null });
  expect(own.find(({ kind, outcome }) => kind === "sign_in" && outcome === "refused")?.by).toBe("stranger");
  expect(rows.map(({ kind, outcome, detail }) => `${kind} ${outcome}${detail ? `: ${detail}` : ""}`)).toEqual(
    [
      "account_created done",
      "sign_in done",
      "token_made done: read, for 90 days: script",
      "tokens_revoked done: script",
      "sign_in refused: wrong password",
      "password_changed refused: wrong password",
      "account_deleted refused: wrong password",
      "sign_out done: node",
    ],
  );
  const all = JSON.stringify((await server.database.pool.query("select * from public.security_events")).rows);
  for (const secret of [password, typed, program, token, "in-the-wrong-field"])
    expect(all).not.toContain(secret);
  const exported = await server.call("GET", "/api/account/security-events", { token: operator.token });
  expect(exported.body.security_events.length).toBeGreaterThan(0);
});
