-- One row per ledger row that no figure counts yet, as it was entered: what it is in the person's currency is not known, because of a rate
-- that is missing, or nobody has described its ticker; and what comes after such a row of the same ticker (or of cash, the currency). Not
-- a dividend in an account that takes the market's word: no figure would count it with a rate either.
select
  s.user_id,
  s.account_id,
  s.transaction_id,
  s.transaction_date,
  s.transaction_type,
  s.ticker,
  s.quantity,
  coalesce(s.currency, a.currency) as currency,
  s.gross_amount as own_gross_amount,
  case
    when s.ticker is not null
    and a.ticker is null then 'its ticker is not described yet'
    else 'an exchange rate that it needs, or one before it, is not known'
  end as reason
from
  stg_transactions as s
  left join stg_assets as a on a.ticker = s.ticker
where
  not (
    s.transaction_type = 'DIVIDEND'
    and exists (
      select
      from public.accounts
      where accounts.account_id = s.account_id and accounts.income = 'market'
    )
  )
  and not exists (
    select
    from int_transactions as t
    where t.user_id = s.user_id and t.transaction_id = s.transaction_id
  )
