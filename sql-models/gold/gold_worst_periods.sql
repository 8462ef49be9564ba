-- Ten rows per person at most of each kind: the days and the calendar months that lost most, the worst first.
--
-- Of days each is daily_return, of months what gold_monthly_returns says. What lost nothing is not among them.
with
  losses as (
    select
      user_id,
      'day' as period,
      price_date as first_date,
      daily_return as return
    from int_portfolio_daily
    where portfolio_id = 0 and daily_return < 0
    union all
    select
      user_id,
      'month' as period,
      month as first_date,
      return
    from gold_monthly_returns
    where return < 0
  ),
  ranked as (
    select
      *,
      row_number() over (
        partition by user_id, period
        order by return, first_date
      ) as period_rank
    from losses
  )
select
  user_id,
  period,
  period_rank,
  first_date,
  return
from ranked
where period_rank <= 10
