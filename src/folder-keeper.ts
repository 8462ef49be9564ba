/**
 * Files of the data folder, written as whom the folder belongs to. As root we could write through a symbolic link that the folder's owner
 * put there, and the file would be made elsewhere, and be root's.
 */
import { type SpawnSyncOptions, spawnSync } from "node:child_process";
import {
  closeSync,
  constants,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, resolve } from "node:path";

export interface FolderUser {
  readonly uid: number;
  readonly gid: number;
}

/**
 * Who can put what they like where the path leads: the first on the way there, from the top, to whom a folder or link belongs that is
 * not root's. null: nobody but root; or we are not root, and can do no more than the user that we are.
 */
export function folderUser(path: string): FolderUser | null {
  if (process.getuid?.() !== 0) return null;
  const absolute = resolve(path);
  const above = dirname(absolute);
  const found = above === absolute ? null : folderUser(above);
  if (found) return found;
  const here = lstatSync(absolute, { throwIfNoEntry: false });
  return here && here.uid !== 0 ? { uid: here.uid, gid: here.gid } : null;
}

export interface FolderKeeper {
  /** With the folders above it. `mode`: of those that are made. */
  makeFolder(path: string, mode: number): void;
  read(path: string): string;
  /** For its owner alone to read. */
  write(path: string, text: string): void;
  /** The same, unless there is one: of two processes at once both find the first one's. */
  writeOnce(path: string, text: string): void;
  move(from: string, to: string): void;
  link(target: string, path: string): void;
  /** A file or a whole folder; nothing where there is none. */
  remove(path: string): void;
}

/** null: as who we are. */
export function folderKeeper(user: FolderUser | null): FolderKeeper {
  return user ? keeperAs(user) : ownKeeper;
}

/** Of the folder at the path, whoever it belongs to. */
export function keeperOf(path: string): FolderKeeper {
  return folderKeeper(folderUser(path));
}

/** A file of a data folder, which is made if it is not there; what is in the file already stays. */
export function keepOnce(dataDirectory: string, name: string, text: string): void {
  const keeper = keeperOf(dataDirectory);
  keeper.makeFolder(dataDirectory, 0o700);
  keeper.writeOnce(join(dataDirectory, name), text);
}

const ownKeeper: FolderKeeper = {
  makeFolder: (path, mode) => void mkdirSync(path, { recursive: true, mode }),
  read: (path) => readFileSync(path, "utf8"),
  write(path, text) {
    const { O_WRONLY, O_CREAT, O_TRUNC, O_NOFOLLOW = 0 } = constants;
    const file = openSync(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0o600);
    try {
      writeFileSync(file, text);
    } finally {
      closeSync(file);
    }
  },
  writeOnce(path, text) {
    const draft = `${path}.${process.pid}`;
    ownKeeper.write(draft, text);
    try {
      linkSync(draft, path); // fails where there is one already
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    } finally {
      rmSync(draft);
    }
  },
  move: renameSync,
  link: (target, path) => symlinkSync(target, path, "dir"),
  remove: (path) => rmSync(path, { recursive: true, force: true }),
};

/** In a shell of theirs: the user of a thread cannot be changed without that of all others, which read files at the same time. */
function keeperAs(user: FolderUser): FolderKeeper {
  const run = (script: string, parameters: readonly string[], input = ""): string => {
    const options: SpawnSyncOptions = { ...user, input, cwd: "/", encoding: "utf8" };
    const { status, stdout, stderr, error } = spawnSync(
      "/bin/sh",
      ["-c", `umask 077; ${script}`, "sh", ...parameters],
      options,
    );
    // What it was given may be left unread: then there is both.
    if (status !== null && status !== 0) throw new FolderKeeperError(user, String(stderr).trim());
    if (error) throw error;
    return String(stdout);
  };
  return {
    makeFolder: (path, mode) => void run('mkdir -p -m "$2" -- "$1"', [path, mode.toString(8)]),
    read: (path) => run('cat -- "$1"', [path]),
    write: (path, text) => void run('cat > "$1"', [path], text),
    writeOnce: (path, text) =>
      void run(
        'cat > "$1.$$" && { ln -- "$1.$$" "$1" 2> /dev/null; rm -- "$1.$$"; test -e "$1"; }',
        [path],
        text,
      ),
    move: (from, to) => void run('mv -T -- "$1" "$2"', [from, to]),
    link: (target, path) => void run('ln -s -- "$1" "$2"', [target, path]),
    remove: (path) => void run('rm -rf -- "$1"', [path]),
  };
}

/** What the folder's owner may not do there, root does not do for them. */
export class FolderKeeperError extends Error {
  readonly code = "folder_refused";
  readonly syscall = "sh"; // as Node's own errors of files have one

  constructor({ uid }: FolderUser, reason: string) {
    super(`as user ${uid}, to whom it belongs: ${reason}`);
  }
}
