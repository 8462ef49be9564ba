-- One row per account, currency and calendar day: what is held of all tickers that were not traded on the day, so that prices and
-- exchange rates alone moved it, in the person's base currency.
--
-- These are nearly all days of nearly all holdings. Added up in the tickers' currency and converted once: a product distributes over
-- a sum exactly. What int_daily_holdings has until its quiet_from is not here.
with
  accounts as (
    select
      user_id,
      account_id
    from int_holding_periods
    group by user_id, account_id
  ),
  local_sums as (
    select
      a.user_id,
      a.account_id,
      of_account.*
    from
      accounts as a
      -- One account at a time its days fit into a hash table; those of all were sorted, a fifth of what a first build took.
      cross join lateral (
        select
          p.currency,
          p.base_currency,
          d.price_date,
          sum(p.quantity * d.close) as market_value,
          -- On the day of the first bar the price of the day before was a transaction's.
          sum(p.quantity * coalesce(d.prev_close, p.trade_price)) as prev_market_value,
          sum(p.cost_basis) as cost_basis,
          coalesce(
            sum(p.quantity * d.dividend_per_share) filter (where d.dividend_per_share != 0 and not p.books_income),
            0
          ) as income,
          bool_or(p.tracks_cash) as tracks_cash,
          count(*) as positions,
          bool_or(d.is_session) as is_session,
          bool_and(d.is_always_open) as is_always_open,
          bool_and(d.is_final) as is_final
        from
          int_holding_periods as p
          join int_prices_daily as d
            on d.ticker = p.ticker and d.price_date >= p.valid_from + 1 and d.price_date < p.held_until
        where p.user_id = a.user_id and p.account_id = a.account_id and p.is_rated
        group by d.price_date, p.currency, p.base_currency
      ) as of_account
  ),
  rated_sums as (
    select
      s.*,
      case
        when s.currency = s.base_currency then 1
        else of_day.rate
      end as rate,
      case
        when s.currency = s.base_currency then 1
        else of_day.prev_rate
      end as prev_rate
    from
      local_sums as s
      left join lateral (
        select
          own.usd_per_unit / base.usd_per_unit as rate,
          own.prev_usd_per_unit / base.prev_usd_per_unit as prev_rate
        from
          int_fx_daily as own
          join int_fx_daily as base on base.rate_date = own.rate_date
        where
          s.currency != s.base_currency
          and own.currency = s.currency
          and base.currency = s.base_currency
          and own.rate_date = s.price_date
        offset 0 -- as in int_daily_holdings
      ) as of_day
        on true
  )
select
  user_id,
  account_id,
  currency,
  base_currency,
  price_date,
  market_value * rate as market_value,
  prev_market_value * prev_rate as prev_market_value,
  cost_basis,
  income * rate as income,
  case
    when tracks_cash then 0
    else income * rate
  end as income_paid_out,
  case
    when currency = base_currency then 0
    else market_value * (rate - prev_rate)
  end as currency_effect,
  positions,
  is_session,
  is_always_open,
  is_final
from rated_sums
