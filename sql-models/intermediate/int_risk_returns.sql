-- One row per portfolio and calendar day: the portfolio's return as risk figures count it.
--
-- A trading day is one on which an exchange-traded asset that is held has a bar. What happens between two of them (a
-- crypto over the weekend) compounds into the later one. Who only ever held what trades around the clock has a return
-- every day. Each is annualised by its own number a year: calendar days by that of trading days would understate risk.
--
-- No money in it: each of its windows copies its rows, and narrow rows halve what that costs.
with
  days as (
    select
      user_id,
      portfolio_id,
      price_date,
      daily_return,
      twr_index,
      running_peak,
      drawdown,
      is_trading_day,
      bool_or(holds_exchange_traded) over person as is_by_trading_day,
      min(drawdown) over person as max_drawdown,
      max(daily_return) over person as best_day,
      min(daily_return) over person as worst_day,
      -- the same for a trading day and the days before it that compound into it
      count(*)
        filter (where is_trading_day)
        over (
          partition by user_id, portfolio_id
          order by price_date
          rows between unbounded preceding and 1 preceding
        ) as trading_period
    from int_portfolio_index
    window person as (partition by user_id, portfolio_id)
  ),
  returns as (
    select
      *,
      case
        when not is_by_trading_day then daily_return
        -- Nothing invested all the while is no return, not one of 0.
        when is_trading_day
        and count(daily_return) over to_date > 0 then product(1 + daily_return) over to_date - 1
      end as risk_return
    from days
    window
      to_date as (
        partition by user_id, portfolio_id, trading_period
        order by price_date
        rows unbounded preceding
      )
  )
select
  r.user_id,
  r.portfolio_id,
  r.price_date,
  r.daily_return,
  r.twr_index,
  r.running_peak,
  r.drawdown,
  r.max_drawdown,
  r.best_day,
  r.worst_day,
  case
    when r.is_by_trading_day then trading_days_per_year()
    else calendar_days_per_year()
  end as periods_per_year,
  case
    when r.is_by_trading_day then r.trading_period
    else r.price_date - date '1970-01-01'
  end as risk_period,
  r.risk_return,
  case
    when r.risk_return is not null then case
      when r.is_by_trading_day then f.rate_per_trading_day
      else f.rate_per_calendar_day
    end
  end as risk_free_return
from
  returns as r
  left join int_risk_free as f on f.calendar_date = r.price_date
