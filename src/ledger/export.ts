import { exportTable } from "../database/table-export.ts";
import type { LedgerContext } from "./context.ts";
import { ledgerTables } from "./personal-tables.ts";

/** All of a person's transactions as CSV, oldest first; `importTransactions` reads it back. */
export function exportTransactions(
  { pool }: Pick<LedgerContext, "pool">,
  userId: number,
  write: (text: string) => Promise<void>,
): Promise<void> {
  const { select } = ledgerTables.transactions;
  const columns = [
    "date",
    "type",
    "ticker",
    "quantity",
    "price",
    "fee",
    "currency",
    "fx_rate",
    "fx_currency",
  ];
  return exportTable(pool, userId, { select, columns }, write);
}
