/** What accounts refuse. Whoever answers tells them apart by their `code`. */

export class TokenNameTakenError extends Error {
  readonly code = "name_taken";
  readonly field = "name";

  constructor(name: string) {
    super(`there is an API token named ${name} already; revoke it, or choose another name`);
  }
}

export class LastOperatorError extends Error {
  readonly code = "last_operator";

  constructor() {
    super(
      "this is the only operator and there are other accounts; make an operator of another one first, with " +
        "`stratafolio user promote EMAIL`",
    );
  }
}

export class EmailTakenError extends Error {
  readonly code = "email_taken";
  readonly field = "email";

  constructor(email: string) {
    super(`${email} has an account already; sign in instead`);
  }
}

export class TooManyAttemptsError extends Error {
  readonly code = "too_many_attempts";
  readonly retryAfterSeconds: number;

  /** `what` there was too much of: "failed sign-ins". */
  constructor(what: string, retryAfterSeconds: number) {
    super(`too many ${what}; try again in ${retryAfterSeconds} s`);
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

export class WrongCodeError extends Error {
  readonly code = "wrong_code";
  readonly field = "code";

  constructor() {
    super(
      "that is not a code that is good now: each one is good once, and for a minute; wait for the next one",
    );
  }
}

export class DraftOverError extends Error {
  readonly code = "invalid_ticket";
  readonly field = "ticket";

  constructor() {
    super("that was begun more than ten minutes ago, or by somebody else; begin once more");
  }
}

export class NoSecondFactorError extends Error {
  readonly code = "no_second_factor";

  constructor() {
    super("recovery codes stand in for a second factor; set up an authenticator app or a passkey first");
  }
}

export class TotpEnabledError extends Error {
  readonly code = "totp_enabled";

  constructor() {
    super("this account has an authenticator app already; remove it first to set up another");
  }
}

/** The secret of an app was sealed under another secret of the installation. */
export class UnreadableSecretError extends Error {
  readonly code = "unreadable_secret";
  readonly field = "code";

  constructor() {
    super(
      "codes of your app cannot be checked, because this installation's secret was changed; use a recovery code " +
        "or a passkey, then remove the app on the account page and set it up again",
    );
  }
}

export class PasskeyRefusedError extends Error {
  readonly code = "invalid_passkey";
  readonly field = "credential";

  constructor(cause?: unknown) {
    super("that passkey cannot be used here: it is not known, or took too long; try once more", { cause });
  }
}

export class TooManyPasskeysError extends Error {
  readonly code = "too_many_passkeys";

  constructor(limit: number) {
    super(`expected at most ${limit} passkeys of one person; remove one that is no longer used`);
  }
}

export class IdentityTakenError extends Error {
  readonly code = "identity_taken";

  constructor() {
    super("you, or somebody else, are connected there already; disconnect that account first");
  }
}

export class LastWayInError extends Error {
  readonly code = "last_way_in";

  constructor() {
    super("this account has no password, so nobody could sign in to it any more; choose a password first");
  }
}
