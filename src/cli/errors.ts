/** A command typed in a way that cannot be meant. */
export abstract class UsageError extends Error {
  abstract readonly code: string;
}

export class UnknownAccountError extends UsageError {
  readonly code = "unknown_account";
  constructor(email: string) {
    super(`expected the email of an account, got: ${email} (see stratafolio user list)`);
  }
}

export class InvalidCredentialsError extends UsageError {
  readonly code = "invalid_credentials";
  constructor(problems: readonly string[]) {
    super(`an account needs an email and a password of at least 8 characters: ${problems.join("; ")}`);
  }
}

export class ForeignPartitionError extends UsageError {
  readonly code = "foreign_partition";
  constructor(values: readonly string[]) {
    super(`expected partitions of what is selected, got: ${values.join(", ")} (a user id or a ticker)`);
  }
}
