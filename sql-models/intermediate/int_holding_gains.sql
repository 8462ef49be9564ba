-- One row per person, ticker and calendar day held, over all accounts: what it earned, and its part of the day's return.
--
-- The gain is what the value grew by beside flows, and income. It counts by what the portfolio had invested (as daily_return
-- does), so that the parts of a day add up to the day's return, and by where the index stood before, so that the parts of all days
-- add up to the time-weighted return: what had been gained by then is at work, too.
--
-- What is the portfolio's of a day stands among the day's holdings and is spread over them by a window: a join of days to days,
-- of which a planner expects one, would take seconds.
with
  returns as (
    select
      r.user_id,
      r.price_date,
      r.daily_return,
      r.risk_period,
      r.periods_per_year,
      r.risk_return,
      lag(r.twr_index, 1, 1::double precision) over (
        partition by r.user_id
        order by r.price_date
      ) as prev_index
    from int_risk_returns as r
    where r.portfolio_id = 0
  ),
  portfolio_days as (
    select
      r.user_id,
      r.price_date,
      r.periods_per_year,
      -- of the period that the day compounds into: the same on all its days
      max(r.risk_return) over period as portfolio_return,
      max(r.price_date) filter (where r.risk_return is not null) over period as risk_date,
      first_value(r.prev_index) over (
        period
        order by r.price_date
      ) as period_index,
      case
        when r.daily_return is null then 0
        else r.prev_index / day.invested
      end as gain_weight
    from
      returns as r
      cross join lateral (
        select (d.prev_market_value + greatest(d.net_flow, 0))::double precision as invested
        from int_portfolio_daily as d
        where d.user_id = r.user_id and d.portfolio_id = 0 and d.price_date = r.price_date
        offset 0 -- looked up for a row
      ) as day
    window period as (partition by r.user_id, r.risk_period)
  ),
  days as (
    select
      user_id,
      ticker,
      price_date,
      gain,
      daily_return,
      null as periods_per_year,
      null as portfolio_return,
      null as risk_date,
      null as period_index,
      null as gain_weight
    from int_ticker_days
    union all
    select
      user_id,
      null as ticker,
      price_date,
      null as gain,
      null as daily_return,
      periods_per_year,
      portfolio_return,
      risk_date,
      period_index,
      gain_weight
    from portfolio_days
  ),
  spread as (
    select
      user_id,
      ticker,
      price_date,
      gain,
      daily_return,
      max(periods_per_year) over of_day as periods_per_year,
      max(portfolio_return) over of_day as portfolio_return,
      max(risk_date) over of_day as risk_date,
      max(period_index) over of_day as period_index,
      max(gain_weight) over of_day as gain_weight
    from days
    window of_day as (partition by user_id, price_date)
  )
select
  user_id,
  ticker,
  price_date,
  risk_date,
  periods_per_year,
  portfolio_return,
  gain,
  daily_return,
  gain::double precision * gain_weight as index_gain,
  case
    when risk_date is not null then gain::double precision * gain_weight / nullif(period_index, 0)
  end as contribution
from spread
where ticker is not null and gain_weight is not null
