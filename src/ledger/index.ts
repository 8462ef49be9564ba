/** The ledger's public surface, for the web and the command line. Errors are told apart by their `code`. */
export {
  browseLedger,
  type LedgerColumn,
  type LedgerPage,
  type LedgerQuery,
  ledgerColumns,
} from "./browse.ts";
export type { LedgerContext } from "./context.ts";
export { findDeletionObstacle, listDeletions, restoreTransaction } from "./deletions.ts";
export { readTradeDraft, type TradeDraft } from "./draft.ts";
export { exportTransactions } from "./export.ts";
export { type HistoryProgress, requireHistories } from "./histories.ts";
export { type ColumnMapping, type ImportField, importFields, requiredFields } from "./import/columns.ts";
export { maxCsvRecords } from "./import/csv-file.ts";
export { importTransactions } from "./import/record.ts";
export {
  type ImportProgress,
  type ImportReview,
  type ReviewedRow,
  reviewImport,
  type Selection,
} from "./import/review.ts";
export type { ImportFile } from "./import/rows.ts";
export { latestToday, parseTransactionInput, transactionInput } from "./input.ts";
export type { Transaction } from "./rows.ts";
export {
  previewSplitRuling,
  readSplitVerdict,
  ruleOnSplit,
  ruleOnValue,
  withdrawSplitRuling,
} from "./rulings.ts";
export { enterSymbolChange, searchTickers } from "./tickers.ts";
export {
  deleteTransaction,
  findTransaction,
  listTransactions,
  recordTransaction,
} from "./transactions.ts";
