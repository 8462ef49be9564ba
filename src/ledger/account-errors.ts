/** How the ledger refuses to open, change or close an account. */

export class AccountNotFoundError extends Error {
  readonly code = "not_found";

  constructor(accountId: number) {
    super(`you have no account ${accountId}; it may have been deleted already`);
  }
}

export class AccountNameTakenError extends Error {
  readonly code = "name_taken";
  readonly field = "name";

  constructor(name: string) {
    super(`you have an account ${JSON.stringify(name)} already; give this one another name`);
  }
}

/** Of what there has to be one that is open. */
export class DefaultAccountError extends Error {
  readonly code = "default_account";

  constructor(what: "deleted" | "closed" | "the default one no more") {
    super(
      `this is the account of what names none, and cannot be ${what}; make another one the default first (is_default: true)`,
    );
  }
}

export class AccountInUseError extends Error {
  readonly code = "account_in_use";

  constructor(name: string, transactions: number) {
    super(
      `${name} has ${transactions} transaction${transactions === 1 ? "" : "s"}: say what becomes of them, ` +
        "transactions=delete or transactions=move with to=<account>",
    );
  }
}

export class AccountClosedError extends Error {
  readonly code = "invalid_closed_at";
  readonly field = "closed_at";

  constructor(lastDay: string) {
    super(`the account has a transaction of ${lastDay}; it cannot have been closed before that`);
  }
}
