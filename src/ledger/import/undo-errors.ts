import { plain, SpokenError } from "../../plain.ts";

const reasons = {
  none: (id: string) => plain("You have no import {id} of which that could be done: there is none.", { id }),
  empty: (id: string) =>
    plain(
      "You have no import {id} of which that could be done: nothing that it recorded is in your ledger any more.",
      { id },
    ),
  standing: (id: string) =>
    plain("You have no import {id} of which that could be done: it was not undone.", { id }),
} as const;

export class ImportNotFoundError extends SpokenError {
  readonly code = "not_found";

  constructor(importId: string, why: keyof typeof reasons) {
    super(reasons[why](importId));
  }
}

export class RecordedAgainError extends SpokenError {
  readonly code = "recorded_again";

  constructor() {
    super(
      plain(
        "Rows of this import were imported once more after it was undone, and would be in the ledger twice; undo that import first.",
      ),
    );
  }
}
