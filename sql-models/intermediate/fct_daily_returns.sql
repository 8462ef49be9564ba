-- One row per person, ticker and calendar day held: the ticker's own return, with its own flows.
--
-- The same definition as the portfolio's (int_portfolio_daily). cumulative_return goes on over an exit and a new
-- purchase, as the portfolio's index does. In the person's base currency; local_return is that in the ticker's own.
with
  returns as (
    select
      user_id,
      ticker,
      price_date,
      currency,
      close,
      quantity,
      market_value,
      local_market_value,
      prev_market_value,
      net_flow,
      income,
      price_effect,
      currency_effect,
      is_priced,
      daily_return(market_value, prev_market_value, net_flow, income) as daily_return,
      daily_return(local_market_value, local_prev_market_value, local_net_flow, local_income) as local_return
    from int_daily_holdings
  )
select
  user_id,
  ticker,
  price_date,
  currency,
  close,
  quantity,
  market_value,
  local_market_value,
  net_flow,
  income,
  price_effect,
  currency_effect,
  daily_return,
  local_return,
  product(1 + coalesce(daily_return, 0)) over (
    partition by user_id, ticker
    order by price_date
    rows unbounded preceding
  ) - 1 as cumulative_return,
  is_priced
from returns
