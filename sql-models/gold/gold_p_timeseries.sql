-- One row per person and calendar day, from the first trade on: what the portfolio was worth, and why.
--
-- Running figures over int_portfolio_daily, computed when read: a window over one person's days takes milliseconds,
-- and a trade years back then has nothing to rewrite here.
--
-- The bridge, exact on every row: market_value = net_contributions + total_gain - income_paid_out.
with running as (
  select
    *,
    sum(net_flow) over to_date as net_contributions,
    sum(income) over to_date as income_paid_out,
    sum(fees) over to_date as fees_paid,
    sum(realized_pnl) over to_date as realized_pnl_to_date,
    product(1 + coalesce(daily_return, 0)) over to_date as twr_index
  from int_portfolio_daily
  window to_date as (partition by user_id order by price_date rows unbounded preceding)
),
peaks as (
  select
    *,
    -- The index starts at 1 on the day before the first trade, so a loss on the first day is a drawdown already.
    greatest(1, max(twr_index) over (partition by user_id order by price_date rows unbounded preceding))
      as running_peak
  from running
)
select
  user_id,
  price_date,
  market_value,
  prev_market_value,
  cost_basis,
  net_flow,
  net_contributions,
  income,
  income_paid_out,
  fees_paid,
  realized_pnl_to_date as realized_pnl,
  market_value - cost_basis as unrealized_pnl,
  market_value - cost_basis + realized_pnl_to_date + income_paid_out as total_gain,
  daily_return,
  twr_index,
  twr_index - 1 as cumulative_return,
  running_peak,
  twr_index / running_peak - 1 as drawdown,
  positions,
  is_trading_day,
  holds_exchange_traded,
  is_provisional,
  is_estimated
from peaks
