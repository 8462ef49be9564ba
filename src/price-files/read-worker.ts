/** The thread that reads one price file for `read-aside.ts`, and ends. */
import { parentPort } from "node:worker_threads";
import { type ReadingOptions, readPriceFile } from "./read.ts";

parentPort!.once("message", ({ text, options }: { text: string; options: ReadingOptions }) => {
  parentPort!.postMessage(readPriceFile(text, options));
});
