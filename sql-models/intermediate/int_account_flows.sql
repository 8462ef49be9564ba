-- One row per account, currency and day on which something but a holding moved: what came into its cash, and what of it was money
-- put in, income, a fee or a tax.
--
-- An account that tracks cash pays for its purchases and is paid for its sales: money put in there is what was deposited or
-- transferred, so a purchase counts here as money taken out of cash (the holding counts it as put in, and the two cancel). One
-- that does not holds no cash: an income is paid out at once, and a fee or tax of its own is money put in and gone.
--
-- income + dividends - fees - taxes + net_flow - income_paid_out = what the cash is worth more, at the rates of the rows; a conversion is none
-- of these: what its own rate lost or won is the currency's.
--
-- Joined to int_cash_ledgers, so that a trade of somebody without any of this is not carried here.
with
  entries as (
    select
      user_id,
      account_id,
      trade_currency as currency,
      base_currency,
      transaction_date as flow_date,
      tracks_cash,
      base_per_unit,
      own_costs,
      own_gross_amount,
      transaction_type in ('BUY', 'SELL', 'BONUS', 'RETURN_OF_CAPITAL') as is_trade,
      ticker is not null and transaction_type in ('TRANSFER_IN', 'TRANSFER_OUT', 'SPLIT') as is_of_shares,
      -- cash in, before costs
      case
        when ticker is not null
        and transaction_type in ('TRANSFER_IN', 'TRANSFER_OUT', 'SPLIT') then 0
        when transaction_type in (
          'SELL',
          'DIVIDEND',
          'INTEREST',
          'DEPOSIT',
          'TRANSFER_IN',
          'FX_IN',
          'RETURN_OF_CAPITAL'
        ) then own_gross_amount
        when transaction_type = 'BONUS' then 0
        else -own_gross_amount
      end as own_amount,
      case
        when transaction_type in ('DIVIDEND', 'INTEREST') then gross_amount
        else 0
      end as income,
      -- a purchase's and a sale's fee is the holding's
      case
        when transaction_type = 'FEE' then gross_amount
        when transaction_type in ('BUY', 'SELL', 'BONUS', 'RETURN_OF_CAPITAL') then 0
        else fee
      end as fees,
      case
        when transaction_type = 'TAX' then gross_amount
        else tax
      end as taxes,
      case
        when transaction_type in ('BUY', 'BONUS') then -gross_amount - fee
        when transaction_type in ('SELL', 'RETURN_OF_CAPITAL') then gross_amount - fee
        when transaction_type in ('DEPOSIT', 'TRANSFER_IN')
        and ticker is null then gross_amount
        when transaction_type in ('WITHDRAWAL', 'TRANSFER_OUT')
        and ticker is null then -gross_amount
        else 0
      end as put_in
    from int_transactions
    where
      (
        tracks_cash
        or tax != 0
        or transaction_type in ('DIVIDEND', 'INTEREST', 'FEE', 'TAX')
        or fee != 0
        and transaction_type in ('TRANSFER_IN', 'TRANSFER_OUT', 'SPLIT')
        and ticker is not null
      )
      and (books_income or transaction_type != 'DIVIDEND')
  ),
  flows as (
    select
      user_id,
      account_id,
      currency,
      base_currency,
      flow_date,
      case
        when tracks_cash then own_amount - own_costs
        else 0
      end as movement,
      case
        when tracks_cash then put_in
        when income != 0 then 0
        else fees + taxes
      end as net_flow,
      income,
      0 as dividends,
      case
        when tracks_cash
        or income = 0 then 0
        else income - fees - taxes
      end as income_paid_out,
      fees,
      taxes,
      base_per_unit as rate
    from entries
    union all
    -- A dividend of the market's stays in the account.
    select
      user_id,
      account_id,
      currency,
      base_currency,
      ex_date as flow_date,
      local_amount as movement,
      0 as net_flow,
      0 as income,
      amount as dividends,
      0 as income_paid_out,
      0 as fees,
      0 as taxes,
      rate
    from int_dividend_income
    where tracks_cash
  )
select
  f.user_id,
  f.account_id,
  f.currency,
  f.base_currency,
  f.flow_date,
  sum(f.movement) as movement,
  sum(f.net_flow) as net_flow,
  sum(f.income) as income,
  sum(f.dividends) as dividends,
  sum(f.income_paid_out) as income_paid_out,
  sum(f.fees) as fees,
  sum(f.taxes) as taxes,
  -- Equal ones may be written with more or fewer zeros: trimmed, it does not show which of them came first.
  trim_scale(min(f.rate)) as rate
from
  flows as f
  join int_cash_ledgers as d on d.user_id = f.user_id
group by f.user_id, f.account_id, f.currency, f.base_currency, f.flow_date
