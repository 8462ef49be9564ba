-- One row per trade: what is held of its ticker after it, what that cost, and the cost of what a sale sold, in the person's
-- base currency and in the ticker's own (local_).
--
-- A day's purchases come before its sales (they can be sold that day). Fees are part of the cost of a purchase. Cost:
-- moving average, or the oldest lots first where the person's account says so.
--
-- FIFO without a look at any lot twice: bought and sold units are laid end to end on two rulers. All sales up to one
-- have taken the lots that begin before its end, the last of them in part; what they cost, less the same of the sales
-- before, is what this one sold. Starts, ends and costs only grow along a ruler, so a running maximum is the lot
-- begun last.
with
  trades as (
    select
      *,
      transaction_type = 'BUY' as is_buy,
      case transaction_type
        when 'BUY' then gross_amount + fee
        else 0
      end as cost,
      -- null: the two currencies are one, and one cost is followed
      case
        when currency != base_currency then case transaction_type
          when 'BUY' then local_gross_amount + local_fee
          else 0
        end
      end as local_cost
    from int_trades
  ),
  rulers as (
    select
      *,
      sum(units) over up_to as units_end,
      sum(cost) over up_to as cost_end,
      sum(local_cost) over up_to as local_cost_end
    from trades
    window
      up_to as (
        partition by user_id, ticker, transaction_type
        order by transaction_date, transaction_id
        rows unbounded preceding
      )
  ),
  lots as (
    select
      *,
      max(units_end - units) filter (where is_buy) over begun as lot_start,
      max(units_end) filter (where is_buy) over begun as lot_end,
      max(cost_end - cost) filter (where is_buy) over begun as lot_cost_start,
      max(cost_end) filter (where is_buy) over begun as lot_cost_end,
      max(local_cost_end - local_cost) filter (where is_buy) over begun as lot_local_cost_start,
      max(local_cost_end) filter (where is_buy) over begun as lot_local_cost_end
    from rulers
    window
      begun as (
        partition by user_id, ticker
        order by
          case
            when is_buy then units_end - units
            else units_end
          end,
          transaction_type
        rows unbounded preceding
      )
  ),
  sold as (
    select
      *,
      -- of the lot begun last; null: the moving average
      case
        when cost_basis_method = 'fifo'
        and not is_buy then units_end - lot_start
      end as taken_units,
      lot_end - lot_start as lot_units
    from lots
  ),
  positions as (
    select
      *,
      position_after(
        case
          when is_buy then units
          else -units
        end,
        cost,
        local_cost,
        lot_cost_start + round((lot_cost_end - lot_cost_start) * taken_units / lot_units, 12),
        lot_local_cost_start + round((lot_local_cost_end - lot_local_cost_start) * taken_units / lot_units, 12)
      ) over (
        partition by user_id, ticker
        order by transaction_date, transaction_type, transaction_id
        rows unbounded preceding
      ) as position
    from sold
  )
select
  user_id,
  ticker,
  transaction_id,
  transaction_type,
  transaction_date,
  currency,
  base_currency,
  trim_scale((position).units / units_per_share) as quantity,
  (position).cost as cost_basis,
  coalesce((position).local_cost, (position).cost) as local_cost_basis,
  (position).removed_cost as sold_cost,
  cost as buy_amount,
  coalesce(local_cost, cost) as local_buy_amount,
  case
    when is_buy then 0
    else gross_amount - fee
  end as sell_amount,
  case
    when is_buy then 0
    else local_gross_amount - local_fee
  end as local_sell_amount,
  fee,
  adjusted_quantity,
  gross_amount,
  local_gross_amount,
  local_price,
  trade_rate,
  rate,
  is_rated
from positions
