-- One row per person, ticker held and macro regime: how the ticker did on the days of that regime, put end to end.
--
-- As gold_regime_performance has it of the portfolio. Multiplied over the regimes, 1 + return is the ticker's own 1 + total_return.
with
  returns as (
    select
      user_id,
      ticker,
      price_date,
      true as is_day,
      daily_return,
      null as risk_return,
      null as periods_per_year
    from int_holding_gains
    union all
    select
      user_id,
      ticker,
      price_date,
      false as is_day,
      null as daily_return,
      risk_return,
      periods_per_year
    from int_holding_risk_returns
  ),
  indexes as (
    select
      r.*,
      coalesce(m.regime, 'unknown') as regime,
      product(1 + coalesce(r.daily_return, 0)) over (
        partition by r.user_id, r.ticker, coalesce(m.regime, 'unknown')
        order by r.price_date, r.is_day
        rows unbounded preceding
      ) as regime_index
    from
      returns as r
      left join fct_macro_regimes as m on m.date = r.price_date
  ),
  falls as (
    select
      *,
      regime_index / greatest(
        1,
        max(regime_index) over (
          partition by user_id, ticker, regime
          order by price_date, is_day
          rows unbounded preceding
        )
      ) - 1 as drawdown
    from indexes
  ),
  figures as (
    select
      user_id,
      ticker,
      regime,
      count(*) filter (where is_day) as days,
      count(risk_return) as returns,
      first(regime_index order by price_date desc, is_day desc) - 1 as return,
      stddev_samp(risk_return order by price_date) * sqrt(max(periods_per_year)) as volatility,
      min(drawdown) as max_drawdown,
      case
        when count(daily_return) = 0 then 'nothing was invested'
      end as held_reason,
      too_few_returns(count(risk_return)) as returns_reason
    from falls
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
