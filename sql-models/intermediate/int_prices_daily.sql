-- One row per ticker and *calendar* day, from its first bar to the last day known: stocks, which rest at weekends,
-- and crypto, which does not, then add up day by day.
--
-- On a day without a bar the last close stands; a price is never filled from the future. Each row finds its bar by
-- index (the last one on or before the day) rather than by a window over all bars, so that a new day of all tickers
-- reads two bars each, not their histories. Rows are compared, not columns: only the key's index answers that. The
-- index on price_date alone looks as good to a planner without statistics, and walks back through every other ticker's
-- bars: 10 s for one ticker's 6,000 days instead of 0.1 s.
select
  t.ticker,
  c.calendar_date as price_date,
  bar.close,
  case
    when bar.price_date = c.calendar_date then previous.close
    else bar.close
  end as prev_close,
  coalesce(d.cash_per_share, 0) as dividend_per_share,
  bar.price_date = c.calendar_date as is_bar,
  bar.price_date = c.calendar_date and not t.is_always_open as is_session,
  t.is_always_open,
  bar.is_final,
  c.calendar_date - bar.price_date as days_since_bar
from
  int_tickers as t
  join int_calendar as c on c.calendar_date >= t.first_price_date
  join lateral (
    select
      p.ticker,
      p.price_date,
      p.close,
      p.is_final
    from stg_raw_prices as p
    where (p.ticker, p.price_date) <= (t.ticker, c.calendar_date)
    order by p.ticker desc, p.price_date desc
    limit 1
  ) as bar
    on bar.ticker = t.ticker
  left join lateral (
    select
      p.ticker,
      p.close
    from stg_raw_prices as p
    where
      (p.ticker, p.price_date) < (t.ticker, bar.price_date)
      -- else yesterday's close is today's: nothing to look up
      and bar.price_date = c.calendar_date
    order by p.ticker desc, p.price_date desc
    limit 1
  ) as previous
    on previous.ticker = t.ticker
  left join stg_dividends as d on d.ticker = t.ticker and d.ex_date = c.calendar_date
