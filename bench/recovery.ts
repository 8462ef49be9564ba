/** How long the program takes to be ready again after a `kill -9` in the middle of a rebuild of everything. */
import { once } from "node:events";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type pg from "pg";
import { startEmbedded } from "../src/database/embedded.ts";
import { migrate } from "../src/database/migrate.ts";
import { createPool } from "../src/database/pool.ts";
import { requestRun } from "../src/engine/index.ts";
import { type LoadSize, load } from "./load.ts";
import { type Launched, launch, stop } from "./start.ts";
import { milliseconds, printTable } from "./table.ts";

/** Asks for everything anew, waits until tables are being filled, a little longer each time, and kills the program. */
async function killInRebuild(pool: pg.Pool, { child }: Launched, restart: number): Promise<void> {
  await pool.query(
    "update orchestrator.runs set cancel_requested_at = now() where status in ('queued', 'running')",
  );
  await requestRun(pool, {
    triggerKind: "manual",
    triggerName: "bench",
    selection: "*",
    exclude: "source:*",
    fullRefresh: true,
  });
  for (let begun = false; !begun; ) {
    const { rows } = await pool.query<{ begun: boolean }>(
      "select exists (select from pg_stat_activity where state = 'active' and query like 'insert into \"materialized\"%') as begun",
    );
    begun = rows[0]!.begun;
  }
  await new Promise((resolve) => setTimeout(resolve, (restart % 5) * 200));
  const exited = once(child, "exit");
  child.kill("SIGKILL");
  await exited;
}

/** Statements of dead programs that run on still. */
async function leftBehind(pool: pg.Pool): Promise<number> {
  const { rows } = await pool.query<{ left: number }>(
    `select count(*) as left
     from pg_locks
     where locktype = 'advisory'
       and classid = 7246011
       and not exists (select from orchestrator.runs where run_id = objid::bigint and status = 'running')`,
  );
  return rows[0]!.left;
}

export async function benchRecovery(size: LoadSize, restarts: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "stratafolio-bench-"));
  chmodSync(folder, 0o755);
  // We use the server too: it stays while programs on it come and go.
  const server = await startEmbedded({ dataDirectory: folder });
  try {
    await migrate(server.connectionString);
    const pool = createPool({ connectionString: server.connectionString, applicationName: "bench", max: 2 });
    await load(pool, size);
    let program = await launch(folder);
    const first = program.milliseconds;
    await stop(program);
    program = await launch(folder);
    const orderly = program.milliseconds;
    const times: number[] = [];
    let left = 0;
    for (let restart = 0; restart < restarts; restart += 1) {
      await killInRebuild(pool, program, restart);
      program = await launch(folder);
      times.push(program.milliseconds);
      left += await leftBehind(pool);
    }
    await stop(program);
    await pool.end();
    times.sort((a, b) => a - b);
    printTable(
      `Ready again after kill -9 in a rebuild, ${restarts} restarts`,
      ["first build and start", "after an orderly stop", "fastest", "median", "slowest", "left at work"],
      [
        [first, orderly, times[0], times[Math.floor(times.length / 2)], times.at(-1)]
          .map((time) => milliseconds(time!))
          .concat(String(left)),
      ],
    );
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
