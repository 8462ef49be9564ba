-- One row per dividend that an account booked which books its own, and per interest: as it was paid (local_), in the person's base
-- currency and, of a ticker, in that one's currency.
--
-- Kept, because what a ticker earned is asked of each ticker by itself, and a transaction is converted with all of its ledger. Joined to
-- int_income_ledgers, so that a trade of somebody who books none is not carried here.
select
  t.user_id,
  t.account_id,
  t.transaction_id,
  t.ticker,
  t.transaction_type = 'DIVIDEND' as is_dividend,
  t.transaction_date as pay_date,
  t.trade_currency as currency,
  t.own_gross_amount as local_gross,
  t.gross_amount as gross,
  t.tax,
  t.gross_amount - t.tax - t.fee as net,
  (t.own_gross_amount - t.own_costs) * coalesce(t.local_gross_amount / nullif(t.own_gross_amount, 0), 1) as ticker_net,
  t.rate,
  t.is_rated
from
  int_transactions as t
  join int_income_ledgers as d on d.user_id = t.user_id
where t.transaction_type = 'INTEREST' or (t.transaction_type = 'DIVIDEND' and t.books_income)
