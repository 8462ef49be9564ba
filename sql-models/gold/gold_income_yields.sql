-- One row per portfolio and ticker held on the last day, and one (ticker null) of all of them: what the next twelve months are expected to
-- bring (gold_expected_income) of what the holdings are worth, and of what they cost. In the person's base currency; cash and its interest are in none.
--
-- What nobody knows the income of is in neither figure, on both sides, and counted (unestimated): its history is not there, or has ended. Value
-- is of what has a price: a transaction's, which stands in before the first bar, gives no yield, and is left out of that one, too (unpriced).
with
  expected as (
    select
      user_id,
      account_id,
      ticker,
      sum(gross) as gross
    from gold_expected_income
    group by user_id, account_id, ticker
  ),
  special as (
    select
      user_id,
      account_id,
      ticker,
      sum(quantity * cash_per_share * rate) as gross
    from int_recent_payments
    where is_special and paid_on > as_of - interval '1 year'
    group by user_id, account_id, ticker
  ),
  holdings as (
    select
      m.portfolio_id,
      h.user_id,
      h.ticker,
      h.as_of,
      h.market_value,
      h.cost_basis,
      h.is_priced,
      coalesce(e.gross, 0) as expected,
      coalesce(s.gross, 0) as special,
      case
        when h.is_gone then 'it trades no more, or its prices have stopped'
        when e.gross is null
        and s.gross is null
        and not h.is_told then 'nothing is known of what it pays'
      end as unknown
    from
      int_estimated_holdings as h
      join int_portfolios as m on m.user_id = h.user_id and m.account_id = h.account_id
      left join expected as e on e.user_id = h.user_id and e.account_id = h.account_id and e.ticker = h.ticker
      left join special as s on s.user_id = h.user_id and s.account_id = h.account_id and s.ticker = h.ticker
  ),
  sums as (
    select
      h.user_id,
      h.portfolio_id,
      part.ticker,
      min(h.as_of) as as_of,
      count(distinct h.ticker) as holdings,
      count(distinct h.ticker) filter (where not h.is_priced) as unpriced,
      count(distinct h.ticker) filter (where h.unknown is not null) as unestimated,
      count(distinct h.ticker) filter (where not h.is_priced or h.unknown is not null) as unyielding,
      min(h.unknown) as unknown,
      sum(h.expected) filter (where h.unknown is null) as expected,
      sum(h.special) as special,
      sum(h.cost_basis) as cost_basis,
      coalesce(sum(h.cost_basis) filter (where h.unknown is null), 0) as estimated_cost,
      coalesce(sum(h.expected) filter (where h.is_priced and h.unknown is null), 0) as priced_expected,
      coalesce(sum(h.market_value) filter (where h.is_priced), 0) as market_value,
      coalesce(sum(h.market_value) filter (where h.is_priced and h.unknown is null), 0) as estimated_value
    from
      holdings as h
      cross join lateral (
        values
          (h.ticker),
          (null)
      ) as part (ticker)
    group by h.user_id, h.portfolio_id, part.ticker
  )
select
  user_id,
  portfolio_id,
  ticker,
  as_of,
  holdings,
  unpriced,
  unestimated,
  unyielding,
  expected,
  case
    when unestimated = holdings then unknown
  end as expected_reason,
  special,
  priced_expected,
  market_value,
  estimated_value,
  cost_basis,
  estimated_cost,
  (priced_expected / nullif(estimated_value, 0))::double precision as income_yield,
  case
    when unpriced = holdings then 'no price is known'
    when unyielding = holdings then coalesce(unknown, 'no price is known')
    when estimated_value = 0 then 'it is worth nothing'
  end as income_yield_reason,
  (expected / nullif(estimated_cost, 0))::double precision as yield_on_cost,
  case
    when unestimated = holdings then unknown
    when estimated_cost = 0 then 'it cost nothing'
  end as yield_on_cost_reason
from sums
