/** The thread that reads files for `read-aside.ts`: one at a time, and it ends with the file that it cannot bear. */
import { MessageChannel, parentPort } from "node:worker_threads";
import { type ImportFile, readImportFile } from "./read.ts";

/** Entries are taken from their port so many at a time, so that taking them holds nobody up. */
const entriesAtOnce = 200;

parentPort!.on("message", ({ file, now }: { file: ImportFile; now: Date }) => {
  const { entries, ...head } = readImportFile(file, () => now);
  const { port1: ours, port2: theirs } = new MessageChannel();
  for (let from = 0; from < entries.length; from += entriesAtOnce)
    ours.postMessage(entries.slice(from, from + entriesAtOnce));
  parentPort!.postMessage({ head, entries: theirs }, [theirs]);
});
