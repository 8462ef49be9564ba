import { Secret, TOTP } from "otpauth";
import { beforeAll, describe, expect, test } from "vitest";
import {
  commandLine,
  listOwnSecurityEvents,
  readPersonalData,
  setDisabled,
  startSession,
  useCode,
} from "../../src/accounts/index.ts";
import { limitsOf } from "../../src/web/auth.ts";
import { emptyRegistry } from "./registry.ts";
import { type Answer, password, startWebServer, type WebServer } from "./server.ts";

let server: WebServer;
/** The market's, put on by this much. */
let secondsOn = 0;

beforeAll(async () => {
  server = await startWebServer(emptyRegistry, {
    clock: () => new Date(Date.parse("2026-11-27T12:00:00Z") + secondsOn * 1000),
  });
  await server.register("first@example.org");
});

const minutesPass = (minutes: number) => {
  secondsOn += minutes * 60;
};

/** What an app would show, `seconds` from now. */
function codeOf(secret: string, seconds = 0): string {
  const totp = new TOTP({ secret: Secret.fromBase32(secret) });
  return totp.generate({ timestamp: server.context.clock().getTime() + seconds * 1000 });
}

const login = (email: string, code?: string, secret = password): Promise<Answer> =>
  server.call("POST", "/auth/login", { body: { email, password: secret, ...(code && { code }) } });

const outcome = ({ status, body }: Answer) => [status, body.error?.code];

interface Enrolled {
  readonly token: string;
  readonly id: number;
  readonly secret: string;
  readonly recoveryCodes: string[];
}

/** An account with an authenticator app, whose code of this half minute is used. */
async function enroll(email: string): Promise<Enrolled> {
  const { token, id } = await server.register(email);
  const draft = await server.call("POST", "/api/account/totp/draft", { token });
  const { secret, ticket } = draft.body;
  const enabled = await server.call("POST", "/api/account/totp", {
    token,
    body: { ticket, code: codeOf(secret) },
  });
  expect(enabled.status).toBe(201);
  return { token, id, secret, recoveryCodes: enabled.body.recovery_codes };
}

describe("an authenticator app", () => {
  test("is on only after a code of it came back, with ten recovery codes", async () => {
    const { token } = await server.register("setup@example.org");
    const draft = await server.call("POST", "/api/account/totp/draft", { token });
    expect(draft.body.uri).toMatch(
      /^otpauth:\/\/totp\/Stratafolio:setup%40example\.org\?issuer=Stratafolio&/,
    );
    const { ticket, secret } = draft.body;
    const wrong = await server.call("POST", "/api/account/totp", { token, body: { ticket, code: "000000" } });
    expect(outcome(wrong)).toEqual([422, "wrong_code"]);
    expect((await login("setup@example.org")).status).toBe(200);
    const { token: other } = await server.register("thief@example.org");
    const stolen = await server.call("POST", "/api/account/totp", {
      token: other,
      body: { ticket, code: codeOf(secret) },
    });
    expect(outcome(stolen)).toEqual([422, "invalid_ticket"]);
    const enabled = await server.call("POST", "/api/account/totp", {
      token,
      body: { ticket, code: codeOf(secret) },
    });
    expect(enabled.body.recovery_codes).toHaveLength(10);
    expect(new Set(enabled.body.recovery_codes).size).toBe(10);
    const again = await server.call("POST", "/api/account/totp", {
      token,
      body: { ticket, code: codeOf(secret) },
    });
    expect(outcome(again)).toEqual([409, "totp_enabled"]);
  });

  test("asks for a code at sign-in, in the same call, and takes each once", async () => {
    const { secret } = await enroll("code@example.org");
    const asked = await login("code@example.org");
    expect([...outcome(asked), asked.body.error.field]).toEqual([401, "second_factor_required", "code"]);
    expect(outcome(await login("code@example.org", codeOf(secret), "wrong"))).toEqual([
      401,
      "wrong_credentials",
    ]);
    expect(outcome(await login("code@example.org", codeOf(secret)))).toEqual([422, "wrong_code"]);
    secondsOn += 30;
    const code = codeOf(secret);
    const answers = await Promise.all([1, 2, 3].map(() => login("code@example.org", code)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 422, 422]);
    // The one before is within the window, but its half minute is over once a later one was used.
    expect(outcome(await login("code@example.org", codeOf(secret, -30)))).toEqual([422, "wrong_code"]);
    expect((await login("code@example.org", codeOf(secret, 30))).status).toBe(200);
    minutesPass(2);
    expect(outcome(await login("code@example.org", codeOf(secret, -60)))).toEqual([422, "wrong_code"]);
    const spaced = codeOf(secret).replace(/^.../, "$& ");
    expect((await login("code@example.org", spaced)).status).toBe(200);
  });

  test("wrong codes count as failed sign-ins, and a right password alone forgives none", async () => {
    const { secret } = await enroll("guessed@example.org");
    minutesPass(1);
    const guess = (code: string) => login("guessed@example.org", code);
    const { signIn } = limitsOf(server.context);
    for (let attempt = 0; attempt < 8; attempt++) await signIn.attempt("127.0.0.1", "guessed@example.org");
    expect(outcome(await guess("000000"))).toEqual([422, "wrong_code"]);
    expect(outcome(await login("guessed@example.org"))).toEqual([401, "second_factor_required"]);
    expect(outcome(await guess(codeOf(secret)))).toEqual([429, "too_many_attempts"]);
  });

  test("a recovery code stands in for it once, however it is typed", async () => {
    const { recoveryCodes } = await enroll("recover@example.org");
    const typed = recoveryCodes[0]!
      .toUpperCase()
      .replaceAll("-", " ")
      .replaceAll("0", "O")
      .replaceAll("1", "l");
    const answers = await Promise.all([1, 2].map(() => login("recover@example.org", typed)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 422]);
    const { token } = answers.find(({ status }) => status === 200)!.body;
    const { body } = await server.call("GET", "/api/account/factors", { token });
    expect(body.factors).toMatchObject({ has_password: true, recovery_codes: 9, passkeys: [], issuers: [] });
    const renewed = await server.call("POST", "/api/account/recovery-codes", { token });
    expect(renewed.body.recovery_codes).toHaveLength(10);
    expect(outcome(await login("recover@example.org", recoveryCodes[1]))).toEqual([422, "wrong_code"]);
    expect((await login("recover@example.org", renewed.body.recovery_codes[1])).status).toBe(200);
  });

  test("turned on or off, every other session ends; API tokens go on, and need no code", async () => {
    const { token } = await server.register("ends@example.org");
    const made = await server.call("POST", "/api/account/tokens", {
      token,
      body: { name: "cron", scope: "read" },
    });
    const other = (await login("ends@example.org")).body.token;
    const status = async (one: string) => (await server.call("GET", "/auth/me", { token: one })).status;
    const draft = await server.call("POST", "/api/account/totp/draft", { token });
    const code = codeOf(draft.body.secret);
    await server.call("POST", "/api/account/totp", { token, body: { ticket: draft.body.ticket, code } });
    expect([await status(token), await status(other), await status(made.body.token)]).toEqual([
      200, 401, 200,
    ]);
    secondsOn += 30;
    const second = (await login("ends@example.org", codeOf(draft.body.secret))).body.token;
    const removed = await server.call("DELETE", "/api/account/totp", { token });
    expect([removed.status, await status(token), await status(second)]).toEqual([204, 200, 401]);
    expect((await login("ends@example.org")).status).toBe(200);
    const { rows } = await server.database.pool.query(
      "select 1 from recovery_codes join users using (user_id) where email = 'ends@example.org'",
    );
    expect(rows).toEqual([]);
  });

  test("a dump of the database holds neither secret nor codes; with another secret of the installation, recovery codes go on", async () => {
    const { secret, recoveryCodes, id } = await enroll("dump@example.org");
    const { rows } = await server.database.pool.query(
      `select encode(sealed_secret, 'escape') || ' ' || encode(sealed_secret, 'hex') as sealed
       from totp_secrets where user_id = $1`,
      [id],
    );
    expect(rows[0].sealed).not.toContain(secret);
    expect(rows[0].sealed).not.toContain(Buffer.from(secret).toString("hex"));
    // Sealed for one person, it opens for nobody else.
    await server.database.pool.query(
      `insert into totp_secrets (user_id, sealed_secret, last_step, created_at)
       select users.user_id, sealed_secret, 0, now() from totp_secrets, users
       where totp_secrets.user_id = $1 and email = 'first@example.org'`,
      [id],
    );
    minutesPass(1);
    expect(outcome(await login("first@example.org", codeOf(secret)))).toEqual([422, "unreadable_secret"]);
    expect((await login("dump@example.org", recoveryCodes[0])).status).toBe(200);
    await server.database.pool.query(
      "delete from totp_secrets using users where email = 'first@example.org' and users.user_id = totp_secrets.user_id",
    );
  });

  test("the web's role reads nobody else's, and no hash of a recovery code", async () => {
    const { id } = await enroll("private@example.org");
    for (const table of ["totp_secrets", "passkeys", "identities"])
      expect((await server.pool.query(`select * from public.${table}`)).rows).toEqual([]);
    const client = await server.pool.connect();
    try {
      await client.query(`begin; set local app.user_id = '${id}'`);
      await expect(client.query("select code_hash from public.recovery_codes")).rejects.toThrow(
        /permission denied/,
      );
    } finally {
      await client.query("rollback");
      client.release();
    }
  });
});

describe("the security log", () => {
  test("holds factors added and removed, recovery codes used, and what was refused", async () => {
    const { token, id, recoveryCodes } = await enroll("logged@example.org");
    await login("logged@example.org", recoveryCodes[0]);
    await login("logged@example.org", "000000");
    await server.call("POST", "/api/account/proof", { token, body: { password: "not this one" } });
    await server.call("POST", "/api/account/proof", { token, body: { password, code: "000000" } });
    await server.call("POST", "/api/account/recovery-codes", { token });
    await server.call("DELETE", "/api/account/totp", { token });
    const events = await listOwnSecurityEvents(server.pool, id, { limit: 8 });
    expect(events.map(({ kind, outcome, by, detail }) => [kind, outcome, by, detail])).toEqual([
      ["second_factor_removed", "done", "yourself", "authenticator app"],
      ["recovery_codes_made", "done", "yourself", null],
      ["proof", "refused", "yourself", "wrong code"],
      ["proof", "refused", "yourself", "wrong password"],
      ["sign_in", "refused", "stranger", "wrong code"],
      ["sign_in", "done", "yourself", null],
      ["recovery_code_used", "done", "yourself", null],
      ["second_factor_added", "done", "yourself", "authenticator app"],
    ]);
  });
});

describe("a disabled account", () => {
  test("is let in by nothing, not by a second step that was begun before either", async () => {
    const { id, recoveryCodes } = await enroll("disabled@example.org");
    const press = (path: string, body: object, cookie = "") =>
      server.call("POST", path, { body, headers: { Accept: "text/html", Cookie: cookie } });
    const step = await press("/sign-in", { email: "disabled@example.org", password });
    expect(step.headers.get("Location")).toBe("/sign-in/second-step");
    const cookie = step.headers.getSetCookie()[0]!.split(";")[0]!;
    await setDisabled(server.database.pool, id, true, commandLine);
    const late = await press("/sign-in/second-step", { code: recoveryCodes[0] }, cookie);
    expect(late.status).toBe(403);
    expect(late.body).toContain("This account is disabled");
    expect(late.headers.getSetCookie().join()).not.toContain("stratafolio_session");
    expect(outcome(await login("disabled@example.org", recoveryCodes[1]))).toEqual([403, "account_disabled"]);
    // The one door of passkeys and providers, too.
    await expect(startSession(server.context, id, null)).rejects.toMatchObject({ code: "account_disabled" });
  });
});

describe("who has lost every factor", () => {
  test("is helped by an operator, and by nobody else: the password signs in again, every session has ended", async () => {
    const { token, id } = await enroll("lost@example.org");
    const operator = (await login("first@example.org")).body.token;
    const { token: other } = await server.register("curious@example.org");
    const reset = (by: string) =>
      server.call("POST", `/people/${id}/reset-factors`, {
        token: by,
        body: {},
        headers: { Accept: "text/html" },
      });
    expect((await reset(other)).status).toBe(403);
    await expect(server.pool.query("select public.reset_factors_as_operator($1)", [id])).rejects.toThrow(
      "expected an operator",
    );
    expect(outcome(await login("lost@example.org"))).toEqual([401, "second_factor_required"]);
    expect((await reset(operator)).headers.get("Location")).toBe(`/people/${id}?done=reset-factors`);
    expect((await server.call("GET", "/auth/me", { token })).status).toBe(401);
    expect((await login("lost@example.org")).status).toBe(200);
    const { rows } = await server.database.pool.query("select from recovery_codes where user_id = $1", [id]);
    expect(rows).toEqual([]);
  });
});

describe("when the installation's secret is changed", () => {
  const codeFor = (web: WebServer, secret: string) =>
    new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: web.context.clock().getTime() });

  test("a former one opens what it sealed, and each use seals it anew", async () => {
    const { id, secret } = await enroll("rotated@example.org");
    const next = { ...server.context, jwtSecret: "another secret of at least 32 characters" };
    const withFormer = { ...next, formerJwtSecrets: [server.context.jwtSecret] };
    minutesPass(1);
    await expect(useCode(next, id, codeFor(server, secret), commandLine, "sign_in")).rejects.toMatchObject({
      code: "unreadable_secret",
    });
    await useCode(withFormer, id, codeFor(server, secret), commandLine, "sign_in");
    minutesPass(1);
    await useCode(next, id, codeFor(server, secret), commandLine, "sign_in"); // the former one is forgotten
  });
});

describe("proving who one is", () => {
  test("is asked for after ten minutes, before what changes the account, and good for ten more", async () => {
    const { token } = await server.register("proof@example.org");
    const make = (name: string) =>
      server.call("POST", "/api/account/tokens", { token, body: { name, scope: "read" } });
    expect((await make("one")).status).toBe(201);
    minutesPass(11);
    for (const [method, path] of [
      ["POST", "/api/account/tokens"],
      ["POST", "/api/account/totp/draft"],
      ["DELETE", "/api/account/totp"],
      ["POST", "/api/account/recovery-codes"],
      ["POST", "/api/account/passkeys/challenge"],
      ["DELETE", "/api/account/passkeys/1"],
    ] as const) {
      const answer = await server.call(method, path, { token, body: {} });
      expect([path, ...outcome(answer)]).toEqual([path, 403, "reauthentication_required"]);
      expect(answer.body.error.message).toContain("POST /api/account/proof");
    }
    const wrong = await server.call("POST", "/api/account/proof", { token, body: { password: "wrong" } });
    expect(outcome(wrong)).toEqual([422, "wrong_password"]);
    const proved = await server.call("POST", "/api/account/proof", { token, body: { password } });
    expect(proved.body).toEqual({
      proved_until: new Date(server.context.clock().getTime() + 600_000).toISOString(),
    });
    expect((await make("two")).status).toBe(201);
    minutesPass(9);
    expect((await make("three")).status).toBe(201);
    minutesPass(1);
    expect(outcome(await make("four"))).toEqual([403, "reauthentication_required"]);
  });

  test("takes both factors where there are two; the password in a form is half of it", async () => {
    const { token, id, secret } = await enroll("both@example.org");
    minutesPass(11);
    const prove = (body: object) => server.call("POST", "/api/account/proof", { token, body });
    expect(outcome(await prove({ password }))).toEqual([401, "second_factor_required"]);
    expect(outcome(await prove({ code: codeOf(secret) }))).toEqual([422, "wrong_password"]);
    const body = { current_password: password, new_password: "another horse" };
    const change = () => server.call("POST", "/api/account/password", { token, body });
    expect(outcome(await change())).toEqual([403, "reauthentication_required"]);
    const leave = { email: "both@example.org", password };
    const left = await server.call("DELETE", "/api/account", { token, body: leave });
    expect(outcome(left)).toEqual([403, "reauthentication_required"]);
    expect((await prove({ password, code: codeOf(secret) })).status).toBe(200);
    expect((await change()).status).toBe(204);
    const gone = await server.call("DELETE", "/api/account", {
      token,
      body: { ...leave, password: "another horse" },
    });
    expect(gone.status).toBe(204);
    for (const table of ["totp_secrets", "recovery_codes"])
      expect(
        (await server.database.pool.query(`select 1 from ${table} where user_id = $1`, [id])).rows,
      ).toEqual([]);
  });

  test("without a second factor, the password in the form itself is enough, however old the session", async () => {
    const { token } = await server.register("plain@example.org");
    minutesPass(60);
    const body = { current_password: password, new_password: "another horse" };
    expect((await server.call("POST", "/api/account/password", { token, body })).status).toBe(204);
  });
});

test("an export says what proves who a person is, and no secret of it", async () => {
  const { id, secret } = await enroll("export@example.org");
  const data = await readPersonalData(server.context, id, {});
  expect(data).toMatchObject({
    second_factors: { totp_since: expect.any(Date), recovery_codes_left: 10 },
    passkeys: [],
    identities: [],
  });
  expect(JSON.stringify(data)).not.toContain(secret);
});
