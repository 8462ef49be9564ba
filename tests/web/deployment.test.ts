/** What the settings of the installation change: whose name it answers to, whom it believes, what its cookies are. */
import { once } from "node:events";
import { request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import pino from "pino";
import { describe, expect, test } from "vitest";
import { inviteFirstOperator, startSession } from "../../src/accounts/index.ts";
import { csrfToken } from "../../src/web/security.ts";
import { emptyRegistry } from "./registry.ts";
import { loopbackDeployment, password, startWebServer, type WebServer } from "./server.ts";

const start = (settings: Partial<typeof loopbackDeployment>): Promise<WebServer> =>
  startWebServer(emptyRegistry, { deployment: { ...loopbackDeployment, ...settings } });

const local = await start({});
const exposed = await start({ host: "0.0.0.0" });
const metricsToken = "a token of sixteen characters";
const publicSettings = {
  publicUrl: "https://portfolio.example.org",
  trustedProxies: ["loopback"],
  metricsToken,
} as const;
const known = await start({ ...publicSettings, host: "0.0.0.0" });
const behindLocalProxy = await start(publicSettings);

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** fetch would write the Host header itself. */
async function ask(
  server: WebServer,
  path: string,
  headers: Record<string, string | undefined>,
  { method = "GET", body = "" } = {},
): Promise<Answer> {
  const request = httpRequest(server.url + path, { method });
  for (const [name, value] of Object.entries(headers))
    if (value !== undefined) request.setHeader(name, value);
  request.end(body);
  const [response] = await once(request, "response");
  let text = "";
  for await (const chunk of response) text += chunk;
  return { status: response.statusCode, headers: response.headers, text };
}

describe("the host", () => {
  const hosts: readonly (readonly [string, number, number, number, number])[] = [
    // Host, and the status: without settings; open to other machines; at its public name; the same behind a local proxy
    ["localhost:9", 200, 200, 421, 200],
    ["127.0.0.1", 200, 200, 421, 200],
    ["[::1]:3000", 200, 200, 421, 200],
    ["192.0.2.7:3000", 421, 200, 421, 421],
    ["[2001:db8::7]", 421, 200, 421, 421],
    ["portfolio.example.org", 421, 421, 200, 200],
    ["Portfolio.Example.org:443", 421, 421, 200, 200],
    ["portfolio.example.org.evil.example", 421, 421, 421, 421],
    ["localhost.evil.example", 421, 421, 421, 421],
    ["127.0.0.1.evil.example", 421, 421, 421, 421],
    ["evil.example", 421, 421, 421, 421],
    ["evil.example#localhost", 400, 400, 400, 400],
    ["localhost@evil.example", 400, 400, 400, 400],
    ["", 400, 400, 400, 400],
    ["[", 400, 400, 400, 400],
    ["x".repeat(5000), 400, 400, 400, 400],
  ];
  test.each(hosts)("%s", async (Host, ...statuses) => {
    for (const [index, server] of [local, exposed, known, behindLocalProxy].entries())
      for (const path of ["/api/openapi.json", "/sign-in"])
        expect((await ask(server, path, { Host })).status, `${index} ${path}`).toBe(statuses[index]);
  });

  test("that is another's is told in plain text, with the way out", async () => {
    const { headers, text } = await ask(local, "/", { Host: "evil.example" });
    expect(headers["content-type"]).toMatch(/^text\/plain/);
    expect(text).toBe(
      "expected localhost as the host of the address, got: evil.example. To use a name, set PUBLIC_URL to its URL.\n",
    );
  });

  test("of a forwarding header changes nothing", async () => {
    const { status } = await ask(known, "/sign-in", {
      Host: "evil.example",
      "X-Forwarded-Host": "portfolio.example.org",
    });
    expect(status).toBe(421);
  });

  test("may be an address for what looks after the process", async () => {
    for (const path of ["/healthz", "/readyz"]) {
      for (const Host of ["10.1.2.3:3000", "127.0.0.1", "portfolio.example.org"])
        expect((await ask(known, path, { Host })).status).toBe(200);
      expect((await ask(known, path, { Host: "evil.example" })).status).toBe(421);
    }
    const Authorization = `Bearer ${metricsToken}`;
    expect((await ask(known, "/metrics", { Host: "web:3000", Authorization })).status).toBe(200);
    // A page of evil.example, whose name leads here, is on this machine: the token it does not have is what counts.
    expect((await ask(known, "/metrics", { Host: "evil.example" })).status).toBe(401);
    expect((await ask(local, "/metrics", { Host: "evil.example" })).status).toBe(421);
  });
});

describe("a page's Origin", () => {
  const signIn = (server: WebServer, Host: string, Origin: string) =>
    ask(
      server,
      "/auth/login",
      { Host, Origin, "Content-Type": "application/json" },
      { method: "POST", body: JSON.stringify({ email: "nobody@example.org", password }) },
    );

  test.each([
    ["portfolio.example.org", "https://portfolio.example.org", 401],
    ["portfolio.example.org", "http://portfolio.example.org", 403],
    ["portfolio.example.org", "https://portfolio.example.org:8443", 403],
    ["portfolio.example.org", "https://evil.example", 403],
    ["127.0.0.1:3000", "https://portfolio.example.org", 401], // a proxy that passes its own name on
    ["127.0.0.1:3000", "http://127.0.0.1:3000", 401],
    ["127.0.0.1:3000", "http://127.0.0.1:3001", 403],
  ])("at %s, %s is answered with %i", async (host, origin, status) => {
    expect((await signIn(behindLocalProxy, host, origin)).status).toBe(status);
  });
});

describe("cookies and HSTS", () => {
  const register = async (server: WebServer, Host: string, email: string) => {
    const invitation = await inviteFirstOperator(server.context);
    const body = JSON.stringify({ email, password, invitation });
    const headers = { Host, "Content-Type": "application/json" };
    return ask(server, "/auth/register", headers, { method: "POST", body });
  };

  test("where people come by https are of this host and https alone", async () => {
    const server = await start({ publicUrl: "https://portfolio.example.org", trustedProxies: 1 });
    const { status, headers, text } = await register(server, "127.0.0.1", "ada@example.org");
    expect(status, text).toBe(201);
    expect(headers["strict-transport-security"]).toBe("max-age=31536000");
    const cookies = headers["set-cookie"]!;
    expect(cookies.length).toBeGreaterThan(0);
    for (const cookie of cookies)
      expect(cookie).toMatch(
        /^__Host-stratafolio_\w+=[^;]+; Path=\/; Expires=[^;]+; HttpOnly; Secure; SameSite/,
      );
    const { token } = JSON.parse(text);
    const me = async (name: string) =>
      (await ask(server, "/auth/me", { Host: "portfolio.example.org", Cookie: `${name}=${token}` })).status;
    // The plain name could have been set by another host of the domain, or over http.
    expect([await me("__Host-stratafolio_session"), await me("stratafolio_session")]).toEqual([200, 401]);
    const out = await ask(
      server,
      "/auth/logout",
      { Host: "portfolio.example.org", Authorization: `Bearer ${token}` },
      { method: "POST" },
    );
    expect(out.headers["set-cookie"]![0]).toMatch(/^__Host-stratafolio_session=;.* Secure/);
  });

  test("on http have plain names", async () => {
    const { headers } = await register(local, "localhost:3000", "bob@example.org");
    expect(headers["strict-transport-security"]).toBeUndefined();
    for (const cookie of headers["set-cookie"]!) {
      expect(cookie).toMatch(/^stratafolio_/);
      expect(cookie).not.toContain("Secure");
    }
  });
});

describe("metrics", () => {
  const metrics = async (server: WebServer, headers: Record<string, string> = {}) =>
    (await ask(server, "/metrics", { Host: "127.0.0.1", ...headers })).status;

  test("with a token are for whoever has it, from wherever", async () => {
    const Authorization = `Bearer ${metricsToken}`;
    expect(await metrics(known)).toBe(401);
    expect(await metrics(known, { Authorization: `${Authorization}x` })).toBe(401);
    expect(await metrics(known, { Authorization })).toBe(200);
    expect(await metrics(known, { Authorization, "X-Forwarded-For": "203.0.113.7" })).toBe(200);
  });

  test.each(["X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "Forwarded", "X-Real-IP", "Via"])(
    "without a token are for this machine, and not for what %s says was passed on",
    async (header) => {
      expect(await metrics(local)).toBe(200);
      expect(await metrics(local, { [header]: "127.0.0.1" })).toBe(401);
    },
  );
});

test("what comes in HTTP/1.0 was passed on: nginx adds no header of its own", async () => {
  const { port } = new URL(local.url);
  const statusOf = async (version: string) => {
    const socket = connect(Number(port), "127.0.0.1");
    socket.write(`GET /metrics HTTP/${version}\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n`);
    return (await text(socket)).split(" ")[1];
  };
  expect([await statusOf("1.1"), await statusOf("1.0")]).toEqual(["200", "401"]);
});

describe("settings that are missing", () => {
  test.each([
    [{}, []],
    [{ publicUrl: "http://localhost:3000" }, []],
    [{ host: "0.0.0.0" }, ["PUBLIC_URL", "TRUSTED_PROXIES"]],
    [{ host: "0.0.0.0", publicUrl: "http://portfolio.example.org", trustedProxies: 0 }, ["PUBLIC_URL"]],
    [{ publicUrl: "https://portfolio.example.org" }, ["TRUSTED_PROXIES"]],
    [{ host: "0.0.0.0", publicUrl: "https://portfolio.example.org", trustedProxies: 1 }, []],
  ] as const)("%j: %j is told to operators, and to nobody else", async (settings, named) => {
    const server = await start(settings);
    const Host = new URL(("publicUrl" in settings && settings.publicUrl) || server.url).host;
    const [operator, investor] = await Promise.all(
      (["operator", "investor"] as const).map((role) => enter(server, role)),
    );
    const notices = async (bearer: string) => {
      const { text } = await ask(server, "/account", {
        Host,
        Accept: "text/html",
        Authorization: `Bearer ${bearer}`,
      });
      const [, aside = ""] = /<aside class="missing-settings"[^>]*>(.*?)<\/aside>/s.exec(text) ?? [];
      return [...aside.matchAll(/<p>(\w+)/g)].map(([, name]) => name);
    };
    expect(await notices(operator!)).toEqual(named);
    expect(await notices(investor!)).toEqual([]);
  });

  /** A session, without the seconds that a password takes. */
  async function enter(server: WebServer, role: "operator" | "investor"): Promise<string> {
    const { rows } = await server.database.pool.query(
      "insert into users (email, password_hash, role) values ($1, 'none', $1) returning user_id",
      [role],
    );
    return (await startSession(server.context, rows[0].user_id, null)).token;
  }

  test("are noticed when a proxy passes the world on to a program that thinks itself alone, and said once", async () => {
    const lines: string[] = [];
    const log = pino({ level: "warn" }, { write: (line) => lines.push(JSON.parse(line).msg) });
    const server = await startWebServer(emptyRegistry, { deployment: { ...loopbackDeployment }, log });
    await ask(server, "/healthz", { Host: "127.0.0.1" });
    expect(lines).toEqual([]);
    for (const _ of [1, 2])
      await ask(server, "/healthz", { Host: "127.0.0.1", "X-Forwarded-For": "203.0.113.7" });
    expect(lines.map((line) => line.split(" ")[0])).toEqual(["PUBLIC_URL", "TRUSTED_PROXIES"]);
  });
});

test("what a retired key signed still counts, and new tokens are signed by the first", async () => {
  const [former, current] = [
    "a former secret of thirty-two characters",
    "a newer secret of thirty-two characters!",
  ];
  const before = await startWebServer(emptyRegistry, { jwtSecret: former });
  const { token } = await before.register("ada@example.org");
  const { pool } = before;
  const during = await startWebServer(emptyRegistry, {
    pool,
    jwtSecret: current,
    formerJwtSecrets: [former],
  });
  const after = await startWebServer(emptyRegistry, { pool, jwtSecret: current });
  const me = async (server: WebServer, bearer: string) =>
    (await server.call("GET", "/auth/me", { token: bearer })).status;
  expect([await me(during, token), await me(after, token)]).toEqual([200, 401]);
  const { body } = await during.call("POST", "/auth/login", { body: { email: "ada@example.org", password } });
  expect([await me(before, body.token), await me(during, body.token), await me(after, body.token)]).toEqual([
    401, 200, 200,
  ]);
  // A form that stood open while the key was changed is still accepted.
  const { jti } = JSON.parse(Buffer.from(token.split(".")[1]!, "base64url").toString());
  const signOut = (server: WebServer) =>
    server.call("POST", "/auth/logout", {
      origin: null,
      headers: { Cookie: `stratafolio_session=${token}`, "X-CSRF-Token": csrfToken(former, jti) },
    });
  expect((await signOut(during)).status).toBe(204);
});
