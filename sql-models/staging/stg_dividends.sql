-- One row per ticker and ex-date: cash per share, in today's shares (adjusted for splits, like the closes).
select
  ticker,
  action_date as ex_date,
  cash_per_share
from bronze.raw_corporate_actions
where action_type = 'dividend' and cash_per_share > 0 and cash_per_share < 'infinity'::numeric
