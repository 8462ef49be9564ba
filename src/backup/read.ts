/** Reads a backup, one table after the other, in memory that does not grow with it. */
import type { Readable } from "node:stream";
import type { z } from "zod";
import { BackupDamagedError, BackupError, BackupTooNewError } from "./errors.ts";
import {
  asDamaged,
  type BackupHeader,
  type BackupTable,
  endOfRows,
  endSchema,
  formatVersion,
  headerSchema,
  openBackup,
  rowsSchema,
  tableSchema,
} from "./format.ts";

const newLine = 0x0a;
const longestLine = 1_000_000;
/** Far more than the longest that is ever saved, an answer to a request: a row without an end must not fill the memory. */
const longestRow = 64_000_000;

/** Given a table and its rows, as COPY takes them; returns how many it took. */
export type TakeTable = (table: BackupTable, rows: AsyncIterable<Buffer>) => Promise<number>;

class Text {
  readonly #file: string;
  readonly #chunks: AsyncIterator<Buffer>;
  /** Begins where a line does. */
  #rest: Buffer = Buffer.alloc(0);

  constructor(file: string, stream: Readable) {
    this.#file = file;
    this.#chunks = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  }

  async #more(): Promise<void> {
    const { done, value } = await this.#chunks.next();
    if (done) throw new BackupDamagedError(this.#file, "it ends before its end");
    this.#rest = Buffer.concat([this.#rest, value]);
  }

  /** Reads until a line ends, and puts it together once: a long one is not copied again for each piece. */
  async #lineEnd(): Promise<void> {
    const pieces = [this.#rest];
    let length = this.#rest.length;
    for (;;) {
      const { done, value } = await this.#chunks.next();
      if (done) throw new BackupDamagedError(this.#file, "it ends before its end");
      pieces.push(value);
      length += value.length;
      if (value.includes(newLine)) break;
      if (length > longestRow)
        throw new BackupDamagedError(this.#file, `a row in it is longer than ${longestRow} bytes`);
    }
    this.#rest = Buffer.concat(pieces);
  }

  /** A line of JSON, as the schema has it. */
  async line<S extends z.ZodType>(schema: S): Promise<z.output<S>> {
    for (;;) {
      const end = this.#rest.indexOf(newLine);
      if (end < 0 && this.#rest.length < longestLine) {
        await this.#more();
        continue;
      }
      const line = this.#rest.subarray(0, end).toString();
      this.#rest = this.#rest.subarray(end + 1);
      const parsed = schema.safeParse(asJson(line));
      if (!parsed.success)
        throw new BackupDamagedError(this.#file, `a line in it is not understood: ${line.slice(0, 80)}`);
      return parsed.data;
    }
  }

  /** Whole lines, up to the one that ends them. */
  async *rows(): AsyncGenerator<Buffer> {
    for (;;) {
      if (this.#rest.subarray(0, endOfRows.length).equals(endOfRows)) {
        this.#rest = this.#rest.subarray(endOfRows.length);
        return;
      }
      const end = this.#rest.indexOf(`\n${endOfRows}`);
      const whole = end < 0 ? this.#rest.lastIndexOf(newLine) + 1 : end + 1;
      if (whole > 0) {
        const lines = this.#rest.subarray(0, whole);
        this.#rest = this.#rest.subarray(whole);
        yield lines;
      } else await this.#lineEnd();
    }
  }

  /** There is nothing more; what was read until here was whole. */
  async end(): Promise<void> {
    const { done } = await this.#chunks.next();
    if (!done || this.#rest.length > 0) throw new BackupDamagedError(this.#file, "something follows its end");
  }
}

function asJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** Gives each table to `take`, in the order of the file. Throws BackupDamagedError, BackupTooNewError or PassphraseError. */
export async function readBackup(
  file: string,
  passphrase: string | null,
  take: (header: BackupHeader) => TakeTable,
): Promise<BackupHeader> {
  const stream = await openBackup(file, passphrase);
  try {
    const text = new Text(file, stream);
    const header = await text.line(headerSchema);
    if (header.version > formatVersion)
      throw new BackupTooNewError(file, `format ${formatVersion}`, `format ${header.version}`);
    const takeTable = take(header);
    for (;;) {
      const next = await text.line(endSchema.or(tableSchema));
      if ("end" in next) break;
      const taken = await takeTable(next, text.rows());
      const { rows } = await text.line(rowsSchema);
      if (taken !== rows)
        throw new BackupDamagedError(file, `${next.table} has ${taken} rows instead of ${rows}`);
    }
    await text.end();
    return header;
  } catch (error) {
    if (error instanceof BackupError || !(error instanceof Error)) throw error;
    if (!("code" in error) || !String(error.code).startsWith("Z_")) throw error;
    throw asDamaged(file, error);
  } finally {
    stream.destroy();
  }
}

/** Reads all of it and writes nothing: what it returns from is whole. */
export function checkBackup(file: string, passphrase: string | null): Promise<BackupHeader> {
  return readBackup(file, passphrase, () => async (_table, rows) => {
    let count = 0;
    for await (const lines of rows) count += countLines(lines);
    return count;
  });
}

function countLines(lines: Buffer): number {
  let count = 0;
  for (let at = lines.indexOf(newLine); at >= 0; at = lines.indexOf(newLine, at + 1)) count += 1;
  return count;
}
