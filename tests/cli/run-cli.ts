/** Runs the command as a shell would, in a process of its own. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";

const project = join(import.meta.dirname, "../..");

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** The last line of stdout. */
  readonly last: string;
}

function start(
  parameters: readonly string[],
  variables: Readonly<Record<string, string>>,
  folder = project,
): ChildProcess {
  const { PATH = "", HOME = "" } = process.env;
  // Not the home of who runs the tests: copies of the project are kept compiled as well.
  const NODE_COMPILE_CACHE = join(project, "node_modules/.cache/tests");
  return spawn(
    process.execPath,
    ["--liftoff-only", "--max-semi-space-size=4", join(folder, "src/cli/start.js"), ...parameters],
    {
      cwd: folder,
      env: { PATH, HOME, NODE_COMPILE_CACHE, LOG_LEVEL: "warn", ...variables },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
}

/** Runs a command to its end. folder: that of the project, or of a copy of it. */
export async function runCli(
  parameters: readonly string[],
  variables: Readonly<Record<string, string>> = {},
  folder = project,
): Promise<Finished> {
  const child = start(parameters, variables, folder);
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout!),
    text(child.stderr!),
    once(child, "exit") as Promise<[number | null]>,
  ]);
  return { code, stdout, stderr, last: stdout.trimEnd().split("\n").at(-1) ?? "" };
}

export interface Service {
  /** The address it printed. */
  readonly url: string;
  readonly lines: readonly string[];
  readonly process: ChildProcess;
  stop(signal?: NodeJS.Signals): Promise<number | null>;
  /** What it wrote to stderr, a JSON line each. */
  stopAndReadLog(): Promise<{ readonly msg: string }[]>;
}

/** Starts a command that runs until it is stopped; resolves when it says that it is ready. */
export async function startService(
  parameters: readonly string[],
  variables: Readonly<Record<string, string>>,
): Promise<Service> {
  const child = start(parameters, { PORT: "0", ...variables });
  const stderr = text(child.stderr!);
  const exited = once(child, "exit") as Promise<[number | null]>;
  const lines: string[] = [];
  const ready = Promise.withResolvers<string>();
  createInterface(child.stdout!)
    .on("line", (line) => {
      lines.push(line);
      const url = /ready at (\S+)/.exec(line)?.[1];
      if (url !== undefined) ready.resolve(url);
    })
    .on("close", async () => ready.reject(new Error(`it ended before it was ready: ${await stderr}`)));
  const stop = async (signal: NodeJS.Signals = "SIGTERM") => {
    child.kill(signal);
    const [code] = await exited;
    return code;
  };
  return {
    url: await ready.promise,
    lines,
    process: child,
    stop,
    stopAndReadLog: async () => {
      await stop();
      return (await stderr)
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line));
    },
  };
}
