/** The files that were read last: each comes back, with the choice of its rows, once for every look at it. */
import { hash } from "node:crypto";
import type { ImportFile, ReadFile } from "./read.ts";

/** Together they take some 30 MB, of files as long as they may be. */
const mostFiles = 2;
const keptMilliseconds = 5 * 60_000;

interface Kept {
  readonly file: ReadFile;
  readonly timer: NodeJS.Timeout;
}

/** Whatever a file is read by: the day says which years its dates can be of. */
const keyOf = ({ csv, columns, notation, words }: ImportFile, now: Date): string =>
  hash("sha256", JSON.stringify([csv, columns, notation, words, now.toISOString().slice(0, 10)]));

/** As it is read by `read`, unless it was read as that a moment ago. What could not be read is read again. */
export class LastRead {
  readonly #kept = new Map<string, Kept>();
  readonly #read: (file: ImportFile, now: Date) => Promise<ReadFile>;

  constructor(read: (file: ImportFile, now: Date) => Promise<ReadFile>) {
    this.#read = read;
  }

  async read(file: ImportFile, now: Date): Promise<ReadFile> {
    const key = keyOf(file, now);
    const known = this.#kept.get(key)?.file;
    const read = known ?? (await this.#read(file, now));
    this.#drop(key);
    if (read.problem !== null) return read;
    for (const oldest of [...this.#kept.keys()].slice(0, this.#kept.size - mostFiles + 1)) this.#drop(oldest);
    const timer = setTimeout(() => this.#drop(key), keptMilliseconds).unref();
    this.#kept.set(key, { file: read, timer });
    return read;
  }

  #drop(key: string): void {
    clearTimeout(this.#kept.get(key)?.timer);
    this.#kept.delete(key);
  }
}
