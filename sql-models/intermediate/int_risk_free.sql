-- One row per calendar day: the interest that money earned without risk, as known on that day.
--
-- FRED's DTB3 (three-month Treasury bills, percent a year): the last value published by then, for a trading day and for
-- a calendar day. Stored, because two roots a day are dear when read.
with
  publications as (
    select distinct on (available_date)
      available_date,
      value
    from stg_fred_macro
    where series_id = 'DTB3'
    order by available_date, observation_date desc
  ),
  standing as (
    select
      available_date,
      lead(available_date, 1, 'infinity') over (order by available_date) as replaced_date,
      value
    from publications
  )
select
  c.calendar_date,
  s.value as annual_percent,
  rate_per_period(s.value, trading_days_per_year()) as rate_per_trading_day,
  rate_per_period(s.value, calendar_days_per_year()) as rate_per_calendar_day
from
  standing as s
  join int_calendar as c on c.calendar_date >= s.available_date and c.calendar_date < s.replaced_date
