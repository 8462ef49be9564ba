-- One row per transaction that changes what is held of a ticker in an account: what is held after it, what that cost, and the cost
-- of what it took away, in the person's base currency and in the ticker's own (local_).
--
-- A day's purchases come before its sales (they can be sold that day). Fees are part of the cost of a purchase. A return of
-- capital is a sale of nothing: what it brings in comes off the cost. Cost: the moving average, or what the lots that a sale
-- took had cost (int_sale_costs).
--
-- What a corporate action makes another holding of (exchanged_) leaves and comes at a value that was said with it; other
-- transfers are worth the close of their day. A spin-off takes cost of its parent, and no shares.
with
  transactions as (
    select
      t.*,
      t.transaction_type in ('BUY', 'BONUS', 'TRANSFER_IN') as is_in,
      taken.cost as lots_cost,
      taken.local_cost as lots_local_cost
    from
      int_transactions as t
      left join lateral (
        select
          c.cost,
          c.local_cost
        from int_sale_costs as c
        where t.cost_basis_method != 'average' and c.user_id = t.user_id and c.transaction_id = t.transaction_id
        offset 0 -- looked up for a row; joined, those of all people would be read
      ) as taken
        on true
    where
      t.ticker is not null
      and t.transaction_type in ('BUY', 'SELL', 'BONUS', 'TRANSFER_IN', 'TRANSFER_OUT', 'RETURN_OF_CAPITAL', 'SPLIT')
  ),
  positions as (
    select
      *,
      position_after(
        case
          when is_in then units
          else coalesce(-units, 0)
        end,
        case
          when transaction_type in ('BUY', 'BONUS') then gross_amount + fee
          else gross_amount
        end,
        -- null: the two currencies are one, and one cost is followed
        case
          when currency = base_currency then null
          when transaction_type in ('BUY', 'BONUS') then local_gross_amount + local_fee
          else local_gross_amount
        end,
        lots_cost,
        lots_local_cost,
        own_split,
        local_price
      ) over (
        partition by user_id, account_id, ticker
        order by transaction_date, day_order, transaction_id
        rows unbounded preceding
      ) as position
    from transactions
  )
select
  user_id,
  account_id,
  ticker,
  transaction_id,
  transaction_type,
  transaction_date,
  day_order,
  currency,
  base_currency,
  books_income,
  tracks_cash,
  trim_scale((position).units / units_per_share) as quantity,
  (position).cost as cost_basis,
  coalesce((position).local_cost, (position).cost) as local_cost_basis,
  (position).removed_cost as sold_cost,
  coalesce((position).removed_local_cost, (position).removed_cost) as local_sold_cost,
  case
    when transaction_type in ('BUY', 'BONUS') then gross_amount + fee
    else 0
  end as buy_amount,
  case
    when transaction_type in ('BUY', 'BONUS') then local_gross_amount + local_fee
    else 0
  end as local_buy_amount,
  case
    when transaction_type in ('SELL', 'RETURN_OF_CAPITAL') then gross_amount - fee
    else 0
  end as sell_amount,
  case
    when transaction_type in ('SELL', 'RETURN_OF_CAPITAL') then local_gross_amount - local_fee
    else 0
  end as local_sell_amount,
  case
    when transaction_type in ('TRANSFER_IN', 'TRANSFER_OUT', 'SPLIT') then 0
    else fee
  end as fee,
  adjusted_quantity,
  case transaction_type
    when 'TRANSFER_IN' then adjusted_quantity
    when 'TRANSFER_OUT' then coalesce(-adjusted_quantity, 0)
    else 0
  end as transferred_quantity,
  case
    when market_value is null then 0
    when transaction_type = 'TRANSFER_IN' then adjusted_quantity
    else coalesce(-adjusted_quantity, 0)
  end as exchanged_quantity,
  case
    when market_value is null then 0
    when transaction_type = 'TRANSFER_IN' then market_value
    else -market_value
  end as exchanged_value,
  case transaction_type
    when 'TRANSFER_IN' then gross_amount
    when 'TRANSFER_OUT' then -(position).removed_cost
    else 0
  end as transferred_cost,
  gross_amount,
  local_gross_amount,
  (position).price as local_price,
  trade_rate,
  rate,
  is_rated
from positions
