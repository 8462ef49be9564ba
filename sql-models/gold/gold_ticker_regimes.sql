-- One row per person, ticker held and macro regime: how the ticker did on the days of that regime, put end to end.
--
-- As gold_regime_performance has it of the portfolio. Multiplied over the regimes, 1 + return is the ticker's own 1 + total_return.
with
  indexes as (
    select
      d.user_id,
      d.ticker,
      d.price_date,
      d.daily_return,
      coalesce(m.regime, 'unknown') as regime,
      product(1 + coalesce(d.daily_return, 0)) over (
        partition by d.user_id, d.ticker, coalesce(m.regime, 'unknown')
        order by d.price_date
        rows unbounded preceding
      ) as regime_index
    from
      int_holding_gains as d
      left join fct_macro_regimes as m on m.date = d.price_date
  ),
  falls as (
    select
      *,
      regime_index / greatest(
        1,
        max(regime_index) over (
          partition by user_id, ticker, regime
          order by price_date
          rows unbounded preceding
        )
      ) - 1 as drawdown
    from indexes
  ),
  parts as (
    select
      user_id,
      ticker,
      regime,
      count(*) as days,
      count(daily_return) as invested_days,
      product(1 + coalesce(daily_return, 0) order by price_date) - 1 as return,
      min(drawdown) as max_drawdown,
      0 as returns,
      null as volatility
    from falls
    group by user_id, ticker, regime
    union all
    select
      r.user_id,
      r.ticker,
      coalesce(m.regime, 'unknown') as regime,
      0 as days,
      0 as invested_days,
      null as return,
      null as max_drawdown,
      count(r.risk_return) as returns,
      stddev_samp(r.risk_return order by r.price_date) * sqrt(max(r.periods_per_year)) as volatility
    from
      int_holding_risk_returns as r
      left join fct_macro_regimes as m on m.date = r.price_date
    group by r.user_id, r.ticker, coalesce(m.regime, 'unknown')
  ),
  figures as (
    select
      user_id,
      ticker,
      regime,
      sum(days)::bigint as days,
      sum(returns)::bigint as returns,
      max(return) as return,
      max(volatility) as volatility,
      max(max_drawdown) as max_drawdown,
      case
        when sum(invested_days) = 0 then 'nothing was invested'
      end as held_reason,
      too_few_returns(sum(returns)::bigint) as returns_reason
    from parts
    group by user_id, ticker, regime
  )
select
  user_id,
  ticker,
  regime,
  days,
  returns,
  case
    when held_reason is null then return
  end as return,
  held_reason as return_reason,
  case
    when coalesce(held_reason, returns_reason) is null then volatility
  end as volatility,
  coalesce(held_reason, returns_reason) as volatility_reason,
  case
    when held_reason is null then max_drawdown
  end as max_drawdown,
  held_reason as max_drawdown_reason
from figures
