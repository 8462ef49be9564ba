/** The rows behind a figure: trades, prices, dividends, sales. Those of money are in money-evidence.ts. */
import type { PoolClient } from "pg";
import type { Whose } from "./range.ts";

/** Whose rows, and of which days: after `start`, up to `end`. */
export interface Extent extends Whose {
  /** null: all that the person traded. */
  readonly ticker: string | null;
  readonly start: string;
  readonly end: string;
}

/** Every row is of one account: a ticker in two of them has two. */
interface OfAccount {
  readonly account_id: number;
}

export interface PositionEvidence extends OfAccount {
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
  { userId, account, ticker, end }: Extent,
): Promise<PositionEvidence[]> {
  const { rows } = await client.query<PositionEvidence>(
    `select
       held.account_id,
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
       and ($4::bigint is null or held.account_id = $4)
     order by held.market_value desc, held.ticker, held.account_id`,
    [userId, end, ticker, account],
  );
  return rows;
}

export interface TradeEvidence extends OfAccount {
  readonly transaction_id: number;
  readonly transaction_date: string;
  readonly transaction_type: string;
  /** null: of cash. */
  readonly ticker: string | null;
  readonly quantity: string | null;
  readonly price: string | null;
  readonly fee: string;
  readonly tax: string;
  /** The money that it moved, after fee and tax; null: it moved none. */
  readonly total: string | null;
  /** What price, fee, tax and total are in. */
  readonly currency: string;
  /** The total in the person's currency; null: no exchange rate is known. */
  readonly base_total: string | null;
}

/** Of the money that a row of stg_transactions or int_transactions moved: its costs come on top of what is paid, off what is received. */
export const movedMoney = `case
           when transaction_type in ('BUY', 'BONUS', 'WITHDRAWAL', 'FX_OUT', 'TRANSFER_OUT') then gross_amount + fee + tax
           else gross_amount - fee - tax
         end`;

/** All up to the last day, the newest first; `after`: of later days alone. */
export async function readTradeEvidence(
  client: PoolClient,
  { userId, account, ticker, end }: Extent,
  limit: number,
  after = "-infinity",
): Promise<TradeEvidence[]> {
  const { rows } = await client.query<TradeEvidence>(
    `with trades as (
       select
         account_id,
         transaction_id,
         transaction_date,
         transaction_type,
         ticker,
         quantity,
         price,
         fee,
         tax,
         (ticker is null or transaction_type not in ('TRANSFER_IN', 'TRANSFER_OUT'))
           and (gross_amount <> 0 or fee <> 0 or tax <> 0) as moves_money,
         ${movedMoney} as total,
         currency
       from stg_transactions
       where user_id = $1
         and transaction_date <= $2
         and transaction_date > $6
         and ($3::text is null or ticker = $3)
         and ($5::bigint is null or account_id = $5)
       order by transaction_date desc, transaction_id desc
       limit $4
     ),
     -- Of those shown alone; of a ticker, and of cash, each looked up by its own key.
     in_base as (
       select
         trades.transaction_id,
         own.total
       from trades
       cross join lateral (
         select ${movedMoney} as total
         from int_transactions
         where user_id = $1
           and int_transactions.ticker = trades.ticker
           and int_transactions.transaction_id = trades.transaction_id
         offset 0
       ) own
       union all
       select
         transaction_id,
         ${movedMoney}
       from int_transactions
       where user_id = $1
         and ticker is null
         and transaction_id in (select transaction_id from trades where ticker is null)
     )
     select
       trades.account_id,
       trades.transaction_id,
       trades.transaction_date,
       trades.transaction_type,
       trades.ticker,
       trades.quantity,
       trades.price,
       trades.fee,
       trades.tax,
       case when trades.moves_money then trades.total end as total,
       coalesce(trades.currency, assets.currency, 'USD') as currency,
       in_base.total as base_total
     from trades
     left join bronze.raw_assets assets on assets.ticker = trades.ticker
     left join in_base on in_base.transaction_id = trades.transaction_id
     order by trades.transaction_date desc, trades.transaction_id desc`,
    [userId, end, ticker, limit, account, after],
  );
  return rows;
}

/** Whether there is anything but purchases and sales in the extent. */
export async function readHasOtherRows(
  client: PoolClient,
  { userId, account, ticker, start, end }: Extent,
): Promise<boolean> {
  const { rows } = await client.query<{ has_others: boolean }>(
    `select exists (
       select
       from stg_transactions
       where user_id = $1
         and transaction_type not in ('BUY', 'SELL')
         and transaction_date > $2
         and transaction_date <= $3
         and ($4::text is null or ticker = $4)
         and ($5::bigint is null or account_id = $5)
     ) as has_others`,
    [userId, start, end, ticker, account],
  );
  return rows[0]!.has_others;
}

export interface SaleEvidence extends OfAccount {
  readonly ticker: string;
  readonly valid_from: string;
  readonly sell_amount: string;
  readonly cost: string;
  readonly realized_pnl: string;
  /** Nothing was sold on the day: capital was handed back. */
  readonly is_return_of_capital: boolean;
}

/** The newest first. */
export async function readSaleEvidence(
  client: PoolClient,
  { userId, account, ticker, start, end }: Extent,
  limit: number,
): Promise<SaleEvidence[]> {
  const { rows } = await client.query<SaleEvidence>(
    `select
       account_id,
       ticker,
       valid_from,
       sell_amount,
       sell_amount - realized_pnl as cost,
       realized_pnl,
       sold_quantity = 0 as is_return_of_capital
     from int_holding_periods
     where user_id = $1
       and (sell_amount <> 0 or realized_pnl <> 0) -- fees can take all of it
       and valid_from > $2
       and valid_from <= $3
       and ($4::text is null or ticker = $4)
       and ($6::bigint is null or account_id = $6)
     order by valid_from desc, ticker, account_id
     limit $5`,
    [userId, start, end, ticker, limit, account],
  );
  return rows;
}

export interface DividendEvidence extends OfAccount {
  readonly ticker: string;
  readonly ex_date: string;
  readonly quantity: string;
  /** In the ticker's currency, as local_amount is. */
  readonly cash_per_share: string;
  readonly currency: string;
  readonly local_amount: string;
  readonly amount: string;
}

/** Of the market's dividends, the newest first; `isPaidOut`: those alone that an account without cash passes on. */
export async function readDividendEvidence(
  client: PoolClient,
  { userId, account, ticker, start, end }: Extent,
  limit: number,
  isPaidOut: boolean,
): Promise<DividendEvidence[]> {
  const { rows } = await client.query<DividendEvidence>(
    `select
       account_id,
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
       and ($6::bigint is null or account_id = $6)
       and (not $7 or not tracks_cash)
     order by ex_date desc, ticker, account_id
     limit $5`,
    [userId, start, end, ticker, limit, account, isPaidOut],
  );
  return rows;
}

export interface EffectEvidence {
  /** null: cash in the currency. */
  readonly ticker: string | null;
  readonly currency: string;
  readonly price_effect: string;
  readonly currency_effect: string;
}

/** What prices and exchange rates did to each ticker, and to cash in each currency, over all days of the extent. */
export async function readEffectEvidence(
  client: PoolClient,
  { userId, account, ticker, start, end }: Extent,
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
       and ($5::bigint is null or account_id = $5)
     group by ticker
     union all
     select
       null,
       currency,
       0,
       sum(currency_effect)
     from int_cash_daily
     where user_id = $1
       and cash_date > $2
       and cash_date <= $3
       and $4::text is null
       and ($5::bigint is null or account_id = $5)
     group by currency
     having bool_or(balance <> 0) or sum(currency_effect) <> 0
     order by ticker, currency`,
    [userId, start, end, ticker, account],
  );
  return rows;
}
