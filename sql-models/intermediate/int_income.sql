-- One row per account and income: a dividend as booked or, where the account takes the market's word, as paid on what was held on
-- the ex-date; or interest (of no ticker). In the person's base currency at the day's rate, and (local_) as it was paid.
select
  user_id,
  account_id,
  ticker,
  ex_date as pay_date,
  currency,
  local_amount as local_gross,
  amount as gross,
  0 as tax,
  amount as net,
  'market' as source
from int_dividend_income
union all
select
  user_id,
  account_id,
  ticker,
  pay_date,
  currency,
  local_gross,
  gross,
  tax,
  net,
  'ledger' as source
from int_booked_income
