-- One row per ledger row with a fee or a tax that counts, in the person's base currency and (own_) in that of the row. Below 0: paid back.
--
-- Of a purchase or sale the fee is part of its cost or off its proceeds; of income it comes off what was received. A dividend in an
-- account that takes the market's word is none, and cash where none is kept is not looked at. A tax in a row of its own that was withheld of income is of that (int_withheld_taxes).
with
  costs as (
    select
      t.*,
      w.transaction_id is not null as is_withheld,
      case
        when transaction_type = 'FEE' then gross_amount
        when transaction_type in ('DEPOSIT', 'WITHDRAWAL', 'FX_IN', 'FX_OUT')
        and not tracks_cash then 0
        when transaction_type in ('TRANSFER_IN', 'TRANSFER_OUT')
        and t.ticker is null
        and not tracks_cash then 0
        else fee
      end as counted_fee,
      case
        when t.transaction_type = 'TAX' then gross_amount
        else t.tax
      end as counted_tax
    from
      int_transactions as t
      left join int_withheld_taxes as w on w.user_id = t.user_id and w.transaction_id = t.transaction_id
    where t.transaction_type != 'DIVIDEND' or t.books_income
  )
select
  user_id,
  account_id,
  transaction_id,
  transaction_date,
  transaction_type,
  ticker,
  case
    when transaction_type in ('BUY', 'SELL', 'BONUS', 'RETURN_OF_CAPITAL') then 'trade'
    when transaction_type in ('DIVIDEND', 'INTEREST')
    or is_withheld then 'income'
    else 'other'
  end as kind,
  trade_currency as currency,
  counted_fee / base_per_unit as own_fee,
  counted_tax / base_per_unit as own_tax,
  counted_fee as fee,
  counted_tax as tax,
  is_rated
from costs
where counted_fee != 0 or counted_tax != 0
