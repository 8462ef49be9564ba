import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Pool } from "pg";
import { afterAll } from "vitest";
import * as bronze from "../../assets/bronze.ts";
import { definitions } from "../../assets/index.ts";
import type { MarketResources } from "../../assets/resources.ts";
import { createPool } from "../../src/database/pool.ts";
import { rowSecurity } from "../../src/database/roles.ts";
import { createEngine, type Engine, loadRegistry, readFunctionDefinitions } from "../../src/engine/index.ts";
import { createLog } from "../../src/log.ts";
import type { TestDatabase } from "./database.ts";

const bodiesFolder = fileURLToPath(new URL("../../sql-models", import.meta.url));

function noResources(): MarketResources {
  const refuse = () => Promise.reject(new Error("this test has no market to ask"));
  return {
    prices: { search: refuse, describe: refuse, history: refuse, profile: refuse },
    macro: { series: refuse },
    clock: () => new Date(),
  };
}

/**
 * What takes up the fetches that the ledger asks for, until the file is over: the real engine, with the sources alone, which
 * need no deployment.
 */
export async function startIngestion(database: TestDatabase, resources: MarketResources): Promise<Engine> {
  const engine = createEngine({
    pool: database.pool,
    poolForRun: (runId) => createPool({ connectionString: database.url, applicationName: "test run", runId }),
    registry: await loadRegistry(
      { assets: Object.values(bronze), schedules: [], sensors: [] },
      { bodiesFolder: mkdtempSync(join(tmpdir(), "no-bodies-")) },
    ),
    resources,
    clock: resources.clock,
    log: createLog("silent"),
    readerRole: "stratafolio_web",
    rowSecurity,
  });
  await engine.start();
  afterAll(() => engine.stop());
  return engine;
}

/** The real assets on a test database, deployed. Nothing runs by itself until `engine.start()`. */
export async function deployedEngine(
  database: TestDatabase,
  resources: MarketResources = noResources(),
): Promise<Engine> {
  const pool: Pool = database.pool;
  const engine = createEngine({
    pool,
    poolForRun: (runId) => createPool({ connectionString: database.url, applicationName: "test run", runId }),
    registry: await loadRegistry(definitions, {
      bodiesFolder,
      functionDefinitions: readFunctionDefinitions(pool),
    }),
    resources,
    clock: resources.clock,
    log: createLog("silent"),
    readerRole: "stratafolio_web",
    rowSecurity,
  });
  await engine.deploy();
  return engine;
}
