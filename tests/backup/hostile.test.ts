/** Backups that somebody made by hand, and what goes on beside one that is being written. */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import {
  createWriteStream,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { createGzip, gunzipSync, gzipSync } from "node:zlib";
import { afterAll, expect, test } from "vitest";
import { checkBackup, keepDeletions, restoreBackup, writeBackup } from "../../src/backup/index.ts";
import { createLog } from "../../src/log.ts";
import { createTestDatabase } from "../support/database.ts";

const folder = mkdtempSync(join(tmpdir(), "stratafolio-hostile-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const database = await createTestDatabase();
const { pool } = database;
await pool.query(`
  insert into public.users (email, password_hash) values ('ann@example.org', 'x');
  insert into public.passkeys (user_id, credential_id, public_key, sign_count, transports, name, created_at, last_challenge_at)
  values (1, 'AQID', '\\x05', 3, '{internal}', 'her phone', now(), now());
`);

const options = (name: string) => ({
  file: join(folder, name),
  passphrase: null,
  withMarketData: true,
  isDemo: false,
  version: "0",
  now: new Date(),
});

test("a table that a migration rewrites meanwhile is in it all the same", async () => {
  const client = await pool.connect();
  try {
    await client.query("begin; alter table public.passkeys add column mark uuid default gen_random_uuid()");
    const writing = writeBackup(pool, options("rewritten"));
    await expect
      .poll(async () => (await pool.query("select from pg_locks where not granted")).rowCount)
      .toBeGreaterThan(0);
    await client.query("alter table public.passkeys drop column mark; commit");
    await writing;
    const content = gunzipSync(readFileSync(join(folder, "rewritten")).subarray(0, -32)).toString();
    expect(content).toContain("her phone");
  } finally {
    client.release();
  }
});

test("of two at once with one name, the one that is kept is whole", async () => {
  const secret = "a passphrase of some length";
  for (let round = 0; round < 2; round++) {
    const one = { ...options(`twice-${round}`), passphrase: secret };
    const outcomes = await Promise.allSettled([writeBackup(pool, one), writeBackup(pool, one)]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    await checkBackup(one.file, secret);
  }
});

test("what lies in the way of its draft is neither followed nor written into", async () => {
  const victim = join(folder, "victim");
  writeFileSync(victim, "precious");
  symlinkSync(victim, join(folder, `linked.${process.pid}.part`));
  await writeBackup(pool, options("linked"));
  expect(readFileSync(victim, "utf8")).toBe("precious");
  writeFileSync(join(folder, `open.${process.pid}.part`), "", { mode: 0o666 });
  await writeBackup(pool, options("open"));
  expect(statSync(join(folder, "open")).mode & 0o777).toBe(0o600);
});

const migrations = (await pool.query("select id, hash from public.migrations order by id")).rows;
const header = {
  backup: "stratafolio",
  version: 1,
  created_at: new Date().toISOString(),
  program: "0",
  is_demo: false,
  with_market_data: true,
  migrations,
};

function craft(name: string, lines: readonly unknown[]): string {
  const zipped = gzipSync(
    lines.map((line) => (typeof line === "string" ? line : `${JSON.stringify(line)}\n`)).join(""),
  );
  const file = join(folder, name);
  writeFileSync(file, Buffer.concat([zipped, createHash("sha256").update(zipped).digest()]));
  return file;
}

/** A restore that is refused leaves it empty. */
const empty = await createTestDatabase("template0");

const users = { table: "public.users", columns: ["user_id", "email", "password_hash"], sequence: null };

for (const [what, lines] of [
  ["no migrations", [{ ...header, migrations: [] }, { end: true }]],
  [
    "unknown column",
    [header, { ...users, columns: ["user_id", "is_god"] }, "1\tt\n", "\\.\n", { rows: 1 }, { end: true }],
  ],
  [
    "unknown table",
    [header, { ...users, table: "public.sessions" }, "1\tt\n", "\\.\n", { rows: 1 }, { end: true }],
  ],
  [
    "own table",
    [header, { ...users, table: "pg_catalog.pg_authid" }, "1\tt\n", "\\.\n", { rows: 1 }, { end: true }],
  ],
  [
    "table twice",
    [
      header,
      users,
      "1\ta@example.org\tx\n",
      "\\.\n",
      { rows: 1 },
      users,
      "1\ta@example.org\tx\n",
      "\\.\n",
      { rows: 1 },
      { end: true },
    ],
  ],
  [
    "column twice",
    [header, { ...users, columns: ["user_id", "user_id"] }, "1\t1\n", "\\.\n", { rows: 1 }, { end: true }],
  ],
  [
    "a huge sequence",
    [
      header,
      { ...users, sequence: { column: "user_id", value: "9".repeat(40), is_called: true } },
      "\\.\n",
      { rows: 0 },
      { end: true },
    ],
  ],
  [
    "a sequence of no column",
    [
      header,
      { ...users, sequence: { column: "'; drop", value: "9", is_called: true } },
      "\\.\n",
      { rows: 0 },
      { end: true },
    ],
  ],
  ["a value of another type", [header, users, "one\ta\tx\n", "\\.\n", { rows: 1 }, { end: true }]],
  [
    "a row of another table's",
    [
      header,
      { table: "public.passkeys", columns: ["user_id", "name"], sequence: null },
      "99\tx\n",
      "\\.\n",
      { rows: 1 },
      { end: true },
    ],
  ],
] as const)
  test(`made by hand, with ${what}: refused as damaged`, async () => {
    const file = craft(what.replaceAll(" ", "-"), lines);
    await expect(
      checkBackup(file, null).then((found) =>
        restoreBackup(empty.url, found, { file, passphrase: null, deletions: null }),
      ),
    ).rejects.toMatchObject({ code: "backup_damaged" });
  });

test("a row without an end is refused before it fills the memory", async () => {
  const file = join(folder, "bomb");
  const hash = createHash("sha256");
  const zipped = Readable.from(
    (function* () {
      yield `${JSON.stringify(header)}\n${JSON.stringify(users)}\n`;
      for (let megabyte = 0; megabyte < 100; megabyte++) yield Buffer.alloc(1 << 20, "a");
      yield "\n\\.\n";
    })(),
  ).pipe(createGzip());
  zipped.on("data", (chunk) => hash.update(chunk));
  await pipeline(zipped, createWriteStream(file));
  writeFileSync(file, hash.digest(), { flag: "a" });
  await expect(checkBackup(file, null)).rejects.toMatchObject({ code: "backup_damaged" });
}, 30_000);

test("what was revoked or used up since a backup lets nobody in after its restore", async () => {
  await pool.query(`
    insert into public.api_tokens (user_id, name, scope, token_hash, created_at)
    values (1, 'leaked', 'write', '\\x01', now()), (1, 'kept', 'read', '\\x02', now());
    insert into public.recovery_codes (user_id, code_hash) values (1, '\\x03'), (1, '\\x04'), (1, '\\x05');
    insert into public.invitations (email, role, token_hash, created_at, expires_at)
    values ('dee@example.org', 'operator', '\\x06', now(), now() + interval '1 day'),
      ('eve@example.org', 'investor', '\\x07', now(), now() + interval '1 day')`);
  const before = options("before-they-ended");
  await writeBackup(pool, before);
  await pool.query(`
    delete from public.api_tokens where name = 'leaked';
    delete from public.passkeys;
    update public.recovery_codes set used_at = now() where code_hash = '\\x03';
    delete from public.recovery_codes where code_hash = '\\x04';
    delete from public.invitations where email like 'dee@%'`);
  const kept = await keepDeletions(pool, folder, createLog("silent"));
  await kept.close();
  const { url, connect } = await createTestDatabase("template0");
  const restored = await restoreBackup(url, await checkBackup(before.file, null), {
    ...before,
    deletions: null,
  });
  expect(restored).toMatchObject({ deleted: 0, ended: 5 });
  const client = connect();
  const left = async (query: string) => (await client.query(query)).rows;
  expect(await left("select name from public.api_tokens")).toEqual([{ name: "kept" }]);
  expect(await left("select code_hash from public.recovery_codes")).toEqual([
    { code_hash: Buffer.from([5]) },
  ]);
  expect(await left("select email from public.invitations")).toEqual([{ email: "eve@example.org" }]);
  expect(await left("select from public.passkeys")).toEqual([]);
});

test("a disk that is full ends it with an error, and leaves nothing", async () => {
  await pool.query(`
    insert into public.deleted_accounts (account_key)
    select encode(sha256(n::text::bytea), 'hex') from generate_series(1, 100000) as n`);
  for (const passphrase of ["", "a passphrase of some length"]) {
    const file = join(folder, "full");
    const child = spawn(
      "bash",
      [
        "-c",
        `ulimit -f 500; exec "$0" "$@"`,
        process.execPath,
        join(import.meta.dirname, "../../src/cli/start.js"),
        "backup",
        file,
      ],
      {
        env: {
          ...process.env,
          DATABASE_URL: database.url,
          JWT_SECRET: "x".repeat(32),
          LOG_LEVEL: "warn",
          ...(passphrase && { BACKUP_PASSPHRASE: passphrase }),
        },
      },
    );
    const [said, [code]] = await Promise.all([text(child.stderr), once(child, "exit")]);
    expect([code, said]).toEqual([2, expect.stringContaining("EFBIG")]);
    expect(readdirSync(folder).filter((name) => name.startsWith("full"))).toEqual([]);
  }
}, 60_000);
