import { resolve } from "node:path";
import { text } from "node:stream/consumers";
import {
  checkBackup,
  type Restored,
  restoreBackup,
  type WrittenBackup,
  writeBackup,
} from "../backup/index.ts";
import { readConfig } from "../config.ts";
import { openDatabase } from "../database/open.ts";
import { createPool } from "../database/pool.ts";
import { keptDataKind } from "../kept-market.ts";
import { createLog } from "../log.ts";
import { openEngine } from "../program.ts";
import { version } from "../version.ts";
import { type CommandContext, withPool } from "./context.ts";
import { ForeignBackupError } from "./errors.ts";
import type { Outcome } from "./exit.ts";

interface PassphraseOptions {
  readonly passphrase?: string;
}

/** What is given, "-" from stdin; else the setting; null: none. */
async function passphraseOf({ passphrase }: PassphraseOptions): Promise<string | null> {
  if (passphrase === "-") return (await text(process.stdin)).replace(/\r?\n$/, "");
  return passphrase ?? readConfig().backup.passphrase;
}

const writtenColumns = {
  file: (backup: WrittenBackup) => backup.file,
  bytes: (backup: WrittenBackup) => backup.bytes,
  rows: (backup: WrittenBackup) => backup.rows,
  encrypted: (backup: WrittenBackup) => (backup.isEncrypted ? "yes" : "no"),
  sha256: (backup: WrittenBackup) => backup.sha256,
};

export async function backup(
  { output, signal }: CommandContext,
  file: string,
  options: PassphraseOptions & { marketData: boolean },
): Promise<Outcome> {
  const passphrase = await passphraseOf(options);
  return withPool(async (pool, _database, { isDemo, clock }) => {
    const written = await writeBackup(pool, {
      file: resolve(file),
      passphrase,
      withMarketData: options.marketData,
      isDemo,
      version,
      now: clock(),
      signal,
    });
    output.list([written], writtenColumns);
    return "done";
  });
}

const restoredColumns = {
  rows: (restored: Restored) => restored.rows,
  "accounts deleted again": (restored: Restored) => restored.deleted,
  "credentials ended again": (restored: Restored) => restored.ended,
};

/** Reads all of the file before anything is written; then fills, builds and verifies. */
export async function restore(
  { output }: CommandContext,
  given: string,
  options: PassphraseOptions & { deletions?: string },
): Promise<Outcome> {
  const file = resolve(given);
  const passphrase = await passphraseOf(options);
  const header = await checkBackup(file, passphrase);
  const config = readConfig();
  const log = createLog(config.logLevel === "info" ? "warn" : config.logLevel);
  const kind = header.is_demo ? "demo" : "real";
  if (config.databaseUrl === null && keptDataKind(config.dataDirectory, kind) !== kind)
    throw new ForeignBackupError(config.dataDirectory, kind);
  const database = await openDatabase(config, log, { waitSeconds: 0, migrations: "none" });
  try {
    const deletions = options.deletions === undefined ? null : resolve(options.deletions);
    const { connectionString } = database;
    const restored = await restoreBackup(connectionString, header, { file, passphrase, deletions });
    output.list([restored], restoredColumns);
    const pool = createPool({ connectionString, applicationName: "stratafolio restore" });
    try {
      const surroundings = { config, log, clock: () => new Date(), isDemo: header.is_demo };
      const engine = await openEngine(surroundings, database, pool);
      const run = await engine.deploy();
      const verified = await engine.verify({ assets: [...engine.registry.graph.nodes.keys()] });
      const differing = verified.filter((each) => each.differing > 0);
      for (const { asset, differing: rows } of differing) output.say(`${asset}: ${rows} rows differ`);
      const isBuilt = run === null || run.status === "succeeded";
      if (!isBuilt) output.say(`the models could not be built: ${run.error}`);
      return isBuilt && differing.length === 0 ? "done" : "failed";
    } finally {
      await pool.end();
    }
  } finally {
    await database.close();
  }
}
