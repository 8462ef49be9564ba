-- One row per ticker and trading day that has a usable close, adjusted for just the splits that count.
--
-- In major units: a quote in pence is pounds from here on (stg_assets). Yahoo Finance reports days without trading as bars without a close, and now and then a close of 0; others are a hundred
-- times too high, or not of this ticker at all (bronze.market_defects). None of them is a price: the last good close stands
-- instead (int_prices_daily carries it forward). Prices before a split that Yahoo's history is not adjusted for, or
-- is adjusted for though it changed nobody's shares, are scaled (stg_price_scales): each column by itself, so that one
-- that nobody asks for costs no look.
select
  p.ticker,
  p.price_date,
  coalesce(
    (
      select p.open * c.numerator / c.denominator
      from stg_price_scales as c
      where c.ticker = p.ticker and c.valid_from <= p.price_date and c.valid_to > p.price_date
    ),
    p.open
  ) * coalesce(a.unit_factor, 1) as open,
  coalesce(
    (
      select p.high * c.numerator / c.denominator
      from stg_price_scales as c
      where c.ticker = p.ticker and c.valid_from <= p.price_date and c.valid_to > p.price_date
    ),
    p.high
  ) * coalesce(a.unit_factor, 1) as high,
  coalesce(
    (
      select p.low * c.numerator / c.denominator
      from stg_price_scales as c
      where c.ticker = p.ticker and c.valid_from <= p.price_date and c.valid_to > p.price_date
    ),
    p.low
  ) * coalesce(a.unit_factor, 1) as low,
  coalesce(
    (
      select p.close * c.numerator / c.denominator
      from stg_price_scales as c
      where c.ticker = p.ticker and c.valid_from <= p.price_date and c.valid_to > p.price_date
    ),
    p.close
  ) * coalesce(a.unit_factor, 1) as close,
  coalesce(
    (
      select p.adj_close * c.numerator / c.denominator
      from stg_price_scales as c
      where c.ticker = p.ticker and c.valid_from <= p.price_date and c.valid_to > p.price_date
    ),
    p.adj_close
  ) * coalesce(a.unit_factor, 1) as adj_close,
  coalesce(
    (
      select p.volume * c.denominator / c.numerator
      from stg_price_scales as c
      where c.ticker = p.ticker and c.valid_from <= p.price_date and c.valid_to > p.price_date
    ),
    p.volume
  ) as volume,
  p.is_final,
  p.fetched_at
from
  bronze.raw_prices as p
  left join stg_assets as a on a.ticker = p.ticker
where
  (p.close <= 0) is false
  and (p.close >= 'infinity'::numeric) is false -- NaN sorts above infinity
  and not exists (
    select
    from bronze.market_defects as k
    where k.ticker = p.ticker and k.defect_date = p.price_date and k.is_kept_out and k.defect != 'doubled_dividend'
  )
