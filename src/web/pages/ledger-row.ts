/** A transaction as the ledger's pages show it, whatever its type. */
import type { Transaction } from "../../ledger/index.ts";
import { typeName } from "../entry-words.ts";
import { t } from "../messages/index.ts";

/** `currency`: what its amounts are in. */
export const ledgerRow = (transaction: Transaction, currency: string) => ({
  ...transaction,
  currency,
  typeName: typeName(transaction.type),
  isTrade: transaction.price !== null,
  /** Of a split: "3 for 2". */
  ratio: ratioOf(transaction),
});

const ratioOf = ({ numerator, denominator }: Transaction): string | null =>
  numerator === null || denominator === null
    ? null
    : t("{numerator} for {denominator}", { numerator, denominator });
