-- One row per person and macro regime: how the portfolio did on the days of that regime, put end to end.
--
-- Multiplied over the regimes, 1 + return is the portfolio's own 1 + twr. Days on which no regime was known (no macro
-- data, or older than them) are `unknown`. Definitions: of the figures docs/metrics.md, of the regimes docs/regimes.md.
with
  days as (
    select
      returns.user_id,
      coalesce(regimes.regime, 'unknown') as regime,
      returns.price_date,
      returns.daily_return,
      returns.risk_return,
      returns.periods_per_year
    from
      int_risk_returns as returns
      left join fct_macro_regimes as regimes on regimes.date = returns.price_date
    where returns.portfolio_id = 0
  ),
  indexes as (
    select
      *,
      product(1 + coalesce(daily_return, 0)) over to_date as regime_index
    from days
    window
      to_date as (
        partition by user_id, regime
        order by price_date
        rows unbounded preceding
      )
  ),
  drawdowns as (
    select
      *,
      regime_index / greatest(
        1,
        max(regime_index) over (
          partition by user_id, regime
          order by price_date
          rows unbounded preceding
        )
      ) - 1 as drawdown
    from indexes
  ),
  figures as (
    select
      user_id,
      regime,
      count(*) as days,
      count(risk_return) as returns,
      product(1 + coalesce(daily_return, 0) order by price_date) - 1 as return,
      stddev_samp(risk_return order by price_date) * sqrt(max(periods_per_year)) as volatility,
      min(drawdown) as max_drawdown,
      case
        when count(daily_return) = 0 then 'nothing was held'
      end as held_reason,
      too_few_days(count(*)) as days_reason,
      too_few_returns(count(risk_return)) as returns_reason
    from drawdowns
    group by user_id, regime
  ),
  reasons as (
    select
      *,
      coalesce(
        held_reason,
        days_reason,
        -- as in int_performance
        case
          when return < -1 then 'more than everything was lost'
        end
      ) as annual_reason
    from figures
  )
select
  user_id,
  regime,
  days,
  returns,
  case
    when held_reason is null then return
  end as return,
  held_reason as return_reason,
  case
    when annual_reason is null then annualized_return(return, days)
  end as annualized_return,
  annual_reason as annualized_return_reason,
  case
    when coalesce(held_reason, returns_reason) is null then volatility
  end as volatility,
  coalesce(held_reason, returns_reason) as volatility_reason,
  case
    when held_reason is null then max_drawdown
  end as max_drawdown,
  held_reason as max_drawdown_reason
from reasons
