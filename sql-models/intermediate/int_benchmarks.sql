-- One row per person and ticker that the portfolio is measured against: here each one that the person ever held.
--
-- Who asks about one ticker (src/portfolio/slices.ts) gets just that, whoever holds it.
select distinct
  user_id,
  ticker
from int_holding_periods
