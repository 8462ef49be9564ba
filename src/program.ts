/** The parts of the program, put together. */
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import type { Pool } from "pg";
import type { MarketResources } from "../assets/resources.ts";
import { alertSenders } from "./alerts/index.ts";
import { type Config, keptJwtSecret } from "./config.ts";
import type { Database } from "./database/open.ts";
import { createPool } from "./database/pool.ts";
import { rowSecurity, webRole } from "./database/roles.ts";
import {
  type BodyWatch,
  createEngine,
  describeProblem,
  type Engine,
  loadRegistry,
  type Registry,
  readFunctionDefinitions,
  renderProblem,
  validate,
  watchBodies,
} from "./engine/index.ts";
import type { Log } from "./log.ts";

const bodiesFolder = fileURLToPath(new URL("../sql-models", import.meta.url));
/** How long a stop waits for requests that are being answered. */
const closeSeconds = 5;

export const version = (
  JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { version: string }
).version;

/** What the program is run with. */
export interface Surroundings {
  readonly config: Config;
  readonly log: Log;
  readonly clock: () => Date;
  /** Prices and figures are invented, and pages say so. */
  readonly isDemo: boolean;
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
  void Promise.allSettled([
    import("../assets/index.ts"),
    import("./web/app.ts"),
    import("./market/yahoo.ts"),
  ]);
}

/** Every asset, schedule and sensor, checked, by PostgreSQL too. Mistakes in them are in `problems`, not thrown. */
export async function openRegistry(pool: Pool): Promise<Registry> {
  // Loaded when needed: `user list` has no use for the parser of SQL and every declaration.
  const { definitions } = await import("../assets/index.ts");
  const registry = await loadRegistry(definitions, {
    bodiesFolder,
    functionDefinitions: readFunctionDefinitions(pool),
  });
  return validate(pool, registry);
}

/** Says what is to be mended: a service goes on with the rest. */
export function logProblems(log: Log, { problems, warnings = [] }: Registry): void {
  for (const problem of problems) log.error({ problem: describeProblem(problem) }, renderProblem(problem));
  for (const warning of warnings) log.warn({ problem: describeProblem(warning) }, renderProblem(warning));
}

/** Loads the models again whenever one is saved, for as long as the program runs. */
export function watchModels(engine: Engine, log: Log): Promise<BodyWatch> {
  return watchBodies({
    folder: bodiesFolder,
    load: () => openRegistry(engine.pool),
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
  { config, log, clock, isDemo }: Surroundings,
  { connectionString }: Database,
  pool: Pool,
): Promise<Engine> {
  const resources = await marketResources(config, clock, isDemo);
  return createEngine({
    pool,
    poolForRun: (runId) =>
      createPool({ connectionString, applicationName: `stratafolio run ${runId}`, runId }),
    registry: await openRegistry(pool),
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
  if (isDemo) {
    const { createSyntheticPriceSource } = await import("./demo/prices.ts");
    const { createSyntheticMacroSource } = await import("./demo/macro.ts");
    return { prices: createSyntheticPriceSource(clock), macro: createSyntheticMacroSource(clock), clock };
  }
  const { createYahooPriceSource } = await import("./market/yahoo.ts");
  const { createFredMacroSource } = await import("./market/fred.ts");
  return {
    prices: createYahooPriceSource({ baseUrl: config.yahooBaseUrl ?? undefined, clock }),
    macro: createFredMacroSource({
      apiBaseUrl: config.fredApiBaseUrl ?? undefined,
      webBaseUrl: config.fredWebBaseUrl ?? undefined,
      apiKey: config.fredApiKey ?? undefined,
    }),
    clock,
  };
}

export interface WebServer {
  readonly url: string;
  close(): Promise<void>;
}

/** Listens when it resolves. Throws PortTakenError or AddressRefusedError. */
export async function startWeb(
  { config, log, clock, isDemo }: Surroundings,
  { connectionString }: Database,
  registry: () => Registry,
): Promise<WebServer> {
  const { createApp } = await import("./web/app.ts");
  const { EventHub } = await import("./web/events.ts");
  const pool = createPool({ connectionString, applicationName: "stratafolio web", role: webRole });
  const { prices } = await marketResources(config, clock, isDemo);
  const events = new EventHub({ pool, clock, log });
  const app = createApp({
    pool,
    prices,
    clock,
    log,
    registry,
    jwtSecret: config.jwtSecret ?? keptJwtSecret(config.dataDirectory),
    events,
    version,
    isDemo,
    marketDataName: isDemo ? "synthetic data" : "Yahoo Finance",
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
  return {
    url: urlOf(server.address() as AddressInfo),
    close: async () => {
      events.stop();
      const closed = new Promise((done) => server.close(done));
      server.closeIdleConnections();
      const impatience = setTimeout(() => server.closeAllConnections(), closeSeconds * 1000);
      await closed;
      clearTimeout(impatience);
      await pool.end();
    },
  };
}

/** An address that a browser on this machine can open. */
function urlOf({ address, family, port }: AddressInfo): string {
  const isAny = address === "0.0.0.0" || address === "::";
  const host = isAny ? "127.0.0.1" : family === "IPv6" ? `[${address}]` : address;
  return `http://${host}:${port}`;
}
