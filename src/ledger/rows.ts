/** The ledger's statements, all of them within one person's transaction. */
import type { PoolClient } from "pg";
import type { TransactionInput, TransactionType } from "./input.ts";
import type { Split, Trade } from "./position.ts";

/** A transaction as programs see it; decimals and dates are strings. */
export interface Transaction {
  readonly transaction_id: number;
  readonly ticker: string;
  readonly type: TransactionType;
  readonly quantity: string;
  readonly price: string;
  readonly fee: string;
  readonly date: string;
  /** ISO code of what it was paid in; null: the ticker's own currency. */
  readonly currency: string | null;
  /** What one of it was worth in `fx_currency`, as the person said; null: the day's rate. */
  readonly fx_rate: string | null;
  readonly fx_currency: string | null;
  /** Paid for a BUY with its fee, received for a SELL net of it; in `currency`. */
  readonly total: string;
  /** ISO 8601, UTC. */
  readonly created_at: string;
}

export type TransactionRow = Omit<Transaction, "created_at"> & { readonly created_at: Date };

export const transactionColumns = `
  transaction_id,
  ticker,
  transaction_type as type,
  trim_scale(quantity) as quantity,
  trim_scale(price) as price,
  trim_scale(fee) as fee,
  transaction_date as date,
  currency,
  trim_scale(fx_rate) as fx_rate,
  fx_currency,
  trim_scale(quantity * price + case transaction_type when 'BUY' then fee else -fee end) as total,
  created_at`;

export function transactionOf(row: TransactionRow): Transaction {
  return { ...row, created_at: row.created_at.toISOString() };
}

/** One writer of a person's ledger at a time: two SELLs that are covered each, but not together, must see each other. */
export async function lockLedger(client: PoolClient, userId: number): Promise<void> {
  await client.query("select from public.users where user_id = $1 for no key update", [userId]);
}

/** A transaction as it is written: with what it was paid in, and with the currency that its own rate is in. */
export interface TransactionToInsert extends TransactionInput {
  readonly fx_currency?: string;
}

/** In the order of the inputs. */
export async function insertTransactions(
  client: PoolClient,
  userId: number,
  inputs: readonly TransactionToInsert[],
): Promise<Transaction[]> {
  const { rows } = await client.query<TransactionRow>(
    `insert into bronze.transactions
       (user_id, ticker, transaction_type, quantity, price, fee, transaction_date, currency, fx_rate, fx_currency)
     select $1, ticker, transaction_type, quantity, price, fee, transaction_date, currency, fx_rate, fx_currency
     from unnest(
       $2::text[], $3::text[], $4::numeric[], $5::numeric[], $6::numeric[], $7::date[], $8::text[], $9::numeric[], $10::text[]
     ) with ordinality
       as input (ticker, transaction_type, quantity, price, fee, transaction_date, currency, fx_rate, fx_currency, position)
     order by position
     returning ${transactionColumns}`,
    [
      userId,
      inputs.map((input) => input.ticker),
      inputs.map((input) => input.type),
      inputs.map((input) => input.quantity),
      inputs.map((input) => input.price),
      inputs.map((input) => input.fee),
      inputs.map((input) => input.date),
      inputs.map((input) => input.currency ?? null),
      inputs.map((input) => input.fx_rate ?? null),
      inputs.map((input) => input.fx_currency ?? null),
    ],
  );
  return rows.map(transactionOf).sort((a, b) => a.transaction_id - b.transaction_id);
}

/** null: the person has no such transaction. */
export async function removeTransaction(
  client: PoolClient,
  userId: number,
  transactionId: number,
): Promise<Transaction | null> {
  const { rows } = await client.query<TransactionRow>(
    `delete from bronze.transactions
     where user_id = $1
       and transaction_id = $2
     returning ${transactionColumns}`,
    [userId, transactionId],
  );
  return rows[0] ? transactionOf(rows[0]) : null;
}

export interface Position {
  readonly date: string;
  readonly transactionId: number;
}

/** Newest first, those after `before` in that order. */
export async function readTransactions(
  client: PoolClient,
  userId: number,
  before: Position | null,
  limit: number | null,
): Promise<Transaction[]> {
  const { rows } = await client.query<TransactionRow>(
    `select ${transactionColumns}
     from bronze.transactions
     where user_id = $1
       and ($2::date is null or (transaction_date, transaction_id) < ($2, $3::bigint))
     order by transaction_date desc, transaction_id desc
     limit $4`,
    [userId, before?.date, before?.transactionId, limit],
  );
  return rows.map(transactionOf);
}

/** null: the person has no such transaction. */
export async function readTransaction(
  client: PoolClient,
  userId: number,
  transactionId: number,
): Promise<Transaction | null> {
  const { rows } = await client.query<TransactionRow>(
    `select ${transactionColumns}
     from bronze.transactions
     where user_id = $1
       and transaction_id = $2`,
    [userId, transactionId],
  );
  return rows[0] ? transactionOf(rows[0]) : null;
}

/** A person's trades of one ticker, in whatever case they were written. */
export async function readTrades(client: PoolClient, userId: number, ticker: string): Promise<Trade[]> {
  const { rows } = await client.query<Trade>(
    `select
       transaction_id as "transactionId",
       transaction_type as type,
       quantity,
       transaction_date as date
     from bronze.transactions
     where user_id = $1
       and upper(trim(ticker)) = $2`,
    [userId, ticker],
  );
  return rows;
}

/**
 * As `readTrades`, what a day bought and what it sold added up: whether it is covered, and what can be sold, needs no more.
 * `without`: the transaction that is left out.
 */
export async function readDailyTrades(
  client: PoolClient,
  userId: number,
  ticker: string,
  without: number | null = null,
): Promise<Trade[]> {
  const { rows } = await client.query<Trade>(
    `select
       null as "transactionId",
       transaction_type as type,
       sum(quantity) as quantity,
       transaction_date as date
     from bronze.transactions
     where user_id = $1
       and upper(trim(ticker)) = $2
       and transaction_id is distinct from $3
     group by transaction_date, transaction_type`,
    [userId, ticker, without],
  );
  return rows;
}

/** false: the models are to be built for the first time yet. */
export async function areModelsBuilt(client: PoolClient): Promise<boolean> {
  const model = await client.query<{ isBuilt: boolean }>(
    `select to_regclass('"default".stg_splits') is not null as "isBuilt"`,
  );
  return model.rows[0]!.isBuilt;
}

/** The splits that figures reckon with. None before the models are built for the first time. */
export async function readSplits(client: PoolClient, ticker: string): Promise<Split[]> {
  if (!(await areModelsBuilt(client))) return [];
  const { rows } = await client.query<Split>(
    `select action_date as date, numerator, denominator
     from "default".stg_splits
     where ticker = $1
       and is_accepted`,
    [ticker],
  );
  return rows;
}
