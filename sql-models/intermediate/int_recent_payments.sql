-- One row per account, ticker that it holds on the last day, and payment of the three years up to then: what one of today's shares was paid,
-- before tax, in the ticker's currency.
--
-- Paid as the market says, by ex-date. Of a ticker of which the market tells nothing in about the last year, as the person's accounts booked it: what one
-- share was paid is true of all, so that shares moved from another account expect what that one was paid. An account's own booking
-- goes before another's within 15 days, which is the same payment. What a share paid before a split of one's own is of fewer shares than
-- now, and is divided by it: what is held knows the market's splits alone.
--
-- is_special: more than three times what the ticker usually pays (the median), and no payment half as large came about a year before.
with
  paid as (
    select
      h.*,
      d.ex_date as paid_on,
      d.ex_date as entitled_on,
      d.cash_per_share as cash_per_share_then,
      h.account_id as booked_in,
      'market' as source
    from
      int_estimated_holdings as h
      join stg_dividends as d
        on d.ticker = h.ticker and d.ex_date > h.as_of - interval '3 years' and d.ex_date <= h.as_of
    where
      exists (
        select
        from stg_dividends as d
        where d.ticker = h.ticker and d.ex_date > h.as_of - interval '1 year 15 days' and d.ex_date <= h.as_of
      )
    union all
    select
      h.*,
      b.pay_date as paid_on,
      b.entitled_on,
      b.cash_per_share as cash_per_share_then,
      b.account_id as booked_in,
      'ledger' as source
    from
      int_estimated_holdings as h
      join int_booked_payments as b
        on b.user_id = h.user_id
        and b.ticker = h.ticker
        and b.pay_date > h.as_of - interval '3 years'
        and b.pay_date <= h.as_of
    where
      not exists (
        select
        from stg_dividends as d
        where d.ticker = h.ticker and d.ex_date > h.as_of - interval '1 year 15 days' and d.ex_date <= h.as_of
      )
      and not exists (
        select
        from int_booked_income as o
        where
          o.user_id = b.user_id
          and o.ticker = b.ticker
          and o.account_id != b.account_id
          and o.pay_date between b.pay_date - 15 and b.pay_date + 15
          and (
            o.account_id = h.account_id
            or b.account_id != h.account_id
            and (o.pay_date, o.account_id) < (b.pay_date, b.account_id)
          )
      )
  ),
  -- Read thrice, each time of one person: made once, it would be of everybody.
  payments as not materialized (
    select
      p.*,
      p.cash_per_share_then / coalesce(
        (
          select product(s.own_split)
          from
            (
              select distinct
                t.transaction_date,
                t.own_split
              from stg_transactions as t
              where
                t.user_id = p.user_id
                and t.account_id in (p.account_id, p.booked_in)
                and t.ticker = p.ticker
                and t.transaction_type = 'SPLIT'
                -- on the day itself it comes after the payment, which is of what was held the day before
                and t.transaction_date >= p.entitled_on
                and t.transaction_date <= p.as_of
            ) as s
        ),
        1
      ) as cash_per_share
    from paid as p
    where not p.is_gone
  ),
  ranked as (
    select
      user_id,
      account_id,
      ticker,
      cash_per_share,
      row_number() over (
        partition by user_id, account_id, ticker
        order by cash_per_share, paid_on
      ) as place,
      count(*) over (partition by user_id, account_id, ticker) as places
    from payments
    where cash_per_share > 0
  ),
  usual as (
    select
      user_id,
      account_id,
      ticker,
      avg(cash_per_share) as median
    from ranked
    where place in ((places + 1) / 2, (places + 2) / 2)
    group by user_id, account_id, ticker
  )
select
  p.user_id,
  p.account_id,
  p.ticker,
  p.as_of,
  p.source,
  p.paid_on,
  p.currency,
  p.quantity,
  p.cash_per_share,
  p.rate,
  coalesce(p.cash_per_share > 3 * u.median, false)
  and not exists (
    select
    from payments as e
    where
      e.user_id = p.user_id
      and e.account_id = p.account_id
      and e.ticker = p.ticker
      and e.paid_on between p.paid_on - interval '1 year 45 days' and p.paid_on - interval '1 year -45 days'
      and e.cash_per_share >= p.cash_per_share / 2
  ) as is_special
from
  payments as p
  left join usual as u on u.user_id = p.user_id and u.account_id = p.account_id and u.ticker = p.ticker
