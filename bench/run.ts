/**
 * Runs every bench and prints a table of each. `npm run bench` takes minutes; `npm run bench -- --small` runs each once
 * on little data, so that CI sees that none of them is broken.
 */
import { parseArgs } from "node:util";
import { benchLatency } from "./latency.ts";
import { fullSize, smallSize } from "./load.ts";
import { benchRebuild } from "./rebuild.ts";
import { benchStart } from "./start.ts";
import { milliseconds, printTable } from "./table.ts";
import { createWorld } from "./world.ts";

const { small } = parseArgs({ options: { small: { type: "boolean", default: false } } }).values;

await benchStart();
const size = small ? smallSize : fullSize;
const began = performance.now();
const world = await createWorld(size);
const loaded = performance.now();
try {
  const run = await world.engine.deploy();
  if (run?.status !== "succeeded") throw new Error(`the first build ${run?.status}: ${run?.error}`);
  const { users, positions, years } = size;
  printTable(
    `${users} people x ${positions} positions x ${years} years`,
    ["", "time"],
    [
      ["load", milliseconds(loaded - began)],
      ["first build", milliseconds(performance.now() - loaded)],
    ],
  );
  await benchLatency(world, small ? 20 : 200);
  await benchRebuild(world);
} finally {
  await world.close();
}
