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
  /** Of the ticker: what its close is in. */
  readonly currency: string;
  readonly local_market_value: string;
  /** The person's currency for one of the ticker's, on the day. */
  readonly rate: string;
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
       held.currency,
       held.local_market_value,
       held.rate,
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
  /** What price, fee and total are in. */
  readonly currency: string;
  /** The total in the person's currency; null: no exchange rate is known. */
  readonly base_total: string | null;
}

/** All up to the last day, the newest first. */
export async function readTradeEvidence(
  client: PoolClient,
  { userId, ticker, end }: Extent,
  limit: number,
): Promise<TradeEvidence[]> {
  const { rows } = await client.query<TradeEvidence>(
    `with trades as (
       select
         transaction_id,
         transaction_date,
         transaction_type,
         ticker,
         quantity,
         price,
         fee,
         case transaction_type when 'BUY' then gross_amount + fee else gross_amount - fee end as total,
         currency
       from stg_transactions
       where user_id = $1
         and transaction_date <= $2
         and ($3::text is null or ticker = $3)
       order by transaction_date desc, transaction_id desc
       limit $4
     )
     select
       trades.transaction_id,
       trades.transaction_date,
       trades.transaction_type,
       trades.ticker,
       trades.quantity,
       trades.price,
       trades.fee,
       trades.total,
       coalesce(trades.currency, assets.currency, 'USD') as currency,
       case
         when trades.transaction_type = 'BUY' then in_base.gross_amount + in_base.fee
         else in_base.gross_amount - in_base.fee
       end as base_total
     from trades
     left join bronze.raw_assets assets on assets.ticker = trades.ticker
     left join lateral (
       select gross_amount, fee
       from int_transactions
       where user_id = $1
         and int_transactions.ticker = trades.ticker
         and int_transactions.transaction_id = trades.transaction_id
       offset 0
     ) in_base on true
     order by trades.transaction_date desc, trades.transaction_id desc`,
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
  /** In the ticker's currency, as local_amount is. */
  readonly cash_per_share: string;
  readonly currency: string;
  readonly local_amount: string;
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
       currency,
       local_amount,
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

export interface EffectEvidence {
  readonly ticker: string;
  readonly currency: string;
  readonly price_effect: string;
  readonly currency_effect: string;
}

/** What prices and exchange rates did to each ticker, over all days of the extent. */
export async function readEffectEvidence(
  client: PoolClient,
  { userId, ticker, start, end }: Extent,
): Promise<EffectEvidence[]> {
  const { rows } = await client.query<EffectEvidence>(
    `select
       ticker,
       min(currency) as currency,
       sum(price_effect) as price_effect,
       sum(market_value - prev_market_value - net_flow + fees - price_effect) as currency_effect
     from int_daily_holdings
     where user_id = $1
       and price_date > $2
       and price_date <= $3
       and ($4::text is null or ticker = $4)
     group by ticker
     order by ticker`,
    [userId, start, end, ticker],
  );
  return rows;
}
