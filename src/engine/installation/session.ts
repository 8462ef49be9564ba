/** What a session of the engine has set, and a pool whose sessions have it. */
import pg from "pg";
import { quoteColumns } from "../postgres/index.ts";

/**
 * Settings that change what a SELECT gives: every session of the engine, and of those who read what it publishes, has
 * these. Under another time zone `created_at::date` is another day.
 */
export const sessionSettings: Readonly<Record<string, string>> = {
  TimeZone: "UTC",
  DateStyle: "ISO, MDY",
  IntervalStyle: "postgres",
  extra_float_digits: "1",
  bytea_output: "hex",
  xmlbinary: "base64",
  xmloption: "content",
  lc_monetary: "C",
  lc_numeric: "C",
  lc_time: "C",
  timezone_abbreviations: "Default",
  default_text_search_config: "pg_catalog.simple",
  transform_null_equals: "off",
  array_nulls: "on",
};

/** The setting of a session whose writes are those of a run, which then propagates them itself. */
export const runIdSetting = "orchestrator.run_id";

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

export interface PoolOptions {
  readonly connectionString: string;
  readonly applicationName: string;
  /** The schemas whose names need no schema before them: that of the models first. */
  readonly searchPath: readonly string[];
  /** The role taken on every connection; unset: the one that logged in. */
  readonly role?: string;
  /** Changes written through this pool are marked as this run's. */
  readonly runId?: number;
  readonly max?: number;
}

/**
 * A pool such as the engine needs: its sessions have the settings, its rows have the types that `RowOf` says, and its idle
 * connections may die without ending the process.
 */
export function createPool(options: PoolOptions): pg.Pool {
  const settings: Record<string, string> = {
    search_path: quoteColumns(options.searchPath),
    ...sessionSettings,
    ...(options.role === undefined ? {} : { role: options.role }),
    ...(options.runId === undefined ? {} : { [runIdSetting]: String(options.runId) }),
  };
  const pool = new pg.Pool({
    connectionString: options.connectionString,
    application_name: options.applicationName,
    options: Object.entries(settings)
      .map(([name, value]) => `-c ${name}=${escapeOption(value)}`)
      .join(" "),
    max: options.max ?? 10,
    types,
  });
  pool.on("error", () => {}); // a connection that dies while idle is replaced by the next query
  return pool;
}

/** A blank would begin another option. */
function escapeOption(value: string): string {
  return value.replaceAll(/[\\ ]/g, "\\$&");
}
