/**
 * Who has left. A backup that is older than that must not bring them back, so what tells of it lies beside the backups, not
 * in the database alone, which may be what was lost.
 */
import { randomUUID } from "node:crypto";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Pool } from "pg";
import { Listener, messageOf } from "../engine/index.ts";
import type { Log } from "../log.ts";
import { BackupDamagedError } from "./errors.ts";

const fileName = "deleted-accounts";
const keyPattern = /^[0-9a-f]{64}$/;

export const deletionsBeside = (folder: string): string => join(folder, fileName);

/** The keys of accounts that a file says have ended, one a line; null: there is no such file. */
export async function readDeletions(file: string): Promise<string[] | null> {
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return null;
    throw error;
  });
  if (text === null) return null;
  const keys = text.split("\n").filter((line) => line !== "");
  if (!keys.every((key) => keyPattern.test(key)))
    throw new BackupDamagedError(file, "expected the keys of deleted accounts, one a line");
  return keys;
}

async function writeDeletions(pool: Pool, folder: string): Promise<void> {
  const { rows } = await pool.query<{ account_key: string }>(
    "select account_key from public.deleted_accounts order by deleted_at, account_key",
  );
  const known = (await readDeletions(deletionsBeside(folder))) ?? [];
  // Those of another database that was backed up into this folder stay.
  const keys = new Set([...known, ...rows.map(({ account_key }) => account_key)]);
  if (keys.size === known.length) return;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const draft = `${deletionsBeside(folder)}.${randomUUID()}.part`; // two processes may keep one list
  try {
    await writeFile(draft, `${[...keys].join("\n")}\n`, { flag: "wx", mode: 0o600, flush: true });
    await rename(draft, deletionsBeside(folder));
  } finally {
    await rm(draft, { force: true });
  }
}

/** Keeps the list in the folder of backups, from each deletion on, until it is closed. */
export async function keepDeletions(
  pool: Pool,
  folder: string,
  log: Log,
): Promise<{ close(): Promise<void> }> {
  let writing: Promise<void> = Promise.resolve();
  const write = (): void => {
    writing = writing
      .then(() => writeDeletions(pool, folder))
      .catch((error: unknown) => log.error({ error }, `the list of deleted accounts: ${messageOf(error)}`));
  };
  const listener = new Listener({
    pool,
    channels: ["account_deleted"],
    log,
    onNotification: write,
    onConnect: write,
  });
  await listener.start();
  return {
    close: async () => {
      await listener.stop();
      await writing;
    },
  };
}
