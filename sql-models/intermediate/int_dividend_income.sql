-- One row per account and dividend of the market's that it received: cash per share times what was held when the day before the ex-date
-- closed, in the ticker's currency (local_) and, at the rate of the ex-date, in the person's. Bought on the ex-date or
-- later: none. Sold on the ex-date: still paid. None in an account that
-- books its own.
with
  dividends as (
    select
      p.user_id,
      p.account_id,
      p.ticker,
      d.ex_date,
      p.currency,
      p.base_currency,
      p.rate,
      p.tracks_cash,
      case
        when d.ex_date = p.valid_from then p.prev_quantity
        else p.quantity
      end as quantity,
      d.cash_per_share
    from
      int_holding_periods as p
      join stg_dividends as d on d.ticker = p.ticker and d.ex_date >= p.valid_from and d.ex_date < p.held_until
      join int_calendar as c on c.calendar_date = d.ex_date -- announced, but after the last day known: not yet
    where not p.books_income
  )
select
  d.user_id,
  d.account_id,
  d.ticker,
  d.ex_date,
  d.quantity,
  d.cash_per_share,
  d.currency,
  d.base_currency,
  d.tracks_cash,
  d.quantity * d.cash_per_share as local_amount,
  d.quantity * d.cash_per_share * coalesce(of_day.rate, d.rate) as amount,
  coalesce(of_day.rate, d.rate) as rate,
  d.currency = d.base_currency or of_day.rate is not null as is_rated
from
  dividends as d
  left join lateral (
    select own.usd_per_unit / base.usd_per_unit as rate
    from
      int_fx_daily as own
      join int_fx_daily as base on base.rate_date = own.rate_date
    where
      d.currency != d.base_currency
      and own.currency = d.currency
      and base.currency = d.base_currency
      and own.rate_date = d.ex_date
    offset 0 -- as in int_daily_holdings
  ) as of_day
    on true
where d.quantity > 0
