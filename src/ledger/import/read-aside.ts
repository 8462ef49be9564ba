/** Reads a file in a thread of its own, within limits: whatever stands in it, other requests are answered meanwhile. */
import { type MessagePort, type ResourceLimits, receiveMessageOnPort, Worker } from "node:worker_threads";
import { mapInTurns } from "../../event-loop.ts";
import type { Entry } from "./entry.ts";
import { FileTooCostlyError } from "./errors.ts";
import { LastRead } from "./last-read.ts";
import { type ImportFile, type ReadFile, unreadFile } from "./read.ts";

export interface ReadingLimits {
  /** Files that are read at once; others wait. */
  readonly threads: number;
  readonly milliseconds: number;
  readonly memory: ResourceLimits;
}

/** 5,000 lines take 0.3 s, the costliest 2,500,000 characters that we found 3 s and about 100 MB. */
const usualLimits: ReadingLimits = {
  threads: 2,
  milliseconds: 20_000,
  memory: { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 32, stackSizeMb: 4 },
};
/** A new thread takes 0.2 s to begin, one that is kept a millisecond; one is, as long as files come. */
const keptMilliseconds = 60_000;

interface Answer {
  readonly head: Omit<ReadFile, "entries">;
  /** Where the entries wait, some at a time. */
  readonly entries: MessagePort;
}

/** The threads of a process that read files, as many as its limits allow. */
export class ReadingThreads {
  readonly #limits: ReadingLimits;
  #kept: { readonly worker: Worker; readonly timer: NodeJS.Timeout } | null = null;
  #working = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(limits: Partial<ReadingLimits> = {}) {
    this.#limits = { ...usualLimits, ...limits };
  }

  /** As `readImportFile`; a file that takes too much time or memory has that as its problem. */
  async read(file: ImportFile, now: Date): Promise<ReadFile> {
    if (this.#working >= this.#limits.threads)
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#working++;
    try {
      return await this.#readWith(this.#takeWorker(), file, now);
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#working--;
    }
  }

  async #readWith(worker: Worker, file: ImportFile, now: Date): Promise<ReadFile> {
    try {
      const { head, entries } = await ask(worker, { file, now }, this.#limits.milliseconds);
      const chunks = await mapInTurns(chunksOf(entries), (chunk) => chunk);
      entries.close();
      await this.#putBack(worker);
      return { ...head, entries: chunks.flat() };
    } catch (error) {
      await worker.terminate();
      if (error instanceof FileTooCostlyError) return unreadFile(error);
      throw error;
    }
  }

  #takeWorker(): Worker {
    if (this.#kept === null) return this.#startWorker();
    const { worker, timer } = this.#kept;
    clearTimeout(timer);
    this.#kept = null;
    worker.ref();
    return worker;
  }

  #startWorker(): Worker {
    const resourceLimits = this.#limits.memory;
    const worker = new Worker(new URL("./read-worker.ts", import.meta.url), { resourceLimits });
    // Whoever waits for it hears of its end; that nobody does must not end the process.
    worker.on("error", () => {});
    worker.on("exit", () => {
      if (this.#kept?.worker === worker) this.#kept = null;
    });
    return worker;
  }

  async #putBack(worker: Worker): Promise<void> {
    if (this.#kept) return void (await worker.terminate());
    worker.unref();
    const timer = setTimeout(() => {
      this.#kept = null;
      void worker.terminate();
    }, keptMilliseconds).unref();
    this.#kept = { worker, timer };
  }
}

/** Throws FileTooCostlyError, and whatever is a fault of ours; after either the worker is of no use. */
function ask(
  worker: Worker,
  question: { file: ImportFile; now: Date },
  milliseconds: number,
): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const onError = (error: Error & { code?: string }): void =>
    reject(error.code === "ERR_WORKER_OUT_OF_MEMORY" ? new FileTooCostlyError() : error);
  const onExit = (): void =>
    reject(new Error("expected the thread that reads a file to answer, but it ended"));
  const timer = setTimeout(() => reject(new FileTooCostlyError()), milliseconds);
  worker.once("message", resolve).once("error", onError).once("exit", onExit);
  worker.postMessage(question);
  return promise.finally(() => {
    clearTimeout(timer);
    worker.off("message", resolve).off("error", onError).off("exit", onExit);
  });
}

function* chunksOf(port: MessagePort): Generator<readonly Entry[]> {
  for (let next = receiveMessageOnPort(port); next; next = receiveMessageOnPort(port)) yield next.message;
}

const threads = new ReadingThreads();

const last = new LastRead((file, now) => threads.read(file, now));

/** With the threads of this process, or as it was read a moment ago. */
export const readFileAside = (file: ImportFile, now: Date): Promise<ReadFile> => last.read(file, now);
