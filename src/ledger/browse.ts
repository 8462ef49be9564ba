/** The ledger as a table that one sorts, filters and turns the pages of. */
import type { PoolClient } from "pg";
import { personTransaction } from "../database/person.ts";
import type { LedgerContext } from "./context.ts";
import { type Transaction, type TransactionRow, total, transactionColumns, transactionOf } from "./rows.ts";
import type { TransactionType } from "./transaction-types.ts";

export const ledgerColumns = ["date", "type", "ticker", "quantity", "price", "fee", "total"] as const;

export type LedgerColumn = (typeof ledgerColumns)[number];

export interface LedgerQuery {
  /** undefined: all of them. */
  readonly ticker?: string | undefined;
  readonly type?: TransactionType | undefined;
  readonly account?: number | undefined;
  readonly tag?: string | undefined;
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
  /** Every ticker and every type of the person's ledger, whatever the filter. */
  readonly tickers: readonly string[];
  readonly types: readonly TransactionType[];
  /** Likewise, the first 500 by name. */
  readonly tags: readonly string[];
}

const filter = `
  user_id = $1
  and ($2::text is null or ticker = $2)
  and ($3::text is null or transaction_type = $3)
  and ($4::date is null or transaction_date >= $4)
  and ($5::date is null or transaction_date <= $5)
  and ($6::bigint is null or account_id = $6)
  and ($7::text is null or $7 = any (tags))`;

/**
 * US dollars for one of what a trade was paid in, on its day: so that amounts in several currencies have an order. Looked up where
 * it is not dollars; null: no rate is known, and these come last.
 */
const dollars = `
  case
    when paid_in = 'USD' then 1
    else (
      select usd_per_unit
      from bronze.raw_fx_rates
      where raw_fx_rates.currency = paid_in
        and rate_date <= transaction_date
      order by rate_date desc
      limit 1
    )
  end`;

/** What is sorted by; of a column that is not here, itself. */
const worth: Partial<Record<LedgerColumn, string>> = {
  price: `price * ${dollars}`,
  fee: `fee * ${dollars}`,
  total: `${total} * ${dollars}`,
};

/** One page of at most `length` transactions; those that sort alike newest first. */
export async function browseLedger(
  context: Pick<LedgerContext, "pool">,
  userId: number,
  query: LedgerQuery,
  length: number,
): Promise<LedgerPage> {
  const values = [userId, query.ticker, query.type, query.from, query.to, query.account, query.tag];
  return personTransaction(context.pool, userId, async (client) => {
    const counted = await client.query<
      Pick<LedgerPage, "matches" | "tickers" | "types"> & { hasTags: boolean | null }
    >(
      `select
         count(*) filter (where ${filter}) as matches,
         coalesce(array_agg(distinct ticker) filter (where ticker is not null), '{}') as tickers,
         coalesce(array_agg(distinct transaction_type), '{}') as types,
         bool_or(tags is not null) as "hasTags"
       from bronze.transactions
       where user_id = $1`,
      values,
    );
    const { matches, tickers, types, hasTags } = counted.rows[0]!;
    const tags = hasTags ? await readTags(client, userId) : [];
    const pages = Math.max(1, Math.ceil(matches / length));
    const page = Math.min(query.page, pages);
    const direction = query.isDescending ? "desc" : "asc";
    const { rows } = await client.query<TransactionRow>(
      `select ${transactionColumns}
       from bronze.transactions
       cross join lateral (
         select coalesce(
           currency,
           (select raw_assets.currency from bronze.raw_assets where raw_assets.ticker = transactions.ticker),
           'USD'
         ) as paid_in
       ) as paid
       where ${filter}
       order by
         ${worth[query.sort] ?? query.sort} ${direction} nulls last, -- one of ledgerColumns, each an output column
         transaction_date ${query.sort === "date" ? direction : "desc"},
         transaction_id ${query.sort === "date" ? direction : "desc"}
       limit $8
       offset $9`,
      [...values, length, (page - 1) * length],
    );
    return { transactions: rows.map(transactionOf), page, pages, matches, tickers, types, tags };
  });
}

async function readTags(client: PoolClient, userId: number): Promise<string[]> {
  const { rows } = await client.query<{ tag: string }>(
    `select distinct tag, lower(tag)
     from bronze.transactions
     cross join unnest(tags) as tag
     where user_id = $1
     order by lower(tag), tag
     limit 500`,
    [userId],
  );
  return rows.map(({ tag }) => tag);
}
