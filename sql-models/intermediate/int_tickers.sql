-- One row per ticker that has a bar: the day its history begins, and whether it trades around the clock.
--
-- Stored apart from the prices because it hardly ever changes: a new bar then stops here instead of touching
-- every day of its ticker.
select
  p.ticker,
  min(p.price_date) as first_price_date,
  coalesce(bool_or(a.is_always_open), false) as is_always_open
from
  stg_raw_prices as p
  left join stg_assets as a on a.ticker = p.ticker
group by p.ticker
