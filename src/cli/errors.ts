/** A command typed in a way that cannot be meant. */
export abstract class UsageError extends Error {
  abstract readonly code: string;
}

/** A demo's backup for a folder of real data, or the other way round. */
export class ForeignBackupError extends UsageError {
  readonly code = "foreign_backup";
  constructor(dataDirectory: string, kind: string) {
    super(`expected a data folder for ${kind} data, got ${dataDirectory}: set DATA_DIR to a new folder`);
  }
}

export class UnknownAccountError extends UsageError {
  readonly code = "unknown_account";
  constructor(email: string, ofKind = "") {
    super(
      `expected the email of an account${ofKind && `, ${ofKind}`}, got: ${email} (see stratafolio user list)`,
    );
  }
}

export class InvalidCredentialsError extends UsageError {
  readonly code = "invalid_credentials";
  constructor(problems: readonly string[]) {
    super(`an account needs an email and a password of at least 8 characters: ${problems.join("; ")}`);
  }
}

export class InvalidEmailError extends UsageError {
  readonly code = "invalid_email";
  constructor(email: string) {
    super(`expected an email address, got: ${email}`);
  }
}

export class SecretIsASettingError extends UsageError {
  readonly code = "secret_is_a_setting";
  constructor() {
    super(
      "expected a secret kept in the data folder, got JWT_SECRET: set it to the new secret, and FORMER_JWT_SECRET to the one before",
    );
  }
}

export class ForeignPartitionError extends UsageError {
  readonly code = "foreign_partition";
  constructor(given: readonly string[], columns: readonly string[]) {
    const known =
      columns.map((column) => `${column}=VALUE`).join(" or ") || "nothing, since none has partitions";
    super(`--partition: expected partitions of what is selected (${known}), got: ${given.join(", ")}`);
  }
}

/** The values may be of several columns. */
export class AmbiguousPartitionError extends UsageError {
  readonly code = "ambiguous_partition";
  constructor(given: readonly string[], columns: readonly string[]) {
    const ways = columns.map((column) => `${column}=${given[0]}`).join(" or ");
    super(
      `--partition: expected a value that only one partition column has, got: ${given.join(", ")}; write ${ways}`,
    );
  }
}

/** Nobody has the values. */
export class UnknownPartitionError extends UsageError {
  readonly code = "unknown_partition";
  constructor(columns: readonly string[], values: readonly string[]) {
    const named = values.join(", ");
    super(
      `--partition: expected ${columns.join(" or ")} of a row that is there, got: ${named}; no row has it`,
    );
  }
}
