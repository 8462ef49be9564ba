/** What accounts refuse. Whoever answers tells them apart by their `code`. */
import { defineMessage, type Plain, plain, SpokenError } from "../plain.ts";

export class TokenNameTakenError extends SpokenError {
  readonly code = "name_taken";
  readonly field = "name";

  constructor(name: string) {
    super(plain("There is an API token named {name} already; revoke it, or choose another name.", { name }));
  }
}

export class LinkNameTakenError extends SpokenError {
  readonly code = "name_taken";
  readonly field = "name";

  constructor(name: string) {
    super(plain("There is a link named {name} already; revoke it, or choose another name.", { name }));
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
export class ReaderTakenError extends SpokenError {
  readonly code = "name_taken";
  readonly field = "email";

  constructor(email: string) {
    super(plain("You have let {email} read for you already; end that first.", { email }));
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

export class LastOperatorError extends SpokenError {
  readonly code = "last_operator";

  constructor() {
    super(
      plain(
        defineMessage(
          "This is the only operator; make an operator of another account first, on the page People or " +
            "by the command stratafolio user promote EMAIL.",
        ),
      ),
    );
  }
}

export class AccountDisabledError extends SpokenError {
  readonly code = "account_disabled";

  constructor() {
    super(plain("This account is disabled; an operator of this installation can enable it again."));
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

export class EmailTakenError extends SpokenError {
  readonly code = "email_taken";
  readonly field = "email";

  constructor(email: string) {
    super(plain("There is an account with the email {email} already; sign in instead.", { email }));
  }
}

const tooMany = {
  signIns: (seconds: string) => plain("Too many failed sign-ins; try again in {seconds} s.", { seconds }),
  accounts: (seconds: string) =>
    plain("Too many new accounts from this address; try again in {seconds} s.", { seconds }),
  pages: (seconds: string) => plain("Too many pages by links; try again in {seconds} s.", { seconds }),
  links: (seconds: string) => plain("Too many links that are none; try again in {seconds} s.", { seconds }),
  offers: (seconds: string) =>
    plain("Too many offers to read in a day; try again in {seconds} s.", { seconds }),
  mails: (seconds: string) => plain("Too many emails; try again in {seconds} s.", { seconds }),
  mailRequests: (seconds: string) =>
    plain("Too many requests for emails; try again in {seconds} s.", { seconds }),
};

/** What there can be too much of. */
export type Attempts = keyof typeof tooMany;

export class TooManyAttemptsError extends SpokenError {
  readonly code = "too_many_attempts";
  readonly retryAfterSeconds: number;

  constructor(what: Attempts, retryAfterSeconds: number) {
    super(tooMany[what](String(retryAfterSeconds)));
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

export class UnknownPersonError extends SpokenError {
  readonly code = "unknown_account";

  constructor(who: string) {
    super(plain("There is no account {who}.", { who }));
  }
}

export class WeakPasswordError extends SpokenError {
  readonly code = "weak_password";
  readonly field: string;

  constructor(field: string, why: Plain) {
    super(why);
    this.field = field;
  }
}

export class PasswordReusedError extends SpokenError {
  readonly code = "weak_password";
  readonly field: string;

  constructor(field: string) {
    super(plain("This is the password that you have now; choose another one."));
    this.field = field;
  }
}

export class SpentLinkError extends SpokenError {
  readonly code = "spent_link";

  constructor() {
    super(plain("This link was used already, or is too old; ask for another one."));
  }
}

/** The first account is an operator's, who sees everything about the installation. */
export class FirstAccountError extends SpokenError {
  readonly code = "first_account";

  constructor() {
    super(
      plain(
        defineMessage(
          "Nobody has an account here yet; the first one is made by the link that the program wrote to " +
            "its log when it started, or on its machine with `stratafolio user create EMAIL`.",
        ),
      ),
    );
  }
}

export class RegistrationClosedError extends SpokenError {
  readonly code = "registration_closed";

  constructor(registration: "invitation" | "closed") {
    super(
      plain(
        registration === "invitation"
          ? "New accounts are made by invitation here; ask whoever runs this installation for one."
          : "No new accounts can be made here; ask whoever runs this installation to make yours.",
      ),
    );
  }
}

export class InvalidInvitationError extends SpokenError {
  readonly code = "invalid_invitation";
  readonly field = "invitation";

  constructor() {
    super(plain("This invitation was used already, or is older than a week; ask for another one."));
  }
}

export class InvitedEmailError extends Error {
  readonly code = "invalid_email";
  readonly field = "email";

  readonly invited: string;
  readonly plain: Plain;

  /** `provider`: where they are known by another email, `known`. */
  constructor(invited: string, elsewhere?: { readonly provider: string; readonly known: string }) {
    const wayOut =
      elsewhere &&
      `${elsewhere.provider} knows you as ${elsewhere.known}; sign in there as who was invited, or choose a password here and ` +
        "connect the two on the account page";
    super(`expected the email that was invited, ${invited}${wayOut ? `: ${wayOut}` : ""}`);
    this.plain = elsewhere
      ? plain(
          defineMessage(
            "The invitation is for {invited}. {provider} knows you as {known}; sign in there as who was invited, or choose a " +
              "password here and connect the two on the account page.",
          ),
          { invited, ...elsewhere },
        )
      : plain("The invitation is for {invited}: enter that email.", { invited });
    this.invited = invited;
  }
}

/** Passwords take long to hash, and more people wait for that than can be served soon. */
export class SignInBusyError extends SpokenError {
  readonly code = "sign_in_busy";
  readonly retryAfterSeconds = 10;

  constructor(longestWaitSeconds: number) {
    super(
      plain(
        defineMessage(
          "Too many people sign in or register just now for this to be done within {longestWaitSeconds}" +
            " s; try again in a few seconds.",
        ),
        { longestWaitSeconds: String(longestWaitSeconds) },
      ),
    );
  }
}

export class WrongCodeError extends SpokenError {
  readonly code = "wrong_code";
  readonly field = "code";

  constructor() {
    super(
      plain(
        defineMessage(
          "That is not a code that is good now: each one is good once, and for a minute; wait for the " +
            "next one.",
        ),
      ),
    );
  }
}

export class DraftOverError extends SpokenError {
  readonly code = "invalid_ticket";
  readonly field = "ticket";

  constructor() {
    super(plain("That was begun more than ten minutes ago, or by somebody else; begin once more."));
  }
}

export class NoSecondFactorError extends SpokenError {
  readonly code = "no_second_factor";

  constructor() {
    super(
      plain("Recovery codes stand in for a second factor; set up an authenticator app or a passkey first."),
    );
  }
}

export class TotpEnabledError extends SpokenError {
  readonly code = "totp_enabled";

  constructor() {
    super(plain("This account has an authenticator app already; remove it first to set up another."));
  }
}

/** The secret of an app was sealed under another secret of the installation. */
export class UnreadableSecretError extends SpokenError {
  readonly code = "unreadable_secret";
  readonly field = "code";

  constructor() {
    super(
      plain(
        defineMessage(
          "Codes of your app cannot be checked, because this installation's secret was changed; use a " +
            "recovery code or a passkey, then remove the app on the account page and set it up again.",
        ),
      ),
    );
  }
}

export class PasskeyRefusedError extends SpokenError {
  readonly code = "invalid_passkey";
  readonly field = "credential";

  constructor(cause?: unknown) {
    super(plain("That passkey cannot be used here: it is not known, or took too long; try once more."), {
      cause,
    });
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

export class IdentityTakenError extends SpokenError {
  readonly code = "identity_taken";

  constructor() {
    super(plain("You, or somebody else, are connected there already; disconnect that account first."));
  }
}

export class LastWayInError extends SpokenError {
  readonly code = "last_way_in";

  constructor() {
    super(
      plain("This account has no password, so nobody could sign in to it any more; choose a password first."),
    );
  }
}
