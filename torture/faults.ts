/** The faults. Each is over, as far as its cause goes, when `inject` resolves: what is left is the program's to mend. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { findInstallation } from "../src/database/installation.ts";
import type { Random } from "./random.ts";
import { databaseIsUp, type World } from "./world.ts";

export interface Fault {
  readonly name: string;
  /** How long it may take until all is calm. */
  readonly seconds?: number;
  /** Returns what must not have happened. */
  inject(world: World, random: Random): Promise<string[]>;
}

/** A kill -9 of so many of each, which are then started again as by a supervisor. */
function killed(name: string, web: boolean, orchestrator: boolean): Fault {
  return {
    name,
    inject: async (world) => {
      const victims = [...(web ? [world.web] : []), ...(orchestrator ? [world.orchestrators] : [])];
      const counts = victims.map(({ count }) => count);
      await Promise.all(victims.map((processes) => processes.kill()));
      await Promise.all(victims.map((processes, index) => processes.scale(counts[index]!)));
      return [];
    },
  };
}

const postmasterOf = ({ dataDirectory }: World): number =>
  Number(readFileSync(join(dataDirectory, "postgres/postmaster.pid"), "utf8").split("\n")[0]);

/** The program's own connections; null: none. */
async function backend({ pool }: World, random: Random): Promise<number | null> {
  const { rows } = await pool.query<{ pid: number }>(
    `select pid
     from pg_stat_activity
     where datname = current_database() and application_name like 'stratafolio%' and application_name <> 'stratafolio server use'
     order by pid`,
  );
  return rows.length === 0 ? null : random.pick(rows).pid;
}

async function isBack(world: World): Promise<string[]> {
  return (await databaseIsUp(world)) ? [] : ["the database did not come back"];
}

const server: readonly Fault[] = [
  {
    name: "PostgreSQL stopped hard (immediate)",
    inject: async (world) => {
      const folder = join(world.dataDirectory, "postgres");
      const { pgCtl, user } = await findInstallation(folder);
      const stop = spawn(pgCtl, ["stop", "-D", folder, "-m", "immediate", "-w"], { ...user, cwd: "/" });
      await once(stop, "exit");
      return await isBack(world);
    },
  },
  {
    name: "kill -9 of the postmaster",
    inject: async (world) => {
      process.kill(postmasterOf(world), "SIGKILL");
      return await isBack(world);
    },
  },
  {
    name: "kill -9 of a backend",
    inject: async (world, random) => {
      const pid = await backend(world, random);
      if (pid !== null) process.kill(pid, "SIGKILL");
      await delay(200);
      return await isBack(world);
    },
  },
  {
    name: "connection ended by the server",
    inject: async (world, random) => {
      const pid = await backend(world, random);
      await world.pool.query("select pg_terminate_backend($1)", [pid]);
      return [];
    },
  },
];

const connections: readonly Fault[] = [
  {
    name: "connections cut",
    inject: async ({ relay }) => {
      relay.cut();
      return [];
    },
  },
  {
    name: "connections half open, then cut",
    inject: async ({ relay }, random) => {
      relay.swallow();
      await delay(random.between(500, 6000));
      relay.cut();
      return [];
    },
  },
  {
    name: "NOTIFY lost",
    inject: async ({ pool, relay }) => {
      const { rows } = await pool.query<{ port: number }>(
        "select client_port as port from pg_stat_activity where query ilike 'listen %' and application_name = 'stratafolio orchestrator'",
      );
      for (const { port } of rows) relay.swallow(port);
      return [];
    },
  },
];

/** Others join, work beside it, and are killed. */
function joined(name: string, count: number): Fault {
  return {
    name,
    inject: async ({ orchestrators }, random) => {
      await orchestrators.scale(count);
      await delay(random.between(0, 1500));
      await orchestrators.kill(count - 1);
      return [];
    },
  };
}

/** A model's file is broken while people trade, and the orchestrator is killed and comes back with it; then it is mended. */
function broken(name: string, breakBody: (body: string) => string): Fault {
  return {
    name,
    inject: async ({ program, orchestrators }, random) => {
      const file = join(
        program,
        "sql-models",
        random.pick([
          "staging/stg_transactions.sql",
          "intermediate/int_holding_periods.sql",
          "gold/gold_ticker_kpis.sql",
        ]),
      );
      const body = readFileSync(file, "utf8");
      writeFileSync(file, breakBody(body));
      try {
        await delay(random.between(0, 1000));
        await orchestrators.kill();
        await orchestrators.scale(1);
      } finally {
        writeFileSync(file, body);
      }
      await orchestrators.kill();
      await orchestrators.scale(1);
      return [];
    },
  };
}

/** A view's lock takes those of its tables one by one: whoever reads them in another order may win, and the session asks again. */
async function beginAgain(client: pg.Client, begin: string): Promise<void> {
  for (;;)
    try {
      await client.query(begin);
      return;
    } catch (error) {
      if ((error as pg.DatabaseError).code !== "40P01") throw error;
      await client.query("rollback");
    }
}

/** A session of somebody's, in a transaction, for as long as `work` takes. */
async function within(
  { serverUrl }: World,
  begin: string,
  work: (client: pg.Client) => Promise<string[]>,
): Promise<string[]> {
  const client = new pg.Client({ connectionString: serverUrl });
  client.on("error", () => {});
  await client.connect();
  try {
    await beginAgain(client, begin);
    return await work(client);
  } finally {
    await client.end();
  }
}

const figures = `select md5(string_agg(md5(kpis::text), '' order by user_id, ticker)) as figures from gold_ticker_kpis as kpis`;

const sessions: readonly Fault[] = [
  {
    name: "long reader",
    inject: (world, random) =>
      within(world, "begin isolation level repeatable read, read only", async (client) => {
        const read = async () => (await client.query<{ figures: string }>(figures)).rows[0]!.figures;
        const first = await read();
        await delay(random.between(500, 4000));
        return first === (await read()) ? [] : ["a snapshot changed while it was read"];
      }),
  },
  ...["bronze.transactions", "orchestrator.changes", "public.users", '"default".gold_ticker_kpis'].map(
    (table): Fault => ({
      name: "lock wait",
      inject: (world, random) =>
        within(world, `begin; lock table ${table} in access exclusive mode`, async () => {
          await delay(random.between(200, 3000));
          return [];
        }),
    }),
  ),
];

export const faults: readonly Fault[] = [
  killed("kill -9 of the web", true, false),
  killed("kill -9 of the orchestrator", false, true),
  killed("kill -9 of both", true, true),
  ...server,
  ...connections,
  joined("two orchestrators, one killed", 2),
  joined("five orchestrators, four killed", 5),
  broken("model that does not parse", () => "select from where"),
  broken("model that fails at work", (body) => body.replace(/\nselect\n/, "\nselect 1 / 0 as broken,\n")),
  ...sessions,
];

/** Writes until nothing more fits beside the server's files, waits, and makes room again. */
export const diskFull: Fault = {
  name: "disk full",
  inject: async (world, random) => {
    const filler = join(world.dataDirectory, "filler");
    const file = openSync(filler, "w");
    const block = Buffer.alloc(65_536, 1);
    try {
      for (;;) writeSync(file, block);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
      await delay(random.between(500, 4000));
    } finally {
      closeSync(file);
      rmSync(filler);
    }
    return await isBack(world);
  },
};
