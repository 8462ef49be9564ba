/**
 * Everything that faults are done to, on this machine alone: a PostgreSQL of its own, a market of its own, the program's
 * processes behind a relay, from a copy of the project whose models may be broken.
 */
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type pg from "pg";
import { readConfig } from "../src/config.ts";
import { startEmbedded } from "../src/database/embedded.ts";
import { createPool } from "../src/database/pool.ts";
import type { Engine } from "../src/engine/index.ts";
import { createLog } from "../src/log.ts";
import { openEngine } from "../src/program.ts";
import { type Relay, startRelay } from "../tests/support/relay.ts";
import { createReplayServer, type ReplayServer } from "../tests/support/replay-server.ts";
import { isWeekend } from "../tests/support/replay-world.ts";
import { Processes, runCommand, type Variables } from "./processes.ts";

const project = join(import.meta.dirname, "..");
const copied = ["src", "assets", "sql-models", "migrations", "ui", "docs", "package.json"];
const jwtSecret = "a secret of the torture of more than 32 characters";
/** Traded from the start; a fault of a backfill adds others. */
export const tickers = ["TAA", "TAB", "TAC", "TAD", "TAE"];
const patienceMilliseconds = 120_000;

export interface World {
  readonly folder: string;
  /** Of the copy that the processes run. */
  readonly program: string;
  readonly dataDirectory: string;
  /** Past the relay: what looks at the world is not part of it. */
  readonly serverUrl: string;
  readonly pool: pg.Pool;
  readonly relay: Relay;
  readonly market: ReplayServer;
  readonly url: string;
  readonly variables: Variables;
  readonly web: Processes;
  readonly orchestrators: Processes;
  /** Of this process, to compare what is stored with. */
  engine(): Promise<Engine>;
  addTicker(ticker: string): void;
  close(): Promise<void>;
}

function lastWeekday(): string {
  let day = new Date();
  while (isWeekend(day.toISOString().slice(0, 10))) day = new Date(day.getTime() - 86_400_000);
  return day.toISOString().slice(0, 10);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((listening) => server.once("listening", listening));
  const { port } = server.address() as { port: number };
  await new Promise((closed) => server.close(closed));
  return port;
}

/** A copy whose files may be edited: the dependencies are those of the project. */
function copyProgram(folder: string): string {
  const program = join(folder, "program");
  mkdirSync(program);
  for (const name of copied) cpSync(join(project, name), join(program, name), { recursive: true });
  symlinkSync(join(project, "node_modules"), join(program, "node_modules"));
  hastenRetries(join(program, "assets/bronze.ts"));
  return program;
}

/** A fetch that failed is tried again a minute later: that it is, two seconds show as well. */
function hastenRetries(file: string): void {
  const declared = readFileSync(file, "utf8");
  const hastened = declared.replace("backoffSeconds: 60", "backoffSeconds: 2");
  if (hastened === declared) throw new Error(`expected a retry after 60 seconds in ${file}`);
  writeFileSync(file, hastened);
}

/** Another listing of the made-up market, with the history of one that never splits. */
function addTicker(market: ReplayServer, ticker: string): void {
  const { bars, ...listing } = market.ticker("GLOBEX");
  market.addTicker({
    ...listing,
    ticker,
    name: `Torture ${ticker}`,
    bars: [...bars],
    splits: [],
    dividends: [],
  });
}

/** `dataDirectory`: a file system of little room, say; absent: below the world's own folder. */
export async function createWorld(dataDirectory?: string): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), "stratafolio-torture-"));
  chmodSync(folder, 0o755); // the server of a root user runs as another user, who must reach its data
  const data = dataDirectory ?? join(folder, "data");
  const server = await startEmbedded({ dataDirectory: data });
  const program = copyProgram(folder);
  const market = await createReplayServer({ today: lastWeekday() });
  for (const ticker of tickers) addTicker(market, ticker);
  const relay = await startRelay(server.connectionString);
  const port = await freePort();
  const variables: Variables = {
    DATABASE_URL: relay.url,
    JWT_SECRET: jwtSecret,
    PORT: String(port),
    YAHOO_BASE_URL: market.url,
    FRED_API_BASE_URL: market.url,
    FRED_WEB_BASE_URL: market.url,
  };
  const pool = createPool({ connectionString: server.connectionString, applicationName: "torture", max: 3 });
  const web = new Processes(program, "web", variables);
  const orchestrators = new Processes(program, "orchestrator", variables);
  let engine: Engine | null = null;
  const close = async () => {
    await Promise.all([web.stop(), orchestrators.stop()]);
    await pool.end();
    relay.close();
    await market.close();
    await server.stop();
    for (const each of [folder, data]) rmSync(each, { recursive: true, force: true });
  };
  try {
    const { code, stderr } = await runCommand(program, ["migrate"], variables);
    if (code !== 0) throw new Error(`migrate ended with ${code}: ${stderr}`);
    await orchestrators.scale(1);
    await web.scale(1);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    folder,
    program,
    dataDirectory: data,
    serverUrl: server.connectionString,
    pool,
    relay,
    market,
    url: `http://127.0.0.1:${port}`,
    variables,
    web,
    orchestrators,
    engine: async () => {
      engine ??= await openEngine(
        {
          config: { ...readConfig({}), jwtSecret },
          log: createLog("silent"),
          clock: () => new Date(),
          isDemo: true, // it fetches nothing
        },
        { connectionString: server.connectionString, applied: [], close: async () => {} },
        pool,
      );
      return engine;
    },
    addTicker: (ticker) => addTicker(market, ticker),
    close,
  };
}

/** Asks until the answer is `true`; false: it never was within the time. What fails meanwhile is asked again. */
export async function until(
  holds: () => Promise<boolean>,
  milliseconds = patienceMilliseconds,
): Promise<boolean> {
  const deadline = performance.now() + milliseconds;
  while (performance.now() < deadline) {
    if (await holds().catch(() => false)) return true;
    await delay(50);
  }
  return false;
}

/** The database answers again. */
export const databaseIsUp = ({ pool }: World): Promise<boolean> =>
  until(async () => (await pool.query("select 1")).rows.length === 1);
