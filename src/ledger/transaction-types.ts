/** The types of transactions. */

export const transactionTypes = [
  "BUY",
  "SELL",
  "DIVIDEND",
  "INTEREST",
  "DEPOSIT",
  "WITHDRAWAL",
  "FEE",
  "TAX",
  "TRANSFER_IN",
  "TRANSFER_OUT",
  "FX_IN",
  "FX_OUT",
  "SPLIT",
  "RETURN_OF_CAPITAL",
  "BONUS",
] as const;

export type TransactionType = (typeof transactionTypes)[number];

/** Which bring shares, and which take them. */
export const incoming: ReadonlySet<TransactionType> = new Set(["BUY", "BONUS", "TRANSFER_IN"]);
export const outgoing: ReadonlySet<TransactionType> = new Set(["SELL", "TRANSFER_OUT"]);
