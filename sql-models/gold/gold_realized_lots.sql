-- One row per purchase and sale that took from it; of a person on the moving average, which knows no purchases, one per sale. In
-- the person's base currency, cost and proceeds each at its own day's rate, and (local_) in the ticker's.
--
-- A return of capital that brought in more than the cost is a gain, too: of no quantity, and by any method of no purchase. Term:
-- long from the day after a year; of what is of no purchase there is none. All rows add up to realized_pnl.
--
-- A moving average is of all that came since nothing was held: what was sold in full before that is in no cost any more. What a
-- corporate action makes of shares has the cost that was left to it, be it 0.
with
  holdings as (
    select
      *,
      count(*)
        filter (where quantity = 0)
        over (
          partition by user_id, account_id, ticker
          order by transaction_date, day_order, transaction_id
          rows between unbounded preceding and 1 preceding
        ) as exits
    from int_positions
  ),
  positions as (
    select
      *,
      bool_and(is_rated) over to_date as are_rated,
      bool_or(
        transaction_type = 'TRANSFER_IN' and gross_amount = 0 and exchanged_quantity = 0
      ) over to_date as is_cost_zero
    from holdings
    window
      to_date as (
        partition by user_id, account_id, ticker, exits
        order by transaction_date, day_order, transaction_id
        rows unbounded preceding
      )
  ),
  sales as (
    select
      l.user_id,
      l.account_id,
      l.ticker,
      l.transaction_id,
      l.bought_date as buy_date,
      l.sale_id,
      l.sold_date as sell_date,
      l.quantity,
      sale.currency,
      l.cost,
      coalesce(l.proceeds, 0) as proceeds,
      l.local_cost,
      coalesce(
        (sale.local_gross_amount - sale.local_fee) * l.proceeds / nullif(sale.gross_amount - sale.fee, 0),
        0
      ) as local_proceeds,
      case
        when l.sold_date > l.bought_date + interval '1 year' then 'long'
        else 'short'
      end as term,
      sale.is_rated and bought.is_rated as is_rated,
      bought.transaction_type = 'TRANSFER_IN'
      and bought.gross_amount = 0
      and bought.market_value is null as is_cost_zero
    from
      public.users as u -- first: on the moving average there is nothing to look for
      join int_lots as l on l.user_id = u.user_id
      join int_transactions as sale on sale.user_id = l.user_id and sale.transaction_id = l.sale_id
      join int_transactions as bought on bought.user_id = l.user_id and bought.transaction_id = l.transaction_id
    where u.cost_basis_method != 'average' and l.sale_type = 'SELL'
    union all
    select
      p.user_id,
      p.account_id,
      p.ticker,
      null as transaction_id,
      null::date as buy_date,
      p.transaction_id as sale_id,
      p.transaction_date as sell_date,
      case
        when p.transaction_type = 'SELL' then p.adjusted_quantity
        else 0
      end as quantity,
      p.currency,
      p.sold_cost as cost,
      p.sell_amount as proceeds,
      p.local_sold_cost as local_cost,
      p.local_sell_amount as local_proceeds,
      null as term,
      p.are_rated as is_rated,
      p.is_cost_zero
    from
      positions as p
      join public.users as u on u.user_id = p.user_id
    where
      (p.transaction_type = 'SELL' and u.cost_basis_method = 'average')
      or (p.transaction_type = 'RETURN_OF_CAPITAL' and round(p.sell_amount - p.sold_cost, 9) != 0)
  )
select
  user_id,
  account_id,
  ticker,
  transaction_id,
  buy_date,
  sale_id,
  sell_date,
  sell_date - buy_date as days_held,
  quantity,
  cost,
  proceeds,
  proceeds - cost as gain,
  currency,
  local_cost,
  local_proceeds,
  local_proceeds - local_cost as local_gain,
  term,
  is_rated,
  not is_cost_zero as is_cost_given
from sales
