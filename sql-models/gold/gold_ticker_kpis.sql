-- One row per person and ticker ever held: what the position is, what it cost, earned and returned, in the person's base
-- currency; local_ figures in the ticker's own.
--
-- Read off periods, dividends and the last price, never off days: a position kept for 20 years costs what one of 20
-- days does. The lateral sub-selects hand each position's key down to the indexes.
with
  positions as (
    select
      p.user_id,
      p.ticker,
      p.quantity,
      p.cost_basis,
      p.average_cost,
      known.last_day as as_of,
      p.currency,
      p.local_cost_basis,
      coalesce(today.close, p.trade_price) as local_price,
      coalesce(of_day.rate, p.held_rate) as rate,
      today.close is not null as is_priced,
      today.days_since_bar
    from
      int_ticker_periods as p
      cross join int_last_day as known
      left join int_prices_daily as today on today.ticker = p.ticker and today.price_date = known.last_day
      left join lateral (
        select own.usd_per_unit / base.usd_per_unit as rate
        from
          int_fx_daily as own
          join int_fx_daily as base on base.rate_date = own.rate_date
        where
          p.currency != p.base_currency
          and own.currency = p.currency
          and base.currency = p.base_currency
          and own.rate_date = known.last_day
        offset 0 -- as in int_daily_holdings
      ) as of_day
        on true
    where p.valid_to = 'infinity'
  ),
  figures as (
    select
      p.*,
      trades.*,
      valued.current_value,
      valued.current_value - p.cost_basis as unrealized_pnl,
      flows.income,
      growth.total_return,
      growth.local_return,
      solved.rate as flow_rate,
      coalesce(solved.reason, too_few_days(solved.days)) as xirr_reason
    from
      positions as p
      cross join lateral (select p.quantity * p.local_price * p.rate as current_value) as valued
      cross join lateral (
        select
          min(h.valid_from) as first_buy_date,
          max(h.valid_from) as last_transaction_date,
          sum(h.realized_pnl) as realized_pnl,
          sum(h.fees) as fees,
          coalesce(sum(least(h.valid_to, p.as_of) - h.valid_from) filter (where h.quantity > 0), 0) as holding_days
        from int_ticker_periods as h
        where h.user_id = p.user_id and h.ticker = p.ticker
      ) as trades
      cross join lateral (
        select
          product(r.trade_day_growth * r.price_growth * r.rate_growth * r.dividend_growth) - 1 as total_return,
          product(r.local_trade_day_growth * r.price_growth * r.dividend_growth) - 1 as local_return
        from
          (
            select *
            from int_holding_returns as o
            where o.user_id = p.user_id and o.ticker = p.ticker
            order by o.valid_from
          ) as r
      ) as growth
      cross join lateral (
        select
          coalesce(sum(f.amount) filter (where f.is_dividend), 0) as income,
          array_agg(f.flow_date order by f.flow_date) || p.as_of as dates,
          array_agg(f.amount order by f.flow_date) || valued.current_value as amounts
        from int_ticker_flows as f
        where f.user_id = p.user_id and f.ticker = p.ticker
      ) as flows
      cross join lateral xirr(flows.dates, flows.amounts) as solved
  )
select
  user_id,
  ticker,
  as_of,
  quantity,
  first_buy_date,
  last_transaction_date,
  holding_days,
  average_cost,
  case
    when quantity = 0 then 'nothing is held'
  end as average_cost_reason,
  cost_basis,
  currency,
  rate,
  local_cost_basis,
  local_price,
  quantity * local_price as local_value,
  local_price * rate as current_price,
  current_value,
  unrealized_pnl,
  realized_pnl,
  income,
  fees,
  unrealized_pnl + realized_pnl + income as total_gain,
  total_return,
  local_return,
  coalesce((1 + total_return) / nullif(1 + local_return, 0) - 1, 0) as currency_return,
  case
    when xirr_reason is null then flow_rate
  end as xirr,
  xirr_reason,
  (current_value / nullif(sum(current_value) over (partition by user_id), 0))::double precision as weight,
  case
    when sum(current_value) over (partition by user_id) = 0 then 'the portfolio is empty'
  end as weight_reason,
  is_priced,
  days_since_bar
from figures
