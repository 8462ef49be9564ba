-- One row per currency and *calendar* day, from its first rate to the last day known: US dollars for one of it.
--
-- On a day without a rate the last one stands; none is filled from the future. A cross rate is the quotient of two rows of
-- a day: the dollar is a currency like any other. Each row finds its rates by index, as in int_prices_daily.
select
  k.currency,
  c.calendar_date as rate_date,
  known.usd_per_unit,
  case
    when known.rate_date = c.calendar_date then previous.usd_per_unit
    else known.usd_per_unit
  end as prev_usd_per_unit,
  known.rate_date = c.calendar_date as is_observed,
  known.is_final
from
  int_currencies as k
  join int_calendar as c on c.calendar_date >= k.first_rate_date
  join lateral (
    select
      r.currency,
      r.rate_date,
      r.usd_per_unit,
      r.is_final
    from stg_fx_rates as r
    where (r.currency, r.rate_date) <= (k.currency, c.calendar_date)
    order by r.currency desc, r.rate_date desc
    limit 1
  ) as known
    on known.currency = k.currency
  left join lateral (
    select
      r.currency,
      r.usd_per_unit
    from stg_fx_rates as r
    where (r.currency, r.rate_date) < (k.currency, known.rate_date) and known.rate_date = c.calendar_date
    order by r.currency desc, r.rate_date desc
    limit 1
  ) as previous
    on previous.currency = k.currency
