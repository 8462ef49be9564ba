-- One row per account, ticker that it holds on the last day, and payment of about the year up to then: what the same payment brings a year
-- later, if each share pays what it paid. A company pays some days earlier or later than a year ago: a payment is expected until the next of
-- its kind is there, which is one after a year less 15 days, and for 15 days above a year at most. An estimate, before tax, in the person's base currency at the last day's rate.
--
-- Of what trades no more nothing is expected, and a special payment is not expected again (int_recent_payments).
with
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
      cash_per_share,
      rate,
      max(paid_on) over of_ticker as latest,
      count(*) filter (where paid_on > as_of - interval '1 year') over of_ticker as payments
    from int_recent_payments
    where not is_special and paid_on > as_of - interval '1 year 15 days'
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
