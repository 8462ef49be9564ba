import type { Config } from "../config.ts";
import type { Log } from "../log.ts";
import { checkDatabase } from "./connect.ts";
import { MigrationsPendingError, OwnerUrlError } from "./errors.ts";
import { migrate, pendingMigrations } from "./migrate.ts";
import { createPool } from "./pool.ts";
import { webRole } from "./roles.ts";
import { verifyWebLogin } from "./web-login.ts";

export interface Database {
  readonly connectionString: string;
  /** The migrations that ran when it was opened. */
  readonly applied: readonly string[];
  close(): Promise<void>;
}

export interface OpenOptions {
  /** How long to wait for a server that does not answer. */
  readonly waitSeconds: number;
  /**
   * run: bring it to the newest migration. require: throw MigrationsPendingError unless it is there. none: leave it as it is,
   * for who migrates it otherwise.
   */
  readonly migrations: "run" | "require" | "none";
}

/**
 * The database of the settings, migrated: the embedded one, started or attached to (it belongs to this program alone,
 * so it is always migrated), or the one at DATABASE_URL. Throws a DatabaseError.
 */
export async function openDatabase(config: Config, log: Log, options: OpenOptions): Promise<Database> {
  if (config.databaseUrl === null && config.webDatabaseUrl !== null) throw new OwnerUrlError();
  if (config.databaseUrl === null) return openEmbedded(config.dataDirectory, log, options.migrations);
  const connectionString = config.databaseUrl;
  await checkDatabase(connectionString, {
    waitSeconds: options.waitSeconds,
    onWait: (error) => log.warn({ err: error }, "waiting for the database"),
  });
  const close = async () => {};
  if (options.migrations === "run")
    return { connectionString, applied: await migrateLogged(connectionString, log), close };
  if (options.migrations === "require") await requireMigrations(connectionString);
  return { connectionString, applied: [], close };
}

/**
 * The web's database when it is given the web's login and not the owner's: it must be migrated, and the web be able to sign in, by
 * somebody else. Throws a DatabaseError.
 */
export async function openWebDatabase(
  { webDatabaseUrl }: Config & { readonly webDatabaseUrl: string },
  log: Log,
  waitSeconds: number,
): Promise<void> {
  await checkDatabase(webDatabaseUrl, {
    waitSeconds,
    onWait: (error) => log.warn({ err: error }, "waiting for the database"),
  });
  await verifyWebLogin(webDatabaseUrl);
  await requireMigrations(webDatabaseUrl, webRole);
}

async function openEmbedded(
  dataDirectory: string,
  log: Log,
  migrations: OpenOptions["migrations"],
): Promise<Database> {
  const { startEmbedded } = await import("./embedded.ts"); // loaded by whoever has no database of their own
  const server = await startEmbedded({ dataDirectory });
  const place = { port: Number(new URL(server.connectionString).port), dataDirectory };
  if (server.attached)
    log.info(place, "a PostgreSQL server runs on this data folder already: attached to it");
  else log.info(place, "embedded PostgreSQL started");
  try {
    const applied = migrations === "none" ? [] : await migrateLogged(server.connectionString, log);
    return { connectionString: server.connectionString, applied, close: server.stop };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

async function migrateLogged(connectionString: string, log: Log): Promise<string[]> {
  const applied = await migrate(connectionString);
  if (applied.length > 0) log.info({ applied }, "database migrated");
  return applied;
}

async function requireMigrations(connectionString: string, role?: string): Promise<void> {
  const as = role === undefined ? {} : { role };
  const pool = createPool({ connectionString, applicationName: "stratafolio check", max: 1, ...as });
  try {
    const pending = await pendingMigrations(pool);
    if (pending.length > 0) throw new MigrationsPendingError(pending);
  } finally {
    await pool.end();
  }
}
