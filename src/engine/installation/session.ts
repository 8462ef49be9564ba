/** What a session of the engine has set, and a pool whose sessions have it. */
import pg from "pg";
import { EngineError, lockRunWorkForSession, quoteColumns } from "../postgres/index.ts";

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

/**
 * How soon the server finds that a client is gone, and ends what it does for it: a process that was killed, within a second, while
 * a statement runs too (which else goes on to its end, and holds its locks); a machine that was, within half a minute.
 */
const whenClientIsLost: Readonly<Record<string, string>> = {
  client_connection_check_interval: "1s",
  tcp_keepalives_idle: "10",
  tcp_keepalives_interval: "5",
  tcp_keepalives_count: "3",
  tcp_user_timeout: "25s",
};

const keepAliveMilliseconds = 10_000;

/** A connection is not what it asked to be: without its role, row-level security would be off. */
export class SessionSettingsError extends EngineError {
  readonly code = "session_settings";

  constructor(connectionString: string, wrong: readonly string[]) {
    const { host, pathname } = new URL(connectionString);
    super(
      `expected a session at ${host}${pathname} with ${wrong.join("; ")}: a pooler in between drops what sessions ask for ` +
        "(PgBouncer with ignore_startup_parameters = options); connect to PostgreSQL itself",
    );
  }
}

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
  /** So many are kept when nothing has been asked for 10 s, with what they have parsed and planned. Default: none. */
  readonly min?: number;
  /** The longest a statement may take on the server. Default: as long as it takes. */
  readonly statementSeconds?: number;
  /** The longest anybody waits for a connection. Default: until there is one. */
  readonly waitSeconds?: number;
  /**
   * A connection sends what it is given at once, without waiting for the answers to what it was given before; nothing that streams
   * (COPY, a cursor) works on it then. Default: one statement after the other.
   */
  readonly pipeline?: boolean;
  /** What the pool is made by. Default `pg.Pool`. */
  readonly Pool?: typeof pg.Pool;
}

/**
 * A pool such as the engine needs: its sessions have the settings, its rows have the types that `RowOf` says, and its idle
 * connections may die without ending the process. Each connection is looked at before its first use: one that is not who
 * it must be, or has not the settings that it asked for, is refused with a SessionSettingsError.
 */
export function createPool(options: PoolOptions): pg.Pool {
  const settings = settingsOf(options);
  const { Pool = pg.Pool } = options;
  const pool = new Pool({
    connectionString: options.connectionString,
    application_name: options.applicationName,
    options: Object.entries(settings)
      .map(([name, value]) => `-c ${name}=${escapeOption(value)}`)
      .join(" "),
    keepAlive: true, // a peer that is gone without a word is found out
    keepAliveInitialDelayMillis: keepAliveMilliseconds,
    onConnect: (async (client) => {
      await verifySession(client, options.connectionString, settings);
      await endWhenLost(client);
      if (options.runId !== undefined) await client.query(lockRunWorkForSession(options.runId));
    }) as pg.PoolConfig["onConnect"],
    max: options.max ?? 10,
    min: options.min ?? 0,
    connectionTimeoutMillis: (options.waitSeconds ?? 0) * 1000,
    pipeline: options.pipeline ?? false,
    types,
  });
  pool.on("error", () => {}); // a connection that dies while idle is replaced by the next query
  return pool;
}

/** Has the server end the session, and what it does, once this process is gone. */
export async function endWhenLost(client: pg.ClientBase): Promise<void> {
  await client.query(
    `select case
       when version() ~* 'linux|darwin|apple|bsd' -- elsewhere they cannot be set
       then (select count(set_config(name, value, false)) from jsonb_each_text($1) as lost (name, value))
     end`,
    [JSON.stringify(whenClientIsLost)],
  );
}

/** What a connection asks for when it begins: name -> value. */
function settingsOf({ searchPath, role, runId, statementSeconds }: PoolOptions): Record<string, string> {
  return {
    search_path: quoteColumns(searchPath),
    ...sessionSettings,
    ...(role === undefined ? {} : { role }),
    ...(runId === undefined ? {} : { [runIdSetting]: String(runId) }),
    ...(statementSeconds === undefined ? {} : { statement_timeout: durationOf(statementSeconds) }),
  };
}

/** As PostgreSQL itself writes it, since the session is asked what it has. */
function durationOf(seconds: number): string {
  const units = [86_400, 3600, 60, 1] as const;
  const unit = units.find((each) => seconds % each === 0)!;
  return `${seconds / unit}${{ 86400: "d", 3600: "h", 60: "min", 1: "s" }[unit]}`;
}

/** One round trip. Throws SessionSettingsError. */
async function verifySession(
  client: pg.ClientBase,
  connectionString: string,
  settings: Readonly<Record<string, string>>,
): Promise<void> {
  const { rows } = await client.query<{
    process_id: number;
    user: string;
    settings: Record<string, string | null>;
  }>(
    `select
       pg_backend_pid() as process_id,
       current_user as user,
       (select jsonb_object_agg(name, current_setting(name, true)) from unnest($1::text[]) as name) as settings`,
    [Object.keys(settings)],
  );
  const found = rows[0]!;
  // A pooler gives a number of its own, and what is cancelled by number would be somebody else's.
  (client as pg.ClientBase & { processID: number }).processID = found.process_id;
  const plain = (text: string | null | undefined): string =>
    (text ?? "").replaceAll(/[ "]/g, "").toLowerCase();
  const wrong = Object.entries(settings)
    .filter(([name, value]) => plain(name === "role" ? found.user : found.settings[name]) !== plain(value))
    .map(
      ([name, value]) =>
        `${name} ${value}, got ${name === "role" ? found.user : found.settings[name] || "none"}`,
    );
  if (wrong.length > 0) throw new SessionSettingsError(connectionString, wrong);
}

/** A blank would begin another option. */
function escapeOption(value: string): string {
  return value.replaceAll(/[\\ ]/g, "\\$&");
}
