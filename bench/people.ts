/** All yardsticks of one world: so many people, or one with a long history. */

import { measureHistories } from "./histories.ts";
import { measureImports } from "./imports.ts";
import { measureLatency, settle, type Trades } from "./latency.ts";
import type { LoadSize } from "./load.ts";
import { measureNewDay } from "./new-day.ts";
import { measureCommands, measureIdle, measureStarts } from "./processes.ts";
import { measureReads } from "./reads.ts";
import { measureRebuild } from "./rebuild.ts";
import { measurePlan, measureStep } from "./steps.ts";
import { measureSustained, writesASecond } from "./sustained.ts";
import { build, type World } from "./world.ts";
import { type Figure, printYardsticks } from "./yardsticks.ts";

/** How often, how long and how much: more of it tells more, and nothing of what is measured depends on it. */
export interface Effort {
  readonly trades: Trades;
  readonly rebuilds: number;
  readonly days: number;
  /** Of sustained writes. */
  readonly seconds: number;
  readonly rows: number;
  readonly files: number;
  readonly looks: number;
  readonly requestSeconds: number;
  readonly starts: number;
  readonly commands: number;
  readonly steps: number;
  readonly settlingSeconds: number;
  readonly idleSeconds: number;
}

export const fullEffort: Effort = {
  trades: { single: 200, farBack: 200 },
  rebuilds: 3,
  days: 3,
  seconds: 30,
  rows: 5000,
  files: 3,
  looks: 20,
  requestSeconds: 5,
  starts: 4,
  commands: 5,
  steps: 20,
  settlingSeconds: 10,
  idleSeconds: 30,
};

/** Where one rebuild takes minutes. */
export const largeEffort: Effort = { ...fullEffort, rebuilds: 1, starts: 2, files: 1 };

export const smallEffort: Effort = {
  trades: { single: 4, farBack: 20 },
  rebuilds: 1,
  days: 1,
  seconds: 1,
  rows: 100,
  files: 1,
  looks: 3,
  requestSeconds: 0.3,
  starts: 2,
  commands: 1,
  steps: 3,
  settlingSeconds: 0.5,
  idleSeconds: 1,
};

/** What was seen of as many people already is left out. */
export const smallPersonEffort: Effort = {
  ...smallEffort,
  trades: { single: 2, farBack: 12 },
  starts: 0,
  commands: 0,
  idleSeconds: 0,
};

export function describeSize({ users, tickers, positions, trades, years }: LoadSize): string {
  const people = users === 1 ? "one person" : `${users.toLocaleString("en-US")} people`;
  const whole = (positions * trades).toLocaleString("en-US");
  return `${people}, each ${whole} trades in ${positions} of ${tickers} tickers over ${years} years`;
}

/** On a world that is loaded and not built yet. */
export async function benchPeople(world: World, effort: Effort): Promise<void> {
  const [first, ...again] = await measureStarts(world, effort.starts);
  await build(world); // nothing, after a start
  const rebuilds = await measureRebuild(world, effort.rebuilds);
  const figures: Figure[] = [
    { measure: "first start on a loaded database", ours: [first ?? []].flat(), floor: rebuilds.floor },
    { measure: "start when all is built", ours: again },
    ...rebuilds.figures,
  ];
  await world.engine.start();
  try {
    await settle(world);
    figures.push(
      ...(await measureLatency(world, effort.trades)),
      ...(await measureSustained(world, effort.seconds)),
      ...(await measureNewDay(world, effort.days)),
      ...(await measureReads(world, effort.looks, effort.requestSeconds)),
      await measureStep(world, effort.steps),
      ...(await measureImports(world, effort.rows, effort.files)),
    );
  } finally {
    await world.engine.stop();
  }
  if (effort.commands > 0) figures.push(...(await measureCommands(world, effort.commands)));
  if (effort.idleSeconds > 0)
    figures.push(...(await measureIdle(world, effort.settlingSeconds, effort.idleSeconds)));
  const { rows, seconds } = effort;
  printYardsticks(
    `${describeSize(world.size)}; files of ${rows} trades, ${writesASecond} writes a second for ${seconds} s`,
    figures.filter(({ ours }) => ours.length > 0),
  );
}

/** What has nothing to do with how many people there are. */
export async function benchApart(
  world: World,
  size: { readonly models: number; readonly tickers: number; readonly years: number; readonly times: number },
): Promise<void> {
  const { models, tickers, years } = size;
  printYardsticks(
    `${tickers} first histories of ${years} years each; a synthetic graph of ${models} models`,
    [...(await measureHistories(world, size)), await measurePlan(world, models)],
  );
}
