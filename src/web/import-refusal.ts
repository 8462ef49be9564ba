/** Why an import recorded nothing, for people. */
import type { ImportReview } from "../ledger/index.ts";

export class ImportRefusedError extends Error {
  readonly code = "import_refused";
}

/** But for a file that cannot be read, of which its problem tells. */
export function whyNothingWasImported(
  { isSelectionKept, rows }: Pick<ImportReview, "isSelectionKept" | "rows">,
  isSeen: boolean,
): string {
  if (!isSelectionKept) return "The text or your ledger has changed since the last look: see the rows below.";
  const errors = rows.filter(({ isSelected, status }) => isSelected && status === "ERROR").length;
  if (errors === 0 && !isSeen)
    return "Some of what you chose to record cannot be: see the reasons below. Import again to record the others without it.";
  if (errors === 0) return "No row is chosen.";
  const message = `${errors} of the chosen rows cannot be recorded, and rows are imported all or none.`;
  return `${message} Correct them in the text, or leave them out.`;
}
