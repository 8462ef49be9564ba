/** From nothing to the first page, and how much memory web and orchestrator then take. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { milliseconds, printTable } from "./table.ts";

const program = fileURLToPath(new URL("../src/cli/start.js", import.meta.url));
/** Nothing listens there: a bench asks no one else for anything. */
const nowhere = "http://127.0.0.1:9";
const settledMilliseconds = 5000;

interface Start {
  readonly firstPage: number;
  readonly residentMegabytes: number;
  readonly stop: number;
}

export interface Launched {
  readonly child: ChildProcess;
  readonly url: string;
  /** Until it said that it is ready. */
  readonly milliseconds: number;
}

/** The whole program on a data folder, ready. */
export async function launch(dataDirectory: string): Promise<Launched> {
  const began = performance.now();
  const child = spawn(process.execPath, ["--liftoff-only", program, "up"], {
    env: {
      PATH: process.env.PATH,
      DATA_DIR: dataDirectory,
      PORT: "0",
      LOG_LEVEL: "error",
      YAHOO_BASE_URL: nowhere,
      FRED_API_BASE_URL: nowhere,
      FRED_WEB_BASE_URL: nowhere,
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  for await (const line of createInterface(child.stdout)) {
    const url = /ready at (\S+)/.exec(line)?.[1];
    if (url !== undefined) return { child, url, milliseconds: performance.now() - began };
  }
  throw new Error("the program ended before it was ready");
}

async function start(dataDirectory: string): Promise<Start> {
  const began = performance.now();
  const { child, url } = await launch(dataDirectory);
  const exited = once(child, "exit");
  const page = await fetch(url);
  if (!page.ok) throw new Error(`expected a page at ${url}, got status ${page.status}`);
  await page.text();
  const firstPage = performance.now() - began;
  await new Promise((settled) => setTimeout(settled, settledMilliseconds));
  const residentMegabytes = residentOf(child.pid as number);
  const stopped = performance.now();
  child.kill("SIGTERM");
  await exited;
  return { firstPage, residentMegabytes, stop: performance.now() - stopped };
}

/** What Linux says of the process; NaN elsewhere. */
function residentOf(pid: number): number {
  if (process.platform !== "linux") return Number.NaN;
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
}

export async function benchStart(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "stratafolio-bench-"));
  chmodSync(folder, 0o755);
  try {
    const fresh = await start(join(folder, "data"));
    const again = await start(join(folder, "data"));
    printTable(
      "Start",
      ["", "to the first page", "web + orchestrator", "to stop"],
      [
        ["fresh folder", fresh],
        ["kept folder", again],
      ].map(([name, one]) => {
        const { firstPage, residentMegabytes, stop } = one as Start;
        return [
          name as string,
          milliseconds(firstPage),
          `${residentMegabytes.toFixed(0)} MB`,
          milliseconds(stop),
        ];
      }),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
