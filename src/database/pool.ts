import pg from "pg";
import { lockRunWorkForSession, runIdSetting, sessionSettings } from "../engine/index.ts";
import { SessionSettingsError } from "./errors.ts";

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

export interface PoolOptions {
  readonly connectionString: string;
  readonly applicationName: string;
  /** The role taken on every connection; unset: the one that logged in. */
  readonly role?: string;
  /** Changes written through this pool are marked as this run's. */
  readonly runId?: number;
  readonly max?: number;
}

/**
 * A pool whose connections read dates and numerics as text, and whose idle connections may die without ending the process.
 * Each connection is looked at before its first use: one that is not who it must be, or has not the settings that it asked
 * for, is refused with a SessionSettingsError. Without its role, row-level security would be off and nobody would know.
 */
export function createPool(options: PoolOptions): pg.Pool {
  const settings = settingsOf(options);
  const pool = new pg.Pool({
    connectionString: options.connectionString,
    application_name: options.applicationName,
    // Escaped: a blank would begin another option.
    options: Object.entries(settings)
      .map(([name, value]) => `-c ${name}=${value.replaceAll(" ", "\\ ")}`)
      .join(" "),
    keepAlive: true, // a peer that is gone without a word is found out
    keepAliveInitialDelayMillis: keepAliveMilliseconds,
    onConnect: (async (client) => {
      await verifySession(client, options.connectionString, settings);
      await endWhenLost(client);
      if (options.runId !== undefined) await client.query(lockRunWorkForSession(options.runId));
    }) as pg.PoolConfig["onConnect"],
    max: options.max ?? 10,
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
function settingsOf({ role, runId }: PoolOptions): Record<string, string> {
  return {
    search_path: searchPath.replaceAll(" ", ""),
    ...sessionSettings,
    ...(role && { role }),
    ...(runId !== undefined && { [runIdSetting]: String(runId) }),
  };
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
  const plain = (text: string | null | undefined): string => (text ?? "").replaceAll(" ", "").toLowerCase();
  const wrong = Object.entries(settings)
    .filter(([name, value]) => plain(name === "role" ? found.user : found.settings[name]) !== plain(value))
    .map(
      ([name, value]) =>
        `${name} ${value}, got ${name === "role" ? found.user : found.settings[name] || "none"}`,
    );
  if (wrong.length > 0) throw new SessionSettingsError(connectionString, wrong);
}
