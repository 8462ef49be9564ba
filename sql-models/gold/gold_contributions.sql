-- One row per person and ticker held: what it added to the gain, to the return and to the swings of the portfolio; and one of no
-- ticker (''), for all that is of none: cash, its interest and exchange rates, taxes, fees of no trade, income of what was sold.
--
-- Over all rows, return_contribution adds up to the portfolio's time-weighted return, volatility_contribution to 1, and
-- gain to its gain. Definitions: docs/metrics.md.
with
  days as (
    select
      user_id,
      price_date,
      risk_return,
      twr_index,
      null as gain
    from int_risk_returns
    where portfolio_id = 0
    union all
    select
      user_id,
      price_date,
      null as risk_return,
      null as twr_index,
      market_value - prev_market_value - net_flow + income_paid_out as gain
    from int_portfolio_daily
    where portfolio_id = 0
  ),
  portfolios as (
    select
      user_id,
      count(risk_return) as returns,
      avg(risk_return order by price_date) as mean_return,
      var_samp(risk_return order by price_date) * (count(risk_return) - 1) as squares,
      first(twr_index order by price_date desc) - 1 as twr,
      min(twr_index) as least_index,
      sum(gain) as gain
    from days
    group by user_id
  ),
  parts as (
    select
      user_id,
      ticker,
      gain,
      return_contribution,
      returns,
      volatility,
      contributions,
      contribution_products,
      null as mean_return,
      null as squares,
      null as least_index,
      null as portfolio_returns
    from int_contributions
    union all
    select
      user_id,
      '' as ticker,
      gain,
      twr as return_contribution,
      returns,
      null as volatility,
      null as contributions,
      null as contribution_products,
      mean_return,
      squares,
      least_index,
      returns as portfolio_returns
    from portfolios
  ),
  -- What is the portfolio's is spread over its parts by a window: a join would be grouped for everybody, whoever is asked about.
  covariances as (
    select
      user_id,
      ticker,
      gain,
      return_contribution,
      returns,
      volatility,
      -- sum of (part x (return - mean return)): (n - 1) covariances
      contribution_products - max(mean_return) over person * contributions as products,
      max(squares) over person as squares,
      max(least_index) over person as least_index,
      max(portfolio_returns) over person as portfolio_returns
    from parts
    window person as (partition by user_id)
  ),
  rests as (
    select
      user_id,
      ticker,
      returns,
      volatility,
      squares,
      least_index,
      portfolio_returns,
      case
        when ticker = '' then gain - coalesce(sum(gain) filter (where ticker != '') over person, 0)
        else gain
      end as gain,
      case
        when ticker = '' then return_contribution - coalesce(
          sum(return_contribution) filter (where ticker != '') over person,
          0
        )
        else return_contribution
      end as return_contribution,
      case
        when ticker = '' then squares - coalesce(sum(products) over person, 0)
        else products
      end as products
    from covariances
    window
      person as (
        partition by user_id
        order by ticker
        rows between unbounded preceding and unbounded following
      )
  ),
  reasons as (
    select
      *,
      case
        when ticker = '' then 'it has no returns of its own'
        else too_few_returns(returns)
      end as volatility_reason,
      coalesce(
        too_few_returns(portfolio_returns),
        case
          when squares <= 1e-24 * portfolio_returns then 'the returns do not vary'
          when least_index <= 0 then 'everything was lost'
        end
      ) as contribution_reason
    from rests
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
