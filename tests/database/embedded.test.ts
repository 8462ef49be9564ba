import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterAll, expect, test } from "vitest";
import { startEmbedded } from "../../src/database/embedded.ts";
import { DataDirectoryError, ServerStartError } from "../../src/database/errors.ts";

const top = mkdtempSync(join(tmpdir(), "stratafolio-embedded-"));
const linked: string[] = [];
afterAll(() => {
  for (const folder of [top, ...linked]) rmSync(folder, { recursive: true, force: true });
});

/** A data folder of the test's own. Its parent is closed to everybody else, as a checkout in a home folder is. */
function dataDirectory(): string {
  return join(mkdtempSync(join(top, "closed-")), "data");
}

async function start(folder: string) {
  const server = await startEmbedded({ dataDirectory: folder, durable: false });
  const files = realpathSync(join(folder, "postgres"));
  if (!files.startsWith(top)) linked.push(files);
  return { ...server, pidFile: join(files, "postmaster.pid"), files };
}

const postmaster = (pidFile: string) => Number(readFileSync(pidFile, "utf8").split("\n")[0]);

async function query<Row extends pg.QueryResultRow>(connectionString: string, text: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    return (await client.query<Row>(text)).rows;
  } finally {
    await client.end();
  }
}

test("data, port and password survive a stop, and nothing is left running", async () => {
  const folder = dataDirectory();
  const first = await start(folder);
  await query(first.connectionString, "create table kept as select 42 as answer");
  await first.stop();
  expect(() => statSync(first.pidFile)).toThrow(/ENOENT/);
  const second = await start(folder);
  expect(second.attached).toBe(false);
  expect(second.connectionString).toBe(first.connectionString);
  expect(await query(second.connectionString, "select answer from kept")).toEqual([{ answer: 42 }]);
  await second.stop();
});

test("what is committed is on disk before that is said, and pages that a power cut tore are mended", async () => {
  const server = await startEmbedded({ dataDirectory: dataDirectory() });
  const settings = await query(
    server.connectionString,
    `select name, setting
     from pg_settings
     where name in ('fsync', 'full_page_writes', 'synchronous_commit', 'wal_level', 'zero_damaged_pages', 'data_checksums')
     order by name`,
  );
  await server.stop();
  expect(Object.fromEntries(settings.map(({ name, setting }) => [name, setting]))).toEqual({
    data_checksums: "on",
    fsync: "on",
    full_page_writes: "on",
    synchronous_commit: "on",
    wal_level: "replica",
    zero_damaged_pages: "off",
  });
});

test("other users of the machine get in neither without the password nor by reading it", async () => {
  const server = await start(dataDirectory());
  const url = new URL(server.connectionString);
  expect(statSync(join(server.files, "database-url")).mode & 0o077).toBe(0);
  url.password = "guess";
  await expect(query(url.href, "select 1")).rejects.toThrow(/password authentication failed/);
  await server.stop();
});

test("a second start on the same folder attaches; the last to stop ends the server", async () => {
  const folder = dataDirectory();
  const [first, second] = await Promise.all([start(folder), start(folder)]);
  expect(second.connectionString).toBe(first.connectionString);
  expect([first.attached, second.attached].toSorted()).toEqual([false, true]);
  await first.stop();
  expect(await query(second.connectionString, "select 1 as one")).toEqual([{ one: 1 }]);
  await second.stop();
  await expect(query(second.connectionString, "select 1")).rejects.toThrow(/ECONNREFUSED/);
});

test("a server whose program was killed is taken over by the next start", async () => {
  const folder = dataDirectory();
  const program: ChildProcess = fork(join(import.meta.dirname, "embedded-program.ts"), [folder]);
  await once(program, "message");
  program.kill("SIGKILL");
  await once(program, "exit");
  const next = await start(folder);
  expect(next.attached).toBe(true);
  await next.stop();
  expect(() => statSync(next.pidFile)).toThrow(/ENOENT/);
});

test("a killed server is started again on its port while it is in use", async () => {
  const server = await start(dataDirectory());
  const pool = new pg.Pool({ connectionString: server.connectionString });
  pool.on("error", () => {});
  await pool.query("create table kept as select 42 as answer");
  await pool.query("checkpoint"); // without fsync, what was committed is not yet on disk
  const killed = postmaster(server.pidFile);
  process.kill(killed, "SIGKILL");
  const restarted = () => existsSync(server.pidFile) && postmaster(server.pidFile) !== killed;
  await expect.poll(restarted, { timeout: 20_000 }).toBe(true);
  await expect
    .poll(() => pool.query("select answer from kept").then(({ rows }) => rows, String), { timeout: 20_000 })
    .toEqual([{ answer: 42 }]);
  await pool.end();
  await server.stop();
});

test("a killed server whose processes linger comes back on its port, however many starts that takes", async () => {
  const server = await start(dataDirectory());
  const client = new pg.Client({ connectionString: server.connectionString });
  client.on("error", () => {});
  await client.connect();
  const { rows } = await client.query<{ pid: number }>("select pg_backend_pid() as pid");
  process.kill(rows[0]!.pid, "SIGSTOP"); // it holds the shared memory, which no other server takes over
  process.kill(postmaster(server.pidFile), "SIGKILL");
  const refusals = () =>
    readFileSync(join(server.files, "server.log"), "utf8").split("is still in use").length - 1;
  await expect.poll(refusals, { timeout: 20_000 }).toBeGreaterThan(3);
  process.kill(rows[0]!.pid, "SIGCONT");
  const answers = () => query(server.connectionString, "select 1 as one").catch(() => null);
  await expect.poll(answers, { timeout: 30_000 }).toEqual([{ one: 1 }]);
  await client.end().catch(() => {});
  await server.stop();
});

test("a pid file left by a crash does not stop the start, though its number is another program's by now", async () => {
  const folder = dataDirectory();
  const first = await start(folder);
  await first.stop();
  writeFileSync(first.pidFile, `${process.pid}\n${first.files}\n0\n1\n\n127.0.0.1\n0\nready\n`);
  const second = await start(folder);
  expect(second.attached).toBe(false);
  await second.stop();
});

test("a taken port is not a failure: another is chosen and remembered", async () => {
  const folder = dataDirectory();
  const first = await start(folder);
  await first.stop();
  const port = Number(new URL(first.connectionString).port);
  const squatter = createServer().listen(port, "127.0.0.1");
  await once(squatter, "listening");
  const second = await start(folder);
  expect(new URL(second.connectionString).port).not.toBe(String(port));
  expect(await query(second.connectionString, "select 1 as one")).toEqual([{ one: 1 }]);
  await second.stop();
  squatter.close();
  const third = await start(folder);
  expect(third.connectionString).toBe(second.connectionString);
  await third.stop();
});

test("a server that cannot start shows the end of its log and the way out", async () => {
  const folder = dataDirectory();
  const server = await start(folder);
  await server.stop();
  appendFileSync(join(server.files, "postgresql.conf"), "\nshared_buffers = nonsense\n");
  const failure = await start(folder).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(ServerStartError);
  expect(String(failure)).toMatch(/shared_buffers.*nonsense[\s\S]*set DATA_DIR to another folder/);
});

test("a data folder that is none says so", async () => {
  const folder = dataDirectory();
  mkdirSync(folder);
  writeFileSync(join(folder, "postgres"), "a file");
  await expect(start(folder)).rejects.toThrow(DataDirectoryError);
});
