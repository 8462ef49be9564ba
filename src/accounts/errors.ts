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
      "this is the only operator; make an operator of another account first, on the page People or with " +
        "`stratafolio user promote EMAIL`",
    );
  }
}

export class AccountDisabledError extends Error {
  readonly code = "account_disabled";

  constructor() {
    super("this account is disabled; an operator of this installation can enable it again");
  }
}

/** The account was deleted while its own request was under way. */
export class AccountGoneError extends Error {
  readonly code = "unauthenticated";

  constructor() {
    super("expected an account that stands; this one has just been deleted");
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

/** Of who was demoted while the request was under way, and of whoever asks past the pages. */
export class NotOperatorError extends Error {
  readonly code = "forbidden";

  constructor() {
    super("expected an operator, got an account that is none");
  }
}

export class UnknownPersonError extends Error {
  readonly code = "unknown_account";

  constructor(who: string) {
    super(`there is no account ${who}`);
  }
}

export class WeakPasswordError extends Error {
  readonly code = "weak_password";
  readonly field: string;

  constructor(field: string, why: string) {
    super(why);
    this.field = field;
  }
}

export class PasswordReusedError extends Error {
  readonly code = "weak_password";
  readonly field: string;

  constructor(field: string) {
    super("this is the password that you have now; choose another one");
    this.field = field;
  }
}

export class SpentLinkError extends Error {
  readonly code = "spent_link";

  constructor() {
    super("this link was used already, or is too old; ask for another one");
  }
}
