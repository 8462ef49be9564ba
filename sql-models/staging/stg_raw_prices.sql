-- One row per ticker and trading day that has a usable close.
--
-- Yahoo Finance reports days without trading as bars without a close, and now and then a close of 0. Neither is a
-- price: the last good close stands instead (int_prices_daily carries it forward).
select
  ticker,
  price_date,
  open,
  high,
  low,
  close,
  adj_close,
  volume,
  is_final,
  fetched_at
from bronze.raw_prices
where close > 0 and close < 'infinity'::numeric -- NaN sorts above infinity
