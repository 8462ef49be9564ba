-- One row per person and ticker held: what it added to the gain, to the return and to the swings of the portfolio; and one of no
-- ticker (''), for all that is of none: cash, its interest and exchange rates, taxes, fees of no trade, income of what was sold.
--
-- Over all rows, return_contribution adds up to the portfolio's time-weighted return, volatility_contribution to 1, and
-- gain to its gain. Definitions: docs/metrics.md.
with
  portfolios as (
    select
      user_id,
      count(risk_return) as returns,
      avg(risk_return order by price_date) as mean_return,
      var_samp(risk_return order by price_date) * (count(risk_return) - 1) as squares,
      first(twr_index order by price_date desc) - 1 as twr,
      min(twr_index) as least_index
    from int_risk_returns
    where portfolio_id = 0
    group by user_id
  ),
  gains as materialized (
    select
      user_id,
      sum(market_value - prev_market_value - net_flow + income_paid_out) as gain
    from int_portfolio_daily
    where portfolio_id = 0
    group by user_id
  ),
  holdings as (
    select
      c.user_id,
      c.ticker,
      c.gain,
      c.return_contribution,
      c.returns,
      c.volatility,
      -- sum of (part x (return - mean return)): (n - 1) covariances
      c.contribution_products - p.mean_return * c.contributions as products
    from
      int_contributions as c
      join portfolios as p on p.user_id = c.user_id
  ),
  sums as (
    select
      user_id,
      sum(gain) as gain,
      sum(return_contribution order by ticker) as return_contribution,
      sum(products order by ticker) as products
    from holdings
    group by user_id
  ),
  parts as (
    select *
    from holdings
    union all
    select
      p.user_id,
      '' as ticker,
      g.gain - coalesce(s.gain, 0) as gain,
      p.twr - coalesce(s.return_contribution, 0) as return_contribution,
      p.returns,
      null as volatility,
      p.squares - coalesce(s.products, 0) as products
    from
      portfolios as p
      join gains as g on g.user_id = p.user_id
      left join sums as s on s.user_id = p.user_id
  ),
  reasons as (
    select
      s.*,
      p.squares,
      case
        when s.ticker = '' then 'it has no returns of its own'
        else too_few_returns(s.returns)
      end as volatility_reason,
      coalesce(
        too_few_returns(p.returns),
        case
          when p.squares <= 1e-24 * p.returns then 'the returns do not vary'
          when p.least_index <= 0 then 'everything was lost'
        end
      ) as contribution_reason
    from
      parts as s
      join portfolios as p on p.user_id = s.user_id
  )
select
  user_id,
  ticker,
  gain,
  return_contribution,
  returns,
  case
    when volatility_reason is null then volatility
  end as volatility,
  volatility_reason,
  case
    when contribution_reason is null then products / squares
  end as volatility_contribution,
  contribution_reason as volatility_contribution_reason
from reasons
