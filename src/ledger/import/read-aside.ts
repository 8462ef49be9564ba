/** Reads a file in a thread of its own, within limits: whatever stands in it, other requests are answered meanwhile. */
import { type MessagePort, receiveMessageOnPort, Worker } from "node:worker_threads";
import { mapInTurns } from "../../event-loop.ts";
import { FileTooCostlyError } from "../errors.ts";
import type { Entry } from "./entries.ts";
import { type ImportFile, type ReadFile, unreadFile } from "./read.ts";

/** Files that are read at once; others wait. */
const mostWorkers = 2;
/** 5,000 lines take 0.3 s, the costliest 2,500,000 characters that we found 3 s. */
const longestReadingMilliseconds = 20_000;
/** In MB. The costliest file takes about 100 of the first. */
const memory = { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 32, stackSizeMb: 4 };
/** A new thread takes 0.2 s to begin, one that is kept a millisecond; one is, as long as files come. */
const keptMilliseconds = 60_000;

interface Answer {
  readonly head: Omit<ReadFile, "entries">;
  /** Where the entries wait, some at a time. */
  readonly entries: MessagePort;
}

let kept: { readonly worker: Worker; readonly timer: NodeJS.Timeout } | null = null;
let working = 0;
const waiting: (() => void)[] = [];

function takeWorker(): Worker {
  if (kept === null) return startWorker();
  const { worker, timer } = kept;
  clearTimeout(timer);
  kept = null;
  worker.ref();
  return worker;
}

function startWorker(): Worker {
  const worker = new Worker(new URL("./read-worker.ts", import.meta.url), { resourceLimits: memory });
  // Whoever waits for it hears of its end; that nobody does must not end the process.
  worker.on("error", () => {});
  worker.on("exit", () => {
    if (kept?.worker === worker) kept = null;
  });
  return worker;
}

async function putBack(worker: Worker): Promise<void> {
  if (kept) return void (await worker.terminate());
  worker.unref();
  const timer = setTimeout(() => {
    kept = null;
    void worker.terminate();
  }, keptMilliseconds).unref();
  kept = { worker, timer };
}

/** Throws FileTooCostlyError, and then the worker has ended; so it has after any other error, which is a fault of ours. */
function ask(worker: Worker, question: { file: ImportFile; now: Date }): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const onError = (error: Error & { code?: string }): void =>
    reject(error.code === "ERR_WORKER_OUT_OF_MEMORY" ? new FileTooCostlyError() : error);
  const onExit = (): void =>
    reject(new Error("expected the thread that reads a file to answer, but it ended"));
  const timer = setTimeout(() => reject(new FileTooCostlyError()), longestReadingMilliseconds);
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

async function readWith(worker: Worker, file: ImportFile, now: Date): Promise<ReadFile> {
  try {
    const { head, entries } = await ask(worker, { file, now });
    const chunks = await mapInTurns(chunksOf(entries), (chunk) => chunk);
    entries.close();
    await putBack(worker);
    return { ...head, entries: chunks.flat() };
  } catch (error) {
    await worker.terminate();
    if (error instanceof FileTooCostlyError) return unreadFile(error);
    throw error;
  }
}

/** As `readImportFile`; a file that takes too much time or memory has that as its problem. */
export async function readFileAside(file: ImportFile, now: Date): Promise<ReadFile> {
  if (working >= mostWorkers) await new Promise<void>((resolve) => waiting.push(resolve));
  else working++;
  try {
    return await readWith(takeWorker(), file, now);
  } finally {
    const next = waiting.shift();
    if (next) next();
    else working--;
  }
}
