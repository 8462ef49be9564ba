import { stringify } from "csv-stringify/sync";
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
  return stringify(newestFirst.reverse(), {
    header: true,
    columns: ["date", "type", "ticker", "quantity", "price", "fee"],
  });
}
