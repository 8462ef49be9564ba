/** The parts of the program, put together. */
import { type AddressInfo, isIPv6 } from "node:net";
import { fileURLToPath } from "node:url";
import type { Pool } from "pg";
import type { MarketResources } from "../assets/resources.ts";
import { alertSenders } from "./alerts/index.ts";
import { type Config, isLoopbackOnly } from "./config.ts";
import type { Database } from "./database/open.ts";
import { createPool } from "./database/pool.ts";
import { rowSecurity, webRole } from "./database/roles.ts";
import {
  type BodyWatch,
  createEngine,
  type Definitions,
  describeProblem,
  type Engine,
  type Keep,
  loadRegistry,
  type Registry,
  readFunctionDefinitions,
  renderProblem,
  validate,
  validatedRegistry,
  watchBodies,
} from "./engine/index.ts";
import { type JwtSecrets, keptJwtSecrets } from "./kept-secrets.ts";
import type { Log } from "./log.ts";
import type { MailQueue } from "./mail/index.ts";
import { version } from "./version.ts";

const bodiesFolder = fileURLToPath(new URL("../sql-models", import.meta.url));
/** How long a stop waits for requests that are being answered. */
const closeSeconds = 5;

/** What the program is run with. */
export interface Surroundings {
  readonly config: Config;
  readonly log: Log;
  readonly clock: () => Date;
  /** Prices and figures are invented, and pages say so. */
  readonly isDemo: boolean;
  /** Where what was read of sound definitions is kept. null, absent: nowhere, they are read anew each time. */
  readonly keep?: Keep | null;
}

export class PortTakenError extends Error {
  readonly code = "port_taken";
  constructor(host: string, port: number, options: ErrorOptions) {
    super(
      `another program listens on ${host}:${port} (is Stratafolio running already?): stop it, or set PORT`,
      options,
    );
  }
}

export class AddressRefusedError extends Error {
  readonly code = "address_refused";
  constructor(host: string, port: number, options: ErrorOptions & { cause: Error }) {
    super(
      `expected HOST to be an address of this machine and PORT one that this user may listen on, ` +
        `got ${host}:${port} (${options.cause.message})`,
      options,
    );
  }
}

/** Of Node: the address is not ours, has no such name, or the port is a privileged one. */
const refusals = ["EADDRNOTAVAIL", "ENOTFOUND", "EAI_AGAIN", "EACCES"];

function asListenError(host: string, port: number, cause: NodeJS.ErrnoException): Error {
  if (cause.code === "EADDRINUSE") return new PortTakenError(host, port, { cause });
  if (refusals.includes(cause.code ?? "")) return new AddressRefusedError(host, port, { cause });
  return cause;
}

/** Begins to read the larger parts of the program, so that this is done while the database is being made. */
export function preload(): void {
  // What cannot be read is reported where it is used.
  void Promise.allSettled([import("../assets/index.ts"), import("./web/app.ts")]);
}

/** The same for definitions alone. */
export function preloadDefinitions(): void {
  void Promise.allSettled([import("../assets/index.ts"), import("../assets/backups.ts")]);
}

type Settled = Pick<Surroundings, "config" | "isDemo" | "keep">;

/**
 * Every asset, schedule and sensor, checked, by PostgreSQL too. Mistakes in them are in `problems`, not thrown. What was found
 * without fault before, and where nothing it depends on has changed, is not read again. `anew`: it is.
 */
export async function openRegistry(
  pool: Pool,
  surroundings: Settled,
  options: { readonly anew?: boolean } = {},
): Promise<Registry> {
  const { keep } = surroundings;
  if (!keep) return validate(pool, await readRegistry(pool, surroundings));
  return validatedRegistry(pool, await readDefinitions(surroundings), registryOptions(pool), keep, options);
}

/** The same for who may not ask PostgreSQL, which makes temporary views for it: without what only that finds. */
export async function readRegistry(pool: Pool, surroundings: Settled): Promise<Registry> {
  return await loadRegistry(await readDefinitions(surroundings), registryOptions(pool));
}

async function readDefinitions({ config, isDemo }: Settled): Promise<Definitions> {
  // Loaded when needed: `user list` has no use for the parser of SQL and every declaration.
  const { definitions } = await import("../assets/index.ts");
  const { backupDefinitions } = await import("../assets/backups.ts");
  const { assets, schedules } = backupDefinitions(config.backup, { version, isDemo });
  return {
    ...definitions,
    assets: [...definitions.assets, ...assets],
    schedules: [...definitions.schedules, ...schedules],
  };
}

const registryOptions = (pool: Pool) => ({
  bodiesFolder,
  functionDefinitions: readFunctionDefinitions(pool),
});

/** Says what is to be mended: a service goes on with the rest. */
export function logProblems(log: Log, { problems, warnings = [] }: Registry): void {
  for (const problem of problems) log.error({ problem: describeProblem(problem) }, renderProblem(problem));
  for (const warning of warnings) log.warn({ problem: describeProblem(warning) }, renderProblem(warning));
}

/** Loads the models again whenever one is saved, for as long as the program runs. */
export function watchModels(engine: Engine, surroundings: Surroundings): Promise<BodyWatch> {
  const { log } = surroundings;
  return watchBodies({
    folder: bodiesFolder,
    load: () => openRegistry(engine.pool, surroundings),
    current: () => engine.registry,
    onReload: async (registry) => {
      logProblems(log, registry);
      await engine.reload(registry);
    },
    log,
  });
}

/** An engine that acts as the owner of the schemas. `pool` is the owner's too. */
export async function openEngine(
  surroundings: Surroundings,
  { connectionString }: Database,
  pool: Pool,
): Promise<Engine> {
  const { config, log, clock, isDemo } = surroundings;
  const resources = await marketResources(config, clock, isDemo);
  return createEngine({
    pool,
    poolForRun: (runId) =>
      createPool({ connectionString, applicationName: `stratafolio run ${runId}`, runId }),
    registry: await openRegistry(pool, surroundings),
    resources,
    clock,
    log,
    readerRole: webRole,
    rowSecurity,
    alertSenders: await alertSenders(config),
  });
}

export async function marketResources(
  config: Config,
  clock: () => Date,
  isDemo: boolean,
): Promise<MarketResources> {
  const { benchmarks, priceUrlHosts } = config;
  if (isDemo) {
    const { createSyntheticPriceSource } = await import("./demo/prices.ts");
    const { createSyntheticMacroSource } = await import("./demo/macro.ts");
    const prices = createSyntheticPriceSource(clock);
    return { prices, macro: createSyntheticMacroSource(clock), clock, benchmarks, priceUrlHosts };
  }
  const { laterPriceSource } = await import("./market/later.ts");
  const { createFredMacroSource } = await import("./market/fred.ts");
  return {
    prices: laterPriceSource(async () => {
      const { createYahooPriceSource } = await import("./market/yahoo.ts");
      return createYahooPriceSource({ baseUrl: config.yahooBaseUrl ?? undefined, clock });
    }),
    macro: createFredMacroSource({
      apiBaseUrl: config.fredApiBaseUrl ?? undefined,
      webBaseUrl: config.fredWebBaseUrl ?? undefined,
      apiKey: config.fredApiKey ?? undefined,
    }),
    clock,
    benchmarks,
    priceUrlHosts,
  };
}

/** What the web needs to know of the database. */
export interface WebDatabase {
  readonly webConnectionString: string;
}

export interface WebServer {
  readonly url: string;
  close(): Promise<void>;
}

/** Listens when it resolves. Throws PortTakenError or AddressRefusedError. */
export async function startWeb(
  { config, log, clock, isDemo }: Surroundings,
  { webConnectionString: connectionString }: WebDatabase,
  registry: () => Registry,
): Promise<WebServer> {
  // Imported, Node would load its client of the web beside its server, for the names that it exports (undici: 40 ms, 3 MB).
  const { createServer } = process.getBuiltinModule("node:http");
  const { createApp } = await import("./web/app.ts");
  const { missingSettings } = await import("./web/deployment.ts");
  const { EventHub } = await import("./web/events.ts");
  const { createWebPool } = await import("./database/web-pool.ts");
  const { statementSeconds } = config;
  const pool = createWebPool({
    connectionString,
    applicationName: "stratafolio web",
    role: webRole,
    statementSeconds,
  });
  const { rationed } = await import("./market/rationed.ts");
  const marketDataName = isDemo ? "synthetic data" : "Yahoo Finance";
  const prices = rationed((await marketResources(config, clock, isDemo)).prices, marketDataName);
  const events = new EventHub({ pool, clock, log });
  const mail = await openMail(config, log);
  const app = createApp({
    pool,
    prices,
    clock,
    log,
    registry,
    ...jwtSecretsOf(config),
    events,
    version,
    isDemo,
    marketDataName,
    quotas: config.quotas,
    benchmarks: config.benchmarks,
    deployment: config,
    mail,
    breachedPasswordsUrl: config.breachedPasswordsUrl,
    identityProvider: config.identityProvider,
  });
  const server = createServer(app);
  try {
    await events.start();
    await new Promise<void>((listening, failed) => {
      server.once("error", (error) => failed(asListenError(config.host, config.port, error)));
      server.listen(config.port, config.host, listening);
    });
  } catch (error) {
    events.stop();
    await pool.end();
    throw error;
  }
  const url = urlOf(server.address() as AddressInfo);
  for (const setting of missingSettings(config)) log.warn(setting);
  if (!isDemo && !isLoopbackOnly(config))
    await announceFirstAccount(config.publicUrl ?? url, { pool, clock }, log);
  return {
    url,
    close: async () => {
      events.stop();
      const closed = new Promise((done) => server.close(done));
      server.closeIdleConnections();
      const impatience = setTimeout(() => server.closeAllConnections(), closeSeconds * 1000);
      await closed;
      clearTimeout(impatience);
      await mail?.close(closeSeconds * 1000);
      await pool.end();
    },
  };
}

/** What accounts say to their owners; null: no server for it is set. */
async function openMail({ smtpUrl, alertEmail }: Config, log: Log): Promise<MailQueue | null> {
  if (smtpUrl === null) return null;
  const { MailQueue, mailSender } = await import("./mail/index.ts"); // loaded by whoever sends emails
  return new MailQueue(
    mailSender(smtpUrl, alertEmail?.split(",")[0]?.trim() ?? "stratafolio@localhost"),
    log,
  );
}

function jwtSecretsOf({ jwtSecret, formerJwtSecrets, dataDirectory }: Config): JwtSecrets {
  return jwtSecret === null ? keptJwtSecrets(dataDirectory) : { jwtSecret, formerJwtSecrets };
}

/** Whoever reads the log runs the program: the first account, an operator's, is made by a link that stands there. */
async function announceFirstAccount(
  origin: string,
  context: { readonly pool: Pool; readonly clock: () => Date },
  log: Log,
): Promise<void> {
  const { invitationLink, inviteFirstOperator } = await import("./accounts/index.ts");
  const token = await inviteFirstOperator(context);
  if (token === null) return;
  const link = invitationLink(origin, token);
  log.warn(`nobody has an account yet; make the first one, an operator's, within a week at ${link}`);
}

/** An address that a browser on this machine can open. */
export function urlOf({ address, port }: Pick<AddressInfo, "address" | "port">): string {
  const isAny = address === "0.0.0.0" || address === "::";
  const host = isAny ? "127.0.0.1" : isIPv6(address) ? `[${address}]` : address;
  return `http://${host}:${port}`;
}
