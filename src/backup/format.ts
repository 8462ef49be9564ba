/**
 * The file of a backup: a text, zipped, then 32 bytes of SHA-256 over the zipped bytes; encrypted, that as a whole within an
 * age file. The text is a line of JSON that says what the backup is, then for each table a line that names it and its
 * columns, its rows as COPY writes them, `\.`, and a line with their number; last a line that says that this is the end.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { Readable, Transform, type TransformCallback } from "node:stream";
import { createGunzip } from "node:zlib";
import { Decrypter, Encrypter } from "age-encryption";
import { z } from "zod";
import { BackupDamagedError, PassphraseError } from "./errors.ts";

export const formatVersion = 1;

export const headerSchema = z.object({
  backup: z.literal("stratafolio"),
  version: z.int(),
  created_at: z.iso.datetime({ offset: true }),
  /** Of the program. */
  program: z.string(),
  /** Prices are the demo's. */
  is_demo: z.boolean(),
  /** false: prices that can be fetched again are not in it. */
  with_market_data: z.boolean(),
  /** That had run, by number. */
  migrations: z.array(z.object({ id: z.int(), hash: z.string() })).min(1),
});

export type BackupHeader = z.output<typeof headerSchema>;

export const tableSchema = z.object({
  table: z.string().regex(/^[a-z_]+\.[a-z_]+$/),
  columns: z.array(z.string().regex(/^[a-z_0-9]+$/)).min(1),
  /** Of its identity column: what was given out last. */
  sequence: z
    .object({ column: z.string(), value: z.string().regex(/^\d+$/), is_called: z.boolean() })
    .nullable(),
});

export type BackupTable = z.output<typeof tableSchema>;

export const rowsSchema = z.object({ rows: z.int() });
export const endSchema = z.object({ end: z.literal(true) });

/** COPY escapes a backslash in a value: no row is this line. */
export const endOfRows = Buffer.from("\\.\n");

const digestBytes = 32;
const ageMagic = "age-encryption.org/";
const gzipMagic = Buffer.from([0x1f, 0x8b]);
/** scrypt with 2^16 takes 64 MB: passphrases are asked to be long, and the process that backs up is a small one. */
const scryptWorkFactor = 16;

/** Passes bytes on, and puts their digest behind the last. */
export function seal(): Transform {
  const hash = createHash("sha256");
  return new Transform({
    transform(chunk: Buffer, _encoding, done: TransformCallback) {
      hash.update(chunk);
      done(null, chunk);
    },
    flush(done) {
      done(null, hash.digest());
    },
  });
}

/** Passes on what was sealed. Fails at its end unless it is as it was. */
function unseal(file: string): Transform {
  const hash = createHash("sha256");
  let held = Buffer.alloc(0);
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const all = Buffer.concat([held, chunk]);
      const sealed = all.subarray(0, Math.max(0, all.length - digestBytes));
      held = Buffer.from(all.subarray(sealed.length));
      hash.update(sealed);
      done(null, sealed);
    },
    flush(done) {
      const isWhole = held.length === digestBytes && timingSafeEqual(held, hash.digest());
      done(
        isWhole ? null : new BackupDamagedError(file, "it is cut short or changed (its checksum differs)"),
      );
    },
  });
}

/** The stream, encrypted unless `passphrase` is null. */
export async function encrypted(stream: Readable, passphrase: string | null): Promise<Readable> {
  if (passphrase === null) return stream;
  const encrypter = new Encrypter();
  encrypter.setPassphrase(passphrase);
  encrypter.setScryptWorkFactor(scryptWorkFactor);
  return fromWeb(await encrypter.encrypt(toWeb(stream)));
}

async function decrypted(stream: Readable, passphrase: string | null, file: string): Promise<Readable> {
  if (passphrase === null)
    throw new PassphraseError(`${file} is encrypted: expected its passphrase (--passphrase -), got none`);
  const decrypter = new Decrypter();
  decrypter.addPassphrase(passphrase);
  try {
    return fromWeb(await decrypter.decrypt(toWeb(stream)));
  } catch (cause) {
    throw new PassphraseError(
      `${file} could not be opened: the passphrase is another one, or the file was changed. Nothing was restored`,
      { cause },
    );
  }
}

// Node's and the platform's types of the same streams do not agree.
const toWeb = (stream: Readable): ReadableStream<Uint8Array> =>
  Readable.toWeb(stream) as unknown as ReadableStream<Uint8Array>;
const fromWeb = (stream: ReadableStream<Uint8Array>): Readable =>
  Readable.fromWeb(stream as unknown as Parameters<typeof Readable.fromWeb>[0]);

/** The text of a backup. Whoever reads to its end knows that it is whole; before that, nothing is certain. */
export async function openBackup(file: string, passphrase: string | null): Promise<Readable> {
  const begin = await firstBytes(file);
  const isEncrypted = begin.toString("latin1") === ageMagic;
  if (!isEncrypted && !begin.subarray(0, 2).equals(gzipMagic))
    throw new BackupDamagedError(file, "it does not begin as one");
  const stored = createReadStream(file);
  const sealed = isEncrypted ? await decrypted(stored, passphrase, file) : stored;
  const whole = unseal(file);
  const text = createGunzip();
  sealed.once("error", (cause: Error) => whole.destroy(asDamaged(file, cause)));
  whole.once("error", (cause: Error) => text.destroy(asDamaged(file, cause)));
  text.once("close", () => {
    stored.destroy();
    sealed.destroy();
    whole.destroy();
  });
  return sealed.pipe(whole).pipe(text);
}

export function asDamaged(file: string, cause: Error): Error {
  if (cause instanceof BackupDamagedError) return cause;
  return new BackupDamagedError(file, cause.message, { cause });
}

async function firstBytes(file: string): Promise<Buffer> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(ageMagic.length), 0, ageMagic.length, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}
