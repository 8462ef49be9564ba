-- One row per currency that has a rate: the first one. A trade of before it counts at its own rate, or else at this one,
-- and says so (int_transactions).
select distinct on (currency)
  currency,
  rate_date as first_rate_date,
  usd_per_unit as first_usd_per_unit
from stg_fx_rates
order by currency, rate_date
