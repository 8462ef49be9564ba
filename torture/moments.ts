/** What goes on when a fault comes, beside the people's trades, deletions and imports, each of which is a single refresh. */
import { requestRun } from "../src/engine/index.ts";
import type { People } from "./people.ts";
import type { Random } from "./random.ts";
import { until, type World } from "./world.ts";

export interface Moment {
  readonly name: string;
  /** The fault comes at random within so many milliseconds after it has begun. */
  readonly milliseconds: number;
  begin(world: World, people: People, random: Random): Promise<void>;
}

let requested = 0;

async function startRun(world: World, selection: string, fullRefresh: boolean): Promise<number> {
  const runId = await requestRun(world.pool, {
    triggerKind: "manual",
    triggerName: "torture",
    selection,
    exclude: fullRefresh ? "source:*" : "",
    fullRefresh,
    requestKey: `torture ${++requested}`,
  });
  await until(async () => {
    const { rows } = await world.pool.query(
      "select from orchestrator.runs where run_id = $1 and status <> 'queued'",
      [runId],
    );
    return rows.length > 0;
  }, 10_000);
  return runId;
}

/** A table is full, and waits for the others to be published with it. */
async function waitForFilled(world: World, runId: number): Promise<void> {
  const nearlyThere = `select
    from orchestrator.runs
    where run_id = $1
      and (status <> 'running' or (select count(filled_at) from orchestrator.steps where run_id = $1) > 5)`;
  await until(async () => (await world.pool.query(nearlyThere, [runId])).rows.length > 0, 20_000);
}

let listed = 0;

export const moments: readonly Moment[] = [
  { name: "single refreshes", milliseconds: 800, begin: async () => {} },
  {
    name: "rebuild",
    milliseconds: 2500,
    begin: async (world) => void (await startRun(world, "*", true)),
  },
  {
    name: "publication",
    milliseconds: 400,
    begin: async (world) => await waitForFilled(world, await startRun(world, "*", true)),
  },
  {
    name: "backfill",
    milliseconds: 1500,
    begin: async (world, people, random) => {
      const ticker = `NEW${++listed}`;
      world.addTicker(ticker);
      await random.pick(people.investors).trade(ticker);
    },
  },
  {
    name: "ingestion",
    milliseconds: 1500,
    begin: async (world) => void (await startRun(world, "raw_prices+", false)),
  },
];
