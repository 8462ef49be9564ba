import pg from "pg";
import { afterAll, inject } from "vitest";
import { createPool, type PoolOptions } from "../../src/database/pool.ts";
import { webRole } from "../../src/database/roles.ts";
import { createWebPool, type WebPoolOptions } from "../../src/database/web-pool.ts";

export interface TestDatabase {
  readonly url: string;
  readonly pool: pg.Pool;
  /** Another pool on the same database, closed with it. */
  connect(options?: Partial<PoolOptions>): pg.Pool;
  /** The web's: row-level security holds, and whatever is done is done within the bounds of a request. */
  connectWeb(options?: Partial<WebPoolOptions>): pg.Pool;
}

/** A database of the test file's own, cloned from the migrated template (or an empty one), dropped after the file. */
export async function createTestDatabase(template = "template_migrated"): Promise<TestDatabase> {
  const serverUrl = inject("serverUrl");
  const name = `test_${crypto.randomUUID().replaceAll("-", "")}`;
  const admin = new pg.Client({ connectionString: serverUrl });
  await admin.connect();
  await admin.query(`create database ${name} template ${template}`);
  await admin.end();
  const url = serverUrl.replace(/\/postgres$/, `/${name}`);
  const pools: pg.Pool[] = [];
  const kept = (pool: pg.Pool): pg.Pool => {
    pools.push(pool);
    return pool;
  };
  const connect = (options: Partial<PoolOptions> = {}): pg.Pool =>
    kept(createPool({ connectionString: url, applicationName: "test", ...options }));
  const connectWeb = (options: Partial<WebPoolOptions> = {}): pg.Pool =>
    kept(
      createWebPool({
        connectionString: url,
        applicationName: "test web",
        role: webRole,
        statementSeconds: 15,
        ...options,
      }),
    );
  afterAll(async () => {
    await Promise.all(pools.map((pool) => pool.end()));
    const client = new pg.Client({ connectionString: serverUrl });
    await client.connect();
    await client.query(`drop database ${name} with (force)`);
    await client.end();
  });
  return { url, pool: connect(), connect, connectWeb };
}

/** Empties tables, and whatever refers to people where they are among them: the security log, which refuses it otherwise. */
export async function truncate(pool: pg.Pool, ...tables: readonly string[]): Promise<void> {
  await pool.query(
    `alter table public.security_events disable trigger user;
     truncate ${tables.join(", ")} cascade;
     alter table public.security_events enable trigger user`,
  );
}
