-- One row per person: what the formulas give. Whether there is enough to go by is decided in gold__performance.
--
-- One pass over the person's days. Drawdown is that of the index, never of the market value: a withdrawal is not a
-- crash. Peak: the first day on which the index stood where the fall began (the day before the first trade, if it
-- never stood above 1); trough: the first day at the bottom; recovery: the first day back up (null: still below).
with days as (
  select
    *,
    min(drawdown) over person as max_drawdown,
    max(daily_return) over person as best_day,
    min(daily_return) over person as worst_day,
    max(price_date) over person as as_of
  from int_risk_returns
  window person as (partition by user_id)
),
falls as (
  select
    *,
    min(price_date) filter (where drawdown = max_drawdown and max_drawdown < 0) over person as trough_date,
    min(running_peak) filter (where drawdown = max_drawdown) over person as peak,
    price_date = min(price_date) over person as is_first,
    price_date = as_of as is_last,
    income - net_flow + case when price_date = as_of then market_value else 0 end as money_out
  from days
  window person as (partition by user_id)
),
totals as (
  select
    user_id,
    max(as_of) as as_of,
    min(price_date) as first_date,
    max(as_of) - min(price_date) + 1 as days, -- since the day before the first trade, on which the index is 1
    max(market_value) filter (where is_last) as market_value,
    max(cost_basis) filter (where is_last) as cost_basis,
    max(net_contributions) filter (where is_last) as net_contributions,
    max(total_gain) filter (where is_last) as total_gain,
    max(realized_pnl) filter (where is_last) as realized_pnl,
    max(unrealized_pnl) filter (where is_last) as unrealized_pnl,
    max(income_paid_out) filter (where is_last) as income,
    max(fees_paid) filter (where is_last) as fees,
    max(twr_index) filter (where is_last) - 1 as twr,
    -- What there was before the first day counts as put in: 0, unless the days are a slice of the person's.
    (min(price_date) - 1) || array_agg(price_date order by price_date) filter (where money_out <> 0) as flow_dates,
    -max(prev_market_value) filter (where is_first)
      || array_agg(money_out order by price_date) filter (where money_out <> 0) as flow_amounts,
    max(periods_per_year) as periods_per_year,
    count(risk_return) as returns,
    count(risk_return) - count(risk_free_return) as returns_without_risk_free,
    stddev_samp(risk_return) * sqrt(max(periods_per_year)) as volatility,
    avg(risk_return - risk_free_return) * sqrt(max(periods_per_year)) as annual_excess,
    stddev_samp(risk_return - risk_free_return) as excess_deviation,
    -- least(0, null) is 0: without the filter every day that is no trading day would count as one without a loss.
    sqrt(avg(power(least(0, risk_return - risk_free_return), 2)) filter (where risk_return is not null))
      as downside_deviation,
    min(max_drawdown) as max_drawdown,
    case
      when min(trough_date) is not null
        then coalesce(min(price_date) filter (where twr_index = peak), min(price_date) - 1)
    end as max_drawdown_peak_date,
    min(trough_date) as max_drawdown_trough_date,
    min(price_date) filter (where price_date > trough_date and twr_index >= peak) as max_drawdown_recovery_date,
    max(drawdown) filter (where is_last) as current_drawdown,
    min(best_day) as best_day,
    min(price_date) filter (where daily_return = best_day) as best_day_date,
    min(worst_day) as worst_day,
    min(price_date) filter (where daily_return = worst_day) as worst_day_date,
    bool_or(is_provisional) filter (where is_last) as is_provisional,
    bool_or(is_estimated) filter (where is_last) as is_estimated
  from falls
  group by user_id
)
select
  t.user_id, t.as_of, t.first_date, t.days, t.market_value, t.cost_basis, t.net_contributions, t.total_gain,
  t.realized_pnl, t.unrealized_pnl, t.income, t.fees, t.twr,
  x.days as flow_days, x.rate as flow_rate, x.period_return as flow_return, x.reason as flow_reason,
  t.periods_per_year, t.returns, t.returns_without_risk_free, t.volatility, t.annual_excess, t.excess_deviation,
  t.downside_deviation, t.max_drawdown, t.max_drawdown_peak_date, t.max_drawdown_trough_date,
  t.max_drawdown_recovery_date, t.current_drawdown, t.best_day, t.best_day_date, t.worst_day, t.worst_day_date,
  t.is_provisional, t.is_estimated
from totals t
cross join lateral xirr(t.flow_dates, t.flow_amounts) x
