/** Dagster's daemon with the sensor over the ledger, and what its own records say. */
import { once } from "node:events";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as delay } from "node:timers/promises";
import { descendantsOf } from "../usage.ts";
import { begin, endOf, type Tools } from "./tools.ts";

const definitions = join(import.meta.dirname, "definitions.py");
const patienceMilliseconds = 300_000;

export interface Dagster {
  /** Once no run is under way. Throws when the last one failed. */
  settle(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * With the sensor's first look done. `seconds`: how often it looks. Below 30, its default, all is set for speed: threads
 * look, and runs are launched at once, not by a queue that is looked at every five seconds.
 */
export async function startDagster(tools: Tools, seconds: number): Promise<Dagster> {
  const home = join(tools.folder, `dagster-${seconds}`);
  mkdirSync(home);
  const quick =
    seconds < 30
      ? "sensors: {use_threads: true, num_workers: 2}\n" +
        "run_coordinator: {module: dagster._core.run_coordinator, class: DefaultRunCoordinator}\n"
      : "";
  writeFileSync(join(home, "dagster.yaml"), `telemetry: {enabled: false}\n${quick}`);
  const child = begin(tools, "dagster-daemon", ["run", "-f", definitions], {
    DAGSTER_HOME: home,
    SENSOR_SECONDS: String(seconds),
  });
  const ended = once(child, "exit");
  const until = async (holds: () => boolean): Promise<void> => {
    const deadline = performance.now() + patienceMilliseconds;
    while (!holds()) {
      if (child.exitCode !== null || performance.now() > deadline)
        throw new Error(`Dagster does not go on:\n${endOf(tools)}`);
      await delay(200);
    }
  };
  await until(() => statuses(home, "schedules/schedules.db", "job_ticks").some(isLook));
  return {
    settle: async () => {
      await until(() => statuses(home, "history/runs.db", "runs").every(isOver));
      const last = statuses(home, "history/runs.db", "runs").at(-1);
      if (last !== "SUCCESS") throw new Error(`Dagster's run ended as ${last}:\n${endOf(tools)}`);
    },
    stop: async () => {
      const family = descendantsOf(child.pid!);
      child.kill("SIGTERM");
      await ended;
      for (const pid of family) endProcess(pid); // its servers of code outlive it for a while
    },
  };
}

const isLook = (status: string): boolean => status === "SKIPPED" || status === "SUCCESS";
const isOver = (status: string): boolean =>
  status === "SUCCESS" || status === "FAILURE" || status === "CANCELED";

/** Of its own records, oldest first; none while they are not there yet. */
function statuses(home: string, file: string, table: string): string[] {
  const path = join(home, file);
  if (!existsSync(path)) return [];
  const database = new DatabaseSync(path, { readOnly: true, timeout: 10_000 });
  try {
    return database
      .prepare(`select status from ${table} order by id`)
      .all()
      .map(({ status }) => String(status));
  } catch (error) {
    if (error instanceof Error && error.message.includes("no such table")) return [];
    throw error;
  } finally {
    database.close();
  }
}

function endProcess(pid: number): void {
  try {
    process.kill(pid, "SIGTERM");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
