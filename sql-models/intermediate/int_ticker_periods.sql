-- One row per person, ticker and day with transactions: the holding periods of all accounts (int_holding_periods), merged.
--
-- What changes on a day is added up over the accounts, and what is held is the sum of all changes to date. Of a ticker in one
-- account these are its own periods, to the digit.
--
-- Where no bar, or no exchange rate, is known yet each account's own last price and rate stand in: of all together the averages,
-- weighted by what they hold (trade_price, held_rate; price_in_base, the price at the rate). rate is that of the day.
with
  changes as (
    select
      user_id,
      ticker,
      valid_from,
      min(currency) as currency,
      min(base_currency) as base_currency,
      min(account_id) as first_account,
      max(account_id) as last_account,
      first(quantity order by account_id desc) as own_quantity,
      first(prev_quantity order by account_id desc) as own_prev_quantity,
      first(cost_basis order by account_id desc) as own_cost_basis,
      first(local_cost_basis order by account_id desc) as own_local_cost_basis,
      sum(quantity - prev_quantity) as quantity_change,
      sum(cost_basis - prev_cost_basis) as cost_change,
      sum(local_cost_basis - prev_local_cost_basis) as local_cost_change,
      sum(realized_pnl) as realized_pnl,
      sum(buy_amount) as buy_amount,
      sum(sell_amount) as sell_amount,
      sum(local_buy_amount) as local_buy_amount,
      sum(local_sell_amount) as local_sell_amount,
      sum(transferred_quantity) as transferred_quantity,
      sum(exchanged_quantity) as exchanged_quantity,
      sum(exchanged_value) as exchanged_value,
      sum(fees) as fees,
      sum((transferred_quantity - exchanged_quantity) * trade_price) as transferred_value,
      sum(quantity * trade_price - prev_quantity * coalesce(prev_trade_price, 0)) as value_change,
      sum(
        quantity * trade_price * rate - prev_quantity * coalesce(prev_trade_price, 0) * coalesce(prev_rate, 0)
      ) as base_value_change,
      sum(quantity * rate - prev_quantity * coalesce(prev_rate, 0)) as rated_change,
      bool_and(is_rated) as is_rated,
      -- of the account whose transaction is the last in the order of accounts
      first(trade_price order by account_id desc) as own_trade_price,
      first(rate order by account_id desc) as rate,
      bool_or(books_income) as books_income
    from int_holding_periods
    group by user_id, ticker, valid_from
  ),
  added as (
    select
      *,
      bool_or(books_income) over whole as has_booked_income,
      min(first_account) over whole = max(last_account) over whole as is_in_one_account,
      trim_scale(sum(quantity_change) over to_date) as quantity_to_date,
      sum(cost_change) over to_date as cost_to_date,
      sum(local_cost_change) over to_date as local_cost_to_date,
      sum(value_change) over to_date as value_to_date,
      sum(base_value_change) over to_date as base_value_to_date,
      sum(rated_change) over to_date as rated_to_date,
      lead(valid_from, 1, 'infinity') over in_order as valid_to
    from changes
    window
      whole as (partition by user_id, ticker),
      in_order as (
        partition by user_id, ticker
        order by valid_from
      ),
      to_date as (
        in_order
        rows unbounded preceding
      )
  ),
  held as (
    select
      *,
      case
        when is_in_one_account then own_quantity
        else quantity_to_date
      end as quantity,
      case
        when is_in_one_account then own_prev_quantity
        else quantity_to_date - quantity_change
      end as prev_quantity,
      case
        when is_in_one_account then own_cost_basis
        else cost_to_date
      end as cost_basis,
      case
        when is_in_one_account then own_local_cost_basis
        else local_cost_to_date
      end as local_cost_basis,
      case
        when is_in_one_account
        or quantity_to_date = 0 then own_trade_price
        else value_to_date / quantity_to_date
      end as trade_price,
      case
        when is_in_one_account
        or is_rated
        or quantity_to_date = 0 then rate
        else rated_to_date / quantity_to_date
      end as held_rate,
      case
        when is_in_one_account
        or quantity_to_date = 0 then own_trade_price * rate
        when is_rated then value_to_date / quantity_to_date * rate
        else base_value_to_date / quantity_to_date
      end as price_in_base
    from added
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
  prev_quantity,
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
  exchanged_quantity,
  exchanged_value,
  fees,
  transferred_value,
  trade_price,
  lag(trade_price) over in_order as prev_trade_price,
  rate,
  held_rate,
  lag(held_rate) over in_order as prev_rate,
  price_in_base,
  lag(price_in_base) over in_order as prev_price_in_base,
  has_booked_income
from held
window
  in_order as (
    partition by user_id, ticker
    order by valid_from
  )
