/** The market fails: what was stored before stays right, and what was asked for comes once it is well. */
import { setTimeout as delay } from "node:timers/promises";
import { requestRun } from "../src/engine/index.ts";
import type { FailureMode, RequestKind } from "../tests/support/replay-server.ts";
import type { Fault } from "./faults.ts";
import type { Random } from "./random.ts";
import type { World } from "./world.ts";

const charts: readonly FailureMode[] = [
  "404",
  "429",
  "500",
  "html200",
  "truncated",
  "cut",
  "reset",
  "nulls",
  "duplicate",
  "empty",
  "nullresult",
  "schema",
  "mutated",
];
const macro: readonly FailureMode[] = [
  "429",
  "500",
  "html200",
  "truncated",
  "cut",
  "reset",
  "empty",
  "mutated",
];

let asked = 0;

async function failing(
  { market, pool }: World,
  random: Random,
  kind: RequestKind,
  mode: FailureMode,
  selection: string,
): Promise<string[]> {
  market.fail(kind, mode, random.between(1, 4), { retryAfterSeconds: 1 });
  await requestRun(pool, {
    triggerKind: "manual",
    triggerName: "torture",
    selection,
    requestKey: `torture market ${++asked}`,
  });
  await delay(random.between(500, 3000));
  market.recover();
  return [];
}

/** A failed fetch is repeated, here soon, and the source itself may be left alone for a minute and more. */
const seconds = 240;

export const marketFaults: readonly Fault[] = [
  ...charts.map(
    (mode): Fault => ({
      name: `prices: ${mode}`,
      seconds,
      inject: (world, random) => failing(world, random, "chart", mode, "raw_prices+"),
    }),
  ),
  ...macro.map(
    (mode): Fault => ({
      name: `macro data: ${mode}`,
      seconds,
      inject: (world, random) => failing(world, random, "fredCsv", mode, "raw_fred+"),
    }),
  ),
];
