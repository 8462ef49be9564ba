/** The ledger's statements, all of them within one person's transaction. */
import type { PoolClient } from "pg";
import { listInTurns } from "../event-loop.ts";
import { BaseCurrencyChangedError } from "./base-currency.ts";
import type { TransactionInput } from "./input.ts";
import { overruled, type Split, type Trade } from "./position.ts";
import { ExternalIdTakenError, SplitTakenError, UnknownOwnAssetError } from "./row-errors.ts";
import { incoming, outgoing, type TransactionType } from "./transaction-types.ts";

/** A transaction as programs see it; decimals and dates are strings; null: its type has none, or nobody said. */
export interface Transaction {
  readonly transaction_id: number;
  readonly account_id: number;
  readonly ticker: string | null;
  readonly type: TransactionType;
  readonly quantity: string | null;
  readonly price: string | null;
  /** Of what has no quantity and price; of shares that come by a transfer what they had cost. */
  readonly amount: string | null;
  readonly fee: string;
  readonly tax: string;
  readonly date: string;
  /** ISO code of what it was paid in; null: the ticker's own currency. */
  readonly currency: string | null;
  /** What one of it was worth in `fx_currency`, as the person said; null: the day's rate. */
  readonly fx_rate: string | null;
  readonly fx_currency: string | null;
  /** Of a SPLIT: as many shares for so many. */
  readonly numerator: string | null;
  readonly denominator: string | null;
  /** Of shares that came by a TRANSFER_IN: when they had been bought. */
  readonly acquired_on: string | null;
  /** Of a SELL: transaction_id of a purchase -> how much of it. */
  readonly lots: Readonly<Record<string, string>> | null;
  /** Of shares that a corporate action made others: what they were worth, in the ticker's currency; null: the day's close says. */
  readonly market_value: string | null;
  /** The two sides of a transfer or conversion have one. */
  readonly transfer_id: string | null;
  /** What was written together has one. */
  readonly group_id: string | null;
  readonly note: string | null;
  readonly tags: readonly string[] | null;
  readonly external_id: string | null;
  /** The money that it moved, after fee and tax: paid for a BUY, received for a SELL; in `currency`; null: none. */
  readonly total: string | null;
  /** ISO 8601, UTC: when it was recorded, or last edited. */
  readonly created_at: string;
}

export type TransactionRow = Omit<Transaction, "created_at"> & { readonly created_at: Date };

/** Of the money that a row moved, after fee and tax. */
export const total = `(
  coalesce(amount, quantity * price)
  + case when transaction_type in ('BUY', 'WITHDRAWAL', 'FX_OUT', 'TRANSFER_OUT') then fee + tax else -fee - tax end
)`;

export const transactionColumns = `
  transaction_id,
  account_id,
  ticker,
  transaction_type as type,
  trim_scale(quantity) as quantity,
  trim_scale(price) as price,
  trim_scale(amount) as amount,
  trim_scale(fee) as fee,
  trim_scale(tax) as tax,
  transaction_date as date,
  currency,
  trim_scale(fx_rate) as fx_rate,
  fx_currency,
  trim_scale(numerator) as numerator,
  trim_scale(denominator) as denominator,
  acquired_on,
  lots,
  trim_scale(market_value) as market_value,
  transfer_id,
  group_id,
  note,
  tags,
  external_id,
  trim_scale(${total}) as total,
  created_at`;

export function transactionOf(row: TransactionRow): Transaction {
  return { ...row, created_at: row.created_at.toISOString() };
}

/**
 * One writer of a person's ledger at a time: two SELLs that are covered each, but not together, must see each other. Nor does their base
 * currency change meanwhile. `base`: the one that was counted on; throws BaseCurrencyChangedError where it is another by now.
 */
export async function lockLedger(client: PoolClient, userId: number, base?: string): Promise<void> {
  const { rows } = await client.query<{ base: string }>(
    "select base_currency as base from public.users where user_id = $1 for no key update",
    [userId],
  );
  // Of somebody who is gone by now the first row that is written tells.
  if (base !== undefined && rows[0] && rows[0].base !== base) throw new BaseCurrencyChangedError();
}

/** A transaction as it is written: with its account, what it was paid in, and the currency that its own rate is in. */
export interface TransactionToInsert extends Omit<TransactionInput, "account"> {
  /** Absent: the default one. */
  readonly account_id?: number;
  readonly fx_currency?: string;
  readonly market_value?: string;
  readonly transfer_id?: string;
  readonly group_id?: string;
}

/** Each column that is written, its type, and what of a transaction is written there. */
const written: readonly (readonly [string, string, (input: TransactionToInsert) => unknown])[] = [
  ["account_id", "bigint", (input) => input.account_id],
  ["ticker", "text", (input) => input.ticker],
  ["transaction_type", "text", (input) => input.type],
  ["quantity", "numeric", (input) => input.quantity],
  ["price", "numeric", (input) => input.price],
  ["amount", "numeric", (input) => input.amount],
  ["fee", "numeric", (input) => input.fee],
  ["tax", "numeric", (input) => input.tax ?? "0"],
  ["transaction_date", "date", (input) => input.date],
  ["currency", "text", (input) => input.currency],
  ["fx_rate", "numeric", (input) => input.fx_rate],
  ["fx_currency", "text", (input) => input.fx_currency],
  ["numerator", "numeric", (input) => input.numerator],
  ["denominator", "numeric", (input) => input.denominator],
  ["acquired_on", "date", (input) => input.acquired_on],
  ["lots", "jsonb", (input) => input.lots],
  ["market_value", "numeric", (input) => input.market_value],
  ["transfer_id", "uuid", (input) => input.transfer_id],
  ["group_id", "uuid", (input) => input.group_id],
  ["note", "text", (input) => input.note],
  ["tags", "text[]", (input) => input.tags],
  ["external_id", "text", (input) => input.external_id],
];

/** What a transaction is restored from: all of it but who audited what. */
export const storedColumns = [
  "transaction_id",
  "user_id",
  ...written.map(([column]) => column),
  "created_at",
];

const rowOf = (input: TransactionToInsert, place: number, columns = written): object => ({
  place,
  ...Object.fromEntries(columns.map(([column, , of]) => [column, of(input) ?? null])),
});

const recordset = written.map(([column, type]) => `${column} ${type}`).join(", ");
const writtenColumns = written.map(([column]) => column).join(", ");

/** In the order of the inputs. */
export async function insertTransactions(
  client: PoolClient,
  userId: number,
  inputs: readonly TransactionToInsert[],
): Promise<Transaction[]> {
  const { rows } = await client
    .query<TransactionRow>(
      `insert into bronze.transactions (user_id, ${writtenColumns})
       select $1, ${writtenColumns}
       from json_to_recordset($2::json) as input (place integer, ${recordset})
       order by place
       returning ${transactionColumns}`,
      [userId, JSON.stringify(inputs.map((input, place) => rowOf(input, place)))],
    )
    .catch(explainTaken);
  return rows.map(transactionOf).sort((a, b) => a.transaction_id - b.transaction_id);
}

/** In one statement: each is text that is made and read at once. */
const rowsAtOnce = 5000;

/** As `insertTransactions`, for many that nobody reads back: their ids. */
export async function insertMany(
  client: PoolClient,
  userId: number,
  inputs: readonly TransactionToInsert[],
): Promise<number[]> {
  const ids: number[] = [];
  for (let from = 0; from < inputs.length; from += rowsAtOnce) {
    const some = inputs.slice(from, from + rowsAtOnce);
    const used = written.filter(([, , of]) => some.some((input) => (of(input) ?? null) !== null));
    const columns = used.map(([column]) => column);
    const types = used.map(([column, type]) => `${column} ${type}`);
    const { rows } = await client
      .query<{ id: number }>(
        `insert into bronze.transactions (user_id, ${columns.join(", ")})
         select $1, ${columns.join(", ")}
         from json_to_recordset($2::json) as input (place integer, ${types.join(", ")})
         order by place
         returning transaction_id as id`,
        [userId, await listInTurns(some, (input, place) => rowOf(input, place, used))],
      )
      .catch(explainTaken);
    ids.push(...rows.map(({ id }) => id).sort((a, b) => a - b));
  }
  return ids;
}

/** What an edit leaves as it is. */
export const ofGroups: ReadonlySet<string> = new Set(["market_value", "transfer_id", "group_id"]);

/** Everything that was typed is another, and it is as if it had been written now. null: the person has no such transaction. */
export async function replaceTransaction(
  client: PoolClient,
  userId: number,
  transactionId: number,
  input: TransactionToInsert,
): Promise<Transaction | null> {
  const typed = written.filter(([column]) => !ofGroups.has(column));
  const { rows } = await client
    .query<TransactionRow>(
      `with edited as (
         update bronze.transactions
         set ${typed.map(([column]) => `${column} = input.${column}`).join(", ")}, created_at = clock_timestamp()
         from json_to_record($3::json) as input (${recordset})
         where user_id = $1
           and transaction_id = $2
         returning transactions.*
       )
       select ${transactionColumns}
       from edited`,
      [userId, transactionId, JSON.stringify(rowOf(input, 0))],
    )
    .catch(explainTaken);
  return rows[0] ? transactionOf(rows[0]) : null;
}

/** What an index does not let stand twice, as a person can understand it. */
export function explainTaken(error: unknown): never {
  const { constraint } = error as { readonly constraint?: unknown };
  if (constraint === "transactions_external_id_key") throw new ExternalIdTakenError();
  if (constraint === "transactions_split_key") throw new SplitTakenError();
  if (constraint === "transactions_own_asset") throw new UnknownOwnAssetError("its ticker");
  throw error;
}

/** With the other side of a transfer. Those of the id itself first; []: the person has no such transaction. */
export async function removeTransactions(
  client: PoolClient,
  userId: number,
  transactionId: number,
): Promise<Transaction[]> {
  const { rows } = await client.query<TransactionRow>(
    `delete from bronze.transactions
     where user_id = $1
       and (
         transaction_id = $2
         or transfer_id = (
           select transfer_id
           from bronze.transactions
           where user_id = $1
             and transaction_id = $2
         )
       )
     returning ${transactionColumns}`,
    [userId, transactionId],
  );
  return rows
    .map(transactionOf)
    .sort((a, b) => Number(b.transaction_id === transactionId) - Number(a.transaction_id === transactionId));
}

export interface Position {
  readonly date: string;
  readonly transactionId: number;
}

/** Which transactions of a ledger; absent: all. */
export interface LedgerFilter {
  readonly accountId?: number | undefined;
  readonly type?: TransactionType | undefined;
  readonly tag?: string | undefined;
}

/** Newest first, those after `before` in that order. */
export async function readTransactions(
  client: PoolClient,
  userId: number,
  before: Position | null,
  limit: number | null,
  { accountId, type, tag }: LedgerFilter = {},
): Promise<Transaction[]> {
  const { rows } = await client.query<TransactionRow>(
    `select ${transactionColumns}
     from bronze.transactions
     where user_id = $1
       and ($2::date is null or (transaction_date, transaction_id) < ($2, $3::bigint))
       and ($5::bigint is null or account_id = $5)
       and ($6::text is null or transaction_type = $6)
       and ($7::text is null or $7 = any (tags))
     order by transaction_date desc, transaction_id desc
     limit $4`,
    [userId, before?.date, before?.transactionId, limit, accountId, type, tag],
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

/** What is held together: a ticker in an account. */
export interface Holding {
  readonly accountId: number;
  readonly ticker: string;
}

const movingShares = [...incoming, ...outgoing];

/** What moved shares of a holding, in whatever case the ticker was written. */
export async function readTrades(
  client: PoolClient,
  userId: number,
  { accountId, ticker }: Holding,
): Promise<Trade[]> {
  const { rows } = await client.query<Trade>(
    `select
       transaction_id as "transactionId",
       transaction_type as type,
       quantity,
       transaction_date as date
     from bronze.transactions
     where user_id = $1
       and account_id = $2
       and upper(trim(ticker)) = $3
       and transaction_type = any ($4)
       and quantity is not null`,
    [userId, accountId, ticker, movingShares],
  );
  return rows;
}

/**
 * As `readTrades`, what a day brought and what it took added up: whether it is covered, and what can be sold, needs no more.
 * `without`: the transaction that is left out.
 */
export async function readDailyTrades(
  client: PoolClient,
  userId: number,
  { accountId, ticker }: Holding,
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
       and account_id = $2
       and upper(trim(ticker)) = $3
       and transaction_type = any ($4)
       and quantity is not null
       and transaction_id is distinct from $5
     group by transaction_date, transaction_type`,
    [userId, accountId, ticker, movingShares, without],
  );
  return rows;
}

/** As `readDailyTrades`, of all accounts together. */
export async function readAllTrades(client: PoolClient, userId: number, ticker: string): Promise<Trade[]> {
  const { rows } = await client.query<Trade>(
    `select
       null as "transactionId",
       transaction_type as type,
       sum(quantity) as quantity,
       transaction_date as date
     from bronze.transactions
     where user_id = $1
       and upper(trim(ticker)) = $2
       and transaction_type = any ($3)
       and quantity is not null
     group by transaction_date, transaction_type`,
    [userId, ticker, movingShares],
  );
  return rows;
}

/** false: the models are to be built for the first time yet. */
export async function areModelsBuilt(
  client: PoolClient,
  model: "stg_splits" | "int_lots" = "stg_splits",
): Promise<boolean> {
  const built = await client.query<{ isBuilt: boolean }>(
    `select to_regclass('"default".' || $1) is not null as "isBuilt"`,
    [model],
  );
  return built.rows[0]!.isBuilt;
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

/** As an account counts them: on a day on which its owner says another ratio, that one. `without`: as for readDailyTrades. */
export async function readHoldingSplits(
  client: PoolClient,
  userId: number,
  { accountId, ticker }: Holding,
  without: number | null = null,
): Promise<Split[]> {
  const { rows } = await client.query<Split>(
    `select transaction_date as date, numerator, denominator
     from bronze.transactions
     where user_id = $1
       and account_id = $2
       and upper(trim(ticker)) = $3
       and transaction_type = 'SPLIT'
       and transaction_id is distinct from $4`,
    [userId, accountId, ticker, without],
  );
  return overruled(await readSplits(client, ticker), rows);
}
