/** The ledger as a table that one sorts, filters and turns the pages of. */
import { personTransaction } from "../database/person.ts";
import type { LedgerContext } from "./context.ts";
import { type Transaction, type TransactionRow, transactionColumns, transactionOf } from "./rows.ts";
import type { TransactionType } from "./transaction-types.ts";

export const ledgerColumns = ["date", "type", "ticker", "quantity", "price", "fee", "total"] as const;

export type LedgerColumn = (typeof ledgerColumns)[number];

export interface LedgerQuery {
  /** undefined: all of them. */
  readonly ticker?: string | undefined;
  readonly type?: TransactionType | undefined;
  /** First and last day, both included. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly sort: LedgerColumn;
  readonly isDescending: boolean;
  /** Counted from 1; one beyond the last is the last. */
  readonly page: number;
}

export interface LedgerPage {
  readonly transactions: readonly Transaction[];
  readonly page: number;
  readonly pages: number;
  /** How many transactions the filter lets through, on all pages. */
  readonly matches: number;
  /** Every ticker of the person's ledger, whatever the filter. */
  readonly tickers: readonly string[];
}

const filter = `
  user_id = $1
  and ($2::text is null or ticker = $2)
  and ($3::text is null or transaction_type = $3)
  and ($4::date is null or transaction_date >= $4)
  and ($5::date is null or transaction_date <= $5)`;

/** One page of at most `length` transactions; those that sort alike newest first. */
export async function browseLedger(
  context: Pick<LedgerContext, "pool">,
  userId: number,
  query: LedgerQuery,
  length: number,
): Promise<LedgerPage> {
  const values = [userId, query.ticker, query.type, query.from, query.to];
  return personTransaction(context.pool, userId, async (client) => {
    const counted = await client.query<{ matches: number; tickers: string[] }>(
      `select
         count(*) filter (where ${filter}) as matches,
         coalesce(array_agg(distinct ticker) filter (where ticker is not null), '{}') as tickers
       from bronze.transactions
       where user_id = $1`,
      values,
    );
    const { matches, tickers } = counted.rows[0]!;
    const pages = Math.max(1, Math.ceil(matches / length));
    const page = Math.min(query.page, pages);
    const direction = query.isDescending ? "desc" : "asc";
    const { rows } = await client.query<TransactionRow>(
      `select ${transactionColumns}
       from bronze.transactions
       where ${filter}
       order by
         ${query.sort} ${direction} nulls last, -- one of ledgerColumns, each an output column
         transaction_date ${query.sort === "date" ? direction : "desc"},
         transaction_id ${query.sort === "date" ? direction : "desc"}
       limit $6
       offset $7`,
      [...values, length, (page - 1) * length],
    );
    return { transactions: rows.map(transactionOf), page, pages, matches, tickers };
  });
}
