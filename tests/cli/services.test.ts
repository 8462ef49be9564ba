import { once } from "node:events";
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterAll, expect, test } from "vitest";
import { createTestDatabase } from "../support/database.ts";
import { runCli, startService } from "./run-cli.ts";

const top = mkdtempSync(join(tmpdir(), "stratafolio-services-"));
chmodSync(top, 0o755); // the server of a root user runs as another user, who must reach its data
afterAll(() => rmSync(top, { recursive: true, force: true }));

/** Nothing listens there: these tests ask nobody outside for anything. */
const nowhere = "http://127.0.0.1:9";
const offline = {
  YAHOO_BASE_URL: nowhere,
  FRED_API_BASE_URL: nowhere,
  FRED_WEB_BASE_URL: nowhere,
  BENCHMARKS: "none",
};

async function call(url: string, path: string, token?: string, body?: unknown) {
  const response = await fetch(url + path, {
    method: body === undefined ? "GET" : "POST",
    headers: {
      "Content-Type": "application/json",
      Origin: url,
      ...(token !== undefined && { Authorization: `Bearer ${token}` }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  // biome-ignore lint/suspicious/noExplicitAny: a test asserts what is in it
  return { status: response.status, body: (await response.json()) as any };
}

const serverIsUp = (folder: string): boolean =>
  statSync(join(folder, "postgres/postmaster.pid"), { throwIfNoEntry: false }) !== undefined;

test("up: a page, a second start and a command on the same folder, a clean stop, data that survive", async () => {
  const folder = join(top, "up");
  const variables = { ...offline, DATA_DIR: folder };
  const first = await startService(["up"], variables);
  expect((await call(first.url, "/readyz")).body).toEqual({ ready: true, problem: null });
  const credentials = { email: "ada@example.org", password: "correct horse battery" };
  const registered = await call(first.url, "/auth/register", undefined, credentials);
  expect([registered.status, registered.body.user.role]).toEqual([201, "operator"]);

  const owner = new pg.Client({
    connectionString: readFileSync(join(folder, "postgres/database-url"), "utf8").trim(),
  });
  await owner.connect();
  const sessions = await owner.query(
    "select distinct rolsuper, rolinherit from pg_stat_activity join pg_roles on oid = usesysid where application_name = 'stratafolio web'",
  );
  await owner.end();
  expect(sessions.rows).toEqual([{ rolsuper: false, rolinherit: false }]);

  const second = await startService(["up"], { ...variables, LOG_LEVEL: "info" });
  const users = await runCli(["user", "list", "--output", "json"], variables);
  expect(JSON.parse(users.stdout)).toMatchObject([{ email: "ada@example.org" }]);
  expect(await first.stop()).toBe(0);
  // The token was signed by the first, with the secret kept in the folder, and the server goes on for the second.
  expect((await call(second.url, "/auth/me", registered.body.token)).status).toBe(200);
  expect(await second.stop("SIGINT")).toBe(0);
  expect(serverIsUp(folder)).toBe(false);

  const offlineUsers = await runCli(["user", "list", "--output", "json"], variables);
  expect(JSON.parse(offlineUsers.stdout)).toMatchObject([{ email: "ada@example.org" }]);
  expect(serverIsUp(folder)).toBe(false);
  expect(statSync(join(folder, "jwt-secret")).mode & 0o777).toBe(0o600);
});

test("a taken port is named, exits with 2, and leaves nothing running", async () => {
  const squatter = createServer().listen(0, "127.0.0.1");
  await once(squatter, "listening");
  const { port } = squatter.address() as { port: number };
  const folder = join(top, "taken");
  const { code, stderr } = await runCli(["up"], { ...offline, DATA_DIR: folder, PORT: String(port) });
  squatter.close();
  expect(code).toBe(2);
  expect(stderr).toContain(`another program listens on 127.0.0.1:${port}`);
  expect(serverIsUp(folder)).toBe(false);
});

test("demo: a sample account whose dashboard fills by itself, offline, marked as synthetic", async () => {
  const folder = join(top, "demo");
  const demo = await startService(["demo"], { DATA_DIR: folder });
  await expect.poll(() => demo.lines.length).toBe(3);
  const [, email, password] = /as (\S+) with the password (\S+)/.exec(demo.lines[1] ?? "") ?? [];
  const { body } = await call(demo.url, "/auth/login", undefined, { email, password });
  const figures = async () => {
    const tickers = await call(demo.url, "/api/portfolio/tickers", body.token);
    const performance = await call(demo.url, "/api/portfolio/performance", body.token);
    return {
      priced: tickers.body.rows?.filter((row: { current_price: string | null }) => row.current_price !== null)
        .length,
      hasValue: Number(performance.body.performance?.market_value) > 0,
    };
  };
  await expect.poll(figures, { timeout: 50_000, interval: 500 }).toEqual({ priced: 8, hasValue: true });
  const page = await fetch(demo.url, { redirect: "follow" });
  expect(await page.text()).toMatch(/synthetic/i);
  expect(await demo.stop()).toBe(0);
  expect(readFileSync(join(folder, "postgres/server.log"), "utf8")).toContain("database system is shut down");
});

test("demo: a folder that holds real accounts is refused", async () => {
  const variables = { ...offline, DATA_DIR: join(top, "real") };
  await runCli(["user", "create", "ada@example.org"], variables);
  const { code, stderr } = await runCli(["demo"], { ...variables, PORT: "0" });
  expect([code, stderr]).toEqual([2, expect.stringMatching(/holds real data.*Set DATA_DIR/s)]);
  expect(serverIsUp(join(top, "real"))).toBe(false);
});

test("web: by its own login alone, without the owner's; nothing else is run by that", async () => {
  const database = await createTestDatabase();
  const site = new URL(database.url);
  [site.username, site.password] = [`site_${crypto.randomUUID().slice(0, 8)}`, "its password"];
  const own = { JWT_SECRET: "a secret of at least thirty-two characters", WEB_DATABASE_URL: site.href };
  const early = await runCli(["web"], { ...own, PORT: "0" });
  expect([early.code, early.stderr]).toEqual([2, expect.stringContaining("refused the connection")]);
  try {
    const migrated = await runCli(["migrate"], { ...own, DATABASE_URL: database.url });
    expect([migrated.code, migrated.stderr]).toEqual([0, ""]);
    const web = await startService(["web"], own);
    const credentials = { email: "ada@example.org", password: "correct horse battery" };
    expect((await call(web.url, "/auth/register", undefined, credentials)).body.user.role).toBe("operator");
    expect(await web.stop()).toBe(0);
    const { code, stderr } = await runCli(["status"], own);
    expect([code, stderr]).toEqual([
      2,
      expect.stringContaining("expected DATABASE_URL beside WEB_DATABASE_URL"),
    ]);
  } finally {
    await database.pool.query(`drop owned by ${site.username}; drop role ${site.username}`);
  }
});
