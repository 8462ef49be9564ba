-- One row per person, ticker and day with trades: what is held from the close of that day until the next such day.
--
-- Periods, not days, are stored: a position that was bought once and kept for years is one row. A period whose
-- quantity is 0 stands too, so that the day of the exit is known.
--
-- A day's purchases come before its sales (they can be sold that day). Cost: moving average, or the oldest lots first
-- where the person's account says so; both are folds over the trades in order (see holding_after). Fees are part of
-- the cost of a purchase and come off the proceeds of a sale.
with
  trades as (
    select
      t.*,
      u.cost_basis_method,
      t.transaction_type = 'BUY' as is_buy
    from
      stg_transactions as t
      join public.users as u on u.user_id = t.user_id
  ),
  positions as (
    select
      *,
      holding_after(
        cost_basis_method,
        case
          when is_buy then units
          else -units
        end,
        case
          when is_buy then gross_amount + fee
          else 0
        end
      ) over in_order as holding,
      row_number() over in_order as trade_number
    from trades
    window
      in_order as (
        partition by user_id, ticker
        order by transaction_date, transaction_type, transaction_id
      )
  ),
  days as (
    select
      user_id,
      ticker,
      transaction_date as valid_from,
      first(holding order by trade_number desc) as holding,
      first(adjusted_price order by trade_number desc) as trade_price,
      max(units_per_share) as units_per_share,
      coalesce(sum(gross_amount + fee) filter (where is_buy), 0) as buy_amount,
      coalesce(sum(gross_amount - fee) filter (where not is_buy), 0) as sell_amount,
      sum(fee) as fees,
      sum((holding).removed_cost) as removed_cost
    from positions
    group by user_id, ticker, transaction_date
  ),
  periods as (
    select
      *,
      lead(valid_from, 1, 'infinity') over in_order as valid_to,
      trim_scale((holding).units / units_per_share) as quantity,
      coalesce(lag(trim_scale((holding).units / units_per_share)) over in_order, 0) as prev_quantity,
      coalesce(lag((holding).cost) over in_order, 0) as prev_cost_basis,
      lag(trade_price) over in_order as prev_trade_price
    from days
    window
      in_order as (
        partition by user_id, ticker
        order by valid_from
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
  quantity,
  prev_quantity,
  (holding).cost as cost_basis,
  prev_cost_basis,
  case
    when quantity > 0 then (holding).cost / quantity
  end as average_cost,
  sell_amount - removed_cost as realized_pnl,
  buy_amount,
  sell_amount,
  fees,
  trade_price,
  prev_trade_price
from periods
