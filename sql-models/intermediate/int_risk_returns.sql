-- One row per person and calendar day: the portfolio's day, with its return as risk figures count it.
--
-- A trading day is one on which an exchange-traded asset that is held has a bar. What happens between two of them (a
-- crypto over the weekend) compounds into the later one: 252 such returns make a year. Who only ever held what trades
-- around the clock has a return every day, and 365 a year. Calendar days annualised with 252 would understate risk.
with people as (
  select
    *,
    bool_or(holds_exchange_traded) over (partition by user_id) as is_by_trading_day
  from gold_p_timeseries
),
days as (
  select
    *,
    is_trading_day or not is_by_trading_day as is_risk_day,
    -- the same for a risk day and the days before it that compound into it
    count(*) filter (where is_trading_day or not is_by_trading_day) over (
      partition by user_id
      order by price_date
      rows between unbounded preceding and 1 preceding
    ) as risk_period
  from people
),
returns as (
  select
    *,
    -- Nothing invested all the while is no return, not one of 0.
    case when is_risk_day and count(daily_return) over to_date > 0
      then product(1 + daily_return) over to_date - 1
    end as risk_return
  from days
  window to_date as (partition by user_id, risk_period order by price_date)
)
select
  user_id, price_date, market_value, prev_market_value, cost_basis, net_flow, net_contributions, income, income_paid_out,
  fees_paid, realized_pnl, unrealized_pnl, total_gain, daily_return, twr_index, running_peak, drawdown, is_provisional, is_estimated,
  case when is_by_trading_day then 252 else 365 end as periods_per_year,
  risk_return,
  case
    when risk_return is not null
      -- by key: joined, the whole table would be hashed for each person
      then (
        select case when returns.is_by_trading_day then f.rate_per_trading_day else f.rate_per_calendar_day end
        from int_risk_free f
        where f.calendar_date = returns.price_date
      )
  end as risk_free_return
from returns
