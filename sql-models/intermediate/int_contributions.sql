-- One row per person and ticker held: what it added to the gain, to the return and to the swings of the portfolio.
--
-- contributions and contribution_products are the sums over all days that returns of the portfolio are made of: of the ticker's parts, and
-- of these times the portfolio's returns, which is what a covariance of both is made of. A day on which the ticker was not held
-- adds nothing, as its part is 0.
with
  days as materialized (
    select
      user_id,
      ticker,
      sum(gain) as gain,
      coalesce(sum(index_gain order by price_date), 0) as return_contribution,
      coalesce(sum(contribution order by price_date), 0) as contributions,
      coalesce(sum(contribution * portfolio_return order by price_date), 0) as contribution_products
    from int_holding_gains
    group by user_id, ticker
  ),
  returns as materialized (
    select
      user_id,
      ticker,
      count(risk_return) as returns,
      stddev_samp(risk_return order by price_date) * sqrt(max(periods_per_year)) as volatility
    from int_holding_risk_returns
    group by user_id, ticker
  )
select
  d.user_id,
  d.ticker,
  d.gain,
  d.return_contribution,
  coalesce(r.returns, 0) as returns,
  r.volatility,
  d.contributions,
  d.contribution_products
from
  days as d
  left join returns as r on r.user_id = d.user_id and r.ticker = d.ticker
