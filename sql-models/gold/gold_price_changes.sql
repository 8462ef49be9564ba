-- One row per ticker that has a bar: what its price did up to its last one, in a day, a month and a year, and between which
-- closes it moved in 52 weeks. In the ticker's currency, adjusted for splits and not for dividends.
--
-- Each change is from the last close on or before the day that lies so far back: a price is never filled from the future, and
-- one that is more than ten days older than that day is of another span than the column says.
-- Lows and highs are of closes, since of a bar nothing else is judged (bronze.market_defects).
select
  a.ticker,
  a.currency,
  a.last_price_date as price_date,
  a.last_close as close,
  a.is_last_close_final as is_final,
  (a.last_close / day_before.close - 1)::double precision as day_change,
  case
    when a.first_price_date = a.last_price_date then 'it has one close alone'
    when day_before.close is null then 'it has no close in the ten days before'
  end as day_change_reason,
  (a.last_close / month_before.close - 1)::double precision as month_change,
  case
    when a.first_price_date > asked.month_day then 'its prices begin less than a month before'
    when month_before.close is null then 'it has no close in the ten days up to a month before'
  end as month_change_reason,
  (a.last_close / year_before.close - 1)::double precision as year_change,
  case
    when a.first_price_date > asked.year_day then 'its prices begin less than a year before'
    when year_before.close is null then 'it has no close in the ten days up to a year before'
  end as year_change_reason,
  weeks.low_52_weeks,
  weeks.high_52_weeks,
  weeks.since_52_weeks
from
  dim_assets as a
  cross join lateral (
    select
      a.last_price_date - 1 as previous_day,
      (a.last_price_date - interval '1 month')::date as month_day,
      (a.last_price_date - interval '1 year')::date as year_day
  ) as asked
  left join lateral (
    select p.close
    from stg_raw_prices as p
    where p.ticker = a.ticker and p.price_date between asked.previous_day - 10 and asked.previous_day
    order by p.price_date desc
    limit 1
  ) as day_before
    on true
  left join lateral (
    select p.close
    from stg_raw_prices as p
    where p.ticker = a.ticker and p.price_date between asked.month_day - 10 and asked.month_day
    order by p.price_date desc
    limit 1
  ) as month_before
    on true
  left join lateral (
    select p.close
    from stg_raw_prices as p
    where p.ticker = a.ticker and p.price_date between asked.year_day - 10 and asked.year_day
    order by p.price_date desc
    limit 1
  ) as year_before
    on true
  cross join lateral (
    select
      min(p.close) as low_52_weeks,
      max(p.close) as high_52_weeks,
      min(p.price_date) as since_52_weeks
    from stg_raw_prices as p
    where p.ticker = a.ticker and p.price_date > a.last_price_date - 364
  ) as weeks
where a.last_price_date is not null
