-- One row per account, ticker that it holds on the last day, and payment of the three years up to then: what one of today's shares was paid,
-- before tax, in the ticker's currency.
--
-- Paid as the market says, by ex-date. Of a ticker of which the market tells nothing in about the last year, as the person's accounts booked it: what one
-- share was paid is true of all, so that shares moved from another account expect what that one was paid. An account's own booking
-- goes before another's within 15 days, which is the same payment. What a share paid before a split of one's own is of fewer shares than
-- now, and is divided by it: what is held knows the market's splits alone.
--
-- is_special: more than three times what the ticker usually pays (the median), and no payment half as large came about a year before; of what
-- was paid for less than that time nobody knows.
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
  splits as (
    select
      user_id,
      ticker,
      array_agg(account_id order by transaction_id) as accounts,
      array_agg(transaction_date order by transaction_id) as dates,
      array_agg(own_split order by transaction_id) as ratios
    from stg_transactions
    where transaction_type = 'SPLIT'
    group by user_id, ticker
  ),
  payments as (
    select
      p.*,
      p.cash_per_share_then / coalesce(
        (
          select product(own.ratio)
          from
            (
              select distinct
                one.split_date,
                one.ratio
              from unnest(s.accounts, s.dates, s.ratios) as one (account_id, split_date, ratio)
              where
                one.account_id in (p.account_id, p.booked_in)
                -- on the day itself it comes after the payment, which is of what was held the day before
                and one.split_date >= p.entitled_on
                and one.split_date <= p.as_of
            ) as own
        ),
        1
      ) as cash_per_share
    from
      paid as p
      left join splits as s on s.user_id = p.user_id and s.ticker = p.ticker
    where not p.is_gone
  ),
  ranked as (
    select
      *,
      row_number() over (
        partition by user_id, account_id, ticker
        order by cash_per_share, paid_on
      ) as place,
      count(*) over (partition by user_id, account_id, ticker) as places,
      max(cash_per_share) over (
        partition by user_id, account_id, ticker
        order by paid_on
        range between interval '1 year 45 days' preceding and interval '320 days' preceding
      ) as year_before,
      min(paid_on) over (partition by user_id, account_id, ticker) as first_paid_on
    from payments
  ),
  usual as (
    select
      *,
      avg(cash_per_share)
        filter (where place in ((places + 1) / 2, (places + 2) / 2))
        over (partition by user_id, account_id, ticker) as median
    from ranked
  )
select
  user_id,
  account_id,
  ticker,
  as_of,
  source,
  paid_on,
  currency,
  quantity,
  cash_per_share,
  rate,
  cash_per_share > 3 * median
  and cash_per_share > 0
  and first_paid_on <= paid_on - interval '1 year 45 days'
  and coalesce(year_before < cash_per_share / 2, true) as is_special
from usual
