/** What the database, or what reads requests, failed at, in our words. */
import { defineMessage, plain, SpokenError } from "../plain.ts";

export class FormTooLargeError extends SpokenError {
  readonly code = "body_too_large";

  constructor() {
    super(
      plain(
        "There is more in this form than can be sent at once; open its page anew, and send it from there.",
      ),
    );
  }
}

export class StatementTimeoutError extends SpokenError {
  readonly code = "statement_timeout";
  readonly retryAfterSeconds = 30;

  constructor() {
    super(
      plain(
        defineMessage(
          "This takes the database longer than one request may, and was stopped; ask for less at once (fewer days, a smaller " +
            "page), or try again when less is going on.",
        ),
      ),
    );
  }
}

export class ModelsUnavailableError extends SpokenError {
  readonly code = "models_unavailable";
  readonly retryAfterSeconds = 5;

  constructor() {
    super(plain("The figures are being built for the first time; try again in a few seconds."));
  }
}

export class DatabaseUnavailableError extends SpokenError {
  readonly code = "database_unavailable";
  readonly retryAfterSeconds = 5;

  constructor() {
    super(plain("The database does not answer; try again in a few seconds."));
  }
}

export class InternalError extends SpokenError {
  readonly code = "internal";

  constructor(id: string) {
    super(plain("Something went wrong here; it is in the log as {id}.", { id }));
  }
}
