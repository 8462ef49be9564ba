import { type ChildProcess, execFile, spawn } from "node:child_process";
import { randomBytes, randomUUID } from "node:crypto";
import {
  chownSync,
  closeSync,
  constants,
  existsSync,
  lstatSync,
  openSync,
  readFileSync,
  realpathSync,
  rmdirSync,
  statSync,
} from "node:fs";
import { createServer } from "node:net";
import { dirname, join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import pg from "pg";
import { type FolderKeeper, folderKeeper, folderUser, keeperOf } from "../folder-keeper.ts";
import { DataDirectoryError, ServerStartError } from "./errors.ts";
import { canEnter, findInstallation, type Installation, sharedFolder } from "./installation.ts";

const run = promisify(execFile);

/** Held, shared, by every process that uses the server: who can get it exclusively is the last and stops the server. */
const userLock = 7_246_001;
const startAttempts = 5;
const renewalPauseMilliseconds = 5000;
const logLimitBytes = 10_000_000;

export interface EmbeddedServer {
  readonly connectionString: string;
  /** It ran before this call: another process of ours started it, or one that was killed left it. */
  readonly attached: boolean;
  /** Ends this process's use of the server. The last user's call stops the server and waits for it to be gone. */
  stop(): Promise<void>;
}

export interface EmbeddedOptions {
  /** The server's files are kept in its subfolder `postgres`. */
  readonly dataDirectory: string;
  /** Extra settings as `name=value`. */
  readonly settings?: readonly string[];
  /** false: the data need not survive a power cut, which saves the waiting for the disk. Default true. */
  readonly durable?: boolean;
}

/** To publish thousands of models that read each other is to lock as many views and tables in one transaction. */
const roomForLocks = "max_locks_per_transaction=256";
const undurable = ["fsync=off", "synchronous_commit=off", "full_page_writes=off"];

/**
 * Makes sure that a PostgreSQL server of the program's own runs on this data folder, on loopback, behind a password
 * kept in the folder: makes the folder, starts the server, or attaches to the one that runs on it already.
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedServer> {
  const installation = await findInstallation(join(resolve(options.dataDirectory), "postgres"));
  const durable = options.durable ?? true;
  const folder = await ensureDataFolder(installation, resolve(options.dataDirectory), durable);
  const settings = [roomForLocks, ...(durable ? [] : undurable), ...(options.settings ?? [])];
  let stopping = false;
  const first = await attachOrStart(installation, folder, { settings, mayMove: true });
  let use = first;
  // The server may be killed, or restart itself after a crash of one of its processes: then its use is renewed. On its port,
  // which everybody who uses it connects to.
  const renew = async (): Promise<void> => {
    while (!stopping) {
      try {
        use = await attachOrStart(installation, folder, { settings, mayMove: false });
        keep();
        return;
      } catch {
        await delay(renewalPauseMilliseconds, undefined, { ref: false }); // why is in the server's log
      }
    }
  };
  const keep = (): void => {
    use.client.once("end", () => void renew());
  };
  keep();
  return {
    connectionString: first.connectionString,
    attached: first.attached,
    stop: async () => {
      if (stopping) return;
      stopping = true;
      await endUse(installation, folder, use.client);
    },
  };
}

interface Use {
  readonly client: pg.Client;
  readonly connectionString: string;
  readonly attached: boolean;
}

interface StartOptions {
  readonly settings: readonly string[];
  /** To another port, where the one it had is taken. */
  readonly mayMove: boolean;
}

async function attachOrStart(
  installation: Installation,
  folder: string,
  options: StartOptions,
): Promise<Use> {
  for (let attempt = 1; attempt <= startAttempts; attempt += 1) {
    const attached = await isRunning(installation, folder);
    const started = attached || (await startServer(installation, folder, options, attempt));
    if (started) {
      const connectionString = folderKeeper(installation.user).read(urlFile(folder)).trim();
      const client = await beginUse(connectionString);
      if (client) return { client, connectionString, attached };
    }
    await delay(100 * attempt);
  }
  throw new ServerStartError(folder, logTail(installation, folder));
}

/** null: the server stopped under us, because its last user before us has just left. */
async function beginUse(connectionString: string): Promise<pg.Client | null> {
  const client = new pg.Client({ connectionString, application_name: "stratafolio server use" });
  client.on("error", () => {}); // the server went away: "end" follows
  try {
    await client.connect();
    await client.query("select pg_advisory_lock_shared($1)", [userLock]);
    return client;
  } catch {
    await client.end().catch(() => {});
    return null;
  }
}

async function endUse(installation: Installation, folder: string, client: pg.Client): Promise<void> {
  try {
    await client.query("select pg_advisory_unlock_shared($1)", [userLock]);
    const { rows } = await client.query<{ last: boolean }>("select pg_try_advisory_lock($1) as last", [
      userLock,
    ]);
    if (rows[0]?.last) {
      const stop = ["stop", "-D", folder, "-m", "fast", "-w"];
      await run(installation.pgCtl, stop, { ...installation.user, cwd: "/" });
    }
  } catch {
    // The server is gone already.
  } finally {
    await client.end().catch(() => {});
  }
}

const urlFile = (folder: string) => join(folder, "database-url");
const logFile = (folder: string) => join(folder, "server.log");

function logTail({ user }: Installation, folder: string): string {
  if (!existsSync(logFile(folder))) return "(there is none)";
  return folderKeeper(user).read(logFile(folder)).trimEnd().split("\n").slice(-12).join("\n");
}

/** Does a server run on the folder, and is it ready? Waits for one that is starting or stopping. */
async function isRunning(installation: Installation, folder: string): Promise<boolean> {
  for (;;) {
    const server = readPidFile(installation, folder);
    if (!server) return false;
    if (server.status === "ready") return true;
    await delay(50);
  }
}

/** What `postmaster.pid` says (1st line: process; 8th: status), or null when no server stands behind it. */
function readPidFile({ user }: Installation, folder: string): { pid: number; status: string } | null {
  const file = join(folder, "postmaster.pid");
  let lines: string[];
  try {
    lines = readFileSync(file, "utf8").split("\n");
  } catch {
    return null;
  }
  const pid = Number(lines[0]);
  if (!isPostgres(pid)) {
    folderKeeper(user).remove(file); // left by a server that was killed; the number may be another program's by now
    return null;
  }
  return { pid, status: lines[7]?.trim() ?? "starting" };
}

function isPostgres(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
  }
  const commandLine = `/proc/${pid}/cmdline`;
  return !existsSync(commandLine) || readFileSync(commandLine, "utf8").includes("postgres");
}

/** Starts the server on the port it had last time, or on a free one if it may. false: it did not start; its log says why. */
async function startServer(
  installation: Installation,
  folder: string,
  { settings, mayMove }: StartOptions,
  attempt: number,
): Promise<boolean> {
  const keeper = folderKeeper(installation.user);
  const url = new URL(keeper.read(urlFile(folder)).trim());
  const remembered = Number(url.port);
  const isKept = (attempt < 3 || !mayMove) && (await isFree(remembered));
  if (!isKept && !mayMove) return false;
  const port = isKept ? remembered : await freePort();
  if (port !== remembered) {
    url.port = String(port);
    keeper.write(urlFile(folder), `${url.href}\n`);
  }
  const log = logFile(folder);
  if (existsSync(log) && statSync(log).size > logLimitBytes) keeper.move(log, `${log}.1`);
  const all = [`port=${port}`, "listen_addresses=127.0.0.1", "unix_socket_directories=", ...settings];
  const server = spawnServer(installation, ["-D", folder, ...all.flatMap((setting) => ["-c", setting])], log);
  server.unref();
  let ended = false;
  server.once("exit", () => (ended = true)).once("error", () => (ended = true));
  while (!ended) {
    const pidFile = readPidFile(installation, folder);
    if (pidFile?.pid === server.pid && pidFile?.status === "ready") return true;
    await delay(20);
  }
  return false;
}

/** In a session of its own, so that a terminal's Ctrl-C reaches only us, who stop it when nobody uses it any more. */
function spawnServer({ postgres, user }: Installation, parameters: string[], log: string): ChildProcess {
  const options = { cwd: "/", detached: true } as const;
  if (user) {
    // Its log is opened by its own user: to us, as root, it could be a link to any file.
    const script = 'umask 077; log="$1"; shift; exec "$@" >> "$log" 2>&1';
    return spawn("/bin/sh", ["-c", script, "sh", log, postgres, ...parameters], {
      ...options,
      ...user,
      stdio: "ignore",
    });
  }
  const { O_WRONLY, O_CREAT, O_APPEND, O_NOFOLLOW = 0 } = constants;
  const output = openSync(log, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW, 0o600);
  try {
    return spawn(postgres, parameters, { ...options, stdio: ["ignore", output, output] });
  } finally {
    closeSync(output);
  }
}

function listen(port: number): Promise<number> {
  return new Promise((done, failed) => {
    const server = createServer();
    server.once("error", failed);
    server.listen(port, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => done(typeof address === "object" && address ? address.port : port));
    });
  });
}

const freePort = (): Promise<number> => listen(0);
const isFree = (port: number): Promise<boolean> =>
  listen(port).then(
    () => true,
    () => false,
  );

/** Makes the server's files unless they are there. Returns where they really are. */
async function ensureDataFolder(
  installation: Installation,
  dataDirectory: string,
  durable: boolean,
): Promise<string> {
  const folder = join(dataDirectory, "postgres");
  try {
    // As root, the server's user must be able to pass through to its subfolder, but not to list this one.
    if (!existsSync(dataDirectory))
      keeperOf(dataDirectory).makeFolder(dataDirectory, installation.user ? 0o711 : 0o700);
    if (!lstatSync(folder, { throwIfNoEntry: false })) await initialize(installation, folder, durable);
    const files = realpathSync(folder); // the server's user need not be able to enter where the link is
    folderKeeper(installation.user).read(urlFile(files));
    return files;
  } catch (cause) {
    if (cause instanceof Error && "syscall" in cause) throw new DataDirectoryError(dataDirectory, { cause });
    throw cause;
  }
}

/**
 * Runs initdb in a draft folder that gets its name when it is complete: a crash half-way leaves no half-made server,
 * and of two processes at once one is first. Below a folder that the server's user may not enter, or that is somebody else's, the
 * files are kept in the shared folder and the name is a link to them.
 */
async function initialize({ initdb, user }: Installation, folder: string, durable: boolean): Promise<void> {
  const owner = folderUser(dirname(folder));
  const inPlace = !user || (canEnter(dirname(folder), user) && (owner === null || owner.uid === user.uid));
  const draft = inPlace ? `${folder}.${randomUUID()}` : join(sharedFolder, `data-${randomUUID()}`);
  const maker = folderKeeper(inPlace ? owner : null);
  const server = folderKeeper(user);
  const passwordFile = `${draft}.password`;
  const password = randomBytes(24).toString("base64url");
  maker.makeFolder(dirname(draft), 0o755);
  maker.makeFolder(draft, 0o700);
  maker.write(passwordFile, password);
  // Where root has made them, nobody else can put others in their place.
  if (user && !(inPlace && owner))
    for (const path of [draft, passwordFile]) chownSync(path, user.uid, user.gid);
  const access = ["-U", "postgres", "--auth=scram-sha-256", `--pwfile=${passwordFile}`];
  // The builtin provider sorts text alike on every platform and for ever; libc's order changes with the system.
  const locale = ["-E", "UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"];
  const sync = durable ? [] : ["--no-sync"];
  try {
    await run(initdb, ["-D", draft, ...access, ...locale, ...sync], { ...user, cwd: "/" });
    const url = `postgres://postgres:${password}@127.0.0.1:${await freePort()}/postgres`;
    server.write(urlFile(draft), `${url}\n`);
    if (inPlace) maker.move(draft, folder);
    else folderKeeper(owner).link(draft, folder);
  } catch (error) {
    discard(server, draft);
    if (!existsSync(folder)) throw error; // else another process was first
  } finally {
    maker.remove(passwordFile);
  }
}

/** What is in it is its user's to remove, and the folder itself of whom the one above belongs to. */
function discard(server: FolderKeeper, draft: string): void {
  try {
    server.remove(draft);
  } catch {
    rmdirSync(draft);
  }
}
