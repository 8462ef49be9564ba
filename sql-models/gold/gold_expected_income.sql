-- One row per account, ticker that it holds on the last day, and payment of about the year up to then: what the same payment brings a year
-- later, if each share pays what it paid. A company pays some days earlier or later than a year ago: a payment is expected until the next of
-- its kind is there, which is one after a year less 15 days, and for 15 days above a year at most. An estimate, before tax, in the person's base currency at the last day's rate.
--
-- Paid as the market says, by ex-date. Of a ticker of which the market tells nothing in that year, as the account itself booked it, for
-- each share that it held then: one that booked none is expected to get none. What a share paid before a split of one's own is of fewer
-- shares than now, and is divided by it: what is held knows the market's splits alone.
with
  holdings as (
    select
      h.user_id,
      h.account_id,
      h.ticker,
      h.price_date as as_of,
      h.quantity,
      h.currency,
      h.rate
    from int_daily_holdings as h
    where
      h.quantity > 0
      -- not joined: the day is to be looked up before the holdings, or all of their days would be made
      and h.price_date = (
        select known.last_day
        from int_last_day as known
      )
  ),
  paid as (
    select
      h.*,
      d.ex_date as paid_on,
      d.cash_per_share as cash_per_share_then,
      'market' as source
    from
      holdings as h
      join stg_dividends as d
        on d.ticker = h.ticker and d.ex_date > h.as_of - interval '1 year 15 days' and d.ex_date <= h.as_of
    union all
    select
      h.*,
      b.pay_date as paid_on,
      b.gross / b.rate / held.quantity as cash_per_share_then,
      'ledger' as source
    from
      holdings as h
      join int_booked_income as b
        on b.user_id = h.user_id
        and b.account_id = h.account_id
        and b.ticker = h.ticker
        and b.pay_date > h.as_of - interval '1 year 15 days'
        and b.pay_date <= h.as_of
      join int_holding_periods as held
        on held.user_id = b.user_id
        and held.account_id = b.account_id
        and held.ticker = b.ticker
        and held.valid_from <= b.pay_date
        and held.valid_to > b.pay_date
        and held.quantity > 0
    where
      not exists (
        select
        from stg_dividends as d
        where d.ticker = h.ticker and d.ex_date > h.as_of - interval '1 year 15 days' and d.ex_date <= h.as_of
      )
  ),
  payments as (
    select
      p.*,
      p.cash_per_share_then / coalesce(
        (
          select product(t.own_split)
          from int_transactions as t
          where
            t.user_id = p.user_id
            and t.account_id = p.account_id
            and t.ticker = p.ticker
            and t.transaction_type = 'SPLIT'
            -- on an ex-date it comes after the payment, on the day of a booking before it
            and t.transaction_date >= p.paid_on + (p.source = 'ledger')::integer
            and t.transaction_date <= p.as_of
        ),
        1
      ) as cash_per_share
    from paid as p
  ),
  days as (
    select
      user_id,
      account_id,
      ticker,
      as_of,
      source,
      paid_on,
      currency,
      quantity,
      sum(cash_per_share) as cash_per_share,
      rate,
      max(paid_on) over of_ticker as latest,
      count(*) filter (where paid_on > as_of - interval '1 year') over of_ticker as payments
    from payments
    group by user_id, account_id, ticker, as_of, source, paid_on, currency, quantity, rate
    window of_ticker as (partition by user_id, account_id, ticker)
  )
select
  user_id,
  account_id,
  ticker,
  as_of,
  source,
  paid_on,
  greatest((paid_on + interval '1 year')::date, as_of + 1) as expected_on,
  currency,
  quantity,
  cash_per_share,
  rate,
  quantity * cash_per_share * rate as gross
from days
where
  case
    when payments <= 13 then latest <= paid_on + interval '1 year -15 days'
    -- oftener than monthly: the next of its kind is not to be told from its neighbours
    else paid_on > as_of - interval '1 year'
  end
