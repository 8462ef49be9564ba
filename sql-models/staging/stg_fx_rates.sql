-- One row per currency and day with a rate of its own: US dollars for one of the currency.
select
  r.currency,
  r.rate_date,
  r.usd_per_unit,
  r.is_final
from bronze.raw_fx_rates as r
