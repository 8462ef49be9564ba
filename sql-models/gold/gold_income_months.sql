-- One row per account, ticker (null: interest of none), kind and calendar month in which income came in: gold_income, added up, in the
-- person's base currency.
--
-- market_gross: what of gross is known from the market alone (market_payments), which does not say what was withheld of it. tax, fee and net are of
-- the others, and null where there are none. All months of a year add up to the year, all tickers to the whole.
select
  user_id,
  account_id,
  ticker,
  kind,
  date_trunc('month', pay_date::timestamp)::date as month,
  count(*) as payments,
  count(*) filter (where source = 'market') as market_payments,
  sum(gross) as gross,
  sum(tax) as tax,
  sum(fee) as fee,
  sum(net) as net,
  coalesce(sum(gross) filter (where source = 'market'), 0) as market_gross,
  bool_and(is_rated) as is_rated
from gold_income
group by user_id, account_id, ticker, kind, date_trunc('month', pay_date::timestamp)
