/** What grows with every trade of a ticker: its trades, lots and sales, a page of each at a time. */
import type { PoolClient } from "pg";

/** Rows on a page of a list. */
const pageLength = 100;

/** Counted from 1; one beyond the last is the last. */
export interface TickerPages {
  readonly trades: number;
  readonly lots: number;
  readonly sales: number;
}

export interface ListPage<T> {
  readonly rows: readonly T[];
  readonly page: number;
  readonly pages: number;
  /** On all pages. */
  readonly matches: number;
}

export interface Trade {
  readonly transaction_id: number;
  readonly transaction_date: string;
  readonly transaction_type: "BUY" | "SELL";
  readonly quantity: string;
  readonly price: string;
  readonly fee: string;
  readonly total: string;
  /** In today's shares, as the closes are. */
  readonly adjusted_price: string;
  /** Shares of today for one that was traded; 1 where no split came after. */
  readonly split_factor: string;
  readonly is_split_since: boolean;
}

export interface Sale {
  readonly sold_date: string;
  readonly proceeds: string;
  readonly cost: string;
  readonly realized_pnl: string;
}

export interface Lot {
  readonly transaction_id: number;
  readonly bought_date: string;
  /** null, with `sold_date`, `proceeds` and `realized_pnl`: it is open. */
  readonly sale_id: number | null;
  readonly sold_date: string | null;
  readonly quantity: string;
  readonly cost: string;
  readonly proceeds: string | null;
  readonly realized_pnl: string | null;
}

/** `select` takes the person as $1 and the ticker as $2, `order` its columns. It is run once, whatever it costs. */
async function readPage<T extends object>(
  client: PoolClient,
  [userId, ticker, page]: readonly [userId: number, ticker: string, page: number],
  select: string,
  order: string,
): Promise<ListPage<T>> {
  const { rows } = await client.query<T & { list_matches: number }>(
    `with list as materialized (
       ${select}
     ),
     counted as (
       select count(*) as list_matches from list
     )
     select list.*, list_matches
     from list
     cross join counted
     order by ${order}
     limit $4
     offset (select least($3 - 1, (list_matches - 1) / $4) * $4 from counted)`,
    [userId, ticker, page, pageLength],
  );
  const matches = rows[0]?.list_matches ?? 0;
  const pages = Math.max(1, Math.ceil(matches / pageLength));
  return {
    rows: rows.map(({ list_matches: _, ...row }) => row as unknown as T),
    page: Math.min(page, pages),
    pages,
    matches,
  };
}

/** The newest first. */
export function readTrades(
  client: PoolClient,
  userId: number,
  ticker: string,
  page: number,
): Promise<ListPage<Trade>> {
  return readPage<Trade>(
    client,
    [userId, ticker, page],
    `select
       transaction_id,
       transaction_date,
       transaction_type,
       quantity,
       price,
       fee,
       case transaction_type when 'BUY' then gross_amount + fee else gross_amount - fee end as total,
       adjusted_price,
       trim_scale(split_factor) as split_factor,
       split_factor <> 1 as is_split_since
     from stg_transactions
     where user_id = $1
       and ticker = $2`,
    "transaction_date desc, transaction_id desc",
  );
}

/** Open ones first, then those of the newest purchases. */
export function readLots(
  client: PoolClient,
  userId: number,
  ticker: string,
  page: number,
): Promise<ListPage<Lot>> {
  return readPage<Lot>(
    client,
    [userId, ticker, page],
    `select
       transaction_id, bought_date, sale_id, sold_date, quantity, cost, proceeds,
       proceeds - cost as realized_pnl
     from int_lots
     where user_id = $1
       and ticker = $2`,
    "sold_date is not null, bought_date desc, transaction_id desc, sold_date desc",
  );
}

/** The newest first. */
export function readSales(
  client: PoolClient,
  userId: number,
  ticker: string,
  page: number,
): Promise<ListPage<Sale>> {
  return readPage<Sale>(
    client,
    [userId, ticker, page],
    `select
       valid_from as sold_date,
       sell_amount as proceeds,
       sell_amount - realized_pnl as cost,
       realized_pnl
     from int_holding_periods
     where user_id = $1
       and ticker = $2
       and sell_amount <> 0`,
    "sold_date desc",
  );
}

export interface TradedDays {
  readonly first: string;
  readonly last: string;
  readonly trades: number;
}

/** null: none was traded. */
export async function readTradedDays(
  client: PoolClient,
  userId: number,
  ticker: string,
): Promise<TradedDays | null> {
  const { rows } = await client.query<{ first: string | null; last: string | null; trades: number }>(
    `select min(transaction_date) as first, max(transaction_date) as last, count(*) as trades
     from stg_transactions
     where user_id = $1
       and ticker = $2`,
    [userId, ticker],
  );
  const { first, last, trades } = rows[0]!;
  return first === null || last === null ? null : { first, last, trades };
}

/** Trades of one kind as they are marked on a chart: one, or all of a month where there are many. */
export interface TradeMark {
  readonly transaction_type: "BUY" | "SELL";
  readonly trades: number;
  /** Of the last of them. */
  readonly transaction_date: string;
  /** Shares as they were traded where it is one trade; else shares of today. */
  readonly quantity: string;
  /** Of one share of those. */
  readonly price: string;
  /** In today's shares, as the closes are. */
  readonly adjusted_price: string;
  readonly is_split_since: boolean;
}

/** More of them on one chart hide each other. */
const mostSingleMarks = 300;

/** In the order of their days. */
export async function readTradeMarks(
  client: PoolClient,
  userId: number,
  ticker: string,
  { trades }: TradedDays,
): Promise<TradeMark[]> {
  const single = `
    select
      transaction_type, 1 as trades, transaction_date, quantity, price, adjusted_price,
      split_factor <> 1 as is_split_since
    from stg_transactions
    where user_id = $1
      and ticker = $2
    order by transaction_date, transaction_id`;
  const byMonth = `
    select
      transaction_type,
      count(*) as trades,
      max(transaction_date) as transaction_date,
      trim_scale(sum(abs(adjusted_quantity))) as quantity,
      sum(abs(adjusted_quantity) * adjusted_price) / sum(abs(adjusted_quantity)) as price,
      sum(abs(adjusted_quantity) * adjusted_price) / sum(abs(adjusted_quantity)) as adjusted_price,
      false as is_split_since
    from stg_transactions
    where user_id = $1
      and ticker = $2
    group by
      transaction_type,
      date_trunc('month', transaction_date::timestamp)
    order by transaction_date, transaction_type`;
  const { rows } = await client.query<TradeMark>(trades > mostSingleMarks ? byMonth : single, [
    userId,
    ticker,
  ]);
  return rows;
}
