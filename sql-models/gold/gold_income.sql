-- One row per account, ticker, currency and day of income: dividends and interest, in the person's base currency (local_: as paid).
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
  source
from int_income
