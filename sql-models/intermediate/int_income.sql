-- One row per account, ticker (null: interest of none), kind, currency and day of income: dividends and interest as booked, added up, or, where
-- the account takes the market's word, the dividend as paid on what was held on the ex-date. In the person's base currency at the day's rate, and (local_) as it was paid.
--
-- The market says what is paid before tax, and nobody what was withheld: there tax is 0 because it is not known.
select
  user_id,
  account_id,
  ticker,
  'dividend' as kind,
  ex_date as pay_date,
  currency,
  local_amount as local_gross,
  amount as gross,
  0 as tax,
  amount as net,
  'market' as source,
  is_rated
from int_dividend_income
union all
select
  user_id,
  account_id,
  ticker,
  case
    when is_dividend then 'dividend'
    else 'interest'
  end as kind,
  pay_date,
  currency,
  sum(local_gross) as local_gross,
  sum(gross) as gross,
  sum(tax) as tax,
  sum(net) as net,
  'ledger' as source,
  bool_and(is_rated) as is_rated
from int_booked_income
group by user_id, account_id, ticker, is_dividend, pay_date, currency
