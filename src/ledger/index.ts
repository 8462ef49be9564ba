/** The ledger's public surface, for the web and the command line. Errors are told apart by their `code`. */

export { deleteAccount } from "./account-removal.ts";
export {
  accountChange,
  accountInput,
  accountKinds,
  changeAccount,
  listAccounts,
  openAccount,
} from "./accounts.ts";
export {
  browseLedger,
  type LedgerColumn,
  type LedgerPage,
  type LedgerQuery,
  ledgerColumns,
} from "./browse.ts";
export type { LedgerContext } from "./context.ts";
export {
  announceCorporateAction,
  listAnnouncements,
  withdrawAnnouncement,
} from "./corporate-actions/announce.ts";
export { applyOffer, listOffers } from "./corporate-actions/offers.ts";
export {
  applyAgain,
  type CorporateAction,
  findCorporateAction,
  listCorporateActions,
  recordCorporateAction,
  undoCorporateAction,
} from "./corporate-actions/record.ts";
export {
  announcedKinds,
  type CorporateActionKind,
  corporateActionInput,
  corporateActionKinds,
} from "./corporate-actions/terms.ts";
export { countTransactions, hasTransactions } from "./counts.ts";
export { listCutLots } from "./cut-lots.ts";
export { findDeletionObstacle, listDeletions, restoreTransaction } from "./deletions.ts";
export { readTradeDraft, type TradeDraft } from "./draft.ts";
export { editTransaction, undoLast } from "./edit.ts";
export { exportTransactions } from "./export.ts";
export { currencyWords, fieldWords } from "./field-words.ts";
export { mostDecimals } from "./fields.ts";
export { type HistoryProgress, requireHistories } from "./histories.ts";
export { decodeFile } from "./import/decode.ts";
export type { Selection } from "./import/draft.ts";
export { countRecordable, readKeptFile } from "./import/kept-again.ts";
export { groupKept } from "./import/kept-groups.ts";
export { type RowKind, rowKinds } from "./import/kinds.ts";
export { type ColumnMapping, type ImportField, importFields, requiredFields } from "./import/layout.ts";
export { isNamedCurrency } from "./import/price-currency.ts";
export type { ImportFile } from "./import/read.ts";
export { importTransactions, isAllSeen } from "./import/record.ts";
export { type RecordGroup, recordGroups } from "./import/recording.ts";
export {
  type ImportProgress,
  type ImportReview,
  type ReviewedRow,
  reviewImport,
  rowsToLeaveOut,
} from "./import/review.ts";
export { isForLedger } from "./import/rows.ts";
export { spell } from "./import/spelling.ts";
export { maxCharacters, maxCsvRecords } from "./import/tables.ts";
export { listImports, type MadeImport, previewUndo, restoreImport, undoImport } from "./import/undo.ts";
export { findInputProblems, latestToday, parseTransactionInput } from "./input.ts";
export { type OpenLots, readOpenLots } from "./open-lots.ts";
export { ledgerTables } from "./personal-tables.ts";
export { correctionOf } from "./price-check.ts";
export { type LedgerCurrencies, readLedgerCurrencies, readOwnNames } from "./quotes.ts";
export { requireBaseCurrency, requireRates, requireReach } from "./rates.ts";
export { prepareTicker, recordTransaction, requirePrices } from "./record.ts";
export { lockLedger, type Transaction } from "./rows.ts";
export {
  previewSplitRuling,
  readSplitVerdict,
  ruleOnSplit,
  ruleOnValue,
  withdrawSplitRuling,
} from "./rulings.ts";
export { marketTicker, tradePrice, tradeSubject, transactionChange, transactionInput } from "./schemas.ts";
export { withSuggestion } from "./suggest.ts";
export { enterSymbolChange, findSymbolChange, requireAskedUnit, searchTickers } from "./tickers.ts";
export { checkTrade, type TradeDoubt } from "./trade-check.ts";
export { type TransactionType, transactionTypes } from "./transaction-types.ts";
export {
  deleteTransaction,
  findTransaction,
  listTransactions,
} from "./transactions.ts";
export { recordTransfer, transferInput } from "./transfers.ts";
