import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import {
  DatabaseRefusedError,
  DatabaseTooOldError,
  DatabaseUnreachableError,
  SessionsNotKeptError,
} from "./errors.ts";

/** `returning old.*, new.*`, which tells inserted rows from updated ones, came with 18. */
const oldestVersion = 18;
const connectTimeoutMilliseconds = 5000;
const firstPauseMilliseconds = 100;
const longestPauseMilliseconds = 2000;

/** Classes of SQLSTATE that waiting does not cure: 28 is authorization, 3D an unknown database. */
const refusals = ["28", "3D"];

export interface CheckOptions {
  /** How long to go on trying while nothing answers, as when containers start in any order. */
  readonly waitSeconds: number;
  /** Told once, when the first attempt found nothing. */
  onWait?(error: Error): void;
  /** Major version of PostgreSQL. Default 18. */
  readonly minimumVersion?: number;
}

/** Connects once. Throws DatabaseUnreachableError, DatabaseRefusedError, DatabaseTooOldError or SessionsNotKeptError. */
export async function checkDatabase(connectionString: string, options: CheckOptions): Promise<void> {
  const deadline = performance.now() + options.waitSeconds * 1000;
  for (let pause = firstPauseMilliseconds; ; pause = Math.min(2 * pause, longestPauseMilliseconds)) {
    try {
      return await checkOnce(connectionString, options.minimumVersion ?? oldestVersion);
    } catch (error) {
      if (!(error instanceof Error) || error instanceof DatabaseTooOldError) throw error;
      if (error instanceof SessionsNotKeptError) throw error;
      const state = (error as pg.DatabaseError).code ?? "";
      if (refusals.includes(state.slice(0, 2)))
        throw new DatabaseRefusedError(connectionString, { cause: error });
      if (performance.now() + pause > deadline)
        throw new DatabaseUnreachableError(connectionString, options.waitSeconds, { cause: error });
      if (pause === firstPauseMilliseconds) options.onWait?.(error);
      await delay(pause);
    }
  }
}

async function checkOnce(connectionString: string, minimumVersion: number): Promise<void> {
  await withClient(connectionString, async (client) => {
    const { rows } = await client.query<{ number: number; name: string }>(
      "select current_setting('server_version_num')::integer as number, current_setting('server_version') as name",
    );
    const version = rows[0] as { number: number; name: string };
    if (version.number < minimumVersion * 10_000)
      throw new DatabaseTooOldError(connectionString, version.name, minimumVersion);
    await withClient(connectionString, (other) => checkSessions(connectionString, client, other));
  });
}

/**
 * Does a connection keep its session between transactions? A pooler that shares sessions gives the one that was free last:
 * so `other` takes that, in a transaction, before we look again.
 */
async function checkSessions(connectionString: string, client: pg.Client, other: pg.Client): Promise<void> {
  const token = randomUUID();
  await client.query("select set_config('stratafolio.session', $1, false)", [token]);
  await other.query("begin; select 1");
  try {
    // No answer: there is one session for both, and the other has it.
    const found = await client
      .query<{ token: string | null }>("select current_setting('stratafolio.session', true) as token")
      .then(
        ({ rows }) => rows[0]!.token,
        (error: Error) => (error.message === "Query read timeout" ? null : Promise.reject(error)),
      );
    if (found !== token) throw new SessionsNotKeptError(connectionString);
  } finally {
    await other.query("rollback");
  }
}

async function withClient(
  connectionString: string,
  work: (client: pg.Client) => Promise<void>,
): Promise<void> {
  const client = new pg.Client({
    connectionString,
    application_name: "stratafolio check",
    connectionTimeoutMillis: connectTimeoutMilliseconds,
    query_timeout: connectTimeoutMilliseconds,
  });
  client.on("error", () => {}); // reported by the query that it breaks
  try {
    await client.connect();
    await work(client);
  } finally {
    await client.end().catch(() => {});
  }
}
