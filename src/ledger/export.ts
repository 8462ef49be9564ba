import { personTransaction } from "../database/person.ts";
import { exportTable } from "../database/table-export.ts";
import { readAccounts, requireNamed } from "./accounts.ts";
import type { LedgerContext } from "./context.ts";
import { ledgerTables } from "./personal-tables.ts";

const { transactions } = ledgerTables;
const told = transactions.columns.filter((column) => column !== "transaction_id" && column !== "created_at");
const columns = [...told, "row"];

/** Lots name purchases by their row in the file: whoever reads it back has other ids, and the same file to export. */
const select = `
  with ledger as (
    select *, row_number() over (order by date, transaction_id) as row
    from (${transactions.select}) as recorded
    where $2::text is null
      or account = $2
  ),
  named as (
    select sale.row, jsonb_object_agg(lot.row, part.value) as lots
    from ledger as sale
    cross join lateral jsonb_each_text(sale.lots) as part
    join ledger as lot on lot.transaction_id = part.key::bigint
    where sale.lots is not null
    group by sale.row
  )
  select ${columns.map((column) => (column === "lots" ? "named.lots" : `ledger.${column}`)).join(", ")}
  from ledger
  left join named on named.row = ledger.row
  order by ledger.row`;

/**
 * All of a person's transactions, or those of one account, as CSV, oldest first; `importTransactions` reads it back. `account`: its id or name.
 * Throws InvalidTransactionError for one that there is not.
 */
export async function exportTransactions(
  { pool }: Pick<LedgerContext, "pool">,
  userId: number,
  write: (text: string) => Promise<void>,
  account?: string,
): Promise<void> {
  const name =
    account === undefined
      ? null
      : await personTransaction(
          pool,
          userId,
          async (client) => requireNamed(await readAccounts(client, userId), account, null).name,
        );
  return exportTable(pool, userId, { select, columns, values: [name] }, write);
}
