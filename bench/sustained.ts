/** People trade for some time, and each trade is looked for in gold; then all of it is compared with what its SELECTs give. */
import { setTimeout as delay } from "node:timers/promises";
import type { Scope } from "../src/engine/index.ts";
import { Hand, type Scopes, scopesOf, tablesOf } from "./floor.ts";
import { dayBefore, settle } from "./latency.ts";
import { GoldWatch, type Seen } from "./visible.ts";
import type { World } from "./world.ts";
import type { Figure } from "./yardsticks.ts";

/** Commits a second, at even distances, whether or not what came before is in gold. */
export const writesASecond = 5;

/** The engine is at work. */
export async function measureSustained(world: World, seconds: number): Promise<Figure[]> {
  const watch = await GoldWatch.open(world);
  try {
    const seen: Promise<Seen>[] = [];
    const people = new Set<number>();
    const began = performance.now();
    for (let write = 0; write < seconds * writesASecond; write += 1) {
      await delay(Math.max(0, began + (1000 * write) / writesASecond - performance.now()));
      const person = 1 + ((write * 7919) % world.size.users);
      people.add(person);
      seen.push((await watch.commit(person, dayBefore(world, write))).seen);
    }
    const all = await Promise.all(seen);
    await settle(world);
    await requireClean(world, people);
    const floor = await byHand(world, new Set(all.map(({ runId }) => runId)));
    const ours = all.map((each) => each.seen);
    return [
      { measure: "sustained writes, freshness p50", ours, floor },
      { measure: "sustained writes, freshness p99", ours, floor, share: 0.99 },
    ];
  } finally {
    watch.close();
  }
}

/** What each of the refreshes computed, computed again. */
async function byHand(world: World, runs: ReadonlySet<number>): Promise<number[]> {
  const hand = await Hand.take(world);
  try {
    const scopes: Scopes[] = [];
    for (const run of runs) scopes.push(await scopesOf(world, run));
    for (const each of scopes.slice(0, 10)) await hand.select(each); // plans are made
    const took: number[] = [];
    for (const each of scopes) took.push(await hand.select(each));
    return took;
  } finally {
    hand.release();
  }
}

/** All that is stored of who traded, and of what is nobody's, is what its SELECT gives. */
async function requireClean({ engine }: World, people: ReadonlySet<number>): Promise<void> {
  const assets = tablesOf(engine.registry.graph);
  const theirs: Scope = { partitions: [...people].map(String), since: null };
  const scopes = new Map(
    assets.flatMap((name): [string, Scope][] =>
      engine.registry.graph.get(name).asset.partitionBy === "user_id" ? [[name, theirs]] : [],
    ),
  );
  for (const { asset, differing, waiting } of await engine.verify({ assets, scopes }))
    if (differing + waiting > 0) throw new Error(`${asset}: ${differing} rows differ, ${waiting} wait`);
}
