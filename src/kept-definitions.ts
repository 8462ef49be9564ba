/** Where what was read of definitions without fault is kept: beside the modules that Node keeps compiled. */
import { createHash, randomUUID } from "node:crypto";
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire, getCompileCacheDir } from "node:module";
import { dirname, join, sep } from "node:path";
import { type Keep, ownText } from "./engine/index.ts";

/**
 * null: there is no folder for it. What cannot be read or written there is not kept; nothing fails by it. To be asked for when
 * a process begins: its edition is what is installed then.
 */
export function keptDefinitions(): Keep | null {
  // Of oneself alone (see cli/start.js): who can write there could have us run what they like as well.
  const folder = getCompileCacheDir();
  const edition = folder === undefined ? null : installedEdition();
  if (folder === undefined || edition === null) return null;
  const file = join(folder, "definitions.json");
  return {
    edition,
    read: () => textOf(file),
    write(text) {
      // Containers share a home, and have the same process ids.
      const draft = `${file}.${randomUUID()}`;
      try {
        if (text === null) return rmSync(file, { force: true });
        writeFileSync(draft, text, { mode: 0o600, flag: "wx" });
        renameSync(draft, file);
      } catch {
        remove(draft); // of a full disk; or one that is read-only
      }
    },
  };
}

function remove(file: string): void {
  try {
    rmSync(file, { force: true });
  } catch {
    // read-only
  }
}

function textOf(file: string): string | null {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return null;
  }
}

/** What bodies are read with: the engine, the parser, and all packages as they are installed. null: it cannot be told. */
function installedEdition(): string | null {
  try {
    const parser = dirname(dirname(createRequire(import.meta.url).resolve("libpg-query"))); // its wasm/index.cjs
    const packages = parser.slice(
      0,
      parser.lastIndexOf(`${sep}node_modules${sep}`) + `${sep}node_modules`.length,
    );
    const engine = ownText();
    if (engine === null) return null;
    const parts = [
      engine,
      readFileSync(join(parser, "package.json"), "utf8"),
      textOf(join(packages, ".package-lock.json")), // npm's; others write none
    ];
    return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
  } catch {
    return null;
  }
}
