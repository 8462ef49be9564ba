/** Every table made anew by the engine, with checks and publication, beside the same SELECTs by hand. */
import { rebuildByHand, tablesOf } from "./floor.ts";
import { timed } from "./table.ts";
import type { World } from "./world.ts";
import type { Figure } from "./yardsticks.ts";

export interface Rebuilds {
  readonly figures: Figure[];
  /** Over two connections. */
  readonly floor: readonly number[];
}

/** By turns, after one of each that nobody measures. */
export async function measureRebuild(world: World, repetitions: number): Promise<Rebuilds> {
  const byEngine: number[] = [];
  const one: number[] = [];
  const two: number[] = [];
  for (let repetition = repetitions > 1 ? -1 : 0; repetition < repetitions; repetition += 1) {
    const took = [
      await timed(() => rebuildByEngine(world)),
      await rebuildByHand(world, 1),
      await rebuildByHand(world, 2),
    ] as const;
    if (repetition < 0) continue;
    byEngine.push(took[0]);
    one.push(took[1]);
    two.push(took[2]);
  }
  return {
    floor: two,
    figures: [
      { measure: "rebuild of all tables, beside one connection", ours: byEngine, floor: one },
      { measure: "rebuild of all tables, beside two connections", ours: byEngine, floor: two },
    ],
  };
}

async function rebuildByEngine({ engine }: World): Promise<void> {
  const run = await engine.run({
    triggerKind: "manual",
    triggerName: "bench",
    selection: tablesOf(engine.registry.graph).join(" "),
    fullRefresh: true,
  });
  if (run.status !== "succeeded") throw new Error(`the rebuild ${run.status}: ${run.error}`);
}
