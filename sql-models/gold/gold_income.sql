-- One row per account, ticker, kind, currency and day of income: dividends and interest, in the person's base currency (local_: as paid).
--
-- What was withheld is what was booked with it, or as a row of its own (int_withheld_taxes). Of the market's dividends nobody knows it,
-- nor what arrived: there tax, fee and net are null, no 0.
with
  withheld as (
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
      sum(tax) as tax,
      bool_and(is_rated) as is_rated
    from int_withheld_taxes
    group by user_id, account_id, ticker, is_dividend, pay_date, currency
  )
select
  i.user_id,
  i.account_id,
  i.ticker,
  i.kind,
  i.pay_date,
  i.currency,
  i.local_gross,
  i.gross,
  case
    when i.source = 'ledger' then i.tax + coalesce(w.tax, 0)
  end as tax,
  case
    when i.source = 'ledger' then i.gross - i.tax - i.net
  end as fee,
  case
    when i.source = 'ledger' then i.net - coalesce(w.tax, 0)
  end as net,
  i.source,
  i.is_rated and coalesce(w.is_rated, true) as is_rated
from
  int_income as i
  left join withheld as w
    on w.user_id = i.user_id
    and w.account_id = i.account_id
    and w.ticker = i.ticker
    and w.kind = i.kind
    and w.pay_date = i.pay_date
    and w.currency = i.currency
    and i.source = 'ledger'
