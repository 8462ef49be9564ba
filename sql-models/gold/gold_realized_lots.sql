-- One row per purchase and sale that took from it; of a person on the moving average, which knows no purchases, one per sale. In
-- the person's base currency, cost and proceeds each at its own day's rate.
--
-- A return of capital that brought in more than the cost is a gain, too: of no quantity, and by any method of no purchase. Term:
-- long from the day after a year; of what is of no purchase there is none. All rows add up to realized_pnl.
select
  l.user_id,
  l.account_id,
  l.ticker,
  l.transaction_id,
  l.bought_date as buy_date,
  l.sale_id,
  l.sold_date as sell_date,
  l.quantity,
  l.cost,
  coalesce(l.proceeds, 0) as proceeds,
  coalesce(l.proceeds, 0) - l.cost as gain,
  case
    when l.sold_date > l.bought_date + interval '1 year' then 'long'
    else 'short'
  end as term
from int_lots as l
where l.sale_type = 'SELL'
union all
select
  p.user_id,
  p.account_id,
  p.ticker,
  null as transaction_id,
  null as buy_date,
  p.transaction_id as sale_id,
  p.transaction_date as sell_date,
  case
    when p.transaction_type = 'SELL' then p.adjusted_quantity
    else 0
  end as quantity,
  p.sold_cost as cost,
  p.sell_amount as proceeds,
  p.sell_amount - p.sold_cost as gain,
  null as term
from
  int_positions as p
  join public.users as u on u.user_id = p.user_id
where
  (p.transaction_type = 'SELL' and u.cost_basis_method = 'average')
  or (p.transaction_type = 'RETURN_OF_CAPITAL' and round(p.sell_amount - p.sold_cost, 9) != 0)
