-- One row per person and ticker ever held: what is held of it on the last day known, what that cost, is worth, and weighs.
--
-- Before a ticker's first bar its last transaction's price stands in for the close, and before the first known exchange rate that of
-- its trades. In the person's base currency; local_ figures in the ticker's own.
with
  positions as (
    select
      p.user_id,
      p.ticker,
      known.last_day as as_of,
      p.currency,
      p.quantity,
      p.average_cost,
      p.cost_basis,
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
    where not isfinite(p.valid_to) -- of which a planner expects many, as there are; of a value it would expect two
  ),
  valued as (
    select
      *,
      quantity * local_price * rate as current_value
    from positions
  ),
  totals as (
    select
      *,
      sum(current_value) over (partition by user_id) as total
    from valued
  )
select
  user_id,
  ticker,
  as_of,
  currency,
  quantity,
  average_cost,
  cost_basis,
  local_cost_basis,
  local_price,
  rate,
  current_value,
  (current_value / nullif(total, 0))::double precision as weight,
  case
    when total = 0 then 'the portfolio is empty'
  end as weight_reason,
  is_priced,
  days_since_bar
from totals
