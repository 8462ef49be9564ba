/** What the engine takes for many models: to load, judge, plan and build them, to start, for one trade, and for the page. */
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Pool } from "pg";
import { startSession } from "../src/accounts/index.ts";
import { readConfig } from "../src/config.ts";
import { startEmbedded } from "../src/database/embedded.ts";
import { migrate } from "../src/database/migrate.ts";
import { createPool } from "../src/database/pool.ts";
import { rowSecurity, webRole } from "../src/database/roles.ts";
import { ensureWebLogin } from "../src/database/web-login.ts";
import { createEngine, type Engine, loadRegistry, plan, readStates, select } from "../src/engine/index.ts";
import { createLog } from "../src/log.ts";
import { startWeb } from "../src/program.ts";
import { createEvents, type Shape, shapes, synthetic, writeBodies } from "./synthetic.ts";
import { milliseconds, printTable } from "./table.ts";

const jwtSecret = "a secret of the bench, of more than 32 characters";
const operator = 1;
const people = 5;
const steps = ["load", "load again", "build", "states", "plan", "start", "trade", "assets page"] as const;

type Times = Record<(typeof steps)[number], number>;

/** Models by shape, of so many each. PostgreSQL's own settings, as on a server that nobody has tuned. */
export async function benchScale(sizes: readonly number[]): Promise<void> {
  for (const models of sizes) {
    const columns: [Shape, Times][] = [];
    for (const shape of shapes) columns.push([shape, await measure(shape, models)]);
    printTable(
      `${models} models`,
      ["", ...columns.map(([shape]) => shape)],
      steps.map((step) => [step, ...columns.map(([, times]) => milliseconds(times[step]))]),
    );
  }
}

async function timed<T>(work: () => T | Promise<T>): Promise<[result: Awaited<T>, took: number]> {
  const began = performance.now();
  const result = await work();
  return [result, performance.now() - began];
}

async function measure(shape: Shape, models: number): Promise<Times> {
  const folder = mkdtempSync(join(tmpdir(), "stratafolio-bench-"));
  chmodSync(folder, 0o755); // the server of a root user runs as another user, who must reach its data
  const settings = ["max_locks_per_transaction=64"];
  const server = await startEmbedded({ dataDirectory: folder, settings });
  const { connectionString } = server;
  await migrate(connectionString);
  const pool = createPool({ connectionString, applicationName: "bench" });
  try {
    return await measureOn(pool, connectionString, folder, shape, models);
  } finally {
    await pool.end();
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measureOn(
  pool: Pool,
  connectionString: string,
  folder: string,
  shape: Shape,
  models: number,
): Promise<Times> {
  const bodiesFolder = join(folder, "models");
  const made = synthetic(shape, models);
  writeBodies(bodiesFolder, made);
  await createEvents(pool, people);
  const clock = (): Date => new Date("2024-02-01T00:00:00Z");
  const load = () => loadRegistry(made.definitions, { bodiesFolder });
  const [registry, loaded] = await timed(load);
  if (registry.problems.length > 0) throw new Error(registry.problems.map(String).join("\n"));
  const [, again] = await timed(load);
  const engine = createEngine({
    pool,
    poolForRun: (runId) => createPool({ connectionString, applicationName: "bench", runId }),
    registry,
    resources: null,
    clock,
    log: createLog("error"),
    readerRole: webRole,
    rowSecurity,
  });
  const [run, built] = await timed(() => engine.deploy());
  if (run?.status !== "succeeded") throw new Error(`the build ${run?.status}: ${run?.error}`);
  const { graph } = registry;
  const [states, judged] = await timed(() => readStates(pool, graph, clock()));
  const [, planned] = await timed(() => {
    const selected = select(graph, { select: ["*"], stale: new Set() });
    return plan(graph, states, { selected, scope: { partitions: ["1"], since: null }, fullRefresh: false });
  });
  await pool.query("delete from orchestrator.changes");
  const [, started] = await timed(() => engine.start());
  const traded = await trade(pool, `model_${String(models - 1).padStart(4, "0")}`);
  const page = await assetsPage(pool, connectionString, engine, clock);
  await engine.stop();
  return {
    load: loaded,
    "load again": again,
    build: built,
    states: judged,
    plan: planned,
    start: started,
    trade: traded,
    "assets page": page,
  };
}

/** Trades that warm connections and plans up, as in a program that runs for a while, before one is measured. */
const warmUps = 4;

/** From the commit of a trade to the notification that the last model has it. */
async function trade(pool: Pool, last: string): Promise<number> {
  const listener = await pool.connect();
  try {
    await listener.query("listen orchestrator_published");
    const once = async (amount: number): Promise<number> => {
      const published = Promise.withResolvers<void>();
      const hear = ({ payload }: { payload?: string | undefined }): void => {
        if ((JSON.parse(payload ?? "") as { assets: string[] }).assets.includes(last)) published.resolve();
      };
      listener.on("notification", hear);
      await pool.query("insert into synthetic.events (person_id, day, amount) values (1, '2024-01-05', $1)", [
        amount,
      ]);
      const [, took] = await timed(() => published.promise);
      listener.off("notification", hear);
      return took;
    };
    for (let amount = 10; amount < 10 + warmUps; amount++) await once(amount);
    return await once(10 + warmUps);
  } finally {
    listener.release(true);
  }
}

async function assetsPage(
  pool: Pool,
  connectionString: string,
  engine: Engine,
  clock: () => Date,
): Promise<number> {
  await pool.query(
    `insert into public.users (user_id, email, password_hash, role)
     values ($1, 'operator@example.org', 'x', 'operator')`,
    [operator],
  );
  const config = { ...readConfig({}), port: 0, jwtSecret };
  const surroundings = { config, log: createLog("error"), clock, isDemo: false };
  const database = {
    webConnectionString: await ensureWebLogin(connectionString, { webDatabaseUrl: null, secret: jwtSecret }),
  };
  const web = await startWeb(surroundings, database, () => engine.registry);
  try {
    const { token } = await startSession({ pool, clock, jwtSecret }, operator, null);
    const headers = { Cookie: `stratafolio_session=${token}` };
    const ask = async (): Promise<void> => {
      const answer = await fetch(`${web.url}/assets`, { headers });
      if (answer.status !== 200) throw new Error(`expected the page, got status ${answer.status}`);
      await answer.text();
    };
    await ask(); // templates are compiled once
    return (await timed(ask))[1];
  } finally {
    await web.close();
  }
}
