/** Errors of the web itself, and the one table from an error's code to its HTTP status. */
import { proofMinutes, type Step } from "../accounts/index.ts";
import { defineMessage, type Plain, plain, SpokenError } from "../plain.ts";
import {
  DatabaseUnavailableError,
  FormTooLargeError,
  InternalError,
  ModelsUnavailableError,
  StatementTimeoutError,
} from "./foreign-errors.ts";
import { wordsOfInput } from "./input-words.ts";

export { NotFoundError } from "./not-found.ts";

const longestField = 100;
const decimal = new Intl.NumberFormat("en-US");

export class InvalidInputError extends Error {
  readonly code: string;
  readonly field: string;
  readonly plain: Plain;

  /** `field` is where in the body, query or path: "email", "partitions.0". `words`: where its own do not tell what is wrong. */
  constructor(field: string, problem: string, words: Plain | null = null) {
    const place = field.slice(0, longestField) || "body";
    super(`${place}: ${problem}`);
    this.field = place;
    this.plain = words ?? wordsOfInput(place);
    const [name = ""] = place.split(".");
    // A name that a person made up is no code of ours.
    this.code = `invalid_${/^[\w-]+$/.test(name) ? name.toLowerCase().replaceAll("-", "_") : "body"}`;
  }
}

export class UnauthenticatedError extends Error {
  readonly code = "unauthenticated";
  readonly plain: Plain;

  constructor() {
    super("expected a valid token or session; sign in");
    this.plain = plain("Sign in first.");
  }
}

export class NoMailError extends SpokenError {
  readonly code = "mail_unavailable";

  constructor() {
    super(plain("This installation sends no email; ask an operator of it for a link."));
  }
}

export class WrongCredentialsError extends SpokenError {
  readonly code = "wrong_credentials";

  constructor() {
    super(plain("No account has this email and password."));
  }
}

/** The password, or the provider, was right. */
export class SecondFactorRequiredError extends SpokenError {
  readonly code = "second_factor_required";
  readonly field = "code";
  /** The sign-in that can go on from here; null: it was none. */
  readonly step: Step | null;

  constructor(step: Step | null) {
    super(
      plain(
        defineMessage(
          "This account has a second factor: send `code` along, with a code of the authenticator app or" +
            " a recovery code.",
        ),
      ),
    );
    this.step = step;
  }
}

/** `isFirstProved`: the password came along and was right; only the second factor is missing. */
export class ReauthenticationRequiredError extends Error {
  readonly code = "reauthentication_required";
  readonly isFirstProved: boolean;

  constructor(isFirstProved = false) {
    super(
      `this asks for a proof of who you are from the last ${proofMinutes} minutes: POST /api/account/proof with ` +
        "`password`, and `code` where there is a second factor, or sign in again; then repeat the request",
    );
    this.isFirstProved = isFirstProved;
  }
}

/** Of a file that is half sent: there is nobody to tell, but the log. */
export class SlowReaderError extends Error {
  constructor(seconds: number) {
    super(`whoever asked for the file has gone, or took nothing of it for ${seconds} s`);
  }
}

/** What waited for a proof of who one is waited too long, or is somebody else's. */
export class PendingOverError extends SpokenError {
  readonly code = "invalid_pending";
  readonly field = "pending";

  constructor() {
    super(plain("That was begun more than ten minutes ago; begin once more."));
  }
}

/** A way to a provider that was begun elsewhere, or too long ago. */
export class JourneyOverError extends SpokenError {
  readonly code = "invalid_state";
  readonly field = "state";

  constructor() {
    super(plain("That sign-in was begun more than ten minutes ago, or in another browser; begin once more."));
  }
}

export class ProviderRefusedError extends SpokenError {
  readonly code = "provider_refused";

  constructor(provider: string) {
    super(
      plain(
        defineMessage(
          "{provider} did not vouch for you as one who is known here; begin once more, or sign in " +
            "another way.",
        ),
        { provider },
      ),
    );
  }
}

export class ProviderUnavailableError extends SpokenError {
  readonly code = "provider_unavailable";
  readonly retryAfterSeconds = 30;

  constructor(provider: string) {
    super(
      plain("{provider} does not answer as it should; try again in half a minute, or sign in another way.", {
        provider,
      }),
    );
  }
}

export class UnverifiedEmailError extends SpokenError {
  readonly code = "email_not_verified";

  constructor(provider: string) {
    super(
      plain(
        defineMessage(
          "{provider} has not verified your email, so no account is made of it; verify it there, or " +
            "sign in here with your password and connect the two on the account page.",
        ),
        { provider },
      ),
    );
  }
}

export class ForbiddenError extends Error {
  readonly code = "forbidden";
  readonly plain: Plain;

  constructor(role: string) {
    super(`expected an operator, got: ${role}; an operator can promote you`);
    this.plain = plain("That is for operators of this installation. One of them can make you one.");
  }
}

export class InsufficientScopeError extends Error {
  readonly code = "insufficient_scope";
  readonly plain: Plain;

  constructor(needed: string, got: string) {
    super(
      needed === "account"
        ? `expected a session, got: an API token of scope ${got}; sign in with email and password`
        : `expected an API token of scope ${needed}, got: ${got}; make one on the account page`,
    );
    this.plain = plain("Your API token is not for this: sign in, or make another one on the account page.");
  }
}

export class WrongPasswordError extends SpokenError {
  readonly code = "wrong_password";
  readonly field: string;

  constructor(field: string) {
    super(plain("That is not the current password of this account."));
    this.field = field;
  }
}

export class OtherEmailError extends Error {
  readonly code = "invalid_email";
  readonly field = "email";
  readonly plain: Plain;

  constructor(expected: string) {
    super(`expected the email of this account, ${expected}`);
    this.plain = plain("Enter the email of this account, {email}.", { email: expected });
  }
}

export class CrossSiteError extends Error {
  readonly code = "csrf";
  readonly plain: Plain;

  constructor(host: string, origin: string | undefined) {
    super(
      `expected a request from a page of ${host}, ` +
        `got: ${origin === undefined ? "one that does not say so, or that says otherwise" : `the Origin ${origin}`}; ` +
        "open the page here and send it from there, or send a bearer token and no cookie",
    );
    this.plain = plain(
      "This was not sent from a page of {host}. Open the page here, and send it from there.",
      { host },
    );
  }
}

export class TooManyConnectionsError extends Error {
  readonly code = "too_many_connections";
  readonly plain: Plain;

  constructor(limit: number) {
    super(`expected at most ${limit} open event streams of one person; close some pages`);
    this.plain = plain("You have more pages open than are kept fresh at once: close some.");
  }
}

export class BodyTooLargeError extends Error {
  readonly code = "body_too_large";
  readonly plain: Plain;

  /** In bytes; `got` null: it was not read to its end. */
  constructor(limit: number, got: number | null) {
    super(
      `expected at most ${decimal.format(limit)} bytes in what is sent here, got ${got === null ? "more" : decimal.format(got)}; ` +
        "send less at once: a file can be cut into several",
    );
    this.plain = plain(
      "That is more than the {limit:number} bytes that can be sent here at once. Cut the file into several.",
      { limit: String(limit) },
    );
  }
}

/** Who reads for another changes nothing, and sees the portfolio alone. */
export class ReadOnlyError extends SpokenError {
  readonly code = "read_only";

  constructor(email: string) {
    super(
      plain(
        defineMessage(
          "This is the portfolio of {email}, which you may look at: you cannot change anything in it, " +
            "and nothing else of theirs is shown.",
        ),
        { email },
      ),
    );
  }
}

export class NoPublicUrlError extends SpokenError {
  readonly code = "no_public_url";

  constructor(what: "passkeys" | "provider") {
    super(
      plain(
        defineMessage(
          what === "passkeys"
            ? "Passkeys need a host name: an operator sets PUBLIC_URL, or, on this machine, open http://localhost with " +
                "the port instead of the number."
            : "A sign-in by way of a provider needs a host name: an operator sets PUBLIC_URL, or, on this machine, open " +
                "http://localhost with the port instead of the number.",
        ),
      ),
    );
  }
}

/** The status of every code an answer may carry; `invalid_<field>` is 422 and not listed. */
const statuses = {
  invalid_json: 400,
  bad_request: 400,
  unauthenticated: 401,
  wrong_credentials: 401,
  second_factor_required: 401,
  account_disabled: 403,
  forbidden: 403,
  insufficient_scope: 403,
  read_only: 403,
  csrf: 403,
  reauthentication_required: 403,
  provider_refused: 403,
  email_not_verified: 403,
  first_account: 403,
  registration_closed: 403,
  not_found: 404,
  unknown_account: 404,
  unknown_asset: 404,
  unknown_asset_column: 404,
  unknown_automation: 404,
  unknown_run: 404,
  email_taken: 409,
  name_taken: 409,
  last_operator: 409,
  last_way_in: 409,
  identity_taken: 409,
  totp_enabled: 409,
  no_second_factor: 409,
  no_public_url: 409,
  too_many_passkeys: 409,
  automation_off: 409,
  quota_exceeded: 409,
  external_id_taken: 409,
  split_taken: 409,
  part_of_transfer: 409,
  default_account: 409,
  account_in_use: 409,
  own_asset_in_use: 409,
  already_written: 409,
  import_refused: 409,
  recorded_again: 409,
  body_too_large: 413,
  wrong_password: 422,
  weak_password: 422,
  spent_link: 422,
  wrong_code: 422,
  unreadable_secret: 422,
  unknown_ticker: 422,
  unsupported_currency: 422,
  missing_fx_rate: 422,
  unit_not_said: 422,
  nothing_held: 422,
  oversell: 422,
  future_date: 422,
  idempotency_conflict: 422,
  too_many_attempts: 429,
  too_many_connections: 429,
  too_many_lookups: 429,
  too_many_new_tickers: 429,
  too_many_requests: 429,
  internal: 500,
  mail_unavailable: 503,
  market_data_unavailable: 503,
  database_busy: 503,
  provider_unavailable: 503,
  database_unavailable: 503,
  sign_in_busy: 503,
  statement_timeout: 503,
  models_unavailable: 503,
} as const;

export type ErrorCode = keyof typeof statuses | `invalid_${string}`;

/** HTTP status of a code; null: no error that a person may be told of. */
export function statusOf(code: string, method = "GET"): number | null {
  // Nothing is wrong with the request to delete: a later SELL stands in its way.
  if ((code === "oversell" || code === "invalid_lots") && method === "DELETE") return 409;
  if (Object.hasOwn(statuses, code)) return statuses[code as keyof typeof statuses];
  return code.startsWith("invalid_") ? 422 : null;
}

export interface ErrorAnswer {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly field?: string;
  readonly retryAfterSeconds?: number;
}

// What body-parser calls it.
const bodyErrors: ReadonlyMap<unknown, ErrorCode> = new Map([["entity.parse.failed", "invalid_json"]]);

// PostgreSQL is starting, stopping or full; Node could not reach it.
const unavailable = /^(08...|57P0[123]|53300|ECONNREFUSED|ECONNRESET|ENOENT)$/;

/** A row about a person who is gone: the account was deleted while the request was under way. */
const accountGone = (error: Error): boolean => {
  const { code, constraint } = error as { code?: unknown; constraint?: unknown };
  return code === "23503" && typeof constraint === "string" && constraint.endsWith("_user_id_fkey");
};
/** PostgreSQL stopped a statement that took longer than the web lets one take. */
const canceled = "57014";
/** A relation that is not there: tables are, from before the first request on, but a model is not before it is built. */
const undefinedTable = "42P01";

interface Described {
  readonly code?: unknown;
  readonly field?: unknown;
  readonly limit?: unknown;
  readonly retryAfterSeconds?: unknown;
  readonly status?: unknown;
  readonly type?: unknown;
}

/** An error of what we stand on (database, body-parser) as one of ours. One that is in no table is ours, with `id` to find it in the log. */
export function ourOwn(error: unknown, id: string): unknown {
  if (!(error instanceof Error)) return new InternalError(id);
  const { code, limit, status, type } = error as Described;
  if (accountGone(error)) return new UnauthenticatedError();
  if (type === "entity.too.large") return new BodyTooLargeError(limit as number, null);
  if (type === "parameters.too.many") return new FormTooLargeError();
  if (typeof code === "string" && statusOf(code) !== null) return error;
  if (typeof status === "number" && status >= 400 && status < 500)
    // Of Express and body-parser, whose words are for programs.
    return Object.assign(error, { plain: wordsOfInput(error instanceof URIError ? "path" : "") });
  if (code === canceled) return new StatementTimeoutError();
  if (code === undefinedTable) return new ModelsUnavailableError();
  if (typeof code === "string" && unavailable.test(code)) return new DatabaseUnavailableError();
  return new InternalError(id);
}

/** What a person is told of an error: 500 of one that is ours, with `id` to find it in the log. */
export function describeError(error: unknown, method: string, id: string): ErrorAnswer {
  const { code, field, message, retryAfterSeconds, status, type } = ourOwn(error, id) as Error & Described;
  const known = typeof code === "string" ? statusOf(code, method) : null;
  if (known === null)
    return { status: status as number, code: bodyErrors.get(type) ?? "bad_request", message };
  return {
    status: known,
    code: code as string,
    message,
    ...(typeof field === "string" && { field }),
    ...(typeof retryAfterSeconds === "number" && { retryAfterSeconds }),
  };
}
