/** Base of what can be wrong with a backup, or with what it is to be restored into. */
export abstract class BackupError extends Error {
  abstract readonly code: string;
}

/** Not one of ours, or not as it was written: nothing was done with it. */
export class BackupDamagedError extends BackupError {
  readonly code = "backup_damaged";
  constructor(file: string, found: string, options?: ErrorOptions) {
    super(
      `expected a whole backup as it was written, got ${file}: ${found}. Nothing was restored; take another copy of it`,
      options,
    );
  }
}

export class BackupTooNewError extends BackupError {
  readonly code = "backup_too_new";
  constructor(file: string, expected: string, found: string) {
    super(
      `${file}: expected a backup of this version of the program or of an older one (${expected}), got ${found}: ` +
        "restore it with the version that made it, or with a newer one",
    );
  }
}

export class PassphraseError extends BackupError {
  readonly code = "wrong_passphrase";
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
  }
}

export class BackupExistsError extends BackupError {
  readonly code = "backup_exists";
  constructor(file: string) {
    super(`expected a file that is not there yet, got: ${file}; name another, or remove it`);
  }
}

export class NotFreshError extends BackupError {
  readonly code = "not_fresh";
  constructor(found: string) {
    super(
      `a backup is restored into an empty database only, got one with ${found}: ` +
        "set DATA_DIR to a new folder, or DATABASE_URL to an empty database. Nothing was changed",
    );
  }
}
