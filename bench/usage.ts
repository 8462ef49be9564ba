/** What processes use, as Linux says; NaN elsewhere. */
import { readdirSync, readFileSync } from "node:fs";

export interface Usage {
  readonly processes: number;
  readonly residentMegabytes: number;
  /** The same with what several share divided among them; NaN where another user's may not be asked for. */
  readonly proportionalMegabytes: number;
  /** Since they began, with what ended children of theirs used. */
  readonly cpuSeconds: number;
}

/** The kernel's unit of time for these files, on every Linux that Node runs on. */
const ticksASecond = 100;

export function usageOf(pids: readonly number[]): Usage {
  if (process.platform !== "linux")
    return {
      processes: Number.NaN,
      residentMegabytes: Number.NaN,
      proportionalMegabytes: Number.NaN,
      cpuSeconds: Number.NaN,
    };
  const each = pids.map((one) => ({
    resident: Number(/VmRSS:\s+(\d+) kB/.exec(read(one, "status"))?.[1] ?? 0) / 1024,
    proportional: Number(/^Pss:\s+(\d+) kB/m.exec(read(one, "smaps_rollup"))?.[1] ?? Number.NaN) / 1024,
    cpu: statOf(one)
      .slice(11, 15)
      .reduce((sum, ticks) => sum + Number(ticks), 0),
  }));
  return {
    processes: pids.length,
    residentMegabytes: each.reduce((sum, { resident }) => sum + resident, 0),
    proportionalMegabytes: each.reduce((sum, { proportional }) => sum + proportional, 0),
    cpuSeconds: each.reduce((sum, { cpu }) => sum + cpu, 0) / ticksASecond,
  };
}

/** Empty for one that is gone. */
function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return "";
  }
}

/** The fields after the name: state, parent, … */
const statOf = (pid: number): string[] => read(pid, "stat").split(") ").at(-1)!.split(" ");

/** All that it started, and they. */
export function descendantsOf(pid: number): number[] {
  const pids = readdirSync("/proc").map(Number).filter(Number.isInteger);
  const parents = new Map(pids.map((one) => [one, Number(statOf(one)[1])]));
  const found: number[] = [];
  for (let generation = [pid]; generation.length > 0; ) {
    const children = pids.filter((one) => generation.includes(parents.get(one)!));
    found.push(...children);
    generation = children;
  }
  return found;
}
