/** What a person did with a ticker, in lists of which a page shows a part: trades, lots, sales, and marks on a chart. */
import type { PoolClient } from "pg";
import { movedMoney } from "./evidence.ts";
import type { Whose } from "./range.ts";

/** A part of a list, of at most 100 rows. */
export interface Part<Row> {
  readonly rows: readonly Row[];
  /** Counted from 1; one beyond the last is the last. */
  readonly page: number;
  readonly pages: number;
  /** Of the whole list. */
  readonly length: number;
}

export interface Trade {
  readonly transaction_id: number;
  readonly transaction_date: string;
  readonly transaction_type: string;
  readonly account_id: number;
  readonly quantity: string | null;
  readonly price: string | null;
  readonly fee: string;
  /** The money that it moved, after fee and tax; null: none. */
  readonly total: string | null;
  /** What it was paid in; null: the ticker's own currency. */
  readonly currency: string | null;
  /** Shares of today for one that was traded; 1 where no split came after. */
  readonly split_factor: string;
  readonly is_split_since: boolean;
}

/** Of one account. */
export interface Sale {
  readonly account_id: number;
  readonly sold_date: string;
  readonly proceeds: string;
  readonly cost: string;
  readonly realized_pnl: string;
}

/** What a sale took of a purchase, or what is left of it: then there is no sale. Of one account. */
export interface Lot {
  readonly account_id: number;
  readonly transaction_id: number;
  readonly bought_date: string;
  readonly sale_id: number | null;
  readonly sold_date: string | null;
  /** Null: still held. */
  readonly sale_type: "SELL" | "TRANSFER_OUT" | "RETURN_OF_CAPITAL" | null;
  readonly quantity: string;
  readonly cost: string;
  readonly proceeds: string | null;
  readonly realized_pnl: string | null;
}

/** A trade, or where there are more than a chart can show, those of a stretch of days. */
export interface TradeMark {
  readonly transaction_type: "BUY" | "SELL";
  readonly first_date: string;
  readonly last_date: string;
  readonly trades: number;
  /** As traded, of a single one; else in today's shares, as the average price is. */
  readonly quantity: string;
  readonly price: string;
  /** What `price` is in; null: the ticker's own currency. */
  readonly currency: string | null;
  /** In today's shares and the ticker's own currency, as the closes are. null: no exchange rate is known. */
  readonly adjusted_price: string | null;
  readonly is_split_since: boolean;
}

const partLength = 100;
/** Of each type; as many stretches as a chart has room for. */
const mostMarks = 150;

/** `list`: a SELECT over $1, the person, $2, the ticker, and $3, the account or null; `order`: of its columns. */
async function readPart<Row extends object>(
  client: PoolClient,
  list: string,
  order: string,
  { userId, account }: Whose,
  ticker: string,
  page: number,
): Promise<Part<Row>> {
  const { rows } = await client.query<Row & { list_length: number; place: number }>(
    `with listed as (
       ${list}
     ),
     placed as (
       select
         *,
         count(*) over () as list_length,
         row_number() over (order by ${order}) as place
       from listed
     )
     select *
     from placed
     where (place - 1) / $4 = least($5::bigint - 1, (list_length - 1) / $4)
     order by place`,
    [userId, ticker, account, partLength, page],
  );
  const length = rows[0]?.list_length ?? 0;
  const pages = Math.max(1, Math.ceil(length / partLength));
  return { rows, page: Math.min(page, pages), pages, length };
}

/** The newest first. */
export async function readTrades(
  client: PoolClient,
  whose: Whose,
  ticker: string,
  page: number,
): Promise<Part<Trade>> {
  const order = "transaction_date desc, transaction_id desc";
  const part = await readPart<{ transaction_id: number }>(
    client,
    `select transaction_id, transaction_date
     from transactions
     where user_id = $1
       and ticker = $2
       and ($3::bigint is null or account_id = $3)`,
    order,
    whose,
    ticker,
    page,
  );
  const { rows } = await client.query<Trade>(
    `select
       transaction_id,
       transaction_date,
       transaction_type,
       account_id,
       quantity,
       price,
       fee,
       case
         when transaction_type not in ('TRANSFER_IN', 'TRANSFER_OUT', 'SPLIT') then ${movedMoney}
       end as total,
       currency,
       trim_scale(split_factor) as split_factor,
       split_factor <> 1 as is_split_since
     from stg_transactions
     where user_id = $1
       and transaction_id = any($2::bigint[])
     order by ${order}`,
    [whose.userId, part.rows.map(({ transaction_id }) => transaction_id)],
  );
  return { ...part, rows };
}

/** What is left of them first, each kind the last bought first; empty at the moving average. */
export function readLots(client: PoolClient, whose: Whose, ticker: string, page: number): Promise<Part<Lot>> {
  return readPart(
    client,
    `select
       account_id, transaction_id, bought_date, sale_id, sold_date, sale_type, quantity, cost, proceeds,
       proceeds - cost as realized_pnl
     from int_lots
     where user_id = $1
       and ticker = $2
       and ($3::bigint is null or account_id = $3)`,
    "sale_id is not null, bought_date desc, transaction_id desc, sold_date desc, sale_id desc",
    whose,
    ticker,
    page,
  );
}

/** By day, the newest first. */
export function readSales(
  client: PoolClient,
  whose: Whose,
  ticker: string,
  page: number,
): Promise<Part<Sale>> {
  return readPart(
    client,
    `select
       account_id,
       valid_from as sold_date,
       sell_amount as proceeds,
       sell_amount - realized_pnl as cost,
       realized_pnl
     from int_holding_periods
     where user_id = $1
       and ticker = $2
       and ($3::bigint is null or account_id = $3)
       and (sell_amount <> 0 or realized_pnl <> 0)`,
    "sold_date desc, account_id",
    whose,
    ticker,
    page,
  );
}

/** Of the purchases and sales since `start`, by day. */
export async function readTradeMarks(
  client: PoolClient,
  { userId, account }: Whose,
  ticker: string,
  start: string,
): Promise<TradeMark[]> {
  const { rows } = await client.query<TradeMark>(
    `with trades as (
       select
         stg_transactions.*,
         case when stg_transactions.currency is null then adjusted_price else in_own.local_price end as own_price,
         count(*) over () > $4 as are_many,
         (transaction_date - min(transaction_date) over ()) * $4::bigint
           / (1 + max(transaction_date) over () - min(transaction_date) over ()) as stretch
       from stg_transactions
       left join lateral (
         select int_transactions.local_price
         from int_transactions
         where stg_transactions.currency is not null
           and int_transactions.user_id = $1
           and int_transactions.ticker = $2
           and int_transactions.transaction_id = stg_transactions.transaction_id
         offset 0 -- looked up where a row says what it was paid in
       ) in_own on true
       where stg_transactions.user_id = $1
         and stg_transactions.ticker = $2
         and stg_transactions.transaction_date >= $3
         and stg_transactions.transaction_type in ('BUY', 'SELL')
         and ($5::bigint is null or stg_transactions.account_id = $5)
     )
     select
       transaction_type,
       min(transaction_date) as first_date,
       max(transaction_date) as last_date,
       count(*) as trades,
       case when count(*) = 1 then min(quantity) else trim_scale(sum(adjusted_quantity)) end as quantity,
       min(price) as price,
       min(currency) as currency,
       case
         when count(*) = 1 then min(own_price)
         else trim_scale(round(sum(own_price * adjusted_quantity) / sum(adjusted_quantity), 4))
       end as adjusted_price,
       bool_or(split_factor <> 1) as is_split_since
     from trades
     group by transaction_type, case when are_many then stretch else transaction_id end
     order by last_date, min(transaction_id)`,
    [userId, ticker, start, mostMarks, account],
  );
  return rows;
}
