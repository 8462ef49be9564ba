/** The program's processes, as a supervisor has them: killed without a word, and started again. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";

export type Service = "web" | "orchestrator";
export type Variables = Readonly<Record<string, string>>;

const readyLine: Readonly<Record<Service, RegExp>> = { web: /is ready at/, orchestrator: /is at work/ };
const startAttempts = 10;

function spawnProgram(folder: string, parameters: readonly string[], variables: Variables): ChildProcess {
  const { PATH = "", HOME = "" } = process.env;
  return spawn(
    process.execPath,
    ["--liftoff-only", "--max-semi-space-size=4", join(folder, "src/cli/start.js"), ...parameters],
    {
      cwd: folder,
      env: { PATH, HOME, LOG_LEVEL: "fatal", ...variables },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
}

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command run to its end, or, with `killAfter`, to a death after so many milliseconds. */
export async function runCommand(
  folder: string,
  parameters: readonly string[],
  variables: Variables,
  killAfter?: number,
): Promise<Ended> {
  const child = spawnProgram(folder, parameters, variables);
  const timer = killAfter === undefined ? undefined : setTimeout(() => child.kill("SIGKILL"), killAfter);
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout!),
    text(child.stderr!),
    once(child, "exit") as Promise<[number | null]>,
  ]);
  clearTimeout(timer);
  return { code, stdout, stderr };
}

/** Services of one kind. One that ends unasked is started again, and told of in `deaths`. */
export class Processes {
  readonly deaths: string[] = [];
  readonly #folder: string;
  readonly #service: Service;
  readonly #variables: Variables;
  readonly #running = new Set<ChildProcess>();
  #wanted = 0;

  constructor(folder: string, service: Service, variables: Variables) {
    this.#folder = folder;
    this.#service = service;
    this.#variables = variables;
  }

  get count(): number {
    return this.#running.size;
  }

  /** Brings their number to `wanted`; resolves when those that are new are ready. */
  async scale(wanted: number): Promise<void> {
    this.#wanted = wanted;
    while (this.#running.size < wanted) await this.#start();
    for (const child of [...this.#running].slice(wanted)) await this.#end(child, "SIGTERM");
  }

  /** kill -9 of one of them, or of all; nobody starts them again but `scale`. */
  async kill(count = this.#running.size): Promise<void> {
    const victims = [...this.#running].slice(0, count);
    this.#wanted -= victims.length;
    await Promise.all(victims.map((child) => this.#end(child, "SIGKILL")));
  }

  async stop(): Promise<void> {
    this.#wanted = 0;
    await Promise.all([...this.#running].map((child) => this.#end(child, "SIGKILL")));
  }

  async #end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
    this.#running.delete(child);
    const exited = once(child, "exit");
    if (child.exitCode !== null || child.signalCode !== null || !child.kill(signal)) return;
    await exited;
  }

  /** Tries again, as a supervisor does, while what it needs is away. */
  async #start(): Promise<void> {
    let said = "";
    for (let attempt = 0; attempt < startAttempts && this.#running.size < this.#wanted; attempt += 1) {
      const child = spawnProgram(this.#folder, [this.#service], this.#variables);
      const stderr: string[] = [];
      child.stderr!.on("data", (data) => stderr.push(String(data)));
      if (await isReady(child, readyLine[this.#service])) {
        this.#running.add(child);
        child.once("exit", (code, signal) => this.#onExit(child, `${signal ?? code}: ${stderr.join("")}`));
        return;
      }
      said = stderr.join("");
    }
    if (this.#running.size >= this.#wanted) return;
    throw new Error(`the ${this.#service} did not start in ${startAttempts} attempts: ${said}`);
  }

  #onExit(child: ChildProcess, said: string): void {
    if (!this.#running.delete(child)) return; // by us
    this.deaths.push(`the ${this.#service} ended by itself, ${said}`);
    if (this.#running.size < this.#wanted)
      this.#start().catch((error: Error) => this.deaths.push(error.message));
  }
}

/** false: it ended before it said so. */
async function isReady(child: ChildProcess, ready: RegExp): Promise<boolean> {
  return await new Promise((resolve) => {
    const lines = createInterface(child.stdout!);
    lines.on("line", (line) => {
      if (ready.test(line)) resolve(true);
    });
    child.once("exit", () => resolve(false));
  });
}
