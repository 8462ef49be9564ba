import type { Pool } from "pg";
import { type Config, demoDataDirectory, readConfig } from "../config.ts";
import { type Database, type OpenOptions, openDatabase, openWebDatabase } from "../database/open.ts";
import { createPool } from "../database/pool.ts";
import { ensureWebLogin } from "../database/web-login.ts";
import { demoBenchmarks } from "../demo/instruments.ts";
import type { Engine, Registry } from "../engine/index.ts";
import { keptDefinitions } from "../kept-definitions.ts";
import { type DataKind, keptDataKind } from "../kept-market.ts";
import { createLog } from "../log.ts";
import {
  openEngine,
  openRegistry,
  preloadDefinitions,
  type Surroundings,
  type WebDatabase,
} from "../program.ts";
import type { Outcome } from "./exit.ts";
import type { Output } from "./output.ts";

/** What a command is run with. */
export interface CommandContext {
  readonly output: Output;
  /** Aborts when the person or the system wants the command to end. */
  readonly signal: AbortSignal;
}

/** How long a command waits for a database that does not answer, as when containers start in any order. */
const waitSeconds = { service: 15, command: 0 };

/** Settings and log of a process that runs until it is told to stop. */
export function serviceSurroundings(isDemo = false): Surroundings {
  const settings = readConfig(undefined, isDemo ? demoDataDirectory : ".stratafolio");
  // The demo keeps to itself: it would fill another database with invented prices.
  const config = isDemo
    ? { ...settings, databaseUrl: null, webDatabaseUrl: null, benchmarks: demoBenchmarks }
    : settings;
  const log = createLog(config.logLevel);
  return {
    config,
    log,
    clock: () => new Date(),
    isDemo: isDemoData(config, isDemo ? "demo" : "real"),
    keep: keptDefinitions(),
  };
}

/** A database of one's own is real; an embedded one is what its folder says. */
function isDemoData({ databaseUrl, webDatabaseUrl, dataDirectory }: Config, asked: DataKind): boolean {
  return databaseUrl === null && webDatabaseUrl === null && keptDataKind(dataDirectory, asked) === "demo";
}

/** The same for a command that ends by itself: it says what it found, not what it did to find it. */
function commandSurroundings(): Surroundings {
  const config = readConfig();
  const log = createLog(config.logLevel === "info" ? "warn" : config.logLevel);
  return { config, log, clock: () => new Date(), isDemo: isDemoData(config, "real") };
}

/** The owner's database, to which the web can sign in. */
export async function openServiceDatabase(
  { config, log }: Surroundings,
  migrations: OpenOptions["migrations"],
): Promise<Database & WebDatabase> {
  const database = await openDatabase(config, log, { waitSeconds: waitSeconds.service, migrations });
  try {
    const { webDatabaseUrl, jwtSecret: secret } = config;
    const webConnectionString = await ensureWebLogin(database.connectionString, { webDatabaseUrl, secret });
    return { ...database, webConnectionString };
  } catch (error) {
    await database.close();
    throw error;
  }
}

/** The same for the web alone, when it is not given the owner's login. */
export async function openWebServiceDatabase({ config, log }: Surroundings): Promise<WebDatabase | null> {
  const { databaseUrl, webDatabaseUrl } = config;
  if (databaseUrl !== null || webDatabaseUrl === null) return null;
  await openWebDatabase({ ...config, webDatabaseUrl }, log, waitSeconds.service);
  return { webConnectionString: webDatabaseUrl };
}

/** Runs `work` on the owner's pool. An embedded server that does not run is started for as long as it takes. */
export async function withPool(
  work: (pool: Pool, database: Database, surroundings: Surroundings) => Promise<Outcome>,
  surroundings = commandSurroundings(),
): Promise<Outcome> {
  const { config, log } = surroundings;
  const database = await openDatabase(config, log, {
    waitSeconds: waitSeconds.command,
    migrations: "require",
  });
  const pool = createPool({
    connectionString: database.connectionString,
    applicationName: "stratafolio command",
  });
  try {
    return await work(pool, database, surroundings);
  } finally {
    await pool.end();
    await database.close();
  }
}

/** Of a command that has to do with definitions. */
const definitionSurroundings = (): Surroundings => ({ ...commandSurroundings(), keep: keptDefinitions() });

/** `anew`: definitions are read and validated again, whatever is kept of them. */
export function withRegistry(
  work: (registry: Registry, pool: Pool, surroundings: Surroundings) => Promise<Outcome>,
  options: { readonly anew?: boolean } = {},
): Promise<Outcome> {
  const surroundings = definitionSurroundings();
  preloadDefinitions();
  return withPool(
    async (pool) => work(await openRegistry(pool, surroundings, options), pool, surroundings),
    surroundings,
  );
}

export function withEngine(
  work: (engine: Engine, pool: Pool, surroundings: Surroundings) => Promise<Outcome>,
): Promise<Outcome> {
  const surroundings = definitionSurroundings();
  return withPool(
    async (pool, database) => work(await openEngine(surroundings, database, pool), pool, surroundings),
    surroundings,
  );
}
