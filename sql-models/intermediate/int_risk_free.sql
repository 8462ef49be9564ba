-- One row per calendar day: the interest that money earned without risk, as known on that day.
--
-- FRED's DTB3 (three-month Treasury bills, percent a year): the last value published by then, per period: of a
-- trading day (252 a year) and of a calendar day (365 a year). Stored, because two roots a day are dear when read.
with publications as (
  select distinct on (available_date)
    available_date,
    value
  from stg_fred_macro
  where series_id = 'DTB3'
  order by
    available_date,
    observation_date desc
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
  power(1 + s.value::double precision / 100, 1.0 / 252) - 1 as rate_per_trading_day,
  power(1 + s.value::double precision / 100, 1.0 / 365) - 1 as rate_per_calendar_day
from standing s
join int_calendar c
  on c.calendar_date >= s.available_date
  and c.calendar_date < s.replaced_date
