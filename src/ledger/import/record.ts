import { personTransaction } from "../../database/person.ts";
import type { LedgerContext } from "../context.ts";
import { requireHistories } from "../histories.ts";
import { insertTransactions, lockLedger } from "../rows.ts";
import {
  draftImport,
  findUncovered,
  type ImportProgress,
  type ImportReview,
  reviewImport,
  type Selection,
} from "./review.ts";
import { type ImportFile, readImportFile } from "./rows.ts";

/** `imported` 0: nothing was recorded, and the review says why. */
export interface Imported {
  readonly imported: number;
  readonly review: ImportReview;
}

/**
 * Records the selected rows in one transaction, all or none: none if one of them has an error, or if the file or the
 * ledger is no longer the one that the selection was made for. `selection` null: every row but potential duplicates.
 * Throws HistoryUnavailableError when the history of a new ticker cannot be had; what is there by then stays.
 */
export async function importTransactions(
  context: LedgerContext,
  userId: number,
  importFile: ImportFile,
  selection: Selection | null,
  onProgress: (progress: ImportProgress) => void = () => {},
): Promise<Imported> {
  const review = await reviewImport(context, userId, importFile, selection, onProgress);
  const selected = review.rows.filter(({ isSelected }) => isSelected);
  const isReady =
    review.problem === null && review.isSelectionKept && selected.every(({ status }) => status !== "ERROR");
  if (!isReady || selected.length === 0) return { imported: 0, review };
  const reviewed: Selection = {
    fingerprint: review.fingerprint,
    lines: new Set(selected.map(({ line }) => line)),
  };
  const file = readImportFile(importFile, context.clock);
  // Histories first, all rows at once afterwards; patience for many.
  const tickers = selected.flatMap(({ input }) => (input?.type === "BUY" ? [input.ticker] : []));
  await requireHistories(context, tickers, {
    onProgress: ({ fetched, total }) => onProgress({ rows: review.rows.length, checked: fetched, total }),
  });
  const imported = await personTransaction(context.pool, userId, async (client) => {
    await lockLedger(client, userId);
    const draft = await draftImport(client, userId, file, reviewed);
    // Somebody may have traded since the review; then it is made anew.
    if (!draft.isSelectionKept || (await findUncovered(client, draft)).size > 0) return 0;
    const inputs = draft.selected.flatMap(({ input }) => (input ? [input] : []));
    return (await insertTransactions(client, userId, inputs)).length;
  });
  if (imported > 0) return { imported, review };
  return { imported, review: await reviewImport(context, userId, importFile, reviewed) };
}
