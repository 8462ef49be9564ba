-- One row per person and ticker whose returns are compared with those of others: here each one that the person ever held.
--
-- Who asks about some (src/portfolio/risk-slices.ts) pays for their pairs alone.
select distinct
  user_id,
  ticker
from int_holding_periods
