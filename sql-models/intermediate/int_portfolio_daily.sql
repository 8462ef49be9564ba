-- One row per portfolio and calendar day, from its first transaction to the last day known: its sums, in the person's base
-- currency.
--
-- All sums are exact (numeric), so a refresh of a few days and a rebuild of everything give the same bits. Only the
-- daily return is floating point, divided once out of exact sums.
--
-- What a row has nothing of is null, which a sum passes over; adding up noughts was a twentieth of it.
--
-- The day's flow is netted over all tickers and accounts first: selling one asset to buy another moves no money in or out,
-- nor does a transfer from one account to the other.
with
  positions as (
    select
      user_id,
      account_id,
      price_date,
      base_currency,
      market_value,
      prev_market_value,
      null::numeric as cash,
      cost_basis,
      net_flow,
      buy_amount + sell_amount as traded,
      fees,
      null::numeric as taxes,
      realized_pnl,
      income,
      income_paid_out,
      currency_effect,
      (quantity > 0)::integer as positions,
      is_session,
      not is_always_open as is_exchange_traded,
      not is_final as is_provisional,
      not (is_priced and is_rated) as is_estimated
    from int_daily_holdings
    where price_date < quiet_from
    union all
    select
      user_id,
      account_id,
      price_date,
      base_currency,
      market_value,
      prev_market_value,
      null::numeric as cash,
      cost_basis,
      null::numeric as net_flow,
      null::numeric as traded,
      null::numeric as fees,
      null::numeric as taxes,
      null::numeric as realized_pnl,
      income,
      income_paid_out,
      currency_effect,
      positions,
      is_session,
      not is_always_open as is_exchange_traded,
      not is_final as is_provisional,
      null::boolean as is_estimated
    from int_quiet_days
    union all
    select
      user_id,
      account_id,
      cash_date as price_date,
      base_currency,
      market_value,
      prev_market_value,
      market_value as cash,
      null::numeric as cost_basis,
      net_flow,
      null::numeric as traded,
      fees,
      taxes,
      null::numeric as realized_pnl,
      income,
      income_paid_out,
      currency_effect,
      null::bigint as positions,
      null::boolean as is_session,
      null::boolean as is_exchange_traded,
      null::boolean as is_provisional,
      not is_rated as is_estimated
    from int_cash_daily
  ),
  first_days as (
    select
      f.user_id,
      m.portfolio_id,
      min(f.first_date) as first_date,
      min(f.base_currency) as base_currency
    from
      (
        select
          user_id,
          account_id,
          valid_from as first_date,
          base_currency
        from int_holding_periods
        union all
        select
          user_id,
          account_id,
          flow_date as first_date,
          base_currency
        from int_account_flows
      ) as f
      join int_portfolios as m on m.user_id = f.user_id and m.account_id = f.account_id
    group by f.user_id, m.portfolio_id
  ),
  portfolio_days as (
    select
      m.portfolio_id,
      p.*
    from
      positions as p
      join int_portfolios as m on m.user_id = p.user_id and m.account_id = p.account_id
    union all
    -- A day between a full exit and the next purchase is a day, too.
    select
      f.portfolio_id,
      f.user_id,
      0 as account_id,
      c.calendar_date as price_date,
      f.base_currency,
      null::numeric as market_value,
      null::numeric as prev_market_value,
      null::numeric as cash,
      null::numeric as cost_basis,
      null::numeric as net_flow,
      null::numeric as traded,
      null::numeric as fees,
      null::numeric as taxes,
      null::numeric as realized_pnl,
      null::numeric as income,
      null::numeric as income_paid_out,
      null::numeric as currency_effect,
      null::bigint as positions,
      null::boolean as is_session,
      null::boolean as is_exchange_traded,
      null::boolean as is_provisional,
      null::boolean as is_estimated
    from
      first_days as f
      join int_calendar as c on c.calendar_date >= f.first_date
  ),
  totals as (
    select
      user_id,
      portfolio_id,
      price_date,
      min(base_currency) as currency,
      coalesce(sum(market_value), 0) as market_value,
      coalesce(sum(prev_market_value), 0) as prev_market_value,
      coalesce(sum(cash), 0) as cash,
      coalesce(sum(cost_basis), 0) as cost_basis,
      coalesce(sum(net_flow), 0) as net_flow,
      coalesce(sum(traded), 0) as traded,
      coalesce(sum(fees), 0) as fees,
      coalesce(sum(taxes), 0) as taxes,
      coalesce(sum(realized_pnl), 0) as realized_pnl,
      coalesce(sum(income), 0) as income,
      coalesce(sum(income_paid_out), 0) as income_paid_out,
      coalesce(sum(currency_effect), 0) as currency_effect,
      coalesce(sum(positions), 0)::bigint as positions,
      coalesce(bool_or(is_session), false) as is_trading_day,
      coalesce(bool_or(is_exchange_traded), false) as holds_exchange_traded,
      coalesce(bool_or(is_provisional), false) as is_provisional,
      coalesce(bool_or(is_estimated), false) as is_estimated
    from portfolio_days
    group by user_id, portfolio_id, price_date
  )
select
  user_id,
  portfolio_id,
  price_date,
  currency,
  market_value,
  prev_market_value,
  cash,
  cost_basis,
  net_flow,
  fees,
  taxes,
  realized_pnl,
  income,
  income_paid_out,
  -- What else changed the value: exact, so that both effects always add up to it. And 0 is summed up faster than a product.
  market_value - prev_market_value - net_flow + income_paid_out - income + fees + taxes - currency_effect as price_effect,
  currency_effect,
  positions,
  is_trading_day,
  holds_exchange_traded,
  is_provisional,
  is_estimated,
  -- What holdings and the debt for them, or trades of a day that cancel out, leave in the twelfth digit is nothing that was invested.
  case
    when abs(prev_market_value + greatest(net_flow, 0)) > greatest(abs(cash), traded) * 1e-12 then daily_return(
      market_value,
      prev_market_value,
      net_flow,
      income_paid_out
    )
  end as daily_return
from totals
