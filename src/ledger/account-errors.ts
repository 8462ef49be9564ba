/** How the ledger refuses to open, change or close an account. */
import { type Plain, plain, SpokenError } from "../plain.ts";

export class AccountNotFoundError extends SpokenError {
  readonly code = "not_found";

  constructor(accountId: number) {
    super(plain("You have no account {id}; it may have been deleted already.", { id: String(accountId) }));
  }
}

export class AccountNameTakenError extends SpokenError {
  readonly code = "name_taken";
  readonly field = "name";

  constructor(name: string) {
    super(
      plain("You have an account {name} already; give this one another name.", {
        name: JSON.stringify(name),
      }),
    );
  }
}

/** Of what there has to be one that is open. */
export class DefaultAccountError extends Error {
  readonly code = "default_account";
  readonly plain: Plain;

  constructor(what: "deleted" | "closed" | "the default one no more") {
    super(
      `this is the account of what names none, and cannot be ${what}; make another one the default first (is_default: true)`,
    );
    this.plain = plain(
      "This is the account for what names none, and something has to be. Make another one that first.",
    );
  }
}

export class AccountInUseError extends Error {
  readonly code = "account_in_use";
  readonly plain: Plain;

  constructor(name: string, transactions: number) {
    super(
      `${name} has ${transactions} transaction${transactions === 1 ? "" : "s"}: say what becomes of them, ` +
        "transactions=delete or transactions=move with to=<account>",
    );
    this.plain = plain(
      "{name} has {count, plural, =1 {one transaction} other {# transactions}}: choose what becomes of what is in it.",
      { name, count: transactions },
    );
  }
}

/** An account is closed when it is. */
export class FutureClosingError extends Error {
  readonly code = "invalid_closed_at";
  readonly field = "closed_at";
  readonly plain: Plain;

  /** `today`: where the day begins first. */
  constructor(closedAt: string, today: string) {
    super(`expected closed_at to be ${today} or earlier, got: ${closedAt}`);
    this.plain = plain("{closedAt:day} is still to come. Enter the day when the account has been closed.", {
      closedAt,
    });
  }
}

export class AccountClosedError extends Error {
  readonly code = "invalid_closed_at";
  readonly field = "closed_at";
  readonly plain: Plain;

  constructor(lastDay: string) {
    super(`the account has a transaction of ${lastDay}; it cannot have been closed before that`);
    this.plain = plain(
      "The account has a transaction of {lastDay:day}: enter that day as its end, or a later one.",
      { lastDay },
    );
  }
}
