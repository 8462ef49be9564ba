-- One row per account, ticker and day with transactions: what is held from the close of that day until the next such day.
--
-- Periods, not days, are stored: a position that was bought once and kept for years is one row. A period whose
-- quantity is 0 stands too, so that the day of the exit is known. Fees are part of the cost of a purchase and come off
-- the proceeds of a sale. Amounts are in the person's base currency; local_ ones, and prices, in the ticker's own.
with
  days as (
    select
      user_id,
      account_id,
      ticker,
      transaction_date as valid_from,
      bool_or(tracks_cash) as tracks_cash,
      bool_or(books_income) as books_income,
      min(currency) as currency,
      min(base_currency) as base_currency,
      -- after the day's last trade: its purchases come before its sales
      first(quantity order by day_order desc, transaction_id desc) as quantity,
      first(cost_basis order by day_order desc, transaction_id desc) as cost_basis,
      first(local_cost_basis order by day_order desc, transaction_id desc) as local_cost_basis,
      first(local_price order by day_order desc, transaction_id desc) as trade_price,
      first(rate order by day_order desc, transaction_id desc) as rate,
      sum(buy_amount) as buy_amount,
      sum(sell_amount) as sell_amount,
      sum(local_buy_amount) as local_buy_amount,
      sum(local_sell_amount) as local_sell_amount,
      coalesce(sum(sold_cost) filter (where transaction_type != 'TRANSFER_OUT'), 0) as sold_cost,
      sum(transferred_quantity) as transferred_quantity,
      sum(transferred_cost) as transferred_cost,
      sum(exchanged_quantity) as exchanged_quantity,
      sum(exchanged_value) as exchanged_value,
      sum(fee) as fees,
      coalesce(
        sum(adjusted_quantity * trade_rate) filter (where transaction_type in ('BUY', 'BONUS')),
        0
      ) as bought_at_rates,
      coalesce(sum(gross_amount) filter (where transaction_type in ('BUY', 'BONUS')), 0) as bought_for,
      coalesce(sum(adjusted_quantity) filter (where transaction_type = 'SELL'), 0) as sold_quantity,
      sum(adjusted_quantity) filter (where transaction_type in ('BUY', 'BONUS')) as bought_quantity,
      bool_or(transaction_type = 'SPLIT') as is_split,
      coalesce(
        sum(local_gross_amount) filter (where transaction_type in ('SELL', 'RETURN_OF_CAPITAL')),
        0
      ) as local_sold_for,
      bool_and(is_rated) as is_rated
    from int_positions
    group by user_id, account_id, ticker, transaction_date
  ),
  periods as (
    select
      *,
      lead(valid_from, 1, 'infinity') over in_order as valid_to,
      lag(quantity, 1, 0) over in_order as prev_quantity,
      lag(cost_basis, 1, 0) over in_order as prev_cost_basis,
      lag(local_cost_basis, 1, 0) over in_order as prev_local_cost_basis,
      lag(trade_price) over in_order as prev_trade_price,
      lag(rate) over in_order as prev_rate
    from days
    window
      in_order as (
        partition by user_id, account_id, ticker
        order by valid_from
      )
  )
select
  user_id,
  account_id,
  ticker,
  valid_from,
  valid_to,
  case
    when quantity = 0 then valid_from + 1
    else valid_to
  end as held_until,
  currency,
  base_currency,
  tracks_cash,
  books_income,
  quantity,
  prev_quantity,
  cost_basis,
  prev_cost_basis,
  local_cost_basis,
  prev_local_cost_basis,
  case
    when quantity > 0 then cost_basis / quantity
  end as average_cost,
  sell_amount - sold_cost as realized_pnl,
  buy_amount,
  sell_amount,
  local_buy_amount,
  local_sell_amount,
  fees,
  transferred_quantity,
  transferred_cost,
  exchanged_quantity,
  exchanged_value,
  bought_at_rates,
  bought_for,
  -- What a split of the person's own adds has no price: as if as much less had been sold.
  case
    when is_split then prev_quantity + coalesce(bought_quantity, 0) + transferred_quantity - quantity
    else sold_quantity
  end as sold_quantity,
  local_sold_for,
  -- Bonus shares of what was never bought have had no price.
  coalesce(trade_price, 0) as trade_price,
  prev_trade_price,
  rate,
  prev_rate,
  is_rated
from periods
