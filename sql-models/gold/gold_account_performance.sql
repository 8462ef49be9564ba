-- One row per account with a transaction: how it has done by itself. A person's only account is the whole of what they have.
select
  p.user_id,
  m.account_id,
  p.as_of,
  p.first_date,
  p.days,
  p.currency,
  p.market_value,
  p.cash,
  p.cost_basis,
  p.net_contributions,
  p.total_gain,
  p.realized_pnl,
  p.unrealized_pnl,
  p.income,
  p.income_paid_out,
  p.fees,
  p.taxes,
  p.price_effect,
  p.currency_effect,
  p.twr,
  p.price_return,
  p.currency_return,
  p.annualized_return,
  p.annualized_return_reason,
  p.xirr,
  p.xirr_reason,
  p.money_weighted_return,
  p.money_weighted_return_reason,
  p.returns,
  p.periods_per_year,
  p.volatility,
  p.volatility_reason,
  p.sharpe,
  p.sharpe_reason,
  p.sortino,
  p.sortino_reason,
  p.max_drawdown,
  p.max_drawdown_peak_date,
  p.max_drawdown_trough_date,
  p.max_drawdown_recovery_date,
  p.max_drawdown_recovery_date_reason,
  p.current_drawdown,
  p.calmar,
  p.calmar_reason,
  p.best_day,
  p.best_day_date,
  p.worst_day,
  p.worst_day_date,
  p.best_day_reason,
  p.worst_day_reason,
  p.is_provisional,
  p.is_estimated
from
  int_portfolios as m
  join int_performance as p on p.user_id = m.user_id and p.portfolio_id = m.portfolio_id
where
  m.portfolio_id != 0
  or not exists (
    select
    from int_portfolios as other
    where other.user_id = m.user_id and other.portfolio_id != 0
  )
