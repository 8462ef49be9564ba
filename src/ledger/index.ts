/** The ledger's public surface, for the web and the command line. Errors are told apart by their `code`. */
export type { LedgerContext } from "./context.ts";
export { exportTransactions, importTransactions } from "./csv.ts";
export { ImportError, InvalidCursorError } from "./errors.ts";
export { parseTransactionInput, transactionInput } from "./input.ts";
export type { Transaction } from "./rows.ts";
export { searchTickers } from "./tickers.ts";
export {
  availableQuantity,
  deleteTransaction,
  findTransaction,
  listTransactions,
  recordTransaction,
} from "./transactions.ts";
