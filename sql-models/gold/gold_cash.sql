-- One row per account and currency in which it holds cash, or owes it (below 0): on the last day known.
select
  c.user_id,
  c.account_id,
  c.currency,
  c.cash_date as as_of,
  c.balance,
  c.base_currency,
  c.rate,
  c.market_value,
  c.is_rated
from
  int_cash_daily as c
  join int_last_day as l on l.last_day = c.cash_date
where c.balance != 0
