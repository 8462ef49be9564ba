-- One row per ticker and trading day that has a usable close, adjusted for just the splits that count.
--
-- Yahoo Finance reports days without trading as bars without a close, and now and then a close of 0; others are a hundred
-- times too high, or not of this ticker at all (bronze.market_defects). None of them is a price: the last good close stands
-- instead (int_prices_daily carries it forward). Prices before a split that Yahoo's history is not adjusted for, or
-- is adjusted for though it changed nobody's shares, are scaled (stg_price_scales).
select
  p.ticker,
  p.price_date,
  case
    when s.numerator is null then p.open
    else p.open * s.numerator / s.denominator
  end as open,
  case
    when s.numerator is null then p.high
    else p.high * s.numerator / s.denominator
  end as high,
  case
    when s.numerator is null then p.low
    else p.low * s.numerator / s.denominator
  end as low,
  case
    when s.numerator is null then p.close
    else p.close * s.numerator / s.denominator
  end as close,
  case
    when s.numerator is null then p.adj_close
    else p.adj_close * s.numerator / s.denominator
  end as adj_close,
  case
    when s.numerator is null then p.volume
    else p.volume * s.denominator / s.numerator
  end as volume,
  p.is_final,
  p.fetched_at
from
  bronze.raw_prices as p
  left join lateral (
    select
      c.numerator,
      c.denominator
    from stg_price_scales as c
    where c.ticker = p.ticker and c.valid_from <= p.price_date and c.valid_to > p.price_date
    limit 1 -- there is one at most; so it is looked up, by index
  ) as s
    on true
where
  p.close > 0
  and p.close < 'infinity'::numeric -- NaN sorts above infinity
  and not exists (
    select
    from bronze.market_defects as k
    where k.ticker = p.ticker and k.defect_date = p.price_date and k.is_kept_out and k.defect != 'doubled_dividend'
  )
