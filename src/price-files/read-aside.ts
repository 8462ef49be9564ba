/** Reads a price file in a thread of its own, within limits: whatever stands in it, others are answered meanwhile. */
import { Worker } from "node:worker_threads";
import { type ReadingOptions, unreadFile } from "./read.ts";
import type { PriceFileReading } from "./reading.ts";

/** A year of an exchange of sixty tickers takes a second and 100 MB. */
const milliseconds = 30_000;
const resourceLimits = { maxOldGenerationSizeMb: 512, maxYoungGenerationSizeMb: 64, stackSizeMb: 4 };
const tooCostly = "the file takes too long or too much memory to be read: split it";

/** As `readPriceFile`; a file that takes too much time or memory has that as its problem. Throws what is a fault of ours. */
export async function readPriceFileAside(text: string, options: ReadingOptions): Promise<PriceFileReading> {
  const worker = new Worker(new URL("./read-worker.ts", import.meta.url), { resourceLimits });
  const { promise, resolve, reject } = Promise.withResolvers<PriceFileReading>();
  const timer = setTimeout(() => resolve(unreadFile(tooCostly)), milliseconds);
  worker
    .once("message", resolve)
    .once("error", (error: Error & { code?: string }) =>
      error.code === "ERR_WORKER_OUT_OF_MEMORY" ? resolve(unreadFile(tooCostly)) : reject(error),
    )
    .once("exit", () =>
      reject(new Error("expected the thread that reads a price file to answer, but it ended")),
    );
  worker.postMessage({ text, options });
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    await worker.terminate();
  }
}
