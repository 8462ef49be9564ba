import type { PoolClient } from "pg";
import { personTransaction } from "../../database/person.ts";
import type { LedgerContext } from "../context.ts";
import { requireHistories } from "../histories.ts";
import { requireImportQuota, requireLedgerQuota } from "../quotas.ts";
import { requireCurrencies } from "../rates.ts";
import { insertTransactions, lockLedger } from "../rows.ts";
import { type Draft, draftImport, findUncovered, type Selection } from "./draft.ts";
import { keepImport } from "./kept.ts";
import { isTrade } from "./kinds.ts";
import type { ImportField } from "./layout.ts";
import { patienceMilliseconds } from "./lookup.ts";
import type { ImportFile, ReadFile } from "./read.ts";
import { readFileAside } from "./read-aside.ts";
import { type KeptChoices, rememberChoices, rememberTickers } from "./remembered.ts";
import { instrumentKey } from "./resolve.ts";
import {
  type ImportProgress,
  type ImportReview,
  type Prepared,
  prepareImport,
  reviewPrepared,
} from "./review.ts";
import type { ImportRow } from "./rows.ts";

export interface Imported {
  /** Trades that are in the ledger now. */
  readonly imported: number;
  /** Rows of other kinds that are kept now. Both 0: nothing was recorded, and the review says why. */
  readonly kept: number;
  readonly review: ImportReview;
}

/** By day and time, as they were made; a file that has its last row first is turned round. */
function inOrder(rows: readonly ImportRow[]): ImportRow[] {
  const [first, last] = [rows[0]?.input?.date ?? "", rows.at(-1)?.input?.date ?? ""];
  const ordered = first > last ? rows.toReversed() : [...rows];
  const momentOf = ({ input, entry }: ImportRow): string => `${input?.date} ${entry.time ?? ""}`;
  // Sorting is stable: rows without a time stay as they stand.
  return ordered.toSorted((a, b) => {
    if (a.input?.date === b.input?.date && (a.entry.time === null || b.entry.time === null)) return 0;
    return momentOf(a) < momentOf(b) ? -1 : momentOf(a) > momentOf(b) ? 1 : 0;
  });
}

/** Why each row that is not recorded is not; those that an earlier import kept already are not kept again. */
function reasonsOf({ rows, selected, duplicates, keptBefore }: Draft): Map<ImportRow, string> {
  const chosen = new Set(selected);
  const reasons = new Map<ImportRow, string>();
  for (const row of rows) {
    if (chosen.has(row) || keptBefore.has(row) || duplicates.has(row)) continue;
    const isKept = row.kind !== null && !isTrade(row.kind);
    const error = row.errors[0]?.message;
    reasons.set(row, isKept ? "the ledger has no such type yet" : `left out${error ? `: ${error}` : ""}`);
  }
  return reasons;
}

/** What a person said that the file does not say by itself. `plain`: as it is read without it. */
function ownChoices(given: ImportFile, plain: ReadFile): KeptChoices {
  const columns = Object.entries(given.columns ?? {}).filter(
    ([field, name]) => name !== plain.columns[field as ImportField],
  );
  const { dateOrder, decimalMark } = given.notation ?? {};
  const notation = {
    ...(dateOrder && dateOrder !== plain.notation.dateOrder && { dateOrder }),
    ...(decimalMark && decimalMark !== plain.notation.decimalMark && { decimalMark }),
  };
  return {
    ...(columns.length > 0 && { columns: Object.fromEntries(columns) }),
    ...(Object.keys(notation).length > 0 && { notation }),
    ...(Object.keys(given.words ?? {}).length > 0 && { words: given.words ?? {} }),
  };
}

/** What a person said of an instrument of the file that its spelling does not say. */
function ownTickers(rows: readonly ImportRow[], { tickers = {} }: ImportFile): Record<string, string> {
  const spelled = new Map(rows.map(({ entry }) => [instrumentKey(entry), entry.instrument?.ticker]));
  const own = Object.entries(tickers).filter(
    ([symbol, ticker]) => spelled.has(symbol) && spelled.get(symbol) !== ticker && ticker.length <= 20,
  );
  return Object.fromEntries(own);
}

/** What is known beside the draft. */
interface Known {
  /** The file as it is read without a person's word. */
  readonly plain: ReadFile;
  /** Of each ticker. */
  readonly currencies: ReadonlyMap<string, string>;
  readonly now: Date;
}

async function recordDraft(
  client: PoolClient,
  userId: number,
  draft: Draft,
  { file, given }: Prepared,
  { plain, currencies, now }: Known,
): Promise<{ imported: number; kept: number }> {
  const recorded = inOrder(draft.selected.filter(({ input }) => input !== null));
  const transactions = await insertTransactions(
    client,
    userId,
    recorded.map(({ input }) => ({ ...input!, currency: input!.currency ?? currencies.get(input!.ticker)! })),
  );
  const transactionIds = new Map(recorded.map((row, index) => [row, transactions[index]!.transaction_id]));
  const reasons = reasonsOf(draft);
  const { format, signature } = file;
  if (recorded.length + reasons.size > 0)
    await keepImport(
      client,
      userId,
      { format, csv: given.csv, rows: draft.rows, transactionIds, reasons },
      now,
    );
  await rememberChoices(client, userId, signature, ownChoices(given, plain), now);
  await rememberTickers(client, userId, signature, ownTickers(draft.rows, given), now);
  return {
    imported: recorded.length,
    kept: [...reasons.keys()].filter(({ kind }) => kind !== null && !isTrade(kind)).length,
  };
}

/**
 * Records the selected rows in one transaction, all or none, and keeps the others with their reasons: nothing if a selected row
 * has an error, or if the file or the ledger is no longer the one that the selection was made for. `selection` null: every
 * trade but potential duplicates.
 * Throws QuotaExceededError, MissingRateError, and HistoryUnavailableError when the history of a new ticker cannot be had; what is there by then stays.
 */
export async function importTransactions(
  context: LedgerContext,
  userId: number,
  importFile: ImportFile,
  selection: Selection | null,
  onProgress: (progress: ImportProgress) => void = () => {},
): Promise<Imported> {
  const deadline = performance.now() + patienceMilliseconds;
  const prepared = await prepareImport(context, userId, importFile, deadline, onProgress);
  const review = await reviewPrepared(context, userId, prepared, selection, deadline, onProgress);
  const selected = review.rows.filter(({ isSelected }) => isSelected);
  const isReady =
    review.problem === null && review.isSelectionKept && selected.every(({ status }) => status !== "ERROR");
  const hasKept = review.rows.some(({ status }) => status === "KEPT");
  if (!isReady || (selected.length === 0 && !hasKept)) return { imported: 0, kept: 0, review };
  const reviewed: Selection = {
    fingerprint: review.fingerprint,
    lines: new Set(selected.map(({ line }) => line)),
  };
  // Histories first, all rows at once afterwards; patience for many.
  const tickers = selected.flatMap(({ input }) => (input?.type === "BUY" ? [input.ticker] : []));
  await requireHistories(context, tickers, {
    onProgress: ({ fetched, total }) => onProgress({ rows: review.rows.length, checked: fetched, total }),
  });
  const currencies = await requireCurrencies(
    context,
    userId,
    selected.flatMap(({ input }) => input ?? []),
  );
  const plain = await readFileAside({ csv: importFile.csv }, context.clock());
  const record = async (client: PoolClient): Promise<Pick<Imported, "imported" | "kept"> | null> => {
    await lockLedger(client, userId);
    const draft = await draftImport(client, userId, prepared.rows, reviewed);
    // Somebody may have traded since the review; then it is made anew.
    if (!draft.isSelectionKept || (await findUncovered(client, draft)).size > 0) return null;
    const done = await recordDraft(client, userId, draft, prepared, {
      plain,
      currencies,
      now: context.clock(),
    });
    await requireLedgerQuota(client, userId, context.quotas);
    await requireImportQuota(client, userId, context.quotas);
    return done;
  };
  const recorded = await personTransaction(context.pool, userId, record, { isLong: true });
  if (recorded && recorded.imported + recorded.kept > 0) return { ...recorded, review };
  const again = await reviewPrepared(
    context,
    userId,
    prepared,
    reviewed,
    performance.now() + patienceMilliseconds,
  );
  return { imported: 0, kept: 0, review: again };
}
