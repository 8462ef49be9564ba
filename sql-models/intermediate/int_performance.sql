-- One row per portfolio: how it has done, and beside each figure that may be missing the reason why it is.
--
-- Definitions, formulas and conventions: docs/metrics.md.
with
  figures as (
    select
      *,
      coalesce(
        too_few_days(days),
        -- On margin: there is no root of a factor below 0.
        case
          when twr < -1 then 'more than everything was lost'
        end
      ) as annual_reason,
      too_few_days(flow_days) as flow_days_reason,
      too_few_returns(returns) as returns_reason,
      case
        when currency != 'USD' then 'no risk-free rate is known in ' || currency
        when returns_without_risk_free > 0 then 'no risk-free rate (FRED DTB3) is known for some of the days'
      end as risk_free_reason,
      -- Returns that are all alike still differ in their last bits: a deviation of 1e-18 is none.
      case
        when excess_deviation <= 1e-12 then 'the returns do not vary'
      end as excess_reason,
      case
        when downside_deviation <= 1e-12 then 'no return was below the risk-free rate'
      end as downside_reason,
      case
        when max_drawdown = 0 then 'never below its peak'
      end as drawdown_reason
    from int_performance_figures
  ),
  reasons as (
    select
      *,
      coalesce(flow_reason, flow_days_reason) as xirr_reason,
      coalesce(returns_reason, risk_free_reason, excess_reason) as sharpe_reason,
      coalesce(returns_reason, risk_free_reason, downside_reason) as sortino_reason,
      coalesce(annual_reason, drawdown_reason) as calmar_reason,
      case
        when max_drawdown_recovery_date is null then coalesce(drawdown_reason, 'still below the peak')
      end as max_drawdown_recovery_date_reason,
      case
        when annual_reason is null then annualized_return(twr, days)
      end as annualized_return
    from figures
  )
select
  user_id,
  portfolio_id,
  as_of,
  first_date,
  days,
  currency,
  market_value,
  cash,
  cost_basis,
  net_contributions,
  total_gain,
  realized_pnl,
  unrealized_pnl,
  income,
  income_paid_out,
  fees,
  taxes,
  price_effect,
  currency_effect,
  twr,
  price_return,
  currency_return,
  annualized_return,
  annual_reason as annualized_return_reason,
  case
    when xirr_reason is null then flow_rate
  end as xirr,
  xirr_reason,
  flow_return as money_weighted_return,
  flow_reason as money_weighted_return_reason,
  returns,
  periods_per_year,
  case
    when returns_reason is null then volatility
  end as volatility,
  returns_reason as volatility_reason,
  case
    when sharpe_reason is null then annual_excess / excess_deviation
  end as sharpe,
  sharpe_reason,
  case
    when sortino_reason is null then annual_excess / downside_deviation
  end as sortino,
  sortino_reason,
  max_drawdown,
  max_drawdown_peak_date,
  max_drawdown_trough_date,
  max_drawdown_recovery_date,
  max_drawdown_recovery_date_reason,
  current_drawdown,
  case
    when calmar_reason is null then annualized_return / abs(max_drawdown)
  end as calmar,
  calmar_reason,
  best_day,
  best_day_date,
  worst_day,
  worst_day_date,
  case
    when best_day is null then 'there is no return'
  end as best_day_reason,
  case
    when worst_day is null then 'there is no return'
  end as worst_day_reason,
  is_provisional,
  is_estimated
from reasons
