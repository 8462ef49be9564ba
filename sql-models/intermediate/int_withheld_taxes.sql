-- One row per ledger row of a tax that names a ticker and is of a dividend or interest of it: which income it was withheld of. That is the nearest
-- that the account booked of the ticker within a week; a tax of no such income, or of none of a ticker, stands by itself.
select
  t.user_id,
  t.account_id,
  t.transaction_id,
  t.ticker,
  of_income.is_dividend,
  of_income.pay_date,
  of_income.currency,
  t.gross_amount as tax
from
  int_transactions as t
  join int_income_ledgers as d on d.user_id = t.user_id
  cross join lateral (
    select
      b.is_dividend,
      b.pay_date,
      b.currency
    from int_booked_income as b
    where
      b.user_id = t.user_id
      and b.account_id = t.account_id
      and b.ticker = t.ticker
      and b.pay_date between t.transaction_date - 7 and t.transaction_date + 7
    order by abs(b.pay_date - t.transaction_date), b.pay_date, b.transaction_id
    limit 1
  ) as of_income
where t.transaction_type = 'TAX' and t.ticker is not null
