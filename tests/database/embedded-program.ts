/** A program that uses the embedded server of the folder it is given until it is killed. */
import { startEmbedded } from "../../src/database/embedded.ts";

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error("expected a data folder");
await startEmbedded({ dataDirectory: folder, durable: false });
process.send?.("ready");
