/** From nothing to the first page, and how much memory web and orchestrator then take. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { milliseconds, printTable, timed } from "./table.ts";
import { usageOf } from "./usage.ts";

const program = fileURLToPath(new URL("../src/cli/start.js", import.meta.url));
/** Before the words of a command. */
export const programWords: readonly string[] = ["--liftoff-only", "--max-semi-space-size=4", program];
/** Nothing listens there: a bench asks no one else for anything. */
const nowhere = "http://127.0.0.1:9";

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

/** What a process of the program is given, whatever it works on. */
export const usualVariables: Readonly<Record<string, string>> = {
  PATH: process.env.PATH ?? "",
  PORT: "0",
  LOG_LEVEL: "error",
  YAHOO_BASE_URL: nowhere,
  FRED_API_BASE_URL: nowhere,
  FRED_WEB_BASE_URL: nowhere,
};

/** The whole program on a data folder, ready. */
export const launch = (dataDirectory: string): Promise<Launched> => launchWith({ DATA_DIR: dataDirectory });

export async function launchWith(variables: Readonly<Record<string, string>>): Promise<Launched> {
  const began = performance.now();
  const child = spawn(process.execPath, [...programWords, "up"], {
    env: { ...usualVariables, ...variables },
    stdio: ["ignore", "pipe", "inherit"],
  });
  for await (const line of createInterface(child.stdout)) {
    const url = /ready at (\S+)/.exec(line)?.[1];
    if (url !== undefined) return { child, url, milliseconds: performance.now() - began };
  }
  throw new Error("the program ended before it was ready");
}

export async function stop({ child }: Launched): Promise<void> {
  const exited = once(child, "exit");
  child.kill("SIGTERM");
  await exited;
}

async function start(dataDirectory: string, settling: number): Promise<Start> {
  const began = performance.now();
  const launched = await launch(dataDirectory);
  const { child, url } = launched;
  const page = await fetch(url);
  if (!page.ok) throw new Error(`expected a page at ${url}, got status ${page.status}`);
  await page.text();
  const firstPage = performance.now() - began;
  await new Promise((settled) => setTimeout(settled, settling));
  const { residentMegabytes } = usageOf([child.pid as number]);
  return { firstPage, residentMegabytes, stop: await timed(() => stop(launched)) };
}

/** settling: milliseconds until what a start leaves to do is done. */
export async function benchStart(settling: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "stratafolio-bench-"));
  chmodSync(folder, 0o755);
  try {
    const fresh = await start(join(folder, "data"), settling);
    const again = await start(join(folder, "data"), settling);
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
