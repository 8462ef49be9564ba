/** Dagster and dbt, installed into a folder that npm's own clean-up removes, and what their processes are given. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const installed = join(import.meta.dirname, "../../node_modules/.cache/stratafolio-peers");
const requirements = join(import.meta.dirname, "requirements.txt");

/** What a run of them writes, and where their programs are. */
export interface Tools {
  readonly folder: string;
  readonly project: string;
  /** Of what the processes say. */
  readonly log: string;
  readonly variables: Readonly<Record<string, string>>;
}

const binary = (name: string): string => join(installed, "venv/bin", name);

/** Once for each list of versions. */
function install(): void {
  const known = join(installed, "requirements.txt");
  const wanted = readFileSync(requirements, "utf8");
  if (existsSync(known) && readFileSync(known, "utf8") === wanted) return;
  rmSync(installed, { recursive: true, force: true });
  mkdirSync(installed, { recursive: true });
  console.log("\nInstalling Dagster and dbt, which takes some minutes");
  execFileSync("python3", ["-m", "venv", join(installed, "venv")]);
  execFileSync(binary("pip"), ["install", "--quiet", "--requirement", requirements], { stdio: "inherit" });
  writeFileSync(known, wanted);
}

/** `folder`: of this run alone. */
export function openTools(folder: string, connectionString: string): Tools {
  install();
  const { hostname, port, username, password, pathname } = new URL(connectionString);
  const project = join(folder, "dbt");
  mkdirSync(folder, { recursive: true });
  return {
    folder,
    project,
    log: join(folder, "peers.log"),
    variables: {
      PATH: `${join(installed, "venv/bin")}:/usr/bin:/bin`,
      HOME: folder,
      LANG: "C.UTF-8",
      PYTHONDONTWRITEBYTECODE: "1",
      DO_NOT_TRACK: "1",
      DBT_SEND_ANONYMOUS_USAGE_STATS: "false",
      DAGSTER_DISABLE_TELEMETRY: "yes",
      DBT_PROJECT_DIR: project,
      DBT_EXECUTABLE: binary("dbt"),
      PEERS_HOST: hostname,
      PEERS_PORT: port,
      PEERS_USER: decodeURIComponent(username),
      PEERS_PASSWORD: decodeURIComponent(password),
      PEERS_DATABASE: pathname.slice(1),
    },
  };
}

/** In the folder of the run; what it says goes to the log. */
export function begin(
  { folder, log, variables }: Tools,
  program: string,
  words: readonly string[],
  more: Readonly<Record<string, string>> = {},
): ChildProcess {
  const output = openSync(log, "a");
  return spawn(binary(program), words, {
    cwd: folder,
    env: { ...variables, ...more },
    stdio: ["ignore", output, output],
  });
}

/** Throws with the end of the log unless it succeeds. */
export async function dbt(tools: Tools, command: "run" | "build"): Promise<void> {
  const where = ["--project-dir", tools.project, "--profiles-dir", tools.project];
  const child = begin(tools, "dbt", [command, ...where]);
  const [code] = (await once(child, "exit")) as [number | null];
  if (code !== 0) throw new Error(`dbt ${command} ended with ${code}:\n${endOf(tools)}`);
}

export const endOf = ({ log }: Tools): string => readFileSync(log, "utf8").split("\n").slice(-30).join("\n");
