-- One row per portfolio: what the formulas give. Whether there is enough to go by is decided in gold__performance.
--
-- One pass over the person's returns and one over the person's money. Drawdown is that of the index, never of the
-- market value: a withdrawal is not a crash. Peak: the first day on which the index stood where the fall began (the day
-- before the first trade, if it never stood above 1); trough: the first day at the bottom; recovery: the first day back
-- up (null: still below).
with
  falls as (
    select
      *,
      min(price_date) filter (where drawdown = max_drawdown and max_drawdown < 0) over person as trough_date,
      min(running_peak) filter (where drawdown = max_drawdown) over person as peak,
      max(price_date) over person as last_date
    from int_risk_returns
    window person as (partition by user_id, portfolio_id)
  ),
  risks as (
    select
      user_id,
      portfolio_id,
      min(price_date) as first_date,
      max(periods_per_year) as periods_per_year,
      count(risk_return) as returns,
      count(risk_return) - count(risk_free_return) as returns_without_risk_free,
      stddev_samp(risk_return order by price_date) * sqrt(max(periods_per_year)) as volatility,
      avg(risk_return - risk_free_return order by price_date) * sqrt(max(periods_per_year)) as annual_excess,
      stddev_samp(risk_return - risk_free_return order by price_date) as excess_deviation,
      -- least(0, null) is 0: without the filter every day that is no trading day would count as one without a loss.
      sqrt(
        avg(power(least(0, risk_return - risk_free_return), 2) order by price_date) filter (
          where risk_return is not null
        )
      ) as downside_deviation,
      min(max_drawdown) as max_drawdown,
      case
        when min(trough_date) is not null then coalesce(
          min(price_date) filter (where twr_index = peak and price_date < trough_date),
          min(price_date) - 1
        )
      end as max_drawdown_peak_date,
      min(trough_date) as max_drawdown_trough_date,
      min(price_date) filter (where price_date > trough_date and twr_index >= peak) as max_drawdown_recovery_date,
      min(best_day) as best_day,
      min(price_date) filter (where daily_return = best_day) as best_day_date,
      min(worst_day) as worst_day,
      min(price_date) filter (where daily_return = worst_day) as worst_day_date,
      min(twr_index) filter (where price_date = last_date) - 1 as twr,
      min(drawdown) filter (where price_date = last_date) as current_drawdown
    from falls
    group by user_id, portfolio_id
  )
select
  r.user_id,
  r.portfolio_id,
  last_day.price_date as as_of,
  r.first_date,
  last_day.price_date - r.first_date + 1 as days,
  last_day.currency,
  last_day.market_value,
  last_day.cost_basis,
  m.net_contributions,
  last_day.cash,
  -- all that it is worth and has paid out, above what was put in or was there before
  last_day.market_value - first_day.prev_market_value - m.net_contributions + m.income_paid_out as total_gain,
  m.realized_pnl,
  last_day.market_value - last_day.cash - last_day.cost_basis as unrealized_pnl,
  m.income,
  m.income_paid_out,
  m.fees,
  m.taxes,
  m.price_effect,
  m.currency_effect,
  r.twr,
  m.price_return,
  coalesce((1 + r.twr) / nullif(1 + m.price_return, 0) - 1, 0) as currency_return,
  x.days as flow_days,
  x.rate as flow_rate,
  x.period_return as flow_return,
  x.reason as flow_reason,
  r.periods_per_year,
  r.returns,
  r.returns_without_risk_free,
  r.volatility,
  r.annual_excess,
  r.excess_deviation,
  r.downside_deviation,
  r.max_drawdown,
  r.max_drawdown_peak_date,
  r.max_drawdown_trough_date,
  r.max_drawdown_recovery_date,
  r.current_drawdown,
  r.best_day,
  r.best_day_date,
  r.worst_day,
  r.worst_day_date,
  last_day.is_provisional,
  last_day.is_estimated
from
  risks as r
  cross join lateral (
    select
      sum(d.net_flow) as net_contributions,
      sum(d.income) as income,
      sum(d.income_paid_out) as income_paid_out,
      sum(d.fees) as fees,
      sum(d.taxes) as taxes,
      sum(d.realized_pnl) as realized_pnl,
      sum(d.price_effect) as price_effect,
      sum(d.currency_effect) as currency_effect,
      -- The days' returns without what exchange rates did, put end to end like the days' returns themselves.
      product(
        1 + coalesce(
          case
            when d.currency_effect = 0
            or d.daily_return is null then d.daily_return
            else daily_return(d.market_value - d.currency_effect, d.prev_market_value, d.net_flow, d.income_paid_out)
          end,
          0
        )
        order by d.price_date
      ) - 1 as price_return,
      array_agg(d.price_date order by d.price_date) filter (where d.income_paid_out != d.net_flow) as flow_dates,
      array_agg(d.income_paid_out - d.net_flow order by d.price_date) filter (
        where d.income_paid_out != d.net_flow
      ) as flow_amounts
    from int_portfolio_daily as d
    where d.user_id = r.user_id and d.portfolio_id = r.portfolio_id
  ) as m
  cross join lateral (
    select d.prev_market_value
    from int_portfolio_daily as d
    where d.user_id = r.user_id and d.portfolio_id = r.portfolio_id
    order by d.price_date
    limit 1
  ) as first_day
  cross join lateral (
    select
      d.price_date,
      d.currency,
      d.market_value,
      d.cash,
      d.cost_basis,
      d.is_provisional,
      d.is_estimated
    from int_portfolio_daily as d
    where d.user_id = r.user_id and d.portfolio_id = r.portfolio_id
    order by d.price_date desc
    limit 1
  ) as last_day
  -- What there was before the first day counts as put in: 0, unless the days are a slice of the person's.
  cross join lateral xirr(
    (r.first_date - 1) || m.flow_dates || last_day.price_date,
    -first_day.prev_market_value || m.flow_amounts || last_day.market_value
  ) as x
