/** What the engine takes besides PostgreSQL: a step that finds nothing to write, and a plan of a large graph. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadRegistry, plan, readStates, type Scope, select } from "../src/engine/index.ts";
import { Hand } from "./floor.ts";
import { synthetic, writeBodies } from "./synthetic.ts";
import { timed } from "./table.ts";
import type { World } from "./world.ts";
import type { Figure } from "./yardsticks.ts";

/** Of one person, a table that is quickly computed, and right. */
const table = "int_detailed_ledgers";
const scope: Scope = { partitions: ["1"], since: null };

export async function measureStep(world: World, repetitions: number): Promise<Figure> {
  const hand = await Hand.take(world);
  try {
    const scopes = new Map([[table, scope]]);
    const [ours, floor]: [number[], number[]] = [[], []];
    for (let repetition = -3; repetition < repetitions; repetition += 1) {
      const took = await timed(() => runStep(world));
      const byHand = await hand.select(scopes);
      if (repetition < 0) continue;
      ours.push(took);
      floor.push(byHand);
    }
    return { measure: "a step that does nothing", ours, floor };
  } finally {
    hand.release();
  }
}

async function runStep({ engine }: World): Promise<void> {
  const run = await engine.run({
    triggerKind: "manual",
    triggerName: "bench",
    selection: table,
    partitions: ["1"],
  });
  const [step] = run.steps;
  if (run.status !== "succeeded" || run.steps.length !== 1)
    throw new Error(`the run ${run.status}: ${run.error}`);
  if ((step!.rowsInserted ?? 0) + (step!.rowsUpdated ?? 0) + (step!.rowsDeleted ?? 0) > 0)
    throw new Error(`expected nothing to be written, got ${JSON.stringify(step)}`);
}

/** Of everything, on a database that has nothing of it. */
export async function measurePlan({ pool, surroundings }: World, models: number): Promise<Figure> {
  const folder = mkdtempSync(join(tmpdir(), "stratafolio-bench-"));
  try {
    const made = synthetic("deep", models);
    writeBodies(folder, made);
    const { graph } = await loadRegistry(made.definitions, { bodiesFolder: folder });
    const ours: number[] = [];
    for (let repetition = -1; repetition < 5; repetition += 1) {
      const states = await readStates(pool, graph, surroundings.clock());
      const took = await timed(async () => {
        const selected = select(graph, { select: ["*"], stale: new Set() });
        const steps = plan(graph, states, { selected, scope, fullRefresh: false });
        if (steps.length < models) throw new Error(`expected ${models} steps, got ${steps.length}`);
      });
      if (repetition >= 0) ours.push(took);
    }
    return { measure: "plan of 5,000 assets", ours };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
