/** What accounts refuse. Whoever answers tells them apart by their `code`. */
import { type Plain, plain } from "../plain.ts";

export class TokenNameTakenError extends Error {
  readonly code = "name_taken";
  readonly field = "name";

  constructor(name: string) {
    super(`there is an API token named ${name} already; revoke it, or choose another name`);
  }
}

export class LinkNameTakenError extends Error {
  readonly code = "name_taken";
  readonly field = "name";

  constructor(name: string) {
    super(`there is a link named ${name} already; revoke it, or choose another name`);
  }
}

export class OwnEmailError extends Error {
  readonly code = "invalid_email";
  readonly field = "email";
  readonly plain: Plain;

  constructor() {
    super("expected somebody else’s email: this one is yours");
    this.plain = plain("This email is yours. Enter that of somebody else.");
  }
}

/** Says nothing of whether somebody has the email. */
export class ReaderTakenError extends Error {
  readonly code = "name_taken";
  readonly field = "email";

  constructor(email: string) {
    super(`you have let ${email} read for you already; end that first`);
  }
}

/** Of a link, or of somebody's reading for another. */
export class EndOutOfBoundsError extends Error {
  readonly code = "invalid_expires_on";
  readonly field = "expires_on";
  readonly plain: Plain;

  constructor(last: string) {
    super(`expected an end date from today to ${last}`);
    this.plain = plain("Enter a day from today to {last:day}.", { last });
  }
}

export class LastOperatorError extends Error {
  readonly code = "last_operator";

  constructor() {
    super(
      "this is the only operator; make an operator of another account first, on the page People or by the command " +
        "stratafolio user promote EMAIL",
    );
  }
}

export class AccountDisabledError extends Error {
  readonly code = "account_disabled";

  constructor() {
    super("this account is disabled; an operator of this installation can enable it again");
  }
}

/** By the time somebody was let in, what they had shown did not count any more. */
export class CredentialsChangedError extends Error {
  readonly code = "wrong_credentials";
  readonly plain: Plain;

  constructor() {
    super(
      "expected a password and second factors that still count; they have just been changed: sign in again",
    );
    this.plain = plain("Your password or a second factor has just been changed: sign in again.");
  }
}

/** The account was deleted while its own request was under way. */
export class AccountGoneError extends Error {
  readonly code = "unauthenticated";
  readonly plain: Plain;

  constructor() {
    super("expected an account that stands; this one has just been deleted");
    this.plain = plain("This account has just been deleted.");
  }
}

export class EmailTakenError extends Error {
  readonly code = "email_taken";
  readonly field = "email";

  constructor(email: string) {
    super(`there is an account with the email ${email} already; sign in instead`);
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
  readonly plain: Plain;

  constructor() {
    super("expected an operator, got an account that is none");
    this.plain = plain("That is for operators of this installation.");
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

/** The first account is an operator's, who sees everything about the installation. */
export class FirstAccountError extends Error {
  readonly code = "first_account";

  constructor() {
    super(
      "nobody has an account here yet; the first one is made by the link that the program wrote to its log when it " +
        "started, or on its machine with `stratafolio user create EMAIL`",
    );
  }
}

export class RegistrationClosedError extends Error {
  readonly code = "registration_closed";

  constructor(registration: "invitation" | "closed") {
    super(
      registration === "invitation"
        ? "new accounts are made by invitation here; ask whoever runs this installation for one"
        : "no new accounts can be made here; ask whoever runs this installation to make yours",
    );
  }
}

export class InvalidInvitationError extends Error {
  readonly code = "invalid_invitation";
  readonly field = "invitation";

  constructor() {
    super("this invitation was used already, or is older than a week; ask for another one");
  }
}

export class InvitedEmailError extends Error {
  readonly code = "invalid_email";
  readonly field = "email";

  readonly invited: string;
  readonly plain: Plain;

  constructor(invited: string, wayOut?: string) {
    super(`expected the email that was invited, ${invited}${wayOut ? `: ${wayOut}` : ""}`);
    this.plain = plain(
      wayOut
        ? "The invitation is for {invited}. {wayOut}."
        : "The invitation is for {invited}: enter that email.",
      { invited, wayOut: wayOut ?? "" },
    );
    this.invited = invited;
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
  readonly plain: Plain;

  constructor(limit: number) {
    super(`expected at most ${limit} passkeys of one person; remove one that is no longer used`);
    this.plain = plain(
      "You have {limit:number} passkeys, which is all that there can be: remove one that you no longer use.",
      { limit: String(limit) },
    );
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
