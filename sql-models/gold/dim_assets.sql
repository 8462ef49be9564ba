-- One row per ticker that Yahoo Finance has described: what it is, and how far its prices reach.
select
  a.ticker,
  a.name,
  a.asset_class,
  a.sector,
  a.industry,
  a.currency,
  a.exchange,
  a.exchange_timezone,
  a.is_active,
  a.last_error,
  first_bar.price_date as first_price_date,
  last_bar.price_date as last_price_date,
  last_bar.close as last_close,
  last_bar.is_final as is_last_close_final
from
  bronze.raw_assets as a
  left join lateral (
    select p.price_date
    from stg_raw_prices as p
    where p.ticker = a.ticker
    order by p.price_date
    limit 1
  ) as first_bar
    on true
  left join lateral (
    select
      p.price_date,
      p.close,
      p.is_final
    from stg_raw_prices as p
    where p.ticker = a.ticker
    order by p.price_date desc
    limit 1
  ) as last_bar
    on true
