/**
 * Runs every bench, prints a table of each and writes all of them to results.md.
 *
 *   npm run bench                              takes hours: 100, 1,000 and 10,000 people among others
 *   npm run bench -- --people 100              with other numbers of people, by comma
 *   npm run bench -- --only people,accounts    some parts; the others stay in results.md as they are
 *   npm run bench -- --peers                   others' programs on our models besides, which are installed for that
 *   npm run bench -- --small                   each once on little data, so that CI sees that none of them is broken
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { benchAccounts } from "./accounts.ts";
import { benchBurst } from "./burst.ts";
import { benchDashboard } from "./dashboard.ts";
import { benchOvertaking } from "./latency.ts";
import {
  dashboardSize,
  fullSize,
  type LoadSize,
  personSize,
  recoverySize,
  smallPersonSize,
  smallSize,
} from "./load.ts";
import { benchLots } from "./lots.ts";
import { benchPeers, type PeersSize } from "./peers/peers.ts";
import {
  benchApart,
  benchPeople,
  fullEffort,
  largeEffort,
  smallEffort,
  smallPersonEffort,
} from "./people.ts";
import { benchRecovery } from "./recovery.ts";
import { takenNow, writeResults } from "./results.ts";
import { benchScale } from "./scale.ts";
import { benchStart } from "./start.ts";
import { milliseconds, printTable, timed } from "./table.ts";
import { build, createWorld, type World } from "./world.ts";

const { small, only, people, peers } = parseArgs({
  options: {
    small: { type: "boolean", default: false },
    only: { type: "string" },
    people: { type: "string", default: "100,1000,10000" },
    peers: { type: "boolean", default: false },
  },
}).values;

/** What a small run takes says nothing: it is written beside, and kept by nobody. */
const path = join(import.meta.dirname, small ? "results-small.md" : "results.md");
/** From so many on, one rebuild takes minutes. */
const large = 5000;

const peersSize: LoadSize = { ...fullSize, users: 100 };
/** Not the world of other parts: both ledgers begin alike. */
const smallPeersSize: LoadSize = { ...smallSize };
const fullPeers: PeersSize = { trades: 4, ours: 60, rebuilds: 3, people: 20 };
const smallPeers: PeersSize = { trades: 1, ours: 3, rebuilds: 1, people: 3 };

interface Part {
  /** As `--only` has it. */
  readonly name: string;
  readonly heading: string;
  readonly run: () => Promise<void>;
}

let open: { readonly size: LoadSize; readonly world: World } | null = null;

/** A world of that size: the one before, if it was of the same. */
async function on(size: LoadSize, work: (world: World) => Promise<void>): Promise<void> {
  if (open?.size !== size) {
    await closeWorld();
    open = { size, world: await createWorld(size) };
  }
  await work(open.world);
}

/** With no other server beside it. */
async function alone(work: () => Promise<void>): Promise<void> {
  await closeWorld();
  await work();
}

async function closeWorld(): Promise<void> {
  await open?.world.close();
  open = null;
}

function countOf(text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new Error(`expected numbers of people, by comma, got: ${people}`);
  return Number(text);
}

function peopleParts(): Part[] {
  const sizes = small
    ? [smallSize]
    : people.split(",").map((users): LoadSize => ({ ...fullSize, users: countOf(users) }));
  return sizes.map((size) => ({
    name: "people",
    heading: `${size.users.toLocaleString("en-US")} people`,
    run: () =>
      on(size, (world) =>
        benchPeople(world, small ? smallEffort : size.users < large ? fullEffort : largeEffort),
      ),
  }));
}

async function benchBusy(world: World): Promise<void> {
  printTable(
    "A world of its own",
    ["", "time"],
    [["first build", milliseconds(await timed(() => build(world)))]],
  );
  await benchOvertaking(world);
  await benchLots(world, small ? [1000, 2000] : [1000, 10_000, 50_000]);
  await benchBurst(world, small ? 300 : 3000, small ? 1 : 5);
}

async function benchDashboards(world: World): Promise<void> {
  await build(world);
  await benchDashboard(
    world,
    small ? { trades: 2, looks: 6, seconds: 0.3 } : { trades: 40, looks: 300, seconds: 5 },
  );
}

const parts: readonly Part[] = [
  ...peopleParts(),
  {
    name: "apart",
    heading: "Histories, and a large graph",
    run: () =>
      on(smallSize, (world) =>
        benchApart(
          world,
          small
            ? { models: 500, tickers: 4, years: 2, times: 1 }
            : { models: 5000, tickers: 40, years: 20, times: 3 },
        ),
      ),
  },
  { name: "busy", heading: "Batches and bursts", run: () => on(small ? smallSize : recoverySize, benchBusy) },
  {
    name: "dashboard",
    heading: "A dashboard",
    run: () => on(small ? smallSize : dashboardSize, benchDashboards),
  },
  {
    name: "person",
    heading: "One person",
    run: () =>
      on(small ? smallPersonSize : personSize, (world) =>
        benchPeople(world, small ? smallPersonEffort : fullEffort),
      ),
  },
  {
    name: "accounts",
    heading: "Accounts and currencies",
    run: () => alone(() => benchAccounts(small ? smallSize : { ...recoverySize, users: 40 }, small ? 3 : 60)),
  },
  { name: "start", heading: "Start", run: () => alone(() => benchStart(small ? 500 : 5000)) },
  {
    name: "recovery",
    heading: "Recovery",
    run: () =>
      alone(() => benchRecovery(small ? { ...recoverySize, users: 30 } : recoverySize, small ? 1 : 20)),
  },
  {
    name: "scale",
    heading: "Large graphs",
    run: () => alone(() => benchScale(small ? [100] : [500, 2000, 5000])),
  },
  {
    name: "peers",
    heading: "Peers",
    run: () =>
      on(small ? smallPeersSize : peersSize, async (world) => {
        await build(world);
        await benchPeers(world, small ? smallPeers : fullPeers);
      }),
  },
];

const names = new Set(parts.map(({ name }) => name));
const usual = [...names].filter((name) => name !== "peers");
const wanted = new Set([...(only?.split(",") ?? usual), ...(peers ? ["peers"] : [])]);
for (const name of wanted)
  if (!names.has(name)) throw new Error(`expected parts among ${[...names].join(", ")}, got: ${name}`);
try {
  for (const { name, heading, run } of parts) {
    if (!wanted.has(name)) continue;
    const taken = takenNow();
    const took = await timed(run);
    console.log(`\n(${heading} took ${Math.round(took / 1000)} s)`);
    writeResults(path, heading, taken);
  }
} finally {
  await closeWorld();
}
