-- One row per ledger row of a tax that names a ticker and is of a dividend or interest of it: which income it was withheld of. That is the nearest
-- that the account booked of the ticker within a week; a tax of no such income, or of none of a ticker, stands by itself. So does one of a day
-- on which the account traded the ticker and booked no income of it: a duty on the trade.
select
  t.user_id,
  t.account_id,
  t.transaction_id,
  t.ticker,
  of_income.is_dividend,
  of_income.pay_date,
  of_income.currency,
  t.gross_amount as tax,
  t.is_rated
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
where
  t.transaction_type = 'TAX'
  and t.ticker is not null
  and (
    of_income.pay_date = t.transaction_date
    or not exists (
      select
      from stg_transactions as s
      where
        s.user_id = t.user_id
        and s.account_id = t.account_id
        and s.ticker = t.ticker
        and s.transaction_date = t.transaction_date
        and s.transaction_type in ('BUY', 'SELL')
    )
  )
