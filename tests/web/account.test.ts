import { createHash } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import { deviceName } from "../../src/accounts/index.ts";
import { openEvents } from "./event-stream.ts";
import { emptyRegistry } from "./registry.ts";
import { password, startWebServer, type WebServer } from "./server.ts";

let server: WebServer;
let operator: { token: string; id: number };

beforeAll(async () => {
  server = await startWebServer(emptyRegistry);
  operator = await server.register("first@example.org");
});

async function signIn(email: string, userAgent = "a phone", secret = password): Promise<string> {
  const { body } = await server.call("POST", "/auth/login", {
    body: { email, password: secret },
    headers: { "User-Agent": userAgent },
  });
  return body.token;
}

async function statusFor(token: string): Promise<number> {
  return (await server.call("GET", "/auth/me", { token })).status;
}

async function makeToken(session: string, scope: "read" | "write", name: string = scope) {
  const { status, body } = await server.call("POST", "/api/account/tokens", {
    token: session,
    body: { name, scope },
  });
  expect(status).toBe(201);
  return body as { token: string; api_token: { token_id: string } };
}

/** A trade of today, put into the ledger past the price source. */
async function book(userId: number): Promise<void> {
  await server.database.pool.query(
    `insert into transactions (user_id, ticker, transaction_type, quantity, price, transaction_date)
     values ($1, 'AAPL', 'BUY', 2, 10, '2024-01-02')`,
    [userId],
  );
}

describe("the password", () => {
  test("is changed by who knows it; other sessions end at once, this one and API tokens go on", async () => {
    const { token } = await server.register("change@example.org");
    const phone = await signIn("change@example.org");
    const program = await makeToken(token, "read");
    const stream = await openEvents(server.url, phone);
    const body = { current_password: password, new_password: "another horse" };
    const { status } = await server.call("POST", "/api/account/password", { token, body });
    expect(status).toBe(204);
    await stream.ended();
    expect(await statusFor(phone)).toBe(401);
    expect([await statusFor(token), await statusFor(program.token)]).toEqual([200, 200]);
    expect(await signIn("change@example.org")).toBeUndefined();
    expect(await statusFor(await signIn("change@example.org", "a phone", "another horse"))).toBe(200);
  });

  test("stays as it is without the current one, or with a new one that is too short", async () => {
    const { token } = await server.register("keep@example.org");
    const phone = await signIn("keep@example.org");
    const change = (body: object) => server.call("POST", "/api/account/password", { token, body });
    const wrong = await change({ current_password: "a guess at it", new_password: "another horse" });
    expect([wrong.status, wrong.body.error.code, wrong.body.error.field]).toEqual([
      422,
      "wrong_password",
      "current_password",
    ]);
    const short = await change({ current_password: password, new_password: "short" });
    expect([short.status, short.body.error.code]).toEqual([422, "invalid_new_password"]);
    expect(await statusFor(phone)).toBe(200);
    expect(await statusFor(await signIn("keep@example.org"))).toBe(200);
  });

  test("cannot be guessed from a session either", async () => {
    const { token } = await server.register("stolen@example.org");
    const answers = await Promise.all(
      Array.from({ length: 11 }, (_, index) =>
        server.call("POST", "/api/account/password", {
          token,
          body: { current_password: `guess ${index}`, new_password: "another horse" },
        }),
      ),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([...Array(10).fill(422), 429]);
  });
});

describe("sessions", () => {
  test("are listed, this one marked, and another is signed out alone", async () => {
    const { token } = await server.register("sessions@example.org");
    const phone = await signIn("sessions@example.org");
    const tablet = await signIn("sessions@example.org", "a tablet");
    const { body } = await server.call("GET", "/api/account/sessions", { token });
    expect(
      body.sessions.map((one: { user_agent: string; is_current: boolean }) => [
        one.user_agent,
        one.is_current,
      ]),
    ).toEqual(
      expect.arrayContaining([
        ["node", true],
        ["a phone", false],
        ["a tablet", false],
      ]),
    );
    const path = `/api/account/sessions/${body.sessions.find((one: { user_agent: string }) => one.user_agent === "a phone").session_id}`;
    expect((await server.call("DELETE", path, { token: operator.token })).status).toBe(404);
    expect((await server.call("DELETE", path, { token })).status).toBe(204);
    expect((await server.call("DELETE", path, { token })).status).toBe(404);
    expect(await Promise.all([phone, tablet, token].map(statusFor))).toEqual([401, 200, 200]);
  });

  test("are all signed out at once, this one too", async () => {
    const { token } = await server.register("everywhere@example.org");
    const phone = await signIn("everywhere@example.org");
    // A program whose id is empty means one session, not all.
    for (const path of ["/api/account/sessions", "/api/account/sessions/", "/api/account/tokens/"])
      expect((await server.call("DELETE", path, { token })).status).toBe(404);
    expect(await statusFor(phone)).toBe(200);
    const answer = await server.call("POST", "/api/account/sign-out-everywhere", { token });
    expect(answer.status).toBe(204);
    expect(answer.headers.get("Set-Cookie")).toMatch(/^stratafolio_session=;.*1970/);
    expect(await Promise.all([phone, token].map(statusFor))).toEqual([401, 401]);
    expect(await statusFor(operator.token)).toBe(200);
  });

  test.each([
    [
      "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0",
      "Edge on Windows",
    ],
    ["Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0", "Firefox on Linux"],
    [
      "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
      "Safari on iPhone",
    ],
    [
      "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36",
      "Chrome on Android",
    ],
    [
      "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15",
      "Safari on macOS",
    ],
    ["curl/8.14.1", "curl/8.14.1"],
    ["", "Unknown device"],
    [null, "Unknown device"],
  ])("of %s are shown as %s", (userAgent, name) => {
    expect(deviceName(userAgent)).toBe(name);
  });
});

describe("API tokens", () => {
  test("speak for their person, need no Origin, and are kept as a hash alone", async () => {
    const { token: session, id } = await server.register("program@example.org");
    const { token, api_token } = await makeToken(session, "write", "backup script");
    expect(token).toMatch(/^sf_[\w-]{43}$/);
    expect(api_token).toEqual({
      token_id: expect.any(String),
      name: "backup script",
      scope: "write",
      created_at: expect.any(String),
      last_used_at: null,
      expires_at: expect.any(String),
    });
    const me = await server.call("GET", "/auth/me", { token, origin: null });
    expect(me.body.user).toEqual({ id, email: "program@example.org", role: "investor" });
    const { rows } = await server.database.pool.query("select * from api_tokens where user_id = $1", [id]);
    expect(rows[0].token_hash).toEqual(createHash("sha256").update(token).digest());
    expect(JSON.stringify(rows)).not.toContain(token);
  });

  test("write down when they were used, once a minute at most", async () => {
    const { token: session, id } = await server.register("used-token@example.org");
    const { token } = await makeToken(session, "read");
    const lastUsed = async () =>
      (await server.database.pool.query("select last_used_at from api_tokens where user_id = $1", [id]))
        .rows[0].last_used_at;
    expect(await lastUsed()).toBeNull();
    await server.call("GET", "/auth/me", { token });
    expect(await lastUsed()).toEqual(server.context.clock());
    await server.database.pool.query(
      "update api_tokens set last_used_at = last_used_at - interval '59 seconds' where user_id = $1",
      [id],
    );
    const recent = await lastUsed();
    await server.call("GET", "/auth/me", { token });
    expect(await lastUsed()).toEqual(recent);
  });

  test("of scope read change nothing; of scope write, all but the account", async () => {
    const { token: session } = await server.register("scopes@example.org");
    const read = await makeToken(session, "read");
    const write = await makeToken(session, "write");
    const setting = { body: { cost_basis_method: "fifo" }, origin: null };
    const codes = async (method: string, path: string, body?: object) =>
      Promise.all(
        [read, write].map(async ({ token }) => {
          const answer = await server.call(method, path, { token, origin: null, body });
          return [answer.status, answer.body?.error?.code];
        }),
      );
    expect(await codes("GET", "/api/account")).toEqual([
      [200, undefined],
      [200, undefined],
    ]);
    expect(await codes("POST", "/api/account/cost-basis-method", setting.body)).toEqual([
      [403, "insufficient_scope"],
      [200, undefined],
    ]);
    // The scope is looked at before anything else of the request.
    expect(await codes("POST", "/api/transactions", {})).toEqual([
      [403, "insufficient_scope"],
      [422, expect.stringMatching(/^invalid_/)],
    ]);
    expect(await codes("DELETE", "/api/transactions/1")).toEqual([
      [403, "insufficient_scope"],
      [404, "not_found"],
    ]);
    for (const [method, path] of [
      ["GET", "/api/account/tokens"],
      ["POST", "/api/account/tokens"],
      ["DELETE", `/api/account/tokens/${write.api_token.token_id}`],
      ["GET", "/api/account/sessions"],
      ["POST", "/api/account/sign-out-everywhere"],
      ["POST", "/api/account/password"],
      ["DELETE", "/api/account"],
      ["POST", "/auth/logout"],
      ["GET", "/portfolio"],
      ["POST", "/account/tokens"],
      ["POST", "/account/delete"],
    ] as const)
      expect(
        (await codes(method, path, method === "GET" ? undefined : {})).map(([status]) => status),
        path,
      ).toEqual([403, 403]);
    expect(await statusFor(session)).toBe(200);
  });

  test("have their person's role: an investor's runs nothing", async () => {
    const { token: session } = await server.register("role@example.org");
    const ofInvestor = await makeToken(session, "write");
    const ofOperator = await makeToken(operator.token, "read");
    const assets = async (token: string) =>
      (await server.call("GET", "/api/assets", { token })).body.error?.code;
    expect([await assets(ofInvestor.token), await assets(ofOperator.token)]).toEqual([
      "forbidden",
      undefined,
    ]);
  });

  test("stop working when revoked, their event streams with them; nobody revokes another's", async () => {
    const { token: session } = await server.register("revoke@example.org");
    const { token, api_token } = await makeToken(session, "read");
    const stream = await openEvents(server.url, token);
    const path = `/api/account/tokens/${api_token.token_id}`;
    expect((await server.call("DELETE", path, { token: operator.token })).status).toBe(404);
    expect(await statusFor(token)).toBe(200);
    expect((await server.call("DELETE", path, { token: session })).status).toBe(204);
    await stream.ended();
    expect(await statusFor(token)).toBe(401);
    expect((await server.call("GET", "/api/account/tokens", { token: session })).body.api_tokens).toEqual([]);
  });

  test.each(["sf_", `sf_${"A".repeat(43)}`, "sf_' or true --"])(
    "that are none are refused: %s",
    async (token) => {
      expect(await statusFor(token)).toBe(401);
    },
  );

  test("are no cookie", async () => {
    const { token: session } = await server.register("cookie@example.org");
    const { token } = await makeToken(session, "write");
    const headers = { Cookie: `stratafolio_session=${token}` };
    expect((await server.call("GET", "/auth/me", { headers })).status).toBe(401);
  });

  test("have a name of their own and a known scope", async () => {
    const { token: session } = await server.register("names@example.org");
    await makeToken(session, "read", "cron");
    const make = async (body: object) => {
      const answer = await server.call("POST", "/api/account/tokens", { token: session, body });
      return [answer.status, answer.body.error.code];
    };
    expect(await make({ name: " cron ", scope: "write" })).toEqual([409, "name_taken"]);
    expect(await make({ name: "  ", scope: "read" })).toEqual([422, "invalid_name"]);
    expect(await make({ name: "a\0b", scope: "read" })).toEqual([422, "invalid_name"]);
    expect(await make({ name: "other", scope: "account" })).toEqual([422, "invalid_scope"]);
  });

  test("of others are out of the web role's sight", async () => {
    await makeToken(operator.token, "read", "unseen");
    expect((await server.pool.query("select from api_tokens")).rowCount).toBe(0);
  });
});

describe("the cost basis method", () => {
  test("leaves a change row for the person when it is another one, and only then", async () => {
    const { token, id } = await server.register("fifo@example.org");
    const choose = (cost_basis_method: string) =>
      server.call("POST", "/api/account/cost-basis-method", { token, body: { cost_basis_method } });
    const changes = async () =>
      (
        await server.database.pool.query(
          "select asset from orchestrator.changes where partition_value = $1::text and asset = 'users'",
          [id],
        )
      ).rows;
    await choose("average");
    expect(await changes()).toEqual([]);
    expect((await choose("fifo")).body.account.cost_basis_method).toBe("fifo");
    expect(await changes()).toEqual([{ asset: "users" }]);
    expect((await choose("newest")).body.error.code).toBe("invalid_cost_basis_method");
  });
});

describe("deleting an account", () => {
  const remove = (token: string, email: string, secret = password) =>
    server.call("DELETE", "/api/account", { token, body: { email, password: secret } });

  test("erases the ledger, its audit, sessions, tokens and kept answers, and ends what is open", async () => {
    const { token, id } = await server.register("gone@example.org");
    const { token: apiToken } = await makeToken(token, "read");
    const stream = await openEvents(server.url, apiToken);
    await book(id);
    await server.database.pool.query("delete from transactions where user_id = $1", [id]);
    await book(id);
    const answer = await remove(token, " Gone@example.org ");
    expect(answer.status).toBe(204);
    await stream.ended();
    expect(await Promise.all([token, apiToken].map(statusFor))).toEqual([401, 401]);
    for (const table of [
      "users",
      "transactions",
      "transactions_audit",
      "sessions",
      "api_tokens",
      "idempotency_keys",
    ])
      expect(
        (await server.database.pool.query(`select from ${table} where user_id = $1`, [id])).rowCount,
        table,
      ).toBe(0);
    const { rows } = await server.database.pool.query(
      "select from orchestrator.changes where asset = 'transactions' and partition_value = $1::text",
      [id],
    );
    expect(rows.length).toBeGreaterThan(0);
    const again = await server.call("POST", "/auth/register", {
      body: { email: "gone@example.org", password },
    });
    expect(again.status).toBe(201);
    expect(again.body.user.id).not.toBe(id);
  });

  test("needs the account's own email and its password", async () => {
    const { token } = await server.register("stay@example.org");
    const codes = await Promise.all(
      [
        remove(token, "first@example.org"),
        remove(token, "no email"),
        remove(token, "stay@example.org", "a guess at it"),
      ].map(async (answer) => (await answer).body.error.code),
    );
    expect(codes).toEqual(["invalid_email", "invalid_email", "wrong_password"]);
    expect(await statusFor(token)).toBe(200);
  });

  test("is refused to the last operator while there are other accounts, and only then", async () => {
    const another = await startWebServer(emptyRegistry);
    const own = await another.register("a@example.org");
    const other = await another.register("b@example.org");
    const investor = await another.register("c@example.org");
    const leave = ({ token }: { token: string }, email: string) =>
      another.call("DELETE", "/api/account", { token, body: { email, password } });
    const refused = await leave(own, "a@example.org");
    expect([refused.status, refused.body.error.code]).toEqual([409, "last_operator"]);
    expect(refused.body.error.message).toContain("user promote");
    await another.database.pool.query("update users set role = 'operator' where user_id = $1", [other.id]);
    // Both at once: whoever comes second is the last.
    const answers = await Promise.all([leave(own, "a@example.org"), leave(other, "b@example.org")]);
    expect(answers.map(({ status }) => status).sort()).toEqual([204, 409]);
    expect((await leave(investor, "c@example.org")).status).toBe(204);
    const [last, email] = answers[0]!.status === 409 ? [own, "a@example.org"] : [other, "b@example.org"];
    expect((await leave(last, email)).status).toBe(204);
  });

  test("leaves another person's audit alone, which stays append-only, and takes an operator's name off their runs", async () => {
    const { token, id } = await server.register("leaver@example.org");
    await server.database.pool.query(
      `insert into orchestrator.runs (trigger_kind, trigger_name, selection)
       values ('manual', 'leaver@example.org', '*')`,
    );
    await book(operator.id);
    await remove(token, "leaver@example.org");
    const { pool } = server.database;
    const { rows } = await pool.query("select trigger_name from orchestrator.runs");
    expect(rows).toEqual([{ trigger_name: "deleted account" }]);
    const audit = "select from transactions_audit where user_id = $1";
    expect((await pool.query(audit, [operator.id])).rowCount).toBe(1);
    for (const statement of [
      "delete from transactions_audit",
      "update transactions_audit set price = 1",
      "truncate transactions_audit",
    ])
      await expect(pool.query(statement)).rejects.toThrow("append-only");
    for (const statement of [
      `delete from transactions_audit where user_id = ${id}`,
      `delete from users where user_id = ${operator.id}`,
    ])
      await expect(server.pool.query(statement)).rejects.toThrow("permission denied");
    await server.pool.query("select public.delete_own_account()"); // on behalf of nobody: nobody goes
    expect((await pool.query(audit, [operator.id])).rowCount).toBe(1);
  });
});
