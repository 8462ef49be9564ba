/** How the web signs in, and how far whoever has its connection comes. */
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createAccount } from "../../src/accounts/index.ts";
import { migrate } from "../../src/database/migrate.ts";
import { personTransaction } from "../../src/database/person.ts";
import { createPool } from "../../src/database/pool.ts";
import { ensureWebLogin, verifyWebLogin } from "../../src/database/web-login.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";

let database: TestDatabase;
let webUrl: string;
let web: pg.Pool;
let operator: number;
let investor: number;

const made = { webDatabaseUrl: null, secret: null };
const roles: string[] = [];

/** A role of this test's own. */
async function role(attributes: string): Promise<URL> {
  const name = `login_${crypto.randomUUID().slice(0, 8)}`;
  await database.pool.query(
    `create role ${name} login password 'its password' ${attributes};
     grant connect on database ${new URL(database.url).pathname.slice(1)} to ${name}`,
  );
  roles.push(name);
  const url = new URL(database.url);
  [url.username, url.password] = [name, "its password"];
  return url;
}

beforeAll(async () => {
  database = await createTestDatabase();
  webUrl = await ensureWebLogin(database.url, made);
  roles.push(new URL(webUrl).username);
  web = createPool({ connectionString: webUrl, applicationName: "test", role: "stratafolio_web" });
  const password = "correct horse battery";
  operator = (await createAccount(web, { email: "op@example.org", password })).id;
  investor = (await createAccount(web, { email: "in@example.org", password })).id;
});

afterAll(async () => {
  await web.end();
  for (const name of roles) await database.pool.query(`drop owned by ${name}; drop role ${name}`);
});

describe("the login", () => {
  test("has no right but to be the web's role, and no way back to the owner", async () => {
    const client = await web.connect();
    await client.query("set role none");
    const { rows } = await client.query(
      "select current_user = session_user as same, rolsuper from pg_roles where rolname = current_user",
    );
    expect(rows).toEqual([{ same: true, rolsuper: false }]);
    await expect(client.query("select from bronze.raw_prices")).rejects.toThrow(/permission denied/);
    await expect(client.query("set role postgres")).rejects.toThrow(/permission denied to set role/);
    await expect(client.query("create temporary table mine ()")).rejects.toThrow(/permission denied/);
    await expect(client.query("create table public.mine ()")).rejects.toThrow(/permission denied/);
    client.release(true);
  });

  test("is found again by every start, and mended where its password was changed", async () => {
    expect(await ensureWebLogin(database.url, made)).toBe(webUrl);
    await database.pool.query(`alter role ${new URL(webUrl).username} password 'another'`);
    const found = await Promise.all([ensureWebLogin(database.url, made), ensureWebLogin(database.url, made)]);
    expect(found).toEqual([webUrl, webUrl]);
    await verifyWebLogin(webUrl);
  });

  test("of one database cannot enter another one of the same server", async () => {
    const other = await createTestDatabase();
    const otherUrl = await ensureWebLogin(other.url, made);
    roles.push(new URL(otherUrl).username);
    const url = new URL(webUrl);
    url.pathname = new URL(other.url).pathname;
    await expect(verifyWebLogin(url.href)).rejects.toThrow(/permission denied for database/);
  });

  test("that WEB_DATABASE_URL names is made when it is missing, and left alone when it is there", async () => {
    const url = new URL(database.url);
    [url.username, url.password] = [`given_${crypto.randomUUID().slice(0, 8)}`, "p'%40ss"];
    roles.push(url.username);
    const given = { webDatabaseUrl: url.href, secret: null };
    expect(await ensureWebLogin(database.url, given)).toBe(url.href);
    url.password = "wrong";
    await expect(ensureWebLogin(database.url, { webDatabaseUrl: url.href, secret: null })).rejects.toThrow(
      /password authentication failed[\s\S]*set WEB_DATABASE_URL/,
    );
    expect(await ensureWebLogin(database.url, given)).toBe(given.webDatabaseUrl);
  });

  test("that could do more than the web needs is refused, by what it could", async () => {
    const refused = async (url: URL) =>
      ensureWebLogin(database.url, { webDatabaseUrl: url.href, secret: null }).then(String, String);
    expect(await refused(new URL(database.url))).toMatch(
      /it is a superuser; row-level security.*BYPASSRLS.*the owner/,
    );
    expect(await refused(await role("bypassrls in role stratafolio_web"))).toMatch(/BYPASSRLS/);
    expect(await refused(await role("createrole in role stratafolio_web"))).toMatch(/it may make roles/);
    expect(await refused(await role(""))).toMatch(/it is no member of stratafolio_web/);
  });

  test("is not made up when the owner may make no roles: it says what to do", async () => {
    const url = await role("in role stratafolio_web");
    const name = url.username;
    const fresh = await createTestDatabase("template0");
    await migrate(fresh.url);
    await fresh.pool.query(`grant usage on schema orchestrator, public to ${name}`);
    url.pathname = new URL(fresh.url).pathname;
    await expect(ensureWebLogin(url.href, made)).rejects.toThrow(
      /could not be made \(permission denied to create role\): let the owner in DATABASE_URL make roles/,
    );
    await fresh.pool.query(`drop owned by ${name}`);
  });
});

describe("whoever has the web's connection", () => {
  const asInvestor = <T extends object>(text: string, values: unknown[] = []): Promise<T[]> =>
    personTransaction(web, investor, async (client) => (await client.query<T>(text, values)).rows);

  test("reads no hash, and of accounts only the person's own", async () => {
    await expect(web.query("select password_hash from public.users")).rejects.toThrow(/permission denied/);
    expect((await web.query("select email from public.users")).rows).toEqual([]);
    expect(await asInvestor("select email from public.users")).toEqual([{ email: "in@example.org" }]);
    await expect(asInvestor("update public.users set role = 'operator'")).rejects.toThrow(
      /permission denied/,
    );
    await expect(asInvestor("select token_hash from public.api_tokens")).rejects.toThrow(/permission denied/);
  });

  test("reads of the engine's record nothing, unless an operator asks", async () => {
    await database.pool.query(
      `insert into bronze.transactions (user_id, ticker, transaction_type, quantity, price, transaction_date)
       values ($1, 'ACME', 'BUY', 1, 1, '2024-01-02');`.replace("$1", String(operator)),
    );
    await database.pool.query(
      `with run as (
         insert into orchestrator.runs (trigger_kind, trigger_name, selection, options, status)
         values ('manual', 'new ticker', 'raw_prices', '{"partitions": ["ACME"]}', 'succeeded')
         returning run_id
       ),
       step as (
         insert into orchestrator.steps (run_id, asset, action, status, reason, scope)
         select run_id, 'raw_prices', 'ingest', 'succeeded', 'asked for', '{"partitions": ["ACME"]}' from run
       )
       insert into orchestrator.step_logs (run_id, level, message)
       select run_id, 'error', 'ACME: no such ticker' from run`,
    );
    for (const table of ["changes", "runs", "steps", "step_logs"]) {
      expect(await asInvestor(`select from orchestrator.${table}`), table).toEqual([]);
      const seen = await personTransaction(web, operator, (client) =>
        client.query(`select from orchestrator.${table}`),
      );
      expect(seen.rowCount, table).toBeGreaterThan(0);
    }
    await expect(
      asInvestor("select orchestrator.request_run('materialize', 'manual', 'me', '*', '{}', null)"),
    ).rejects.toThrow(/row-level security/);
    await expect(
      asInvestor(
        "insert into bronze.market_rulings values ('ACME', '2024-01-02', 'price', true, 'no reason', 'me')",
      ),
    ).rejects.toThrow(/row-level security/);
    expect(await asInvestor("select * from public.histories_run(1, 'backfill:OTHER', 0)")).toEqual([]);
  });
});

// A temporary view named like a catalog used to be read in its place, by a function with the owner's rights.
test("a temporary relation by the name of a catalog is nothing to a function with the owner's rights", async () => {
  const url = await role("in role stratafolio_web");
  const name = url.username;
  await database.pool.query(
    `grant temporary on database ${url.pathname.slice(1)} to ${name};
     create table materialized.gone (user_id bigint);
     insert into orchestrator.asset_versions (asset, code_version, relation, body, columns, retired_at)
     values ('gone', 'x', 'gone', '', '{}', now())`,
  );
  const member = new pg.Client({ connectionString: url.href });
  await member.connect();
  try {
    const victim = (await createAccount(web, { email: "v@example.org", password: "correct horse battery" }))
      .id;
    await member.query(`
      create function pg_temp.take() returns boolean language plpgsql as $$
      begin
        execute 'alter role ${name} superuser';
        return true;
      exception when insufficient_privilege then
        return true;
      end $$;
      create temporary view pg_attribute as
        select c.oid as attrelid, 'user_id'::name as attname
        from pg_catalog.pg_class as c
        where c.relname = 'gone' and pg_temp.take();
      grant select on pg_temp.pg_attribute to public;
      begin;
      set local app.user_id = '${victim}';
      select public.delete_own_account();
      commit`);
    const { rows } = await member.query("select rolsuper from pg_roles where rolname = current_user");
    expect(rows).toEqual([{ rolsuper: false }]);
    expect(
      (await database.pool.query("select from public.users where user_id = $1", [victim])).rowCount,
    ).toBe(0);
  } finally {
    await member.end();
  }
});
