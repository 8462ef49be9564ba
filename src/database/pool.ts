import pg from "pg";
import { runIdSetting, sessionSettings } from "../engine/index.ts";

// Dates stay `YYYY-MM-DD` strings and numerics stay decimal strings; ids and counts are far below 2^53.
const identity = (text: string): string => text;
const parsers = new Map<number, (text: string) => unknown>([
  [pg.types.builtins.INT8, Number],
  [pg.types.builtins.DATE, identity],
  [1182, (text: string) => (text === "{}" ? [] : text.slice(1, -1).split(","))], // date[]
]);

const types: pg.CustomTypesConfig = {
  getTypeParser: (oid: number, format?: "text" | "binary") =>
    (format !== "binary" && parsers.get(oid)) || pg.types.getTypeParser(oid, format as "text"),
};

/** What people and models see unqualified: models first, then bronze, then users. */
export const searchPath = '"default", bronze, public';

export interface PoolOptions {
  readonly connectionString: string;
  readonly applicationName: string;
  /** The role taken on every connection; unset: the one that logged in. */
  readonly role?: string;
  /** Changes written through this pool are marked as this run's. */
  readonly runId?: number;
  readonly max?: number;
}

/** A pool whose connections read dates and numerics as text, and whose idle connections may die without ending the process. */
export function createPool(options: PoolOptions): pg.Pool {
  const settings = [
    `-c search_path=${searchPath.replaceAll(" ", "")}`,
    // Escaped: a blank would begin another option.
    ...Object.entries(sessionSettings).map(([name, value]) => `-c ${name}=${value.replaceAll(" ", "\\ ")}`),
  ];
  if (options.role) settings.push(`-c role=${options.role}`);
  if (options.runId !== undefined) settings.push(`-c ${runIdSetting}=${options.runId}`);
  const pool = new pg.Pool({
    connectionString: options.connectionString,
    application_name: options.applicationName,
    options: settings.join(" "),
    max: options.max ?? 10,
    types,
  });
  pool.on("error", () => {}); // a connection that dies while idle is replaced by the next query
  return pool;
}
