import pino from "pino";
import { afterAll } from "vitest";
import type { Config } from "../../src/config.ts";
import { ensureWebLogin } from "../../src/database/web-login.ts";
import type { Engine } from "../../src/engine/index.ts";
import { openEngine, type Surroundings, startWeb } from "../../src/program.ts";
import { defaultQuotas } from "../../src/quotas.ts";
import { createTestDatabase, type TestDatabase } from "./database.ts";

export interface Program {
  readonly url: string;
  readonly database: TestDatabase;
  /** Deployed. Nothing runs by itself until `engine.start()`. */
  readonly engine: Engine;
}

/** Of the synthetic market: what tests trade, without waiting for the orchestrator that is not at work. */
const tradedTickers = ["NORD", "WRLD", "CURA", "SYNC-USD"];

/**
 * The program as people run it, web and engine, on a test database and the synthetic market, with the histories of the
 * tickers that tests trade; stopped after the file.
 */
export async function startProgram(changes: Partial<Config> = {}): Promise<Program> {
  const program = await openProgram(await createTestDatabase(), changes);
  await program.engine.run({
    triggerKind: "manual",
    triggerName: "test",
    selection: "raw_prices",
    partitions: tradedTickers,
  });
  await program.engine.refresh("transaction_sensor");
  return program;
}

/** The same on a database that is there, with the histories that are in it. */
export async function openProgram(
  database: TestDatabase,
  changes: Partial<Config> = {},
  clock: () => Date = () => new Date(),
): Promise<Program> {
  const config: Config = {
    databaseUrl: database.url,
    webDatabaseUrl: null,
    dataDirectory: "",
    host: "127.0.0.1",
    port: 0,
    publicUrl: null,
    trustedProxies: null,
    metricsToken: null,
    registration: "open",
    jwtSecret: "a secret of at least thirty-two characters",
    formerJwtSecrets: [],
    yahooBaseUrl: null,
    fredApiBaseUrl: null,
    fredWebBaseUrl: null,
    fredApiKey: null,
    alertWebhookUrl: null,
    alertEmail: null,
    smtpUrl: null,
    breachedPasswordsUrl: null,
    priceFilesDirectory: "",
    benchmarks: [],
    priceUrlHosts: [],
    backup: { directory: null, schedule: "0 2 * * *", keep: 7, passphrase: null },
    statementSeconds: 15,
    quotas: defaultQuotas,
    identityProvider: null,
    logLevel: "silent",
    ...changes,
  };
  const log = pino({ level: "silent" });
  const surroundings: Surroundings = { config, log, clock, isDemo: true };
  const webConnectionString = await ensureWebLogin(database.url, { webDatabaseUrl: null, secret: null });
  const opened = { connectionString: database.url, webConnectionString, applied: [], close: async () => {} };
  const engine = await openEngine(surroundings, opened, database.pool);
  await engine.deploy();
  const web = await startWeb(surroundings, opened, () => engine.registry);
  afterAll(async () => {
    await web.close();
    await engine.stop();
  });
  return { url: web.url, database, engine };
}
