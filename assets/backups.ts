/** Scheduled backups: a source whose rows are the files that are kept. Declared where the settings name a folder for them. */
import { mkdir, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Pool } from "pg";
import type { BackupConfig } from "../src/config.ts";
import {
  type Definitions,
  type IngestContext,
  type IngestResult,
  nextTick,
  type Schedule,
  schedule,
  sourceAsset,
} from "../src/engine/index.ts";
import { count, flag, moment, text } from "./columns.ts";
import type { MarketResources } from "./resources.ts";

/** What a backup that was killed has left, of whichever installation. */
const draftName = /^stratafolio-\d{8}T\d{6}Z\.backup\.[0-9a-f-]{36}\.part$/;
/** No backup takes that long: nobody writes there any more. */
const draftMilliseconds = 86_400_000;

export interface BackupSurroundings {
  readonly version: string;
  readonly isDemo: boolean;
}

const nameAt = (now: Date): string => `stratafolio-${now.toISOString().replaceAll(/[-:]|\.\d+/g, "")}.backup`;

/** Writes one, then removes the oldest of this installation's that are more than are kept. */
async function makeBackup(
  { directory, keep, passphrase }: BackupConfig & { readonly directory: string },
  { version, isDemo }: BackupSurroundings,
  { pool, resources, signal, log }: IngestContext<MarketResources>,
): Promise<IngestResult> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const now = resources.clock();
  const file = join(directory, nameAt(now));
  const { writeBackup } = await import("../src/backup/index.ts"); // loaded by whoever writes one
  const written = await writeBackup(pool, {
    file,
    passphrase,
    withMarketData: true,
    isDemo,
    version,
    now,
    signal,
  });
  log("info", `${file}: ${written.rows} rows, ${written.bytes} bytes`);
  await pool.query(
    `insert into public.backups (file_name, created_at, bytes, sha256, is_encrypted)
     values ($1, $2, $3, $4, $5)`,
    [nameAt(now), now, written.bytes, written.sha256, written.isEncrypted],
  );
  const ended = await surplusOf(pool, directory, nameAt(now), now, keep);
  for (const name of ended) {
    await rm(join(directory, name), { force: true });
    log("info", `${name}: removed, since ${keep} are kept`);
  }
  const removed = await pool.query("delete from public.backups where file_name = any($1)", [ended]);
  await removeDrafts(directory);
  return { rowsInserted: 1, rowsUpdated: 0, rowsDeleted: removed.rowCount ?? 0, failed: new Map() };
}

/**
 * By this installation's own record, since another one's may lie in the same folder: those that are not there any more, and the oldest of
 * more than are kept. Never the one just made; what the clock says is still to come was made while it was wrong, and goes first.
 */
async function surplusOf(
  pool: Pool,
  directory: string,
  made: string,
  now: Date,
  keep: number,
): Promise<string[]> {
  const { rows } = await pool.query<{ file_name: string }>(
    `select file_name
     from public.backups
     where file_name <> $1
     order by created_at > $2 desc, created_at`,
    [made, now],
  );
  const names = rows.map(({ file_name }) => file_name);
  const present = new Set(await readdir(directory));
  const there = names.filter((name) => present.has(name));
  const oldest = there.slice(0, Math.max(0, there.length + 1 - keep));
  return [...names.filter((name) => !present.has(name)), ...oldest];
}

async function removeDrafts(directory: string): Promise<void> {
  for (const name of (await readdir(directory)).filter((each) => draftName.test(each))) {
    const draft = join(directory, name);
    const found = await stat(draft).catch(() => null); // another process may have removed it
    if (found && Date.now() - found.mtimeMs > draftMilliseconds) await rm(draft, { force: true });
  }
}

/** The asset and its schedule; nothing where no folder is set. */
export function backupDefinitions(config: BackupConfig, surroundings: BackupSurroundings): Definitions {
  const { directory, schedule: cron } = config;
  if (directory === null) return { assets: [], schedules: [], sensors: [] };
  const nightly = schedule({
    name: "scheduled_backup",
    description: `A backup into BACKUP_DIR; the newest ${config.keep} are kept.`,
    cron,
    timeZone: "UTC",
    selection: "backups",
  });
  const backups = sourceAsset({
    name: "backups",
    schema: "public",
    description: "The files that scheduled backups have made and kept, one row for each.",
    captures: [],
    columns: {
      file_name: text("Within the folder of backups."),
      created_at: moment("When it was made: what was committed before is in it."),
      bytes: count("How long the file is."),
      sha256: text("Of the file."),
      is_encrypted: flag("It takes the passphrase to read it."),
    },
    key: ["file_name"],
    freshness: { maximumAgeHours: hoursUntilOverdue(nightly) },
    tags: ["backup"],
    retry: { attempts: 3, backoffSeconds: 60 },
    ingest: (context: IngestContext<MarketResources>) =>
      makeBackup({ ...config, directory }, surroundings, context),
  });
  return { assets: [backups], schedules: [nightly], sensors: [] };
}

/** The longest of the next pauses, and an hour for the backup itself. */
function hoursUntilOverdue(planned: Schedule): number {
  const ticks: Date[] = [];
  for (let after = new Date(0); ticks.length < 10; ) {
    const next = nextTick(planned, after);
    if (next === null) break;
    ticks.push(next);
    after = next;
  }
  const pauses = ticks.slice(1).map((tick, index) => tick.getTime() - ticks[index]!.getTime());
  return Math.ceil(Math.max(0, ...pauses) / 3_600_000) + 1;
}
