/** Dagster with dbt on our models, on the same PostgreSQL and the same ledger: from commit to gold, and everything anew. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Pool } from "pg";
import { migrate } from "../../src/database/migrate.ts";
import { createPool, sessionSettings } from "../../src/engine/index.ts";
import { rebuildByHand, tablesOf } from "../floor.ts";
import { dayBefore, settle } from "../latency.ts";
import { lastDay, load, loadMacro } from "../load.ts";
import { launchWith, programWords, stop, usualVariables } from "../start.ts";
import { median, printTable, timed } from "../table.ts";
import { GoldWatch } from "../visible.ts";
import type { World } from "../world.ts";
import { startDagster } from "./dagster.ts";
import { schema, writeProject } from "./dbt-project.ts";
import { compareGold } from "./gold.ts";
import { dbt, endOf, openTools, type Tools } from "./tools.ts";

export interface PeersSize {
  /** Trades of each way to gold. Ours are so many times as many. */
  readonly trades: number;
  readonly ours: number;
  readonly rebuilds: number;
  /** Whose gold is compared. */
  readonly people: number;
}

interface Peers {
  readonly world: World;
  readonly tools: Tools;
  readonly pool: Pool;
  /** How many trades either has. */
  trades: number;
}

const database = "peers";
const patienceMilliseconds = 300_000;

/** On a world that is built. */
export async function benchPeers(world: World, size: PeersSize): Promise<void> {
  const connectionString = Object.assign(new URL(world.connectionString), { pathname: database }).href;
  await loadPeers(world, connectionString);
  const pool = createPool({
    connectionString,
    applicationName: "bench peers",
    searchPath: [schema, "bronze", "public"],
  });
  try {
    const tools = openTools(join(world.folder, "peers"), connectionString);
    writeProject(tools.project, world.engine.registry.graph);
    await dbt(tools, "build"); // parses, and makes every model once
    await benchWith({ world, tools, pool, trades: 0 }, size);
  } finally {
    await pool.end();
  }
}

/** The same rows in bronze, and nothing of ours that would work on them. */
async function loadPeers({ pool, size, surroundings }: World, connectionString: string): Promise<void> {
  await pool.query(`create database ${database}`);
  for (const [name, value] of Object.entries(sessionSettings))
    await pool.query(`alter database ${database} set ${name} = '${value}'`);
  await migrate(connectionString);
  const peers = createPool({
    connectionString,
    applicationName: "bench peers load",
    searchPath: ["bronze", "public"],
    max: 1,
  });
  try {
    await load(peers, size);
    await loadMacro(peers, surroundings.clock);
    await peers.query(`drop schema orchestrator cascade; drop schema "default" cascade; analyze`);
  } finally {
    await peers.end();
  }
}

async function benchWith(peers: Peers, size: PeersSize): Promise<void> {
  const { world, tools, pool } = peers;
  const rows: string[][] = [];
  /** ours: beside which it is told; absent: it is ours. */
  const note = (name: string, took: readonly number[], ours = took): readonly number[] => {
    const figures = [median(took), Math.min(...took), Math.max(...took)];
    const times = (median(took) / median(ours)).toFixed(2);
    rows.push([
      name,
      ...figures.map((value) => `${(value / 1000).toFixed(2)} s`),
      String(took.length),
      times,
    ]);
    return took;
  };
  const visible = note("Stratafolio, commit to gold", await tradeOurs(peers, size.ours));
  for (const seconds of [1, 30])
    note(
      `Dagster and dbt build, a sensor that looks every ${seconds} s`,
      await tradeTheirs(peers, seconds, size.trades),
      visible,
    );
  await even(peers, size.ours);
  const anew = async (work: () => Promise<number>): Promise<number[]> => {
    const took: number[] = [];
    for (let repetition = 0; repetition < size.rebuilds; repetition += 1) took.push(await work());
    return took;
  };
  const whole = note(
    "stratafolio materialize --full-refresh, the whole command",
    await anew(() => timed(() => materialize(world))),
  );
  for (const command of ["run", "build"] as const)
    note(`dbt ${command}, the whole command`, await anew(() => timed(() => dbt(tools, command))), whole);
  for (const [connections, words] of [
    [1, "one connection"],
    [2, "two connections"],
  ] as const)
    note(`by hand, over ${words}`, await anew(() => rebuildByHand(world, connections)), whole);
  printTable(
    `Peers: ${world.size.users} people, on the same PostgreSQL`,
    ["", "median", "fastest", "slowest", "n", "times ours"],
    rows,
  );
  const compared = await compareGold(
    world.engine.registry.graph,
    { pool: world.pool, schema: '"default"' },
    { pool, schema },
    size.people,
  );
  printTable(
    `Gold of ${size.people} people, here and there the same to the last character`,
    ["", "rows"],
    compared.map(({ model, rows: count }) => [model, count]),
  );
}

const personOf = ({ world }: Peers, trade: number): number => 1 + ((trade * 37) % world.size.users);

/** By the program as a process; each is read back before the next is made. */
async function tradeOurs(peers: Peers, trades: number): Promise<number[]> {
  const { world } = peers;
  const program = await launchWith(world.variables);
  const watch = await GoldWatch.open(world);
  try {
    await settle(world);
    const took: number[] = [];
    for (let trade = 0; trade < trades; trade += 1)
      took.push((await watch.trade(personOf(peers, trade), dayBefore(world, trade))).seen);
    return took;
  } finally {
    watch.close();
    await stop(program);
  }
}

const trade = `
  insert into bronze.transactions (user_id, account_id, ticker, transaction_type, quantity, price, transaction_date)
  select user_id, account_id, ticker, 'BUY', 1, 30, $2
  from bronze.transactions
  where user_id = $1 and ticker is not null
  order by transaction_id
  limit 1`;

/** At moments that are spread over the sensor's interval, as those of people are. */
async function tradeTheirs(peers: Peers, seconds: number, trades: number): Promise<number[]> {
  const { world, pool, tools } = peers;
  const dagster = await startDagster(tools, seconds);
  try {
    const took: number[] = [];
    for (let index = 0; index < trades; index += 1) {
      await delay((1000 * seconds * (index + 0.5)) / trades);
      const person = personOf(peers, peers.trades);
      const wanted = (await contributionsOf(pool, person))! + 30;
      await pool.query(trade, [person, dayBefore(world, peers.trades)]);
      peers.trades += 1;
      const committed = performance.now();
      for (;;) {
        const contributions = await contributionsOf(pool, person);
        if (contributions !== null && Math.abs(contributions - wanted) < 0.005) break;
        if (performance.now() - committed > patienceMilliseconds)
          throw new Error(`no gold for person ${person}:\n${endOf(tools)}`);
        await delay(50);
      }
      took.push(performance.now() - committed);
      await dagster.settle();
    }
    return took;
  } finally {
    await dagster.stop();
  }
}

/** While dbt swaps a table, the views on it are gone: null. */
async function contributionsOf(pool: Pool, person: number): Promise<number | null> {
  try {
    const { rows } = await pool.query<{ contributions: string }>(
      `select net_contributions as contributions
       from ${schema}.gold_p_timeseries
       where user_id = $1 and price_date = $2`,
      [person, lastDay],
    );
    return rows[0] ? Number(rows[0].contributions) : null;
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === "42P01" || code === "XX000") return null; // no such table, or one that went under the query
    throw error;
  }
}

/** Both ledgers get what only the other has. */
async function even(peers: Peers, ours: number): Promise<void> {
  const { world, pool } = peers;
  const most = Math.max(ours, peers.trades);
  for (const [ledger, first] of [
    [world.pool, ours],
    [pool, peers.trades],
  ] as const)
    for (let index = first; index < most; index += 1)
      await ledger.query(trade, [personOf(peers, index), dayBefore(world, index)]);
  await world.engine.start();
  await settle(world);
  await world.engine.stop();
}

async function materialize({ variables, engine }: World): Promise<void> {
  const tables = tablesOf(engine.registry.graph).join(" ");
  const child = spawn(process.execPath, [...programWords, "materialize", "--full-refresh", "-s", tables], {
    env: { ...usualVariables, ...variables },
    stdio: "ignore",
  });
  const [code] = (await once(child, "exit")) as [number | null];
  if (code !== 0) throw new Error(`materialize ended with ${code}`);
}
