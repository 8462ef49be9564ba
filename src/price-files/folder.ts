/** A folder of price files, watched: whatever is put there is taken in, once. */
import { createHash } from "node:crypto";
import { constants, type FileHandle, open, realpath } from "node:fs/promises";
import { dirname, relative, sep } from "node:path";
import { watch } from "chokidar";
import type { Pool } from "pg";
import { transaction } from "../database/transaction.ts";
import { decodeFile } from "../ledger/import/decode.ts";
import type { Log } from "../log.ts";
import { exchangeOf } from "./exchanges.ts";
import { maxCharacters } from "./records.ts";
import { takePriceFile } from "./store.ts";

export interface PriceFolder {
  close(): Promise<void>;
}

export interface PriceFolderOptions {
  readonly folder: string;
  /** Of the owner of the schemas. */
  readonly pool: Pool;
  readonly clock: () => Date;
  readonly log: Log;
  /** A file is read when it has not grown for so long. */
  readonly quietMilliseconds?: number;
}

const isPriceFile = (path: string): boolean => /\.(csv|tsv|txt)$/i.test(path);

/**
 * Takes in what is there, and then each file that comes or changes, one after the other. A folder named after an exchange (XNAI, Lagos) says
 * whose files are in it, one named `fx` that they are exchange rates. What went wrong is logged, and stands in the file's report.
 */
export async function watchPriceFolder(options: PriceFolderOptions): Promise<PriceFolder> {
  const { folder, log, quietMilliseconds = 1000 } = options;
  const watcher = watch(folder, {
    followSymlinks: false,
    depth: 3,
    awaitWriteFinish: {
      stabilityThreshold: quietMilliseconds,
      pollInterval: Math.min(100, quietMilliseconds),
    },
  });
  let work = Promise.resolve();
  let isClosed = false;
  const take = (path: string): void => {
    if (!isPriceFile(path)) return;
    work = work.then(async () => {
      if (isClosed) return;
      try {
        await takeFromFolder(path, options);
      } catch (error) {
        log.error({ err: error, path }, `the price file ${path} could not be taken in`);
      }
    });
  };
  watcher.on("add", take).on("change", take);
  watcher.on("error", (error) =>
    log.error({ err: error }, `the folder of price files ${folder} cannot be watched`),
  );
  await new Promise<void>((resolve) => watcher.once("ready", resolve));
  return {
    close: async () => {
      isClosed = true;
      await watcher.close();
      await work;
    },
  };
}

const isSame = async (file: FileHandle, size: number, changedAt: number): Promise<boolean> => {
  const now = await file.stat();
  return now.size === size && now.mtimeMs === changedAt;
};

/**
 * Of a file itself, not of what a link leads to, and no longer than it may be whatever its size says; null: passed over. What changes while
 * it is read is told once more when it is quiet.
 */
async function readPlainFile(path: string, folder: string, log: Log): Promise<Buffer | null> {
  const pass = (why: string): null => {
    log.warn({ path }, `${path} is passed over: ${why}`);
    return null;
  };
  const place = relative(await realpath(folder), await realpath(dirname(path)));
  if (place.split(sep)[0] === "..") return pass("it is outside the folder");
  let file: FileHandle;
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ELOOP") return pass("it is a link");
    if (code === "ENOENT") return null;
    throw error;
  }
  try {
    const status = await file.stat();
    if (!status.isFile()) return pass("it is no file");
    if (status.size > maxCharacters * 2) return pass("it is too large: split it");
    const bytes = Buffer.alloc(status.size);
    const { bytesRead } = await file.read(bytes, 0, bytes.length, 0);
    return bytesRead === status.size && (await isSame(file, status.size, status.mtimeMs))
      ? bytes
      : pass("it changes while it is read");
  } finally {
    await file.close();
  }
}

async function takeFromFolder(path: string, { folder, pool, clock, log }: PriceFolderOptions): Promise<void> {
  const bytes = await readPlainFile(path, folder, log);
  if (bytes === null) return;
  const { text } = decodeFile(bytes);
  const name = relative(folder, path).split(sep).join("/");
  const places = name.split("/").slice(0, -1);
  const { rows } = await pool.query(
    "select from bronze.price_files where digest = $1 and name = $2 and origin = 'folder' limit 1",
    [createHash("sha256").update(text).digest("hex"), name.slice(0, 300)],
  );
  if (rows.length > 0) return;
  const report = await transaction(pool, (client) =>
    takePriceFile(
      client,
      {
        text,
        name,
        exchange: places.map(exchangeOf).find((exchange) => exchange !== null) ?? null,
        ticker: null,
        pair: null,
        isRates: places.some((place) => place.toLowerCase() === "fx"),
        origin: "folder",
        dateOrder: null,
        replaces: false,
      },
      { now: clock(), by: "bronze.store_price_file" },
    ),
  );
  const { problem, rows: read, inserted, refused, contradicting } = report;
  if (problem !== null) return log.warn({ path }, `price file ${name}: ${problem}`);
  log.info(
    { path },
    `price file ${name}: ${read} rows read, ${inserted} new, ${refused} refused, ${contradicting} days contradict what is stored`,
  );
}
