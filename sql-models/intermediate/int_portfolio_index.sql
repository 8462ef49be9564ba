-- One row per portfolio and calendar day: int_portfolio_daily with the time-weighted index and its distance from its peak.
--
-- Computed when read: a window over one portfolio's days takes milliseconds, and a trade years back then has nothing to
-- rewrite here. Apart from gold_p_timeseries, so that figures of risk do not pay for running sums of money.
with
  indexes as (
    select
      *,
      product(1 + coalesce(daily_return, 0)) over (
        partition by user_id, portfolio_id
        order by price_date
        rows unbounded preceding
      ) as twr_index
    from int_portfolio_daily
  ),
  peaks as (
    select
      *,
      -- The index starts at 1 on the day before the first trade, so a loss on the first day is a drawdown already.
      greatest(
        1,
        max(twr_index) over (
          partition by user_id, portfolio_id
          order by price_date
          rows unbounded preceding
        )
      ) as running_peak
    from indexes
  )
select
  user_id,
  portfolio_id,
  price_date,
  currency,
  market_value,
  prev_market_value,
  cash,
  cost_basis,
  net_flow,
  fees,
  taxes,
  realized_pnl,
  income,
  income_paid_out,
  price_effect,
  currency_effect,
  positions,
  is_trading_day,
  holds_exchange_traded,
  is_provisional,
  is_estimated,
  daily_return,
  twr_index,
  running_peak,
  twr_index / running_peak - 1 as drawdown
from peaks
