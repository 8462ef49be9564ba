-- One row per trade: what is held of its ticker after it, what that cost, and the cost of what a sale sold.
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
      t.*,
      t.transaction_type = 'BUY' as is_buy,
      case t.transaction_type
        when 'BUY' then t.gross_amount + t.fee
        else 0
      end as cost,
      u.cost_basis_method = 'fifo' as is_fifo
    from
      stg_transactions as t
      join public.users as u on u.user_id = t.user_id
  ),
  rulers as (
    select
      *,
      sum(units) over up_to as units_end,
      sum(cost) over up_to as cost_end
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
      max(cost_end) filter (where is_buy) over begun as lot_cost_end
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
  positions as (
    select
      *,
      position_after(
        case
          when is_buy then units
          else -units
        end,
        cost,
        case
          when is_fifo
          and not is_buy then lot_cost_start + round(
            (lot_cost_end - lot_cost_start) * (units_end - lot_start) / (lot_end - lot_start),
            12
          )
        end
      ) over (
        partition by user_id, ticker
        order by transaction_date, transaction_type, transaction_id
        rows unbounded preceding
      ) as position
    from lots
  )
select
  user_id,
  ticker,
  transaction_id,
  transaction_type,
  transaction_date,
  trim_scale((position).units / units_per_share) as quantity,
  (position).cost as cost_basis,
  (position).removed_cost as sold_cost,
  cost as buy_amount,
  case
    when is_buy then 0
    else gross_amount - fee
  end as sell_amount,
  fee,
  adjusted_price
from positions
