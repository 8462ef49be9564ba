-- One row per person and calendar day, from the first trade on: what the portfolio was worth, and why, in the person's base currency.
--
-- Sums of money to date beside the index of int_portfolio_index, computed when read for the same reason.
--
-- The bridge, exact on every row: market_value = net_contributions + total_gain - income_paid_out.
with
  running as (
    select
      *,
      sum(net_flow) over to_date as net_contributions,
      sum(income_paid_out) over to_date as income_paid_out_to_date,
      sum(income) over to_date as income_to_date,
      sum(fees) over to_date as fees_paid,
      sum(taxes) over to_date as taxes_paid,
      sum(realized_pnl) over to_date as realized_pnl_to_date
    from int_portfolio_index
    where portfolio_id = 0
    window
      to_date as (
        partition by user_id
        order by price_date
        rows unbounded preceding
      )
  )
select
  user_id,
  price_date,
  currency,
  market_value,
  prev_market_value,
  cash,
  cost_basis,
  net_flow,
  net_contributions,
  income,
  income_to_date,
  income_paid_out_to_date as income_paid_out,
  fees_paid,
  taxes_paid,
  price_effect,
  currency_effect,
  realized_pnl_to_date as realized_pnl,
  market_value - cash - cost_basis as unrealized_pnl,
  market_value - net_contributions + income_paid_out_to_date as total_gain,
  daily_return,
  twr_index,
  twr_index - 1 as cumulative_return,
  running_peak,
  drawdown,
  positions,
  is_trading_day,
  holds_exchange_traded,
  is_provisional,
  is_estimated
from running
