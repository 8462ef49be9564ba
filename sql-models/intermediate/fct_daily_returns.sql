-- One row per person, ticker and calendar day held: the ticker's own return, with its own flows, over all accounts.
--
-- The same definition as the portfolio's (int_portfolio_daily). cumulative_return goes on over an exit and a new
-- purchase, as the portfolio's index does. In the person's base currency; local_return is that in the ticker's own. Of an account
-- that books its own dividends what it received counts, if the ticker was still held on that day.
with
  holdings as (
    select
      user_id,
      ticker,
      price_date,
      min(currency) as currency,
      trim_scale(min(close)) as close, -- as in int_account_flows
      trim_scale(min(rate)) as rate,
      sum(quantity) as quantity,
      sum(market_value) as market_value,
      sum(local_market_value) as local_market_value,
      sum(cost_basis) as cost_basis,
      sum(prev_market_value) as prev_market_value,
      sum(local_prev_market_value) as local_prev_market_value,
      sum(net_flow) as net_flow,
      sum(buy_amount + sell_amount) as traded,
      sum(local_net_flow) as local_net_flow,
      sum(fees) as fees,
      sum(realized_pnl) as realized_pnl,
      sum(income) as income,
      sum(local_income) as local_income,
      sum(price_effect) as price_effect,
      sum(currency_effect) as currency_effect,
      bool_and(is_priced) as is_priced
    from int_daily_holdings
    group by user_id, ticker, price_date
  ),
  received as (
    select
      h.*,
      h.income + coalesce(b.local_net * h.rate, 0) as all_income,
      h.local_income + coalesce(b.local_net, 0) as all_local_income
    from
      holdings as h
      left join int_booked_dividends as b on b.user_id = h.user_id and b.ticker = h.ticker and b.pay_date = h.price_date
  ),
  returns as (
    select
      *,
      case
        when is_invested then daily_return(market_value, prev_market_value, net_flow, all_income)
      end as daily_return,
      case
        when is_invested then daily_return(
          local_market_value,
          local_prev_market_value,
          local_net_flow,
          all_local_income
        )
      end as local_return
    from
      received
      cross join lateral (
        -- What is left in the last digits of trades that cancel out was not invested, in neither currency.
        select abs(prev_market_value + greatest(net_flow, 0)) > traded * 1e-12 as is_invested
      ) as invested
  )
select
  user_id,
  ticker,
  price_date,
  currency,
  close,
  quantity,
  market_value,
  local_market_value,
  prev_market_value,
  cost_basis,
  net_flow,
  fees,
  realized_pnl,
  all_income as income,
  price_effect,
  currency_effect,
  daily_return,
  local_return,
  product(1 + coalesce(daily_return, 0)) over (
    partition by user_id, ticker
    order by price_date
    rows unbounded preceding
  ) - 1 as cumulative_return,
  is_priced
from returns
