-- One row per person and calendar day, from the first trade to the last day known: the portfolio's sums, in the person's base
-- currency.
--
-- All sums are exact (numeric), so a refresh of a few days and a rebuild of everything give the same bits. Only the
-- daily return is floating point, divided once out of exact sums.
--
-- The day's flow is netted over all tickers first: selling one asset to buy another moves no money in or out.
with
  positions as (
    select
      user_id,
      price_date,
      base_currency,
      market_value,
      prev_market_value,
      cost_basis,
      net_flow,
      fees,
      realized_pnl,
      income,
      currency_effect,
      (quantity > 0)::integer as is_open,
      is_session,
      not is_always_open as is_exchange_traded,
      not is_final as is_provisional,
      not (is_priced and is_rated) as is_estimated
    from int_daily_holdings
    union all
    -- A day between a full exit and the next purchase is a day, too.
    select
      first_trades.user_id,
      c.calendar_date as price_date,
      first_trades.base_currency,
      0 as market_value,
      0 as prev_market_value,
      0 as cost_basis,
      0 as net_flow,
      0 as fees,
      0 as realized_pnl,
      0 as income,
      0 as currency_effect,
      0 as is_open,
      false as is_session,
      false as is_exchange_traded,
      false as is_provisional,
      false as is_estimated
    from
      (
        select
          user_id,
          min(valid_from) as first_date,
          min(base_currency) as base_currency
        from int_holding_periods
        group by user_id
      ) as first_trades
      join int_calendar as c on c.calendar_date >= first_trades.first_date
  ),
  totals as (
    select
      user_id,
      price_date,
      min(base_currency) as currency,
      sum(market_value) as market_value,
      sum(prev_market_value) as prev_market_value,
      sum(cost_basis) as cost_basis,
      sum(net_flow) as net_flow,
      sum(fees) as fees,
      sum(realized_pnl) as realized_pnl,
      sum(income) as income,
      sum(currency_effect) as currency_effect,
      sum(is_open) as positions,
      bool_or(is_session) as is_trading_day,
      bool_or(is_exchange_traded) as holds_exchange_traded,
      bool_or(is_provisional) as is_provisional,
      bool_or(is_estimated) as is_estimated
    from positions
    group by user_id, price_date
  )
select
  user_id,
  price_date,
  currency,
  market_value,
  prev_market_value,
  cost_basis,
  net_flow,
  fees,
  realized_pnl,
  income,
  -- What else changed the value: exact, so that both effects always add up to it. And 0 is summed up faster than a product.
  market_value - prev_market_value - net_flow + fees - currency_effect as price_effect,
  currency_effect,
  positions,
  is_trading_day,
  holds_exchange_traded,
  is_provisional,
  is_estimated,
  daily_return(market_value, prev_market_value, net_flow, income) as daily_return
from totals
