/** The rows behind a figure: trades, prices, dividends, sales. */
import type { PoolClient } from "pg";

/** Whose rows, and of which days: after `start`, up to `end`. */
export interface Extent {
  readonly userId: number;
  /** null: all that the person traded. */
  readonly ticker: string | null;
  readonly start: string;
  readonly end: string;
}

export interface PositionEvidence {
  readonly ticker: string;
  readonly quantity: string;
  readonly close: string;
  readonly market_value: string;
  readonly cost_basis: string;
  /** Day of the close; null: no bar is known. */
  readonly bar_date: string | null;
  readonly is_final: boolean;
}

/** What is held on the last day of the extent. */
export async function readPositionEvidence(
  client: PoolClient,
  { userId, ticker, end }: Extent,
): Promise<PositionEvidence[]> {
  const { rows } = await client.query<PositionEvidence>(
    `select
       held.ticker,
       held.quantity,
       held.close,
       held.market_value,
       held.cost_basis,
       held.is_final,
       prices.price_date - prices.days_since_bar as bar_date
     from int_daily_holdings held
     left join int_prices_daily prices
       on prices.ticker = held.ticker
       and prices.price_date = $2
     where held.user_id = $1
       and held.price_date = $2
       and ($3::text is null or held.ticker = $3)
     order by held.market_value desc, held.ticker`,
    [userId, end, ticker],
  );
  return rows;
}

export interface TradeEvidence {
  readonly transaction_id: number;
  readonly transaction_date: string;
  readonly transaction_type: string;
  readonly ticker: string;
  readonly quantity: string;
  readonly price: string;
  readonly fee: string;
  readonly total: string;
}

/** All up to the last day, the newest first. */
export async function readTradeEvidence(
  client: PoolClient,
  { userId, ticker, end }: Extent,
  limit: number,
): Promise<TradeEvidence[]> {
  const { rows } = await client.query<TradeEvidence>(
    `select
       transaction_id,
       transaction_date,
       transaction_type,
       ticker,
       quantity,
       price,
       fee,
       case transaction_type when 'BUY' then gross_amount + fee else gross_amount - fee end as total
     from stg_transactions
     where user_id = $1
       and transaction_date <= $2
       and ($3::text is null or ticker = $3)
     order by transaction_date desc, transaction_id desc
     limit $4`,
    [userId, end, ticker, limit],
  );
  return rows;
}

export interface SaleEvidence {
  readonly ticker: string;
  readonly valid_from: string;
  readonly sell_amount: string;
  readonly cost: string;
  readonly realized_pnl: string;
}

/** The newest first. */
export async function readSaleEvidence(
  client: PoolClient,
  { userId, ticker, start, end }: Extent,
  limit: number,
): Promise<SaleEvidence[]> {
  const { rows } = await client.query<SaleEvidence>(
    `select
       ticker,
       valid_from,
       sell_amount,
       sell_amount - realized_pnl as cost,
       realized_pnl
     from int_holding_periods
     where user_id = $1
       and sell_amount <> 0
       and valid_from > $2
       and valid_from <= $3
       and ($4::text is null or ticker = $4)
     order by valid_from desc, ticker
     limit $5`,
    [userId, start, end, ticker, limit],
  );
  return rows;
}

export interface DividendEvidence {
  readonly ticker: string;
  readonly ex_date: string;
  readonly quantity: string;
  readonly cash_per_share: string;
  readonly amount: string;
}

/** The newest first. */
export async function readDividendEvidence(
  client: PoolClient,
  { userId, ticker, start, end }: Extent,
  limit: number,
): Promise<DividendEvidence[]> {
  const { rows } = await client.query<DividendEvidence>(
    `select
       ticker,
       ex_date,
       quantity,
       cash_per_share,
       amount
     from int_dividend_income
     where user_id = $1
       and ex_date > $2
       and ex_date <= $3
       and ($4::text is null or ticker = $4)
     order by ex_date desc, ticker
     limit $5`,
    [userId, start, end, ticker, limit],
  );
  return rows;
}
