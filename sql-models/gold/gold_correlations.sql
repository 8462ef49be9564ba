-- One row per person and pair of tickers held, in the order of the alphabet and each with itself: how their returns went together.
--
-- Over the returns of the portfolio on which both were held. Each ticker's returns are laid along all days, null where there is none, and
-- the two of a pair are read side by side: nothing is joined, and the four million returns of 60 tickers over ten years are not sorted by pair.
with
  returns as (
    select
      user_id,
      r.price_date,
      ticker,
      r.risk_return
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
  ),
  days as (
    select
      user_id,
      price_date,
      array_agg(ticker order by ticker) as tickers,
      array_agg(risk_return order by ticker) as risk_returns
    from returns
    group by user_id, price_date
  ),
  listed as (
    select distinct
      user_id,
      ticker
    from int_compared_holdings
  ),
  series as (
    select
      l.user_id,
      l.ticker,
      array_agg(d.risk_returns[array_position(d.tickers, l.ticker)] order by d.price_date) as risk_returns
    from
      listed as l
      join days as d on d.user_id = l.user_id
    group by l.user_id, l.ticker
  ),
  people as (
    select
      user_id,
      array_agg(row(ticker, risk_returns) order by ticker) as series
    from series
    group by user_id
  ),
  pairs as (
    select
      p.user_id,
      a.ticker,
      b.ticker as other_ticker,
      of_pair.*
    from
      people as p
      cross join lateral unnest(p.series) as a (ticker text, risk_returns double precision[])
      cross join lateral unnest(p.series) as b (ticker text, risk_returns double precision[])
      cross join lateral (
        select
          count(*) as returns,
          -- Summed up by days: sums in another order differ in their last bit.
          corr(x.a, x.b order by x.place) as correlation,
          least(stddev_samp(x.a order by x.place), stddev_samp(x.b order by x.place)) as least_deviation
        from unnest(a.risk_returns, b.risk_returns) with ordinality as x (a, b, place)
        where x.a is not null and x.b is not null
      ) as of_pair
    where b.ticker >= a.ticker and of_pair.returns > 0
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
