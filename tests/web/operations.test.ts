import { randomUUID } from "node:crypto";
import { connect } from "node:net";
import jwt from "jsonwebtoken";
import pino from "pino";
import { beforeAll, describe, expect, test } from "vitest";
import { createPool } from "../../src/database/pool.ts";
import { apiRoutes } from "../../src/web/api/index.ts";
import { createMetrics } from "../../src/web/metrics.ts";
import { emptyRegistry } from "./registry.ts";
import { startWebServer, type WebServer } from "./server.ts";

let server: WebServer;
let operator: { token: string };
let investor: { token: string };

beforeAll(async () => {
  server = await startWebServer(emptyRegistry);
  operator = await server.register("operator@example.org");
  investor = await server.register("investor@example.org");
});

describe("health", () => {
  test("the process is up", async () => {
    const { status, body } = await server.call("GET", "/healthz");
    expect([status, body]).toEqual([200, { status: "up", version: "0.0.0-test" }]);
  });

  test("it is ready on a migrated database, and says what is missing on an older one", async () => {
    expect((await server.call("GET", "/readyz")).body).toEqual({ ready: true, problem: null });
    await server.database.pool.query("delete from migrations where id = (select max(id) from migrations)");
    const { status, body } = await server.call("GET", "/readyz");
    expect([status, body.ready]).toEqual([503, false]);
    expect(body.problem).toMatch(/^these migrations have not run: \d+_\w+\.sql$/);
  });

  test("without a database it is up but not ready, and asks to try again", async () => {
    const unreachable = createPool({
      connectionString: "postgres://nobody@127.0.0.1:1/none", // nothing listens on port 1
      applicationName: "test",
    });
    const another = await startWebServer(emptyRegistry, { pool: unreachable });
    expect((await another.call("GET", "/healthz")).status).toBe(200);
    expect((await another.call("GET", "/readyz")).body).toEqual({
      ready: false,
      problem: "the database does not answer",
    });
    expect((await another.call("GET", "/metrics")).body).toMatch(/^stratafolio_changes_waiting nan$/im);
    const token = jwt.sign({}, another.context.jwtSecret, { jwtid: randomUUID(), expiresIn: "1h" });
    const { status, headers, body } = await another.call("GET", "/auth/me", { token });
    expect([status, body.error.code]).toEqual([503, "database_unavailable"]);
    expect(headers.get("Retry-After")).toBe("5");
  });
});

test("what goes wrong here is logged under an id, and told as no more than that", async () => {
  const lines: string[] = [];
  const log = pino({ level: "error" }, { write: (line) => lines.push(line) });
  const ended = createPool({ connectionString: server.database.url, applicationName: "test" });
  await ended.end();
  const another = await startWebServer(emptyRegistry, { pool: ended, log });
  const { status, body } = await another.call("POST", "/auth/register", {
    body: { email: "someone@example.org", password: "long enough" },
  });
  expect([status, body.error.code]).toEqual([500, "internal"]);
  const [, id] = /^something went wrong here; it is in the log as ([0-9a-f-]{36})$/.exec(body.error.message)!;
  expect(JSON.parse(lines[0]!)).toMatchObject({
    id,
    path: "/auth/register",
    err: { message: "Cannot use a pool after calling end on the pool" },
  });
});

describe("metrics", () => {
  test("are for this machine and for operators", async () => {
    const proxied = { "X-Forwarded-For": "203.0.113.7" };
    const statuses = await Promise.all(
      [
        {},
        { headers: proxied },
        { headers: proxied, token: investor.token },
        { headers: proxied, token: operator.token },
      ].map(async (options) => (await server.call("GET", "/metrics", options)).status),
    );
    expect(statuses).toEqual([200, 401, 403, 200]);
  });

  test("count requests by route, not by path", async () => {
    await server.call("GET", "/api/assets/nothing-of-that-name", { token: operator.token });
    const { body } = await server.call("GET", "/metrics");
    expect(body).toContain(
      'stratafolio_http_request_duration_seconds_count{method="GET",route="/api/assets/:name",status="404"} 1',
    );
    expect(body).toMatch(/^stratafolio_changes_waiting \d+$/m);
    expect(body).toMatch(/^stratafolio_event_streams 0$/m);
    expect(body).not.toContain("nothing-of-that-name");
  });
});

describe("the OpenAPI document", () => {
  test("has every route, with its parameters, answers and errors", async () => {
    const { body } = await server.call("GET", "/api/openapi.json");
    expect(body.openapi).toBe("3.1.0");
    const described = Object.entries<object>(body.paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method} ${path}`),
    );
    const routes = apiRoutes(server.context, createMetrics(server.context));
    expect(described.sort()).toEqual(
      routes.map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, "{$1}")}`).sort(),
    );
    for (const [path, operations] of Object.entries<object>(body.paths))
      for (const operation of Object.values(operations)) {
        const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
        const declared = operation.parameters.filter((parameter: { in: string }) => parameter.in === "path");
        expect(declared.map((parameter: { name: string }) => parameter.name)).toEqual(inPath);
        expect(Object.keys(operation.responses).some((status) => status.startsWith("2"))).toBe(true);
      }
  });

  test("lists the calls that the contract names", async () => {
    const { body } = await server.call("GET", "/api/openapi.json");
    const described = new Set(
      Object.entries<object>(body.paths).flatMap(([path, operations]) =>
        Object.keys(operations).map((method) => `${method} ${path}`),
      ),
    );
    const contract = [
      "post /auth/register",
      "post /auth/login",
      "post /auth/logout",
      "get /auth/me",
      "get /api/tickers",
      "post /api/transactions",
      "get /api/transactions",
      "delete /api/transactions/{id}",
      "get /api/portfolio/timeseries",
      "get /api/portfolio/performance",
      "get /api/portfolio/tickers",
      "get /api/portfolio/holdings",
      "get /api/portfolio/regimes",
      "get /api/macro",
      "get /api/assets",
      "get /api/assets/{name}",
      "get /api/lineage",
      "post /api/assets/{name}/materialize",
      "get /api/runs",
      "get /api/runs/{id}",
      "post /api/runs/{id}/cancel",
      "get /api/events",
      "get /healthz",
      "get /readyz",
      "get /metrics",
      "get /api/openapi.json",
    ];
    expect(contract.filter((call) => !described.has(call))).toEqual([]);
  });
});

describe("every answer", () => {
  test("confines pages and is kept nowhere", async () => {
    const { headers } = await server.call("GET", "/auth/me", { token: investor.token });
    const policy = headers.get("Content-Security-Policy")!;
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain("unsafe");
    expect(headers.get("X-Content-Type-Options")).toBe("nosniff");
    expect(headers.get("X-Frame-Options")).toBe("DENY");
    expect(headers.get("Referrer-Policy")).toBe("same-origin");
    expect(headers.get("Cache-Control")).toBe("no-store");
    expect(headers.get("X-Powered-By")).toBeNull();
    expect(headers.get("Strict-Transport-Security")).toBeNull();
  });

  test("of a forwarded host that nobody vouches for is refused", async () => {
    const { status } = await server.call("POST", "/auth/login", {
      body: { email: "operator@example.org", password: "whatever it is" },
      origin: "https://evil.example",
      headers: { "X-Forwarded-Host": "evil.example" },
    });
    expect(status).toBe(403);
  });
});

describe("a request that cannot be read", () => {
  const register = (body: string, headers = {}) =>
    server.call("POST", "/auth/register", {
      body,
      headers: { "Content-Type": "application/json", ...headers },
    });

  test.each(['{"email":', '{"quantity": NaN}', "not json", '"a string"'])("%s", async (body) => {
    const { status, body: answer } = await register(body);
    expect([status, answer.error.code]).toEqual([400, "invalid_json"]);
    expect(answer.error.message).not.toContain("node_modules");
  });

  test("because it is too large", async () => {
    const { status, body } = await register(JSON.stringify({ email: "x".repeat(110_000) }));
    expect([status, body.error.code]).toEqual([413, "body_too_large"]);
  });

  test("because its encoding or its path is unknown", async () => {
    const encoded = await register("{}", { "Content-Encoding": "sonnet" });
    expect([encoded.status, encoded.body.error.code]).toEqual([415, "bad_request"]);
    const path = await server.call("GET", "/api/assets/%E0%A4%A", { token: operator.token });
    expect([path.status, path.body.error.code]).toEqual([400, "bad_request"]);
  });

  test("is told as a page to a browser", async () => {
    const headers = { Accept: "text/html", "Content-Type": "application/x-www-form-urlencoded" };
    const sent = [
      { body: "email=a", origin: "https://evil.example", status: 403 },
      { body: `email=${"a".repeat(110_000)}`, status: 413 },
    ];
    for (const { status, ...options } of sent) {
      const answer = await server.call("POST", "/sign-in", { ...options, headers });
      expect(answer.status).toBe(status);
      expect(answer.body).toMatch(/^<!doctype html>/i);
    }
  });

  test("because there is no such call", async () => {
    for (const [method, path] of [
      ["GET", "/api/nothing"],
      ["POST", "/api/portfolio/tickers"],
      ["GET", "/auth/login"],
    ] as const) {
      const { status, body } = await server.call(method, path, { token: operator.token });
      expect([status, body.error.code]).toEqual([404, "not_found"]);
    }
  });

  test("because the connection ends within it harms nobody", async () => {
    const { port, hostname } = new URL(server.url);
    const socket = connect(Number(port), hostname);
    socket.write(
      `POST /auth/register HTTP/1.1\r\nHost: ${hostname}:${port}\r\nOrigin: ${server.url}\r\n` +
        'Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"email"',
      () => socket.destroy(),
    );
    await new Promise((closed) => socket.once("close", closed));
    expect((await server.call("GET", "/healthz")).status).toBe(200);
  });
});
