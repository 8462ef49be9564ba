/** Why an import recorded nothing, for people. */
import type { ImportReview } from "../ledger/index.ts";
import { type Plain, plain } from "../plain.ts";

export class ImportRefusedError extends Error {
  readonly code = "import_refused";
}

/** But for a file that cannot be read, of which its problem tells. */
export function whyNothingWasImported(
  { isSelectionKept, rows }: Pick<ImportReview, "isSelectionKept" | "rows">,
  isSeen: boolean,
): Plain {
  if (!isSelectionKept)
    return plain("The text or your ledger has changed since the last look: see the rows below.");
  const errors = rows.filter(({ isSelected, status }) => isSelected && status === "ERROR").length;
  if (errors === 0 && !isSeen)
    return plain(
      "Some of what you chose to record cannot be: see the reasons below. Import again to record the others without it.",
    );
  if (errors === 0) return plain("No row is chosen.");
  return plain(
    "{errors} of the chosen rows cannot be recorded, and rows are imported all or none. Correct them in the text, or leave them out.",
    { errors: String(errors) },
  );
}
