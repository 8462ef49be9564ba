/** Base of what can be wrong with the database itself: the settings or the surroundings, not the request. */
export abstract class DatabaseError extends Error {
  abstract readonly code: string;
}

import { type Plain, plain } from "../plain.ts";

export class UnsupportedPlatformError extends DatabaseError {
  readonly code = "unsupported_platform";
  constructor(platform: string, options: ErrorOptions) {
    super(
      `expected an embedded PostgreSQL for this machine, but there is none for ${platform} ` +
        "(or npm left out optional dependencies): set DATABASE_URL to a PostgreSQL 18 server",
      options,
    );
  }
}

export class ServerUserError extends DatabaseError {
  readonly code = "no_server_user";
  constructor(options: ErrorOptions) {
    super(
      "PostgreSQL refuses to run as root, and a user `postgres` for it could not be made: make one " +
        "(useradd --system postgres), run this program as another user, or set DATABASE_URL",
      options,
    );
  }
}

export class DataDirectoryError extends DatabaseError {
  readonly code = "bad_data_directory";
  constructor(folder: string, options: ErrorOptions & { cause: Error }) {
    super(
      `the data folder ${folder} cannot be used (${options.cause.message}): run as the user it belongs to, or set ` +
        "DATA_DIR to a folder of your own",
      options,
    );
  }
}

export class ServerStartError extends DatabaseError {
  readonly code = "server_start_failed";
  constructor(folder: string, logTail: string) {
    super(
      `the embedded PostgreSQL in ${folder} did not start. The end of its log:\n${logTail}\n` +
        "Correct what the log says; or set DATA_DIR to another folder, or DATABASE_URL to another server",
    );
  }
}

/** Where a connection goes, without its password. */
function target(connectionString: string): string {
  const url = new URL(connectionString);
  const host = url.searchParams.get("host") ?? (url.hostname || "localhost");
  return `${url.username || "(no user)"}@${host}:${url.port || "5432"}/${decodeURIComponent(url.pathname.slice(1))}`;
}

export class DatabaseUnreachableError extends DatabaseError {
  readonly code = "database_unreachable";
  constructor(connectionString: string, waitedSeconds: number, options: ErrorOptions & { cause: Error }) {
    const { cause } = options;
    const reason = cause.message || (cause as NodeJS.ErrnoException).code || cause.name;
    super(
      `no database answers at ${target(connectionString)} (tried for ${waitedSeconds} s; ${reason}): ` +
        "start it, or correct DATABASE_URL",
      options,
    );
  }
}

export class DatabaseRefusedError extends DatabaseError {
  readonly code = "database_refused";
  constructor(connectionString: string, options: ErrorOptions & { cause: Error }) {
    super(
      `the database at ${target(connectionString)} refused the connection: ${options.cause.message}. ` +
        "Correct user, password and database name in DATABASE_URL",
      options,
    );
  }
}

export class DatabaseTooOldError extends DatabaseError {
  readonly code = "database_too_old";
  constructor(connectionString: string, version: string, minimum: number) {
    super(
      `expected PostgreSQL ${minimum} or newer at ${target(connectionString)}, got ${version}: ` +
        "upgrade it, or unset DATABASE_URL to use the embedded one",
    );
  }
}

const withoutPooler =
  "something in between shares sessions or drops what they ask for (PgBouncer with pool_mode = transaction or statement, or with " +
  "ignore_startup_parameters = options): point DATABASE_URL at PostgreSQL itself";

/** What one transaction sets, the next one of the same connection does not find. */
export class SessionsNotKeptError extends DatabaseError {
  readonly code = "sessions_not_kept";
  constructor(connectionString: string) {
    super(
      `expected connections to ${target(connectionString)} to keep their session between transactions, got one that does not; ` +
        `locks, LISTEN and roles would be lost: ${withoutPooler}`,
    );
  }
}

/** The web is to have no more rights than it needs, and there is no such login for it. */
export class WebLoginError extends DatabaseError {
  readonly code = "web_login";
  constructor(role: string, reason: string, options?: ErrorOptions) {
    super(
      `expected the web to sign in as ${role}, a role with the rights of stratafolio_web and no others, but ${reason}: let the owner in ` +
        "DATABASE_URL make roles (alter role ... createrole), or make one (create role NAME login noinherit password '...'; " +
        "grant stratafolio_web to NAME; grant connect on database ... to NAME) and set WEB_DATABASE_URL to it, with its password",
      options,
    );
  }
}

/** WEB_DATABASE_URL alone is enough for the web, and for nothing else. */
export class OwnerUrlError extends DatabaseError {
  readonly code = "no_owner_url";
  constructor() {
    super(
      "expected DATABASE_URL beside WEB_DATABASE_URL, got none: only `stratafolio web` works without the owner",
    );
  }
}

export class MigrationEditedError extends DatabaseError {
  readonly code = "migration_edited";
  readonly files: readonly string[];
  constructor(files: readonly string[]) {
    super(
      `expected migrations to be as they were when they ran, but these differ: ${files.join(", ")}. ` +
        "Put the file back (git checkout -- migrations) and write the change as a new migration",
    );
    this.files = files;
  }
}

export class MigrationFailedError extends DatabaseError {
  readonly code = "migration_failed";
  constructor(options: ErrorOptions & { cause: Error }) {
    super(`the database could not be migrated, and is as it was before: ${options.cause.message}`, options);
  }
}

export class MigrationsPendingError extends DatabaseError {
  readonly code = "migrations_pending";
  constructor(files: readonly string[]) {
    super(`the database has not had ${files.join(", ")} yet: run \`stratafolio migrate\` first`);
  }
}

/** No connection became free in time: everybody's, not this request's, is the load. */
export class DatabaseBusyError extends DatabaseError {
  readonly code = "database_busy";
  readonly retryAfterSeconds = 5;
  constructor(waitedSeconds: number, options: ErrorOptions) {
    super(
      `too much is asked of the database just now (no connection became free within ${waitedSeconds} s); try again in a few seconds`,
      options,
    );
  }
}

/** A connection that looks open, and at whose other end nobody is. Whether what was asked was done nobody can tell. */
export class DatabaseSilentError extends DatabaseError {
  readonly code = "database_unavailable";
  readonly retryAfterSeconds = 5;
  constructor(waitedSeconds: number) {
    super(`the database does not answer (nothing came for ${waitedSeconds} s); try again in a few seconds`);
  }
}

/** One person asks for more at once than a person's share. */
export class TooManyRequestsError extends DatabaseError {
  readonly plain: Plain;

  readonly code = "too_many_requests";
  readonly retryAfterSeconds = 5;
  constructor(atOnce: number, waitedSeconds: number) {
    super(
      `expected few requests of one person at once: ${atOnce} of yours are being answered and others wait, or this one waited for ` +
        `${waitedSeconds} s; let some of them end first`,
    );
    this.plain = plain("Too much of yours is being answered at once: wait a few seconds, and try again.");
  }
}
