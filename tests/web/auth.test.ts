import { randomUUID } from "node:crypto";
import jwt from "jsonwebtoken";
import { beforeAll, describe, expect, test } from "vitest";
import { listSessions, revokeSession } from "../../src/accounts/index.ts";
import { csrfToken } from "../../src/web/security.ts";
import { emptyRegistry } from "./registry.ts";
import { password, startWebServer, type WebServer } from "./server.ts";

let server: WebServer;
let operator: { token: string; id: number };

beforeAll(async () => {
  server = await startWebServer(emptyRegistry);
  operator = await server.register("first@example.org");
});

describe("accounts", () => {
  test("of several first accounts made at once, one is an operator", async () => {
    const another = await startWebServer(emptyRegistry);
    const answers = await Promise.all(
      ["a", "b", "c", "d"].map((name) =>
        another.call("POST", "/auth/register", { body: { email: `${name}@example.org`, password } }),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201, 201]);
    expect(answers.map(({ body }) => body.user.role).sort()).toEqual([
      "investor",
      "investor",
      "investor",
      "operator",
    ]);
  });

  test("an email is one account, however it is written", async () => {
    const first = await server.call("POST", "/auth/register", {
      body: { email: "  Anna@Example.ORG ", password },
    });
    expect(first.status).toBe(201);
    expect(first.body.user).toEqual({
      id: expect.any(Number),
      email: "anna@example.org",
      role: "investor",
    });
    const second = await server.call("POST", "/auth/register", {
      body: { email: "anna@example.org", password },
    });
    expect([second.status, second.body.error.code, second.body.error.field]).toEqual([
      409,
      "email_taken",
      "email",
    ]);
    const signedIn = await server.call("POST", "/auth/login", {
      body: { email: "ANNA@example.org", password },
    });
    expect(signedIn.status).toBe(200);
  });

  test("two registrations of one email at once make one account", async () => {
    const body = { email: "twice@example.org", password };
    const answers = await Promise.all([1, 2].map(() => server.call("POST", "/auth/register", { body })));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409]);
  });

  test.each([
    [{ email: "nobody", password }, "invalid_email"],
    [{ email: "'; drop table users; --", password }, "invalid_email"],
    [{ password }, "invalid_email"],
    [{ email: 7, password }, "invalid_email"],
    [{ email: "nul\0@example.org", password }, "invalid_email"],
    [{ email: `${"a".repeat(250)}@example.org`, password }, "invalid_email"],
    [{ email: "short@example.org", password: "1234567" }, "invalid_password"],
    [{ email: "long@example.org", password: "x".repeat(201) }, "invalid_password"],
    [{ email: "none@example.org" }, "invalid_password"],
    [[], "invalid_body"],
  ])("registration refuses %j with %s", async (body, code) => {
    const answer = await server.call("POST", "/auth/register", { body });
    expect([answer.status, answer.body.error.code]).toEqual([422, code]);
    expect(answer.body.error.message).toMatch(/expected|invalid/i);
  });

  test("passwords that differ after 72 bytes are different passwords", async () => {
    const long = "some words that nobody would think of first: ".padEnd(100, "x");
    await server.call("POST", "/auth/register", {
      body: { email: "long@example.org", password: `${long}1` },
    });
    const other = await server.call("POST", "/auth/login", {
      body: { email: "long@example.org", password: `${long}2` },
    });
    expect(other.status).toBe(401);
  });
});

describe("tokens", () => {
  test("say who is signed in, by header or by cookie", async () => {
    const signedIn = await server.call("POST", "/auth/login", {
      body: { email: "first@example.org", password },
    });
    expect(signedIn.body.user).toEqual({ id: operator.id, email: "first@example.org", role: "operator" });
    const [cookie = ""] = signedIn.headers.getSetCookie();
    expect(cookie).toMatch(/^stratafolio_session=[^;]+; Path=\/; Expires=[^;]+; HttpOnly; SameSite=Lax$/);
    const byCookie = await server.call("GET", "/auth/me", { headers: { Cookie: cookie.split(";")[0]! } });
    const byHeader = await server.call("GET", "/auth/me", { token: signedIn.body.token });
    for (const answer of [byCookie, byHeader])
      expect(answer.body).toEqual({
        user: { id: operator.id, email: "first@example.org", role: "operator" },
      });
  });

  test("stop working at sign-out, at once and for good; other sessions go on", async () => {
    const { body } = await server.call("POST", "/auth/login", {
      body: { email: "first@example.org", password },
    });
    const signedOut = await server.call("POST", "/auth/logout", { token: body.token });
    expect([signedOut.status, signedOut.body]).toEqual([204, ""]);
    expect(signedOut.headers.get("Set-Cookie")).toMatch(/^stratafolio_session=;.*1970/);
    for (const [method, path] of [
      ["GET", "/auth/me"],
      ["POST", "/auth/logout"],
      ["GET", "/api/assets"],
    ] as const)
      expect((await server.call(method, path, { token: body.token })).status).toBe(401);
    expect((await server.call("GET", "/auth/me", { token: operator.token })).status).toBe(200);
  });

  test("are refused when expired", async () => {
    const { id } = await server.register("expired@example.org");
    const { rows } = await server.database.pool.query(
      "insert into sessions (user_id, expires_at) values ($1, $2) returning session_id",
      [id, server.context.clock()],
    );
    const token = jwt.sign({}, server.context.jwtSecret, {
      subject: String(id),
      jwtid: rows[0].session_id,
      expiresIn: "1h",
    });
    expect((await server.call("GET", "/auth/me", { token })).status).toBe(401);
  });

  test.each(["forged", "unsigned", "unknown session", "without session", "garbage"])(
    "are refused when %s",
    async (kind) => {
      const claims = jwt.decode(operator.token) as jwt.JwtPayload;
      const { jwtSecret } = server.context;
      const unsigned = [{ alg: "none", typ: "JWT" }, claims]
        .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
        .join(".");
      const tokens: Record<string, string> = {
        forged: jwt.sign(claims, "another secret of at least thirty-two characters"),
        unsigned: `${unsigned}.`,
        "unknown session": jwt.sign({ sub: claims.sub, jti: randomUUID(), exp: claims.exp }, jwtSecret),
        "without session": jwt.sign({ sub: claims.sub, exp: claims.exp }, jwtSecret),
        garbage: "not a token",
      };
      const answer = await server.call("GET", "/auth/me", { token: tokens[kind] });
      expect([answer.status, answer.body.error.code]).toEqual([401, "unauthenticated"]);
    },
  );

  test("carry the role the database says now", async () => {
    const { token, id } = await server.register("promoted@example.org");
    expect((await server.call("GET", "/api/assets", { token })).body.error.code).toBe("forbidden");
    await server.database.pool.query("update users set role = 'operator' where user_id = $1", [id]);
    expect((await server.call("GET", "/api/assets", { token })).status).toBe(200);
  });
});

describe("sessions", () => {
  test("are listed with what used them, and each can be ended alone", async () => {
    const { id } = await server.register("sessions@example.org");
    const phone = await server.call("POST", "/auth/login", {
      body: { email: "sessions@example.org", password },
      headers: { "User-Agent": "a phone" },
    });
    const { pool, clock } = server.context;
    const sessions = await listSessions(pool, id, clock());
    expect(sessions.map(({ user_agent }) => user_agent).sort()).toEqual(["a phone", "node"]);
    const { session_id } = sessions.find(({ user_agent }) => user_agent === "a phone")!;
    const by = (userId: number) => ({ userId, via: "web", address: null, agent: null }) as const;
    expect(await revokeSession(pool, operator.id, session_id, by(operator.id))).toBe(false);
    expect(await revokeSession(pool, id, session_id, by(id))).toBe(true);
    expect((await server.call("GET", "/auth/me", { token: phone.body.token })).status).toBe(401);
    expect(await listSessions(pool, id, clock())).toHaveLength(1);
  });

  test("that have expired are gone at the next sign-in", async () => {
    const { id } = await server.register("tidy@example.org");
    await server.database.pool.query("update sessions set expires_at = $2 where user_id = $1", [
      id,
      server.context.clock(),
    ]);
    await server.call("POST", "/auth/login", { body: { email: "tidy@example.org", password } });
    const { rowCount } = await server.database.pool.query("select from sessions where user_id = $1", [id]);
    expect(rowCount).toBe(1);
  });

  test("write down when they were used, once a minute at most", async () => {
    const { token, id } = await server.register("used@example.org");
    const lastUsed = async () =>
      (await server.database.pool.query("select last_used_at from sessions where user_id = $1", [id])).rows[0]
        .last_used_at;
    const atFirst = await lastUsed();
    await server.call("GET", "/auth/me", { token });
    expect(await lastUsed()).toEqual(atFirst);
    await server.database.pool.query(
      "update sessions set last_used_at = last_used_at - interval '2 minutes' where user_id = $1",
      [id],
    );
    await server.call("GET", "/auth/me", { token });
    expect(await lastUsed()).toEqual(atFirst);
  });
});

describe("signing in", () => {
  test("refuses an unknown email and a wrong password with the same words", async () => {
    const [unknown, wrong] = await Promise.all(
      ["unknown@example.org", "first@example.org"].map((email) =>
        server.call("POST", "/auth/login", { body: { email, password: "wrong password" } }),
      ),
    );
    expect(unknown!.status).toBe(401);
    expect(unknown!.body).toEqual(wrong!.body);
  });

  test("is refused after 10 failures for an account, also with the right password, and says until when", async () => {
    await server.register("guessed@example.org");
    const attempt = (guess: string) =>
      server.call("POST", "/auth/login", { body: { email: "guessed@example.org", password: guess } });
    const answers = await Promise.all(Array.from({ length: 12 }, (_, index) => attempt(`guess ${index}`)));
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(10);
    const refused = await attempt(password);
    expect([refused.status, refused.body.error.code]).toEqual([429, "too_many_attempts"]);
    expect(Number(refused.headers.get("Retry-After"))).toBeGreaterThan(60);
    const other = await server.call("POST", "/auth/login", {
      body: { email: "first@example.org", password },
    });
    expect(other.status).toBe(200);
  });
});

describe("a request that changes something", () => {
  const credentials = { email: "first@example.org", password };
  const cases: readonly [string, (own: string) => string | null, number][] = [
    ["its own Origin", (own) => own, 200],
    ["no Origin, as programs do", () => null, 200],
    ["another Origin", () => "https://evil.example", 403],
    ["another port", () => "http://127.0.0.1:1", 403],
    ["Origin null", () => "null", 403],
    ["an Origin that begins like its own", (own) => `${own}.evil.example`, 403],
  ];
  test.each(cases)("signed out, with %s", async (_, origin, status) => {
    const answer = await server.call("POST", "/auth/login", {
      body: credentials,
      origin: origin(server.url),
    });
    expect(answer.status).toBe(status);
    if (status === 403) expect(answer.body.error.code).toBe("csrf");
  });

  test("signed in by cookie, needs the Origin or the session's token; a bearer token needs neither", async () => {
    const materialize = (headers: Record<string, string>) =>
      server.call("POST", "/api/assets/none/materialize", { body: {}, origin: null, headers });
    const Cookie = `stratafolio_session=${operator.token}`;
    const { jti } = jwt.decode(operator.token) as { jti: string };
    const good = csrfToken(server.context.jwtSecret, jti);
    const codes = await Promise.all(
      [
        { Cookie },
        { Cookie, "X-CSRF-Token": "wrong" },
        { Cookie, "X-CSRF-Token": csrfToken(server.context.jwtSecret, randomUUID()) },
        { "X-CSRF-Token": good },
        { Cookie, "X-CSRF-Token": good },
        { Authorization: `Bearer ${operator.token}` },
      ].map(async (headers) => (await materialize(headers as Record<string, string>)).body.error.code),
    );
    expect(codes).toEqual(["csrf", "csrf", "csrf", "unauthenticated", "unknown_asset", "unknown_asset"]);
  });

  test("is refused when the browser says that it comes from elsewhere, whatever it brings", async () => {
    const { jti } = jwt.decode(operator.token) as { jti: string };
    const brought: readonly Record<string, string>[] = [
      {},
      { Cookie: `stratafolio_session=${operator.token}` },
      {
        Cookie: `stratafolio_session=${operator.token}`,
        "X-CSRF-Token": csrfToken(server.context.jwtSecret, jti),
      },
      { Authorization: `Bearer ${operator.token}` },
    ];
    for (const headers of brought)
      for (const site of ["cross-site", "same-site", "same-origin", "none"]) {
        const answer = await server.call("POST", "/api/assets/none/materialize", {
          body: {},
          origin: null,
          headers: { ...headers, "Sec-Fetch-Site": site },
        });
        expect(answer.status === 403, `${site} ${JSON.stringify(headers)}`).toBe(site.endsWith("-site"));
      }
  });
});
