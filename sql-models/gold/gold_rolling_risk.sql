-- One row per person and return that counts for risk, from the 63rd on (a quarter of a year of trading days): what the 63 returns up to
-- it say of volatility, Sharpe ratio and drawdown.
--
-- Of the range's own returns alone, so that a figure never looks at days before it.
with
  returns as (
    select
      user_id,
      price_date,
      periods_per_year,
      twr_index,
      risk_return,
      risk_return - risk_free_return as excess,
      row_number() over in_order as place,
      lag(twr_index, 1, 1::double precision) over in_order as prev_index
    from int_risk_returns
    where portfolio_id = 0 and risk_return is not null
    window
      in_order as (
        partition by user_id
        order by price_date
      )
  ),
  windows as (
    select
      *,
      stddev_samp(risk_return) over quarter as deviation,
      count(excess) over quarter as excess_returns,
      avg(excess) over quarter as mean_excess,
      stddev_samp(excess) over quarter as excess_deviation,
      greatest(max(prev_index) over quarter, twr_index) as peak
    from returns
    window
      quarter as (
        partition by user_id
        order by price_date
        rows 62 preceding
      )
  ),
  portfolios as (
    select
      user_id,
      min(currency) as currency
    from int_portfolio_daily
    where portfolio_id = 0
    group by user_id
  ),
  reasons as (
    select
      w.*,
      case
        when p.currency != 'USD' then 'no risk-free rate is known in ' || p.currency
        when w.excess_returns < 63 then 'no risk-free rate (FRED DTB3) is known for some of the days'
        when w.excess_deviation <= 1e-12 then 'the returns do not vary'
      end as sharpe_reason
    from
      windows as w
      join portfolios as p on p.user_id = w.user_id
    where w.place >= 63
  )
select
  user_id,
  price_date,
  deviation * sqrt(periods_per_year) as volatility,
  case
    when sharpe_reason is null then mean_excess / excess_deviation * sqrt(periods_per_year)
  end as sharpe,
  sharpe_reason,
  coalesce(twr_index / nullif(peak, 0) - 1, 0) as drawdown
from reasons
