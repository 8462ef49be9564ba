/**
 * Runs every bench and prints a table of each. `npm run bench` takes minutes; `npm run bench -- --small` runs each once
 * on little data, so that CI sees that none of them is broken.
 */
import { parseArgs } from "node:util";
import { benchAccounts } from "./accounts.ts";
import { benchBurst } from "./burst.ts";
import { benchDashboard } from "./dashboard.ts";
import { benchLatency } from "./latency.ts";
import { dashboardSize, fullSize, recoverySize, smallSize } from "./load.ts";
import { benchLots } from "./lots.ts";
import { benchRebuild } from "./rebuild.ts";
import { benchRecovery } from "./recovery.ts";
import { benchScale } from "./scale.ts";
import { benchStart } from "./start.ts";
import { milliseconds, printTable } from "./table.ts";
import { createWorld } from "./world.ts";

const { small } = parseArgs({ options: { small: { type: "boolean", default: false } } }).values;

await benchStart();
await benchScale(small ? [500] : [500, 2000, 5000]);
await benchRecovery(recoverySize, small ? 2 : 20);
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
  await benchLots(world, small ? [1000, 2000] : [1000, 10_000, 50_000]);
  await benchBurst(world, small ? 300 : 3000, small ? 1 : 5);
  if (small) await benchDashboard(world, { trades: 3, looks: 10, seconds: 0.5 });
} finally {
  await world.close();
}
await benchAccounts(small ? smallSize : { ...recoverySize, users: 40 }, small ? 3 : 60);
if (!small) {
  const long = await createWorld(dashboardSize);
  try {
    await long.engine.deploy();
    await benchDashboard(long, { trades: 40, looks: 300, seconds: 5 });
  } finally {
    await long.close();
  }
}
