/** People trade for some time, and each trade is looked for in gold; then all of it is compared with what its SELECTs give. */
import { setTimeout as delay } from "node:timers/promises";
import { tablesOf } from "./floor.ts";
import { dayBefore, settle } from "./latency.ts";
import { GoldWatch, type Seen } from "./visible.ts";
import type { World } from "./world.ts";
import type { Figure } from "./yardsticks.ts";

/** Commits a second, at even distances, whether or not what came before is in gold. */
export const writesASecond = 10;

/** The engine is at work. */
export async function measureSustained(world: World, seconds: number): Promise<Figure[]> {
  const watch = await GoldWatch.open(world);
  try {
    const seen: Promise<Seen>[] = [];
    const began = performance.now();
    for (let write = 0; write < seconds * writesASecond; write += 1) {
      await delay(Math.max(0, began + (1000 * write) / writesASecond - performance.now()));
      const person = 1 + ((write * 7919) % world.size.users);
      seen.push((await watch.commit(person, dayBefore(world, write))).seen);
    }
    const freshness = (await Promise.all(seen)).map((each) => each.seen);
    await requireClean(world);
    return [
      { measure: "sustained writes, freshness p50", ours: freshness },
      { measure: "sustained writes, freshness p99", ours: freshness, share: 0.99 },
    ];
  } finally {
    watch.close();
  }
}

async function requireClean(world: World): Promise<void> {
  await settle(world);
  const { engine } = world;
  for (const { asset, differing, waiting } of await engine.verify({
    assets: tablesOf(engine.registry.graph),
  }))
    if (differing + waiting > 0) throw new Error(`${asset}: ${differing} rows differ, ${waiting} wait`);
}
