/** Writes a backup, in one snapshot of the database, in memory that does not grow with it. */
import { createHash, randomUUID } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { link, open, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import type { Client, ClientBase, Pool, PoolClient } from "pg";
import { to as copyTo } from "pg-copy-streams";
import { shortestPassphrase } from "../config.ts";
import { transaction } from "../database/transaction.ts";
import { quoteColumns } from "../engine/index.ts";
import { BackupExistsError, PassphraseError } from "./errors.ts";
import { type BackupHeader, type BackupTable, encrypted, endOfRows, formatVersion, seal } from "./format.ts";
import { type SavedTable, savedTables } from "./tables.ts";

export interface BackupOptions {
  readonly file: string;
  /** null: not encrypted. */
  readonly passphrase: string | null;
  readonly withMarketData: boolean;
  readonly isDemo: boolean;
  /** Of the program. */
  readonly version: string;
  readonly now: Date;
  readonly signal?: AbortSignal | undefined;
}

export interface WrittenBackup {
  readonly file: string;
  readonly bytes: number;
  /** Of the file as it lies there. */
  readonly sha256: string;
  readonly rows: number;
  readonly isEncrypted: boolean;
}

/**
 * Writes the file under a name of its own first, and gives it its name when all of it is on the disk. Throws
 * BackupExistsError, or PassphraseError for one that is too short.
 */
export async function writeBackup(pool: Pool, options: BackupOptions): Promise<WrittenBackup> {
  const { file, passphrase } = options;
  if (passphrase !== null && passphrase.length < shortestPassphrase)
    throw new PassphraseError(
      `expected a passphrase of at least ${shortestPassphrase} characters, got ${passphrase.length}`,
    );
  if (await stat(file).catch(() => null)) throw new BackupExistsError(file);
  // A name of its own that nobody can guess: two that write at once, as two containers with one process number, must not share it, and a
  // link that somebody put in its place must not be followed ("wx").
  const draft = `${file}.${randomUUID()}.part`;
  let rows = 0;
  try {
    await transaction(
      pool,
      async (client) => {
        const sealed = new PassThrough();
        const count = (added: number): void => {
          rows += added;
        };
        const written = Promise.all([
          pipeline(Readable.from(textOf(client, options, count)), createGzip(), seal(), sealed, {
            signal: options.signal,
          }),
          encrypted(sealed, passphrase).then((stream) =>
            pipeline(stream, createWriteStream(draft, { flags: "wx", mode: 0o600, flush: true })),
          ),
        ]);
        await written.catch((error: unknown) => {
          cutOff(client);
          throw error;
        });
      },
      { begin: `begin isolation level repeatable read, read only; ${lockTables}` },
    );
    await link(draft, file); // fails where somebody was first
    await syncFolder(dirname(file));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") throw new BackupExistsError(file);
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
  const { size } = await stat(file);
  return { file, bytes: size, sha256: await hashOf(file), rows, isEncrypted: passphrase !== null };
}

/** Nobody takes the rows that are on their way, as when the disk is full: a rollback would wait behind them for good. */
function cutOff(client: PoolClient): void {
  // It is one, though the pool's type says less; while it is at work, it closes its connection at once.
  void (client as PoolClient & Pick<Client, "end">).end();
}

/**
 * Before the snapshot, and until its end: to a snapshot from before, a table that a migration rewrites afterwards is an empty one.
 */
const lockTables = `lock table ${["public.migrations", ...savedTables.map(({ name }) => name)].join(", ")} in access share mode`;

async function* textOf(
  client: ClientBase,
  { isDemo, version, withMarketData, now }: BackupOptions,
  count: (rows: number) => void,
): AsyncGenerator<Buffer | string> {
  const migrations = await client.query<{ id: number; hash: string }>(
    "select id, hash from public.migrations order by id",
  );
  const header: BackupHeader = {
    backup: "stratafolio",
    version: formatVersion,
    created_at: now.toISOString(),
    program: version,
    is_demo: isDemo,
    with_market_data: withMarketData,
    migrations: migrations.rows,
  };
  yield line(header);
  for (const saved of savedTables) {
    const table = await describe(client, saved);
    yield line(table);
    const columns = quoteColumns(table.columns);
    const condition = (withMarketData ? null : saved.kept) ?? saved.own;
    const rows = client.query(
      copyTo(
        `copy (select ${columns} from ${saved.name}${condition === null ? "" : ` where ${condition}`}) to stdout`,
      ),
    );
    yield* rows;
    yield endOfRows;
    yield line({ rows: rows.rowCount });
    count(rows.rowCount);
  }
  yield line({ end: true });
}

const line = (value: unknown): string => `${JSON.stringify(value)}\n`;

/** Its columns, but for those that PostgreSQL computes, and its sequence. */
async function describe(client: ClientBase, { name }: SavedTable): Promise<BackupTable> {
  const { rows } = await client.query<{ column: string; sequence: string | null }>(
    `select attname as column, pg_get_serial_sequence($1, attname) as sequence
     from pg_attribute
     where attrelid = $1::regclass
       and attnum > 0
       and not attisdropped
       and attgenerated = ''
     order by attnum`,
    [name],
  );
  const identity = rows.find(({ sequence }) => sequence !== null);
  const columns = rows.map(({ column }) => column);
  if (!identity) return { table: name, columns, sequence: null };
  // A sequence is no part of the snapshot: it may be further on, which skips a number.
  const given = await client.query<{ value: string; is_called: boolean }>(
    `select last_value::text as value, is_called from ${identity.sequence}`,
  );
  return { table: name, columns, sequence: { column: identity.column, ...given.rows[0]! } };
}

async function hashOf(file: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file), hash);
  return hash.digest("hex");
}

/** A name that is given is not there after a power cut until its folder is on the disk. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
