-- One row per portfolio and ticker held on the last day, and one (ticker null) of all of them: what the next twelve months are expected to
-- bring (gold_expected_income) of what the holdings are worth, and of what they cost. In the person's base currency; cash and its interest are in none.
--
-- Value is of what has a price: a transaction's, which stands in before the first bar, gives no yield. What has none is left out of the
-- whole on both sides, and counted (unpriced).
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
  holdings as (
    select
      m.portfolio_id,
      h.user_id,
      h.ticker,
      h.price_date as as_of,
      h.market_value,
      h.cost_basis,
      h.is_priced,
      coalesce(e.gross, 0) as expected
    from
      int_daily_holdings as h
      join int_portfolios as m on m.user_id = h.user_id and m.account_id = h.account_id
      left join expected as e on e.user_id = h.user_id and e.account_id = h.account_id and e.ticker = h.ticker
    where
      h.quantity > 0
      -- as in gold_expected_income
      and h.price_date = (
        select known.last_day
        from int_last_day as known
      )
  ),
  sums as (
    select
      h.user_id,
      h.portfolio_id,
      part.ticker,
      min(h.as_of) as as_of,
      count(distinct h.ticker) as holdings,
      count(distinct h.ticker) filter (where not h.is_priced) as unpriced,
      sum(h.expected) as expected,
      sum(h.cost_basis) as cost_basis,
      coalesce(sum(h.expected) filter (where h.is_priced), 0) as priced_expected,
      coalesce(sum(h.market_value) filter (where h.is_priced), 0) as market_value
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
  expected,
  priced_expected,
  market_value,
  cost_basis,
  (priced_expected / nullif(market_value, 0))::double precision as income_yield,
  case
    when unpriced = holdings then 'no price is known'
    when market_value = 0 then 'it is worth nothing'
  end as income_yield_reason,
  (expected / nullif(cost_basis, 0))::double precision as yield_on_cost,
  case
    when cost_basis = 0 then 'it cost nothing'
  end as yield_on_cost_reason
from sums
