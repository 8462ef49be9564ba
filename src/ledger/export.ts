import { csvInTurns } from "../csv.ts";
import { personTransaction } from "../database/person.ts";
import type { LedgerContext } from "./context.ts";
import { readTransactions } from "./rows.ts";

/** All of a person's transactions as CSV, oldest first; `importTransactions` reads it back. */
export async function exportTransactions(
  context: Pick<LedgerContext, "pool">,
  userId: number,
): Promise<string> {
  const newestFirst = await personTransaction(context.pool, userId, (client) =>
    readTransactions(client, userId, null, null),
  );
  return csvInTurns(newestFirst.reverse(), {
    columns: ["date", "type", "ticker", "quantity", "price", "fee", "currency", "fx_rate", "fx_currency"],
  });
}
