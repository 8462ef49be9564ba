export class ImportNotFoundError extends Error {
  readonly code = "not_found";

  constructor(importId: string, why: string) {
    super(`you have no import ${importId} of which that could be done: ${why}`);
  }
}

export class RecordedAgainError extends Error {
  readonly code = "recorded_again";

  constructor() {
    super(
      "rows of this import were imported once more after it was undone, and would be in the ledger twice; undo that import first",
    );
  }
}
