-- One row per person and calendar month: its time-weighted return.
--
-- Multiplied over a year's months, 1 + return is the year's; over all of them, the portfolio's own 1 + twr.
select
  user_id,
  date_trunc('month', price_date::timestamp)::date as month,
  count(*) as days,
  case
    when count(daily_return) > 0 then product(1 + coalesce(daily_return, 0) order by price_date) - 1
  end as return,
  case
    when count(daily_return) = 0 then 'nothing was held'
  end as return_reason
from int_portfolio_daily
where portfolio_id = 0
group by user_id, date_trunc('month', price_date::timestamp)::date
