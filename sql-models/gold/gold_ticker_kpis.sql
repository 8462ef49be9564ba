-- One row per person and ticker ever held: what the position is, what it cost, earned and returned, in the person's base
-- currency; local_ figures in the ticker's own.
--
-- Read off periods, dividends and the last price, never off days: a position kept for 20 years costs what one of 20
-- days does. Whoever asks about a person, or about one ticker of theirs, has each part grouped for that alone.
with
  movements as (
    select
      user_id,
      ticker,
      valid_from as day,
      trade_day_growth * price_growth * rate_growth * dividend_growth as growth,
      local_trade_day_growth * price_growth * dividend_growth as local_growth,
      held_days,
      realized_pnl,
      fees,
      null as amount,
      null as is_dividend
    from int_holding_returns
    union all
    select
      user_id,
      ticker,
      flow_date as day,
      null as growth,
      null as local_growth,
      null as held_days,
      null as realized_pnl,
      null as fees,
      amount,
      is_dividend
    from int_ticker_flows
  ),
  -- All parts in one: joined to each other, each would be grouped again for every ticker, of which a planner expects one.
  histories as (
    select
      user_id,
      ticker,
      min(day) filter (where growth is not null) as first_buy_date,
      max(day) filter (where growth is not null) as last_transaction_date,
      sum(held_days) as holding_days,
      sum(realized_pnl) as realized_pnl,
      sum(fees) as fees,
      product(growth order by day) - 1 as total_return,
      product(local_growth order by day) - 1 as local_return,
      coalesce(sum(amount) filter (where is_dividend), 0) as income,
      array_agg(day order by day) filter (where amount is not null) as dates,
      array_agg(amount order by day) filter (where amount is not null) as amounts
    from movements
    group by user_id, ticker
  ),
  figures as (
    select
      p.*,
      h.first_buy_date,
      h.last_transaction_date,
      h.holding_days,
      h.realized_pnl,
      h.fees,
      h.income,
      h.total_return,
      h.local_return,
      (solved.flows).rate as flow_rate,
      coalesce((solved.flows).reason, too_few_days((solved.flows).days)) as xirr_reason
    from
      int_position_values as p
      join histories as h on h.user_id = p.user_id and h.ticker = p.ticker
      -- Of who asks for no rate none is solved: what nobody names is left out of a subquery, and a function is called as it stands.
      cross join lateral (
        select xirr(h.dates || p.as_of, h.amounts || p.current_value) as flows
        offset 0
      ) as solved
  )
select
  user_id,
  ticker,
  as_of,
  quantity,
  first_buy_date,
  last_transaction_date,
  holding_days,
  average_cost,
  case
    when quantity = 0 then 'nothing is held'
  end as average_cost_reason,
  cost_basis,
  currency,
  rate,
  local_cost_basis,
  local_price,
  quantity * local_price as local_value,
  local_price * rate as current_price,
  current_value,
  current_value - cost_basis as unrealized_pnl,
  realized_pnl,
  income,
  fees,
  current_value - cost_basis + realized_pnl + income as total_gain,
  total_return,
  local_return,
  coalesce((1 + total_return) / nullif(1 + local_return, 0) - 1, 0) as currency_return,
  case
    when xirr_reason is null then flow_rate
  end as xirr,
  xirr_reason,
  weight,
  weight_reason,
  is_priced,
  days_since_bar
from figures
