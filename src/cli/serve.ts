import { once } from "node:events";
import { dirname } from "node:path";
import type { Pool } from "pg";
import type { Database } from "../database/open.ts";
import { createPool } from "../database/pool.ts";
import { webRole } from "../database/roles.ts";
import { type Engine, type Registry, requestRun } from "../engine/index.ts";
import { keeperOf } from "../folder-keeper.ts";
import {
  logProblems,
  marketResources,
  openEngine,
  openRegistry,
  preload,
  readRegistry,
  type Surroundings,
  startWeb,
  watchModels,
} from "../program.ts";
import {
  type CommandContext,
  openServiceDatabase,
  openWebServiceDatabase,
  serviceSurroundings,
} from "./context.ts";
import type { Outcome } from "./exit.ts";

/** Something that runs until it is closed. What was opened last is closed first. */
interface Part {
  close(): Promise<unknown>;
}

/** Opens parts one after the other, waits for the signal, and closes them in reverse; so too when one fails to open. */
async function serve(signal: AbortSignal, open: (opened: Part[]) => Promise<void>): Promise<Outcome> {
  const opened: Part[] = [];
  try {
    await open(opened);
    if (!signal.aborted) await once(signal, "abort");
    return "done";
  } finally {
    for (const part of opened.reverse()) await part.close();
  }
}

interface Orchestrator {
  readonly engine: Engine;
  /** Builds what is missing or whose code changed, then takes up runs, schedules and sensors. */
  begin(): Promise<void>;
}

async function openOrchestrator(
  surroundings: Surroundings,
  database: Database,
  opened: Part[],
): Promise<Orchestrator> {
  const pool = createPool({
    connectionString: database.connectionString,
    applicationName: "stratafolio orchestrator",
    // For the two workers of a sensor and the queue: a trade after a quiet minute is not to wait until all is parsed and planned anew.
    min: 3,
  });
  opened.push({ close: () => pool.end() });
  const engine = await openEngine(surroundings, database, pool);
  logProblems(surroundings.log, engine.registry);
  const begin = async () => {
    if (surroundings.isDemo) await seedSample(surroundings, pool);
    // What concerns every asset: settings of the session, the version of the collation by which texts are ordered.
    for (const { code, asset, message } of await engine.inspect())
      if (asset === null) surroundings.log.warn({ code }, message);
    await engine.deploy();
    await engine.start();
    opened.push({ close: () => engine.stop() }, await watchModels(engine, surroundings));
    opened.push(await openPriceFolder(pool, surroundings));
    const { directory } = surroundings.config.backup;
    if (directory !== null) opened.push(await openDeletions(pool, directory, surroundings));
    await requestFirstMacroRun(pool);
    await requestBenchmarks(pool, surroundings.config.benchmarks);
  };
  return { engine, begin };
}

/** Made if it is not there, as whom the data folder belongs to. */
async function openPriceFolder(pool: Pool, { config, clock, log }: Surroundings): Promise<Part> {
  const { watchPriceFolder } = await import("../price-files/index.ts");
  const folder = config.priceFilesDirectory;
  try {
    keeperOf(folder).makeFolder(folder, 0o700);
  } catch (error) {
    // Prices can be uploaded all the same.
    log.warn({ err: error }, `the folder of price files ${folder} cannot be made, and is not watched`);
    return { close: async () => {} };
  }
  return await watchPriceFolder({ folder, pool, clock, log });
}

/** The list of those who have left, beside the backups that know them still. */
async function openDeletions(pool: Pool, directory: string, { log }: Surroundings): Promise<Part> {
  const { keepDeletions } = await import("../backup/index.ts");
  return await keepDeletions(pool, directory, log);
}

/** Else regimes would wait for the first of the month. */
async function requestFirstMacroRun(pool: Pool): Promise<void> {
  const { rows } = await pool.query<{ empty: boolean }>(
    "select not exists (select from bronze.raw_fred) as empty",
  );
  if (!rows[0]?.empty) return;
  await requestRun(pool, {
    triggerKind: "deploy",
    triggerName: "first start",
    selection: "raw_fred+",
    requestKey: "first macro data",
  });
}

/** Those without any price: the daily run fetches them with all others, but the first one may be a weekend away. */
async function requestBenchmarks(pool: Pool, benchmarks: readonly string[]): Promise<void> {
  const { rows } = await pool.query<{ ticker: string }>(
    `select ticker
     from unnest($1::text[]) as wanted (ticker)
     where not exists (select from bronze.raw_prices where raw_prices.ticker = wanted.ticker)`,
    [benchmarks],
  );
  const partitions = rows.map(({ ticker }) => ticker);
  if (partitions.length === 0) return;
  await requestRun(pool, {
    triggerKind: "deploy",
    triggerName: "benchmarks",
    selection: "raw_prices+",
    partitions,
    requestKey: `benchmarks ${partitions.join(" ")}`,
  });
}

async function seedSample({ config, clock, isDemo }: Surroundings, pool: Pool) {
  const { seedDemo } = await import("../demo/account.ts");
  const { prices } = await marketResources(config, clock, isDemo);
  const { dataDirectory, priceFilesDirectory } = config;
  // Nothing is put into a folder of somebody's own.
  const isOurs = dirname(priceFilesDirectory) === dataDirectory;
  await seedDemo(pool, prices, clock(), isOurs ? priceFilesDirectory : null);
}

export const up = (context: CommandContext): Promise<Outcome> => serveAll(context, false);
/** The same on data of its own. */
export const demo = (context: CommandContext): Promise<Outcome> => serveAll(context, true);

async function serveAll({ output, signal }: CommandContext, asksForDemo: boolean): Promise<Outcome> {
  const surroundings = serviceSurroundings(asksForDemo);
  return serve(signal, async (opened) => {
    preload();
    const database = await openServiceDatabase(surroundings, "run");
    opened.push(database);
    const { engine, begin } = await openOrchestrator(surroundings, database, opened);
    // Before the models are brought up to date: whoever starts an upgrade is served with the previous version meanwhile.
    const server = await startWeb(surroundings, database, () => engine.registry);
    opened.push(server);
    await begin();
    output.text(`Stratafolio is ready at ${server.url}`);
    if (surroundings.isDemo) {
      const { demoCredentials, nairobiCredentials } = await import("../demo/account.ts");
      output.text(`Sign in as ${demoCredentials.email} with the password ${demoCredentials.password}`);
      output.text(`or, for a portfolio in several currencies, as ${nairobiCredentials.email} with the same`);
    }
  });
}

export async function web({ output, signal }: CommandContext): Promise<Outcome> {
  const surroundings = serviceSurroundings();
  return serve(signal, async (opened) => {
    const { database, registry } = await openWeb(surroundings, opened);
    const server = await startWeb(surroundings, database, () => registry);
    opened.push(server);
    output.text(`Stratafolio is ready at ${server.url}`);
  });
}

/** By the owner's login, if the web is given that; else by its own alone, which sees of definitions what needs no database. */
async function openWeb(surroundings: Surroundings, opened: Part[]) {
  const web = await openWebServiceDatabase(surroundings);
  if (web) {
    const connectionString = web.webConnectionString;
    const registry = await withRegistryPool({ connectionString, role: webRole }, (pool) =>
      readRegistry(pool, surroundings),
    );
    surroundings.log.info(
      "without DATABASE_URL: what PostgreSQL finds wrong with definitions is told by the orchestrator and `status`, not by the pages",
    );
    return { database: web, registry };
  }
  const database = await openServiceDatabase(surroundings, "require");
  opened.push(database);
  const { connectionString } = database;
  return {
    database,
    registry: await withRegistryPool({ connectionString }, (pool) => openRegistry(pool, surroundings)),
  };
}

async function withRegistryPool(
  options: { readonly connectionString: string; readonly role?: string },
  read: (pool: Pool) => Promise<Registry>,
): Promise<Registry> {
  const pool = createPool({ ...options, applicationName: "stratafolio web registry", max: 1 });
  try {
    return await read(pool);
  } finally {
    await pool.end();
  }
}

export async function orchestrator({ output, signal }: CommandContext): Promise<Outcome> {
  const surroundings = serviceSurroundings();
  return serve(signal, async (opened) => {
    const database = await openServiceDatabase(surroundings, "require");
    opened.push(database);
    const { begin } = await openOrchestrator(surroundings, database, opened);
    await begin();
    output.text("The orchestrator is at work");
  });
}

export async function migrate({ output }: CommandContext): Promise<Outcome> {
  const database = await openServiceDatabase(serviceSurroundings(), "run");
  await database.close();
  output.list(database.applied, { migration: (file) => file });
  return "done";
}
