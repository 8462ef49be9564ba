-- One row: the last day known to the system, the newest of all bars and all trades. None while there is neither.
--
-- Stored, so that the thousands of changes that do not move it stop here. When it does move, from one day to another,
-- every day between them begins or ceases to be: the change counts from the earlier of the two.
--
-- Never the clock: a model that reads the clock is not the same twice.
select days.last_day
from (
  select greatest(
    (select max(p.price_date) from stg_raw_prices p),
    (select max(t.transaction_date) from bronze.transactions t)
  ) as last_day
) days
where days.last_day is not null
