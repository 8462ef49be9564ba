/** Which market a data folder is of: kept in it, so that no command mixes the two. */
import { existsSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { demoDataDirectory } from "./config.ts";
import { keepOnce } from "./folder-keeper.ts";

/** What a data folder holds: figures of the real market, or the demo's invented ones. The two are never mixed. */
export type DataKind = "real" | "demo";

/** `demo` was asked for on a folder with real data. */
export class RealDataError extends Error {
  readonly code = "real_data";
  constructor(dataDirectory: string, file: string) {
    super(
      `expected a data folder of the demo's own, got ${dataDirectory}, which holds real data: invented prices would be mixed ` +
        `with it. Set DATA_DIR to another folder, or leave it unset (if this is a demo's after all, write "demo" into ${file})`,
    );
  }
}

/**
 * What the data folder holds, as is kept in it; a new one becomes what is asked for. Whoever works on a demo's folder gets
 * the demo's market, whatever the command. Throws RealDataError when the demo is asked for on another's.
 */
export function keptDataKind(dataDirectory: string, asked: DataKind): DataKind {
  const file = join(dataDirectory, "market");
  const kept = readKind(file) ?? keptBefore(dataDirectory) ?? asked;
  if (asked === "demo" && kept === "real") throw new RealDataError(dataDirectory, file);
  if (readKind(file) === null) keepOnce(dataDirectory, "market", `${kept}\n`);
  return kept;
}

function readKind(file: string): DataKind | null {
  if (!existsSync(file)) return null;
  return readFileSync(file, "utf8").trim() === "demo" ? "demo" : "real";
}

/** Of a folder from before this was kept in it: the demo's had a name of its own. null: a new folder. */
function keptBefore(dataDirectory: string): DataKind | null {
  if (!existsSync(join(dataDirectory, "postgres"))) return null;
  return basename(dataDirectory) === demoDataDirectory ? "demo" : "real";
}
