/** The program as processes on a world: starts, whole commands, and what it uses while nothing happens. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { launchWith, programWords, stop, usualVariables } from "./start.ts";
import { printTable, timed } from "./table.ts";
import { descendantsOf, type Usage, usageOf } from "./usage.ts";
import type { World } from "./world.ts";
import type { Figure } from "./yardsticks.ts";

/** The first builds every model, the others find all of it built. */
export async function measureStarts({ variables }: World, starts: number): Promise<readonly number[]> {
  const took: number[] = [];
  for (let start = 0; start < starts; start += 1) {
    const launched = await launchWith(variables);
    took.push(launched.milliseconds);
    await stop(launched);
  }
  return took;
}

/** A Node that does nothing, and one that asks a server one thing. */
const nothing = ["-e", "0"];
const oneQuestion = [
  "--input-type=module",
  "-e",
  `import pg from "pg";
   const client = new pg.Client(process.env.DATABASE_URL);
   await client.connect();
   await client.query("select 1");
   await client.end();`,
];

/** Each once before it is measured: its files are in memory then. Not so where once is all. */
export async function measureCommands(world: World, repetitions: number): Promise<Figure[]> {
  const run = async (words: readonly string[]): Promise<readonly number[]> => {
    const took: number[] = [];
    for (let repetition = repetitions > 1 ? -1 : 0; repetition < repetitions; repetition += 1) {
      const one = await timed(() => runNode(world, words));
      if (repetition >= 0) took.push(one);
    }
    return took;
  };
  const [alone, asking] = [await run(nothing), await run(oneQuestion)];
  return [
    { measure: "stratafolio --help", ours: await run([...programWords, "--help"]), floor: alone },
    { measure: "stratafolio list", ours: await run([...programWords, "list"]), floor: asking },
    { measure: "stratafolio status", ours: await run([...programWords, "status"]), floor: asking },
  ];
}

async function runNode({ variables }: World, words: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, words, {
    cwd: join(import.meta.dirname, ".."),
    env: { ...usualVariables, ...variables },
    stdio: ["ignore", "ignore", "inherit"],
  });
  const [code] = (await once(child, "exit")) as [number | null];
  if (code !== 0) throw new Error(`${words.at(-1)} ended with ${code}`);
}

/** `up`, signed in to by nobody, once what a start leaves to do is done. */
export async function measureIdle(world: World, settling: number, seconds: number): Promise<Figure[]> {
  const server = postmasterOf(world);
  const alone = await usedIn(seconds, [server]);
  const launched = await launchWith(world.variables);
  try {
    await delay(settling * 1000);
    const used = await usedIn(seconds, [launched.child.pid!, server]);
    const [program, beside] = used as [Used, Used];
    const usages: readonly (readonly [string, Used])[] = [
      ["web and orchestrator", program],
      ["PostgreSQL meanwhile", beside],
      ["PostgreSQL alone", alone[0]!],
    ];
    printTable(
      `While nothing happens, over ${seconds} s`,
      ["", "processes", "memory", "CPU"],
      usages.map(([name, { processes, proportionalMegabytes, cpu }]) => [
        name,
        processes,
        `${proportionalMegabytes.toFixed(0)} MB`,
        `${cpu.toFixed(2)} % of a core`,
      ]),
    );
    return [
      { measure: "idle, memory", ours: [program.residentMegabytes], unit: "MB" },
      { measure: "idle, CPU", ours: [program.cpu + beside.cpu], floor: [alone[0]!.cpu], unit: "%" },
    ];
  } finally {
    await stop(launched);
  }
}

interface Used extends Usage {
  /** Percent of one core. */
  readonly cpu: number;
}

/** Each with all that it started. */
async function usedIn(seconds: number, roots: readonly number[]): Promise<Used[]> {
  const look = (root: number): Usage => usageOf([root, ...descendantsOf(root)]);
  const before = roots.map(look);
  await delay(seconds * 1000);
  return roots.map((root, index) => {
    const after = look(root);
    return { ...after, cpu: (100 * (after.cpuSeconds - before[index]!.cpuSeconds)) / seconds };
  });
}

function postmasterOf({ folder }: World): number {
  return Number(readFileSync(join(folder, "postgres", "postmaster.pid"), "utf8").split("\n")[0]);
}
