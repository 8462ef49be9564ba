-- One row per ledger row with a fee or a tax that counts, in the person's base currency and (own_) in that of the row. Below 0: paid back.
--
-- Of a purchase or sale the fee is part of its cost or off its proceeds; of income it comes off what was received. A dividend in an
-- account that takes the market's word is none, and cash where none is kept is not looked at.
with
  costs as (
    select
      *,
      case
        when transaction_type = 'FEE' then gross_amount
        when transaction_type in ('DEPOSIT', 'WITHDRAWAL', 'FX_IN', 'FX_OUT')
        and not tracks_cash then 0
        when transaction_type in ('TRANSFER_IN', 'TRANSFER_OUT')
        and ticker is null
        and not tracks_cash then 0
        else fee
      end as counted_fee,
      case
        when transaction_type = 'TAX' then gross_amount
        else tax
      end as counted_tax
    from int_transactions
    where transaction_type != 'DIVIDEND' or books_income
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
    when transaction_type in ('DIVIDEND', 'INTEREST') then 'income'
    else 'other'
  end as kind,
  trade_currency as currency,
  counted_fee / base_per_unit as own_fee,
  counted_tax / base_per_unit as own_tax,
  counted_fee as fee,
  counted_tax as tax
from costs
where counted_fee != 0 or counted_tax != 0
