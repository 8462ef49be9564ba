-- One row per ticker and stretch of days whose prices are multiplied by numerator / denominator, to be in today's shares;
-- days without a row are in them already, which is nearly all of them.
--
-- Yahoo's closes are meant to be adjusted for every split it lists. Two things go wrong: a split that counts and that
-- the history is not adjusted for (yet), and one that the history is adjusted for though it changed nobody's shares. Each of
-- them rescales all days before it; the stretches between several of them have the product of those still to come.
select
  ticker,
  coalesce(
    lag(prices_before) over (
      partition by ticker
      order by prices_before
    ),
    '-infinity'
  ) as valid_from,
  prices_before as valid_to,
  product(price_numerator) over later as numerator,
  product(price_denominator) over later as denominator
from
  (
    select
      ticker,
      prices_before,
      product(price_numerator) as price_numerator,
      product(price_denominator) as price_denominator
    from stg_splits
    where price_numerator != price_denominator
    group by ticker, prices_before
  ) as scaled
window
  later as (
    partition by ticker
    order by prices_before desc
  )
