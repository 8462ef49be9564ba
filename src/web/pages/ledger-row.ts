/** A transaction as the ledger's pages show it, whatever its type. */
import type { Transaction } from "../../ledger/index.ts";
import { typeName } from "./entry-types.ts";

/** `currency`: what its amounts are in. */
export const ledgerRow = (transaction: Transaction, currency: string) => ({
  ...transaction,
  currency,
  typeName: typeName(transaction.type),
  isTrade: transaction.price !== null,
  /** Of a split: "3 for 2". */
  ratio: transaction.numerator === null ? null : `${transaction.numerator} for ${transaction.denominator}`,
});
