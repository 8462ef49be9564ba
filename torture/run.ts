/**
 * Faults at random moments, and after each what must hold. `npm run torture` does each kind a few times; `-- --small` each
 * about once, in a minute or so, for CI; `-- --seed N --faults N [--kind TEXT]` asks for more, or for one kind; `--disk FOLDER`
 * keeps the server's files in a folder of a small file system, which is then filled up, too; `--fuzz N` sends so many requests that
 * nobody means, and no faults unless `--faults` asks for them (a few hundred are part of the short form). Prints a table, and exits with 1
 * if anything was violated.
 */
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { printTable } from "../bench/table.ts";
import { commandFaults } from "./command-faults.ts";
import { diskFull, type Fault, faults } from "./faults.ts";
import { fuzz } from "./fuzz.ts";
import { becomesCalm, checkAll } from "./invariants.ts";
import { marketFaults } from "./market-faults.ts";
import { type Moment, moments } from "./moments.ts";
import { People } from "./people.ts";
import { Random } from "./random.ts";
import { Reader } from "./readers.ts";
import { createWorld, tickers, until, type World } from "./world.ts";

const { values } = parseArgs({
  options: {
    seed: { type: "string" },
    faults: { type: "string" },
    kind: { type: "string" },
    disk: { type: "string" },
    fuzz: { type: "string" },
    small: { type: "boolean", default: false },
  },
});
const seed = Number(values.seed ?? (values.small ? 1 : Date.now() % 1_000_000));
const wanted = Number(values.faults ?? (values.small ? 14 : values.fuzz ? 0 : 60));
const fuzzed = Number(values.fuzz ?? (values.small ? 600 : 0));
/** So many in one world: its ledger and its list of tickers grow. */
const faultsOfWorld = 25;
const calmSeconds = 90;
const random = new Random(seed);

interface Tally {
  faults: number;
  violations: number;
  longest: number;
}

/** Ends after the fault that is under way, with the table of those that were. */
let interrupted = false;
for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.once(signal, () => {
    interrupted = true;
  });

const tallies = new Map<string, Tally>();
const violations: string[] = [];
let acknowledged = 0;
let looks = 0;
let longestLook = 0;

/** One fault in one moment; returns what does not hold after it, and how long it took until all was calm. */
async function suffer(world: World, people: People, reader: Reader, fault: Fault, moment: Moment) {
  people.begin();
  await moment.begin(world, people, random);
  await delay(random.between(0, moment.milliseconds));
  const began = performance.now();
  const problems = await fault.inject(world, random);
  const injected = performance.now() - began;
  problems.push(...(await people.end()));
  const answered = performance.now() - began;
  problems.push(...(await becomesCalm(world, (fault.seconds ?? calmSeconds) * 1000)));
  const milliseconds = performance.now() - began;
  // What a dead process left half built is dropped by whoever looks next, within half a minute.
  let last: string[] = [];
  const holds = async () => {
    last = await checkAll(world, people);
    return last.length === 0;
  };
  if (!(await until(holds, 40_000))) problems.push(...last);
  problems.push(...reader.take());
  for (const { deaths } of [world.web, world.orchestrators]) problems.push(...deaths.splice(0));
  return { problems, times: [injected, answered, milliseconds] as const };
}

function note(name: string, problems: readonly string[], milliseconds: number): void {
  const tally = tallies.get(name) ?? { faults: 0, violations: 0, longest: 0 };
  tally.faults += 1;
  if (problems.length > 0) tally.violations += 1;
  tally.longest = Math.max(tally.longest, milliseconds);
  tallies.set(name, tally);
}

/** Returns how many faults there were: a world that was violated is left, or what is wrong in it would be found again. */
async function tortureWorld(chosen: readonly Fault[], done: number): Promise<number> {
  const world = await createWorld(values.disk && join(values.disk, `data-${done}`));
  const people = new People(world, random, 4);
  const reader = new Reader(world);
  let suffered = 0;
  try {
    for (const investor of people.investors) await investor.signUp();
    for (const ticker of tickers) await people.investors[0]!.trade(ticker);
    violations.push(...(await becomesCalm(world, 2 * calmSeconds * 1000))); // the first histories, and macro data
    reader.begin();
    for (const [index, fault] of chosen.entries()) {
      if (interrupted) break;
      const moment = random.pick(moments);
      const { problems, times } = await suffer(world, people, reader, fault, moment);
      note(fault.name, problems, times[2]);
      const verdict = problems.length === 0 ? "" : `, ${problems.length} violations`;
      const [injected, answered, calm] = times.map((time) => `${(time / 1000).toFixed(1)} s`);
      console.log(
        `${done + index + 1} ${fault.name}, in ${moment.name}: over ${injected}, all answered ${answered}, calm ${calm}${verdict}`,
      );
      for (const problem of problems) {
        violations.push(problem);
        console.log(`    ${problem}`);
      }
      suffered += 1;
      if (problems.length > 0) break;
    }
  } finally {
    acknowledged += people.acknowledged;
    await reader.end();
    looks += reader.looks;
    longestLook = Math.max(longestLook, reader.longestMilliseconds);
    await world.close();
  }
  return suffered;
}

/** What fails a fetch may make the source wait for a minute: too long for a short run, unless it is asked for. */
const all = [
  ...faults,
  ...commandFaults,
  ...(values.disk ? [diskFull] : []),
  ...(values.small ? [] : marketFaults),
];
const known = all.filter(({ name }) => name.includes(values.kind ?? ""));
if (known.length === 0)
  throw new Error(`--kind: expected a part of ${all.map(({ name }) => name).join(", ")}`);
console.log(`seed ${seed}`);
for (let done = 0; done < wanted && !interrupted; ) {
  const chosen: Fault[] = [];
  while (chosen.length < Math.min(faultsOfWorld, wanted - done)) chosen.push(...random.shuffled(known));
  const some = chosen.slice(0, Math.min(faultsOfWorld, wanted - done));
  done += await tortureWorld(some, done);
}
if (wanted > 0) report();

function report(): void {
  const total = [...tallies.values()].reduce((sum, tally) => sum + tally.faults, 0);
  printTable(
    `Faults, seed ${seed}`,
    ["", "faults", "with violations", "longest until calm"],
    [...tallies]
      .map(([name, tally]) => [
        name,
        tally.faults,
        tally.violations,
        `${(tally.longest / 1000).toFixed(1)} s`,
      ])
      .concat([["all", total, violations.length, ""]]),
  );
  console.log(
    `\n${acknowledged} acknowledged changes, ${looks} looks of a reader, the longest ${longestLook.toFixed(0)} ms`,
  );
}
if (fuzzed > 0 && !interrupted) violations.push(...(await fuzz(fuzzed, seed, () => interrupted)));
process.exitCode = violations.length === 0 ? 0 : 1;
