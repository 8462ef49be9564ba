/** A database of its own, loaded and built, with an engine on it: what the benches measure. */
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type pg from "pg";
import { definitions } from "../assets/index.ts";
import { type Config, readConfig } from "../src/config.ts";
import { startEmbedded } from "../src/database/embedded.ts";
import { migrate } from "../src/database/migrate.ts";
import { createPool } from "../src/database/pool.ts";
import { ensureWebLogin } from "../src/database/web-login.ts";
import type { Engine } from "../src/engine/index.ts";
import { createLog } from "../src/log.ts";
import { openEngine, type Surroundings, startWeb, type WebServer } from "../src/program.ts";
import { type LoadSize, lastDay, load, loadMacro } from "./load.ts";

const jwtSecret = "a secret of the bench, of more than 32 characters";

export interface World {
  readonly connectionString: string;
  /** Of all its files. */
  readonly folder: string;
  /** What processes of the program are given to work on it. */
  readonly variables: Readonly<Record<string, string>>;
  readonly pool: pg.Pool;
  readonly engine: Engine;
  readonly size: LoadSize;
  readonly surroundings: Surroundings;
  /** Another engine on it, with settings other than its own. */
  openEngine(settings: Partial<Config>): Promise<Engine>;
  /** With settings other than its own, if so. */
  startWeb(settings?: Partial<Config>): Promise<WebServer>;
  close(): Promise<void>;
}

export async function createWorld(size: LoadSize): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), "stratafolio-bench-"));
  chmodSync(folder, 0o755); // the server of a root user runs as another user, who must reach its data
  const server = await startEmbedded({ dataDirectory: folder });
  const close = async () => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const { connectionString } = server;
    await migrate(connectionString);
    const pool = createPool({ connectionString, applicationName: "bench" });
    await load(pool, size);
    const surroundings: Surroundings = {
      config: { ...readConfig({}), port: 0, jwtSecret },
      log: createLog("error"),
      clock: () => new Date(`${lastDay}T23:00:00Z`),
      isDemo: false,
    };
    await loadMacro(pool, surroundings.clock);
    const webConnectionString = await ensureWebLogin(connectionString, {
      webDatabaseUrl: null,
      secret: jwtSecret,
    });
    const database = { connectionString, webConnectionString, applied: [], close };
    const engine = await openEngine(surroundings, database, pool);
    await switchSchedulesOff(pool);
    const withSettings = (settings: Partial<Config>): Surroundings => ({
      ...surroundings,
      config: { ...surroundings.config, ...settings },
    });
    return {
      connectionString,
      folder,
      variables: {
        DATABASE_URL: connectionString,
        DATA_DIR: join(folder, "program"),
        JWT_SECRET: jwtSecret,
        BENCHMARKS: "none",
      },
      pool,
      engine,
      size,
      surroundings,
      openEngine: (settings) => openEngine(withSettings(settings), database, pool),
      startWeb: (settings = {}) => startWeb(withSettings(settings), database, () => engine.registry),
      close: async () => {
        await pool.end();
        await close();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** A process has the clock of today, whose schedules would ask a market that is not there. */
async function switchSchedulesOff(pool: pg.Pool): Promise<void> {
  await pool.query(
    `insert into orchestrator.automations (automation, kind, enabled)
     select automation, 'schedule', false
     from unnest($1::text[]) as automation
     on conflict do nothing`,
    [definitions.schedules.map(({ name }) => name)],
  );
}

/** Builds every model that is not built yet. */
export async function build({ engine }: World): Promise<void> {
  const run = await engine.deploy();
  if (run && run.status !== "succeeded") throw new Error(`the first build ${run.status}: ${run.error}`);
}
