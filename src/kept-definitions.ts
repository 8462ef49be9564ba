/** Where commands keep what they read of definitions without fault: beside the modules that Node keeps compiled. */
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { getCompileCacheDir } from "node:module";
import { join } from "node:path";
import type { Keep } from "./engine/index.ts";

/** null: there is no folder for it. What cannot be read or written there is not kept; no command fails by it. */
export function keptDefinitions(): Keep | null {
  // Of oneself alone (see cli/start.js): who can write there could have us run what they like as well.
  const folder = getCompileCacheDir();
  if (folder === undefined) return null;
  const file = join(folder, "definitions.json");
  return {
    edition: readFileSync(new URL("../package.json", import.meta.url), "utf8"), // each package by its exact version
    read() {
      try {
        return readFileSync(file, "utf8");
      } catch {
        return null;
      }
    },
    write(text) {
      const draft = `${file}.${process.pid}`;
      try {
        writeFileSync(draft, text, { mode: 0o600 });
        renameSync(draft, file);
      } catch {
        // read-only, or full
      }
    },
  };
}
