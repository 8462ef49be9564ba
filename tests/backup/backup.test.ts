/** A backup, from one data folder into another, by the commands that people type. */
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { definitions } from "../../assets/index.ts";
import { createAccount } from "../../src/accounts/index.ts";
import { readDeletions } from "../../src/backup/deletions.ts";
import {
  checkBackup,
  keepDeletions,
  restoreBackup,
  savedTables,
  writeBackup,
} from "../../src/backup/index.ts";
import { type EmbeddedServer, startEmbedded } from "../../src/database/embedded.ts";
import { createPool } from "../../src/database/pool.ts";
import { runCli } from "../cli/run-cli.ts";

const top = mkdtempSync(join(tmpdir(), "stratafolio-backup-"));
chmodSync(top, 0o755); // the server of a root user runs as another user, who must reach its data
const folder = (name: string): string => join(top, name);
const inFolder = (name: string): Record<string, string> => ({ DATA_DIR: folder(name) });
const file = join(top, "kept", "one.backup");
const passphrase = "a passphrase of some length";

/** Rows that no other table tells: one of each kind that people and operators leave. */
const left = `
  insert into bronze.raw_assets (ticker, name, asset_class, currency, exchange_timezone, is_active)
  values ('ACME', E'Acme\\tCorporation \\\\.', 'stock', 'USD', 'America/New_York', true),
    ('GONE', 'Gone Limited', 'stock', 'USD', 'America/New_York', false);
  insert into bronze.raw_prices (ticker, price_date, close)
  select ticker, day, 100 + extract(doy from day) / 7
  from unnest(array['ACME', 'GONE']) as ticker, generate_series('2024-01-02'::date, '2024-03-28', '1 day') as day;
  insert into bronze.raw_assets (ticker, owner_id, source, name, asset_class, quote_unit, currency, exchange_timezone)
  values ('~1.1', 1, 'manual', 'House', 'real_estate', 'USD', 'USD', 'UTC'), ('~2.1', 2, 'manual', 'Boat', 'other', 'USD', 'USD', 'UTC');
  insert into bronze.raw_prices (ticker, price_date, close, adj_close)
  values ('~1.1', '2024-01-31', 100000, 100000), ('~1.1', '2024-02-29', 100500.5, 100500.5), ('~2.1', '2024-01-31', 9000, 9000);
  insert into bronze.raw_corporate_actions (ticker, action_date, action_type, cash_per_share)
  values ('ACME', '2024-02-01', 'dividend', 0.24);
  insert into bronze.raw_fred (series_id, observation_date, value)
  select 'DTB3', day, 5.2 from generate_series('2024-01-02'::date, '2024-03-28', '1 day') as day;
  insert into bronze.transactions (user_id, ticker, transaction_type, quantity, price, fee, transaction_date)
  values (1, 'ACME', 'BUY', 10.00, 100, 1, '2024-01-08'), (2, 'GONE', 'BUY', 3, 101, 0, '2024-01-08'),
    (2, 'ACME', 'BUY', 1.123456789, 101.10, 0, '2024-02-08'), (1, 'ACME', 'BUY', 5, 100, 0, '2024-02-09'),
    (1, '~1.1', 'BUY', 1, 99000, 1500, '2024-01-15'), (2, '~2.1', 'BUY', 1, 9500, 0, '2024-01-16');
  delete from bronze.transactions where user_id = 1 and quantity = 5;
  insert into public.api_tokens (user_id, name, scope, token_hash, created_at) values (1, 'mine', 'read', '\\x00ff5c0a', now());
  insert into public.sessions (user_id, expires_at) values (1, now() + interval '1 day');
  insert into public.idempotency_keys (user_id, idempotency_key, request_hash, response_status, response_body)
  values (1, 'k', 'h', 201, '{"text": "a\\nb\\\\t"}');
  insert into public.portfolio_choices (user_id, range_name, benchmark) values (1, '1Y', 'ACME');
  insert into public.imports (user_id, import_id, file_hash, imported_at) values (1, gen_random_uuid(), '\\x01', now());
  insert into public.import_rows (user_id, import_id, line, row_key, word, texts, reason)
  select user_id, import_id, 1, 'k', E'Dépôt\\r\\n', '["x"]', 'kept' from public.imports;
  insert into public.corporate_actions (user_id, action_id, kind, ticker, new_ticker, action_date, terms, renamed, written_by)
  values (1, gen_random_uuid(), 'rename', 'OLD', 'ACME', '2024-01-05', '{"kind": "rename"}', '{1}', 'ann');
  insert into public.announcements (announcement_id, kind, ticker, new_ticker, action_date, terms, written_by)
  values (gen_random_uuid(), 'rename', 'OLD', 'ACME', '2024-01-05', '{"kind": "rename"}', 'ann');
  insert into public.dismissed_dividends (user_id, account_id, ticker, ex_date)
  select user_id, account_id, 'ACME', '2024-02-01' from public.accounts where user_id = 1;
  insert into bronze.price_urls (ticker, url, format, unit, every) values ('URLT', 'https://example.org/{ticker}.csv', 'csv', 'USD', 'day');
  insert into public.import_choices values (1, 's', '{}', now());
  insert into public.import_tickers values (1, 's', 'BTC', 'BTC-USD', now());
  insert into bronze.identifiers values ('US0000000001', 'USD', 'ACME', now());
  insert into bronze.symbol_changes (from_ticker, to_ticker, changed_on) values ('OLD', 'ACME', '2020-01-01');
  insert into bronze.market_rulings values ('ACME', '2024-01-09', 'price', true, 'a slip', 'ann', now());
  insert into bronze.split_rulings values ('ACME', '2023-01-09', false, null, 'a spin-off', 'ann', now());
  insert into bronze.price_files (name, digest, origin, user_id, report)
  values ('XNAI/list.csv', repeat('0', 64), 'upload', 1, '{"rows": 0}');
  insert into bronze.set_aside_prices (ticker, source, bars, actions, rulings) values ('ACME', 'file', '[]', '[]', '[]');
  insert into bronze.history_reads values ('ACME', now());
  insert into public.totp_secrets values (1, '\\x0102', 5, now());
  insert into public.recovery_codes values (1, '\\x03', null), (1, '\\x04', now());
  insert into public.passkeys (user_id, credential_id, public_key, sign_count, transports, name, created_at, last_challenge_at)
  values (1, 'AQID', '\\x05', 3, '{internal,hybrid}', 'her phone', now(), now());
  insert into public.identities values ('https://id.example.org/', 'subject', 1, now(), now());
  insert into public.invitations (email, role, token_hash, created_at, expires_at) values ('dee@example.org', 'investor', '\\x01', now(), now());
  insert into public.shared_links (user_id, name, token_hash, parts, shows_amounts, created_at, expires_at)
  values (1, 'For Ada', '\\x0a', '{risk}', false, now(), now() + interval '9 days');
  insert into public.watchlist (user_id, ticker) values (1, 'ACME');
  insert into public.target_weights (user_id, ticker, weight) values (1, 'ACME', 0.5);
  insert into public.reading_grants (user_id, reader_email, created_at) values (1, 'ada@example.org', now());
  insert into orchestrator.automations (automation, kind, enabled) values ('nightly_verification', 'schedule', false);
`;

let source: EmbeddedServer;
let pool: pg.Pool;

beforeAll(async () => {
  expect((await runCli(["migrate"], inFolder("source"))).code).toBe(0);
  source = await startEmbedded({ dataDirectory: folder("source") });
  pool = createPool({ connectionString: source.connectionString, applicationName: "test" });
  for (const name of ["ann", "ben", "cy"])
    await createAccount(pool, { email: `${name}@example.org`, password: "correct horse battery" });
  await pool.query("delete from public.users where email like 'cy@%'"); // her number is not given out again
  await pool.query(left);
  expect((await runCli(["materialize", "--exclude", "source:*"], inFolder("source"))).code).toBe(0);
  mkdirSync(join(top, "kept"));
});

afterAll(async () => {
  await pool.end();
  await source.stop();
  rmSync(top, { recursive: true, force: true });
});

/** Of a table: every row as text, to the last digit. */
async function rowsOf(client: pg.Pool, name: string): Promise<string[]> {
  const { rows } = await client.query<{ row: string }>(`select t::text as row from ${name} as t order by 1`);
  return rows.map(({ row }) => row);
}

const models = definitions.assets
  .filter(({ kind }) => kind === "model")
  .map(({ name }) => `"default".${name}`);

async function withDatabase(name: string, work: (client: pg.Pool) => Promise<void>): Promise<void> {
  const server = await startEmbedded({ dataDirectory: folder(name) });
  const client = createPool({ connectionString: server.connectionString, applicationName: "test" });
  try {
    await work(client);
  } finally {
    await client.end();
    await server.stop();
  }
}

test("from one folder into a fresh one: every saved row and every figure, to the bit", async () => {
  const written = await runCli(["backup", file, "--output", "json"], inFolder("source"));
  expect([written.code, written.stderr]).toEqual([0, ""]);
  expect(readdirSync(join(top, "kept"))).toEqual(["one.backup"]);
  const restored = await runCli(["restore", file], inFolder("fresh"));
  expect([restored.code, restored.stderr]).toEqual([0, ""]);
  await withDatabase("fresh", async (client) => {
    for (const { name } of savedTables) {
      const expected = await rowsOf(pool, name);
      const found = await rowsOf(client, name);
      // Every start of the orchestrator adds automations that are new.
      if (name === "orchestrator.automations") expect(found).toEqual(expect.arrayContaining(expected));
      else expect(found, name).toEqual(expected);
      expect(expected.length, `${name} of the test`).toBeGreaterThan(0);
    }
    for (const name of models) expect(await rowsOf(client, name), name).toEqual(await rowsOf(pool, name));
    expect(await rowsOf(client, "public.sessions")).toEqual([]);
    const { rows } = await client.query(
      "insert into public.users (email, password_hash) values ('new@example.org', 'x') returning user_id",
    );
    expect(rows).toEqual([{ user_id: 4 }]);
  });
  const again = await runCli(["restore", file], inFolder("fresh"));
  expect([again.code, again.stderr]).toEqual([2, expect.stringContaining("empty database only")]);
  const over = await runCli(["backup", file], inFolder("source"));
  expect([over.code, over.stderr]).toEqual([2, expect.stringContaining("not there yet")]);
}, 180_000);

const written = (name: string, more: Partial<Parameters<typeof writeBackup>[1]> = {}) =>
  writeBackup(pool, {
    file: join(top, "kept", name),
    passphrase: null,
    withMarketData: true,
    isDemo: false,
    version: "0",
    now: new Date(),
    ...more,
  });

/** An empty database on the server of the source. */
async function emptyDatabase(name: string): Promise<{ url: string; client: pg.Pool }> {
  await pool.query(`create database ${name}`);
  const url = source.connectionString.replace(/\/postgres$/, `/${name}`);
  const client = createPool({ connectionString: url, applicationName: "test", max: 2 });
  afterAll(() => client.end());
  return { url, client };
}

test("any flipped bit, any cut and anything appended is found before anything is written", async () => {
  for (const [name, secret] of [
    ["plain", null],
    ["secret", passphrase],
  ] as const) {
    const { file: whole } = await written(`damage-${name}`, { passphrase: secret });
    const bytes = readFileSync(whole);
    const copy = join(top, `damaged-${name}`);
    const refused = async (damaged: Buffer, what: string): Promise<void> => {
      writeFileSync(copy, damaged);
      const code = await checkBackup(copy, secret).then(
        () => "taken",
        (error: { code?: string }) => error.code,
      );
      expect(code, what).toMatch(/^(backup_damaged|wrong_passphrase)$/);
    };
    // An encrypted file takes a tenth of a second to open, which is its purpose.
    const places = secret === null ? 120 : 10;
    for (let place = 0; place < places; place++) {
      const at = Math.floor((place * (bytes.length - 1)) / (places - 1));
      const flipped = Buffer.from(bytes);
      flipped[at]! ^= 1 << (place % 8);
      await refused(flipped, `a flipped bit at ${at} of ${bytes.length}, ${name}`);
    }
    for (const length of [0, 1, 20, 31, 32, 33, bytes.length >> 1, bytes.length - 32, bytes.length - 1])
      await refused(bytes.subarray(0, length), `the first ${length} bytes, ${name}`);
    await refused(Buffer.concat([bytes, Buffer.from("x")]), `a byte more, ${name}`);
    expect(await checkBackup(whole, secret)).toMatchObject({ backup: "stratafolio", version: 1 });
  }
}, 120_000);

test("an encrypted one says nothing without its passphrase, and too short a passphrase is refused", async () => {
  const { file: secret } = await written("secret", { passphrase });
  expect(readFileSync(secret).includes("ann@example.org")).toBe(false);
  await expect(checkBackup(secret, null)).rejects.toMatchObject({ code: "wrong_passphrase" });
  await expect(checkBackup(secret, `${passphrase}.`)).rejects.toMatchObject({ code: "wrong_passphrase" });
  await expect(written("short", { passphrase: "too short" })).rejects.toMatchObject({
    code: "wrong_passphrase",
  });
  const { url, client } = await emptyDatabase("from_secret");
  await restoreBackup(url, await checkBackup(secret, passphrase), {
    file: secret,
    passphrase,
    deletions: null,
  });
  expect(await rowsOf(client, "bronze.transactions_audit")).toEqual(
    await rowsOf(pool, "bronze.transactions_audit"),
  );
});

test("without market data: prices of delisted tickers and of assets of one's own are kept all the same, since nobody else has them", async () => {
  const { file: small } = await written("small", { withMarketData: false });
  const { url, client } = await emptyDatabase("without_market");
  await restoreBackup(url, await checkBackup(small, null), {
    file: small,
    passphrase: null,
    deletions: null,
  });
  const { rows } = await client.query("select distinct ticker from bronze.raw_prices order by ticker");
  expect(rows).toEqual([{ ticker: "GONE" }, { ticker: "~1.1" }, { ticker: "~2.1" }]);
  expect(await rowsOf(client, "bronze.raw_fred")).toEqual([]);
  expect(await rowsOf(client, "bronze.transactions")).toEqual(await rowsOf(pool, "bronze.transactions"));
});

test("who has left since is deleted again, and nobody else who has the number by then", async () => {
  const { id } = await createAccount(pool, { email: "dee@example.org", password: "correct horse battery" });
  await pool.query(
    `insert into bronze.raw_assets (ticker, owner_id, source, name, asset_class, quote_unit, currency, exchange_timezone)
     values ('~${id}.1', ${id}, 'manual', 'Orchard', 'other', 'USD', 'USD', 'UTC');
     insert into bronze.raw_prices (ticker, price_date, close, adj_close) values ('~${id}.1', '2024-01-31', 1, 1);
     insert into bronze.transactions (user_id, ticker, transaction_type, quantity, price, transaction_date)
     values (${id}, '~${id}.1', 'BUY', 1, 1, '2024-01-15')`,
  );
  const { file: before } = await written("with-dee");
  const errors: unknown[] = [];
  const log = { debug() {}, info() {}, warn() {}, error: (error: unknown) => errors.push(error) } as never;
  const kept = await keepDeletions(pool, join(top, "kept"), log);
  const dee = await pool.query("delete from public.users where email like 'dee@%' returning user_id");
  // Cy, the invitation that dee's account used up, and dee: the first two are there before she leaves.
  const keys = () => readDeletions(join(top, "kept", "deleted-accounts"));
  await expect.poll(keys, { timeout: 20_000 }).toHaveLength(3);
  await kept.close();
  expect(errors).toEqual([]);
  const { url, client } = await emptyDatabase("after_dee");
  const options = { file: before, passphrase: null, deletions: null };
  expect(await restoreBackup(url, await checkBackup(before, null), options)).toMatchObject({ deleted: 1 });
  const emails = async () =>
    (await client.query("select email from public.users order by email")).rows.map(({ email }) => email);
  expect(await emails()).toEqual(["ann@example.org", "ben@example.org"]);
  for (const table of ["raw_assets", "raw_prices", "transactions", "transactions_audit"]) {
    const { rowCount } = await client.query(`select from bronze.${table} where ticker = '~${id}.1'`);
    expect([table, rowCount]).toEqual([table, 0]);
  }
  // Another person with her number, in a backup beside the same list.
  await client.query(
    "insert into public.users (user_id, email, password_hash) values ($1, 'eve@example.org', 'x')",
    [dee.rows[0].user_id],
  );
  const later = join(top, "kept", "with-eve");
  await writeBackup(client, {
    ...options,
    file: later,
    withMarketData: true,
    isDemo: false,
    version: "0",
    now: new Date(),
  });
  const other = await emptyDatabase("after_eve");
  const header = await checkBackup(later, null);
  expect(await restoreBackup(other.url, header, { ...options, file: later })).toMatchObject({ deleted: 0 });
});

test("a restore that fails leaves nothing; a backup of a newer version is refused", async () => {
  const { file: whole } = await written("whole");
  const header = await checkBackup(whole, null);
  const { url, client } = await emptyDatabase("half");
  const cut = join(top, "cut-after-the-check");
  writeFileSync(cut, readFileSync(whole).subarray(0, -40));
  const options = { file: cut, passphrase: null, deletions: null };
  await expect(restoreBackup(url, header, options)).rejects.toMatchObject({ code: "backup_damaged" });
  for (const { name, own } of savedTables)
    if (own === null) expect(await rowsOf(client, name), name).toEqual([]);
  const newer = {
    ...header,
    migrations: [...header.migrations, { id: 999, hash: "of a file that is not here" }],
  };
  await expect(restoreBackup(url, newer, options)).rejects.toMatchObject({ code: "backup_too_new" });
});
