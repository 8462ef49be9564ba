-- One row per person, ticker and calendar day held, over all accounts, the day of the exit included: what it earned, and its return, in
-- the person's base currency.
--
-- The gain and the return of fct_daily_returns, read off merged periods (int_ticker_periods) and not off each account's days: 219,000
-- rows in a third of the time. What stands in for a price or a rate is as in int_holding_returns.
--
-- Days and what was received are joined in full, and then the days taken, because that is never done day by day: a planner that
-- expects one day would look for each of 219,000 among all.
with
  days as (
    select
      p.*,
      d.price_date,
      d.close,
      d.prev_close,
      true as is_held
    from
      int_ticker_periods as p
      join int_prices_daily as d on d.ticker = p.ticker and d.price_date >= p.valid_from and d.price_date < p.held_until
    union all
    -- before the first bar
    select
      p.*,
      c.calendar_date as price_date,
      null as close,
      null as prev_close,
      true as is_held
    from
      int_ticker_periods as p
      left join int_tickers as t on t.ticker = p.ticker
      join int_calendar as c
        on c.calendar_date >= p.valid_from
        and c.calendar_date < p.held_until
        and c.calendar_date < coalesce(t.first_price_date, 'infinity')
    where p.valid_from < coalesce(t.first_price_date, 'infinity')
  ),
  received as (
    select
      user_id,
      ticker,
      price_date,
      sum(local_net) as local_net,
      sum(amount) as amount
    from
      (
        select
          user_id,
          ticker,
          pay_date as price_date,
          local_net,
          0 as amount
        from int_booked_dividends
        union all
        select
          user_id,
          ticker,
          ex_date as price_date,
          0 as local_net,
          amount
        from int_dividend_income
      ) as paid
    group by user_id, ticker, price_date
  )
select
  user_id,
  ticker,
  price_date,
  g.gain,
  -- daily_return() of the same: what was gained of what was invested, where a quotient of both costs more than all else of a row
  case
    when abs(g.invested) > greatest(
      1e-15,
      g.traded * 1e-12
    ) then g.gain::double precision / g.invested::double precision
  end as daily_return
from
  days as d
  full join received as r using (user_id, ticker, price_date)
  left join lateral (
    select
      own.usd_per_unit / base.usd_per_unit as rate,
      own.prev_usd_per_unit / base.prev_usd_per_unit as before
    from
      int_fx_daily as own
      join int_fx_daily as base on base.rate_date = own.rate_date
    where
      d.currency != d.base_currency
      and own.currency = d.currency
      and base.currency = d.base_currency
      and own.rate_date = price_date
    offset 0 -- as in int_daily_holdings
  ) as of_day
    on true
  cross join lateral (
    select
      d.quantity * coalesce(
        d.close * coalesce(of_day.rate, d.held_rate),
        d.trade_price * of_day.rate,
        d.price_in_base
      ) as market_value,
      case
        when price_date > d.valid_from then d.quantity * coalesce(
          d.prev_close * coalesce(of_day.before, d.held_rate),
          d.trade_price * of_day.before,
          d.price_in_base
        )
        else d.prev_quantity * coalesce(
          d.prev_close * coalesce(of_day.before, d.prev_rate),
          d.prev_trade_price * of_day.before,
          d.prev_price_in_base,
          0
        )
      end as prev_market_value,
      case
        when price_date > d.valid_from then 0
        else d.buy_amount - d.sell_amount + (
          coalesce((d.transferred_quantity - d.exchanged_quantity) * d.close, d.transferred_value) + d.exchanged_value
        ) * coalesce(of_day.rate, d.rate)
      end as net_flow,
      case
        when price_date > d.valid_from then 0
        else d.buy_amount + d.sell_amount
      end as traded,
      coalesce(r.amount + r.local_net * coalesce(of_day.rate, d.held_rate), 0) as income
  ) as v
  cross join lateral (
    select
      v.market_value - v.prev_market_value - v.net_flow + v.income as gain,
      v.prev_market_value + greatest(v.net_flow, 0) as invested,
      v.traded
    offset 0 -- computed once, not for each mention
  ) as g
where coalesce(d.is_held, false)
