-- One row per person, ticker and calendar day held, the day of the exit included: what it was worth, and what moved.
--
-- A holding period joined to its days. Each row also carries what it needs of the day before (prev_close,
-- prev_quantity), so it can be computed without that day. Before a ticker's first bar there is no price: the person's
-- own last transaction price stands in, and the row says so (is_priced).
with
  days as (
    select
      p.*,
      d.price_date,
      d.price_date = p.valid_from as is_trade_day,
      d.close,
      -- On the day of the first bar the price of the day before was a transaction's.
      coalesce(
        d.prev_close,
        case
          when d.price_date = p.valid_from then p.prev_trade_price
          else p.trade_price
        end
      ) as prev_close,
      d.dividend_per_share,
      d.is_session,
      d.is_always_open,
      d.is_final,
      true as is_priced
    from
      int_holding_periods as p
      join int_prices_daily as d on d.ticker = p.ticker and d.price_date >= p.valid_from and d.price_date < p.held_until
    union all
    select
      p.*,
      c.calendar_date as price_date,
      c.calendar_date = p.valid_from as is_trade_day,
      p.trade_price as close,
      case
        when c.calendar_date = p.valid_from then p.prev_trade_price
        else p.trade_price
      end as prev_close,
      coalesce(v.cash_per_share, 0) as dividend_per_share,
      false as is_session,
      coalesce(t.is_always_open, false) as is_always_open,
      true as is_final,
      false as is_priced
    from
      int_holding_periods as p
      left join int_tickers as t on t.ticker = p.ticker
      join int_calendar as c
        on c.calendar_date >= p.valid_from
        and c.calendar_date < p.held_until
        and c.calendar_date < coalesce(t.first_price_date, 'infinity')
      left join stg_dividends as v on v.ticker = p.ticker and v.ex_date = c.calendar_date
    where p.valid_from < coalesce(t.first_price_date, 'infinity')
  ),
  openings as (
    select
      *,
      case
        when is_trade_day then prev_quantity
        else quantity
      end as held_before
    from days
  )
select
  user_id,
  ticker,
  price_date,
  quantity,
  cost_basis,
  close,
  coalesce(prev_close, 0) as prev_close,
  quantity * close as market_value,
  held_before as prev_quantity,
  held_before * coalesce(prev_close, 0) as prev_market_value,
  case
    when is_trade_day then buy_amount
    else 0
  end as buy_amount,
  case
    when is_trade_day then sell_amount
    else 0
  end as sell_amount,
  case
    when is_trade_day then buy_amount - sell_amount
    else 0
  end as net_flow,
  case
    when is_trade_day then fees
    else 0
  end as fees,
  case
    when is_trade_day then realized_pnl
    else 0
  end as realized_pnl,
  held_before * dividend_per_share as income,
  is_session,
  is_always_open,
  is_final,
  is_priced
from openings
