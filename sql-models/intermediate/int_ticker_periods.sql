-- One row per person, ticker and day with transactions: the holding periods of all accounts (int_holding_periods), merged.
--
-- What changes on a day is added up over the accounts, and what is held is the sum of all changes to date: of one account just
-- its own periods.
with
  changes as (
    select
      user_id,
      ticker,
      valid_from,
      min(currency) as currency,
      min(base_currency) as base_currency,
      sum(quantity - prev_quantity) as quantity_change,
      sum(cost_basis - prev_cost_basis) as cost_change,
      sum(local_cost_basis - prev_local_cost_basis) as local_cost_change,
      sum(realized_pnl) as realized_pnl,
      sum(buy_amount) as buy_amount,
      sum(sell_amount) as sell_amount,
      sum(local_buy_amount) as local_buy_amount,
      sum(local_sell_amount) as local_sell_amount,
      sum(transferred_quantity) as transferred_quantity,
      sum(fees) as fees,
      -- of the account whose transaction is the last in the order of accounts
      first(trade_price order by account_id desc) as trade_price,
      first(rate order by account_id desc) as rate,
      bool_or(books_income) as books_income
    from int_holding_periods
    group by user_id, ticker, valid_from
  ),
  held as (
    select
      *,
      sum(quantity_change) over to_date as quantity,
      sum(cost_change) over to_date as cost_basis,
      sum(local_cost_change) over to_date as local_cost_basis,
      lead(valid_from, 1, 'infinity') over in_order as valid_to,
      lag(trade_price) over in_order as prev_trade_price,
      lag(rate) over in_order as prev_rate
    from changes
    window
      in_order as (
        partition by user_id, ticker
        order by valid_from
      ),
      to_date as (
        in_order
        rows unbounded preceding
      )
  )
select
  user_id,
  ticker,
  valid_from,
  valid_to,
  case
    when quantity = 0 then valid_from + 1
    else valid_to
  end as held_until,
  currency,
  base_currency,
  quantity,
  quantity - quantity_change as prev_quantity,
  cost_basis,
  local_cost_basis,
  case
    when quantity > 0 then cost_basis / quantity
  end as average_cost,
  realized_pnl,
  buy_amount,
  sell_amount,
  local_buy_amount,
  local_sell_amount,
  transferred_quantity,
  fees,
  trade_price,
  prev_trade_price,
  rate,
  prev_rate
from held
