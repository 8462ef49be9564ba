-- One row per person and pair of tickers held, in the order of the alphabet and each with itself: how their returns went together.
--
-- Over the returns of the portfolio on which both were held. Pairs are made within each day: a join of days to days, of which a
-- planner expects one, would take seconds.
with
  days as (
    select
      user_id,
      r.price_date,
      array_agg(ticker order by ticker) as tickers,
      array_agg(r.risk_return order by ticker) as risk_returns
    from
      int_holding_risk_returns as r
      full join (
        select
          user_id,
          ticker,
          true as is_compared
        from int_compared_holdings
      ) as c
        using (user_id, ticker) -- in full, as in int_ticker_days
    where coalesce(c.is_compared, false) and coalesce(r.risk_return, 'NaN') != 'NaN'
    group by user_id, r.price_date
  ),
  pairs as (
    select
      d.user_id,
      a.ticker,
      b.ticker as other_ticker,
      count(*) as returns,
      -- Summed up by days: sums in another order differ in their last bit.
      corr(a.risk_return, b.risk_return order by d.price_date) as correlation,
      least(
        stddev_samp(a.risk_return order by d.price_date),
        stddev_samp(b.risk_return order by d.price_date)
      ) as least_deviation
    from
      days as d
      cross join lateral unnest(d.tickers, d.risk_returns) with ordinality as a (ticker, risk_return, place)
      cross join lateral unnest(d.tickers[a.place:], d.risk_returns[a.place:]) as b (ticker, risk_return)
    group by d.user_id, a.ticker, b.ticker
  ),
  reasons as (
    select
      *,
      coalesce(
        too_few_returns(returns),
        case
          when least_deviation <= 1e-12 then 'the returns of one do not vary'
        end
      ) as correlation_reason
    from pairs
  )
select
  user_id,
  ticker,
  other_ticker,
  returns,
  case
    when correlation_reason is null then case
      when ticker = other_ticker then 1
      else correlation
    end
  end as correlation,
  correlation_reason
from reasons
