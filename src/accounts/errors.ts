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

/** Passwords take long to hash, and more people wait for that than can be served soon. */
export class SignInBusyError extends Error {
  readonly code = "sign_in_busy";
  readonly retryAfterSeconds = 10;

  constructor(longestWaitSeconds: number) {
    super(
      `too many people sign in or register just now for this to be done within ${longestWaitSeconds} s; try again in a few seconds`,
    );
  }
}
