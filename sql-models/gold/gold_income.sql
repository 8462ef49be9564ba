-- One row per account, ticker, kind, currency and day of income: dividends and interest, in the person's base currency (local_: as paid).
select
  user_id,
  account_id,
  ticker,
  kind,
  pay_date,
  currency,
  local_gross,
  gross,
  tax,
  gross - tax - net as fee,
  net,
  source
from int_income
