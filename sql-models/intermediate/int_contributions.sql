-- One row per person and ticker held: what it added to the gain, to the return and to the swings of the portfolio.
--
-- contributions and contribution_products are the sums over all days that returns of the portfolio are made of: of the ticker's parts, and
-- of these times the portfolio's returns, which is what a covariance of both is made of. A day on which the ticker was not held
-- adds nothing, as its part is 0.
--
-- Both kinds of days are added up at once, each a sum that the other adds nothing to: a join of what is grouped would be grouped for
-- everybody, whoever is asked about.
with
  days as (
    select
      user_id,
      ticker,
      price_date,
      gain,
      index_gain,
      contribution,
      portfolio_return,
      null as risk_return,
      null as periods_per_year
    from int_holding_gains
    union all
    select
      user_id,
      ticker,
      price_date,
      null as gain,
      null as index_gain,
      null as contribution,
      null as portfolio_return,
      risk_return,
      periods_per_year
    from int_holding_risk_returns
  )
select
  user_id,
  ticker,
  sum(gain) as gain,
  coalesce(sum(index_gain order by price_date), 0) as return_contribution,
  count(risk_return) as returns,
  stddev_samp(risk_return order by price_date) * sqrt(max(periods_per_year)) as volatility,
  coalesce(sum(contribution order by price_date), 0) as contributions,
  coalesce(sum(contribution * portfolio_return order by price_date), 0) as contribution_products
from days
group by user_id, ticker
