/** The parts put together: a database with the engine in it, and the engine on it. */
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Pool } from "pg";
import {
  createEngine,
  createPool,
  type Definitions,
  type Engine,
  install,
  type Log,
  loadRegistry,
  type Registry,
  readFunctionDefinitions,
  type Schemas,
} from "../../src/engine/index.ts";
import * as assets from "./assets.ts";
import * as automations from "./automations.ts";
import type { WeatherResources } from "./readings.ts";

const { layers, ...declared } = assets;

/** Where the names that people query live, and the tables behind them. */
const schemas: Schemas = { models: "climate", tables: "climate_versions" };
const searchPath = [schemas.models, "weather"];
/** Everybody may know the weather: the reader sees every row. */
const reading = { readerRole: "weather_reader", rowSecurity: null };

const definitions: Definitions = {
  assets: Object.values(declared),
  schedules: [automations.hourly_readings],
  sensors: [automations.weather_sensor],
};

export const modelsFolder = fileURLToPath(new URL("models", import.meta.url));

export interface Weather {
  readonly pool: Pool;
  readonly engine: Engine;
  /** Reads the models again. */
  load(): Promise<Registry>;
  close(): Promise<void>;
}

/** Makes what an empty database lacks, and opens the engine on it. Nothing is built, and nothing runs by itself, yet. */
export async function openWeather(
  connectionString: string,
  resources: WeatherResources,
  log: Log,
  bodiesFolder = modelsFolder,
): Promise<Weather> {
  const pool = createPool({ connectionString, applicationName: "weather", searchPath });
  await pool.query(await readFile(new URL("tables.sql", import.meta.url), "utf8"));
  await install(pool, { ...reading, schemas });
  const load = (): Promise<Registry> =>
    loadRegistry(definitions, {
      bodiesFolder,
      functionDefinitions: readFunctionDefinitions(pool),
      layers,
      schemas,
    });
  const engine = createEngine({
    pool,
    poolForRun: (runId) =>
      createPool({ connectionString, applicationName: "weather run", searchPath, runId }),
    registry: await load(),
    resources,
    clock: () => new Date(),
    log,
    ...reading,
  });
  const close = async (): Promise<void> => {
    await engine.stop();
    await pool.end();
  };
  return { pool, engine, load, close };
}
